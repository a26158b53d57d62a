"""A police force's export: one row a report, under the nominal references of the children reported."""

import datetime as dt
from collections.abc import Sequence

from linkage.lab.agencies import Agency, Country
from linkage.lab.burdens import Burdener
from linkage.lab.draws import Draws, Weighted
from linkage.lab.extracts import Extract, Table, Trace, local_references, note, numbered, yes_no
from linkage.lab.mess import Clerk, Recorded
from linkage.lab.rates import Rates
from linkage.lab.recording import Report

__all__ = ["REPORTS", "police_extract"]

REPORTS = (
    "report_ref", "child_ref", "forenames", "surname", "alias", "date_of_birth", "sex", "ethnicity",
    "home_postcode", "home_address", "missing_from_postcode", "missing_from_type", "reported", "last_seen",
    "found", "risk_initial", "risk_highest", "risk_final", "cse", "cce", "responsible_council", "area",
    "notes",
)  # fmt: skip

_RISKS = ("L", "M", "H")
_INITIAL_RISK = Weighted(((0, 0.25), (1, 0.60), (2, 0.15)))
_CSE, _CCE = 0.12, 0.15
_REPORT_DELAY = ((0.0, 5.0), (0.5, 60.0), (0.9, 300.0), (1.0, 700.0))
_TIME = "%Y-%m-%dT%H:%M"


class _PoliceExport:
    def __init__(
        self, agency: Agency, country: Country, rates: Rates, seed: int, trace: Trace, burdener: Burdener
    ) -> None:
        self.agency = agency
        self.rates = rates
        self.trace = trace
        self.burdener = burdener
        self.draws = Draws(seed, f"extract {agency.code}")
        self.clerk = Clerk(country, rates, Draws(seed, f"records {agency.code}"))
        self.prefix = agency.name[:2].upper()

    def nominals(self, reports: Sequence[Report]) -> dict[str, tuple[str, Recorded]]:
        """By event and report number, the nominal that the report stands under.

        Only a child with two reports can have two nominals, so their chance is raised until the share of
        *all* children is the rate.
        """
        by_child: dict[str, list[Report]] = {}
        for report in reports:
            by_child.setdefault(report.absence.child.entity, []).append(report)
        several = sum(len(own) > 1 for own in by_child.values())
        chance = self.rates.second_record * len(by_child) / max(1, several)
        cuts = [self.cut(own, chance) for own in by_child.values()]
        count = sum(2 if cut < len(own) else 1 for cut, own in zip(cuts, by_child.values(), strict=True))
        free = iter(local_references(f"N{self.prefix}", count, self.draws))
        found: dict[str, tuple[str, Recorded]] = {}
        for cut, own in zip(cuts, by_child.values(), strict=True):
            for part in (own[:cut], own[cut:]):
                if part:
                    nominal = self.nominal(next(free), part[0])
                    found.update((_key(report), nominal) for report in part)
        return found

    def cut(self, reports: Sequence[Report], chance: float) -> int:
        """After how many of a child's reports a second nominal is made; all of them for no second one."""
        twice, point = self.draws.chance(chance), self.draws.uniform()
        return 1 + int(point * (len(reports) - 1)) if twice and len(reports) > 1 else len(reports)

    def nominal(self, reference: str, report: Report) -> tuple[str, Recorded]:
        """A nominal, entered at its first report."""
        absence = report.absence
        record = self.clerk.record(absence.child, self.agency, absence.spell, report.start.date())
        record = self.burdener.spoilt(record, absence.child, self.agency)
        self.trace.entity_of[self.agency.code, reference] = absence.child.entity
        self.trace.plant(absence.child, record)
        return reference, record

    def rows(self, reports: Sequence[Report]) -> list[tuple[str, ...]]:
        """All rows, in the order in which reports were made."""
        nominals = self.nominals(reports)
        rows = []
        for reference, report in numbered(f"{self.prefix}P-", reports, self.draws):
            self.trace.report_of[self.agency.code, reference] = report
            rows.append(self.row(reference, report, *nominals[_key(report)]))
        return rows

    def row(self, reference: str, report: Report, nominal: str, record: Recorded) -> tuple[str, ...]:
        """One row."""
        absence, draws = report.absence, self.draws
        forenames = f"{record.forename} {record.middle}".strip()
        found = "" if report.end is None else report.end.strftime(_TIME)
        flags = yes_no(draws.chance(_CSE)), yes_no(draws.chance(_CCE))
        return (
            reference, nominal, forenames, record.surname, record.alias, record.born.isoformat(), record.sex,
            record.ethnicity, record.postcode, record.address, absence.place.postcode, absence.place.kind,
            self.reported(report).strftime(_TIME), report.start.strftime(_TIME), found, *self.risks(report),
            *flags, report.responsible, absence.place.area, note(absence.child.forename, draws, self.trace),
        )  # fmt: skip

    def reported(self, report: Report) -> dt.datetime:
        """When police were told: after the child was last seen, before the child was found."""
        told = report.start + dt.timedelta(minutes=int(self.draws.quantile(_REPORT_DELAY)))
        if told.hour < 2:
            told += dt.timedelta(hours=2)
        return told if report.end is None else min(told, report.end)

    def risks(self, report: Report) -> tuple[str, str, str]:
        """Initial, highest and final risk; no apparent risk stays so, and no other report has that grade."""
        initial = self.draws.weighted(_INITIAL_RISK)
        highest = self.draws.between(initial, min(2, initial + 1))
        final = self.draws.between(0, highest)
        if report.kind == "NAR":
            return "NAR", "NAR", "NAR"
        return _RISKS[initial], _RISKS[highest], _RISKS[final]


def _key(report: Report) -> str:
    return f"{report.absence.event} {report.second} {report.part}"


def police_extract(
    agency: Agency,
    reports: Sequence[Report],
    country: Country,
    rates: Rates,
    seed: int,
    trace: Trace,
    burdener: Burdener,
) -> Extract:
    """Export one police force; notes in ``trace`` what every reference stands for."""
    export = _PoliceExport(agency, country, rates, seed, trace, burdener)
    return Extract(agency, {"episodes": Table(REPORTS, export.rows(reports))}, country.coverage(agency))
