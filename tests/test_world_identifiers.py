"""The truth lists every identifier that an extract holds, so that a leak search can miss none."""

import datetime as dt
import re

import pytest

from linkage.lab.agencies import MOST_COUNCILS
from linkage.lab.council_extract import CHILDREN, EPISODES, INTERVIEWS, SPELLS
from linkage.lab.draws import Draws
from linkage.lab.households import upn
from linkage.lab.police_extract import REPORTS
from linkage.lab.world import World, linkage_tables, simulate

IDENTIFYING = {
    "forename", "middle_name", "surname", "known_as", "forenames", "alias", "postcode", "home_postcode",
    "missing_from_postcode", "address", "home_address", "child_id", "child_ref", "episode_id", "report_ref",
    "upn", "notes",
}  # fmt: skip
CLEAR = {
    "sex", "ethnicity", "uasc", "responsible_council", "start", "end", "legal_status", "placement_type",
    "placement_provider", "in_area", "host_council", "type", "missing_from", "offered", "offered_date",
    "outcome", "completed", "interviewer", "reasons", "harms", "missing_from_type", "reported", "last_seen",
    "found", "risk_initial", "risk_highest", "risk_final", "cse", "cce", "area",
}  # fmt: skip
FORMS = ("%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d %b %Y", "%Y%m%d", "%d%m%Y")
# Letters that begin a postcode of the United Kingdom, of the islands or of the forces.
REAL_AREAS = {
    "AB", "AL", "B", "BA", "BB", "BD", "BF", "BH", "BL", "BN", "BR", "BS", "BT", "BX", "CA", "CB", "CF",
    "CH", "CM", "CO", "CR", "CT", "CV", "CW", "DA", "DD", "DE", "DG", "DH", "DL", "DN", "DT", "DY", "E",
    "EC", "EH", "EN", "EX", "FK", "FY", "G", "GL", "GU", "GX", "GY", "HA", "HD", "HG", "HP", "HR", "HS",
    "HU", "HX", "IG", "IM", "IP", "IV", "JE", "KA", "KT", "KW", "KY", "L", "LA", "LD", "LE", "LL", "LN",
    "LS", "LU", "M", "ME", "MK", "ML", "N", "NE", "NG", "NN", "NP", "NR", "NW", "OL", "OX", "PA", "PE",
    "PH", "PL", "PO", "PR", "RG", "RH", "RM", "S", "SA", "SE", "SG", "SK", "SL", "SM", "SN", "SO", "SP",
    "SR", "SS", "ST", "SW", "SY", "TA", "TD", "TF", "TN", "TQ", "TR", "TS", "TW", "UB", "W", "WA", "WC",
    "WD", "WF", "WN", "WR", "WS", "WV", "YO", "ZE",
}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(900, 12, councils=3, forces=2)


def test_every_column_is_either_identifying_or_clear(world: World) -> None:
    assert set(CHILDREN + SPELLS + EPISODES + INTERVIEWS + REPORTS) == IDENTIFYING | CLEAR | {"date_of_birth"}
    for extract in world.extracts:
        for table in extract.tables.values():
            assert all(len(row) == len(table.columns) for row in table.rows)


def test_every_identifying_cell_is_listed(world: World) -> None:
    listed = set(world.truth.identifiers())
    for extract in world.extracts:
        for table in extract.tables.values():
            for place, column in enumerate(table.columns):
                if column in IDENTIFYING:
                    cells = {row[place] for row in table.rows if len(row[place]) >= 3}
                    assert cells <= listed


def test_birth_dates_are_listed_in_every_written_form(world: World) -> None:
    listed = set(world.truth.identifiers())
    clear = {
        row[table.columns.index(name)]
        for extract in world.extracts
        for table in extract.tables.values()
        for name in ("start", "end", "offered_date")
        if name in table.columns
        for row in table.rows
    }
    rows = world.extracts[0].tables["children"].rows
    births = {row[CHILDREN.index("date_of_birth")] for row in rows}
    timed = {
        f"{text[8:10]}/{text[5:7]}/{text[:4]}"
        for extract in world.extracts
        if extract.agency.role == "police"
        for row in extract.tables["episodes"].rows
        for text in (row[REPORTS.index(name)] for name in ("reported", "last_seen", "found"))
    }
    held = {
        row[INTERVIEWS.index("completed")][:10]
        for extract in world.extracts
        if extract.agency.role == "council"
        for row in extract.tables["interviews"].rows
    }
    hidden = births - clear - timed - held
    assert len(hidden) > len(births) / 3
    for text in hidden:
        day = dt.date(int(text[6:]), int(text[3:5]), int(text[:2]))
        forms = {
            text,
            day.isoformat(),
            day.strftime("%d-%m-%Y"),
            day.strftime("%Y%m%d"),
            day.strftime("%d%m%Y"),
        }
        assert forms <= listed
    assert not {day.isoformat() for day in _days(clear)} & listed


def _days(texts: set[str]) -> list[dt.date]:
    return [dt.datetime.strptime(text, "%d/%m/%Y").date() for text in texts if text]


def test_compact_dates_can_be_left_out(world: World) -> None:
    every, spaced = set(world.truth.identifiers()), set(world.truth.identifiers(compact_dates=False))
    assert spaced < every
    assert all(re.fullmatch(r"\d{8}", text) for text in every - spaced)


def test_canaries_stand_in_extracts_and_only_where_nothing_may_leave(world: World) -> None:
    canaries = world.truth.canaries
    assert len(canaries) == len(set(canaries)) >= 10
    columns: dict[str, set[str]] = {canary: set() for canary in canaries}
    for extract in world.extracts:
        for table in extract.tables.values():
            for row in table.rows:
                for column, cell in zip(table.columns, row, strict=True):
                    for canary in canaries:
                        if canary in cell:
                            columns[canary].add(column)
    assert all(columns.values()), "a canary that stands nowhere proves nothing"
    found = set().union(*columns.values())
    assert found == {"middle_name", "forenames", "address", "home_address", "notes"}


def test_no_clear_cell_looks_like_an_identifier(world: World) -> None:
    """Otherwise a search of what was sent would find identifiers that are not there."""
    listed = set(world.truth.identifiers())
    for extract in world.extracts:
        assert extract.agency.code not in listed
        for table in extract.tables.values():
            for place, column in enumerate(table.columns):
                if column in CLEAR:
                    assert not {row[place] for row in table.rows} & listed


def test_postcodes_exist_nowhere(world: World) -> None:
    for postcode in world.truth.identifiers_by_kind["postcode"]:
        match = re.fullmatch(r"([A-Z]{2})[0-9]{1,2} ?[0-9][A-Z]{2}", postcode)
        assert match, "a postcode must look like one"
        assert match.group(1) not in REAL_AREAS or postcode.replace(" ", "") == "ZZ993VZ"


def test_councils_have_names_codes_and_postcodes_of_their_own() -> None:
    world = simulate(400, 2, councils=MOST_COUNCILS, forces=43)
    agencies = [extract.agency for extract in world.extracts]
    assert (
        len({agency.code for agency in agencies})
        == len({agency.name for agency in agencies})
        == MOST_COUNCILS + 43
    )
    councils = [agency for agency in agencies if agency.role == "council"]
    covered = [area for agency in agencies if agency.role == "police" for area in agency.areas]
    assert sorted(covered) == sorted(agency.code for agency in councils)
    assert all(
        re.fullmatch(r"E0600\d{4}", agency.code) and agency.areas == (agency.code,) for agency in councils
    )


def test_pupil_numbers_carry_the_right_check_letter() -> None:
    """The Department for Education's rule: weights 2 to 13, remainder by 23."""
    draws = Draws(1, "upn")
    for _ in range(200):
        number = upn(draws)
        total = sum(weight * int(digit) for weight, digit in zip(range(2, 14), number[1:], strict=True))
        assert number[0] == "ABCDEFGHJKLMNPQRTUVWXYZ"[total % 23]


def test_linkage_tables_hold_every_local_reference_with_its_entity(world: World) -> None:
    tables = linkage_tables(world)
    truth = tables.pop("truth")
    assert truth.columns == ("source", "rec_id", "entity_id")
    assert {(row[0], row[1]): row[2] for row in truth.rows} == world.truth.entity_of
    assert tables.keys() == {extract.agency.code for extract in world.extracts}
    for source, table in tables.items():
        assert table.columns == (
            "rec_id", "given_name", "middle_name", "surname", "date_of_birth", "sex", "postcode",
        )  # fmt: skip
        assert {row[0] for row in table.rows} == {
            ref for code, ref in world.truth.entity_of if code == source
        }
        for row in table.rows:
            assert dt.date(1990, 1, 1) < dt.date.fromisoformat(row[4]) <= world.period[1]
            assert row[5] in "MFU"
