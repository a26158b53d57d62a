"""Reading a council's or a force's made-up extract straight from its tables."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.sources.context import Context
from cli.sources.extract import Extract, read_extract
from cli.sources.mapping import choose_mapping, parse_mapping
from cli.sources.shield_list import ShieldList
from linkage.wire.codes import Role
from linkage.wire.manifest import Period
from linkage.wire.moments import Moment
from tests.support.agency_desk import child, episode, interview, spell, write_table

_SAMPLES = {"children": child, "care_spells": spell, "episodes": episode, "interviews": interview}
TODAY = dt.date(2026, 11, 21)
YEAR = Period(start=Moment.parse("2025-04-01"), end=Moment.parse("2026-03-31"))


def period(first: str, last: str) -> Period:
    return Period(start=Moment.parse(first), end=Moment.parse(last))


def read(
    folder: Path,
    mapping: str = "council-csv",
    *,
    during: Period | None = YEAR,
    role: Role = "council",
    areas: tuple[str, ...] = (),
    shield: ShieldList | None = None,
    last_year: Path | None = None,
    **tables: Sequence[Mapping[str, str]],
) -> Extract:
    """Write tables into a folder as CSV and read them through a mapping: a shipped one, or TOML text."""
    for name, rows in tables.items():
        file = folder / f"{name}.csv"
        if rows:
            write_table(file, rows)
        else:  # a table without rows still has its header
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(",".join(_SAMPLES[name](1)) + "\n")
    text = mapping if "\n" in mapping else choose_mapping(mapping)
    context = Context("E09", role, TODAY, during, areas, shield or ShieldList(), last_year)
    return read_extract(folder, parse_mapping(text), context)


def balanced(extract: Extract) -> bool:
    """Tell whether every row of every table went somewhere."""
    return all(
        tally.read == tally.kept + tally.quarantined + tally.outside + tally.shielded
        for tally in extract.log.tallies.values()
    )
