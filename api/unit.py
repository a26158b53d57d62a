"""A new linkage unit: keys, card, settings, empty stores; made whole or not at all."""

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.audiences import prepare_operator
from api.clock import utc_now
from api.config import read_settings, settings_text
from api.folders import FOLDERS, DataFolder
from api.publisher_seal import make_releases_key
from api.secret_files import read_ledger_key, write_secret
from api.store.bodies import sync_folder, write_whole
from api.store.database import SCHEMAS, StoreName, open_database
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import UnitCard, read_card, sign_card
from linkage.wire.checkpoints import LedgerCard, make_ledger_card, read_ledger_card
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.seal import SealingKey
from linkage.wire.signing import public_text

__all__ = [
    "add_ledger_key",
    "create_unit",
    "open_given",
    "read_given",
    "read_own_ledger_card",
    "read_unit_card",
]


def create_unit(root: Path, name: str, databases: Mapping[StoreName, str] | None = None) -> UnitCard:
    """Make a data folder with fresh keys and return the unit's card.

    Everything is made in a folder beside it that takes its place at the end, so that a fault leaves no unit
    with half its keys.  ``databases`` has the PostgreSQL URL of each store that is not to be a file; what a
    fault leaves there is empty tables, which the next attempt takes.  Raises :class:`InputError` if there is
    something already.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InputError("--data: there is something already", hint="choose a new or an empty folder")
    root.parent.mkdir(parents=True, exist_ok=True)
    building = root.with_name(f".{root.name}.{secrets.token_hex(6)}.part")
    try:
        card = _build(DataFolder(building), name, databases or {})
        building.replace(root)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    sync_folder(root.parent)
    return card


def _build(folder: DataFolder, name: str, databases: Mapping[StoreName, str]) -> UnitCard:
    # Migrations take a third of a second to load, and only a new unit needs them.
    from api.store.migrating import create_database

    folder.root.mkdir(mode=0o700)
    for part in FOLDERS:
        (folder.root / part).mkdir(mode=0o700)
    _write(folder.settings, settings_text(name, databases).encode())
    read_settings(folder.settings)
    receipts, linking, register = Ed25519PrivateKey.generate(), SealingKey.generate(), SealingKey.generate()
    write_secret(folder.receipts_key, "receipts", receipts.private_bytes_raw())
    write_secret(folder.linking_key, "linking-worker", linking.to_bytes())
    write_secret(folder.register_key, "register-worker", register.to_bytes())
    make_releases_key(folder.releases_key)
    add_ledger_key(folder, receipts)
    card = UnitCard(
        name=name,
        signing_key=public_text(receipts.public_key()),
        encodings_key=linking.public_text(),
        payload_key=register.public_text(),
    )
    signed = read_card(canonical(sign_card(card, receipts)), UnitCard)
    _write(folder.unit_card, canonical(signed))
    for store in SCHEMAS:
        create_database(folder.location(store), store)
    _prepare_operator(folder)
    return signed


def _prepare_operator(folder: DataFolder) -> None:
    database = open_database(folder.location("register"), "register")
    try:
        with database.write() as connection:
            prepare_operator(folder, connection, now=utc_now())
    finally:
        database.close()


def add_ledger_key(folder: DataFolder, receipts: Ed25519PrivateKey) -> bool:
    """Make the key of the ledger's checkpoints and its card; returns False if they are there.

    The card comes last: a unit that an older release made and a fault stopped is begun again.
    """
    if folder.ledger_card.exists():
        return False
    if not folder.ledger_key.exists():
        write_secret(folder.ledger_key, "ledger", Ed25519PrivateKey.generate().private_bytes_raw())
    key = read_ledger_key(folder.ledger_key)
    origin = f"clew-unit-{public_text(receipts.public_key())[:16]}"
    _write(folder.ledger_card, canonical(make_ledger_card(origin, key, receipts)))
    return True


def read_own_ledger_card(folder: DataFolder) -> LedgerCard:
    """Read the unit's own ledger card."""
    signing_key = read_unit_card(folder).signing_key
    return read_ledger_card(read_given(folder.ledger_card, limit=MAX_CARD_BYTES), signing_key=signing_key)


def read_unit_card(folder: DataFolder) -> UnitCard:
    """Read the unit's own card."""
    return read_card(read_given(folder.unit_card, limit=MAX_CARD_BYTES), UnitCard)


def read_given(path: Path, *, limit: int) -> bytes:
    """Read a small file that somebody handed over; raises :class:`InputError`."""
    try:
        with open(path, "rb", opener=_without_waiting) as stream:
            data = stream.read(limit + 1) if stat.S_ISREG(os.fstat(stream.fileno()).st_mode) else None
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(f"{path.name}: {reason}", hint="check the path and who may read it") from None
    if data is None:
        raise InputError(f"{path.name}: not a plain file", hint="check the path")
    if len(data) > limit:
        raise InputError(f"{path.name}: larger than {limit} bytes", hint="it is not a file of this kind")
    return data


def open_given(path: Path) -> BinaryIO:
    """Open a plain file that somebody handed over; raises ``OSError`` for a link, a pipe or a device."""
    return open(path, "rb", opener=_unfollowed)


def _unfollowed(path: str, flags: int) -> int:
    descriptor = _without_waiting(path, flags | os.O_NOFOLLOW)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not a plain file")


def _without_waiting(path: str, flags: int) -> int:
    """Open a file, and a pipe without waiting for its other end, which may never come."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _write(path: Path, data: bytes) -> None:
    with write_whole(path, mode=0o644) as descriptor, open(descriptor, "wb", closefd=False) as stream:
        stream.write(data)
