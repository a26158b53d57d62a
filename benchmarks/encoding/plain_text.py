"""Splink 5 on plain text as the peer of our encodings, and the best threshold of any scored pairs.

Splink runs in an environment of its own (``benchmarks/setup-peers``) and never sees the truth; only its
threshold is chosen with it.  :func:`best_f1` scores our own pairs in the same way.
"""

import csv
import gzip
import io
import json
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cli.labelled_data import open_folder, read_tables, read_truth
from linkage.lab.evaluation import Label, Mode
from linkage.lab.world import linkage_tables, simulate

__all__ = [
    "BestF1",
    "BestScores",
    "PlainTables",
    "PlainWorld",
    "ScoredPairs",
    "best_f1",
    "child_world",
    "labelled_world",
    "splink_pairs",
]

_HERE: Final = Path(__file__).resolve().parent.parent
_SPLINK: Final = _HERE.parent / ".venv-splink" / "bin" / "python"
_NOT_TO_BE_USED: Final = ("national_id",)

Indices = NDArray[np.int64]
PlainTables = Mapping[str, Sequence[Mapping[str, str]]]
"""Source to its records: ``rec_id`` and whatever identifiers there are, by column."""


@dataclass(frozen=True, slots=True, repr=False)
class PlainWorld:
    """Sources as plain text, how they are to be linked, and the person of each record.

    Records are numbered source by source in the order of ``tables``; ``entity`` and ``source`` (n,) say whose
    and where each is.
    """

    mode: Mode
    tables: PlainTables
    entity: Indices
    source: Indices

    def places(self, labels: Iterable[Label]) -> Indices:
        """Return the numbers of records by their labels."""
        number = {label: place for place, label in enumerate(_labels(self.tables))}
        return np.array([number[label] for label in labels], np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPairs:
    """Pairs by the numbers of their records, a score each (n,), and the seconds that scoring took."""

    left: Indices
    right: Indices
    score: NDArray[np.float64]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class BestF1:
    """Precision, recall and F1 of pairs where F1 is highest: where scores of at least ``threshold`` link."""

    precision: float
    recall: float
    f1: float
    threshold: float


@dataclass(frozen=True, slots=True)
class BestScores:
    """The best F1 of pairs as scored, after one-to-one (mode ``link``), and of components (other modes)."""

    pairs: BestF1
    one_to_one: BestF1 | None
    components: BestF1 | None

    @property
    def best(self) -> BestF1:
        """The highest F1 of the three."""
        each = (self.pairs, self.one_to_one, self.components)
        return max((one for one in each if one is not None), key=lambda one: one.f1)


def child_world(children: int, seed: int, noise: str) -> PlainWorld:
    """Return children as councils and police hold them, at a noise level of the simulator."""
    world = simulate(children, seed, noise=noise)
    tables = {
        source: [dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows]
        for source, sheet in linkage_tables(world).items()
        if source != "truth"
    }
    return _world("multi", tables, world.truth.entity_of)


def labelled_world(folder: Path) -> PlainWorld:
    """Read a folder of labelled data as ``clew evaluate`` does; raises :class:`InputError` as it does.

    Besides the columns that encodings use every other one is kept, but for national identity numbers.
    """
    labelled = open_folder(folder)
    truth = read_truth(labelled, read_tables(labelled))
    return _world(labelled.mode, {name: _rows(path) for name, path in labelled.files.items()}, truth)


def _rows(path: Path) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    return [{name: text for name, text in row.items() if name not in _NOT_TO_BE_USED} for row in rows]


def _world(mode: Mode, tables: PlainTables, truth: Mapping[Label, str]) -> PlainWorld:
    labels = _labels(tables)
    entity = np.unique([truth[label] for label in labels], return_inverse=True)[1]
    source = np.repeat(np.arange(len(tables)), [len(rows) for rows in tables.values()])
    return PlainWorld(mode, tables, entity.astype(np.int64), source.astype(np.int64))


def _labels(tables: PlainTables) -> list[Label]:
    return [(source, row["rec_id"]) for source, rows in tables.items() for row in rows]


def splink_pairs(tables: PlainTables, mode: Mode) -> ScoredPairs | None:
    """Score pairs with Splink 5 in its own process; None where its environment is not installed.

    Records are numbered source by source.  Raises :class:`subprocess.CalledProcessError` if Splink fails.
    """
    if not _SPLINK.exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "pairs.json"
        done = subprocess.run(
            [_SPLINK, _HERE / "peers" / "splink_links.py", mode, output],
            input=json.dumps({source: list(map(dict, rows)) for source, rows in tables.items()}),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        found = json.loads(output.read_text(encoding="utf-8"))
    number = {label: place for place, label in enumerate(_labels(tables))}

    def numbers(side: str) -> Indices:
        labels = zip(found[f"{side}_source"], found[f"{side}_rec_id"], strict=True)
        return np.array([number[label] for label in labels], np.int64)

    seconds = float(json.loads(done.stdout.splitlines()[-1])["seconds"])
    weights = np.array(found["match_weight"], np.float64)
    return ScoredPairs(numbers("left"), numbers("right"), weights, seconds)


def best_f1(
    left: ArrayLike,
    right: ArrayLike,
    score: ArrayLike,
    entity: ArrayLike,
    *,
    mode: Mode,
    source: ArrayLike | None = None,
) -> BestScores:
    """Find the best threshold of scored pairs (n,) against the truth, exactly: every distinct score is tried.

    ``entity`` (records,): the person of each record; ``source`` (records,): where it is from, needed in mode
    ``link``, where only pairs across sources count, found or true.  Recall counts over all true pairs, scored
    or not.  A pair that occurs twice counts once, with its higher score.  Raises :class:`ValueError` for a
    score that is not a number, a record paired with itself, and mode ``link`` without sources.
    """
    persons = np.unique(np.asarray(entity), return_inverse=True)[1].astype(np.int64)
    places = None
    if mode == "link":
        if source is None:
            raise ValueError("best_f1: mode link needs the source of each record")
        places = np.unique(np.asarray(source), return_inverse=True)[1].astype(np.int64)
    pairs = _best_first(
        np.asarray(left, np.int64), np.asarray(right, np.int64), np.asarray(score, np.float64)
    )
    if places is not None:
        pairs = _take(pairs, places[pairs.left] != places[pairs.right])
    true = _true_pairs(persons, places)
    return BestScores(
        pairs=_best_of_pairs(pairs, persons, true),
        one_to_one=_best_of_pairs(_take(pairs, _one_to_one(pairs)), persons, true)
        if mode == "link"
        else None,
        components=None if mode == "link" else _best_of_components(pairs, persons, true),
    )


def _best_first(left: Indices, right: Indices, score: NDArray[np.float64]) -> ScoredPairs:
    if np.isnan(score).any():
        raise ValueError("best_f1: a score is not a number")
    if (left == right).any():
        raise ValueError("best_f1: a record is paired with itself")
    low, high = np.minimum(left, right), np.maximum(left, right)
    order = np.lexsort((high, low, -score))
    first = np.unique(np.stack([low[order], high[order]], axis=1), axis=0, return_index=True)[1]
    order = order[np.sort(first)]
    return ScoredPairs(low[order], high[order], score[order])


def _take(pairs: ScoredPairs, which: NDArray[np.bool_]) -> ScoredPairs:
    return ScoredPairs(pairs.left[which], pairs.right[which], pairs.score[which])


def _true_pairs(entity: Indices, source: Indices | None) -> int:
    true = _pairs_within(entity)
    if source is not None:
        true -= _pairs_within(entity * (int(source.max(initial=0)) + 1) + source)
    return true


def _pairs_within(groups: Indices) -> int:
    sizes = np.unique(groups, return_counts=True)[1].astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def _one_to_one(pairs: ScoredPairs) -> NDArray[np.bool_]:
    """Mark the pairs that a greedy one-to-one linkage takes; cut at any threshold it takes the same ones."""
    taken: set[int] = set()
    marked = np.zeros(len(pairs.score), bool)
    for place, pair in enumerate(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)):
        if taken.isdisjoint(pair):
            taken.update(pair)
            marked[place] = True
    return marked


def _best_of_pairs(pairs: ScoredPairs, entity: Indices, true: int) -> BestF1:
    correct = np.cumsum(entity[pairs.left] == entity[pairs.right])
    return _best(pairs.score, np.arange(1, len(correct) + 1), correct, true)


def _best_of_components(pairs: ScoredPairs, entity: Indices, true: int) -> BestF1:
    """Join records pair by pair, best first, keeping count of the pairs that the components imply."""
    groups = _Components(entity)
    found, correct = np.empty(len(pairs.score), np.int64), np.empty(len(pairs.score), np.int64)
    for place, (left, right) in enumerate(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)):
        groups.join(left, right)
        found[place], correct[place] = groups.found, groups.correct
    return _best(pairs.score, found, correct, true)


class _Components:
    """Components that grow; how many pairs of records they hold, and how many of those are of one person."""

    def __init__(self, entity: Indices) -> None:
        self.found = self.correct = 0
        self._group = list(range(len(entity)))
        self._members = [[number] for number in self._group]
        self._persons = [Counter([person]) for person in entity.tolist()]

    def join(self, left: int, right: int) -> None:
        """Join the components of two records, the smaller into the larger."""
        large, small = self._group[left], self._group[right]
        if large == small:
            return
        if len(self._members[large]) < len(self._members[small]):
            large, small = small, large
        self.found += len(self._members[large]) * len(self._members[small])
        persons = self._persons[large]
        self.correct += sum(count * persons[person] for person, count in self._persons[small].items())
        persons.update(self._persons[small])
        for member in self._members[small]:
            self._group[member] = large
        self._members[large] += self._members[small]
        self._members[small] = []


def _best(score: NDArray[np.float64], found: Indices, correct: Indices, true: int) -> BestF1:
    """Pick the highest F1 among the distinct scores and none linked; of equals the strictest."""
    ends = np.flatnonzero(np.append(score[1:] != score[:-1], True)) if len(score) else np.empty(0, np.int64)
    thresholds = np.append(np.inf, score[ends])
    found, correct = np.append(0, found[ends]), np.append(0, correct[ends])
    # 2·correct / (found + true) is the harmonic mean; with nothing true and nothing found all is right.
    f1 = np.where(found + true > 0, 2 * correct / np.maximum(found + true, 1), 1.0)
    best = int(f1.argmax())
    return BestF1(
        precision=float(correct[best] / found[best]) if found[best] else 1.0,
        recall=float(correct[best] / true) if true else 1.0,
        f1=float(f1[best]),
        threshold=float(thresholds[best]),
    )
