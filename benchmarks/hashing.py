"""Hashed candidates beside exhaustive comparison: what they find, what they cost, and from which size on.

    python -m benchmarks.hashing
    python -m benchmarks.hashing --folder EVAL --full --json bench-results/hashing.json

Made-up people of two sources (and the labelled sets in EVAL) are compared and linked twice at the shipped
default, exhaustively and with hashed candidates, under both profiles without diffusion.  Without ``--full``
only the small sizes.  Times are processor seconds of one core, of comparing alone.  One further world has
placeholders shared by a twentieth of all records.  The frontier: what each promise costs, by the plan alone.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.encoding.plain_text import labelled_world
from benchmarks.encoding.quality import tables_of
from linkage.lab.evaluation import Table, encode_tables, labels_of
from linkage.lab.learning import people_world
from linkage.lab.people import Population
from linkage.match.candidates import Candidates
from linkage.match.engine import LocalEngine
from linkage.match.hashing import HashedEngine, Hashing, HashReport
from linkage.match.hashing_planning import plan_hashing
from linkage.match.kernel import Progress
from linkage.match.linkage import Linkage, Source, comparison_for, link
from linkage.match.plan import Comparison, Plan, plan_tiles
from linkage.match.rows import Rows, gather
from linkage.match.warming import warm_up
from linkage.match.weighing import is_plain
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile

_KEY = sha256(b"clew/benchmarks/hashing/throw-away-key").digest()
_PROFILES = ("person-1-open", "clk-plain")
_HOMES = (3_100, 15_600)
_HOMES_IN_FULL = (3_100, 15_600, 62_500)
_PROMISES = (0.9, 0.95, 0.98, 0.99, 0.995)
_SHARED = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class _World:
    """Encoded sources, and the person behind every record of each (source, handle)."""

    name: str
    profile: EncodingProfile
    sources: Sequence[Source]
    person: Mapping[tuple[str, str], str]


class _Timed:
    """An engine that says how long candidates took, and keeps the report."""

    def __init__(self, profile: EncodingProfile, hashing: Hashing | None) -> None:
        local = LocalEngine(threads=1)
        self.report: HashReport | None = None
        self.seconds, self.pairs = 0.0, np.zeros((0, 2), dtype=np.int64)
        self._engine = local if hashing is None else HashedEngine(profile, hashing, local, done=self._keep)
        self.strip_rows, self.clusters = local.strip_rows, local.clusters

    def candidates(
        self, rows: Rows, plan: Plan, comparison: Comparison, progress: Progress | None = None
    ) -> Candidates:
        began = time.process_time()
        found = self._engine.candidates(rows, plan, comparison, progress)
        self.seconds, self.pairs = time.process_time() - began, found.pairs
        return found

    def _keep(self, report: HashReport) -> None:
        self.report = report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="labelled sets, each in a folder of its own")
    parser.add_argument("--full", action="store_true", help="200,000 rows, too")
    parser.add_argument("--homes", type=int, nargs="*", help="sizes of made-up worlds instead, 3.2 rows each")
    parser.add_argument("--completeness", type=float, default=0.99)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    asked = parser.parse_args()
    warm_up()
    homes = asked.homes or (_HOMES_IN_FULL if asked.full else _HOMES)
    rows: list[dict[str, Any]] = []
    for world in _worlds(asked.folder, homes):
        rows.append(_compared(world, asked.completeness) | {"frontier": _frontier(world)})
        print("\n".join(_lines(rows[-1])), flush=True)
        if asked.json is not None:
            asked.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def _worlds(folder: Path | None, homes: Sequence[int]) -> Iterator[_World]:
    for name in _PROFILES:
        profile = shipped_profile(name)
        for path in sorted(folder.iterdir()) if folder is not None else ():
            if (path / "meta.json").exists():
                labelled = labelled_world(path)
                tables = tables_of(labelled)
                labels = [(table.name, rec_id) for table in tables for rec_id in table.rec_ids]
                person = dict(zip(labels, map(str, labelled.entity.tolist()), strict=True))
                yield _encoded(path.name, tables, person, profile)
        for size in homes:
            made = people_world(Population(size), seed=5)
            yield _encoded(f"people of {size:,} homes", made.tables, made.person, profile)
            if size == min(homes):
                yield _encoded("placeholders", _with_placeholders(made.tables), made.person, profile)


def _with_placeholders(tables: Sequence[Table]) -> list[Table]:
    """Give a twentieth of all records one date of birth, one address and one postcode."""
    draw = np.random.default_rng(1)
    return [
        replace(
            table,
            identifiers=tuple(
                replace(
                    one,
                    date_of_birth="1900-01-02",
                    address="1 unknown street",
                    locality="unknown",
                    postcode="ZZ1 1ZZ",
                )
                if draw.random() < _SHARED
                else one
                for one in table.identifiers
            ),
        )
        for table in tables
    ]


def _encoded(
    name: str, tables: Sequence[Table], person: Mapping[tuple[str, str], str], profile: EncodingProfile
) -> _World:
    encoded = encode_tables(tables, profile, _KEY)
    sources = [table.source for table in encoded]
    ids = gather(sources, profile).ids
    labels = labels_of(encoded, ids)
    return _World(
        name, profile, sources, {tuple(one): person[label] for one, label in zip(ids, labels, strict=True)}
    )


def _compared(world: _World, completeness: float) -> dict[str, Any]:
    profile = world.profile
    found: dict[str, dict[str, Any]] = {}
    pairs: dict[str, NDArray[np.int64]] = {}
    for way, hashing in (("exhaustive", None), ("hashed", Hashing(completeness, always=True))):
        engine = _Timed(profile, hashing)
        made = link(world.sources, profile, threads=1, engine=engine)
        found[way] = _quality(made, world) | {"seconds": engine.seconds, "candidates": len(engine.pairs)}
        pairs[way] = engine.pairs
        if engine.report is not None:
            found[way] |= _reported(engine.report)
    true = {way: _true(world, each) for way, each in pairs.items()}
    kept = len(np.intersect1d(true["exhaustive"], true["hashed"]))
    return {
        "world": world.name,
        "profile": profile.name,
        "records": len(world.person),
        "pairs_completeness": kept / max(len(true["exhaustive"]), 1),
        "speed": found["exhaustive"]["seconds"] / max(found["hashed"]["seconds"], 1e-9),
        **found,
    }


def _reported(report: HashReport) -> dict[str, Any]:
    return {
        "tables": sum(count for _, count in report.tables),
        "rounds": report.rounds,
        "comparisons": report.comparisons,
        "reduction": report.reduction,
        "measured": [report.measured.value, report.measured.low, report.measured.high],
        "checked": report.checked,
        "largest": report.largest,
        "all_compared": report.exhaustive,
        "reason": report.plan.reason,
    }


def _persons(made_of: Sequence[tuple[str, str]], world: _World) -> NDArray[np.int64]:
    names = [world.person[tuple(one)] for one in made_of]
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _true(world: _World, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return those candidates that are one person's, as one number each."""
    rows = gather(world.sources, world.profile)
    records = np.sort(rows.record[pairs].astype(np.int64), axis=1)
    person = _persons(rows.ids, world)
    same = person[records[:, 0]] == person[records[:, 1]]
    return np.unique(records[same, 0] * len(rows.ids) + records[same, 1])


def _quality(made: Linkage, world: _World) -> dict[str, Any]:
    """Return precision, recall and F1 of all pairs that clusters imply."""
    person = _persons(made.records, world)
    together = np.unique(np.stack([made.clusters, person]), axis=1, return_counts=True)[1]
    right, found, true = (
        _pairs_of(one) for one in (together, np.bincount(made.clusters), np.bincount(person))
    )
    return {
        "method": made.method,
        "precision": right / max(found, 1),
        "recall": right / max(true, 1),
        "f1": 2 * right / max(found + true, 1),
    }


def _pairs_of(sizes: NDArray[np.int64]) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _frontier(world: _World) -> list[dict[str, Any]]:
    """Return what each promise would cost, as the plan expects it, in exhaustive comparisons."""
    rows = gather(world.sources, world.profile)
    rows = rows.within_sources_too() if is_plain(world.profile) else rows
    comparison = comparison_for(world.profile, len(rows))
    exhaustive = int(plan_tiles(rows).comparisons(rows).sum())
    told = []
    with ThreadPoolExecutor(1) as pool:
        for promise, completeness in (*(("likely", one) for one in _PROMISES), ("limit", 0.99)):
            hashing = Hashing(completeness, promise, always=True)  # type: ignore[arg-type]
            plan = plan_hashing(rows, None, comparison, world.profile, hashing, exhaustive, pool, 1).plan
            told.append(
                {
                    "promise": promise,
                    "completeness": completeness,
                    "tables": plan.count,
                    "comparisons": plan.comparisons,
                    "cost": plan.cost / exhaustive,
                    "reason": plan.reason,
                }
            )
    return told


def _lines(row: Mapping[str, Any]) -> Iterator[str]:
    full, some = row["exhaustive"], row["hashed"]
    yield (
        f"{row['world']}, {row['profile']}, {row['records']:,} records: F1 {full['f1']:.4f} exhaustive "
        f"({full['method']}), {some['f1']:.4f} hashed ({some['method']}); true candidates kept "
        f"{row['pairs_completeness']:.4f}; {full['seconds']:.1f} s, {some['seconds']:.1f} s, "
        f"{row['speed']:.2f} times as fast"
    )
    if some["all_compared"]:
        yield f"  everything compared: {some['reason'] or 'the promise was not kept'}"
    else:
        value, low, high = some["measured"]
        yield (
            f"  {some['tables']} tables, {some['rounds']} checks, reduction {some['reduction']:.4f}, "
            f"measured {value:.4f} ({low:.4f} to {high:.4f}) of {some['checked']:,}; "
            f"largest blocks {some['largest']}"
        )
    for one in row["frontier"]:
        yield (
            f"  promise {one['promise']} {one['completeness']}: {one['tables']} tables, "
            f"{one['comparisons']:,} comparisons, cost {one['cost']:.3f} of exhaustive {one['reason']}"
        )


if __name__ == "__main__":
    main()
