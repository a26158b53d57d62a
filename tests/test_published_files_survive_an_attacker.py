"""Three publications of one register, late records between them, and an attacker who keeps every file."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pytest
from msgspec import structs

from api.disclosing import POLICY
from api.publishing.files import publication
from benchmarks.made_up_register import MadeUpRegister, made_up_register
from linkage.lab.world import simulate
from linkage.register.areas import AreaDirectory
from linkage.register.disclosure import Release, disclose
from linkage.register.snapshots import AgencyRecords
from linkage.register.statistics.covering import AreaMonths
from linkage.register.statistics.facts import gather_facts
from linkage.register.statistics.nested import nested_periods
from linkage.register.statistics.periods import read_period
from linkage.register.statistics.published import Beside, LinkQuality
from linkage.register.statistics.tables import count_tables, found_areas
from tests.support.disclosure_attacker import Attack, Rules, attack
from tests.support.published_files import for_attacker, rows_of

PERIODS = [
    read_period(one) for one in ("2024-04-01..2025-03-31", "2024-04-01..2025-09-30", "2024-04-01..2026-03-31")
]
RECORDED = (0.94, 0.97, 1.0)
QUALITY = LinkQuality(900, 600, 12, 0.995, 0.981, 0.999)
REDUCED = ("T1", "T1c", "T2", "T6", "T9", "T11")
RULES = Rules(
    POLICY.base,
    time="time",
    same={(one, code): (other, known) for one, code, other, known in POLICY.same},
    at_most=[
        (f"{fewer}{kind}", f"{more}{kind}")
        for kind in ("", "_away", "_open")
        for fewer, more in (("children", "incidents"), ("incidents", "calls"))
    ],
)


class Published(NamedTuple):
    """The files of three publications, and what an attacker has of them."""

    directory: AreaDirectory
    files: list[dict[str, str]]


def _recorded(one: AgencyRecords, share: float) -> AgencyRecords:
    """Return an agency's records when only a share of its episodes had been recorded; ever more are."""
    known = tuple(
        episode
        for episode in one.payload.episodes
        if hashlib.sha256(episode.handle.encode()).digest()[0] < share * 256
    )
    handles = {episode.handle for episode in known}
    interviews = tuple(talk for talk in one.payload.interviews if talk.episode in handles)
    payload = structs.replace(one.payload, episodes=known, interviews=interviews)
    return AgencyRecords(one.agency, one.role, payload)


def _files(register: MadeUpRegister, wanted: tuple[str, ...]) -> list[dict[str, str]]:
    kept: list[Release] = []
    published = []
    for place, (period, share) in enumerate(zip(PERIODS, RECORDED, strict=True)):
        records = [_recorded(one, share) for one in register.records]
        facts = gather_facts(records, register.person_of, register.directory)
        tables = count_tables(facts, register.directory, period, numbers=wanted)
        made = disclose(tables, POLICY, kept, nested_periods(PERIODS[: place + 1]))
        kept.append(made.release)
        coverage = AreaMonths(facts.calendar, register.directory, period, found_areas(facts))
        beside = Beside(period, register.directory, coverage, QUALITY, place + 1)
        written = publication(made.tables, beside)
        published.append({name: data.decode() for name, data in written if name.endswith(".csv")})
    return published


@pytest.fixture(scope="module")
def published(soak: bool) -> Published:
    sizes = {"councils": 20, "forces": 6, "years": 3} if soak else {"councils": 4, "forces": 2, "years": 3}
    register = made_up_register(simulate(20_000 if soak else 800, 3, **sizes))
    return Published(register.directory, _files(register, () if soak else REDUCED))


def _attacked(published: Published, *, unchanged: bool, asked: int) -> Attack | None:
    files = [
        for_attacker(one, published.directory, period)
        for one, period in zip(published.files, PERIODS, strict=True)
    ]
    return attack(files, rules=RULES, unchanged=unchanged, asked=asked)


def test_no_suppressed_cell_of_three_publications_is_recovered(published: Published, soak: bool) -> None:
    asked = 60 if soak else 10
    side_by_side = _attacked(published, unchanged=False, asked=asked)
    assert side_by_side is not None
    assert len(side_by_side.hidden) > 200
    # What stands although it changed may contradict whoever takes the same text for the same count.
    for found in (side_by_side, _attacked(published, unchanged=True, asked=asked)):
        if found is not None:
            assert found.caught() == {}
            assert found.narrow(POLICY.protection) == set()


def _derived(published: Published) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every figure that is no count, as what it may be made of (published counts) and what it says."""
    for name, content in ((name, text) for one in published.files for name, text in one.items()):
        rows = rows_of(content) if name != "patterns.csv" else []
        counts = [one for one in (rows[0] if rows else ()) if _is_count(one)]
        wholes = _wholes(rows, counts)
        for row in rows:
            for count in counts:
                children = count.replace("incidents", "children")
                if f"{count}_per_child" in row:
                    yield ("mean", row[count], row[children]), row[f"{count}_per_child"]
                if f"{count}_percent" in row:
                    whole = wholes[_first(row, rows)]
                    yield ("percent", row[count], whole[count]), row[f"{count}_percent"]


def _first(row: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Return what a percentage keeps of a row: its time and area; the first of the codes where all is one."""
    texts = list(row.values())
    areas = len({tuple(one.values())[2:11] for one in rows})
    return tuple(texts[: 11 if areas > 1 else 12])


def _wholes(
    rows: Sequence[Mapping[str, str]], counts: Sequence[str]
) -> Mapping[tuple[str, ...], Mapping[str, str]]:
    """Return the row of which each percentage is; of rows alike in the first codes the totals come first."""
    found: dict[tuple[str, ...], Mapping[str, str]] = {}
    for row in rows:
        if counts:
            found.setdefault(_first(row, rows), row)
    return found


def _is_count(column: str) -> bool:
    return column.removesuffix("_open").removesuffix("_away").removesuffix("_in_care") in {
        "children",
        "incidents",
        "calls",
    }


def test_what_stands_beside_counts_follows_from_them(published: Published) -> None:
    says: dict[tuple[str, ...], set[str]] = {}
    for made_of, text in _derived(published):
        says.setdefault(made_of, set()).add(text)
    assert len(says) > 100
    assert {made_of: texts for made_of, texts in says.items() if len(texts) > 1} == {}
    suppressed = [texts for made_of, texts in says.items() if "c" in made_of]
    assert suppressed
    assert all(texts == {"c"} for texts in suppressed)


def test_a_median_needs_every_band(published: Published) -> None:
    seen: set[bool] = set()
    for name, content in ((name, text) for one in published.files for name, text in one.items()):
        if not name.startswith("t9b_"):
            continue
        bands: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
        for row in rows_of(content):
            bands.setdefault(tuple(row.values())[:11], []).append(row)
        for rows in bands.values():
            hidden = any(
                row["interview_hours"].startswith(("Up", "Over")) and row["incidents"] == "c" for row in rows
            )
            medians = {row["median_hours"] for row in rows if row["median_hours"] != "z"}
            seen.add(hidden)
            assert not hidden or not any(one.isdigit() for one in medians)
    assert seen == {True, False}
