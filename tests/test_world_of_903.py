"""A nameless 903 return can be joined to made-up names, and what police recorded of it is known."""

import pytest

from linkage.errors import InputError
from linkage.lab.extracts import Table
from linkage.lab.world_of_903 import COUNCIL, FORCE, world_of_903


def _tables(missing: int = 60) -> dict[str, Table]:
    header = [
        (f"{100 + n}", "12"[n % 2], f"{n % 27 + 1:02d}/0{n % 9 + 1}/20{n % 8 + 5:02d}", "WBRI")
        for n in range(80)
    ]
    spells = [(row[0], "01/05/2017", "", "C2", "U1", "PR1") for row in header]
    episodes = [
        (
            f"{100 + n}",
            header[n][2],
            "MA"[n % 3 == 0],
            f"{n % 27 + 1:02d}/06/2017",
            f"{n % 27 + 2:02d}/06/2017",
        )
        for n in range(missing)
    ]
    return {
        "header": Table(("CHILD", "SEX", "DOB", "ETHNIC"), header),
        "episodes": Table(("CHILD", "DECOM", "DEC", "LS", "PLACE", "PLACE_PROVIDER"), spells),
        "missing": Table(("CHILD", "DOB", "MISSING", "MIS_START", "MIS_END"), episodes),
        "uasc": Table(("CHILD", "SEX", "DOB", "DUC"), []),
    }


def test_every_child_gets_a_name_and_every_episode_a_class() -> None:
    world = world_of_903(_tables(), 1)
    council, police = world.extracts
    assert len(council.tables["names"].rows) == 80
    assert all(all(cell for cell in row) for row in council.tables["names"].rows)
    own = [key for key in world.truth.episode_class if key[0] == COUNCIL.code]
    theirs = [key for key in world.truth.episode_class if key[0] == FORCE.code]
    assert len(own) == 60
    assert len(theirs) == len(police.tables["episodes"].rows) > 20
    for code, reference in theirs:
        council_key = COUNCIL.code, world.truth.event_of[code, reference]
        assert world.truth.episode_class[council_key] == world.truth.episode_class[code, reference]


def test_police_never_record_those_whose_whereabouts_were_known() -> None:
    world = world_of_903(_tables(), 1)
    away = [row for row in _tables()["missing"].rows if row[2] == "A"]
    assert sum(name == "COUNCIL_ONLY_A" for name in world.truth.episode_class.values()) == len(away)


def test_the_same_seed_joins_the_same_names() -> None:
    assert world_of_903(_tables(), 3) == world_of_903(_tables(), 3)
    assert world_of_903(_tables(), 3) != world_of_903(_tables(), 4)


@pytest.mark.parametrize("name", ["header", "missing"])
def test_a_missing_table_is_named(name: str) -> None:
    tables = _tables()
    del tables[name]
    with pytest.raises(InputError, match=name):
        world_of_903(tables, 1)


def test_a_return_without_missing_episodes_is_refused() -> None:
    with pytest.raises(InputError, match="no rows"):
        world_of_903(_tables(missing=0), 1)
