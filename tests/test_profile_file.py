"""A custom profile that is wrong is refused with the place and the cure, whatever the file holds."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.main import main
from linkage.errors import ClewError, LimitError, ProfileError, VersionError
from linkage.profile_file import MAX_PROFILE_BYTES, read_profile

VECTORS = Path(__file__).parent / "vectors" / "profiles"
GOOD = (VECTORS / "good-full.json").read_text(encoding="utf-8")


def _refusal(text: str) -> ClewError:
    with pytest.raises(ClewError) as caught:
        read_profile(text.encode())
    return caught.value


@pytest.mark.parametrize(
    ("fixture", "said", "hint"),
    [
        (
            "bad-field-unknown",
            'views[0].features[0].field (view "y-e"): "forenames"',
            'did you mean "forename"?',
        ),
        ("bad-salt-unknown", 'views[0].salt[0] (view "y-e"): "yaer" is not one', 'did you mean "year"?'),
        ("bad-unknown-part", '"lenght" is not a part of a profile', 'did you mean "length"?'),
        ("bad-length-missing", '"length" is missing', "Bits of every view"),
        ("bad-length-a-text", "length: Expected a whole number, got a text", "a multiple of 64"),
        ("bad-k-too-large", 'features[0].k (view "y-e"): Expected a whole number <= 32', "1 to 32"),
        ("bad-name-with-capitals", "name: not written as a name", "lower-case letters"),
        (
            "bad-prefixes-missing",
            'features[2] (view "y-e"): no prefixes are listed',
            "0 stands for the whole",
        ),
        ("bad-tiers-none", 'views[1].tiers (view "f-p")', '"certain", "uncertain" or both'),
        ("bad-salt-twice", "a part of the salt stands twice", "leave one"),
        ("bad-version-two", "format version 2, this release reads version 1", "release"),
        ("bad-format-another", "its format is another one", '"format": "clew-profile"'),
        ("bad-a-list", "a JSON object is wanted", "docs/profiles.md"),
        ("beyond-two-views-of-one-name", "two views have the same name", "a name of its own"),
        ("beyond-threshold-of-no-view", "a threshold is set for a view", "or leave it out"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_its_cure(fixture: str, said: str, hint: str) -> None:
    refusal = _refusal((VECTORS / f"{fixture}.json").read_text(encoding="utf-8"))
    assert said in refusal.message
    assert hint in refusal.hint


def test_faults_of_the_text_itself_are_placed() -> None:
    assert _refusal(GOOD.replace('"length": 1024,', '"length": 1024')).message.startswith("line ")
    assert '"length" stands twice' in _refusal(GOOD.replace('"length"', '"length": 64, "length"')).message
    assert "NaN is not a number" in _refusal(GOOD.replace("1024", "NaN")).message
    assert isinstance(_refusal("[" * 30_000), ProfileError)
    assert isinstance(_refusal('{"length": ' + "9" * 6_000 + "}"), ProfileError)
    assert isinstance(_refusal(" " * (MAX_PROFILE_BYTES + 1)), LimitError)
    assert isinstance(_refusal(GOOD.replace('"version": 1', '"version": 9')), VersionError)
    with pytest.raises(ProfileError, match="not UTF-8"):
        read_profile(b"\xff\xfe{}")


@pytest.mark.parametrize(
    "text",
    [
        '{"\\ud800": 1}',
        GOOD.replace('"length"', '"\\udfff": 1, "length"', 1),
        GOOD.replace('"own-1"', '"\\ud800"', 1),
        GOOD.replace('"year"', '"\\ud800"', 1),
        GOOD.replace('"version"', '"\\ud800": 1, "\\ud800": 2, "version"', 1),
    ],
)
def test_half_a_character_is_refused_in_words(text: str) -> None:
    assert "\\ud" in text
    refusal = _refusal(text)
    assert refusal.message.isprintable()
    assert refusal.hint


def test_layout_and_a_byte_order_mark_do_not_matter() -> None:
    flat = json.dumps(json.loads(GOOD)).encode()
    assert read_profile(b"\xef\xbb\xbf" + GOOD.encode()) == read_profile(flat)


def _read_or_refused_in_words(text: str) -> None:
    try:
        read_profile(text.encode())
    except ClewError as error:
        refusal = error
    else:
        return
    assert refusal.message.isprintable()
    assert refusal.hint
    assert "`" not in refusal.message


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(["name", "length", "diffusion", "views", "decision", "version", "format", "normaliser"]),
    _JSON,
)
def test_any_value_in_any_place_is_read_or_refused_in_words(part: str, value: object) -> None:
    _read_or_refused_in_words(json.dumps(json.loads(GOOD) | {part: value}))


@given(st.sampled_from(["name", "salt", "tiers", "features", "diffusion"]), _JSON)
def test_any_value_in_a_view_is_read_or_refused_in_words(part: str, value: object) -> None:
    content = json.loads(GOOD)
    content["views"][0][part] = value
    _read_or_refused_in_words(json.dumps(content))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(octets: bytes) -> None:
    with pytest.raises(ClewError):
        read_profile(octets)


def test_check_names_the_file_and_ends_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "own.json"
    file.write_text(GOOD.replace('"year"', '"yaer"'), encoding="utf-8")
    assert main(["profile", "check", str(file)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "own.json: views[0].salt[0]" in shown.err
    file.write_text(" " * (MAX_PROFILE_BYTES + 1))
    assert main(["profile", "check", str(file)]) == 1
    assert "hint: " in capsys.readouterr().err
    assert main(["profile", "check", str(tmp_path / "none.json")]) == 1
    assert "none.json" in capsys.readouterr().err
    file.write_text(GOOD, encoding="utf-8")
    assert main(["profile", "check", str(file)]) == 0
    assert "own-1: a valid encoding profile, digest " in capsys.readouterr().out
