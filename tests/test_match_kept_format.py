"""A kept comparison survives as bytes, and bytes that were changed are refused or mean something else."""

import contextlib
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import ClewError, FormatError, VersionError
from linkage.match.kept import Kept, best_of, standing
from linkage.match.kept_format import kept_pieces, read_kept
from tests.test_match_kept_equals_everything import kept_of_people

_TERMS = "ab" * 32


def _octets(kept: Kept) -> bytes:
    return b"".join(kept_pieces(kept))


@pytest.mark.parametrize("people", [0, 1, 40])
def test_what_is_written_is_read(people: int) -> None:
    kept = kept_of_people(people, terms=_TERMS)
    octets = _octets(kept)
    read = read_kept([octets[start : start + 97] for start in range(0, len(octets), 97)])
    assert _octets(read) == octets
    assert read.rows.sources == kept.rows.sources
    assert (read.rows.digests == kept.rows.digests).all()
    assert (read.rows.numbers_in(kept.rows) == np.arange(len(kept.rows))).all()
    assert read.compared.pairs.tolist() == kept.compared.pairs.tolist()
    for array in (read.compared.pairs, read.compared.distances, read.rows.weights, read.depths):
        assert array.flags.aligned


@given(at=st.integers(0, 1 << 20), with_=st.integers(1, 255), nearest=st.integers(1, 4))
def test_a_changed_byte_is_refused_or_read_as_something_that_lists_can_be_made_of(
    at: int, with_: int, nearest: int
) -> None:
    octets = bytearray(_octets(kept_of_people(12, terms=_TERMS)))
    octets[at % len(octets)] ^= with_
    with contextlib.suppress(ClewError):
        read = read_kept([bytes(octets)])
        best_of(read.rows, read.compared, read.length, nearest)
        standing(read, kept_of_people(12).rows, least=nearest)


@pytest.mark.parametrize(
    ("pattern", "instead", "error"),
    [
        (rb'"version":1', b'"version":2', VersionError),
        (rb'"format":"clew-kept-comparison"', b'"format":"clew-bundle"', FormatError),
        (rb'"sources":\["S0","S1"\]', b'"sources":["S1","S0"]', FormatError),
        (rb'"views":2', b'"views":3', FormatError),
    ],
)
def test_another_header_is_refused(pattern: bytes, instead: bytes, error: type[ClewError]) -> None:
    octets = _octets(kept_of_people(12, terms=_TERMS))
    changed = re.sub(pattern, instead, octets, count=1)
    assert changed != octets
    with pytest.raises(error):
        read_kept([changed])


@pytest.mark.parametrize("cut", [0, 10, -1])
def test_what_is_cut_short_or_too_long_is_refused(cut: int) -> None:
    octets = _octets(kept_of_people(12, terms=_TERMS))
    with pytest.raises(FormatError):
        read_kept([octets[:cut]])
    with pytest.raises(FormatError, match="more bytes"):
        read_kept([octets, b"\0"])
