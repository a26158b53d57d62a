"""What linkages reach at the shipped default, truth unseen, beside the oracle threshold and plain text.

``python -m benchmarks.default_quality --folder EVAL --seeds 5`` links every labelled set in EVAL, children at
three levels of noise and made-up people, under several throw-away keys, and prints a table and JSON
(docs/decisions/0020).  Children are beside Splink on their plain text, at its best threshold with the truth,
where ``benchmarks/setup-peers`` has installed it.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.encoding.plain_text import child_world, labelled_world
from benchmarks.encoding.quality import plain_quality, tables_of
from linkage.lab.evaluation import Mode, Table, encode_tables, link_tables
from linkage.lab.evaluation_report import evaluate_linkage
from linkage.lab.learning import NOISES, POPULATIONS, people_world
from linkage.shipped_profiles import shipped_profile

_PEOPLE_FROM = 5000
"""Seeds of worlds that nobody has learned from begin here."""


@dataclass(frozen=True, slots=True)
class _Set:
    name: str
    mode: Mode
    tables: Sequence[Table]
    truth: Mapping[tuple[str, str], str]
    profiles: Sequence[str]
    plain_text: float | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="labelled sets, each in a folder of its own")
    parser.add_argument("--seeds", type=int, default=5, help="throw-away keys for each set")
    parser.add_argument("--children", type=int, default=12000, help="children of a made-up world")
    parser.add_argument("--people", type=int, default=0, help="seeds of every made-up population")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for one in _sets(asked.folder, asked.children, asked.people):
        for profile in one.profiles:
            found = [_figures(one, profile, seed) for seed in range(1, asked.seeds + 1)]
            rows.append(_summary(one, profile, found))
            print(_line(rows[-1]), flush=True)
    if asked.json is not None:
        asked.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def _sets(folder: Path | None, children: int, people: int) -> Iterator[_Set]:
    for path in sorted(folder.iterdir()) if folder is not None else ():
        if (path / "meta.json").exists():
            world = labelled_world(path)
            tables = tables_of(world)
            labels = [(table.name, rec_id) for table in tables for rec_id in table.rec_ids]
            truth = dict(zip(labels, map(str, world.entity.tolist()), strict=True))
            yield _Set(path.name, world.mode, tables, truth, ("clk-plain", "person-1-open", "person-1"))
    for number, noise in enumerate(NOISES):
        world = child_world(children, _PEOPLE_FROM + number, noise)
        tables = tables_of(world)
        labels = [(table.name, rec_id) for table in tables for rec_id in table.rec_ids]
        truth = dict(zip(labels, map(str, world.entity.tolist()), strict=True))
        plain = plain_quality(world)
        best = None if plain is None else max(plain.best, plain.joined)
        yield _Set(f"children, {noise} noise", world.mode, tables, truth, ("child-1",), best)
    for seed in range(_PEOPLE_FROM, _PEOPLE_FROM + people):
        for name, population in POPULATIONS.items():
            made = people_world(population, seed)
            mode: Mode = "multi" if len(made.tables) > 1 else "dedupe"
            profiles = ("clk-plain", "person-1-open", "person-1")
            yield _Set(f"{name}, {seed}", mode, made.tables, made.person, profiles)


def _figures(one: _Set, name: str, seed: int) -> dict[str, Any]:
    profile = shipped_profile(name)
    key = sha256(f"clew/evaluate/throw-away-key/{seed}".encode()).digest()  # as clew evaluate --seed
    linked = link_tables(encode_tables(one.tables, profile, key), one.mode, profile)
    found = evaluate_linkage(linked, one.tables, one.truth, profile=profile)
    scores, precision = found.scores, found.estimated.implied.precision
    return {
        "method": linked.linkage.method,
        "f1": scores.pairs.f1,
        "precision": scores.pairs.precision,
        "recall": scores.pairs.recall,
        "short_of_oracle": max(0.0, found.oracle.best.pairs.f1 - scores.pairs.f1),
        "ece": found.calibration.error,
        "ece_in_doubt": found.doubtful.error,
        "precision_held": precision.holds(scores.pairs.precision),
        "largest_to_true": scores.largest_found / max(1, scores.largest_true),
    }


def _summary(one: _Set, profile: str, found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "set": one.name,
        "profile": profile,
        "methods": sorted({row["method"] for row in found}),
        "f1": [row["f1"] for row in found],
        "precision": float(np.mean([row["precision"] for row in found])),
        "recall": float(np.mean([row["recall"] for row in found])),
        "short_of_oracle": max(row["short_of_oracle"] for row in found),
        "ece": max(row["ece"] for row in found),
        "ece_in_doubt": max(row["ece_in_doubt"] for row in found),
        "precision_held": sum(row["precision_held"] for row in found),
        "largest_to_true": max(row["largest_to_true"] for row in found),
        "plain_text": one.plain_text,
    }


def _line(row: Mapping[str, Any]) -> str:
    plain = "" if row["plain_text"] is None else f", plain text (Splink, truth seen) {row['plain_text']:.4f}"
    return (
        f"{row['set']:32s} {row['profile']:14s} {'/'.join(row['methods']):22s} "
        f"F1 {min(row['f1']):.4f} {np.mean(row['f1']):.4f} {max(row['f1']):.4f} "
        f"(P {row['precision']:.4f} R {row['recall']:.4f}), short of its oracle by at most "
        f"{100 * row['short_of_oracle']:.2f} points, ECE at most {row['ece']:.4f} "
        f"(in doubt {row['ece_in_doubt']:.3f}), precision in its interval {row['precision_held']} of "
        f"{len(row['f1'])}, largest cluster {row['largest_to_true']:.2f} of the largest person{plain}"
    )


if __name__ == "__main__":
    main()
