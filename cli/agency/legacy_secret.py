"""The secret of a legacy linkage."""

from pathlib import Path

from keys.hidden_text import ask_hidden, read_hidden
from linkage.errors import InputError

__all__ = ["read_secret"]


def read_secret(file: Path | None) -> bytes:
    """Return the secret as the bytes that clkhash hashes: its text in UTF-8.

    A file holds it as its only line, whose end is not part of it; spaces are.  Without a file it is asked
    for twice, because a slip would give CLKs that meet nobody's.  Raises :class:`InputError`, which never
    holds the secret.
    """
    if file is None:
        secret = ask_hidden("secret of the linkage", what="secret", confirm=True)
    else:
        secret = _only_line(file)
    if not secret:
        raise InputError("the secret is empty", hint="give the one that all parties of the linkage agreed on")
    if not secret.strip():
        raise InputError(
            "the secret is nothing but spaces", hint="give the one that all parties of the linkage agreed on"
        )
    return secret.encode("utf-8")


def _only_line(file: Path) -> str:
    line, *rest = read_hidden(file, what="secret")
    if rest not in ([], [""]):
        # Taking the first line only would make CLKs that look right and meet nobody's.
        raise InputError(
            f"secret file {file.name}: has more than one line", hint="leave the line that is the secret"
        )
    return line
