"""What must stand nowhere, gathered while commands run, and a search of bytes for every way to write it."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from keys.epoch_key import EpochKey
from keys.identity import Identity, create_identity

__all__ = ["DrawnSecrets", "files_below", "found", "gathering", "spellings"]

_PUBLIC_LABEL = b"clew/derive/1\x00kcv"
_WHERE_IDENTITIES_ARE_DRAWN = (
    "cli.agency.joining",
    "cli.custodian.ceremony_commands",
    "cli.custodian.session_commands",
    "keys.custodian_folder",
)


def spellings(secret: bytes) -> Iterator[bytes]:
    """Yield a secret as it is, in hex, and in base64 wherever it may begin inside something longer."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + secret)[4 if shift else 0 : -4]
        yield encoded
        yield encoded.replace(b"+", b"-").replace(b"/", b"_")


def found(secrets: Iterable[tuple[str, bytes]], places: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Return which secret stands in which place, in any spelling."""
    known = [(what, spelling) for what, secret in secrets for spelling in spellings(secret)]
    return sorted({(what, place) for place, data in places.items() for what, text in known if text in data})


def files_below(path: Path) -> dict[str, bytes]:
    """Read every file below a path, under its name from there; the names belong to what is searched."""
    files = (one for one in sorted(path.rglob("*")) if one.is_file() and not one.is_symlink())
    names = [(str(one.relative_to(path)), one) for one in files]
    return {name: name.encode() + b"\n" + one.read_bytes() for name, one in names}


@dataclass
class DrawnSecrets:
    """The private halves, epoch keys and derived keys that commands of this process had in memory."""

    identities: set[bytes] = field(default_factory=set)
    epoch_keys: set[bytes] = field(default_factory=set)
    derived: set[bytes] = field(default_factory=set)

    def named(self) -> Iterator[tuple[str, bytes]]:
        for private in self.identities:
            yield from (("identity", part) for part in (private[:32], private[32:96], private[96:]))
        yield from (("epoch key", one) for one in self.epoch_keys)
        yield from (("derived key", one) for one in self.derived - self.epoch_keys)


@contextmanager
def gathering() -> Iterator[DrawnSecrets]:
    """Gather every secret that this process draws or derives, while the code does what it always does."""
    drawn = DrawnSecrets()

    def recording_identity() -> Identity:
        identity = create_identity()
        drawn.identities.add(identity.to_bytes())
        return identity

    def recording_key(key: EpochKey, material: bytes) -> None:
        real_key(key, material)
        drawn.epoch_keys.add(bytes(material))

    class RecordingExpand:
        def __init__(self, *, info: bytes, **options: object) -> None:
            self._real, self._secret = HKDFExpand(info=info, **options), info != _PUBLIC_LABEL  # type: ignore[arg-type]
            self._units = b"unit/" in info  # the linkage unit keeps keys of its own, in files of its own

        def derive(self, key: bytes) -> bytes:
            made = self._real.derive(key)
            if not self._units:
                drawn.derived.update((key, made) if self._secret else (key,))
            return made

    real_key = EpochKey.__init__
    with pytest.MonkeyPatch.context() as patched:
        for module in _WHERE_IDENTITIES_ARE_DRAWN:
            patched.setattr(f"{module}.create_identity", recording_identity)
        patched.setattr(EpochKey, "__init__", recording_key)
        patched.setattr("linkage.wire.derivation.HKDFExpand", RecordingExpand)
        yield drawn
