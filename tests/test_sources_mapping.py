"""Mappings: the shipped ones read what they say they read, and a wrong one is refused with its place."""

from pathlib import Path

import pytest

from cli.sources.codes import ethnicity_groups
from cli.sources.fields import check_value_maps
from cli.sources.mapping import choose_mapping, parse_mapping, preset_names
from linkage.errors import ClewError, InputError, VersionError
from linkage.wire.codes import EthnicityGroup
from tests.support.agency_desk import child, episode, interview, report, spell, write_table
from tests.support.extracts import balanced, read

SMALL = """
version = 1
name = "small"
[children]
file = "children.csv"
key = "id"
[children.identifiers]
forename = "first"
surname = "last"
date_of_birth = "born"
[children.fields]
sex = "sex"
"""
ROW = {"id": "1", "first": "Ada", "last": "Lee", "born": "2010-05-06", "sex": "F"}


def test_every_shipped_mapping_is_valid() -> None:
    assert preset_names() == ("council-csv", "police-csv", "ssd", "ssda903")
    for name in preset_names():
        mapping = parse_mapping(choose_mapping(name))
        assert mapping.name == name
        assert mapping.about
        check_value_maps(mapping)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("version = 1", "version = 2"), "version that this release does not know"),
        (('name = "small"', "name ="), "Invalid value"),
        (('key = "id"', ""), "children: Object missing required field `key`"),
        (('sex = "sex"', 'age = "sex"'), "children.fields"),
        (('surname = "last"', 'surname = "last"\npassport = "passport"'), "children.identifiers"),
        (('sex = "sex"', "sex = { values = { a = \"F\" } }"), "names either a column or a constant"),
        (('sex = "sex"', 'sex = "sex"\n[colours]'), "unknown field"),
        (('file = "children.csv"', 'file = "../children.csv"'), "children.file"),
        (('sex = "sex"', 'sex = "sex"\n[values.sex]\nx = "Z"'), "'Z' is not a code of this field"),
        (('sex = "sex"', 'sex = "sex"\n[values.name]\nx = "Z"'), "[values.name] is not a field with codes"),
        (('sex = "sex"', 'sex = { column = "sex", otherwise = "Q" }'), "'Q' is not a code of this field"),
        (('sex = "sex"', 'sex = "gender"'), "no column called 'gender' (mapping: [children] sex)"),
        (('surname = "last"', 'surname = "lasst"'), "did you mean 'last'?"),
        (('key = "id"', 'key = "ident?"'), "key must name a column that the file has"),
        (('key = "id"', 'key = "identity"'), "no column called 'identity'"),
        (('file = "children.csv"', 'file = "kids.csv"'), "there is no file kids.csv"),
        (('name = "small"', 'name = "small"\nrole = "police"'), "is for police data"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_refused_with_its_place(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    assert change[0] in SMALL
    with pytest.raises((InputError, VersionError)) as refused:
        read(tmp_path, SMALL.replace(*change), children=[ROW])
    assert said in str(refused.value)
    assert refused.value.hint
    assert "Ada" not in str(refused.value)


def test_headers_of_a_file_without_a_header_row_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "children.csv").write_text("1,Ada,Lee,2010-05-06,F\n2,Bo,May,2011-05-06,M\n")
    with pytest.raises(InputError) as refused:
        read(tmp_path, SMALL)
    assert not {"Ada", "Lee", "2010"} & set(str(refused.value).replace(",", " ").split())


def test_a_column_found_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "children.csv").write_text("id,first,last,born,sex,Last\n1,Ada,Lee,2010-05-06,F,May\n")
    with pytest.raises(InputError, match="two columns are called 'last'"):
        read(tmp_path, SMALL)


def test_headers_may_differ_in_case_and_spacing_and_alternatives_are_tried_in_order(tmp_path: Path) -> None:
    mapping = SMALL.replace('forename = "first"', 'forename = ["given name", "FIRST"]')
    extract = read(tmp_path, mapping, children=[ROW])
    assert extract.children[0].variants[0].forename == "Ada"
    both = [ROW | {"Given Name": "Adele"}]
    assert read(tmp_path, mapping, children=both).children[0].variants[0].forename == "Adele"


def test_optional_columns_constants_and_values_of_its_own(tmp_path: Path) -> None:
    mapping = SMALL.replace(
        'sex = "sex"',
        'sex = { column = "gender", values = { girl = "F", boy = "M" } }\n'
        'ethnicity = { constant = "asian" }\nresponsible = { column = "council?", otherwise = "@agency" }\n'
        '[values.area_code]\n"north shire" = "E99"',
    )
    rows = [
        ROW | {"gender": "Girl", "council": "North  Shire"},
        ROW | {"id": "2", "gender": "M", "council": ""},
    ]
    first, second = read(tmp_path, mapping, children=rows).children
    assert (first.record.sex, first.record.ethnicity, first.record.responsible) == ("F", "asian", "E99")
    # An entry's own values stand alone: M has no meaning beside girl and boy.
    assert (second.record.sex, second.record.responsible) == ("U", "E09")


def test_an_unreadable_or_unknown_mapping_names_the_shipped_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="council-csv, police-csv, ssd, ssda903"):
        choose_mapping(str(tmp_path / "mine.toml"))
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        choose_mapping(str(tmp_path / "bad.toml"))
    (tmp_path / "huge.toml").write_bytes(b"#" * 300_000)
    with pytest.raises(InputError, match="larger than"):
        choose_mapping(str(tmp_path / "huge.toml"))


def test_a_single_file_serves_a_mapping_of_one_file_only(tmp_path: Path) -> None:
    file = write_table(tmp_path / "whatever.csv", [report(1)])
    assert len(read(file, "police-csv", role="police", areas=("E09",)).episodes) == 1
    with pytest.raises(InputError, match="reads 3 files, this is one"):
        read(file, "council-csv")
    with pytest.raises(InputError, match="there is nothing of that name"):
        read(tmp_path / "gone", "council-csv")


def test_the_council_mapping_reads_every_field(tmp_path: Path) -> None:
    extract = read(
        tmp_path,
        children=[child(1, uasc="Y", known_as="Bea", ethnicity="MWBC")],
        care_spells=[spell(1, in_area="N", host_council="E10", placement_type="K3", end="01/03/2026")],
        episodes=[episode(1, type="A", missing_from="")],
        interviews=[interview(1, reasons="friends; Family Contact;xyz")],
        coverage=[{"area": "E09", "month": "2025-06"}, {"area": "E09", "month": "06/2024"}],
    )
    one = extract.children[0]
    assert (one.record.sex, one.record.ethnicity, one.record.flags) == ("F", "mixed", ("uasc",))
    assert [names.forename for names in one.variants] == ["Forenamecanaryb", "Bea"]
    placed = extract.care_spells[0].record
    assert (placed.legal_status, placed.placement, placed.provider) == ("C2", "K3", "PR1")
    assert (placed.area, placed.host, str(placed.end)) == ("out", "E10", "2026-03-01")
    gone = extract.episodes[0].record
    assert (gone.kind, gone.age_band, gone.missing_from) == ("away", "10-15", "supported-accommodation")
    assert (gone.legal_status, gone.placement, gone.host, gone.responsible) == ("C2", "K3", "E10", "E09")
    met = extract.interviews[0].record
    assert met.reasons == ("family-contact", "friends", "other")
    assert (met.offered, met.outcome, met.interviewer) == (True, "accepted", "independent")
    assert str(met.completed) == "2025-06-09T13:30Z"
    assert [one.month for one in extract.coverage] == ["2025-06"]
    assert extract.log.tallies["coverage"].outside == 1
    assert balanced(extract)


def test_the_police_mapping_makes_one_child_of_several_rows(tmp_path: Path) -> None:
    rows = [
        report(1, home_postcode="EB1 1QZ"),
        report(2, child_ref="NM0000001", home_postcode="EB2 2QZ", responsible_council="E10"),
        report(3, child_ref="NM0000001", forenames="Otherfirst", alias="Third Surnamecanaryb; Fourth"),
        report(4, child_ref="NM0000001", date_of_birth=""),
        report(5, risk_initial="NAR", risk_highest="nar", risk_final="NAR", found=""),
    ]
    first = rows[0]
    for row in rows[1:4]:
        row.update({name: first[name] for name in ("surname", "date_of_birth") if row[name]})
    rows[1]["forenames"] = rows[3]["forenames"] = first["forenames"]
    extract = read(tmp_path, "police-csv", role="police", areas=("E09", "E10"), episodes=rows)
    assert [one.reference for one in extract.children] == ["NM0000001", "NM0000005"]
    variants = extract.children[0].variants
    names = [(one.forename, one.middle_name, one.surname) for one in variants]
    last = first["surname"]
    assert names[:4] == [
        ("Forenamecanaryb", "Middlecanary", last),
        ("Otherfirst", "", last),
        ("Third", "", last),
        ("Fourth", "", last),
    ]
    # The postcode last written beside the names stands; the others follow under the same names.
    assert variants[0].postcode == "EB2 2QZ"
    assert names[4:] == [names[0]] * 3
    assert [one.postcode for one in variants[4:]] == ["EB54QZ", "EB43QZ", "EB11QZ"]
    kinds = {one.reference: one.record for one in extract.episodes}
    assert [one.kind for one in kinds.values()] == ["missing"] * 4 + ["away"]
    assert (kinds["RP0000001"].risk_highest, kinds["RP0000001"].flags) == ("high", ("cce",))
    assert (kinds["RP0000001"].host, kinds["RP0000002"].responsible) == ("E09", "E10")
    assert str(kinds["RP0000001"].start) == "2025-06-05T17:40Z"
    assert kinds["RP0000005"].end is None
    assert len(extract.coverage) == 24
    assert balanced(extract)


def test_police_that_do_not_say_who_is_responsible_leave_it_unsaid(tmp_path: Path) -> None:
    rows = [report(1), report(2, child_ref="NM0000001", responsible_council="")]
    extract = read(tmp_path, "police-csv", role="police", areas=("E09",), episodes=rows)
    assert [one.record.responsible for one in extract.episodes] == ["E09", None]


def test_the_903_mapping_joins_names_on_child(tmp_path: Path) -> None:
    header = [
        {"CHILD": "101", "SEX": "2", "DOB": "27/03/2010", "ETHNIC": "WROM", "UPN": "UN1"},
        {"CHILD": "102", "SEX": "1", "DOB": "09/09/2011", "ETHNIC": "REFU", "UPN": ""},
        {"CHILD": "103", "SEX": "1", "DOB": "09/09/2011", "ETHNIC": "CHNE", "UPN": ""},
    ]
    names = [
        {"CHILD": "102", "FORENAME": "Bo", "SURNAME": "May", "POSTCODE": "EB1 1QZ"},
        {"CHILD": "101", "FORENAME": "Ada", "SURNAME": "Lee", "POSTCODE": ""},
        {"CHILD": "102", "FORENAME": "Bob", "SURNAME": "May", "POSTCODE": ""},
        {"CHILD": "999", "FORENAME": "Not", "SURNAME": "Here", "POSTCODE": ""},
    ]
    episodes = [
        {
            "CHILD": "101",
            "DECOM": "15/02/2024",
            "LS": "C2",
            "PLACE": "U1",
            "PLACE_PROVIDER": "PR1",
            "DEC": "14/08/2025",
        },
        {
            "CHILD": "101",
            "DECOM": "14/08/2025",
            "LS": "C2",
            "PLACE": "Z1",
            "PLACE_PROVIDER": "PR3",
            "DEC": "",
        },
        {"CHILD": "102", "DECOM": "14/08/2025", "LS": "XX", "PLACE": "Q9", "PLACE_PROVIDER": "", "DEC": ""},
    ]
    missing = [
        {
            "CHILD": "101",
            "DOB": "27/03/2010",
            "MISSING": "A",
            "MIS_START": "14/08/2025",
            "MIS_END": "25/08/2025",
        },
        {"CHILD": "103", "DOB": "09/09/2011", "MISSING": "M", "MIS_START": "14/08/2025", "MIS_END": ""},
    ]
    uasc = [{"CHILD": "102", "SEX": "1", "DOB": "09/09/2011", "DUC": "09/09/2029"}]
    extract = read(
        tmp_path, "ssda903", header=header, names=names, episodes=episodes, missing=missing, uasc=uasc
    )  # fmt: skip
    ada, bo = extract.children
    assert (ada.variants[0].forename, ada.record.sex, ada.record.ethnicity) == ("Ada", "F", "white")
    assert (bo.record.flags, bo.variants[0].postcode, bo.record.responsible) == (("uasc",), "EB1 1QZ", "E09")
    problems = {(fault.table, fault.row, fault.problem) for fault in extract.log.faults}
    assert ("children", 3, "several rows in names.csv for this child; the first is used") in problems
    assert ("children", 4, "neither a forename nor a surname") in problems
    assert ("episodes", 3, "its child is in quarantine (row 4 of header.csv)") in problems
    third = extract.care_spells[2].record
    assert (third.legal_status, third.placement, third.provider) == ("unknown", "unknown", "unknown")
    # Moved on the day of going missing: it was the earlier placement that the child went missing from.
    assert (extract.episodes[0].record.placement, extract.episodes[0].record.missing_from) == ("U1", "care")
    assert extract.episodes[0].reference == "101 / 2025-08-14"
    assert balanced(extract)


def test_903_without_names_says_which_file_is_missing(tmp_path: Path) -> None:
    row = {"CHILD": "101", "SEX": "2", "DOB": "27/03/2010", "ETHNIC": "WROM"}
    with pytest.raises(ClewError, match=r"there is no file names\.csv \(mapping: \[children\.join names\]\)"):
        read(tmp_path, "ssda903", header=[row])


def test_the_safeguarding_dataset_gives_interviews_out_of_its_episodes(tmp_path: Path) -> None:
    person = {
        "pers_person_id": "P1", "pers_legacy_id": "7", "pers_forename": "Ada", "pers_surname": "Lee",
        "pers_sex": "F", "pers_ethnicity": "MWBC", "pers_dob": "2010-05-06 00:00:00", "pers_upn": "",
        "pers_common_child_id": "9434765919", "former_surname": "May", "known_as": "Bea",
    }  # fmt: skip
    gone = {
        "miss_table_id": "M1", "miss_person_id": "P1", "miss_missing_episode_type": "M",
        "miss_missing_episode_start_date": "05/06/2025 18:40",
        "miss_missing_episode_end_date": "06/06/2025 09:00",
        "miss_missing_rhi_offered": "Y", "miss_missing_rhi_accepted": "Y",
        "rhi_completed": "07/06/2025 10:00",
    }  # fmt: skip
    blank = {"miss_missing_rhi_offered": "NA", "miss_missing_rhi_accepted": "", "rhi_completed": ""}
    later = gone | {
        "miss_table_id": "M2",
        "miss_missing_episode_start_date": "05/07/2025 18:40",
        "miss_missing_episode_end_date": "",
    }
    placed = {
        "clae_cla_episode_id": "C1", "clae_person_id": "P1", "clae_cla_episode_start_date": "2024-02-01",
        "clae_cla_episode_ceased_date": "", "legal_status": "C2", "placement_type": "U1",
    }  # fmt: skip
    extract = read(
        tmp_path, "ssd", ssd_person=[person], ssd_missing=[gone, later | blank], ssd_cla_episodes=[placed]
    )
    names = [(one.forename, one.surname) for one in extract.children[0].variants]
    assert names == [("Ada", "Lee"), ("Bea", "Lee"), ("Ada", "May")]
    assert extract.children[0].variants[0].nhs_number == "9434765919"
    assert [str(one.record.start) for one in extract.episodes] == ["2025-06-05T17:40Z", "2025-07-05T17:40Z"]
    assert extract.episodes[0].record.placement == "U1"
    (met,) = extract.interviews
    assert (met.record.offered, met.record.outcome, str(met.record.completed)) == (
        True, "accepted", "2025-06-07T09:00Z",
    )  # fmt: skip
    assert balanced(extract)
    assert [fault.problem for fault in extract.log.faults] == ["open for more than a year"]
    alone = read(tmp_path / "alone", "ssd", ssd_person=[person], ssd_missing=[gone])
    assert len(alone.episodes) == 1


def test_every_ethnicity_code_of_the_return_has_a_group() -> None:
    codes = "WBRI WIRI WOTH WIRT WROM MWBC MWBA MWAS MOTH AIND APKN ABAN AOTH BCRB BAFR BOTH CHNE CNHE OOTH"
    groups = ethnicity_groups()
    assert {groups[code.casefold()] for code in f"{codes} REFU NOBT".split()} == set(EthnicityGroup.__args__)
