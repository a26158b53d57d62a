"""Which sealed bodies the ledger says lie in the unit's folder."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from api.store import ledger, schema
from api.store.submissions import Submission

__all__ = ["bodies_said"]


def bodies_said(connection: Connection, held: Sequence[Submission], *folders: str) -> list[str]:
    """Return the sealed bodies of submissions in some folders that the ledger says are there, by their paths.

    Those from which rows were erased have other names than their manifests gave them.
    """
    said, owners = schema.ledger_covers, {one.id for one in held}
    found: list[str] = []
    for folder in folders:
        where = (said.c.what == ledger.FILE, said.c.digest.is_not(None), said.c.key.startswith(f"{folder}/"))
        names = connection.scalars(select(said.c.key).where(*where))
        found += [one for one in names if one.removeprefix(f"{folder}/").partition("-")[0] in owners]
    return sorted(found)
