"""What measures large linkages makes the people it says, stops, goes on, and ends as any linkage does."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.scale_linkage.__main__ import Measured
from benchmarks.scale_linkage.encodings import PROFILE, Load, made_sources, person_of
from benchmarks.scale_linkage.engine import kernel_rate
from benchmarks.scale_linkage.sweep import sweep
from linkage.errors import InputError
from linkage.match.engine import LocalEngine
from linkage.match.kernel_lists import empty_lists
from linkage.match.linkage import NEAREST, link
from linkage.match.plan import Comparison, plan_tiles
from linkage.match.rows import gather

LOAD = Load(agencies=2, records=400, shared=0.25)
STRIP = 150


def quiet(_message: str) -> None:
    pass


def test_shared_people_are_one_person_everywhere_and_others_nobodys_else() -> None:
    load = Load(agencies=3, records=200, shared=0.3)
    numbers = np.arange(200)
    persons = [set(person_of(load, agency, numbers).tolist()) for agency in range(3)]
    assert [len(one) for one in persons] == [200, 200, 200]
    assert persons[0] & persons[1] == persons[1] & persons[2] == set(range(60))
    with pytest.raises(InputError):
        Load(agencies=1, records=10, shared=2)


def test_encodings_are_made_once_and_stay_on_disk(tmp_path: Path) -> None:
    said: list[str] = []
    first = made_sources(tmp_path, LOAD, said.append)
    assert len(said) == 2
    (tmp_path / "encodings" / "A1").rename(tmp_path / "encodings" / "A1.part")  # as a kill leaves it
    again = made_sources(tmp_path, LOAD, said.append)
    assert len(said) == 3
    for one, other in zip(first, again, strict=True):
        assert isinstance(other.encodings.bits, np.memmap)
        assert (one.encodings.bits == other.encodings.bits).all()
        assert (np.sort(one.encodings.handles, axis=0) == one.encodings.handles)[:, 15].any()
    with pytest.raises(InputError, match="another load"):
        made_sources(tmp_path, Load(agencies=2, records=401), said.append)


def test_the_kernel_alone_compares_what_the_plan_counts(tmp_path: Path) -> None:
    rows = gather(made_sources(tmp_path, LOAD, quiet), PROFILE)
    plan = plan_tiles(rows, strip_rows=STRIP)
    lists = empty_lists(len(rows), NEAREST)
    comparison = Comparison(PROFILE.decision.noise_z, NEAREST)
    counts = plan.comparisons(rows)
    for number, (left, right) in enumerate(plan.tiles()):
        if number in {0, 1} or left == right:
            rate = kernel_rate(rows, plan, number, comparison, lists, threads=2)
            assert rate.comparisons == counts[number]
    assert not lists.counts.any()  # they were copies


def test_a_linkage_that_stops_after_every_tile_ends_as_one_that_does_not(tmp_path: Path) -> None:
    def session(stop: bool) -> dict[str, object]:
        measured = Measured(
            tmp_path, LOAD, say=quiet, stop=lambda: stop, threads=1, strip_rows=STRIP, kernel_every=2
        )
        return measured.run()

    first = session(stop=True)
    assert not first["whole"]
    assert first["comparisons_done"] < first["comparisons"] == first["estimate"]["comparisons"]  # type: ignore[index, operator]
    assert first["extrapolated_seconds_left"] is not None
    second, third = session(stop=True), session(stop=False)
    assert first["comparisons_done"] < second["comparisons_done"] < third["comparisons_done"]  # type: ignore[operator]
    assert third["whole"]
    assert third["sessions"] == 3
    assert session(stop=False)["sessions"] == 3  # nothing is done twice
    assert third["tiles_measured_twice"] > 3  # type: ignore[operator]
    over_time = third["memory_over_time"]
    assert isinstance(over_time, list)
    assert 3 <= len(over_time) <= 100
    assert max(used for _, used in over_time) == third["peak_anonymous_bytes"]

    plain = link(made_sources(tmp_path, LOAD, quiet), PROFILE, engine=LocalEngine(1, None, STRIP))
    outcome = json.loads((tmp_path / "linkage.json").read_text())
    assert outcome["links"] == int(plain.pairs.link.sum())
    assert outcome["quality"]["persons"] == len(np.unique(plain.clusters))
    assert outcome["quality"]["recall"] > 0.5


def test_a_killed_session_counts_with_the_time_that_it_ran(tmp_path: Path) -> None:
    def session(stop: bool) -> dict[str, object]:
        return Measured(
            tmp_path, LOAD, say=quiet, stop=lambda: stop, threads=1, strip_rows=STRIP, kernel_every=2
        ).run()

    session(stop=True)
    (tmp_path / "sessions.jsonl").write_text("")  # which a session writes at its end
    (tmp_path / "memory.jsonl").write_text("[1000.0, 5]\n[1010.0, 7]\n[5000.0, 6]\n[5010.0, 6]\n")
    whole = session(stop=False)
    assert whole["sessions"] == 1
    assert 0 < whole["comparisons_of_sessions"] < whole["comparisons_done"]  # type: ignore[operator]
    assert 20 <= whole["seconds_running"] < 20 + whole["seconds"] + 1  # type: ignore[operator]


def test_more_pairs_speak_the_less_noise_is_kept_back(tmp_path: Path, soak: bool) -> None:
    if not soak:
        pytest.skip("every point is a process that loads the kernels: run with --soak")
    targets = (2_000, 100_000)
    found = sweep(tmp_path, LOAD, quiet, targets)
    points = found["points"]
    assert isinstance(points, list)
    assert 60_000 < points[-1]["kept_back"] < 200_000
    assert all(one["anonymous_bytes"] > 0 for one in points)
    assert 500 < points[0]["kept_back"] < 8_000
    assert points[0]["noise_z"] > points[1]["noise_z"]
    rise = points[-1]["anonymous_bytes"] / points[0]["anonymous_bytes"] - 1
    assert found["slope"] == pytest.approx(rise, abs=1e-4)
