"""The keys that encoding needs, derived from an epoch's key, each with a label of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from linkage.encode.secrecy import NeverWrittenOut
from linkage.errors import EpochError
from linkage.profile import EncodingProfile, ExactKind
from linkage.wire.derivation import KEY_BYTES, derive

__all__ = ["EncodingKeys", "ViewKeys"]


def _require_keys(*keys: bytes) -> None:
    """Refuse text, numbers, and keys of another length: with them everything would still encode."""
    if not all(isinstance(key, bytes) and len(key) == KEY_BYTES for key in keys):
        raise EpochError(
            f"a key of an epoch or of encoding has {KEY_BYTES} bytes",
            hint="use the key of the epoch as issued",
        )


@dataclass(frozen=True, slots=True, repr=False)
class ViewKeys(NeverWrittenOut):
    """The two 32-byte keys of one view; raises :class:`EpochError` for anything else."""

    position: bytes
    diffusion: bytes

    def __post_init__(self) -> None:
        _require_keys(self.position, self.diffusion)


class EncodingKeys(NeverWrittenOut):
    """Every key of one profile in one epoch: those of its views, and one for each other use.

    Salts and tokens are hashed once for all views: what they hash to only ever enters a block cipher under
    the view's own position key, which keeps views unrelated.  Raises :class:`EpochError` for a key that is
    not 32 bytes.
    """

    __slots__ = ("_exact", "_views", "padding", "profile_digest", "salt", "token")

    def __init__(
        self,
        profile_digest: str,
        *,
        salt: bytes,
        token: bytes,
        padding: bytes,
        exact: Mapping[ExactKind, bytes],
        views: Mapping[str, ViewKeys],
    ) -> None:
        _require_keys(salt, token, padding, *exact.values())
        self.profile_digest = profile_digest
        self.salt = salt
        self.token = token
        self.padding = padding
        self._exact = dict(exact)
        self._views = dict(views)

    @classmethod
    def from_epoch_key(cls, epoch_key: bytes, profile: EncodingProfile) -> "EncodingKeys":
        """Derive the keys of a profile; the profile's digest, not its name, separates profiles.

        Raises :class:`EpochError` for a key that is not 32 bytes.  Source: docs/spec/encoding-1.md,
        sections 5, 11 and 12.
        """
        _require_keys(epoch_key)
        digest = profile.digest
        return cls(
            digest,
            salt=derive(epoch_key, f"salt/{digest}"),
            token=derive(epoch_key, f"token/{digest}"),
            padding=derive(epoch_key, f"padding/{digest}"),
            exact={kind: derive(epoch_key, f"exact/{digest}/{kind}") for kind in profile.exact},
            views={
                view.name: ViewKeys(
                    position=derive(epoch_key, f"position/{digest}/{view.name}"),
                    diffusion=derive(epoch_key, f"diffusion/{digest}/{view.name}"),
                )
                for view in profile.views
            },
        )

    def view(self, name: str) -> ViewKeys:
        """Return the keys of a view."""
        return self._views[name]

    def exact(self, kind: ExactKind) -> bytes:
        """Return the key of the exact tokens of one kind of number."""
        return self._exact[kind]

    def __repr__(self) -> str:
        return f"<EncodingKeys of {len(self._views)} views>"
