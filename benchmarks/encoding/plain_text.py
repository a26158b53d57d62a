"""Splink 5 on plain text as the peer of our encodings.

Splink runs in an environment of its own (``benchmarks/setup-peers``) and never sees the truth; only its
threshold is chosen with it (:mod:`linkage.lab.evaluation_thresholds`), and so is that of our own pairs.
"""

import csv
import gzip
import io
import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cli.labelled_data import open_folder, read_tables, read_truth
from linkage.lab.evaluation import Label, Mode
from linkage.lab.evaluation_thresholds import ScoredPairs
from linkage.lab.world import linkage_tables, simulate

__all__ = [
    "PlainTables",
    "PlainWorld",
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
