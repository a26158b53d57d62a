"""A burden spoils the records of one group and nothing else, as much as it says."""

import re
from collections.abc import Callable

import pytest

from linkage.errors import InputError
from linkage.lab.burdens import BURDENED, Burden, read_burden
from linkage.lab.world import World, simulate
from linkage.lab.world_tables import labelled_sheets

CHILDREN, SEED = 600, 7
Row = tuple[str, ...]


@pytest.fixture(scope="module")
def plain() -> World:
    return simulate(CHILDREN, SEED)


def _rows(world: World) -> dict[tuple[str, str], Row]:
    sheets = labelled_sheets(world)
    return {
        (name, row[0]): row[1:7] for name, sheet in sheets.items() if name != "truth" for row in sheet.rows
    }


@pytest.mark.parametrize("kind", BURDENED)
def test_only_records_of_the_group_are_spoilt(plain: World, kind: str) -> None:
    facts = plain.truth.facts_of
    group = {"agency": "E06009001", "uasc": "yes", "sex": "F"}.get(kind) or next(iter(facts.values()))[kind]
    spoilt = simulate(CHILDREN, SEED, burdens=[Burden(kind, group, misspelt=1.0)])
    before, after = _rows(plain), _rows(spoilt)
    assert before.keys() == after.keys()
    entities = plain.truth.entity_of
    inside = {
        label for label in before if (label[0] if kind == "agency" else facts[entities[label]][kind]) == group
    }
    assert 0 < len(inside) < len(before)
    assert {label for label in before if before[label] != after[label]} == inside
    assert spoilt.truth.episode_class == plain.truth.episode_class


def test_misspelt_names_are_slips_and_missing_fields_are_blank(plain: World) -> None:
    names = simulate(CHILDREN, SEED, burdens=[Burden("sex", "F", misspelt=1.0)])
    fields = simulate(CHILDREN, SEED, burdens=[Burden("sex", "F", missing=1.0)])
    some = simulate(CHILDREN, SEED, burdens=[Burden("sex", "F", missing=0.3)])
    before, misspelt, bare, part = (_rows(one) for one in (plain, names, fields, some))
    changed = [label for label in before if before[label] != misspelt[label]]
    for label in changed:
        given, middle, surname, *rest = before[label]
        assert misspelt[label][0] != given
        assert misspelt[label][2] != surname
        assert misspelt[label][1::2] == (middle, *rest[::2])
        assert bare[label][1] == bare[label][5] == ""
        assert re.fullmatch(r"\d{4}-01-01", bare[label][3])
    share = sum(part[label][5] == "" for label in changed) / len(changed)
    assert 0.25 < share < 0.5  # one in ten has no postcode as it is


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: read_burden(""), "not written as a group"),
        (lambda: read_burden("ethnicity=black"), "not written as a group"),
        (lambda: read_burden("ethnicity=black misspelt=often"), "not written as a group"),
        (lambda: read_burden("ethnicity=black wrong=0.1"), "not written as a group"),
        (lambda: read_burden("shoe=large missing=0.1"), "told apart by shoe"),
        (lambda: read_burden("sex=F missing=1.5"), "not between 0 and 1"),
        (lambda: Burden("sex", "F", misspelt=-0.1), "not between 0 and 1"),
    ],
)
def test_what_is_no_burden_is_refused(make: Callable[[], Burden], said: str) -> None:
    with pytest.raises(InputError, match=said):
        make()


def test_a_burden_is_read_as_it_is_written() -> None:
    assert read_burden(" name_origin=west_african  missing=.25 misspelt=1 ") == Burden(
        "name_origin", "west african", 1.0, 0.25
    )
