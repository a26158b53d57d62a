"""One core: the plain kernel beside C and anonlink; early abandon and the sequential test beside it."""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.comparison.filters import TrueRows, children, one_view, persons, random_filters, two_sources
from benchmarks.comparison.roofline import build_roofline
from benchmarks.peer_runs import run_peer
from benchmarks.turns import Measurement, one_core, seconds_in_turns
from linkage.match.kernel import candidate_pairs
from linkage.match.rows import Rows

__all__ = ["MISS", "abandon_rates", "plain_rates", "sequential_rates", "true_pairs_missed"]

_ROUNDS = 7
_FILL, _NOISE_Z, _DICE = 0.3, 6.5, 0.8
_PLANTED, _FLIPPED = 200, 0.02
MISS = (1e-4, 1e-3, 1e-2)


def plain_rates(side: int = 16384) -> list[Measurement]:
    """Return million pairs per second of the plain kernel, the roofline in C and anonlink, same pairs found.

    Filters are random but for some copies with a few bits changed, which lie far above either threshold.
    """
    figures = []
    for words in (16, 14):
        left, right = _planted(side, words)
        rows = two_sources(left, right)
        plain = partial(candidate_pairs, rows, noise_z=_NOISE_Z, stages=(words,), threads=1)
        chosen = partial(candidate_pairs, rows, noise_z=_NOISE_Z, threads=1)
        works: dict[str, Callable[[], object]] = {"plain": plain, "chosen": chosen}
        with tempfile.TemporaryDirectory() as folder, one_core():
            roofline = build_roofline(Path(folder), left, right, _NOISE_Z)
            if roofline is not None:
                works["C"] = roofline
            found = plain() - np.array([0, side])
            if not np.array_equal(chosen() - np.array([0, side]), found):
                raise RuntimeError("early abandon finds other pairs")
            if roofline is not None and roofline() != len(found):
                raise RuntimeError("the roofline finds other pairs")
            best = seconds_in_turns(works, _ROUNDS)
            anonlink = _anonlink(Path(folder), left, right, found)
        rates = {name: side * side / seconds / 1e6 for name, seconds in best.items()}
        name = f"plain kernel, {64 * words} bits, one core"
        peer = anonlink and side * side / anonlink / 1e6
        figures += [
            Measurement(name, rates["plain"], "Mpairs/s", "C, AVX-512", rates.get("C")),
            Measurement(name, rates["plain"], "Mpairs/s", "anonlink 0.15.3", peer),
            Measurement(f"{name}, early abandon", rates["chosen"], "Mpairs/s", "anonlink 0.15.3", peer),
        ]
    return figures


def _planted(side: int, words: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    left, right = (random_filters(side, words, _FILL, seed) for seed in (1, 2))
    places = np.random.default_rng(3).permutation(side)[: 2 * _PLANTED]
    flips = random_filters(_PLANTED, words, _FLIPPED, 4)
    right[places[:_PLANTED]] = left[places[_PLANTED:]] ^ flips
    return left, right


def _anonlink(
    folder: Path, left: NDArray[np.uint64], right: NDArray[np.uint64], found: NDArray[np.int64]
) -> float | None:
    """Return anonlink's seconds, having checked that it finds the same pairs."""
    paths = [folder / "left.npy", folder / "right.npy"]
    for path, side in zip(paths, (left, right), strict=True):
        np.save(path, side.view(np.uint8))
    answer = run_peer(".venv-peers", "anonlink_pairs.py", *map(str, paths), str(_DICE), "1")
    if answer is None:
        return None
    if answer["digest"] != hashlib.sha256(np.ascontiguousarray(found).tobytes()).hexdigest():
        raise RuntimeError("anonlink finds other pairs")
    return float(answer["seconds"])


def abandon_rates(people: int) -> list[Measurement]:
    """Return rates of early abandon beside the plain kernel on undiffused profiles, same pairs found."""
    figures = []
    for name, several in (("person-1-open", (5.0, 8.0, 12.0)), ("clk-plain", (12.0, 16.0))):
        rows = one_view(persons(name, people, 1), 0)
        for noise_z in several:
            plain = partial(_pairs, rows, noise_z, stages=(rows.words.shape[2],))
            chosen = partial(_pairs, rows, noise_z)
            if (plain() != chosen()).any():
                raise RuntimeError("early abandon loses pairs")
            figures.append(_beside(f"early abandon, {name}, z = {noise_z:g}", rows, chosen, plain))
    return figures


def sequential_rates(people: int) -> list[Measurement]:
    """Return rates of the sequential test beside the plain kernel on diffused profiles."""
    figures = []
    for name, true in (
        ("child-1", children(people, 1, "usual")),
        ("person-1", persons("person-1", people, 1)),
    ):
        rows = one_view(true, 0)
        for noise_z in (true.noise_z, 6.5, 8.0):
            plain = partial(_pairs, rows, noise_z, stages=(rows.words.shape[2],))
            for miss in (MISS[0], MISS[-1]):
                what = f"sequential test, {name}, z = {noise_z:g}, miss {miss:g}"
                figures.append(_beside(what, rows, partial(_pairs, rows, noise_z, miss=miss), plain))
    return figures


def _pairs(rows: Rows, noise_z: float, *, stages: Sequence[int] = (), miss: float = 0.0) -> NDArray[np.int64]:
    return candidate_pairs(rows, noise_z=noise_z, stages=stages, miss=miss, threads=1)


def _beside(name: str, rows: Rows, work: Callable[[], object], plain: Callable[[], object]) -> Measurement:
    there = int(rows.present.sum())
    pairs = there * (there - 1) / 2 / 1e6
    with one_core():
        best = seconds_in_turns({"plain": plain, "work": work}, _ROUNDS)
    return Measurement(name, pairs / best["work"], "Mpairs/s", "the plain kernel", pairs / best["plain"])


def true_pairs_missed(people: int, seeds: Sequence[int]) -> list[dict[str, float | str]]:
    """Return, by profile and bound, how many true pairs the exact comparison keeps and the test misses."""
    worlds: dict[str, list[TrueRows]] = {
        "child-1, usual noise": [children(people, seed, "usual") for seed in seeds],
        "child-1, heavy noise": [children(people, seed, "heavy") for seed in seeds],
        "person-1": [persons("person-1", people, seed) for seed in seeds],
    }
    found: list[dict[str, float | str]] = []
    for name, parts in worlds.items():
        for noise_z in (parts[0].noise_z, 6.5):
            exact = [_true(true, noise_z, 0.0) for true in parts]
            kept = sum(map(len, exact))
            for miss in (*MISS, 1e-1):
                missed = kept - sum(len(_true(true, noise_z, miss)) for true in parts)
                row = {"data": name, "z": noise_z, "miss": miss, "kept": kept, "missed": missed}
                found.append({**row, "share": missed / max(kept, 1)})
    return found


def _true(true: TrueRows, noise_z: float, miss: float) -> NDArray[np.int64]:
    """Return which true pairs a comparison keeps, as one number each."""
    count = len(true.rows)
    pairs = candidate_pairs(true.rows, noise_z=noise_z, miss=miss)
    keys = pairs[:, 0] * count + pairs[:, 1]
    return np.intersect1d(keys, true.pairs[:, 0] * count + true.pairs[:, 1], assume_unique=True)
