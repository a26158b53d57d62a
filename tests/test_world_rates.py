"""What the simulated agencies do to identifiers happens at the rates that are stated."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import InputError
from linkage.lab.agencies import Country, make_country
from linkage.lab.care import draw_care
from linkage.lab.draws import Draws
from linkage.lab.households import Child, draw_children
from linkage.lab.mess import NO_FIXED_ABODE, Clerk, Recorded
from linkage.lab.misspell import without_diacritics
from linkage.lab.rates import Rates, per_record
from linkage.lab.world import linkage_tables, simulate

PERIOD = (dt.date(2025, 4, 1), dt.date(2026, 3, 31))
COUNT = 12_000
PLAIN = replace(Rates(), mojibake=0.0, surnames_in_capitals=0.0)


@dataclass(frozen=True)
class Pair:
    child: Child
    one: Recorded
    other: Recorded


def country_at(rates: Rates) -> Country:
    return make_country(2, 1, PERIOD, rates, Draws(8, "country"))


@pytest.fixture(scope="module")
def children() -> tuple[Child, ...]:
    return draw_children(COUNT, country_at(PLAIN), PERIOD, PLAIN, Draws(8, "households"))


def pairs_at(rates: Rates, children: tuple[Child, ...]) -> list[Pair]:
    country = country_at(rates)
    care = draw_care(children, country, PERIOD, rates, Draws(8, "care"))
    council, police = country.councils[0], country.forces[0]
    clerks = Clerk(country, rates, Draws(8, "one")), Clerk(country, rates, Draws(8, "other"))
    return [
        Pair(
            child,
            clerks[0].record(child, council, spell, PERIOD[1]),
            clerks[1].record(child, police, spell, PERIOD[1]),
        )
        for child in children
        for spell in [care[child.entity][0] if care[child.entity] else None]
    ]


@pytest.fixture(scope="module")
def pairs(children: tuple[Child, ...]) -> list[Pair]:
    return pairs_at(PLAIN, children)


def plain(name: str) -> str:
    return without_diacritics(name).casefold()


def swapped(child: Child, record: Recorded) -> bool:
    return plain(record.forename) == plain(child.surname) or plain(record.surname) == plain(child.forename)


def assert_share(hits: Sequence[bool], rate: float, slack: float = 0.0) -> None:
    """Within four standard deviations of a binomial share, and a stated slack for what is approximate."""
    share = sum(hits) / len(hits)
    bound = 4 * (rate * (1 - rate) / len(hits)) ** 0.5 + slack
    assert abs(share - rate) <= bound, f"{share:.4f}, expected {rate:.4f} within {bound:.4f}"


def test_names_disagree_between_two_agencies_as_often_as_stated(pairs: list[Pair]) -> None:
    straight = [p for p in pairs if not swapped(p.child, p.one) and not swapped(p.child, p.other)]
    assert_share([plain(p.one.surname) != plain(p.other.surname) for p in straight], 0.08, 0.004)
    assert_share([plain(p.one.forename) != plain(p.other.forename) for p in straight], 0.06, 0.004)


def test_names_are_swapped_as_often_as_stated(pairs: list[Pair]) -> None:
    usual = [p for p in pairs if not p.child.origin.surname_first]
    turned = [swapped(p.child, p.one) != swapped(p.child, p.other) for p in usual]
    assert_share(turned, 0.01, 0.002)


def placeholder(child: Child, record: Recorded) -> bool:
    born, true = record.born, child.born
    return born != true and born.year == true.year and born.day in (1, 15) and born.month in (1, true.month)


@pytest.mark.parametrize(("uasc", "wrong", "unknown"), [(False, 0.02, 0.01), (True, 0.20, 0.25)])
def test_birth_dates_differ_as_often_as_stated(
    pairs: list[Pair], uasc: bool, wrong: float, unknown: float
) -> None:
    chosen = [p for p in pairs if p.child.uasc == uasc]
    records = [(p.child, record) for p in chosen for record in (p.one, p.other)]
    # Some true birth dates are the 1st or the 15th: a placeholder there is not seen.
    assert_share([placeholder(*each) for each in records], unknown, 0.05 * unknown + 0.002)
    known = [p for p in chosen if not placeholder(p.child, p.one) and not placeholder(p.child, p.other)]
    assert_share([p.one.born != p.other.born for p in known], wrong, 0.004 + 0.05 * wrong)


def test_wrong_birth_dates_agree_in_two_parts_of_three(pairs: list[Pair]) -> None:
    wrong = [
        (p.child.born, p.one.born)
        for p in pairs
        if p.one.born != p.child.born and not placeholder(p.child, p.one)
    ]
    alike = [sum((a.year == b.year, a.month == b.month, a.day == b.day)) == 2 for a, b in wrong]
    assert sum(alike) / len(alike) > 0.85


@pytest.mark.parametrize(
    ("rate", "hit"),
    [
        (0.10, lambda record: not record.postcode),
        (0.10, lambda record: bool(record.alias)),
        (0.30 + 0.70 * 0.35, lambda record: not record.middle),
    ],
)
def test_fields_are_blank_or_filled_as_often_as_stated(
    pairs: list[Pair], rate: float, hit: Callable[[Recorded], bool]
) -> None:
    assert_share([hit(record) for p in pairs for record in (p.one, p.other)], rate, 0.02)


def test_postcodes_differ_as_often_as_stated(pairs: list[Pair]) -> None:
    held = [
        p for p in pairs if p.child.looked_after and p.one.postcode and p.other.postcode
        and NO_FIXED_ABODE not in (p.one.postcode, p.other.postcode)
    ]  # fmt: skip
    assert_share([p.one.postcode != p.other.postcode for p in held], 0.45, 0.02)


def test_sex_differs_as_often_as_stated(pairs: list[Pair]) -> None:
    assert_share([p.one.sex != p.other.sex for p in pairs], 0.005, 0.001)


def test_twins_siblings_and_care_are_as_common_as_stated(children: tuple[Child, ...]) -> None:
    assert_share([child.twin for child in children], 0.015, 0.004)
    assert_share([child.looked_after for child in children], 0.70, 0.005)
    assert_share([child.uasc for child in children if child.looked_after], 0.07, 0.005)


def test_twins_share_birth_date_and_household_and_nobody_else_does(children: tuple[Child, ...]) -> None:
    families: dict[str, list[Child]] = {}
    for child in children:
        families.setdefault(child.household, []).append(child)
    twins = 0
    for family in families.values():
        births = [child.born for child in family]
        assert [births.count(child.born) > 1 for child in family] == [child.twin for child in family]
        assert len({(child.surname, child.home.postcode, child.origin.name) for child in family}) == 1
        assert len({child.forename for child in family}) == len(family)
        twins += any(child.twin and child.sex == other.sex for child in family for other in family
                     if child is not other and child.born == other.born)  # fmt: skip
    assert twins > 10, "same-sex twins are the hard case and must occur"


def test_a_child_has_two_records_in_an_agency_as_often_as_stated() -> None:
    world = simulate(8000, 3)
    council, force = world.extracts[0].agency.code, world.extracts[2].agency.code
    for code in (council, force):
        entities = [entity for (agency, _), entity in world.truth.entity_of.items() if agency == code]
        twice = len(entities) - len(set(entities))
        assert_share([number < twice for number in range(len(set(entities)))], 0.02, 0.002)


def test_without_noise_identifiers_are_identical_everywhere() -> None:
    world = simulate(1500, 6, noise="none")
    tables = linkage_tables(world)
    entity = {(row[0], row[1]): row[2] for row in tables.pop("truth").rows}
    found: dict[str, set[tuple[str, ...]]] = {}
    for source, table in tables.items():
        for row in table.rows:
            found.setdefault(entity[source, row[0]], set()).add(row[1:])
    assert all(len(versions) == 1 for versions in found.values())
    assert len(entity) > len(found), "some children are in two agencies"


def test_heavy_noise_doubles_errors_and_leaves_the_world_alone() -> None:
    usual, heavy, none = Rates(), Rates().at("heavy"), Rates().at("none")
    for each in fields(Rates):
        at = getattr(usual, each.name)
        if each.metadata.get("recording_error"):
            assert getattr(none, each.name) == 0
            assert getattr(heavy, each.name) == pytest.approx(min(0.9, 2 * at))
        else:
            assert getattr(heavy, each.name) == getattr(none, each.name) == at


def test_a_rate_that_is_no_share_is_refused() -> None:
    with pytest.raises(InputError, match="surname_differs"):
        Rates(surname_differs=1.2)


@given(st.floats(0.0, 0.6), st.floats(0.0, 0.6))
def test_the_rate_per_record_gives_the_rate_per_pair(pair: float, repeats: float) -> None:
    rate = per_record(pair, repeats)
    assert 0 <= rate <= 1
    assert 1 - (1 - rate) ** 2 - repeats * rate**2 == pytest.approx(pair, abs=1e-9)
