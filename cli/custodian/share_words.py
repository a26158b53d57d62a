"""The words of a share as a person types them from a sheet, or gives them in a file."""

from pathlib import Path

from cli.custodian.summaries import say
from keys.hidden_text import ask_hidden, read_hidden
from keys.shares import SHARE_WORDS, Share, read_share, read_word
from keys.storing import naming
from linkage.errors import FormatError

__all__ = ["asked_words", "share_at"]


def share_at(words_file: Path | None) -> Share:
    """Read a share's words from a file, or ask for them; raises one of our errors, without any word."""
    if words_file is None:
        return read_share(asked_words("the share"))
    lines = read_hidden(words_file, what="words")
    with naming(words_file):
        return read_share(" ".join(lines))


def asked_words(whose: str) -> str:
    """Ask for a share's words without showing them; an empty line ends the asking."""
    say((f"type the words of {whose}, as many at a time as you like; they are not shown",))
    words: list[str] = []
    while len(words) < SHARE_WORDS:
        line = ask_hidden(f"word {len(words) + 1} and on", what="words", confirm=False).split()
        if not line:
            break
        _take(line, words)
    return " ".join(words)


def _take(line: list[str], words: list[str]) -> None:
    """Add the words of a line, up to one that is none of the list: from that one on they are asked again."""
    for word in line:
        try:
            words.append(read_word(word, place=len(words) + 1))
        except FormatError as error:
            say((f"{error.message}: type it again, and all after it",))
            return
