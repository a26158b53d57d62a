"""A copy of a unit, made while it runs, that holds together: whole or not at all.

Order:

1. one moment of the unit is held (api.held_files); a unit with a file missing is not backed up but told of;
2. in a folder beside the destination: databases as the pinned transactions see them, then every body and
   chunk that a row of theirs names, each compared with its digest and fsynced;
3. the manifest, with the digest of every file, last;
4. that folder takes the destination's name, and the name is made durable.

A kill before step 4 leaves nothing under the destination's name.  Restoring is the same the other way round,
and what was restored is checked as a whole before it takes its name.  Secrets are left out unless asked for:
whoever holds both a copy of the stores and the workers' keys can read what agencies sent.
"""

import contextlib
import datetime as dt
import hashlib
import json
import os
import re
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version as release_of
from pathlib import Path, PurePosixPath
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct
from sqlalchemy import URL, Connection
from sqlalchemy.exc import DatabaseError

from api.checking import check_unit, digest_of
from api.clock import stamp
from api.folders import FOLDERS, DataFolder
from api.held_files import LOCK, held_moment
from api.store import console_sessions
from api.store.bodies import sync_folder, write_whole
from api.store.database import SCHEMAS, Database, Location, StoreName, is_older, schema_of
from api.store.database_dumps import dump, read_dump
from api.store.database_url import database_url, name_of
from api.unit import read_unit_card
from linkage.errors import InputError, VerificationError, VersionError
from linkage.wire.canonical import canonical, parse
from linkage.wire.cards import card_fingerprint

__all__ = ["BackupManifest", "back_up", "read_manifest", "restore_unit"]

_MANIFEST = "manifest.json"
_MAX_MANIFEST_BYTES = 256 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024
_FILES: dict[StoreName, str] = {
    "register": "register.db",
    "encodings": "encodings/encodings.db",
    "payload": "payload/payload.db",
}
"""Where the copy of a store's database lies in a backup; a dump of PostgreSQL ends otherwise."""

Hex = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class BackedUpFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One file of a backup."""

    place: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._/-]{1,300}$")]
    size: Annotated[int, Meta(ge=0)]
    sha256: Hex


class BackupManifest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a backup holds; ``unit`` is the fingerprint of the unit's card."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-backup"] = "clew-backup"
    version: int = 1
    made: Annotated[str, Meta(max_length=27)]
    release: Annotated[str, Meta(max_length=64)]
    unit: Annotated[str, Meta(max_length=120)]
    schemas: dict[str, str]
    secrets: bool
    files: tuple[BackedUpFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(one.size for one in self.files)


def back_up(
    folder: DataFolder, destination: Path, *, now: dt.datetime, with_secrets: bool = False
) -> tuple[BackupManifest, str]:
    """Copy a unit and return the manifest of the copy and its SHA-256.

    Raises :class:`InputError` if there is something at the destination or no room for the copy, and
    :class:`VerificationError` if a file that a row names is not there or is not what the row says.
    """
    unit = card_fingerprint(read_unit_card(folder))
    if folder.root.resolve() in destination.resolve().parents:
        raise InputError(
            f"{destination}: lies in the unit's own data folder",
            hint="choose a folder elsewhere, best on another disk: what loses one would lose the other too",
        )
    with _built(destination) as building:
        files = list(_copied(folder, building, with_secrets=with_secrets))
        manifest = BackupManifest(
            made=stamp(now),
            release=release_of("clew"),
            unit=unit,
            schemas={str(store): schema for store, schema in SCHEMAS.items()},
            secrets=with_secrets,
            files=tuple(sorted(files, key=lambda one: one.place)),
        )
        content = canonical(manifest)
        _write(building / _MANIFEST, [content], mode=0o600)
    return manifest, hashlib.sha256(content).hexdigest()


def _key_places(folder: Path) -> list[str]:
    """Return the keys of a folder of secrets, those of audiences among them."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in (*folder.glob("*.key"), *folder.glob("audiences/*.key"))
    )


def _copied(folder: DataFolder, building: Path, *, with_secrets: bool) -> Iterator[BackedUpFile]:
    for name in FOLDERS:
        (building / name).mkdir(mode=0o700)
    with held_moment(folder) as moment:
        missing = [one.place for one in moment.files if one.held is None]
        if missing:
            raise VerificationError(
                f"{missing[0]}: a row names this file, and it is not there ({len(missing)} in all)",
                hint="see `clew register check --data DIR`; an older backup may hold it",
            )
        for store, connection in moment.connections.items():
            yield _copied_database(connection, folder.location(store), building, _FILES[store])
        for one in moment.files:
            if one.held is not None:
                yield _copied_file(one.held, building, one.place, sha256=one.sha256)
    for path in (folder.settings, folder.unit_card, folder.ledger_card):
        yield _copied_file(path, building, path.name)
    for place in _key_places(folder.root / "secrets") if with_secrets else ():
        yield _copied_file(folder.root / "secrets" / place, building, f"secrets/{place}")


def _copied_database(connection: Connection, location: Location, building: Path, place: str) -> BackedUpFile:
    """Copy what a pinned transaction sees into a file of its own."""
    source = connection.connection.driver_connection
    if isinstance(location, URL):
        place = f"{place.removesuffix('.db')}.dump"
        dump(connection, location, building / place)
    elif isinstance(source, sqlite3.Connection):
        os.close(os.open(building / place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            with contextlib.closing(sqlite3.connect(building / place)) as target:
                source.backup(target)
                target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        except sqlite3.Error as error:
            # SQLite's own words, such as "database or disk is full"; they hold no data.
            raise InputError(
                f"{place}: not copied: {error}",
                hint="check the space where the copy shall lie, and who may write there; nothing was left",
            ) from None
    path = building / place
    _sync(path)
    sync_folder(path.parent)
    sha256, size = digest_of(path)
    return BackedUpFile(place=place, size=size, sha256=sha256)


def _copied_file(source: Path, building: Path, place: str, *, sha256: str | None = None) -> BackedUpFile:
    """Copy one file durably and return what was copied; refuse it if it is not what it should be."""
    digest, size = hashlib.sha256(), 0

    def pieces() -> Iterator[bytes]:
        nonlocal size
        with source.open("rb") as stream:
            while piece := stream.read(_PIECE_BYTES):
                digest.update(piece)
                size += len(piece)
                yield piece

    _write(building / place, pieces(), mode=0o600 if place.startswith("secrets/") else 0o640)
    if sha256 is not None and digest.hexdigest() != sha256:
        raise VerificationError(
            f"{place}: the file is not what its row says", hint="see `clew register check --data DIR`"
        )
    return BackedUpFile(place=place, size=size, sha256=digest.hexdigest())


def read_manifest(backup: Path) -> tuple[BackupManifest, str]:
    """Read a backup's manifest, and return its SHA-256 too; raises :class:`linkage.errors.ClewError`."""
    try:
        with (backup / _MANIFEST).open("rb") as stream:
            content = stream.read(_MAX_MANIFEST_BYTES + 1)
    except OSError:
        raise InputError(
            f"{backup}: the backup has no manifest that can be read",
            hint="give the folder that `backup` made",
        ) from None
    manifest = parse(content, BackupManifest, limit=_MAX_MANIFEST_BYTES)
    _check_places(manifest)
    return manifest, hashlib.sha256(content).hexdigest()


def _check_places(manifest: BackupManifest) -> None:
    """Refuse places that lead out of the folder, or that this release puts nothing in."""
    seen = set()
    for one in manifest.files:
        parts = PurePosixPath(one.place).parts
        inside = "/".join(parts[:-1])
        if ".." in parts or one.place != "/".join(parts) or inside not in {"", *FOLDERS}:
            raise VerificationError("the manifest names a place that no unit has", hint="make a new backup")
        if one.place in seen:
            raise VerificationError("the manifest names a file twice", hint="make a new backup")
        seen.add(one.place)
    databases = [{place, f"{place.removesuffix('.db')}.dump"} & seen for place in _FILES.values()]
    if not {"unit.toml", "unit-card.json", "ledger-card.json"} <= seen or any(
        len(one) != 1 for one in databases
    ):
        raise VerificationError("the manifest lacks a file that every unit has", hint="make a new backup")


def restore_unit(
    backup: Path,
    root: Path,
    *,
    secrets_folder: Path | None = None,
    sha256: str | None = None,
    databases: Mapping[StoreName, str] | None = None,
) -> tuple[BackupManifest, bool]:
    """Make a new data folder from a backup; returns its manifest, and whether it needs `migrate`.

    ``databases``: for a backup of PostgreSQL databases the URLs of new ones, empty and of this unit alone.

    1. The manifest is read, and compared with ``sha256`` where that is given.
    2. The backup holds what the manifest lists and nothing else.
    3. Every file is copied and its digest compared, and secrets from ``secrets_folder`` are added.
    4. Dumps are read into the databases given; one of a later release is refused.
    5. Sessions of the console end: some were ended after the backup, and shall not come back.
    6. The whole is checked as `clew register check` does, where the schemas are this release's.
    7. Only then the folder takes its name.
    """
    manifest, digest = read_manifest(backup)
    if sha256 is not None and sha256.strip().lower() != digest:
        raise VerificationError("the manifest is not the one that `backup` made", hint="use another copy")
    _check_listing(backup, manifest)
    if secrets_folder is not None and not _key_places(secrets_folder):
        raise InputError(
            f"--secrets: {secrets_folder}: there is no key in it",
            hint="name the folder in which receipts.key and the others lie, or restore without --secrets",
        )
    with _built(root) as building:
        for name in FOLDERS:
            (building / name).mkdir(mode=0o700)
        for one in manifest.files:
            _restored_file(backup, building, one)
        if secrets_folder is not None:
            for place in _key_places(secrets_folder):
                _copied_file(secrets_folder / place, building, f"secrets/{place}")
        _read_dumps(building, manifest, databases or {})
        older = _has_older_schema(DataFolder(building), manifest)
        _end_sessions(DataFolder(building))
        if not older:
            _check_whole(DataFolder(building), manifest)
    return manifest, older


def _check_listing(backup: Path, manifest: BackupManifest) -> None:
    listed = {one.place for one in manifest.files} | {_MANIFEST}
    there = {str(path.relative_to(backup)) for path in backup.rglob("*") if not path.is_dir()}
    if there - listed:
        raise VerificationError(
            f"the backup holds {len(there - listed)} files that its manifest does not list",
            hint="restore from a copy of the folder as `backup` made it",
        )
    if listed - there:
        raise VerificationError(
            f"{min(listed - there)}: missing from the backup ({len(listed - there)} in all)",
            hint="use another copy of this backup, or an older one",
        )
    if any(path.is_symlink() for path in backup.rglob("*")):
        raise VerificationError("the backup holds a symbolic link", hint="use another copy of this backup")


def _restored_file(backup: Path, building: Path, one: BackedUpFile) -> None:
    found = _copied_file(backup / one.place, building, one.place)
    if found != one:
        raise VerificationError(
            f"{one.place}: damaged in the backup", hint="use another copy of this backup, or an older one"
        )


def _read_dumps(building: Path, manifest: BackupManifest, databases: Mapping[StoreName, str]) -> None:
    """Read dumps into the databases given, and name those in the restored settings."""
    dumped = [one.place for one in manifest.files if one.place.endswith(".dump")]
    if bool(dumped) != bool(databases):
        raise InputError(
            "--database: the backup was made of PostgreSQL databases, and none is given"
            if dumped
            else "--database: the backup was made of SQLite databases",
            hint="give --database exactly where the backup has dumps",
        )
    settings = building / "unit.toml"
    text = settings.read_text(encoding="utf-8")
    for store, given in databases.items():
        path = building / f"{_FILES[store].removesuffix('.db')}.dump"
        read_dump(path, database_url(given, what="--database"))
        path.unlink()
        # The settings are the operator's own text: only the values are exchanged.
        line = re.compile(rf"(^\[database\]$(?:\n(?!\[).*)*?\n{store} = ).*$", re.MULTILINE)
        found = line.search(text)
        if found is None:
            raise InputError(
                f"unit.toml: [database] {store}: not on a line of its own", hint="mend it in the old unit"
            )
        text = f"{text[: found.end(1)]}{json.dumps(given)}{text[found.end() :]}"
    if databases:
        _write(settings, [text.encode()], mode=0o644)


def _has_older_schema(folder: DataFolder, manifest: BackupManifest) -> bool:
    older = False
    for store in SCHEMAS:
        location = folder.location(store)
        with contextlib.closing(Database(location)) as database:
            try:
                with database.read() as connection:
                    found = schema_of(connection)
            except DatabaseError:
                raise VerificationError(
                    f"{name_of(location)}: not a database", hint="use another backup"
                ) from None
        if found != manifest.schemas.get(store):
            raise VerificationError(f"{name_of(location)}: not of the schema that the manifest states")
        if found != SCHEMAS[store] and not is_older(found, store):
            raise VersionError(
                f"{name_of(location)}: its schema is {found or 'none'}, this release knows {SCHEMAS[store]}",
                hint=f"restore with the release that made the backup, {manifest.release}, or a later one",
            )
        older = older or found != SCHEMAS[store]
    return older


def _end_sessions(folder: DataFolder) -> None:
    with contextlib.closing(Database(folder.location("register"))) as database:
        with database.read() as connection:
            there = console_sessions.has_tables(connection)  # an older backup may have none
        if there:
            with database.write() as connection:
                console_sessions.end_all(connection)


def _check_whole(folder: DataFolder, manifest: BackupManifest) -> None:
    if card_fingerprint(read_unit_card(folder)) != manifest.unit:
        raise VerificationError("unit-card.json: not the card of the unit that the manifest names")
    damages = list(check_unit(folder))
    if damages:
        raise VerificationError(
            f"{damages[0].where}: {damages[0].what} ({len(damages)} damages in all)",
            hint="use another backup; nothing was left behind",
        )
    (folder.root / LOCK).unlink(missing_ok=True)


@contextlib.contextmanager
def _built(destination: Path) -> Iterator[Path]:
    """Build a folder that takes its name only when the block ends well; nothing may be there already."""
    if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise InputError(f"{destination}: there is something already", hint="choose a new or an empty folder")
    destination.parent.mkdir(parents=True, exist_ok=True)
    building = destination.with_name(f".{destination.name}.{secrets.token_hex(6)}.part")
    building.mkdir(mode=0o700)
    try:
        yield building
        for place in sorted(path for path in building.rglob("*") if path.is_dir()):
            sync_folder(place)
        sync_folder(building)
        building.replace(destination)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    sync_folder(destination.parent)


def _write(path: Path, pieces: Iterable[bytes], *, mode: int) -> None:
    with write_whole(path, mode=mode) as descriptor, open(descriptor, "wb", closefd=False) as stream:
        for piece in pieces:
            stream.write(piece)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
