"""The words of ``clew agency inspect`` for a file of legacy CLKs."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cli.agency.telling import hex_lines
from keys.files import read_limited
from keys.storing import naming
from linkage.encode.legacy.profile import WEAK_LABEL
from linkage.wire.clks import MAX_CLKS_BYTES, is_clks, read_clks

__all__ = ["clk_words", "holds_clks"]

_PEEKED_BYTES = 64
_ROWS_AT_ONCE = 65536


def holds_clks(path: Path) -> bool:
    """Say whether a file looks like CLKs and not like a bundle; one that cannot be read does not."""
    try:
        with path.open("rb") as stream:
            return is_clks(stream.read(_PEEKED_BYTES))
    except OSError:
        return False


def clk_words(path: Path, *, as_bytes: bool) -> Iterator[str]:
    """Say what a file of CLKs holds; raises ``FormatError`` naming the file if it is none."""
    data = read_limited(path, limit=MAX_CLKS_BYTES, what="CLK file")
    with naming(path):
        clks = read_clks(data)
    count, width = clks.shape
    yield f"{path.name}: {count:,} CLKs, {WEAK_LABEL}"
    yield ""
    if not count:
        yield "It is empty."
        return
    fill = _fills(clks)
    yield f"  count            {count:,}, in the order of the rows that they were made of"
    yield f"  bits             {8 * width:,} ({width:,} bytes; the file does not say if the last ones count)"
    yield f"  fill, mean       {fill.mean():.1%} of the bits are set"
    yield f"  fill, least      {fill.min():.1%}"
    yield f"  fill, most       {fill.max():.1%}"
    yield f"  equal to another {count - len(np.unique(clks, axis=0)):,}"
    yield ""
    yield "The file names neither schema nor parties, and nobody signs it.  Whoever holds it and knows some"
    yield "of the people in it can find the others: treat it as identifiable personal data."
    if as_bytes:
        yield ""
        yield "The first CLK, byte by byte"
        yield from hex_lines(clks[0].tobytes(), 0)


def _fills(clks: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the share of bits set of each row; a slice at a time, so that memory stays near the file's."""
    slices = (clks[start : start + _ROWS_AT_ONCE] for start in range(0, len(clks), _ROWS_AT_ONCE))
    counts = np.concatenate([np.bitwise_count(piece).sum(axis=1, dtype=np.float64) for piece in slices])
    fills: NDArray[np.float64] = counts / (8 * clks.shape[1])
    return fills
