"""The databases that a test's unit lies in: files, or those of a PostgreSQL server, three for every unit.

``pytestmark = pytest.mark.usefixtures("each_database")`` runs every test of a file on both.
"""

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from api.store.database import SCHEMAS, Location, StoreName
from tests.support import postgresql

Kind = Literal["sqlite", "postgresql"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")

_numbers = itertools.count()


class _Chosen:
    kind: Kind = "sqlite"
    made: list[str]


_chosen = _Chosen()
_chosen.made = []


def kind() -> Kind:
    """Return which databases the running test is about."""
    return _chosen.kind


@contextlib.contextmanager
def using(wanted: Kind) -> Iterator[None]:
    """Let units and databases that tests make from now on lie in databases of a kind."""
    before, _chosen.kind = _chosen.kind, wanted
    try:
        yield
    finally:
        _chosen.kind = before
        while _chosen.made:
            postgresql.server().run(f'DROP DATABASE IF EXISTS "{_chosen.made.pop()}" WITH (FORCE)')


def new_database(*, template: str = "template0", keep: bool = False) -> str:
    """Make a database with a name of its own and return the name; it goes when the test ends."""
    name = f"test_{next(_numbers)}"
    how = "ENCODING 'UTF8' LOCALE 'C' " if template == "template0" else ""
    postgresql.server().run(f'CREATE DATABASE "{name}" {how}TEMPLATE "{template}"')
    if not keep:
        _chosen.made.append(name)
    return name


def new_location(folder: Path, store: StoreName) -> Location:
    """Return where the running test can make a database of a store."""
    if _chosen.kind == "sqlite":
        return folder / f"{store}.db"
    return postgresql.server().url(new_database())


def new_urls(*, templates: dict[StoreName, str] | None = None, keep: bool = False) -> dict[StoreName, str]:
    """Make the three databases of a unit, empty or as copies, and return their URLs."""
    names = {
        store: new_database(template=(templates or {}).get(store, "template0"), keep=keep)
        for store in SCHEMAS
    }
    server = postgresql.server()
    return {store: server.url(name).render_as_string() for store, name in names.items()}
