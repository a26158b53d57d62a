"""The published schema is what the code makes, and schema and code judge profiles alike."""

import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from jsonschema import Draft202012Validator

from cli.main import main
from cli.profile.vocabulary import COMPONENT_WORDS, FIELD_WORDS
from linkage.errors import ClewError
from linkage.profile import Component, Field, Kind
from linkage.profile_file import read_profile
from linkage.profile_schema import profile_schema
from linkage.shipped_profiles import shipped_profiles

PUBLISHED = Path(__file__).parent.parent / "docs" / "spec" / "profile-1.schema.json"
FIXTURES = sorted((Path(__file__).parent / "vectors" / "profiles").glob("*.json"))
VALIDATOR = Draft202012Validator(profile_schema())


def _read(octets: bytes) -> str:
    try:
        read_profile(octets)
    except ClewError:
        return "refused"
    return "read"


def test_the_published_schema_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "schema"]) == 0
    assert capsys.readouterr().out == PUBLISHED.read_text(encoding="utf-8")


def test_the_schema_is_itself_valid_and_describes_every_part() -> None:
    Draft202012Validator.check_schema(profile_schema())
    for kind, definition in profile_schema()["$defs"].items():
        for name, part in definition["properties"].items():
            assert part["description"], (kind, name)
            assert not part["description"].startswith("Frozen"), (kind, name)
    assert "\\Z" not in json.dumps(profile_schema())


@pytest.mark.parametrize("name", sorted(shipped_profiles()))
def test_every_shipped_profile_is_valid_and_reads_back_as_itself(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = shipped_profiles()[name]
    assert main(["profile", "show", name, "--json"]) == 0
    octets = capsys.readouterr().out.encode()
    VALIDATOR.validate(json.loads(octets))
    assert read_profile(octets) == shipped
    assert read_profile(msgspec.json.encode(shipped)).digest == shipped.digest


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_schema_and_code_judge_alike(fixture: Path) -> None:
    octets = fixture.read_bytes()
    by_schema = "read" if VALIDATOR.is_valid(json.loads(octets)) else "refused"
    expected = {"good": ("read", "read"), "bad": ("refused", "refused"), "beyond": ("read", "refused")}
    assert (by_schema, _read(octets)) == expected[fixture.stem.partition("-")[0]]


def test_there_are_fixtures_of_each_sort() -> None:
    sorts = [fixture.stem.partition("-")[0] for fixture in FIXTURES]
    assert (sorts.count("good"), sorts.count("beyond")) == (5, 2)
    assert sorts.count("bad") >= 30


def test_every_kind_of_token_is_described_in_the_schema_and_in_the_guide() -> None:
    described = profile_schema()["$defs"]["Feature"]["properties"]["kind"]["description"]
    guide = (PUBLISHED.parent.parent / "profiles.md").read_text(encoding="utf-8")
    row = next(line for line in guide.splitlines() if line.startswith("| `kind` |"))
    for kind in get_args(Kind):
        assert f"{kind}: " in described
        assert f"`{kind}`" in row


def test_every_field_and_every_part_of_a_salt_has_words() -> None:
    assert set(FIELD_WORDS) == set(get_args(Field))
    assert set(COMPONENT_WORDS) == set(get_args(Component))
