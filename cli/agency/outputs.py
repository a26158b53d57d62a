"""Files written for people: whole or not at all, for their owner only, in a folder made if need be."""

from pathlib import Path

from cli.outputs import parents_made
from keys.files import name_of
from keys.storing import store_private
from linkage.errors import InputError

__all__ = ["write_output"]


def write_output(path: Path, data: bytes) -> None:
    """Write a file that holds the agency's own references; raises :class:`InputError` if it cannot."""
    try:
        with parents_made(path):
            store_private(path, data)
    except OSError as error:
        reason = (error.strerror or "cannot be made").lower()
        raise InputError(f"folder {name_of(path.parent)}: {reason}", hint="choose another place") from None
