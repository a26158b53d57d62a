"""Copies of a PostgreSQL database by PostgreSQL's own programs, of the moment that a transaction sees."""

import subprocess
from pathlib import Path

from sqlalchemy import URL, Connection, func, select

from api.store.database_url import name_of
from linkage.errors import InputError

__all__ = ["dump", "read_dump"]


def dump(connection: Connection, location: URL, path: Path) -> None:
    """Write what a transaction sees, which must be one of a snapshot, into a file of pg_dump's own form."""
    snapshot = connection.scalar(select(func.pg_export_snapshot()))
    options = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
    _run("pg_dump", location, *options, f"--file={path}")
    path.chmod(0o600)


def read_dump(path: Path, location: URL) -> None:
    """Read such a file into an empty database, all of it or nothing."""
    options = ("--exit-on-error", "--no-owner", "--no-privileges", "--single-transaction")
    _run("pg_restore", location, *options, str(path))


def _run(program: str, location: URL, *arguments: str) -> None:
    # No password is ever in a URL of ours, so that it may stand on a command line.
    database = location.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        done = subprocess.run([program, f"--dbname={database}", *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        raise InputError(f"{program} is not installed", hint="install PostgreSQL's client programs") from None
    if done.returncode:
        # Its words may hold what a row holds.
        raise InputError(
            f"{name_of(location)}: {program} failed",
            hint="the database must be there, this account's own, and empty if it is restored into; "
            f"{program} must be no older than the server",
        )
