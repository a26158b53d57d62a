"""CLK files: ``{"clks": [base64, …]}``, as clkhash and the anonlink tools exchange them.

A CLK is a row of bytes, bit 0 the most significant of byte 0.  The file says neither how many bits of the
last byte count nor under which schema it was made.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from linkage.errors import FormatError, LimitError

__all__ = ["MAX_CLKS_BYTES", "MAX_CLK_BYTES", "clks_pieces", "is_clks", "read_clks"]

MAX_CLKS_BYTES: Final = 4 * 1024**3
MAX_CLK_BYTES: Final = 128 * 1024
_AFRESH: Final = "ask for the file again: what clkhash, anonlink or clew agency encode writes is read"
_TOO_LARGE: Final = "is it the right file? CLKs usually have 128 bytes"


class _Document(Struct, forbid_unknown_fields=True):
    clks: list[str]


def is_clks(beginning: bytes) -> bool:
    """Say whether a file that begins so may hold CLKs: a JSON object, unlike every other file of ours."""
    return beginning.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n").startswith(b"{")


def read_clks(data: bytes, *, length: int | None = None) -> NDArray[np.uint8]:
    """Read CLKs in the file's order as an (n, bytes) table of uint8.

    ``length``: bits that every CLK must have, if that is known.  Raises :class:`LimitError` for a file or a
    CLK beyond the limits, and :class:`FormatError` for anything but equally long CLKs in base64.
    """
    if len(data) > MAX_CLKS_BYTES:
        raise LimitError(f"CLK file: larger than {MAX_CLKS_BYTES} bytes", hint=_TOO_LARGE)
    try:
        texts = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Document).clks
    except msgspec.ValidationError:
        raise FormatError('CLK file: not an object with one list of texts, "clks"', hint=_AFRESH) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise FormatError("CLK file: not JSON", hint=_AFRESH) from None
    if not texts:
        return np.empty((0, 0 if length is None else -(-length // 8)), dtype=np.uint8)
    width = len(_decoded(0, texts[0]))
    if width > MAX_CLK_BYTES:
        raise LimitError(f"CLK file: CLKs of {width} bytes are longer than {MAX_CLK_BYTES}", hint=_TOO_LARGE)
    if length is not None and width != -(-length // 8):
        raise FormatError(f"CLK file: CLKs of {width} bytes where {length} bits are expected", hint=_AFRESH)
    table = np.empty((len(texts), width), dtype=np.uint8)
    for number, text in enumerate(texts):
        octets = _decoded(number, text)
        if len(octets) != width:
            raise FormatError(
                f"CLK file: CLK {number + 1} has {len(octets)} bytes, the first has {width}",
                hint="CLKs of two schemas cannot be in one file",
            )
        table[number] = np.frombuffer(octets, dtype=np.uint8)
    return table


def clks_pieces(batches: Iterable[NDArray[np.uint8]]) -> Iterator[bytes]:
    """Write (n, bytes) tables of uint8 as one CLK file, piece by piece, in their order."""
    yield b'{"clks": ['
    between = b""
    for batch in batches:
        for row in batch:
            yield between + b'"' + base64.b64encode(row.tobytes()) + b'"'
            between = b",\n"
    yield b"]}\n"


def _decoded(number: int, text: str) -> bytes:
    try:
        octets = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        octets = b""
    # Re-encoding refuses a last character with stray bits: two texts would stand for one CLK.
    if not octets or base64.b64encode(octets).decode("ascii") != text:
        raise FormatError(f"CLK file: CLK {number + 1} is not base64", hint=_AFRESH)
    return octets
