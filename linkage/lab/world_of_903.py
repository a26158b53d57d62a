"""A nameless 903 return joined to made-up names, and a police force that recorded some of its episodes.

The return (SSDA903) has no names; a council joins a person extract to it on its own machine.  Here that
extract is made up, so that the whole path can be played with files in the return's own shape.
"""

import datetime as dt
from collections.abc import Mapping

from linkage.errors import InputError
from linkage.lab.agencies import Agency, months_between
from linkage.lab.draws import Draws
from linkage.lab.extracts import Extract, Table, local_references
from linkage.lab.identifiers import collect_identifiers
from linkage.lab.misspell import nickname, typo
from linkage.lab.names import NameBook
from linkage.lab.police_extract import REPORTS
from linkage.lab.world import Figures, Truth, World

__all__ = ["TABLES_OF_903", "world_of_903"]

TABLES_OF_903 = ("header", "episodes", "missing", "uasc")

COUNCIL = Agency("E06990903", "Council of the return", "council", ("E06990903",))
FORCE = Agency("F990903", "Force beside the return", "police", ("E06990903",))

_NAMES = ("CHILD", "FORENAME", "SURNAME", "HOME_POSTCODE")
_POLICE_KNOW = 0.75
_OTHER_START = 0.1
_OTHER_END = 0.1
_FORENAME_DIFFERS = 0.06
_SURNAME_DIFFERS = 0.08
_DATE_DIFFERS = 0.02
_SHIFT = dt.timedelta(days=3)


def world_of_903(tables: Mapping[str, Table], seed: int) -> World:
    """Join made-up names to a return and let a made-up police force record most of its type M episodes.

    ``tables``: header, episodes, missing and uasc as read from the return's CSV files.  The period is the
    collection year (1 April to 31 March) in which most missing episodes began.
    Raises :class:`InputError` for a table or column that is not there, or a return without missing episodes.
    """
    return _Joined(tables, seed).world()


class _Joined:
    def __init__(self, tables: Mapping[str, Table], seed: int) -> None:
        self.tables = dict(tables)
        self.seed = seed
        self.draws = Draws(seed, "903")
        self.book = NameBook()
        self.header = {row["CHILD"]: row for row in _rows(tables, "header", ("CHILD", "SEX", "DOB"))}
        self.missing = _rows(tables, "missing", ("CHILD", "MISSING", "MIS_START", "MIS_END"))
        if not self.missing:
            raise InputError(
                "the return's missing table has no rows", hint="choose a return with missing episodes"
            )
        self.period = _collection_year([row["MIS_START"] for row in self.missing])
        self.names = {child: self._name(row) for child, row in self.header.items()}
        self.truth_class: dict[tuple[str, str], str] = {}
        self.entity_of = {(COUNCIL.code, child): child for child in self.header}
        self.event_of: dict[tuple[str, str], str] = {}

    def world(self) -> World:
        reports = self._reports()
        names = Table(_NAMES, [(child, *name) for child, name in self.names.items()])
        coverage = tuple((area, month) for area in FORCE.areas for month in months_between(*self.period))
        extracts = (
            Extract(COUNCIL, {**self.tables, "names": names}, coverage),
            Extract(FORCE, {"episodes": Table(REPORTS, reports)}, coverage),
        )
        return World(self.seed, self.period, extracts, self._truth(extracts))

    def _name(self, row: Mapping[str, str]) -> tuple[str, str, str]:
        draws = self.draws
        origin = draws.weighted(self.book.families)
        forename = self.book.forename(origin, "F" if row["SEX"] in {"2", "F"} else "M", draws)
        outward = f"{draws.pick(('EB', 'EG', 'NA', 'WB'))}{draws.between(1, 19)}"
        inward = f"{draws.below(10)}{draws.pick('ABDEFGHJLN')}{draws.pick('PQRSTUWXYZ')}"
        return forename, self.book.surname(origin, draws), f"{outward} {inward}"

    def _reports(self) -> list[tuple[str, ...]]:
        children = list(dict.fromkeys(row["CHILD"] for row in self.missing))
        references = local_references("NRE", len(children) + len(self.missing), self.draws)
        nominal = dict(zip(children, references, strict=False))
        free = iter(references[len(children) :])
        reports = []
        for row in self.missing:
            own = f"{row['CHILD']} / {_day(row['MIS_START']).isoformat()}"
            self.event_of[COUNCIL.code, own] = own
            if not self._began_inside(row):
                if self._reaches_in(row):  # its month lies before the first that police submitted
                    self.truth_class[COUNCIL.code, own] = "NOT_COMPARABLE"
            elif row["MISSING"] == "M" and row["CHILD"] in self.names and self.draws.chance(_POLICE_KNOW):
                reference = next(free)
                self.event_of[FORCE.code, reference] = own
                self.entity_of[FORCE.code, nominal[row["CHILD"]]] = row["CHILD"]
                reports.append(self._report(row, own, reference, nominal[row["CHILD"]]))
            else:
                self.truth_class[COUNCIL.code, own] = f"COUNCIL_ONLY_{row['MISSING']}"
        return reports

    def _began_inside(self, row: Mapping[str, str]) -> bool:
        return self.period[0] <= _day(row["MIS_START"]) <= self.period[1]

    def _reaches_in(self, row: Mapping[str, str]) -> bool:
        ended = _day(row["MIS_END"]) if row["MIS_END"] else self.period[1]
        return _day(row["MIS_START"]) <= self.period[1] and ended >= self.period[0]

    def _report(self, row: Mapping[str, str], own: str, reference: str, nominal: str) -> tuple[str, ...]:
        draws = self.draws
        start = _day(row["MIS_START"])
        end = _day(row["MIS_END"]) if row["MIS_END"] else None
        name = "MATCHED"
        if draws.chance(_OTHER_START):
            start, name = start - _SHIFT, "MATCHED_START_CONFLICT"
        elif end is not None and draws.chance(_OTHER_END):
            end, name = end + _SHIFT, "MATCHED_END_CONFLICT"
        self.truth_class[COUNCIL.code, own] = self.truth_class[FORCE.code, reference] = name
        return self._row(row, reference, nominal, start, end)

    def _row(
        self, row: Mapping[str, str], reference: str, nominal: str, start: dt.date, end: dt.date | None
    ) -> tuple[str, ...]:
        child = self.header[row["CHILD"]]
        forename, surname, postcode = self._as_police_heard(row["CHILD"])
        written = {
            "report_ref": reference,
            "child_ref": nominal,
            "forenames": forename,
            "surname": surname,
            "date_of_birth": self._birth_date(child["DOB"]).isoformat(),
            "sex": "F" if child["SEX"] in {"2", "F"} else "M",
            "ethnicity": child.get("ETHNIC", ""),
            "home_postcode": postcode,
            "missing_from_type": "care home",
            "reported": f"{start.isoformat()}T21:30",
            "last_seen": f"{start.isoformat()}T18:15",
            "found": "" if end is None else f"{end.isoformat()}T22:40",
            "risk_initial": "M",
            "risk_highest": "M",
            "risk_final": "M",
            "cse": "N",
            "cce": "N",
            "responsible_council": COUNCIL.code,
            "area": COUNCIL.code,
        }
        return tuple(written.get(column, "") for column in REPORTS)

    def _as_police_heard(self, child: str) -> tuple[str, str, str]:
        """Return name and postcode as police wrote them, the same for every report of one child."""
        draws = Draws(self.seed, f"903 {child}")
        forename, surname, postcode = self.names[child]
        if draws.chance(_FORENAME_DIFFERS):
            forename = nickname(forename, draws) or typo(forename, draws)
        if draws.chance(_SURNAME_DIFFERS):
            surname = typo(surname, draws)
        return forename, surname, postcode

    def _birth_date(self, text: str) -> dt.date:
        born = _day(text)
        if self.draws.chance(_DATE_DIFFERS):
            return born.replace(day=born.day % 28 + 1)
        return born

    def _truth(self, extracts: tuple[Extract, ...]) -> Truth:
        told = [row for row in self.missing if row["MISSING"] == "M" and self._reaches_in(row)]
        children = len({row["CHILD"] for row in told})
        return Truth(
            entity_of=self.entity_of,
            episode_class=self.truth_class,
            event_of=self.event_of,
            household_of={child: child for child in self.header},
            figures=Figures(children, len(told), children, len(told)),
            canaries=(),
            identifiers_by_kind=collect_identifiers(extracts, ()),
        )


def _rows(tables: Mapping[str, Table], name: str, needed: tuple[str, ...]) -> list[dict[str, str]]:
    if name not in tables:
        raise InputError(f"the return has no table {name}", hint=f"it should have {', '.join(TABLES_OF_903)}")
    table = tables[name]
    for column in needed:
        if column not in table.columns:
            raise InputError(f"the return's table {name} has no column {column}")
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def _day(text: str) -> dt.date:
    try:
        return dt.datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007
    except ValueError:
        raise InputError("the return holds a date that is not dd/mm/yyyy") from None


def _collection_year(starts: list[str]) -> tuple[dt.date, dt.date]:
    years = [day.year - (day < dt.date(day.year, 4, 1)) for day in map(_day, starts)]
    year = max(sorted(set(years)), key=years.count)
    return dt.date(year, 4, 1), dt.date(year + 1, 3, 31)
