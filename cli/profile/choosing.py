"""A profile by its name or from a file."""

from pathlib import Path

from keys.files import name_of, read_limited
from keys.storing import naming
from linkage.errors import ProfileError
from linkage.profile import EncodingProfile
from linkage.profile_file import MAX_PROFILE_BYTES, read_profile
from linkage.shipped_profiles import shipped_profiles

__all__ = ["choose_profile", "profile_at", "profile_file"]


def choose_profile(name: str) -> EncodingProfile:
    """Return a shipped profile by name, otherwise one from a file by path.

    A shipped name always means the shipped profile; a file of that name is meant by ``./NAME``.
    Raises :class:`linkage.errors.ClewError`.
    """
    shipped = shipped_profiles()
    if name in shipped:
        return shipped[name]
    path = Path(name)
    if not path.exists():
        raise ProfileError(
            f"{name_of(path)}: there is no such encoding profile and no such file",
            hint=f"name a file, or choose one of: {', '.join(sorted(shipped))}",
        )
    return profile_at(path)


def profile_file(name: str) -> Path | None:
    """Return the file that :func:`choose_profile` reads for a name, or nothing for a shipped profile."""
    return None if name in shipped_profiles() else Path(name)


def profile_at(path: Path) -> EncodingProfile:
    """Read a profile from a file; raises :class:`linkage.errors.ClewError` naming it."""
    octets = read_limited(path, limit=MAX_PROFILE_BYTES, what="encoding profile")
    with naming(path):
        return read_profile(octets)
