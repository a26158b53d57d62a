"""The made-up world written out as the files that each agency's own case system would export."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path

from keys.files import private_folder
from linkage.errors import InputError
from linkage.lab.areas import made_up_areas
from linkage.lab.world import Agency, Extract, Table, World
from linkage.lab.world_of_903 import TABLES_OF_903, world_of_903
from linkage.lab.world_tables import labelled_sheets
from linkage.register.areas import COLUMNS

__all__ = ["joined_903", "write_areas", "write_extract", "write_labelled"]


def joined_903(folder: Path, seed: int) -> World:
    """Read a nameless 903 return's CSV files and join them to made-up names."""
    return world_of_903({name: _read(folder / f"{name}.csv") for name in TABLES_OF_903}, seed)


def _read(path: Path) -> Table:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [tuple(row) for row in csv.reader(stream) if row]
    except OSError as error:
        raise InputError(f"{path.name}: {(error.strerror or 'cannot be read').lower()}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name}: not UTF-8", hint="export the return's tables as UTF-8 CSV") from None
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        raise InputError(f"{path.name}: not a table with a header and rows of equal length")
    return Table(columns=rows[0], rows=rows[1:])


def write_extract(extract: Extract, folder: Path) -> Path:
    """Write an agency's tables and its coverage as CSV files; return their folder."""
    private_folder(folder)
    for name, table in extract.tables.items():
        _write(folder / f"{name}.csv", table)
    _write(folder / "coverage.csv", Table(columns=("area", "month"), rows=list(extract.coverage)))
    return folder


def write_labelled(world: World, folder: Path) -> Path:
    """Write a world as a folder of labelled data (docs/evaluate.md); return the folder."""
    private_folder(folder)
    sources = [extract.agency.code for extract in world.extracts]
    for name, sheet in labelled_sheets(world).items():
        _write(folder / f"{name}.csv", sheet)
    meta = {"name": f"made-up world {world.seed}", "mode": "multi", "sources": sources}
    (folder / "meta.json").write_text(json.dumps(meta) + "\n", encoding="utf-8")
    return folder


def write_areas(agencies: Iterable[Agency], path: Path) -> Path:
    """Write the directory of made-up areas that the operator gives the register; return its path."""
    _write(path, Table(columns=COLUMNS, rows=[tuple(area) for area in made_up_areas(agencies)]))
    return path


def _write(path: Path, table: Table) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(table.columns)
        writer.writerows(table.rows)
