"""CLK files: what is written is read back, and anything but equally long CLKs in base64 is refused."""

import base64
import contextlib
import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from linkage.errors import FormatError, LimitError
from linkage.wire import clks
from linkage.wire.clks import clks_pieces, is_clks, read_clks


def _table(rows: Sequence[bytes]) -> NDArray[np.uint8]:
    width = len(rows[0]) if rows else 0
    return np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), width)


@given(
    st.integers(1, 40).flatmap(lambda width: st.lists(st.binary(min_size=width, max_size=width), max_size=9))
)
def test_what_is_written_is_read_back(rows: list[bytes]) -> None:
    table = _table(rows)
    half = len(rows) // 2
    data = b"".join(clks_pieces([table[:half], table[half:]]))
    assert json.loads(data) == {"clks": [base64.b64encode(row).decode() for row in rows]}
    assert is_clks(data)
    assert [row.tobytes() for row in read_clks(data)] == rows
    if rows:
        assert np.array_equal(read_clks(data, length=8 * len(rows[0])), table)


def test_an_empty_file_has_the_width_that_is_known() -> None:
    assert read_clks(b'{"clks": []}').shape == (0, 0)
    assert read_clks(b'{"clks": []}', length=1001).shape == (0, 126)


def test_what_others_write_is_read() -> None:
    assert read_clks(b'\xef\xbb\xbf {\n "clks" : [ "AAE=" ,\t"\\u0041\\/8=" ] }\n').tolist() == [
        [0, 1],
        [3, 255],
    ]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "one list of texts"),
        (b"{}", "one list of texts"),
        (b'{"clks": "AAE="}', "one list of texts"),
        (b'{"clks": [1]}', "one list of texts"),
        (b'{"clks": [], "more": 1}', "one list of texts"),
        (b'{"clks": ["AAE=", "AAEC"]}', "CLK 2 has 3 bytes, the first has 2"),
        (b'{"clks": [""]}', "CLK 1 is not base64"),
        (b'{"clks": ["AAE"]}', "CLK 1 is not base64"),
        (b'{"clks": ["AAE=", "A E="]}', "CLK 2 is not base64"),
        (b'{"clks": ["AAF="]}', "CLK 1 is not base64"),
        (b'{"clks": ["\xc3\xbc"]}', "CLK 1 is not base64"),
        (b'{"clks": ["AA=="]}', "CLKs of 1 bytes where 16 bits are expected"),
    ],
)
def test_anything_else_is_refused_in_words(data: bytes, says: str) -> None:
    with pytest.raises(FormatError, match=says) as refused:
        read_clks(data, length=16 if "expected" in says else None)
    assert refused.value.hint


def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(clks, "MAX_CLKS_BYTES", 10)
        with pytest.raises(LimitError, match="larger than 10 bytes"):
            read_clks(b'{"clks": []}')
    monkeypatch.setattr(clks, "MAX_CLK_BYTES", 1)
    with pytest.raises(LimitError, match="longer than 1"):
        read_clks(b'{"clks": ["AAE="]}')


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for attempt in (data, b'{"clks": [' + data + b"]}", b'{"clks": ["' + data + b'"]}'):
        with contextlib.suppress(FormatError):
            assert read_clks(attempt).dtype == np.uint8


@pytest.mark.parametrize("beginning", [b"", b"PK\x03\x04", b"[", b"clks"])
def test_other_files_do_not_look_like_clks(beginning: bytes) -> None:
    assert not is_clks(beginning)
