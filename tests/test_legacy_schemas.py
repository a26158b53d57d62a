"""Schemas of every version are read alike, and a bad one is refused with its place and what to do."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encode.legacy.profile import WEAK_LABEL, LegacyProfile
from linkage.encode.legacy.reading import MAX_SCHEMA_BYTES, read_schema
from linkage.encode.legacy.schema import LegacySchema
from linkage.encode.legacy.strategies import BitsPerFeature, BitsPerToken
from linkage.errors import InputError
from tests.support.legacy import Json, feature, ignored, profile, schema

_KDF: Json = {"type": "HKDF"}
_DOUBLE: Json = {"type": "doubleHash"}


def _v1(*features: Json, **config: Any) -> Json:
    return {
        "version": 1,
        "clkConfig": {"l": 1024, "k": 20, "hash": _DOUBLE, "kdf": _KDF, **config},
        "features": list(features),
    }


def _v1_feature(**hashing: Any) -> Json:
    return {"identifier": "value", "format": {"type": "string"}, "hashing": {"ngram": 2, **hashing}}


def _v2(**hashing: Any) -> Json:
    shaped = {"identifier": "value", "format": {"type": "string"}, "hashing": {"ngram": 2, **hashing}}
    return {"version": 2, "clkConfig": {"l": 1024, "kdf": _KDF}, "features": [shaped]}


def test_the_three_versions_say_the_same_thing() -> None:
    missing = {"sentinel": "-", "replaceWith": "none"}
    first = _v1(_v1_feature(weight=0.5, positional=True, missingValue=missing))
    second = _v2(strategy={"k": 10}, positional=True, missingValue=missing, hash=_DOUBLE)
    third = schema(
        feature(comparison={"type": "ngram", "n": 2, "positional": True}, missingValue=missing, hash=_DOUBLE)
    )
    assert len({profile(one).digest for one in (first, second, third)}) == 1
    assert [read_schema(json.dumps(one)).version for one in (first, second, third)] == [1, 2, 3]


@pytest.mark.parametrize(("weight", "bits"), [(1, 20), (0.5, 10), (0.125, 2), (0.175, 4), (1.26, 25)])
def test_weights_round_half_to_even(weight: float, bits: int) -> None:
    read = read_schema(json.dumps(_v1(_v1_feature(weight=weight))))
    assert read.features[0].hashing is not None
    assert read.features[0].hashing.strategy == BitsPerToken(bits)


def test_a_weight_of_nothing_ignores_the_feature_but_not_its_keys() -> None:
    weighted = _v1(_v1_feature(weight=0), _v1_feature())
    assert read_schema(json.dumps(weighted)).features[0].hashing is None
    assert (
        profile(weighted).digest == profile(_v1({"identifier": "x", "ignored": True}, _v1_feature())).digest
    )
    assert profile(weighted).digest != profile(_v1(_v1_feature())).digest


def test_version_3_ignores_a_feature_that_has_settings() -> None:
    written = schema(feature(), {**feature("unused"), "ignored": True})
    assert profile(written).digest == profile(schema(feature(), ignored())).digest


def test_defaults_are_those_of_clkhash() -> None:
    read = read_schema(json.dumps(schema(feature(), kdf={"type": "HKDF"})))
    assert read.key_derivation.hash == "SHA256"
    assert read.key_derivation.key_size == 64
    assert (read.key_derivation.salt, read.key_derivation.info) == (None, None)
    explicit = schema(
        feature(hash={"type": "blakeHash"}, comparison={"type": "ngram", "n": 2, "positional": False}),
        kdf={"hash": "SHA256", "keySize": 64},
    )
    assert profile(explicit).digest == profile(schema(feature())).digest
    assert read_schema(json.dumps(_v2(strategy={"numBits": 30}))).features[0].hashing is not None


@pytest.mark.parametrize(
    "changed",
    [
        schema(feature(), length=512),
        schema(feature(), kdf={"hash": "SHA512"}),
        schema(feature(), kdf={"salt": "c2FsdA=="}),
        schema(feature(), kdf={"info": "aW5mbw=="}),
        schema(feature(), kdf={"keySize": 32}),
        schema(feature(), ignored()),
        schema(feature(comparison={"type": "ngram", "n": 3})),
        schema(feature(comparison={"type": "ngram", "n": 2, "positional": True})),
        schema(feature(comparison={"type": "exact"})),
        schema(feature(comparison={"type": "numeric", "thresholdDistance": 5, "resolution": 2})),
        schema(feature(comparison={"type": "numeric", "thresholdDistance": 6, "resolution": 2})),
        schema(feature(strategy={"bitsPerFeature": 10})),
        schema(feature(strategy={"bitsPerToken": 11})),
        schema(feature(hash=_DOUBLE)),
        schema(feature(hash={**_DOUBLE, "prevent_singularity": True})),
        schema(feature(missingValue={"sentinel": ""})),
        schema(feature(missingValue={"sentinel": "", "replaceWith": "x"})),
        schema(feature(format={"type": "string", "encoding": "utf-16"})),
        schema(feature(format={"type": "integer"})),
        schema(feature(format={"type": "date", "format": "%Y"})),
        schema(feature(format={"type": "date", "format": "%d/%m/%Y"})),
    ],
)
def test_whatever_changes_a_bit_changes_the_digest(changed: Json) -> None:
    assert profile(changed).digest != profile(schema(feature())).digest


@pytest.mark.parametrize(
    "same",
    [
        schema(feature("another name")),
        schema(feature(format={"type": "string", "case": "upper", "maxLength": 9, "description": "d"})),
        schema(feature(format={"type": "string", "pattern": "a+"})),
        schema(feature(format={"type": "enum", "values": ["a"]})),
        {**schema(feature()), "note": "keys that nobody knows are skipped here, as clkhash does"},
    ],
)
def test_what_only_checks_values_is_not_in_the_digest(same: Json) -> None:
    assert profile(same).digest == profile(schema(feature())).digest


def _without(written: Json, key: str) -> Json:
    return {name: value for name, value in written.items() if name != key}


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ([], "the file: not a JSON object"),
        ({}, "version: must be 1, 2 or 3"),
        ({**schema(feature()), "version": 4}, "version"),
        ({**schema(feature()), "version": True}, "version"),
        (_without(schema(feature()), "clkConfig"), "clkConfig"),
        (schema(), "features: there are none"),
        ({**schema(feature()), "features": {}}, "features"),
        (schema(ignored()), "features: every one is ignored"),
        (schema(feature(), length=1000), "clkConfig.l: must be a power of two"),
        (schema(feature(), length=0), "clkConfig.l"),
        (schema(feature(), length=1 << 21), "clkConfig.l"),
        (schema(feature(hash={**_DOUBLE, "prevent_singularity": True}), length=1), "prevent_singularity"),
        (schema(feature(), xorFolds=-1), "clkConfig.xorFolds"),
        (schema(feature(), xor_folds="2"), "clkConfig.xor_folds"),
        (schema(feature(), kdf={"type": "PBKDF2"}), "clkConfig.kdf"),
        (schema(feature(), kdf={"hash": "MD5"}), "clkConfig.kdf.hash"),
        (schema(feature(), kdf={"salt": "a"}), "clkConfig.kdf.salt: not base64"),
        (schema(feature(), kdf={"salt": "ü"}), "clkConfig.kdf.salt: not base64"),
        (schema(feature(), kdf={"keySize": 0}), "clkConfig.kdf.keySize"),
        (schema(feature(), kdf={"keySize": 65}), "clkConfig.kdf.keySize: blakeHash takes keys"),
        (schema(*[feature() for _ in range(64)]), "features: SHA256 has keys of 64 bytes for at most 63"),
        (schema({"format": {"type": "string"}}), "feature 1: has no identifier"),
        (schema("name"), "feature 1: not a JSON object"),  # type: ignore[arg-type]
        (schema({**feature(), "ignored": "yes"}), "feature 1 (value).ignored"),
        (schema({"identifier": "value"}), "feature 1 (value)"),
        (schema(feature(), feature("dob", format={"type": "dates"})), "feature 2 (dob).format"),
        (schema(feature(format={"type": "date"})), "format"),
        (schema(feature(format={"type": "date", "format": "%Y-%Q"})), "a % directive that strptime"),
        (schema(feature(format={"type": "date", "format": "%Y%"})), "a % directive that strptime"),
        (schema(feature(format={"type": "date", "format": "%Y %Y"})), "one % directive twice"),
        (schema(feature(format={"type": "string", "pattern": "[5-9"})), "not a regular expression"),
        (schema(feature(format={"type": "string", "pattern": "a{4294967295}"})), "not a regular expression"),
        (
            schema(feature(format={"type": "string", "pattern": "(" * 2000 + ")" * 2000})),
            "not a regular expression",
        ),
        (
            schema(feature(format={"type": "string", "pattern": "a", "case": "upper"})),
            "a pattern stands alone",
        ),
        (schema(feature(format={"type": "string", "encoding": "latin-1"})), "format.encoding"),
        (schema(feature(format={"type": "string", "maxlength": 3})), "format"),
        (schema(feature(format={"type": "enum"})), "format"),
        (schema(feature(comparison={"type": "soundex"})), "hashing.comparison"),
        (schema(feature(comparison={"type": "ngram", "n": 0})), "hashing.comparison.n"),
        (
            schema(feature(comparison={"type": "numeric", "thresholdDistance": 0, "resolution": 1})),
            "thresholdDistance must be above 0",
        ),
        (
            schema(feature(comparison={"type": "numeric", "thresholdDistance": 0.1, "resolution": 1})),
            "fractional_precision is too low",
        ),
        (
            schema(feature(comparison={"type": "numeric", "thresholdDistance": 1e308, "resolution": 1})),
            "too large",
        ),
        (schema(feature(strategy={"throughTheWall": 15})), "strategy: must have bitsPerToken"),
        (schema(feature(strategy={"bitsPerToken": 1, "bitsPerFeature": 1})), "strategy"),
        (schema(feature(strategy={"bitsPerToken": 0})), "strategy.bitsPerToken"),
        (schema(feature(strategy={"bitsPerToken": 1.5})), "strategy.bitsPerToken"),
        (schema(feature(hash={"type": "blakeHash", "prevent_singularity": True})), "hashing.hash"),
        (schema(feature(missingValue={"replaceWith": "x"})), "hashing.missingValue"),
        (schema(feature(ngram=2)), "feature 1 (value).hashing"),
        (_v2(strategy={"bitsPerToken": 1}), "strategy: must have k or numBits"),
        (_v2(), "hashing"),
        (_v1(_v1_feature(weight=-1)), "hashing.weight"),
        (_v1(_v1_feature(weight=0.001)), "hashing.weight"),
        (_v1(_v1_feature(ngram=0)), "hashing.ngram"),
        (_v1({**_v1_feature(), "ignored": True}), "is ignored and yet has settings"),
        (_v1(_v1_feature(), k=None), "clkConfig: k and hash are missing"),
    ],
)
def test_a_bad_schema_is_refused_at_its_place(written: object, place: str) -> None:
    with pytest.raises(InputError) as refused:
        read_schema(json.dumps(written))
    assert refused.value.message.startswith("linkage schema, ")
    assert place in refused.value.message
    assert refused.value.hint


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"version": NaN}', b" " * (MAX_SCHEMA_BYTES + 1)],
)
def test_what_is_not_json_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="linkage schema, the file"):
        read_schema(data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_PATHS: list[list[Any]] = [
    ["version"],
    ["clkConfig"],
    *[["clkConfig", key] for key in ("l", "kdf", "xorFolds", "xor_folds", "k", "hash")],
    *[["clkConfig", "kdf", key] for key in ("type", "hash", "salt", "info", "keySize")],
    ["features"],
    ["features", 0],
    *[["features", 0, key] for key in ("identifier", "ignored", "format", "hashing")],
    *[["features", 0, "format", key] for key in ("type", "encoding", "pattern", "case", "minLength")],
    *[["features", 0, "hashing", key] for key in ("comparison", "strategy", "hash", "missingValue", "ngram")],
    *[["features", 0, "hashing", "comparison", key] for key in ("type", "n", "positional")],
    ["features", 0, "hashing", "strategy", "bitsPerToken"],
    ["features", 0, "hashing", "strategy", "k"],
]


@given(path=st.sampled_from(_PATHS), value=_JSON, version=st.sampled_from([1, 2, 3]))
def test_any_json_anywhere_is_read_or_refused_but_never_crashes(
    path: list[Any], value: object, version: int
) -> None:
    written: Any = {1: _v1(_v1_feature()), 2: _v2(strategy={"k": 5}), 3: schema(feature())}[version]
    spot = written = json.loads(json.dumps(written))
    for key in path[:-1]:
        spot = spot[key] if isinstance(key, int) else spot.setdefault(key, {})
    spot[path[-1]] = value
    with contextlib.suppress(InputError):
        read = read_schema(json.dumps(written))
        assert profile_made(read).length == read.length


def profile_made(read: LegacySchema) -> LegacyProfile:
    """Return a profile whose digest can be taken: everything in it has a canonical form."""
    made = LegacyProfile(read, reading="clkhash")
    assert len(made.digest) == 64
    return made


def test_folds_have_two_readings_and_nobody_guesses() -> None:
    specified = schema(feature(), xorFolds=2)
    with pytest.raises(InputError, match=r"clkhash 0\.18\.3 ignores that key and performs 0"):
        profile(specified)
    assert (profile(specified, "specified").folds, profile(specified, "clkhash").folds) == (2, 0)
    performed = schema(feature(), xor_folds=1)
    assert (profile(performed, "specified").folds, profile(performed, "clkhash").folds) == (0, 1)
    agreeing = schema(feature(), xorFolds=3, xor_folds=3)
    assert profile(agreeing).folds == profile(agreeing, "clkhash").folds == 3
    assert profile(specified, "specified").hashed_length == 4096
    assert profile(specified, "specified").length == profile(specified, "clkhash").length == 1024
    assert profile(specified, "specified").digest != profile(specified, "clkhash").digest
    assert any("XOR folds" in warning for warning in profile(specified, "clkhash").warnings)
    assert not any("XOR folds" in warning for warning in profile(schema(feature())).warnings)


def test_a_profile_is_labelled_weak_wherever_it_shows() -> None:
    made = LegacyProfile(read_schema(json.dumps(schema(feature()))), name="old")
    assert made.weak is True
    assert made.warnings[0] == f"old: {WEAK_LABEL}"
    assert "withstands no known attack" in WEAK_LABEL


def test_characters_outside_base64_are_skipped_as_clkhash_skips_them_and_told() -> None:
    odd = profile(schema(feature(), kdf={"salt": "c2Fs*dA=="}))
    assert odd.schema.key_derivation.salt == b"salt"
    assert any("salt has characters outside base64" in warning for warning in odd.warnings)
    assert odd.digest == profile(schema(feature(), kdf={"salt": "c2FsdA=="})).digest


@given(bits=st.integers(1, 1000), tokens=st.integers(0, 300))
def test_bits_for_a_feature_are_all_spent_and_evenly(bits: int, tokens: int) -> None:
    shares = list(BitsPerFeature(bits).insertions(tokens))
    assert len(shares) == tokens
    if tokens:
        assert sum(shares) == bits
        assert max(shares) - min(shares) <= 1
        assert shares == sorted(shares, reverse=True)
