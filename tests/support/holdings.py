"""Everything that a unit holds, for showing that a refused request left nothing behind."""

import sqlite3
from contextlib import closing
from pathlib import Path

from api.folders import DataFolder

_PASSING = {"answers", "nonces", "usage"}
"""Tables that an authenticated request may change although it is refused, or was made before."""


def holdings(folder: DataFolder) -> dict[str, object]:
    """Every row of the shared database but those, and every file of the intake and the stores."""
    found: dict[str, object] = {}
    with closing(sqlite3.connect(folder.register_database)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            if name not in _PASSING:
                found[name] = sorted(map(repr, database.execute(f'SELECT * FROM "{name}"')))
    for place in (folder.intake_encodings, folder.intake_payload, folder.encodings, folder.payload):
        found[str(place)] = sorted(_files(place))
    return found


def _files(place: Path) -> list[tuple[str, int]]:
    passing = ("-wal", "-shm")
    return [(one.name, one.stat().st_size) for one in place.iterdir() if not one.name.endswith(passing)]
