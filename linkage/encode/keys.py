"""The keys of every view, derived from the epoch key with one label each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from linkage.errors import EpochError
from linkage.profile import EncodingProfile, Tier
from linkage.wire.derivation import KEY_BYTES, derive

__all__ = ["EncodingKeys", "ViewKeys"]


@dataclass(frozen=True, slots=True, repr=False)
class ViewKeys:
    """The four 32-byte keys of one view in one tier."""

    salt: bytes
    token: bytes
    position: bytes
    diffusion: bytes

    def __repr__(self) -> str:
        return "<ViewKeys>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not written out")


class EncodingKeys:
    """The keys of one profile in one epoch; they show nothing and cannot be pickled."""

    __slots__ = ("_views", "profile_digest")

    def __init__(self, profile_digest: str, views: Mapping[tuple[Tier, str], ViewKeys]) -> None:
        self.profile_digest = profile_digest
        self._views = dict(views)

    @classmethod
    def from_epoch_key(cls, epoch_key: bytes, profile: EncodingProfile) -> "EncodingKeys":
        """Derive the keys of a profile's views from the 32-byte epoch key.

        The profile's digest and not its name is in every label, so that two profiles which differ in any
        way that changes a bit share no key.  Raises :class:`EpochError` for a key of another length.
        """
        if len(epoch_key) != KEY_BYTES:
            raise EpochError(f"the epoch key does not have {KEY_BYTES} bytes", hint="unwrap it again")
        digest = profile.digest
        return cls(
            digest,
            {
                (tier, view.name): _view_keys(epoch_key, tier, f"{digest}/{view.name}")
                for view in profile.views
                for tier in view.tiers
            },
        )

    def view(self, tier: Tier, name: str) -> ViewKeys:
        """Return the keys of a view in a tier."""
        return self._views[tier, name]

    def __repr__(self) -> str:
        return f"<EncodingKeys of {len(self._views)} views>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not written out")


def _view_keys(epoch_key: bytes, tier: Tier, view: str) -> ViewKeys:
    prefix = "" if tier == "certain" else f"{tier}/"
    salt, token, position, diffusion = (
        derive(epoch_key, f"{prefix}{use}/{view}") for use in ("salt", "token", "position", "diffusion")
    )
    return ViewKeys(salt, token, position, diffusion)
