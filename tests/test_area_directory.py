"""A directory of areas is read whole or refused with line and cure; the ledger covers what is kept."""

from pathlib import Path

import pytest

from linkage.errors import InputError
from linkage.lab.areas import made_up_areas
from linkage.lab.world import simulate
from linkage.register.areas import COLUMNS, Area, AreaDirectory, read_areas
from tests.support.processes import clew
from tests.support.unit import make_unit

HEADER = ",".join(COLUMNS)
NORTH = "E09,Northolme,R1,North,C1,Merrowland,P01,Northolme Police"
SOUTH = "E10,Southolme,R2,South,C1,Merrowland,P01,Northolme Police"


def test_a_directory_is_read_in_any_order_of_columns() -> None:
    turned = [",".join(reversed(line.split(","))) for line in (HEADER, NORTH, SOUTH)]
    for lines in ((HEADER, NORTH, SOUTH), turned, (HEADER, SOUTH, "", NORTH)):
        found = read_areas("\ufeff" + "\r\n".join(lines))
        assert list(found.areas) == ["E09", "E10"]
        assert found.areas["E09"] == Area(*NORTH.split(","))
    assert found.regions("C1") == ["R1", "R2"]
    assert found.councils("R2") == ["E10"]
    assert (found.within("C1"), found.within("R1"), found.within("P01"), found.within("E99")) == (
        {"E09", "E10"},
        {"E09"},
        {"E09", "E10"},
        frozenset(),
    )
    assert (found.force_of("E10"), found.force_of(None), found.force_of("E99")) == ("P01", None, None)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), "wrong header"),
        (("area_code,name",), "wrong header"),
        ((HEADER, "E09,Northolme"), "line 2: 2 cells"),
        ((HEADER, NORTH.replace("E09", "e09")), "line 2, area_code: not a code"),
        ((HEADER, NORTH, SOUTH.replace("Southolme", "")), "line 3, area_name: blank"),
        ((HEADER, NORTH.replace("Northolme,", "North\tholme,")), "line 2, area_name"),
        ((HEADER, NORTH, NORTH), "listed twice"),
        ((HEADER, NORTH, SOUTH.replace("R2", "R1")), "R1 has two names"),
        ((HEADER, NORTH, SOUTH.replace("R2,South,C1,Merrowland", "R1,North,C2,Other")), "two countries"),
        ((HEADER, NORTH.replace("R1", "E09")), "E09 is used for things of two kinds"),
    ],
)
def test_a_fault_is_named_with_its_place(lines: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        read_areas("\n".join(lines))
    assert refused.value.hint


def test_the_simulators_areas_are_a_directory() -> None:
    for councils, forces, regions in ((1, 1, 1), (2, 1, 2), (20, 6, 4), (60, 6, 5)):
        world = simulate(40, 3, councils=councils, forces=forces)
        directory = AreaDirectory(made_up_areas(extract.agency for extract in world.extracts))
        assert (len(directory.areas), len(directory.forces())) == (councils, forces)
        assert len(directory.region_of) == councils
        assert len(set(directory.region_of.values())) == regions


def test_the_operators_directory_is_replaced_shown_and_covered(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    data, file = unit.folder.root, tmp_path / "areas.csv"
    for lines, changed in (((HEADER, NORTH, SOUTH), 2), ((HEADER, NORTH), 1), ((HEADER, NORTH), 0)):
        file.write_text("\n".join(lines) + "\n")
        done = clew("register", "areas", "import", "--data", data, file)
        assert (done.returncode, f"{changed} of them new" in done.stderr) == (0, True), done.stderr
        assert clew("register", "areas", "show", "--data", data).stdout == file.read_text()
    checked = clew("register", "audit", "check", "--data", data)
    assert checked.returncode == 0, checked.stderr
    file.write_text("area_code\n")
    refused = clew("register", "areas", "import", "--data", data, file)
    assert (refused.returncode, "wrong header" in refused.stderr) == (1, True)
    assert "E09" in clew("register", "areas", "show", "--data", data).stdout
    with unit.database().write() as connection:
        connection.exec_driver_sql("UPDATE areas SET region_name = 'Elsewhere'")
    assert clew("register", "audit", "check", "--data", data).returncode == 1
