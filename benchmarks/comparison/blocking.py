"""Two large sources under one view, exhaustively, beside blocklib's P-Sig blocks with anonlink and greedy."""

import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.comparison.filters import two_sources
from benchmarks.peer_runs import run_peer
from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.lab.learning import people_world
from linkage.lab.people import Population
from linkage.match.kernel import candidate_pairs, warm_up
from linkage.match.rows import Rows
from linkage.shipped_profiles import shipped_profile

__all__ = ["against_blocking"]

_SIDE = int(os.environ.get("CLEW_BENCH_BULK", "100000"))
_RECORDS_PER_HOME = 1.4
_DICE, _NOISE_Z = 0.8, 15.0
"""The threshold of noise is set so that hardly any unrelated pair speaks, as Dice 0.8 is for the peer."""


def against_blocking() -> dict[str, float] | None:
    """Return processor seconds, and shares of true pairs and of pairs above the threshold, for both."""
    left, right, people = _sources()
    rows = two_sources(left, right)
    warm_up()
    begun = time.process_time()
    pairs = candidate_pairs(rows, noise_z=_NOISE_Z)
    ours = time.process_time() - begun
    above = _above(rows, pairs)
    keys = {int(a) * len(rows) + int(b) for a, b in pairs}
    true = _true_keys(people, len(left), len(rows))
    row = {"side": float(len(left)), "ours_seconds": ours, "ours_true": len(true & keys) / max(len(true), 1)}
    with tempfile.TemporaryDirectory() as folder:
        peer = _peer(Path(folder), left, right, people)
        if peer is None:
            return row
        seconds, found = peer
    theirs = {int(a) * len(rows) + int(b) + len(left) for a, b in found}
    return {
        **row,
        "peer_seconds": seconds,
        "peer_true": len(true & theirs) / max(len(true), 1),
        "peer_above": len(above & theirs) / max(len(above), 1),
        "ours_above": len(above & keys) / max(len(above), 1),
    }


Named = list[tuple[str, Identifiers]]


def _sources() -> tuple[NDArray[np.uint64], NDArray[np.uint64], tuple[Named, Named]]:
    """Make up two sources of people and their plain CLKs; returns also each record's person."""
    world = people_world(Population(round(_SIDE / _RECORDS_PER_HOME)), 1)
    profile = shipped_profile("clk-plain")
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(bytes(range(32)), profile))
    sides, people = [], []
    for table in world.tables:
        chosen = list(zip(table.rec_ids, table.identifiers, strict=True))[:_SIDE]
        records = [
            PersonRecord(number.to_bytes(16), (one,)) for number, (_, one) in enumerate(chosen) if one.surname
        ]
        encodings = encoder.encode(records)
        place = [int.from_bytes(handle.tobytes()) for handle in encodings.handles]
        sides.append(np.ascontiguousarray(encodings.bits[:, 0]).view(np.uint64))
        people.append([(world.person[table.name, chosen[at][0]], chosen[at][1]) for at in place])
    return sides[0], sides[1], (people[0], people[1])


def _true_keys(people: tuple[Named, Named], side: int, rows: int) -> set[int]:
    at = {person: number for number, (person, _) in enumerate(people[1])}
    both = ((number, at.get(person)) for number, (person, _) in enumerate(people[0]))
    return {number * rows + side + other for number, other in both if other is not None}


def _above(rows: Rows, pairs: NDArray[np.int64]) -> set[int]:
    """Return the pairs at or above the peer's threshold, all of which speak."""
    words, weights = rows.words[0], rows.weights[0].astype(np.int64)
    common = np.bitwise_count(words[pairs[:, 0]] & words[pairs[:, 1]]).sum(axis=1, dtype=np.int64)
    dice = 2 * common / (weights[pairs[:, 0]] + weights[pairs[:, 1]])
    return {int(a) * len(rows) + int(b) for a, b in pairs[dice >= _DICE]}


def _peer(
    folder: Path, left: NDArray[np.uint64], right: NDArray[np.uint64], people: tuple[Named, Named]
) -> tuple[float, NDArray[np.int64]] | None:
    tables = [
        [[one.forename, one.surname, one.date_of_birth, one.postcode] for _, one in side] for side in people
    ]
    (folder / "tables.json").write_text(json.dumps(tables), encoding="utf-8")
    paths = [folder / "tables.json", folder / "left.npy", folder / "right.npy"]
    for path, side in zip(paths[1:], (left, right), strict=True):
        np.save(path, side.view(np.uint8))
    arguments = [*map(str, paths), str(_DICE), str(folder / "pairs.npy")]
    answer = run_peer(".venv-blocklib", "blocking_links.py", *arguments)
    if answer is None:
        return None
    return sum(answer.values()), np.load(folder / "pairs.npy")
