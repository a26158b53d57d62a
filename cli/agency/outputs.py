"""Files written for people: whole or not at all, for their owner only, in a folder made if need be."""

from pathlib import Path

from keys.storing import store_private
from linkage.errors import InputError

__all__ = ["write_output"]


def write_output(path: Path, data: bytes) -> None:
    """Write a file that holds the agency's own references; raises :class:`InputError` if it cannot."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "cannot be made").lower()
        raise InputError(f"folder {path.parent.name}: {reason}", hint="choose another place") from None
    store_private(path, data)
