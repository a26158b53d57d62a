"""The published vectors and the specification's worked example are what encoder and oracle give."""

import copy
import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.reasons import _NOTICED, _REFUSED
from linkage.profile import Component, Feature
from linkage.shipped_profiles import shipped_profiles
from tests.vectors.check_encoding_vectors import disagreements, main
from tests.vectors.encoding_makers import EPOCH_KEY, KINDS, makers
from tests.vectors.encoding_oracle_makers import oracle_makers
from tests.vectors.make_encoding_vectors import (
    EXAMPLE_HEADING,
    EXAMPLE_PERSON,
    EXAMPLE_PROFILE,
    FILE,
    SPECIFICATION,
    files,
    worked_example,
)

VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
ENCODER = makers(VECTORS)
ORACLE = oracle_makers(VECTORS)


def _sets() -> Iterator[dict[str, Any]]:
    for kind in ("people", "normalisation"):
        yield from VECTORS[kind]


def _features() -> Iterator[dict[str, Any]]:
    for made in VECTORS["profiles"]:
        yield from (feature for view in made["profile"]["views"] for feature in view["features"])


def test_there_are_vectors_of_every_kind_and_they_say_where_they_come_from() -> None:
    assert set(VECTORS["provenance"]) >= {"made_by", "people", "licence", "check"}
    assert sum(len(VECTORS[kind]) for kind in (*KINDS, "rows")) >= 500
    assert all(VECTORS[kind] for kind in (*KINDS, "rows"))
    assert FILE.stat().st_size < 1_500_000  # so that it can still be reviewed


def test_the_files_are_what_their_script_makes() -> None:
    # Vectors that change mean encodings that change: a new version of the normaliser or of the format.
    for file, text in files().items():
        assert file.read_text(encoding="utf-8") == text, f"{file.name} is not what its script makes"


def test_they_meet_every_reason() -> None:
    refused = {reason for one in _sets() for reason in one["refusals"].values()}
    noticed = {reason for one in _sets() for reasons in one["notices"].values() for reason in reasons}
    assert refused == set(_REFUSED)
    assert noticed == set(_NOTICED)


def test_they_meet_every_component_and_kind_of_token() -> None:
    kinds = {"bigrams", "prefixes", "initial", "whole", "canonical"}
    assert {feature["kind"] for feature in _features()} == kinds
    assert {vector["feature"]["kind"] for vector in VECTORS["tokens"]} == kinds
    salts = {
        part for made in VECTORS["profiles"] for view in made["profile"]["views"] for part in view["salt"]
    }
    assert salts == {vector["component"] for vector in VECTORS["components"]} == set(get_args(Component))
    assert {feature["field"] for feature in _features()} == set(get_args(Feature.__annotations__["field"]))


@pytest.mark.parametrize("name", shipped_profiles())
def test_they_hold_rows_of_every_shipped_profile_as_it_is_now(name: str) -> None:
    (made,) = (made for made in VECTORS["profiles"] if made["profile"]["name"] == name)
    assert made["digest"] == shipped_profiles()[name].digest
    assert sum(len(vector["rows"]) for vector in VECTORS["rows"] if vector["profile"] == name) >= 40


def test_they_hold_records_without_rows_and_with_sixteen() -> None:
    assert {len(vector["rows"]) for vector in VECTORS["rows"]} >= {0, 1, 16}


@pytest.mark.parametrize("kind", [*KINDS, "rows"])
def test_the_encoder_gives_every_vector(kind: str) -> None:
    assert list(disagreements(VECTORS, {kind: ENCODER[kind]})) == []


_ROW_PROFILES = dict.fromkeys(one["profile"] for one in VECTORS["rows"])


@pytest.mark.parametrize("kind", ORACLE)
def test_the_oracle_gives_every_vector_that_it_knows(kind: str, soak: bool) -> None:
    # Slow as it is, it gives rows of every profile in any case.
    of = {name: [one for one in VECTORS["rows"] if one["profile"] == name] for name in _ROW_PROFILES}
    third = [one for rows in of.values() for one in rows[::3]]
    some = VECTORS if soak or kind != "rows" else {**VECTORS, "rows": third}
    assert {one["profile"] for one in some["rows"]} == {one["profile"] for one in VECTORS["rows"]}
    assert list(disagreements(some, {kind: ORACLE[kind]})) == []


@pytest.mark.parametrize("kind", ["normalisation", "tokens", "salt_blocks", "positions", "diffusion"])
def test_a_vector_that_was_tampered_with_is_found(kind: str) -> None:
    tampered = copy.deepcopy({kind: VECTORS[kind][:3]})
    outputs = KINDS[kind](tampered[kind][1])
    tampered[kind][1][min(outputs)] = "tampered"
    (found,) = disagreements(tampered, {kind: KINDS[kind]})
    assert found.startswith(f"{kind}[1].{min(outputs)}: tampered in the file")


def test_the_check_ends_with_an_error_if_a_row_was_tampered_with(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    few = {"people": VECTORS["people"][:2], "profiles": VECTORS["profiles"], "rows": VECTORS["rows"][:1]}
    file = tmp_path / "few.json"
    file.write_text(json.dumps(few), encoding="utf-8")
    assert main([str(file)]) == 0
    capsys.readouterr()
    few["rows"][0]["rows"][0]["sha256"] = "0" * 64
    file.write_text(json.dumps(few), encoding="utf-8")
    assert main([str(file)]) == 1
    said = capsys.readouterr().out
    assert "encoder: rows: 1 checked, 1 disagree" in said
    assert "oracle: rows: 1 checked, 1 disagree" in said


def test_the_worked_example_of_the_specification_is_true() -> None:
    assert EXAMPLE_HEADING + worked_example() in SPECIFICATION.read_text(encoding="utf-8")
    encoder = Encoder(EXAMPLE_PROFILE, EncodingKeys.from_epoch_key(EPOCH_KEY, EXAMPLE_PROFILE))
    encodings = encoder.encode([PersonRecord(bytes(16), (EXAMPLE_PERSON,))])
    assert worked_example().endswith(f"    {encodings.bits.tobytes().hex()}\n")
