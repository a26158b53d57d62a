"""Made-up records of two councils and two forces, drawn or written out, for the reconciliation tests."""

import datetime as dt
import hashlib
import itertools

from hypothesis import strategies as st

from linkage.register.reconcile import AgencyRecords, Reconciliation, Tolerance, reconcile
from linkage.wire.moments import Moment
from linkage.wire.records import CareSpell, Child, Coverage, Episode, Payload

COUNCIL, HOST, FORCE, OTHER_FORCE = "E01", "E02", "P01", "P02"
ROLES = {COUNCIL: "council", HOST: "council", FORCE: "police", OTHER_FORCE: "police"}
AREAS = (COUNCIL, HOST, "E03")
MONTHS = ("2025-03", "2025-04")
# Four days around the spring change of the clocks and a month's end, so that both matter.
FIRST = dt.datetime(2025, 3, 29, tzinfo=dt.UTC)


def query_number(agency: str, child: str, episode: str) -> str:
    return "Q-" + hashlib.sha256(f"{agency} {child} {episode}".encode()).hexdigest()[:10].upper()


def moment(text: str) -> Moment:
    """``2025-03-01`` is a date, ``2025-03-01 14:30`` a time in UTC."""
    return Moment.parse(text if len(text) == 10 else text.replace(" ", "T") + "Z")


def handle(number: int) -> str:
    return f"{number:032x}"


@st.composite
def moments_in_order(draw: st.DrawFn) -> tuple[Moment, Moment | None]:
    start = FIRST + dt.timedelta(minutes=draw(st.integers(0, 4 * 1440 // 30)) * 30)
    length = draw(
        st.sampled_from([0, 30, 90, 300, 330, 360, 390, 720, 1440, 1470, 2880]) | st.integers(0, 3000)
    )
    end = start + dt.timedelta(minutes=length)
    start_moment = draw(st.sampled_from([Moment.minute(start), Moment.day(start.date())]))
    ends = [Moment.minute(end), Moment.day(end.date()), None]
    return start_moment, draw(st.sampled_from(ends))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[AgencyRecords], dict[tuple[str, str], str]]:
    numbers = iter(draw(st.permutations(range(60))))
    payloads: dict[str, dict[str, list]] = {
        agency: {"children": [], "care_spells": [], "episodes": [], "coverage": []} for agency in ROLES
    }
    person_of: dict[tuple[str, str], str] = {}
    owners = []
    for agency in (*ROLES, *draw(st.lists(st.sampled_from(list(ROLES)), max_size=4))):
        child = handle(next(numbers))
        owners.append((agency, child))
        payloads[agency]["children"].append(Child(handle=child, version=1))
        person = draw(st.sampled_from(["p1", "p1", "p2", None]))
        if person is not None:
            person_of[agency, child] = person
    for agency, child in draw(st.lists(st.sampled_from(owners), max_size=9)):
        start, end = draw(moments_in_order())
        episode = Episode(
            handle=handle(next(numbers)),
            child=child,
            version=1,
            kind=draw(st.sampled_from(["missing", "missing", "away"])),
            start=start,
            end=end,
            responsible=draw(st.sampled_from([None, *AREAS])),
            host=draw(st.sampled_from([None, *AREAS])),
        )
        payloads[agency]["episodes"].append(episode)
    for agency, child in draw(st.lists(st.sampled_from(owners), max_size=5)):
        start, end = draw(moments_in_order())
        start = draw(st.sampled_from([start, Moment.day(FIRST.date()), moment("2024-09-02")]))
        spell = CareSpell(
            handle=handle(next(numbers)),
            child=child,
            version=1,
            start=start,
            end=end,
            legal_status=draw(st.sampled_from(["C2", "V2", "V3", "V4", "unknown"])),
            area=draw(st.sampled_from(["in", "out", "unknown"])),
            host=draw(st.sampled_from([None, *AREAS])),
        )
        payloads[agency]["care_spells"].append(spell)
    for agency in ROLES:
        cells = st.sampled_from([(area, month) for area in AREAS for month in MONTHS])
        for area, month in sorted(draw(st.sets(cells, max_size=6))):
            payloads[agency]["coverage"].append(Coverage(area=area, month=month))
    return [
        AgencyRecords(
            agency,
            role,  # type: ignore[arg-type]
            Payload(agency=agency, **{kind: tuple(rows) for kind, rows in payloads[agency].items()}),
        )
        for agency, role in ROLES.items()
    ], person_of


COVERED = ("2025-03", "2025-04", "2025-06", "2025-07", "2025-10")


class Register:
    """One child whom every agency knows, and what each agency recorded."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.names: dict[str, str] = {}
        self.children = {agency: [self.handle()] for agency in ROLES}
        self.linked = {(agency, handles[0]): "person" for agency, handles in self.children.items()}
        self.episodes: dict[str, list[Episode]] = {agency: [] for agency in ROLES}
        self.spells: dict[str, list[CareSpell]] = {agency: [] for agency in ROLES}
        self.coverage = {agency: {(COUNCIL, month) for month in COVERED} for agency in ROLES}
        self.coverage[HOST] = {(HOST, month) for month in COVERED}

    def handle(self) -> str:
        return f"{next(self.numbers):032x}"

    def known_as(self, agency: str, *, person: str = "person") -> str:
        """Give an agency a second child record."""
        handle = self.handle()
        self.children[agency].append(handle)
        self.linked[agency, handle] = person
        return handle

    def absent(
        self, name: str, agency: str, start: str, end: str | None, *, child: str = "", **facts: str | None
    ) -> None:
        """Record an episode; police episodes name the responsible council unless ``responsible`` is given."""
        facts = {"kind": "missing", "responsible": COUNCIL if ROLES[agency] == "police" else None} | facts
        episode = Episode(
            handle=self.handle(),
            child=child or self.children[agency][0],
            version=1,
            start=moment(start),
            end=None if end is None else moment(end),
            **facts,  # type: ignore[arg-type]
        )
        self.names[episode.handle] = name
        self.episodes[agency].append(episode)

    def in_care(self, agency: str, start: str, end: str | None = None, **facts: str) -> None:
        spell = CareSpell(
            handle=self.handle(),
            child=self.children[agency][0],
            version=1,
            start=moment(start),
            end=None if end is None else moment(end),
            **facts,  # type: ignore[arg-type]
        )
        self.spells[agency].append(spell)

    def records(self) -> list[AgencyRecords]:
        return [
            AgencyRecords(
                agency,
                role,  # type: ignore[arg-type]
                Payload(
                    agency=agency,
                    children=tuple(Child(handle=h, version=1) for h in self.children[agency]),
                    care_spells=tuple(self.spells[agency]),
                    episodes=tuple(self.episodes[agency]),
                    coverage=tuple(Coverage(area=a, month=m) for a, m in sorted(self.coverage[agency])),
                ),
            )
            for agency, role in ROLES.items()
        ]

    def reconciled(self, tolerance: Tolerance = Tolerance()) -> Reconciliation:  # noqa: B008
        return reconcile(self.records(), self.linked, query_number=query_number, tolerance=tolerance)

    def told(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Each episode's class, and in what the other side's differs."""
        return {
            self.names[finding.episode]: (finding.reconciliation_class, finding.differs)
            for told in self.reconciled().results.values()
            for finding in told.findings
        }

    def classes(self, tolerance: Tolerance = Tolerance()) -> dict[str, str]:  # noqa: B008
        return {
            self.names[finding.episode]: finding.reconciliation_class
            for told in self.reconciled(tolerance).results.values()
            for finding in told.findings
        }
