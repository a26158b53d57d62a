"""Audiences: who gets pseudonyms of their own, with which key, and how keys are rotated and destroyed.

Order of durability: a key's file is whole and fsynced before the row that puts it in use; at the end its file
is gone, and the folder fsynced, before the row says so and the certificate is signed.  Killed in between,
the same command given again finishes.
"""

import datetime as dt
import os
import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from api.clock import stamp
from api.folders import DataFolder
from api.pseudonyms import GENERATION_0, Pseudonymiser, generation_of
from api.secret_files import read_audience_key, write_secret
from api.store import audiences, ledger
from api.store.audiences import Audience, AudienceKey
from api.store.bodies import sync_folder
from linkage.errors import InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.certificates import sign_certificate
from linkage.wire.key_destructions import DestroyedKey, KeyDestruction
from linkage.wire.ledger import EntryKind, Fact
from linkage.wire.moments import Moment
from linkage.wire.pseudonyms import MAX_GENERATION, AudienceKind

__all__ = [
    "OPERATOR",
    "add_audience",
    "destroy_keys",
    "find_audience",
    "in_use",
    "prepare_operator",
    "pseudonymiser",
    "rotate_audience",
    "writer_of",
]

OPERATOR = "operator"
"""The audience of whoever runs the unit; it is always there."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


def prepare_operator(folder: DataFolder, connection: Connection, *, now: dt.datetime) -> None:
    """Make the operator's audience, unless it is there; a key of an older release stays as generation 0."""
    if audiences.audience(connection, OPERATOR) is not None:
        return
    folder.audience_keys.mkdir(mode=0o700, exist_ok=True)
    audiences.add_audience(connection, OPERATOR, "operator", now=stamp(now))
    if folder.pseudonyms_key.is_file():
        old = _with_key(folder, Audience(OPERATOR, "operator", retired=False), GENERATION_0)
        audiences.add_key(
            connection,
            OPERATOR,
            GENERATION_0,
            check_value=old.check_value(),
            now=stamp(now),
            replaced=True,
        )
    _make_key(folder, connection, Audience(OPERATOR, "operator", retired=False), 1, now)
    _enter(connection, "added", Audience(OPERATOR, "operator", retired=False), now)


def add_audience(
    folder: DataFolder, connection: Connection, name: str, kind: AudienceKind, *, now: dt.datetime
) -> None:
    """Make an audience with a key of its own; a name is used once and for all.

    Raises :class:`InputError`, also for a second audience of the operator's kind: whoever reads ``REG`` on a
    pseudonym must know whose it is.
    """
    if kind == "operator":
        raise InputError(
            "the operator's audience is there from the start, and is the only one of its kind",
            hint="choose another kind; `clew register audience rotate` gives the operator's own a new key",
        )
    if _NAME.fullmatch(name) is None:
        raise InputError(
            "the name of an audience has lower-case letters, digits and hyphens, at most 31",
            hint="call it after who gets the pseudonyms, such as university-study",
        )
    if audiences.audience(connection, name) is not None:
        raise InputError(
            f"there is or was an audience {name}", hint="see `clew register audience list --data DIR`"
        )
    audiences.add_audience(connection, name, kind, now=stamp(now))
    _make_key(folder, connection, Audience(name, kind, retired=False), 1, now)
    _enter(connection, "added", Audience(name, kind, retired=False), now)


def rotate_audience(folder: DataFolder, connection: Connection, name: str, *, now: dt.datetime) -> int:
    """Put a new key in use and return its generation; the old one is retained for translating."""
    found = find_audience(connection, name)
    generation = audiences.keys_of(connection, name)[-1].generation + 1
    if generation > MAX_GENERATION:
        raise InputError(
            f"{name}: its key was rotated {MAX_GENERATION} times", hint="retire it and add another audience"
        )
    _make_key(folder, connection, found, generation, now)
    _enter(connection, "rotated", found, now)
    return generation


def find_audience(connection: Connection, name: str) -> Audience:
    """Return an audience that gets pseudonyms; raises :class:`InputError`."""
    found = audiences.audience(connection, name)
    if found is None or found.retired:
        state = "there is no" if found is None else "retired:"
        raise InputError(f"{state} audience {name}", hint="see `clew register audience list --data DIR`")
    return found


def in_use(folder: DataFolder, connection: Connection, name: str) -> Pseudonymiser:
    """Return what makes an audience's pseudonyms now; raises :class:`linkage.errors.ClewError`."""
    find_audience(connection, name)
    return pseudonymiser(folder, connection, name, audiences.keys_of(connection, name)[-1].generation)


def writer_of(folder: DataFolder, connection: Connection, name: str, text: str) -> Pseudonymiser:
    """Return the key that wrote a pseudonym of this audience; raises :class:`linkage.errors.ClewError`.

    Its check characters and the audience's kind are checked; whose pseudonym it is, is not looked for.
    """
    found = pseudonymiser(folder, connection, name, generation_of(text))
    found.normal(text)
    return found


def pseudonymiser(folder: DataFolder, connection: Connection, name: str, generation: int) -> Pseudonymiser:
    """Read one generation's key and make sure that it is that key; raises :class:`InputError`."""
    found = find_audience(connection, name)
    row = next((one for one in audiences.keys_of(connection, name) if one.generation == generation), None)
    if row is None or row.destroyed_at is not None:
        what = "never had" if row is None else "has destroyed"
        raise InputError(
            f"{name} {what} a key of generation {generation}",
            hint="a pseudonym says its generation in its first group; see `clew register audience list`",
        )
    made = _with_key(folder, found, generation)
    if made.check_value() != row.check_value:
        raise VerificationError(
            f"secrets: the key of {name}, generation {generation}, is another one",
            hint="restore the file from the backup of the unit's secrets",
        )
    return made


def destroy_keys(
    folder: DataFolder,
    connection: Connection,
    name: str,
    generation: int | None,
    *,
    signer: Ed25519PrivateKey,
    now: dt.datetime,
) -> bytes:
    """Destroy a retained generation, or with None all of them and retire the audience; return a certificate.

    The certificate of what is destroyed already is returned again as it was.  Raises :class:`InputError` for
    a key in use and for the operator's audience as a whole.
    """
    found = audiences.audience(connection, name)
    if found is None:
        raise InputError(f"there is no audience {name}", hint="see `clew register audience list --data DIR`")
    going = _going(connection, name, generation)
    if all(one.certificate is not None for one in going):
        return str(going[-1].certificate).encode()
    for one in going:
        _key_file(folder, name, one.generation).unlink(missing_ok=True)
    sync_folder(folder.audience_keys)
    if any(one.generation == GENERATION_0 for one in going):
        sync_folder(folder.pseudonyms_key.parent)
    moment = Moment.minute(now)
    document = KeyDestruction(
        audience=name,
        kind=found.kind,
        retired=generation is None,
        keys=tuple(
            DestroyedKey(
                generation=one.generation,
                check_value=one.check_value,
                made=_moment(one.made_at),
                destroyed=moment if one.destroyed_at is None else _moment(one.destroyed_at),
            )
            for one in going
        ),
    )
    certificate = canonical(sign_certificate(document, signer))
    for one in going:
        if one.destroyed_at is None:
            audiences.destroy_key(
                connection, name, one.generation, now=stamp(now), certificate=certificate.decode()
            )
    if generation is None:
        audiences.retire(connection, name, now=stamp(now))
    _enter(connection, "retired" if generation is None else "key destroyed", found, now)
    return certificate


def _enter(connection: Connection, what: str, one: Audience, now: dt.datetime) -> None:
    """Write the ledger's entry of a change to an audience, which covers all its keys' rows."""
    keys = audiences.keys_of(connection, one.name)
    facts: dict[str, Fact] = {
        "what": what,
        "audience": one.name,
        "kind": one.kind,
        "generation": keys[-1].generation,
    }
    rows = {"audiences": [one.name], "audience_keys": [f"{one.name}/{key.generation}" for key in keys]}
    ledger.append(connection, EntryKind.AUDIENCE_KEY, facts, now=stamp(now), rows=rows)


def _going(connection: Connection, name: str, generation: int | None) -> list[AudienceKey]:
    keys = audiences.keys_of(connection, name)
    if generation is None:
        if name == OPERATOR:
            raise InputError(
                "the operator's own audience cannot be retired", hint="rotate its key and destroy the old one"
            )
        return keys
    going = [one for one in keys if one.generation == generation]
    if not going:
        raise InputError(f"{name} never had a key of generation {generation}", hint="see `audience list`")
    if going[0].replaced_at is None:
        raise InputError(
            f"{name}: generation {generation} is in use",
            hint="rotate the key first; only one that was replaced is destroyed",
        )
    return going


def _moment(text: str) -> Moment:
    return Moment.minute(dt.datetime.fromisoformat(text))


def _make_key(
    folder: DataFolder, connection: Connection, one: Audience, generation: int, now: dt.datetime
) -> None:
    key = os.urandom(32)
    folder.audience_keys.mkdir(mode=0o700, exist_ok=True)
    write_secret(_key_file(folder, one.name, generation), "audience-pseudonyms", key)
    made = Pseudonymiser(one.name, one.kind, generation, key)
    audiences.add_key(connection, one.name, generation, check_value=made.check_value(), now=stamp(now))


def _with_key(folder: DataFolder, one: Audience, generation: int) -> Pseudonymiser:
    path = _key_file(folder, one.name, generation)
    key = read_audience_key(
        path, "operator-pseudonyms" if generation == GENERATION_0 else "audience-pseudonyms"
    )
    return Pseudonymiser(one.name, one.kind, generation, key)


def _key_file(folder: DataFolder, name: str, generation: int) -> Path:
    if generation == GENERATION_0:
        return folder.pseudonyms_key
    return folder.audience_keys / f"{name}-{generation}.key"
