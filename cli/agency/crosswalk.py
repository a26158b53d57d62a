"""The crosswalk: from local references to random handles and back, readable with the identity only.

A reference is found again by a keyed digest, and read again by decrypting it.  The content of a record leaves
a keyed digest too, so that its version grows only when something about it changed.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC

from cli.agency.store import Record, Store
from cli.agency.workspace_keys import workspace_key
from keys.identity import Identity
from linkage.errors import VerificationError

__all__ = ["Crosswalk", "Reference", "Ticket"]

_HANDLE_BYTES = 16
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the crosswalk gives a record: its handle and version, and whether it is new or changed."""

    handle: str
    version: int
    fresh: bool
    changed: bool


@dataclass(frozen=True, slots=True, repr=False)
class Reference:
    """A handle read back: the agency's own reference, and that of the child it belongs to."""

    kind: str
    reference: str
    handle: str
    parent: str | None


class Crosswalk:
    """One command's view of the crosswalk; changes are kept until :meth:`save` writes them."""

    def __init__(self, store: Store, identity: Identity) -> None:
        self._find_key = workspace_key(identity, "reference")
        self._content_key = workspace_key(identity, "content")
        self._seal = AESGCM(workspace_key(identity, "seal"))
        self._store = store
        self._records = {(record.kind, record.reference_mac): record for record in store.records()}
        self._changed: dict[tuple[str, bytes], Record] = {}
        # Under another identity nothing would be found again, and every record would get a new handle.
        for record in self._records.values():
            self._opened(record)
            break

    def __repr__(self) -> str:
        return f"<Crosswalk of {len(self._records)} records>"

    def ticket(self, kind: str, reference: str, content: bytes, *, parent: str | None = None) -> Ticket:
        """Return a record's handle and version, giving it a handle if it is new.

        ``content`` is whatever the version stands for: other content, higher version.
        """
        key = (kind, self._mac(self._find_key, kind, reference.encode("utf-8")))
        content_mac = self._mac(self._content_key, kind, content)
        known = self._records.get(key)
        if known is None:
            record = self._new(kind, key[1], reference, content_mac, parent)
        elif known.content_mac == content_mac and known.parent == parent:
            return Ticket(known.handle, known.version, fresh=False, changed=False)
        else:
            record = replace(known, version=known.version + 1, content_mac=content_mac, parent=parent)
        self._records[key] = self._changed[key] = record
        return Ticket(record.handle, record.version, fresh=known is None, changed=known is not None)

    def handle_of(self, kind: str, reference: str) -> str | None:
        """Return the handle that a reference has, or None if it was never encoded."""
        known = self._records.get((kind, self._mac(self._find_key, kind, reference.encode("utf-8"))))
        return None if known is None else known.handle

    def _new(
        self, kind: str, reference_mac: bytes, reference: str, content_mac: bytes, parent: str | None
    ) -> Record:
        handle = os.urandom(_HANDLE_BYTES).hex()
        sealed = _sealed(self._seal, kind, handle, reference.encode("utf-8"))
        return Record(kind, reference_mac, handle, parent, sealed, 1, content_mac)

    def save(self) -> None:
        """Write what is new or changed; belongs into a transaction of the store."""
        self._store.put_records(self._changed.values())
        self._changed = {}

    def sealed_for(self, identity: Identity) -> Iterator[Record]:
        """Yield every saved row as another identity finds and opens it: same handle, version and parent.

        Whether its content changed that identity cannot tell: no digest stands there until it is sent again.
        """
        find_key, seal = workspace_key(identity, "reference"), AESGCM(workspace_key(identity, "seal"))
        for record in self._records.values():
            reference = self._opened(record).encode("utf-8")
            yield replace(
                record,
                reference_mac=self._mac(find_key, record.kind, reference),
                sealed_reference=_sealed(seal, record.kind, record.handle, reference),
                content_mac=b"",
            )

    def references(self) -> Iterator[Reference]:
        """Yield every handle with the reference behind it; raises :class:`VerificationError` if damaged."""
        for record in self._records.values():
            yield Reference(record.kind, self._opened(record), record.handle, record.parent)

    def _opened(self, record: Record) -> str:
        nonce, sealed = record.sealed_reference[:_NONCE_BYTES], record.sealed_reference[_NONCE_BYTES:]
        try:
            return self._seal.decrypt(nonce, sealed, _bound(record.kind, record.handle)).decode("utf-8")
        except (InvalidTag, ValueError):
            raise VerificationError(
                "the crosswalk does not open with this identity, or is damaged",
                hint="restore workspace.db and identity.json from the same backup",
            ) from None

    @staticmethod
    def _mac(key: bytes, kind: str, content: bytes) -> bytes:
        mac = HMAC(key, hashes.SHA256())
        mac.update(kind.encode("ascii") + b"\x00" + content)
        return mac.finalize()


def _sealed(seal: AESGCM, kind: str, handle: str, reference: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + seal.encrypt(nonce, reference, _bound(kind, handle))


def _bound(kind: str, handle: str) -> bytes:
    return f"{kind}\x00{handle}".encode("ascii")
