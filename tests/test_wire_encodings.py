"""Encoding rows read back as written, and a malformed row is refused by its number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import ClewError, FormatError, LimitError
from linkage.wire.encodings import Encodings, encodings_pieces, read_encodings

DIGEST = "ab" * 32


def make_encodings(rows: int, views: int = 3, view_bytes: int = 16, seed: int = 0) -> Encodings:
    rng = np.random.default_rng(seed)
    present = rng.integers(0, 2**views, rows, dtype=np.uint32)
    bits = rng.integers(0, 256, (rows, views, view_bytes), dtype=np.uint8)
    mask = (present[:, None] >> np.arange(views, dtype=np.uint32)) & 1
    return Encodings(
        handles=rng.integers(0, 256, (rows, 16), dtype=np.uint8),
        variants=np.zeros(rows, dtype=np.uint8),
        tiers=rng.integers(0, 2, rows, dtype=np.uint8),
        present=present,
        bits=bits * mask[:, :, None].astype(np.uint8),
    )


def _written(encodings: Encodings) -> bytes:
    return b"".join(encodings_pieces(encodings, agency="E06000001", profile_digest=DIGEST))


@given(
    st.integers(0, 40),
    st.integers(1, 9),
    st.sampled_from([8, 16, 200]),
    st.integers(0, 99),
    st.integers(1, 50),
)
def test_rows_read_back_as_written(rows: int, views: int, view_bytes: int, seed: int, step: int) -> None:
    encodings = make_encodings(rows, views, view_bytes, seed)
    pieces = encodings_pieces(encodings, agency="E06000001", profile_digest=DIGEST, rows_at_a_time=step)
    header, read = read_encodings(pieces)
    assert (header.rows, header.views, header.view_bytes) == (rows, views, view_bytes)
    for column in ("handles", "variants", "tiers", "present", "bits"):
        np.testing.assert_array_equal(getattr(read, column), getattr(encodings, column))


def _changed(column: str, value: object, row: int = 4) -> Encodings:
    encodings = make_encodings(10)
    getattr(encodings, column)[row] = value
    return encodings


@pytest.mark.parametrize(
    ("encodings", "error"),
    [
        (_changed("tiers", 2), FormatError),
        (_changed("present", 1 << 3), FormatError),
        (_changed("variants", 16), LimitError),
    ],
    ids=["unknown tier", "unknown view", "too many variants"],
)
def test_a_row_that_breaks_the_format_is_refused(encodings: Encodings, error: type[ClewError]) -> None:
    with pytest.raises(error):
        read_encodings([_written(encodings)])


def test_bits_in_an_absent_view_are_refused_by_row_number() -> None:
    encodings = make_encodings(10)
    encodings.present[4] = 0
    encodings.bits[4] = 1
    with pytest.raises(FormatError, match="row 5"):
        read_encodings([_written(encodings)])


def test_a_handle_and_variant_may_occur_once() -> None:
    encodings = make_encodings(10)
    encodings.handles[7] = encodings.handles[3]
    with pytest.raises(FormatError, match="same handle"):
        read_encodings([_written(encodings)])


@pytest.mark.parametrize("cut", [1, 20, 500])
def test_rows_cut_short_are_refused(cut: int) -> None:
    with pytest.raises(FormatError):
        read_encodings([_written(make_encodings(10))[:-cut]])


def test_no_header_is_refused() -> None:
    with pytest.raises(FormatError):
        read_encodings([bytes(100)])
