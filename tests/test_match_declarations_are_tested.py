"""That a source is free of duplicates is believed where its records allow it, and never silently dropped."""

import csv
import functools
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from cli.main import main
from linkage.lab.evaluation import EncodedTable, encode_tables
from linkage.lab.learning import LabelledWorld, people_world
from linkage.lab.people import Population
from linkage.match.declaration import FEWEST_RECORDS, Declaration, believed, check_declarations
from linkage.match.linkage import Known, Source, link
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile

PLAIN, VIEWS = shipped_profile("clk-plain"), shipped_profile("person-1-open")
UNLEARNED = structs.replace(VIEWS, name="own-1")
"""The same views under another digest, which no experience is shipped for."""

HOMES = Population(1300)
POPULATIONS = {
    "homes": HOMES,
    "twins and namesakes": replace(HOMES, twins=0.15, namesakes=0.05),
    "no families": replace(HOMES, homes=4000, families=False),
}


@functools.cache
def _world(kind: str, repeated: float, seed: int) -> LabelledWorld:
    copies = (1.0 - repeated, repeated) if repeated else (1.0,)
    return people_world(replace(POPULATIONS[kind], copies=copies), seed)


def _encoded(world: LabelledWorld, profile: EncodingProfile, seed: int) -> list[EncodedTable]:
    return encode_tables(world.tables, profile, bytes([seed]) * 32)


def _declared(encoded: Sequence[EncodedTable]) -> list[Source]:
    return [replace(table.source, duplicate_free=True) for table in encoded]


def _tested(kind: str, repeated: float, profile: EncodingProfile, seed: int) -> tuple[Declaration, ...]:
    found = check_declarations(
        _declared(_encoded(_world(kind, repeated, seed), profile, seed)), profile, threads=1
    )
    assert [one.source for one in found] == ["SOURCE1", "SOURCE2"]
    assert all(one.tested and one.records > 2000 for one in found)
    return found


@pytest.mark.parametrize("kind", POPULATIONS)
@pytest.mark.parametrize("profile", [PLAIN, VIEWS, UNLEARNED], ids=lambda profile: profile.name)
def test_a_true_declaration_is_believed_whatever_the_homes(
    profile: EncodingProfile, kind: str, soak: bool
) -> None:
    for seed in (1, 2) if soak and profile is not UNLEARNED else (1,):
        for one in _tested(kind, 0.0, profile, seed):
            assert not one.refuted
            assert one.share < 0.008


@pytest.mark.parametrize("kind", POPULATIONS)
def test_half_a_duplicate_in_a_hundred_is_believed_and_two_are_not(kind: str, soak: bool) -> None:
    for seed in (1, 2) if soak else (1,):
        assert not any(one.refuted for one in _tested(kind, 0.005, VIEWS, seed))
        for one in _tested(kind, 0.02, VIEWS, seed):
            assert one.refuted
            assert one.duplicates == pytest.approx(0.02 * one.records, rel=0.7)


@pytest.mark.parametrize("kind", POPULATIONS)
@pytest.mark.parametrize("profile", [PLAIN, VIEWS, UNLEARNED], ids=lambda profile: profile.name)
def test_a_false_declaration_is_refuted_under_any_profile(profile: EncodingProfile, kind: str) -> None:
    found = _tested(kind, 0.2, profile, 1)
    assert all(one.refuted for one in found)
    assert all(0.06 < one.share < 0.25 for one in found)


@pytest.mark.parametrize(
    ("profile", "kind"),
    [(PLAIN, "no families"), *((VIEWS, kind) for kind in POPULATIONS)],
    ids=lambda one: one if isinstance(one, str) else one.name,
)
def test_one_duplicate_in_twenty_refutes_a_declaration(profile: EncodingProfile, kind: str) -> None:
    assert all(one.refuted for one in _tested(kind, 0.05, profile, 1))


def test_half_a_duplicate_in_a_hundred_is_believed_of_plain_filters() -> None:
    assert not any(one.refuted for one in _tested("homes", 0.005, PLAIN, 1))


def test_a_source_of_few_records_is_believed() -> None:
    table = _world("homes", 0.2, 1).tables[0]
    few = FEWEST_RECORDS - 1
    small = replace(table, rec_ids=table.rec_ids[:few], identifiers=table.identifiers[:few])
    [encoded] = encode_tables([small], VIEWS, b"k" * 32)
    [one] = check_declarations(_declared([encoded]), VIEWS, threads=1)
    assert (one.tested, one.refuted, one.duplicates) == (False, False, 0.0)


def test_only_what_is_declared_is_tested_and_only_what_is_refuted_is_taken_back() -> None:
    true, false = (
        _encoded(_world("homes", 0.0, 1), VIEWS, 1)[0],
        _encoded(_world("homes", 0.05, 1), VIEWS, 1)[1],
    )
    sources = _declared([true, false])
    undeclared = [replace(one, duplicate_free=False) for one in sources]
    assert check_declarations(undeclared, VIEWS, threads=1) == ()
    [one] = check_declarations([undeclared[0], sources[1]], VIEWS, threads=1)
    assert one.source == "SOURCE2"
    found = check_declarations(sources, VIEWS, threads=1)
    assert [one.refuted for one in found] == [False, True]
    assert [one.duplicate_free for one in believed(sources, found)] == [True, False]


@pytest.mark.parametrize("profile", [PLAIN, VIEWS], ids=lambda profile: profile.name)
def test_the_test_says_the_same_for_any_order_and_threads(profile: EncodingProfile) -> None:
    world = people_world(Population(300, copies=(0.9, 0.1)), 4)
    sources = _declared(encode_tables(world.tables, profile, b"k" * 32))
    first = check_declarations(sources, profile, threads=1)
    mixed = [
        replace(one, encodings=one.encodings.take(np.arange(len(one.encodings))[::-1])) for one in sources
    ]
    assert check_declarations(mixed[::-1], profile, threads=2) == first


def test_a_refuted_declaration_serves_neither_as_decoy_nor_one_to_one_and_the_outcome_says_so() -> None:
    world = people_world(Population(500, copies=(0.85, 0.15)), 5)
    encoded = encode_tables(world.tables, VIEWS, b"k" * 32)
    sources = _declared(encoded)
    found = link(sources, VIEWS, threads=1)
    assert found.refuted == ("SOURCE1", "SOURCE2")
    assert found.method == "experience"
    undeclared = link([replace(one, duplicate_free=False) for one in sources], VIEWS, threads=1)
    assert (undeclared.refuted, undeclared.declarations) == ((), ())
    assert (found.clusters == undeclared.clusters).all()
    left, right = (found.records[side] for side in _linked_within(found.records, found.clusters.tolist()))
    assert left.source == right.source
    link(sources, VIEWS, threads=1, known=[Known(left, right, same=True)])  # no declaration contradicts it


def _linked_within(records: Sequence[tuple[str, str]], clusters: Sequence[int]) -> tuple[int, int]:
    """Return two records of one source in one cluster."""
    seen: dict[tuple[str, int], int] = {}
    for number, (record, cluster) in enumerate(zip(records, clusters, strict=True)):
        if seen.setdefault((record[0], cluster), number) != number:
            return seen[record[0], cluster], number
    raise AssertionError("nobody is twice in a source")


def test_a_believed_declaration_is_held_to_as_before() -> None:
    world = people_world(Population(500), 5)
    found = link(_declared(encode_tables(world.tables, VIEWS, b"k" * 32)), VIEWS, threads=1)
    assert (found.refuted, found.method) == ((), "decoys")
    assert [one.tested for one in found.declarations] == [True, True]


def test_evaluate_says_which_declaration_was_refuted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world, folder = people_world(Population(300, copies=(0.9, 0.1)), 6), tmp_path / "data"
    folder.mkdir()
    names = [table.name for table in world.tables]
    (folder / "meta.json").write_text(json.dumps({"name": "twice", "mode": "link", "sources": names}))
    columns = ("given_name", "surname", "date_of_birth", "address", "locality", "postcode")
    for table in world.tables:
        with (folder / f"{table.name}.csv").open("w", newline="", encoding="utf-8") as stream:
            rows = csv.writer(stream)
            rows.writerow(("rec_id", *columns))
            for rec_id, one in zip(table.rec_ids, table.identifiers, strict=True):
                rows.writerow((rec_id, one.forename, *(getattr(one, name) for name in columns[1:])))
    with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(("source", "rec_id", "entity_id"))
        rows.writerows((*record, person) for record, person in world.person.items())
    figures = tmp_path / "figures.json"
    options = ("--profile", "person-1-open", "--seed", "1", "--json", str(figures))
    assert main(["evaluate", str(folder), *options]) == 0
    shown = capsys.readouterr().out
    assert shown.count("declaration refuted: ") == 2
    assert "SOURCE1 is not free of duplicates: about " in shown
    told = json.loads(figures.read_text())
    assert told["method"] == "experience"
    assert {name: one["refuted"] for name, one in told["declarations"].items()} == dict.fromkeys(names, True)
    assert told["duplicate_free"] == []
