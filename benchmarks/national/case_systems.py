"""Every agency's case system on disk, written cohort by cohort, and what it would export on a day.

``FOLDER/AGENCY/TABLE.csv`` hold all years, ``truth.csv`` who is who; what an agency exports at the end of a
month is what had happened by then (:func:`as_of`).
"""

import csv
import datetime as dt
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.national.nation import Cohort, Nation
from linkage.errors import InputError
from linkage.lab.extracts import Table

__all__ = ["CaseSystems", "as_of"]

_TRUTH = "truth"
Tables = Mapping[str, Table]


class CaseSystems:
    """What all agencies hold over all years.

    Cohorts are appended to the tables; after each a note says how long every file is, so that a run that was
    killed goes on after the last whole cohort.
    """

    def __init__(self, folder: Path, nation: Nation) -> None:
        self.folder, self.nation = folder, nation
        self._note = folder / "made.json"

    @property
    def totals(self) -> dict[str, int]:
        """What has been made so far: cohorts, children, absences, records of agencies, reports."""
        return dict(self._read()["totals"])

    def make(self, say: Callable[[str], None]) -> None:
        """Make what is not there yet.

        Raises :class:`InputError` if the folder holds another nation.
        """
        note = self._read()
        if note["scale"] != asdict(self.nation.scale):
            raise InputError(
                "this folder holds a nation of another scale", hint="give the options of its first run"
            )
        self._cut_back(note["sizes"])
        totals = note["totals"]
        for cohort in self.nation.cohorts(totals["cohorts"]):
            self._append(cohort)
            _add(totals, cohort)
            self._write({"scale": note["scale"], "totals": totals, "sizes": self._sizes()})
            say(f"{totals['children']:,} of {self.nation.scale.children:,} children made")

    def tables(self, agency: str) -> dict[str, Table]:
        """Return an agency's tables, all years."""
        paths = sorted((self.folder / agency).glob("*.csv"))
        return {path.stem: _table(path) for path in paths if path.stem != _TRUTH}

    def truth(self, agency: str) -> dict[str, int]:
        """Return by an agency's references of children their numbers in the nation."""
        return {
            reference: int(number) for reference, number in _table(self.folder / agency / "truth.csv").rows
        }

    def _read(self) -> dict[str, dict[str, int]]:
        if self._note.is_file():
            found: dict[str, dict[str, int]] = json.loads(self._note.read_text())
            return found
        names = ("cohorts", "children", "absences", "records", "reports")
        return {"scale": asdict(self.nation.scale), "totals": dict.fromkeys(names, 0), "sizes": {}}

    def _write(self, note: Mapping[str, object]) -> None:
        part = self._note.with_suffix(".part")
        part.write_text(json.dumps(note))
        part.replace(self._note)

    def _sizes(self) -> dict[str, int]:
        found = self.folder.glob("*/*.csv")
        return {str(one.relative_to(self.folder)): one.stat().st_size for one in found}

    def _cut_back(self, sizes: Mapping[str, int]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.glob("*/*.csv"):
            size = sizes.get(str(path.relative_to(self.folder)))
            if size is None:
                path.unlink()
            elif path.stat().st_size != size:
                os.truncate(path, size)

    def _append(self, cohort: Cohort) -> None:
        truth: dict[str, list[tuple[str, str]]] = {}
        for (agency, reference), number in cohort.entity_of.items():
            truth.setdefault(agency, []).append((reference, str(number)))
        for extract in cohort.extracts:
            folder, code = self.folder / extract.agency.code, extract.agency.code
            folder.mkdir(exist_ok=True)
            for name, table in extract.tables.items():
                _append(folder / f"{name}.csv", table.columns, table.rows)
            _append(folder / "truth.csv", ("reference", "child"), truth.get(code, []))
            if not (folder / "coverage.csv").exists():
                _append(folder / "coverage.csv", ("area", "month"), extract.coverage)


def _add(totals: dict[str, int], cohort: Cohort) -> None:
    totals["cohorts"] += 1
    totals["children"] += cohort.children
    totals["absences"] += cohort.absences
    totals["records"] += len(cohort.entity_of)
    totals["reports"] += sum(len(one.tables["episodes"].rows) for one in cohort.extracts)


def _append(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    fresh = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        if fresh:
            writer.writerow(columns)
        writer.writerows(rows)


def _table(path: Path) -> Table:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        columns = tuple(next(rows))
        return Table(columns, [tuple(row) for row in rows])


def as_of(tables: Tables, first: dt.date, last: dt.date) -> dict[str, Table]:
    """Return what a case system exports on ``last`` about the time from ``first`` on.

    What began later is not there, and what ended later is open.  A return interview is there once all its
    days are over.  A council's child is there with a care spell or an episode; police have no such table.
    """
    start, end = first.isoformat(), last.isoformat()
    found = {"episodes": _spans(tables["episodes"], *_EPISODES[_is_police(tables)], start, end)}
    found["coverage"] = _kept(tables["coverage"], lambda row: start[:7] <= row[1] <= end[:7])
    if _is_police(tables):
        return found
    found["care_spells"] = _spans(tables["care_spells"], "start", "end", start, end)
    shown = {row[0] for row in found["episodes"].rows}
    owners = {row[1] for row in found["episodes"].rows} | {row[0] for row in found["care_spells"].rows}
    found["children"] = _kept(tables["children"], lambda row: row[0] in owners)
    held = [tables["interviews"].columns.index(name) for name in ("offered_date", "completed")]
    found["interviews"] = _kept(
        tables["interviews"],
        lambda row: row[0] in shown and all(_day(row[place]) <= end for place in held),
    )
    return found


_EPISODES = {True: ("last_seen", "found"), False: ("start", "end")}


def _is_police(tables: Tables) -> bool:
    return "children" not in tables


def _kept(table: Table, keep: Callable[[tuple[str, ...]], bool]) -> Table:
    return Table(table.columns, [row for row in table.rows if keep(row)])


def _spans(table: Table, began: str, ended: str, start: str, end: str) -> Table:
    """Return the rows of a table that touch a time, open where they end after it."""
    first, last = table.columns.index(began), table.columns.index(ended)
    rows = []
    for row in table.rows:
        over = _day(row[last])
        if _day(row[first]) > end or (over and over < start):
            continue
        rows.append((*row[:last], "", *row[last + 1 :]) if over > end else row)
    return Table(table.columns, rows)


def _day(text: str) -> str:
    """Return a day as ISO text, of dd/mm/yyyy or ISO with or without a time; blank for none."""
    return f"{text[6:10]}-{text[3:5]}-{text[:2]}" if text[2:3] == "/" else text[:10]
