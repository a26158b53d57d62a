"""Names, aliases and dates of birth become identifiers that the encoder understands."""

from pathlib import Path

import pytest

from cli.sources.names import aliases, parted_forenames, parted_name
from linkage.encode.identifiers import Identifiers
from linkage.encode.normalise import normalise
from tests.support.agency_desk import child, report
from tests.support.extracts import TODAY, balanced, read


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Ada", ("Ada", "")),
        ("Ada Mary Rose", ("Ada", "Mary Rose")),
        ("Abdul Rahman Ali", ("Abdul Rahman", "Ali")),
        ("al-Hassan Ali", ("al-Hassan", "Ali")),
        ("", ("", "")),
    ],
)
def test_forenames_in_one_cell_are_parted(text: str, parts: tuple[str, str]) -> None:
    assert parted_forenames(text) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Bea", ("Bea", "Lee")),
        ("Bea May", ("Bea", "May")),
        ("MAY, Bea", ("Bea", "MAY")),
        ("Bea van der Berg", ("Bea", "van der Berg")),
        ("Mary Ann Lee", ("Mary Ann", "Lee")),
        ("Ada May Rose", ("Ada", "May Rose")),
        ("Omar bin Said", ("Omar", "bin Said")),
        ("", ("", "Lee")),
    ],
)
def test_a_full_name_is_parted_by_what_is_known_of_the_child(text: str, parts: tuple[str, str]) -> None:
    assert parted_name(text, forename="Ada", surname="Lee") == parts


def test_aliases_are_cut_at_semicolons_bars_and_slashes_only() -> None:
    assert aliases(" May, Bea ; Bo Lee|Cy / ") == ("May, Bea", "Bo Lee", "Cy")


def _one(folder: Path, **changes: str) -> tuple[tuple[Identifiers, ...], list[tuple[str, str]]]:
    extract = read(folder, children=[child(1), child(2, **changes)], care_spells=[], episodes=[])
    kept = {one.reference: one.variants for one in extract.children}
    faults = [(fault.column, fault.severity) for fault in extract.log.faults]
    assert balanced(extract)
    return kept.get("CH0000002", ()), faults


@pytest.mark.parametrize(
    ("written", "kept", "severities"),
    [
        ("07/03/2011", "2011-03-07", []),
        ("2011-03-07", "2011-03-07", []),
        ("7 March 2011", "2011-03-07", []),
        ("01/01/2011", "2011-01-01", ["warning"]),
        ("31/02/2011", "2011-02-31", ["warning"]),
        ("03/2011", "2011-03", ["warning"]),
        ("2011", "2011", ["warning"]),
        ("age 14", "age 14", ["warning"]),
        ("", "", ["warning"]),
        ("not known", "", ["warning"]),
        ("01/01/1900", "", ["warning"]),
        ("07/03/1991", "1991-03-07", ["warning"]),
    ],
)
def test_dates_of_birth_reach_the_encoder_as_they_are_meant(
    tmp_path: Path, written: str, kept: str, severities: list[str]
) -> None:
    variants, faults = _one(tmp_path, date_of_birth=written)
    assert variants[0].date_of_birth == kept
    assert faults == [("date_of_birth", severity) for severity in severities]
    once, twice = (normalise(Identifiers(date_of_birth=text), today=TODAY) for text in (written, kept))
    assert (once.year, once.month, once.day, once.tier) == (twice.year, twice.month, twice.day, twice.tier)


@pytest.mark.parametrize("written", ["32/02/2011", "07/03/2051", "07/03/1066", "yesterday", "99999"])
def test_a_date_of_birth_that_is_none_puts_the_child_into_quarantine(tmp_path: Path, written: str) -> None:
    variants, faults = _one(tmp_path, date_of_birth=written)
    assert variants == ()
    assert faults == [("date_of_birth", "error")]


def test_names_that_are_missing_or_stand_for_unknown(tmp_path: Path) -> None:
    assert _one(tmp_path, forename="")[1] == [("forename", "warning")]
    assert _one(tmp_path, forename="Unknown")[1] == [("forename", "warning")]
    variants, faults = _one(tmp_path, forename="", surname="")
    assert variants == ()
    assert ("surname", "error") in faults
    assert _one(tmp_path, forename="unknown", surname="not known")[0] == ()


def test_known_as_and_former_names_become_variants_and_repeats_do_not(tmp_path: Path) -> None:
    variants, _ = _one(tmp_path, forename="Ada", surname="Lee", known_as="Bea; bea LEE; Bea May; Ada")
    names = [(one.forename.title(), one.surname.title()) for one in variants]
    assert names == [("Ada", "Lee"), ("Bea", "Lee"), ("Bea", "May")]
    assert len({one.date_of_birth for one in variants}) == 1


def test_what_a_cell_says_of_other_names_becomes_a_variant(tmp_path: Path) -> None:
    variants, faults = _one(tmp_path, forename="Ada (Addy)", surname="Lee née May", known_as="Addy Lee; Bea")
    people = [normalise(one) for one in variants]
    names = [(one.forename, one.surname) for one in people]
    assert names == [("ada", "lee"), ("addy", "lee"), ("ada", "may"), ("bea", "lee")]
    assert faults == []


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"forename": "", "surname": "LEE, Ada Mary"}, ("ada", "mary", "lee")),
        ({"forename": "Ada", "surname": "Lee, Jr"}, ("ada", "", "lee")),
    ],
)
def test_a_whole_name_in_the_surnames_cell_is_parted(
    tmp_path: Path, changes: dict[str, str], names: tuple[str, str, str]
) -> None:
    variants, _ = _one(tmp_path, **changes)
    person = normalise(variants[0])
    assert (person.forename, person.middle_name, person.surname) == names


@pytest.mark.parametrize(
    ("column", "text", "problem"),
    [
        ("nhs_number", "9434765871", "an NHS number with a wrong check digit; it is not used"),
        ("nhs_number", "9.43E+09", "not an NHS number; it is not used"),
        ("upn", "A801200005001", "a unique pupil number with a wrong check letter; it is not used"),
        ("upn", "801200005001", "not a unique pupil number; it is not used"),
    ],
)
def test_a_number_that_fails_its_check_is_a_warning_and_the_child_stays(
    tmp_path: Path, column: str, text: str, problem: str
) -> None:
    extract = read(tmp_path, children=[child(1, **{column: text})], care_spells=[], episodes=[])
    (fault,) = extract.log.faults
    assert (fault.column, fault.severity, fault.problem) == (column, "warning", problem)
    assert text not in repr(fault)
    (kept,) = extract.children
    assert getattr(normalise(kept.variants[0]), column) == ""


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("nhs_number", "943 476 5870", "9434765870"),
        ("nhs_number", "not known", ""),
        ("nhs_number", "", ""),
        ("upn", "b801200005001", "B801200005001"),
        ("upn", "M80120000500A", "M80120000500A"),
        ("upn", "UN3", ""),
        ("upn", "n/a", ""),
    ],
)
def test_numbers_that_are_right_or_absent_need_no_mending(
    tmp_path: Path, column: str, text: str, value: str
) -> None:
    extract = read(tmp_path, children=[child(1, **{column: text})], care_spells=[], episodes=[])
    assert extract.log.faults == []
    assert getattr(normalise(extract.children[0].variants[0]), column) == value


def test_more_names_than_a_record_may_have_are_cut_with_a_warning(tmp_path: Path) -> None:
    names = ";".join(f"Name{chr(97 + number)}" for number in range(20))
    variants, faults = _one(tmp_path, known_as=names)
    assert len(variants) == 16
    assert ("", "warning") in faults


def test_sex_is_read_once_for_both_parts_and_an_unknown_code_is_reported(tmp_path: Path) -> None:
    variants, faults = _one(tmp_path, sex="Female")
    assert variants[0].sex == "F"
    assert faults == []
    variants, faults = _one(tmp_path, sex="X")
    assert variants[0].sex == ""
    assert faults == [("sex", "warning")]


def test_references_that_repeat_are_blank_or_were_rewritten_by_a_spreadsheet(tmp_path: Path) -> None:
    rows = [child(1), child(1), child(2, child_id=""), child(3, child_id="1.23457E+11")]
    extract = read(tmp_path, children=rows, care_spells=[], episodes=[])
    problems = [(fault.row, fault.problem) for fault in extract.log.errors()]
    assert sorted(problems) == [
        (3, "the same reference as row 2"),
        (4, "no reference"),
        (5, "a number that a spreadsheet rewrote"),
    ]
    assert extract.log.tallies["children"].quarantined == 3
    assert balanced(extract)


def test_one_bad_row_of_several_leaves_the_police_child_in(tmp_path: Path) -> None:
    rows = [report(1), report(2, child_ref="NM0000001", date_of_birth="32/02/2010"), report(3, sex="M")]
    rows += [report(4, child_ref="NM0000003", sex="F")]
    extract = read(tmp_path, "police-csv", role="police", areas=("E09",), episodes=rows)
    assert [one.reference for one in extract.children] == ["NM0000001", "NM0000003"]
    assert len(extract.episodes) == 4
    assert not extract.log.errors()
    told = {(fault.row, fault.column) for fault in extract.log.warnings() if fault.rule != "574"}
    assert told == {(3, "date_of_birth"), (4, "sex")}
    only = [report(1, date_of_birth="32/02/2010")]
    extract = read(tmp_path, "police-csv", role="police", areas=("E09",), episodes=only)
    assert (extract.children, extract.episodes) == ([], [])
    assert [(fault.table, fault.severity) for fault in extract.log.faults] == [
        ("children", "error"),
        ("episodes", "error"),
    ]
    assert balanced(extract)


def test_identifiers_and_facts_do_not_show_in_representations(tmp_path: Path) -> None:
    extract = read(tmp_path, children=[child(1)], care_spells=[], episodes=[])
    shown = repr(extract) + repr(extract.children) + repr(extract.children[0].variants)
    assert "canary" not in shown
    assert "CH0000001" not in shown
