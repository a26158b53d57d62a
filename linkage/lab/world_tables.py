"""The persons of a made-up world as labelled data: what linkage reads, and what tells results apart."""

from collections.abc import Mapping

from linkage.lab.evaluation import labelled_identifiers
from linkage.lab.evaluation_groups import OF_PERSONS
from linkage.lab.evaluation_linked import Table
from linkage.lab.extracts import Table as Sheet
from linkage.lab.world import World, linkage_tables

__all__ = ["labelled_sheets", "labelled_tables"]

_TRUTH = "truth"


def labelled_sheets(world: World) -> dict[str, Sheet]:
    """Return the files of a folder of labelled data (docs/evaluate.md), by the name of source, and the truth.

    Beside the identifiers that an agency holds stand the columns by which results are told apart: what is so,
    whatever the agency recorded.
    """
    sheets = linkage_tables(world)
    return {
        name: sheet if name == _TRUTH else _with_facts(sheet, name, world.truth.entity_of, world)
        for name, sheet in sheets.items()
    }


def _with_facts(sheet: Sheet, source: str, entity_of: Mapping[tuple[str, str], str], world: World) -> Sheet:
    facts = world.truth.facts_of
    columns = tuple(name for name in OF_PERSONS if facts)
    rows = [(*row, *(facts[entity_of[source, row[0]]][name] for name in columns)) for row in sheet.rows]
    return Sheet((*sheet.columns, *columns), rows)


def labelled_tables(world: World) -> tuple[Table, ...]:
    """Return every agency's persons as evaluation takes them."""
    tables = []
    for source, sheet in labelled_sheets(world).items():
        if source != _TRUTH:
            rows = [dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows]
            groups = {name: tuple(row[name] for row in rows) for name in OF_PERSONS if name in sheet.columns}
            rec_ids = tuple(row["rec_id"] for row in rows)
            tables.append(Table(source, rec_ids, tuple(map(labelled_identifiers, rows)), groups=groups))
    return tuple(tables)
