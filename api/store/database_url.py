"""URLs of PostgreSQL databases: which ones this release uses, and which it refuses as unsafe."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from linkage.errors import InputError

__all__ = [
    "Location",
    "PlaceTakenError",
    "Pool",
    "database_url",
    "is_on_this_machine",
    "name_of",
    "pooled_url",
]

Location = Path | URL
"""Where a store's database is: the file of an SQLite database, or the URL of a PostgreSQL one."""

DRIVER = "postgresql+psycopg"


class PlaceTakenError(Exception):
    """Another process is at work on what one at a time may work on."""


@dataclass(frozen=True, slots=True)
class Pool:
    """How many connections one process has to one PostgreSQL database, and for how long.

    ``connections`` are kept; ``more`` are made while all of those are busy, and closed afterwards.  Who waits
    longer than ``wait_seconds`` for one is told that the unit is busy.  ``pooler``: the address of a pooler
    of transactions (pgbouncer) that ordinary transactions go through; empty for none.
    """

    connections: int = 10
    more: int = 10
    wait_seconds: float = 4
    recycle_minutes: int = 30
    pooler: str = ""


_ALLOWED = frozenset(
    {"host", "passfile", "port", "service", "sslcert", "sslcrl", "sslkey", "sslmode", "sslrootcert"}
)
_VERIFIED = "verify-full"


def database_url(text: str, *, what: str) -> URL:
    """Parse a URL; raises :class:`InputError` for one that is not safe, never repeating any of it.

    ``what`` names the setting or the option that it came from.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise InputError(f"{what}: not a URL", hint=f"write {DRIVER}:///NAME?host=/run/postgresql") from None
    if url.drivername != DRIVER:
        raise InputError(
            f"{what}: a database of a kind that is not known",
            hint=f"begin with {DRIVER}://, or leave it out for SQLite in the unit's folder",
        )
    if url.password is not None:
        raise InputError(
            f"{what}: there is a password in it, which whoever reads the settings could read too",
            hint="take it out; log in by account on this machine (peer), or give a passfile or a service",
        )
    _check_query(url, what)
    if not url.database and "service" not in url.query:
        raise InputError(
            f"{what}: it names no database", hint="put the database's name after the third slash"
        )
    return url


def _check_query(url: URL, what: str) -> None:
    for name, value in url.query.items():
        if name not in _ALLOWED or not isinstance(value, str):
            raise InputError(
                f"{what}: a parameter that may not stand there, or twice",
                hint="allowed are " + ", ".join(sorted(_ALLOWED)),
            )
    if url.query.get("sslmode", _VERIFIED) != _VERIFIED and not is_on_this_machine(url):
        raise InputError(
            f"{what}: the server's certificate would not be checked",
            hint=f"take sslmode out or set it to {_VERIFIED}, and name the authority in sslrootcert",
        )


def pooled_url(url: URL, pooler: str, *, what: str = "[database] pooler") -> URL:
    """Return the URL of the same database behind a pooler; raises :class:`InputError` for an unsafe one.

    ``pooler``: HOST:PORT, or /FOLDER:PORT for a socket in a folder of this machine.
    """
    host, colon, port = pooler.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise InputError(f"{what}: not an address", hint="write HOST:PORT, or /run/pgbouncer:6432")
    if not url.database:
        raise InputError(
            f"{what}: a pooler needs databases by their names", hint="name them in the URLs, not by a service"
        )
    kept = url.difference_update_query(["host", "port", "service"]).set(host=None, port=None)
    if host.startswith("/"):
        made = kept.update_query_dict({"host": host, "port": port})
    else:
        made = kept.set(host=host.strip("[]"), port=int(port))
    _check_query(made, what)
    return made


def is_on_this_machine(url: URL) -> bool:
    """Say whether a URL names a server on this machine, which is reached without a certificate."""
    host = url.host or url.query.get("host", "")
    if not isinstance(host, str) or not host:
        return False
    if host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def name_of(location: Location) -> str:
    """Return what to call a database in a message."""
    if isinstance(location, Path):
        return location.name
    return f"database {location.database or location.query['service']}"
