"""Legacy CLKs are clkhash's, bit for bit: its published vectors, a frozen sample of it, and a slow oracle.

Published vectors: the tests of https://github.com/data61/clkhash, each with the commit it was read at; the
values are theirs, the checks are ours.  The frozen sample was made by clkhash 0.18.3 itself.
"""

import base64
import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encode.legacy.comparisons import ExactComparison, NgramComparison, NumericComparison
from linkage.encode.legacy.encoder import LegacyEncoder
from linkage.encode.legacy.faults import ValueFault
from linkage.encode.legacy.formats import DateFormat, EnumFormat, IntegerFormat, TextFormat
from linkage.encode.legacy.hashing import DoublePositions
from linkage.encode.legacy.profile import LegacyProfile
from linkage.encode.legacy.reading import read_schema
from tests.oracles import legacy_oracle
from tests.support.legacy import SECRET, Json, feature, ignored, profile, schema

FROZEN = json.loads((Path(__file__).parent / "vectors" / "clkhash-0.18.3.json").read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = FROZEN["cases"]


@pytest.mark.parametrize("kind", sorted({case["kind"] for case in CASES}))
def test_the_frozen_answers_of_clkhash_are_met(kind: str) -> None:
    for case in (case for case in CASES if case["kind"] == kind):
        encoder = LegacyEncoder(profile(case["schema"], "clkhash"), case["secret"])
        made = [base64.b64encode(row.tobytes()).decode() for row in encoder.encode(case["rows"])]
        assert made == case["clks"], (case["schema"], case["rows"])


def test_the_frozen_sample_covers_every_setting() -> None:
    features = [one for case in CASES for one in case["schema"]["features"] if "hashing" in one]
    assert "made by clkhash 0.18.3" in FROZEN["provenance"]
    assert sum(len(case["rows"]) for case in CASES) >= 500
    assert Counter(case["schema"]["version"] for case in CASES).keys() == {1, 2, 3}
    assert {one["format"]["type"] for one in features} == {"string", "integer", "date", "enum"}
    assert {one["hashing"]["comparison"]["type"] for one in features if "comparison" in one["hashing"]} == {
        "ngram",
        "exact",
        "numeric",
    }
    assert {key for one in features for key in one["hashing"].get("strategy", {"weight": 1})} == {
        "k",
        "numBits",
        "bitsPerToken",
        "bitsPerFeature",
        "weight",
    }
    assert {key for case in CASES for key in case["schema"]["clkConfig"]} >= {"xorFolds", "xor_folds"}
    seen = [
        one["hashing"]["missingValue"]["sentinel"] in [row[place] for row in case["rows"]]
        for case in CASES
        for place, one in enumerate(case["schema"]["features"])
        if "missingValue" in one.get("hashing", {})
    ]
    assert sum(seen) >= 20


# tests/test_bloomfilter.py at 00770da63277b3aa4f11e68cde2c42895b3bda2f
@pytest.mark.parametrize(
    ("token", "singular"), [("635", True), ("1402", True), ("666", False), ("1401", False)]
)
def test_published_singular_tokens(token: str, singular: bool) -> None:
    keys = b"secret1", b"secret2"
    plain = set(DoublePositions(keys, 1024, prevent_singularity=False)(token.encode(), 20))
    mended = set(DoublePositions(keys, 1024, prevent_singularity=True)(token.encode(), 20))
    assert (len(plain) == 1) is singular
    assert len(mended) > 1
    assert (plain != mended) is singular


# tests/test_tokenizer.py at 0867d1da6d3e4d6cf452be31b8d37bec9812c54e, and the docstring of
# clkhash.comparators.NgramComparison in 0.18.3
@pytest.mark.parametrize(
    ("n", "positional", "word", "tokens"),
    [
        (1, False, "1212", ["1", "2", "1", "2"]),
        (1, True, "123", ["1 1", "2 2", "3 3"]),
        (1, True, "1*2*", ["1 1", "2 *", "3 2", "4 *"]),
        (1, True, "111", ["1 1", "2 1", "3 1"]),
        (2, False, "steve", [" s", "st", "te", "ev", "ve", "e "]),
        (2, False, "abab", [" a", "ab", "ba", "ab", "b "]),
        (2, False, "clkhash", [" c", "cl", "lk", "kh", "ha", "as", "sh", "h "]),
        (2, True, "clkhash", ["1  c", "2 cl", "3 lk", "4 kh", "5 ha", "6 as", "7 sh", "8 h "]),
        (2, True, "", []),
    ],
)
def test_published_ngrams(n: int, positional: bool, word: str, tokens: list[str]) -> None:
    assert list(NgramComparison(n, positional).tokens(word)) == tokens


# tests/test_comparators.py at 01b8e5113df50254670b22fd9b2a67e7e27c107a, and the docstring of
# clkhash.comparators.NumericComparison in 0.18.3
def test_published_numeric_tokens() -> None:
    assert list(NumericComparison(8, 2).tokens("25")) == ["88", "96", "104", "112", "120"]
    fine = NumericComparison(1, 20, 3)
    assert fine.tokens("42") == fine.tokens("42.000")
    assert list(fine.tokens("")) == list(ExactComparison().tokens("")) == []
    with pytest.raises(ValueError, match="fractional_precision is too low"):
        NumericComparison(0.001, 1, 2)


# tests/test_field_formats.py at 0340e8031f448ddeae3cd1a4040cc9f8d6fe9133
def test_published_formats() -> None:
    integer = IntegerFormat()
    assert {integer.canonical(text) for text in ("  10", "10  ", "+10", " +10 ")} == {"10"}
    for text in ("3.141592653589793", "-3.141592653589793", "boom"):
        _refused(integer, text)
    bounded = IntegerFormat(minimum=8, maximum=12)
    assert [bounded.canonical(text) for text in ("8", "9", "12")] == ["8", "9", "12"]
    for text in ("-1", "0", "1", str(10**321)):
        _refused(bounded, text)
    pattern = TextFormat(encoding="ascii", pattern=r"dog(.dog)*")
    assert [pattern.canonical(text) for text in ("dog", "dogodog")] == ["dog", "dogodog"]
    for text in ("dogs", "hot dog", "hot dogs", "dogødog"):
        _refused(pattern, text)
    enum = EnumFormat(values=("dogs", "cats", "fërrets"))
    assert enum.canonical("fërrets") == "fërrets"
    for text in ("", "mice", "snakes", "dogsdogs"):
        _refused(enum, text)


# tests/test_field_formats.py at 0340e8031f448ddeae3cd1a4040cc9f8d6fe9133
def test_published_dates() -> None:
    dates = DateFormat("%Y-%m-%d")
    for text in ("1946-06-14", "1977-12-31", "1981-10-30", "2006-03-20", "2016-02-29", "2000-02-29"):
        assert dates.canonical(text) == text.replace("-", "")
    for text in (
        *("0000-03-20", "2006-00-20", "2006-13-20", "2006-03-00", "2006-03-52", "194-06-14", "1946--06-14"),
        *("194606-14", "1946-06--14", "1946-0614", "2006-3-20d", "d2006-3-20", "", "asdfghjkl", "20-03-2006"),
        *("2017-11-31", "2017-02-29", "2016-02-30", "1900-02-29"),
    ):
        _refused(dates, text)


def _refused(form: DateFormat | EnumFormat | IntegerFormat | TextFormat, text: str) -> None:
    with pytest.raises(ValueFault):
        form.canonical(text)


# tests/test_missingValue_integration.py at 1c63f7ebf2053fa95971affad75323e447356bb5
def test_published_missing_values() -> None:
    def one(name: str, kind: str, ngram: int, sentinel: str, replacement: str) -> Json:
        return {
            "identifier": name,
            "format": {"type": kind},
            "hashing": {
                "ngram": ngram,
                "strategy": {"k": 20},
                "missingValue": {"sentinel": sentinel, "replaceWith": replacement},
            },
        }

    features = [one("name", "string", 2, "null", "Bob"), one("age", "integer", 1, "NA", "42")]
    written = {"version": 2, "clkConfig": {"l": 1024, "kdf": {"type": "HKDF"}}, "features": features}
    known, missing = LegacyEncoder(profile(written), "sec").encode([["Bob", "42"], ["null", "NA"]])
    assert known.tobytes() == missing.tobytes()


# tests/test_e2e_hashing.py at 03514bb1ec491f87fcf4dbf08ef4187066538aca
def test_published_weights_order_the_fill() -> None:
    def fill(weight: float) -> int:
        weighted = {
            "identifier": "some info",
            "format": {"type": "string"},
            "hashing": {"ngram": 2, "weight": weight},
        }
        config = {"l": 1024, "k": 30, "hash": {"type": "blakeHash"}, "kdf": {"type": "HKDF"}}
        written = {"version": 1, "clkConfig": config, "features": [weighted]}
        row = LegacyEncoder(LegacyProfile(read_schema(json.dumps(written))), "secret").encode([["Deckard"]])[
            0
        ]
        return int.from_bytes(row.tobytes(), "big").bit_count()

    assert 0 < fill(1) < fill(1.5) < fill(2) <= 2 * fill(1)
    assert fill(1.5) <= round(1.5 * fill(1))


_HASHES = st.sampled_from(
    [{"type": "blakeHash"}, {"type": "doubleHash"}, {"type": "doubleHash", "prevent_singularity": True}]
)
_STRATEGIES = st.one_of(
    st.integers(1, 70).map(lambda bits: {"bitsPerToken": bits}),
    st.integers(1, 300).map(lambda bits: {"bitsPerFeature": bits}),
)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def _whole_numbers() -> st.SearchStrategy[str]:
    return st.integers(-(10**25), 10**25).map(str)


@st.composite
def _columns(draw: st.DrawFn) -> tuple[Json, str]:
    """Draw a feature and a value that it takes."""
    kind = draw(st.sampled_from(["text", "integer", "numeric", "exact", "date", "ignored"]))
    if kind == "ignored":
        return ignored(), draw(_TEXTS)
    ngram = {"type": "ngram", "n": draw(st.integers(1, 4)), "positional": draw(st.booleans())}
    rest = {"hash": draw(_HASHES), "strategy": draw(_STRATEGIES)}
    if kind == "integer":
        return feature(format={"type": "integer"}, comparison=ngram, **rest), draw(_whole_numbers())
    if kind == "numeric":
        distance, resolution = draw(st.integers(1, 10**6)), draw(st.integers(1, 9))
        numeric = {"type": "numeric", "thresholdDistance": distance, "resolution": resolution}
        return feature(format={"type": "integer"}, comparison=numeric, **rest), draw(_whole_numbers())
    if kind == "date":
        day = draw(st.dates(min_value=dt.date(1000, 1, 1)))
        return feature(
            format={"type": "date", "format": "%d/%m/%Y"}, comparison=ngram, **rest
        ), f"{day:%d/%m/%Y}"
    text = draw(_TEXTS)
    if draw(st.booleans()):
        rest["missingValue"] = {"sentinel": draw(st.sampled_from([text, "?"])), "replaceWith": draw(_TEXTS)}
    encoding = draw(st.sampled_from(["utf-8", "utf-16", "utf-32"]))
    comparison = {"type": "exact"} if kind == "exact" else ngram
    return feature(format={"type": "string", "encoding": encoding}, comparison=comparison, **rest), text


@given(
    columns=st.lists(_columns(), min_size=1, max_size=4),
    power=st.integers(3, 10),
    folds=st.integers(0, 3),
    derivation=st.fixed_dictionaries(
        {},
        optional={
            "hash": st.sampled_from(["SHA256", "SHA512"]),
            "keySize": st.integers(1, 64),
            "salt": st.binary(max_size=80).map(lambda octets: base64.b64encode(octets).decode()),
            "info": st.binary(max_size=20).map(lambda octets: base64.b64encode(octets).decode()),
        },
    ),
)
def test_a_slow_oracle_agrees(
    columns: list[tuple[Json, str]], power: int, folds: int, derivation: Json
) -> None:
    features, row = [one for one, _ in columns], [value for _, value in columns]
    if all("ignored" in one for one in features):
        features, row = [*features, feature()], [*row, "last"]
    written = schema(*features, length=2**power, kdf=derivation, xorFolds=folds)
    made = LegacyEncoder(profile(written, "specified"), SECRET).encode([row])
    assert made[0].tobytes() == legacy_oracle.clk(written, SECRET, row, folds)


@given(length=st.integers(2, 200), word=st.text(st.characters(codec="ascii"), max_size=6))
def test_lengths_that_end_within_a_byte_agree_too(length: int, word: str) -> None:
    written = schema(feature(hash={"type": "doubleHash"}), length=length)
    made = LegacyEncoder(profile(written), SECRET).encode([[word]])
    assert made[0].tobytes() == legacy_oracle.clk(written, SECRET, [word])
