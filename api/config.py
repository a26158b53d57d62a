"""The unit's settings: one TOML file, every setting documented in it, unknown or unsafe values refused."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import URL

from api.store.database import SCHEMAS, StoreName
from api.store.database_url import database_url
from linkage.errors import InputError, VersionError
from linkage.wire.limits import MAX_PART_BYTES, MAX_RECORDS

__all__ = ["DatabaseSettings", "Limits", "ServiceSettings", "Settings", "read_settings", "settings_text"]

_MAX_SETTINGS_BYTES = 64 * 1024
_GIB = 1024**3

HostText = Annotated[str, Meta(pattern=r"^[a-z0-9.\-\[\]:]{1,255}$")]


class ServiceSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the agency app is reached; see the text of :func:`settings_text`."""

    hosts: tuple[HostText, ...] = ()
    behind_tls_proxy: bool = False
    threads: Annotated[int, Meta(ge=1, le=64)] = 8


class DatabaseSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where each store's database is; nothing means SQLite, in the unit's own folder."""

    register: str = ""
    encodings: str = ""
    payload: str = ""

    def url(self, store: StoreName) -> URL | None:
        """Return the URL of a store, or None for SQLite; raises :class:`InputError` for an unsafe one."""
        text = str(getattr(self, store))
        return database_url(text, what=f"[database] {store}") if text else None

    def check(self) -> None:
        """Refuse URLs that are unsafe, and two stores in one database."""
        found = [url for store in SCHEMAS if (url := self.url(store)) is not None]
        if len(set(found)) < len(found):
            raise InputError(
                "[database]: two stores in one database",
                hint="give each a database of its own, so that no worker has a right on the other's",
            )


class Limits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much one agency may ask of the unit."""

    submission_bytes: Annotated[int, Meta(ge=1024 * 1024, le=16 * _GIB)] = 2 * _GIB
    part_bytes: Annotated[int, Meta(ge=1024 * 1024, le=MAX_PART_BYTES)] = 2 * _GIB
    records: Annotated[int, Meta(ge=1, le=MAX_RECORDS)] = 1_000_000
    open_submissions: Annotated[int, Meta(ge=1, le=100)] = 4


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that an operator may set."""

    VERSION: ClassVar[int] = 1
    version: int
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    service: ServiceSettings = ServiceSettings()
    database: DatabaseSettings = DatabaseSettings()
    limits: Limits = Limits()


def settings_text(name: str, databases: Mapping[StoreName, str] | None = None) -> str:
    """Return the settings file of a new unit, each setting with its default and what it does."""
    urls = {store: json.dumps((databases or {}).get(store, "")) for store in SCHEMAS}
    return f"""\
# Settings of this linkage unit. Changes take effect when the service is started again.
version = {Settings.VERSION}

# The unit's name, as on its card.
name = {json.dumps(name)}

[service]
# The names by which agencies reach this unit, as they stand in their URLs: "unit.example.org", with the
# port if it is not the usual one. A signed request for any other name is refused, so that what was signed
# for one unit cannot be played to another. With no names only this machine itself is served.
hosts = []
# Set this to true where a proxy in front of the service ends TLS. Without it the service listens on this
# machine's own addresses (127.0.0.1, ::1) only, because requests would cross the network in clear.
behind_tls_proxy = false
# Requests that are worked on at the same time.
threads = 8

[database]
# Where the three stores are: "" for SQLite, a file of this folder, or the URL of a PostgreSQL database
# (15 or newer), each its own: "postgresql+psycopg:///clew_register?host=/run/postgresql". Without a user in
# the URL each process logs in by the name of its own account (peer). A password may not stand here: name a
# passfile or a service, as in "postgresql+psycopg://clew@db.example.org/clew_register?passfile=/etc/clew/pgpass".
# The certificate of a server on another machine is checked (sslmode=verify-full; sslrootcert names the
# authority's). docs/operations/database.md says how the databases and the accounts' rights are made.
# Shared by the service and both workers:
register = {urls["register"]}
# The linking worker's alone:
encodings = {urls["encodings"]}
# The register worker's alone:
payload = {urls["payload"]}

[limits]
# The largest submission, both sealed parts together, in bytes.
submission_bytes = {2 * _GIB}
# The largest part of a submission once it is opened and unpacked, in bytes. A worker holds a part in memory.
part_bytes = {2 * _GIB}
# The most records of all kinds in one submission, encoding rows among them.
records = 1000000
# Submissions that one agency may have begun and not yet committed.
open_submissions = 4
"""


def read_settings(path: Path) -> Settings:
    """Read the settings; raises :class:`InputError` saying which setting is wrong."""
    try:
        data = path.read_bytes()[:_MAX_SETTINGS_BYTES]
        value = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(f"{path.name}: {reason}", hint="check who may read it") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: not valid TOML", hint=str(error)) from None
    if value.get("version") != Settings.VERSION:
        raise VersionError(f"{path.name}: this release reads settings of version {Settings.VERSION}")
    try:
        settings = msgspec.convert(value, Settings)
    except msgspec.ValidationError as error:
        raise InputError(
            f"{path.name}: {error}", hint="the file made by init documents every setting"
        ) from None
    settings.database.check()
    return settings
