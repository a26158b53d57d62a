"""The simulated names are many, long-tailed and of many origins, and clerks' slips are what they say."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.lab.draws import Draws
from linkage.lab.misspell import (
    half,
    initial,
    joined,
    mojibake,
    nickname,
    particle,
    prefix,
    respelling,
    typo,
    without_diacritics,
)
from linkage.lab.name_variants import NICKNAMES, SPELLINGS
from linkage.lab.names import ORIGINS, NameBook, canary_name

ALL_NAMES = sorted({n for o in ORIGINS for n in (*o.girls, *o.boys, *o.surnames)})
CLEAR_WORDS = {
    "white", "mixed", "asian", "black", "other", "unknown", "high", "medium", "low", "home", "care", "in",
    "out",
    "away", "missing", "none", "school", "friends", "placement", "conflict", "exploitation", "substance",
    "physical", "sexual", "offending", "accepted", "declined", "unable", "independent",
}  # fmt: skip


def test_there_are_enough_names() -> None:
    assert len({name for origin in ORIGINS for name in origin.girls}) >= 300
    assert len({name for origin in ORIGINS for name in origin.boys}) >= 300
    assert len({name for origin in ORIGINS for name in origin.surnames}) >= 600
    assert len(ORIGINS) >= 18
    assert len(NICKNAMES) >= 200
    assert len(SPELLINGS) >= 400


def test_shares_of_origins_add_up() -> None:
    assert sum(origin.share for origin in ORIGINS) == pytest.approx(1, abs=0.02)
    assert sum(origin.uasc_share for origin in ORIGINS) == pytest.approx(1, abs=0.02)
    assert all(sum(w for _, w in origin.ethnicities) == pytest.approx(1) for origin in ORIGINS)


def test_no_name_is_also_a_word_that_travels_in_clear() -> None:
    assert not {name.casefold() for name in ALL_NAMES} & CLEAR_WORDS


def test_surnames_have_a_long_tail() -> None:
    """A hundred thousand children must not share the six hundred names of a list."""
    book, draws = NameBook(), Draws(4, "tail")
    names = Counter(book.surname(draws.weighted(book.families), draws) for _ in range(50_000))
    assert len(names) > 4000
    assert sum(count == 1 for count in names.values()) > 1500
    assert 0.005 < names.most_common(1)[0][1] / 50_000 < 0.03


@pytest.mark.parametrize(
    ("edit", "name", "forms"),
    [
        (prefix, "O'Brien", {"OBrien", "O Brien", "Obrien", "Brien"}),
        (prefix, "McDonald", {"MacDonald", "Mc Donald", "Mcdonald", "Macdonald"}),
        (prefix, "MacLeod", {"McLeod", "Mac Leod", "Macleod", "Mcleod"}),
        (particle, "Al-Hassan", {"Hassan", "Alhassan", "Al Hassan", "Al-Hassan"}),
        (joined, "Smith-Jones", {"Smith Jones", "Smithjones"}),
        (half, "Smith-Jones", {"Smith", "Jones"}),
        (respelling, "Muhammad", set(SPELLINGS["Muhammad"])),
        (respelling, "Abdul-Wali", {"Abdul Wali", "Abdulwali"}),
        (nickname, "Elizabeth", set(NICKNAMES["Elizabeth"])),
        (initial, "Jack", {"J", "J."}),
    ],
)
def test_edits_give_the_forms_that_clerks_write(edit, name: str, forms: set[str]) -> None:  # type: ignore[no-untyped-def]
    draws = Draws(1, "forms")
    assert {edit(name, draws) for _ in range(200)} == forms


@pytest.mark.parametrize("edit", [prefix, particle, joined, half])
def test_edits_that_do_not_apply_say_so(edit) -> None:  # type: ignore[no-untyped-def]
    assert edit("Taylor", Draws(1, "none")) is None


@given(st.sampled_from(ALL_NAMES), st.integers(0, 1000))
def test_a_typo_always_changes_a_name_and_never_empties_it(name: str, seed: int) -> None:
    changed = typo(name, Draws(seed, "typo"))
    assert changed.casefold() != name.casefold()
    assert abs(len(changed) - len(name)) <= 1
    assert changed[0] == name[0]


@given(st.sampled_from(ALL_NAMES), st.integers(0, 1000))
def test_every_edit_leaves_a_name(name: str, seed: int) -> None:
    draws = Draws(seed, "edits")
    for edit in (prefix, particle, joined, half, respelling, nickname, initial):
        changed = edit(name, draws)
        assert changed is None or changed.strip()


def test_diacritics_are_lost_or_garbled_as_old_systems_do() -> None:
    assert without_diacritics("José Łukasz Yağmur Nguyễn Đặng") == "Jose Lukasz Yagmur Nguyen Dang"
    assert mojibake("José") == "JosÃ©"
    assert mojibake("Jose") == "Jose"
    assert all(without_diacritics(name).isascii() for name in ALL_NAMES)


def test_canaries_are_long_and_differ() -> None:
    draws = Draws(1, "canaries")
    canaries = [canary_name(draws) for _ in range(2000)]
    assert min(len(canary) for canary in canaries) >= 12
    assert len(set(canaries)) > 1990
