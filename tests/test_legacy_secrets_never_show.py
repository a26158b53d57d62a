"""A legacy secret and the keys from it show nowhere, travel nowhere, and are looked up by nothing."""

import copy
import inspect
import pickle
from pathlib import Path

import pytest

from linkage.encode.legacy.encoder import LegacyEncoder
from linkage.encode.legacy.filters import FeatureFilters
from linkage.encode.legacy.hashing import BlakePositions, DoublePositions
from linkage.encode.legacy.keys import LegacyKeys
from linkage.encode.legacy.schema import KeyDerivation
from linkage.errors import InputError
from tests.support.legacy import feature, profile, schema

SECRET = "a very secret phrase"
PROFILE = profile(schema(feature("name"), feature("other", hash={"type": "doubleHash"})))
DERIVATION = KeyDerivation("SHA256", None, None, 64)
KEYS = LegacyKeys(SECRET, DERIVATION, 2)
ENCODER = LegacyEncoder(PROFILE, SECRET)
ENCODER.encode([["Quillfeather", "Marguerite"]])
HASHING = PROFILE.schema.features[0].hashing
assert HASHING is not None
FILTERS = FeatureFilters(HASHING, KEYS.pair(0), PROFILE)
FILTERS["Quillfeather"]
HOLDERS = [
    KEYS,
    ENCODER,
    FILTERS,
    BlakePositions(KEYS.pair(0)[0], 1024),
    DoublePositions(KEYS.pair(1), 1024, prevent_singularity=True),
]


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda one: type(one).__name__)
def test_printed_forms_show_nothing(holder: object) -> None:
    for shown in (repr(holder), str(holder), f"{holder}", repr([holder])):
        assert "secret phrase" not in shown
        assert "Quill" not in shown
        assert repr(KEYS.pair(0)[0])[2:10] not in shown
        assert KEYS.pair(0)[0].hex()[:16] not in shown


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda one: type(one).__name__)
def test_nothing_that_holds_keys_is_pickled_or_copied(holder: object) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(holder)
    with pytest.raises(TypeError):
        copy.deepcopy(holder)


@pytest.mark.parametrize("empty", ["", b""])
def test_an_empty_secret_is_refused(empty: str | bytes) -> None:
    with pytest.raises(InputError, match="the secret is empty"):
        LegacyEncoder(PROFILE, empty)


def test_no_secret_has_a_default() -> None:
    for function in (LegacyEncoder.__init__, LegacyKeys.__init__):
        assert inspect.signature(function).parameters["secret"].default is inspect.Parameter.empty


def test_errors_show_neither_secret_nor_value() -> None:
    dated = profile(schema(feature(format={"type": "date", "format": "%Y"})))
    with pytest.raises(InputError) as refused:
        LegacyEncoder(dated, SECRET).encode([["Quillfeather"]])
    for shown in (str(refused.value), repr(refused.value)):
        assert SECRET not in shown
        assert "Quill" not in shown


def test_caches_are_looked_up_by_value_and_token_only() -> None:
    pair = KEYS.pair(0)
    tokens = FILTERS._tokens
    looked_up = [*FILTERS, *(part for inserted in tokens for part in inserted)]
    assert set(FILTERS) == {"Quillfeather"}
    assert all(isinstance(key, (str, int)) for key in looked_up)
    assert not {SECRET, *pair} & set(looked_up)


def test_two_encoders_share_no_cache() -> None:
    one, other = LegacyEncoder(PROFILE, "one"), LegacyEncoder(PROFILE, "other")
    rows = [["Ann", "Bee"]]
    assert one.encode(rows).tobytes() != other.encode(rows).tobytes()
    assert one.encode(rows).tobytes() == LegacyEncoder(PROFILE, "one").encode(rows).tobytes()


def test_md5_and_sha1_are_nowhere_else() -> None:
    root = Path(__file__).parent.parent
    legacy = root / "linkage" / "encode" / "legacy"
    for package in ("api", "cli", "keys", "linkage"):
        for module in (root / package).rglob("*.py"):
            if not module.is_relative_to(legacy):
                text = module.read_text(encoding="utf-8")
                for name in ("hashes.MD5", "hashes.SHA1", "hashlib.md5", "hashlib.sha1"):
                    assert name not in text, module
