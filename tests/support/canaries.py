"""Finding what must not be shown: canaries in every way to write them, in pages, downloads, headers, logs."""

import base64
import binascii
import datetime as dt
import html
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

__all__ = ["Scanner", "date_spellings", "spellings", "texts_of"]

_FEWEST = 7
"""What is shorter stands somewhere by chance."""

_STEM = 7


def spellings(secret: str | bytes) -> Iterator[bytes]:
    """Yield the ways to write something, in small letters: :class:`Scanner` looks at small letters alone."""
    raw = secret if isinstance(secret, bytes) else secret.encode()
    text = raw.decode("utf-8", "replace")
    plain = {raw, *(one.encode() for one in (text.replace(" ", ""), text.replace("-", ""), quote(text)))}
    plain |= {quote_plus(text).encode(), html.escape(text).encode(), text.encode("utf-16-le")}
    for one in {*plain, *(case(text).encode() for case in (str.lower, str.upper, str.title))}:
        yield one
        yield binascii.hexlify(one)
        yield base64.b32encode(one).rstrip(b"=")
        for shift in range(3):
            encoded = base64.b64encode(bytes(shift) + one)[4 if shift else 0 : -4]
            yield encoded
            yield encoded.replace(b"+", b"-").replace(b"/", b"_")


def date_spellings(day: dt.date) -> set[str]:
    """Return the ways to write a date of birth that are told from other numbers."""
    forms = ("%d/%m/%Y", "%-d/%-m/%Y", "%Y-%m-%d", "%Y%m%d", "%d%m%Y", "%d.%m.%Y", "%-d %B %Y", "%-d %b %Y")
    return {day.strftime(form) for form in forms}


def texts_of(content: bytes) -> Iterator[bytes]:
    """Yield what a page or a file says: as it is, without entities, and of an archive every file in it."""
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield archive.read(name)
        return
    yield content
    if b"&" in content:
        yield html.unescape(content.decode("utf-8", "replace")).encode()


class Scanner:
    """Finds needles, each under the name of what it is, in any case of letters."""

    def __init__(self, needles: Mapping[str, Iterable[bytes]]) -> None:
        self._stems: dict[bytes, list[tuple[bytes, str]]] = {}
        self._known: dict[bytes, frozenset[str]] = {}
        for what, written in needles.items():
            for one in {each.lower() for each in written}:
                if len(one) >= _FEWEST:
                    self._stems.setdefault(one[:_STEM], []).append((one, what))

    def __len__(self) -> int:
        return sum(len(one) for one in self._stems.values())

    def found(self, content: bytes) -> set[str]:
        """Return what stands in a page, a file or a log.

        Lines that pages have in common are looked at once; no needle has a line break.
        """
        hits: set[str] = set()
        for text in texts_of(content):
            for line in re.split(rb"[\r\n]+", text.lower()):
                if line not in self._known:
                    self._known[line] = frozenset(self._in_line(line))
                hits |= self._known[line]
        return hits

    def _in_line(self, line: bytes) -> Iterator[str]:
        stems = self._stems
        for place in range(len(line) - _STEM + 1):
            for needle, what in stems.get(line[place : place + _STEM], ()):
                if line.startswith(needle, place):
                    yield what
