"""What keeps a weak profile from being used by accident, and says that it is weak wherever its name shows."""

from typing import Final

from linkage.errors import ProfileError
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profiles

__all__ = [
    "ALLOW_WEAK_PROFILE",
    "is_baseline",
    "labelled_name",
    "named_by_digest",
    "require_epoch_profile",
]

ALLOW_WEAK_PROFILE: Final = "--allow-weak-profile"


def labelled_name(profile: EncodingProfile) -> str:
    """Return a profile's name as people are shown it: with the word weak beside it if it is."""
    return f"{profile.name} (weak)" if profile.weak else profile.name


def named_by_digest(name: str, digest: str) -> str:
    """Return the name that a document gives a profile, as people are shown it.

    The digest decides: a document may give a weak profile a name that sounds strong.
    """
    for profile in shipped_profiles().values():
        if profile.digest == digest:
            return labelled_name(profile)
    return f"{name} (not a profile of this release)"


def is_baseline(profile: EncodingProfile) -> bool:
    """Return whether a view is neither salted nor diffused: a plain CLK, only there to measure against."""
    views = zip(profile.views, profile.diffusions, strict=True)
    return any(not view.salt and diffusion == 1 for view, diffusion in views)


def require_epoch_profile(profile: EncodingProfile, *, allow_weak: bool) -> None:
    """Refuse a profile that is not for this epoch; raises :class:`ProfileError`.

    A weak one needs somebody's word; a plain CLK is refused even so, because a hundred known children give
    away all others.
    """
    if is_baseline(profile):
        raise ProfileError(
            f"profile {labelled_name(profile)} is only a baseline to measure against, never for an epoch",
            hint="choose a profile whose views are salted; see `clew profile list`",
        )
    if profile.weak and not allow_weak:
        raise ProfileError(
            f"profile {labelled_name(profile)}: known attacks on its encodings succeed",
            hint=f"`clew profile show` says which; {ALLOW_WEAK_PROFILE} if it is what you mean",
        )
