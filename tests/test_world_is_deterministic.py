"""The same arguments make the same world, in every process and on every platform."""

import hashlib
import os
import subprocess
import sys

import pytest

from linkage.errors import InputError
from linkage.lab.draws import Draws, Weighted
from linkage.lab.world import World, simulate

PROGRAM = """
import hashlib
from linkage.lab.world import simulate
print(hashlib.sha256(repr(simulate(150, 9, councils=3, forces=2)).encode()).hexdigest())
"""


def digest(world: World) -> str:
    return hashlib.sha256(repr(world).encode()).hexdigest()


def test_two_processes_with_other_hash_seeds_agree() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert outputs == [digest(simulate(150, 9, councils=3, forces=2))] * 2


def test_seeds_and_noise_levels_make_other_worlds() -> None:
    digests = {
        digest(simulate(60, seed, noise=noise)) for seed in (1, 2) for noise in ("none", "usual", "heavy")
    }
    assert len(digests) == 6


def test_noise_changes_records_and_not_the_children() -> None:
    worlds = [simulate(800, 4, noise=noise) for noise in ("none", "usual", "heavy")]
    assert worlds[0].truth.household_of == worlds[1].truth.household_of == worlds[2].truth.household_of
    events = [world.truth.figures.events for world in worlds]
    assert max(events) - min(events) < 0.02 * max(events)


def test_the_stream_of_draws_is_pinned() -> None:
    """PCG64 seeded by SeedSequence([1, *b"pin"]); a numpy that changed this would change every world."""
    draws = Draws(1, "pin")
    assert [draws.uniform() for _ in range(3)] == [
        0.37505460405218893, 0.08855135800791702, 0.6227897995928975,
    ]  # fmt: skip


def test_weighted_draws_follow_their_weights() -> None:
    draws, choice = Draws(3, "weights"), Weighted((("a", 3.0), ("b", 1.0), ("never", 0.0)))
    found = [draws.weighted(choice) for _ in range(20_000)]
    assert set(found) == {"a", "b"}
    assert abs(found.count("a") / 20_000 - 0.75) < 4 * (0.75 * 0.25 / 20_000) ** 0.5
    assert sorted(draws.shuffled(range(50))) == list(range(50))
    values = [draws.quantile(((0.0, 1.0), (0.5, 2.0), (1.0, 10.0))) for _ in range(4000)]
    assert 1 <= min(values) < max(values) <= 10
    assert abs(sum(value < 2 for value in values) / 4000 - 0.5) < 0.04


@pytest.mark.parametrize(
    "arguments",
    [
        {"children": 0, "seed": 1},
        {"children": 10, "seed": -1},
        {"children": 10, "seed": 1, "noise": "loud"},
        {"children": 10, "seed": 1, "councils": 0},
        {"children": 10, "seed": 1, "councils": 1000},
        {"children": 10, "seed": 1, "councils": 2, "forces": 3},
        {"children": 10, "seed": 1, "years": 0},
    ],
)
def test_arguments_out_of_range_are_refused_with_a_hint(arguments: dict[str, int]) -> None:
    with pytest.raises(InputError) as caught:
        simulate(**arguments)  # type: ignore[arg-type]
    assert caught.value.hint
