"""The keys that encoding needs, derived from an epoch's key, each with a label of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from linkage.encode.secrecy import NeverWrittenOut
from linkage.errors import EpochError
from linkage.profile import EncodingProfile, ExactKind
from linkage.wire.derivation import KEY_BYTES, derive

__all__ = ["EncodingKeys", "ViewKeys"]


@dataclass(frozen=True, slots=True, repr=False)
class ViewKeys(NeverWrittenOut):
    """The two 32-byte keys of one view."""

    position: bytes
    diffusion: bytes


class EncodingKeys(NeverWrittenOut):
    """Every key of one profile in one epoch: those of its views, and one for each other use.

    Salts and tokens are hashed once for all views: what they hash to only ever enters a block cipher under
    the view's own position key, which keeps views unrelated.
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
        self.profile_digest = profile_digest
        self.salt = salt
        self.token = token
        self.padding = padding
        self._exact = dict(exact)
        self._views = dict(views)

    @classmethod
    def from_epoch_key(cls, epoch_key: bytes, profile: EncodingProfile) -> "EncodingKeys":
        """Derive the keys of a profile; the profile's digest, not its name, separates profiles.

        Raises :class:`EpochError` for a key that does not have 32 bytes.  Source: docs/spec/encoding-1.md,
        sections 5, 11 and 12.
        """
        if len(epoch_key) != KEY_BYTES:
            raise EpochError(f"an epoch key has {KEY_BYTES} bytes", hint="use the key of the epoch as issued")
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
