"""``python -m benchmarks.comparison``: everything about comparison in one run, as a table and as JSON.

``--parts`` chooses among kernels, missed, blocking, batch and growth.  Best on an otherwise idle machine.
"""

import argparse
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.comparison.blocking import against_blocking
from benchmarks.comparison.kernels import abandon_rates, plain_rates, sequential_rates, true_pairs_missed
from benchmarks.comparison.scale import batch, growth
from benchmarks.turns import Measurement

__all__ = ["comparison_figures", "main"]

_RESULTS = Path(__file__).resolve().parent.parent.parent / "bench-results"
_PARTS = ("kernels", "missed", "blocking", "batch", "growth")
_PEOPLE = int(os.environ.get("CLEW_BENCH_PEOPLE", "6000"))
_SEEDS = range(1, 1 + int(os.environ.get("CLEW_BENCH_WORLDS", "10")))


def comparison_figures(parts: tuple[str, ...] = _PARTS) -> list[Measurement]:
    """Measure the parts, write what they gave beside earlier parts as JSON, and return them as figures."""
    found: dict[str, Any] = {}
    figures: list[Measurement] = []
    if "kernels" in parts:
        rates = [*plain_rates(), *abandon_rates(_PEOPLE), *sequential_rates(_PEOPLE)]
        found["kernels"] = [asdict(one) for one in rates]
        figures += rates
    if "missed" in parts:
        found["missed"] = true_pairs_missed(_PEOPLE, _SEEDS)
        figures += [
            Measurement(
                f"true pairs missed, {row['data']}, z = {row['z']:g}, miss {row['miss']:g}",
                row["share"] * 1e6,
                "in a million",
            )
            for row in found["missed"]
        ]
    if "blocking" in parts:
        found["blocking"] = against_blocking()
        figures.append(_beside_blocking(found["blocking"]))
    for name, work in (("batch", batch), ("growth", growth)):
        if name in parts:
            found[name] = work()
            figures += [_scale_figure(name, row) for row in found[name]]
    _write(found)
    return figures


def _beside_blocking(row: dict[str, float]) -> Measurement:
    name = f"{row['side']:,.0f} x {row['side']:,.0f}, one view, all of {os.cpu_count()} cores"
    pairs = row["side"] ** 2 / 1e6
    theirs = pairs / row["peer_seconds"] if "peer_seconds" in row else None
    return Measurement(
        name, pairs / row["ours_seconds"], "Mpairs/CPU-s", "blocklib P-Sig, anonlink, greedy", theirs
    )


def _scale_figure(kind: str, row: dict[str, float]) -> Measurement:
    kept = f"best {row['nearest']:.0f}" if row["nearest"] else "all that speak"
    what = f"batch of 100 against {row['rows']:,.0f}" if kind == "batch" else f"{row['rows']:,.0f} rows"
    return Measurement(f"{what}, {kept} ({row['peak_mib']:,.0f} MiB)", row["seconds"] * 1e3, "ms")


def _write(found: dict[str, Any]) -> None:
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / "comparison.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**before, **found}, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default=",".join(_PARTS))
    for one in comparison_figures(tuple(parser.parse_args().parts.split(","))):
        beside = f"{one.ratio:.2f}x {one.peer}" if one.ratio else one.peer
        print(f"{one.name:70} {one.value:12,.1f} {one.unit:14} {beside}")


if __name__ == "__main__":
    main()
