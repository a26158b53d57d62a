"""Every postcode of a child reaches the encoder, and those that many children share are marked."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from cli.sources.extract import Extract
from cli.sources.postcodes import (
    MOST_CHILDREN,
    MOST_POSTCODES,
    PlacePostcode,
    shared_postcodes,
    with_postcodes,
    with_shared_marked,
)
from linkage.encode.identifiers import Identifiers
from linkage.encode.normalise import normalise
from linkage.wire.limits import MAX_VARIANTS
from tests.support.agency_desk import child, report, spell
from tests.support.extracts import balanced, read

ADA = Identifiers("Ada", "Lee", postcode="EB1 1QZ")


def _postcodes(extract: Extract, reference: str) -> list[tuple[str, bool]]:
    (variants,) = [one.variants for one in extract.children if one.reference == reference]
    people = [normalise(one) for one in variants]
    return [(one.postcode, one.shared_postcode) for one in people]


def test_each_further_postcode_repeats_the_principal_names() -> None:
    alias = replace(ADA, forename="Bea")
    places = [
        PlacePostcode("EB22QZ"),
        PlacePostcode("EB11QZ"),
        PlacePostcode("EB22QZ"),
        PlacePostcode("EB33QZ"),
    ]
    variants = with_postcodes((ADA, alias), places)
    assert variants[:2] == (ADA, alias)
    assert [(one.forename, one.postcode) for one in variants[2:]] == [("Ada", "EB22QZ"), ("Ada", "EB33QZ")]


def test_a_child_without_a_home_postcode_takes_the_latest_other() -> None:
    (only,) = with_postcodes((replace(ADA, postcode=""),), [PlacePostcode("EB22QZ")])
    assert only.postcode == "EB22QZ"
    (only,) = with_postcodes((replace(ADA, postcode="ZZ99 3VZ"),), [PlacePostcode("EB22QZ")])
    assert only.postcode == "EB22QZ"


def test_postcodes_are_bounded_and_never_crowd_out_names() -> None:
    many = [PlacePostcode(f"EB{number}1QZ") for number in range(2, 10)]
    variants = with_postcodes((ADA,), many)
    assert [one.postcode for one in variants[1:]] == [place.code for place in many[: MOST_POSTCODES - 1]]
    names = tuple(replace(ADA, forename=f"Name{chr(97 + number)}") for number in range(MAX_VARIANTS))
    assert with_postcodes(names, many) == names


def test_a_postcode_is_shared_by_its_place_or_by_more_children_than_a_family_has() -> None:
    few = [(replace(ADA, forename=f"Name{number}"),) for number in range(MOST_CHILDREN)]
    assert shared_postcodes(few, []) == frozenset()
    # Two sets of identifiers of one child are one child.
    assert shared_postcodes([*few[1:], few[0] * 2], []) == frozenset()
    assert shared_postcodes([*few, (ADA,)], []) == {"EB11QZ"}
    assert shared_postcodes(few, [PlacePostcode("EB22QZ", shared=True)]) == {"EB22QZ"}
    marked = with_shared_marked((ADA, replace(ADA, postcode="eb2 2qz")), frozenset({"EB22QZ"}))
    assert [one.postcode_shared for one in marked] == [False, True]


@pytest.mark.parametrize(("place", "shared"), [("K2", True), ("K3", True), ("U6", False), ("S1", True)])
def test_the_placements_of_the_period_follow_home_the_latest_first(
    tmp_path: Path, place: str, shared: bool
) -> None:
    spells = [
        spell(1, start="03/02/2020", end="03/02/2021", placement_postcode="EB8 8QZ"),
        spell(1, start="04/02/2021", end="01/05/2025", placement_postcode="EB7 7QZ"),
        spell(1, start="02/05/2025", placement_postcode="EB6 6QZ", placement_type=place),
    ]
    extract = read(tmp_path, children=[child(1, postcode="EB1 1QZ")], care_spells=spells, episodes=[])
    assert _postcodes(extract, "CH0000001") == [("EB11QZ", False), ("EB66QZ", shared), ("EB77QZ", False)]
    assert balanced(extract)


def test_children_at_one_postcode_mark_each_others_records(tmp_path: Path) -> None:
    rows = [child(number, postcode="EB1 1QZ") for number in range(1, MOST_CHILDREN + 2)]
    extract = read(tmp_path, children=rows, care_spells=[], episodes=[])
    assert {_postcodes(extract, one.reference)[0] for one in extract.children} == {("EB11QZ", True)}
    extract = read(tmp_path, children=rows[1:], care_spells=[], episodes=[])
    assert {_postcodes(extract, one.reference)[0] for one in extract.children} == {("EB11QZ", False)}


def test_a_home_cell_with_several_postcodes_is_several(tmp_path: Path) -> None:
    rows = [child(1, postcode="EB1 1QZ; EB2 2QZ")]
    extract = read(tmp_path, children=rows, care_spells=[], episodes=[])
    assert _postcodes(extract, "CH0000001") == [("EB11QZ", False), ("EB22QZ", False)]
    assert extract.log.faults == []


def test_police_homes_and_places_gone_missing_from_are_all_used(tmp_path: Path) -> None:
    rows = [
        report(1, home_postcode="EB1 1QZ", missing_from_postcode="EB2 2QZ", missing_from_type="care home"),
        report(2, home_postcode="EB3 3QZ", missing_from_postcode="EB3 3QZ", missing_from_type="home"),
    ]
    for row in rows[1:]:
        row |= {name: rows[0][name] for name in ("child_ref", "forenames", "surname", "date_of_birth", "sex")}
    extract = read(tmp_path, "police-csv", role="police", areas=("E09",), episodes=rows)
    assert _postcodes(extract, "NM0000001") == [("EB33QZ", False), ("EB11QZ", False), ("EB22QZ", True)]
    assert len(extract.episodes) == 2


def test_the_return_has_home_and_placement_postcodes_in_its_episodes(tmp_path: Path) -> None:
    header = [{"CHILD": "1", "SEX": "2", "DOB": "04/07/2010", "ETHNIC": "WBRI", "UPN": "UN3"}]
    names = [{"CHILD": "1", "FORENAME": "Ada", "SURNAME": "Lee"}]
    placement = {"DECOM": "01/05/2025", "DEC": "", "LS": "C2", "PLACE": "K2", "PLACE_PROVIDER": "PR4"}
    episodes = [{"CHILD": "1", **placement, "HOME_POST": "EB1 1QZ", "PL_POST": "EB2 2QZ"}]
    missing = [{"CHILD": "1", "MISSING": "M", "MIS_START": "05/06/2025", "MIS_END": "07/06/2025"}]
    extract = read(tmp_path, "ssda903", header=header, names=names, episodes=episodes, missing=missing)
    assert _postcodes(extract, "1") == [("EB11QZ", False), ("EB22QZ", True)]
    assert [one.born for one in extract.children] == [dt.date(2010, 7, 4)]


def test_a_placement_postcode_that_is_none_is_a_warning(tmp_path: Path) -> None:
    spells = [spell(1, placement_postcode="somewhere"), spell(2, placement_postcode="ZZ99 3VZ")]
    extract = read(tmp_path, children=[child(1), child(2)], care_spells=spells, episodes=[])
    (fault,) = extract.log.faults
    assert (fault.column, fault.severity, fault.row) == ("placement_postcode", "warning", 2)
    assert len(extract.care_spells) == 2
