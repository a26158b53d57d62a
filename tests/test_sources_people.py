"""Names, aliases and dates of birth become identifiers that the encoder understands."""

from pathlib import Path

import pytest

from cli.agency.summaries import fault_groups, lost_words
from cli.sources.faults import Fault
from cli.sources.names import aliases, parted_forenames, parted_name
from linkage.encode.identifiers import Identifiers
from linkage.encode.normalise import normalise
from tests.support.agency_desk import child, episode, report
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
    rows = [child(1), child(9, child_id="CH0000001")]
    rows += [child(2, child_id=""), child(3, child_id="1.23457E+11")]
    extract = read(tmp_path, children=rows, care_spells=[], episodes=[])
    problems = [(fault.row, fault.problem) for fault in extract.log.errors()]
    assert sorted(problems) == [
        (3, "the same reference as row 2, with another name or date of birth"),
        (4, "no reference"),
        (5, "a number that a spreadsheet rewrote"),
    ]
    assert extract.log.tallies["children"].quarantined == 3
    assert balanced(extract)


def test_a_list_with_a_row_for_each_placement_loses_no_child(tmp_path: Path) -> None:
    rows = [child(number, postcode=home) for number in (1, 2) for home in ("EB1 1QZ", "EB2 2QZ", "EB2 2QZ")]
    extract = read(tmp_path, children=rows, care_spells=[], episodes=[])
    assert [one.reference for one in extract.children] == ["CH0000001", "CH0000002"]
    assert extract.log.errors() == []
    assert list(lost_words(extract.log)) == []
    homes = {one.postcode.replace(" ", "") for one in extract.children[0].variants}
    assert homes == {"EB11QZ", "EB22QZ"}


def test_a_row_that_repeats_a_reference_is_not_said_to_be_a_child_that_is_not_held(tmp_path: Path) -> None:
    twice = [child(1), child(2), child(9, child_id="CH0000001")]
    episodes = [episode(1), episode(2), episode(2)]
    extract = read(tmp_path, children=twice, care_spells=[], episodes=episodes)
    assert balanced(extract)
    tallies = extract.log.tallies
    assert [tallies[name].quarantined for name in ("children", "episodes")] == [1, 1]
    assert list(lost_words(extract.log)) == []
    lost = [child(1, date_of_birth="32/02/2010"), child(9, child_id="CH0000001")]
    extract = read(tmp_path, children=lost, care_spells=[], episodes=[])
    assert next(lost_words(extract.log)).startswith("1 child is in quarantine: the other side")


@pytest.mark.parametrize(
    ("written", "cure"),
    [
        ("ch0000001", "other capitals or spaces"),
        ("CH 0000001", "other capitals or spaces"),
        ("CH0000009", "add the child's row"),
    ],
)
def test_a_reference_of_no_child_is_told_in_what_it_differs(tmp_path: Path, written: str, cure: str) -> None:
    rows = [episode(1, child_id=written)]
    (fault,) = read(tmp_path, children=[child(1)], care_spells=[], episodes=rows).log.errors()
    assert cure in fault.cure


def test_groups_of_faults_keep_a_files_name_and_differ_by_what_is_to_be_done() -> None:
    def fault(row: int, cure: str) -> Fault:
        problem = "no such child in Log v3 (2).xlsx#LAC"
        return Fault("episodes", "a.csv", row, "child", "", "", problem, cure, "error")

    found = list(fault_groups([fault(2, "add it"), fault(3, "add it"), fault(4, "other capitals")]))
    assert [(one.problem, one.rows) for one in found] == [
        ("no such child in Log v3 (2).xlsx#LAC", (2, 3)),
        ("no such child in Log v3 (2).xlsx#LAC", (4,)),
    ]


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
