"""What is shipped as experience can be learned again from worlds that are made up the same every time."""

import ast
from hashlib import sha256

import numpy as np
import pytest

from benchmarks.learn_experience import KEY, SEED
from linkage.lab.evaluation import encode_tables, link_tables, score
from linkage.lab.learning import (
    children_world,
    experience_source,
    learn,
    looks_at_every_view,
    people_world,
    worlds,
)
from linkage.lab.people import Population, draw_people
from linkage.match.experience import kinds, shipped_experience
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profiles
from linkage.weak_profiles import is_baseline

PROFILES = list(shipped_profiles().values())
LINKING = [profile for profile in PROFILES if not is_baseline(profile)]
"""A plain filter is only there to measure against: one similarity cannot tell families apart."""
THROW_AWAY = sha256(b"tests").digest()


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    population = Population(60, sources=3, copies=(0.7, 0.3), damage=2.0, twins=0.5)
    once, again, other = (draw_people(population, seed) for seed in (1, 1, 2))
    assert once.sources == again.sources
    assert once.home_of == again.home_of
    assert once.sources != other.sources


def test_damage_none_gives_equal_records_of_a_person_and_columns_may_be_absent() -> None:
    population = Population(50, sources=2, coverage=1.0, damage=0.0, with_address=False, with_sex=False)
    first, second = (dict(rows) for rows in draw_people(population, 3).sources.values())
    assert first == second
    assert all(not (held.address or held.locality or held.sex or held.middle_name) for held in first.values())
    assert all(held.forename and held.surname and held.date_of_birth for held in first.values())


def test_families_share_a_home_and_coarse_postcodes_are_shared_by_many_homes() -> None:
    people = draw_people(Population(200, sources=1, coverage=1.0, damage=0.0, coarse_postcodes=True), 5)
    assert 1.5 < len(people.home_of) / len(set(people.home_of.values())) < 3.5
    postcodes = {held.postcode for _, held in people.sources["SOURCE1"]}
    assert len(postcodes) <= 20


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_learning_writes_a_module_that_reads_as_what_was_learned(profile: EncodingProfile) -> None:
    examples = [
        people_world(Population(150, sources=3, copies=(0.7, 0.3)), 1),
        people_world(Population(300, damage=2.0, coarse_postcodes=True), 2),
    ]
    learned = learn(profile, examples, KEY)
    module = ast.parse(experience_source([(profile, learned)]))
    (assignment,) = [node for node in module.body if isinstance(node, ast.AnnAssign)]
    assert assignment.value is not None
    every_view, names, shares, weights = ast.literal_eval(assignment.value)[profile.digest]
    assert every_view == learned.every_view == looks_at_every_view(profile)
    assert np.allclose(shares, learned.shares, atol=1e-4)
    assert np.allclose(weights, learned.weights, atol=1e-4)
    assert names == learned.kinds
    assert set(names) <= set(kinds(profile, every_view=every_view))
    assert not learned.weights[-1].any()


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_what_is_shipped_is_what_learning_gives(profile: EncodingProfile, soak: bool) -> None:
    if not soak:
        pytest.skip("a minute's work: run with --soak")
    learned, shipped = learn(profile, worlds(profile, SEED), KEY), shipped_experience(profile)
    assert shipped is not None
    assert np.allclose(learned.shares, shipped.shares, atol=1e-3)
    assert np.allclose(learned.weights, shipped.weights, atol=1e-2)


@pytest.mark.parametrize("mode", ["link", "multi"])
@pytest.mark.parametrize("profile", LINKING, ids=lambda profile: profile.name)
def test_sources_without_a_person_in_common_are_hardly_linked(profile: EncodingProfile, mode: str) -> None:
    world = people_world(Population(500), 77)
    keep = {
        record for record, home in world.home.items() if (record[0] == "SOURCE1") == (int(home[1:]) % 2 == 0)
    }
    tables = [
        type(table)(
            table.name,
            tuple(rec_id for rec_id in table.rec_ids if (table.name, rec_id) in keep),
            tuple(
                held
                for rec_id, held in zip(table.rec_ids, table.identifiers, strict=True)
                if (table.name, rec_id) in keep
            ),
        )
        for table in world.tables
    ]
    linked = link_tables(encode_tables(tables, profile, THROW_AWAY), mode, profile)  # type: ignore[arg-type]
    scores = score(linked, {record: world.person[record] for record in keep})
    assert scores.pairs.true == 0
    assert scores.pairs.found <= 2


@pytest.mark.parametrize("profile", LINKING, ids=lambda profile: profile.name)
def test_worlds_never_learned_from_are_linked_well_at_the_default(profile: EncodingProfile) -> None:
    five = people_world(Population(80, sources=5, coverage=0.6, copies=(0.7, 0.2, 0.1), twins=0.1), 41)
    children = children_world(1500, 42, "usual")
    # Profiles for children are not made for people of five sources, whose tokens differ in number;
    # child-1-high gives links away besides for a smaller chance of recognition.
    of_five = {"child-1": 0.93, "child-1-high": 0.89}.get(profile.name, 0.94)
    for world, least in ((five, of_five), (children, 0.92)):
        linked = link_tables(encode_tables(world.tables, profile, THROW_AWAY), "multi", profile)
        scores = score(linked, world.person)
        assert scores.pairs.f1 >= least
        assert scores.largest_found <= 2 * scores.largest_true
