"""Everything that a unit holds, for showing that a refused request left nothing behind."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect

from api.folders import DataFolder
from api.store.database import open_database

_PASSING = {"budget_uses", "kept_answers", "nonces", "usage"}
"""Tables that an authenticated request may change although it is refused, or was made before."""


def holdings(folder: DataFolder) -> dict[str, object]:
    """Every row of the shared database but those, and every file of the intake and the stores."""
    found: dict[str, object] = {}
    database = open_database(folder.location("register"), "register")
    with closing(database), database.read() as connection:
        for name in inspect(connection).get_table_names():
            if name not in _PASSING:
                found[name] = sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{name}"')))
    for place in (folder.intake_encodings, folder.intake_payload, folder.encodings, folder.payload):
        found[str(place)] = sorted(_files(place))
    return found


def _files(place: Path) -> list[tuple[str, int]]:
    passing = ("-wal", "-shm")
    return [(one.name, one.stat().st_size) for one in place.iterdir() if not one.name.endswith(passing)]
