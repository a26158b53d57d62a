"""Which words were taken for which code is counted and shown; what may be somebody's note is masked."""

import zipfile
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.sources.rules import OUTCOMES, RULES
from cli.sources.value_uses import ValueUse, value_lines
from tests.support.agency_desk import (
    PERIOD,
    Desk,
    child,
    episode,
    joined_desk,
    make_epoch,
    make_unit_keys,
    spell,
    write_council,
)
from tests.support.extracts import read


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    unit = make_unit_keys()
    return joined_desk(tmp_path_factory.mktemp("values") / "desk", make_epoch(unit.card), unit.card)


def test_free_words_for_a_type_are_understood_and_counted(tmp_path: Path) -> None:
    words = ["Unknown whereabouts", "M", "whereabouts  UNKNOWN", "Away from placement", "A", "M", "ran off"]
    numbers = range(1, len(words) + 1)
    extract = read(
        tmp_path,
        children=[child(number) for number in numbers],
        care_spells=[spell(number) for number in numbers],
        episodes=[episode(number, type=word) for number, word in enumerate(words, 1)],
    )
    kinds = [one.record.kind for one in extract.episodes]
    assert kinds == ["missing", "missing", "missing", "away", "away", "missing"]
    lines = [one for one in value_lines(extract.log.values) if one.field == "kind"]
    assert [(one.value, one.code, one.rows) for one in lines] == [
        ("m", "missing", 2),
        ("a", "away", 1),
        ("away from placement", "away", 1),
        ("r•• •••", "", 1),
        ("unknown whereabouts", "missing", 1),
        ("whereabouts unknown", "missing", 1),
    ]


USES = st.builds(
    ValueUse,
    st.sampled_from(("children", "episodes")),
    st.sampled_from(("a", "b")),
    st.just("kind"),
    st.text(min_size=1, max_size=30),
    st.sampled_from(("", "other")),
    st.booleans(),
)


@given(st.dictionaries(USES, st.integers(1, 9)))
def test_no_row_is_lost_and_only_short_frequent_or_known_words_show(uses: dict[ValueUse, int]) -> None:
    lines = list(value_lines(Counter(uses)))
    assert sum(one.rows for one in lines) == sum(uses.values())
    safe = {use.value for use, rows in uses.items() if use.known or (len(use.value) <= 12 and rows >= 5)}
    letters = [sum(c.isalpha() and c.isascii() for c in one.value) for one in lines if one.value not in safe]
    assert all(count <= 1 for count in letters)


def _broken(folder: Path) -> Path:
    children = [child(number, ethnicity="Zz" if number < 6 else "Martian") for number in range(1, 8)]
    episodes = [episode(number) for number in range(1, 8)]
    episodes[2] |= {"end": "01/06/2025"}
    episodes[3] |= {"start": "01/06/2024", "end": "02/06/2024"}
    return write_council(folder, 7, children=children, episodes=episodes)


def test_the_terminal_shows_what_was_mapped_and_what_was_not(desk: Desk, tmp_path: Path) -> None:
    outcome = desk.check(_broken(tmp_path), "council-csv", "--period", PERIOD)
    said = " ".join(outcome.out.split())
    assert "7 episodes, type as kind: m → missing (7)" in said
    assert "7 children, ethnicity: zz (5), m•••••• (2)" in said
    assert "1 episodes: rule 571" in said


def _sheet(path: Path, name: str) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(path)[name].iter_rows(values_only=True))


def test_a_fix_list_as_a_workbook_has_faults_rules_values_and_rows(desk: Desk, tmp_path: Path) -> None:
    fixes = tmp_path / "fixes.xlsx"
    source = _broken(tmp_path / "source")
    outcome = desk.check(source, "council-csv", "--period", PERIOD, "--fixes", fixes)
    assert outcome.code == 0, outcome.err
    header, *faults = _sheet(fixes, "Fixes")
    first = dict(zip(header, faults[0], strict=True))
    assert (first["file"], first["row"], first["column"], first["rule"]) == (
        "episodes.csv",
        "4",
        "end",
        "567",
    )
    assert (first["your reference"], first["found"], first["severity"]) == (
        "EP0000003",
        "99/99/9999",
        "error",
    )
    rules = {row[0]: row[1:] for row in _sheet(fixes, "Rules")[1:]}
    assert {rule: row[0] for rule, row in rules.items()} == RULES
    assert {rule: row[1] for rule, row in rules.items()} == OUTCOMES
    assert {rule for rule, row in rules.items() if row[2]} == {"567", "571"}
    assert ("children", "ethnicity", "ethnicity", "zz", "nothing: not understood", 5) in _sheet(
        fixes, "Values"
    )
    assert ("episodes", 7, 5, 1, 0, 1) in _sheet(fixes, "Rows")
    assert b"Martian" not in fixes.read_bytes()


def test_a_workbook_of_fixes_is_no_way_in_for_formulas(desk: Desk, tmp_path: Path) -> None:
    rows = [child(1), child(2, child_id="=cmd|' /C calc'!A0", date_of_birth="-x")]
    source = write_council(tmp_path / "source", 1, children=rows)
    fixes = tmp_path / "fixes.xlsx"
    assert desk.check(source, "council-csv", "--fixes", fixes).code == 0
    with zipfile.ZipFile(fixes) as archive:
        parts = [archive.read(name) for name in archive.namelist() if "worksheets/" in name]
    assert len(parts) == 4
    assert not [part for part in parts if b"<f" in part]
