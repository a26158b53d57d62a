"""The legacy encoder: one row depends on nothing but itself; what does not fit is named and never shown."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encode.legacy import filters
from linkage.encode.legacy.comparisons import ExactComparison, NgramComparison, NumericComparison
from linkage.encode.legacy.encoder import LegacyEncoder
from linkage.encode.legacy.folding import folded
from linkage.errors import InputError
from tests.support.legacy import SECRET, feature, ignored, profile, schema

PEOPLE = schema(
    ignored("row"),
    feature("name", strategy={"bitsPerFeature": 90}),
    feature("dob", format={"type": "date", "format": "%d/%m/%Y"}, hash={"type": "doubleHash"}),
    feature("sex", format={"type": "enum", "values": ["F", "M", ""]}),
)
ROWS = [
    ["1", "Ada Lovelace", "10/12/1815", "F"],
    ["2", "Alan Turing", "23/06/1912", "M"],
    ["3", "Grace Hopper", "09/12/1906", ""],
    ["4", "", "01/01/1970", "F"],
]


def _encoder(**changes: object) -> LegacyEncoder:
    return LegacyEncoder(profile(PEOPLE), SECRET, **changes)  # type: ignore[arg-type]


def test_rows_keep_their_order_and_are_packed() -> None:
    made = _encoder().encode(ROWS)
    assert (made.shape, made.dtype) == ((4, 128), np.uint8)
    alone = [_encoder().encode([row])[0] for row in ROWS]
    assert np.array_equal(made, np.array(alone))
    assert len({row.tobytes() for row in made}) == 4


def test_no_rows_give_no_clks() -> None:
    assert _encoder().encode([]).shape == (0, 128)


@given(batch_rows=st.integers(1, 7), again=st.integers(1, 3))
def test_batches_make_no_difference(batch_rows: int, again: int) -> None:
    rows = ROWS * again
    batches = list(_encoder().encode_batches(rows, batch_rows=batch_rows))
    assert all(len(batch) <= batch_rows for batch in batches)
    assert np.array_equal(np.concatenate(batches), _encoder().encode(rows))


def test_rows_are_taken_one_batch_at_a_time() -> None:
    taken = 0

    def rows() -> Iterator[list[str]]:
        nonlocal taken
        for row in ROWS:
            taken += 1
            yield row

    batches = _encoder().encode_batches(rows(), batch_rows=2)
    next(batches)
    assert taken == 2


def test_rows_by_name_and_by_place_are_one() -> None:
    named = [dict(zip(("row", "name", "dob", "sex"), row, strict=True)) for row in ROWS]
    assert np.array_equal(_encoder().encode(named), _encoder().encode(ROWS))
    unignored = [{key: value for key, value in row.items() if key != "row"} for row in named]
    assert np.array_equal(_encoder().encode(unignored), _encoder().encode(ROWS))
    with pytest.raises(InputError, match="row 1: has no column dob"):
        _encoder().encode([{"name": "Ada", "sex": "F"}])


def test_ignored_columns_change_nothing() -> None:
    changed = [["other", *row[1:]] for row in ROWS]
    assert np.array_equal(_encoder().encode(changed), _encoder().encode(ROWS))


def test_secrets_are_one_as_text_and_as_bytes_and_differ_otherwise() -> None:
    text = LegacyEncoder(profile(PEOPLE), "sécret").encode(ROWS)
    assert np.array_equal(text, LegacyEncoder(profile(PEOPLE), "sécret".encode()).encode(ROWS))
    assert not np.array_equal(text, LegacyEncoder(profile(PEOPLE), "secret").encode(ROWS))


def test_progress_is_told_the_rows_done() -> None:
    told: list[int] = []
    list(_encoder().encode_batches(ROWS, progress=told.append, batch_rows=3))
    assert told == [3, 4]


def test_caches_that_fill_up_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[str(number), f"name {number}", "10/12/1815", "F"] for number in range(3000)]
    whole = _encoder().encode(rows)
    monkeypatch.setattr(filters, "_CACHE_BYTES", 0)
    small = _encoder()
    assert np.array_equal(small.encode(rows), whole)
    assert all(0 < len(one) <= 1024 for one in small._filters.values())
    assert small.encode(rows[:1]).tobytes() == whole[:1].tobytes()


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (["x", "Ada", "31/02/1999", "F"], "dob", "is not a date as %d/%m/%Y"),
        (
            ["x", "Ada", "01/01/0999", "F"],
            "dob",
            "has a year before 1000, which clkhash hashes differently on each platform",
        ),
        (["x", "Ada", "01/01/1999", "X"], "sex", "is none of the values that the schema lists"),
        (["x", "\ud800", "01/01/1999", "F"], "name", "has a character that utf-8 cannot write"),
        (["x", None, "01/01/1999", "F"], "name", "is not text"),
        (["x", [], "01/01/1999", "F"], "name", "is not text"),
    ],
)
def test_a_bad_value_is_named_and_never_shown(row: list[str], column: str, reason: str) -> None:
    with pytest.raises(InputError) as refused:
        _encoder(first_row=2).encode([*ROWS, row])
    assert refused.value.message == f"row 6, column {column}: the value {reason}"
    assert refused.value.hint
    assert refused.value.__context__ is None  # what strptime and codecs raise holds the value


@pytest.mark.parametrize(
    ("written", "value", "reason"),
    [
        (feature(format={"type": "string", "case": "upper"}), "Ada", "not in upper case"),
        (feature(format={"type": "string", "case": "lower"}), "Ada", "not in lower case"),
        (feature(format={"type": "string", "minLength": 4}), "Ada", "shorter than the 4"),
        (feature(format={"type": "string", "maxLength": 2}), "Ada", "longer than the 2"),
        (
            feature(format={"type": "string", "pattern": "[a-z]+"}),
            "Ada",
            "does not match the schema's pattern",
        ),
        (feature(format={"type": "string", "encoding": "ascii"}), "Adé", "that ascii cannot write"),
        (feature(format={"type": "integer"}), "7.0", "not a whole number"),
        (feature(format={"type": "integer"}), "9" * 5000, "not a whole number"),
        (feature(format={"type": "integer", "minimum": 3}), "2", "below the schema's minimum of 3"),
        (feature(format={"type": "integer", "maximum": 3}), "4", "above the schema's maximum of 3"),
        (
            feature(comparison={"type": "numeric", "thresholdDistance": 2, "resolution": 1}),
            "nan",
            "not a number that can be compared",
        ),
        (
            feature(comparison={"type": "numeric", "thresholdDistance": 2, "resolution": 1}),
            "1e999",
            "not a number that can be compared",
        ),
        (
            feature(
                format={"type": "string", "encoding": "ascii"},
                missingValue={"sentinel": "?", "replaceWith": "ünbekannt"},
            ),
            "?",
            "that ascii cannot write",
        ),
    ],
)
def test_every_format_refuses_in_words(written: dict[str, object], value: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as refused:
        LegacyEncoder(profile(schema(written)), SECRET).encode([[value]])
    assert refused.value.message.startswith("row 1, column value: the value ")
    assert refused.value.__context__ is None


def test_a_mask_shows_what_it_leaves() -> None:
    encoder = _encoder(mask=lambda value: "9" * len(value))
    with pytest.raises(InputError, match=r"\(reads 9999\)"):
        encoder.encode([["1", "Ada", "1815", "F"]])


def test_the_first_bad_value_is_named_and_the_others_are_counted() -> None:
    bad = [["1", "Ada", "x", "F"], ["2", "Alan", "y", "Q"]]
    with pytest.raises(InputError, match=r"row 1, column dob: .*; so do not 2 more values up to row 2"):
        _encoder().encode(bad)


@pytest.mark.parametrize("row", [[], ["1"], ["1", "2", "3", "4", "5"], "four"])
def test_a_row_of_another_width_is_refused(row: list[str]) -> None:
    with pytest.raises(InputError, match=rf"row 1: has {len(row)} values, the linkage schema 4"):
        _encoder().encode([row])


def test_a_missing_value_is_neither_checked_nor_rewritten() -> None:
    written = feature(
        format={"type": "date", "format": "%Y-%m-%d"},
        missingValue={"sentinel": "0000-00-00", "replaceWith": "1900-01-01"},
    )
    text = feature()
    missing = LegacyEncoder(profile(schema(written)), SECRET).encode([["0000-00-00"]])
    assert np.array_equal(missing, LegacyEncoder(profile(schema(text)), SECRET).encode([["1900-01-01"]]))


def test_case_is_checked_and_never_applied() -> None:
    lower = LegacyEncoder(profile(schema(feature(format={"type": "string", "case": "lower"}))), SECRET)
    mixed = LegacyEncoder(profile(schema(feature())), SECRET)
    assert np.array_equal(lower.encode([["ada"]]), mixed.encode([["ada"]]))
    assert not np.array_equal(mixed.encode([["ada"]]), mixed.encode([["Ada"]]))


_WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(word=_WORDS, n=st.integers(1, 5))
def test_ngrams_cover_the_word_and_number_themselves(word: str, n: int) -> None:
    grams = list(NgramComparison(n).tokens(word))
    assert len(grams) == (len(word) + n - 1 if word else 0)
    assert all(len(gram) == n for gram in grams)
    assert "".join(gram[-1] for gram in grams)[: len(word)] == word
    numbered = list(NgramComparison(n, positional=True).tokens(word))
    assert numbered == [f"{number} {gram}" for number, gram in enumerate(grams, start=1)]


@given(word=_WORDS)
def test_exact_is_the_word_itself(word: str) -> None:
    assert list(ExactComparison().tokens(word)) == ([word] if word else [])


@given(
    a=st.integers(-(10**12), 10**12),
    b=st.integers(-(10**12), 10**12),
    distance=st.integers(1, 10**6),
    resolution=st.integers(1, 40),
)
def test_numbers_share_fewer_tokens_the_further_they_are_apart(
    a: int, b: int, distance: int, resolution: int
) -> None:
    numeric = NumericComparison(distance, resolution)
    left, right = set(numeric.tokens(str(a))), set(numeric.tokens(str(b)))
    assert len(left) == len(right) == 2 * resolution + 1
    steps = abs(a - b) * 2 * resolution / distance
    assert abs(len(left & right) - max(0, 2 * resolution + 1 - steps)) <= 1


@given(bits=st.integers(0), folds=st.integers(0, 4), width=st.integers(1, 20))
def test_folding_lays_stretches_over_each_other(bits: int, folds: int, width: int) -> None:
    length = width << folds
    bits %= 1 << length
    text = f"{bits:0{length}b}"
    stretches = [text[at : at + width] for at in range(0, length, width)]
    expected = "".join(str(sum(map(int, column)) % 2) for column in zip(*stretches, strict=True))
    assert f"{folded(bits, length, folds):0{width}b}" == expected
