"""``make bench``: every measurement in one run, as a table and as JSON.

Ratios against peers count, absolute times on a shared machine do not.  Peers are measured where
``benchmarks/setup-peers`` has installed them, otherwise their column says so.
"""

import gc
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.clusters import measure
from benchmarks.comparison.__main__ import comparison_figures
from benchmarks.console import reduced
from benchmarks.peer_runs import run_peer
from benchmarks.people import plain_people, records
from benchmarks.turns import Measurement, one_core
from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.match.linkage import Source, link
from linkage.shipped_profiles import shipped_profile
from linkage.wire.seal import SealingKey, seal

_HERE = Path(__file__).parent
_PEERS = ".venv-peers"
_WIDE = 160
"""Columns of the table in a file or a pipe."""
_RESULTS = _HERE.parent / "bench-results"

_ROUNDS = 7
ENCODED = 20_000
IN_BULK = int(os.environ.get("CLEW_BENCH_BULK", "100000"))
ENCODINGS = (
    ("clk-plain", ENCODED),
    ("clk-plain", IN_BULK),
    ("child-1", ENCODED),
    ("child-1", IN_BULK),
    ("person-1", ENCODED),
)
STREAMED = int(os.environ.get("CLEW_BENCH_STREAMED", "1000000"))
"""Fewer than a million for a quicker run: memory does not grow with their number."""
COMPARED = 10_000
CLUSTERED = tuple(map(int, os.environ.get("CLEW_BENCH_CLUSTERED", "10000,100000").split(",")))
SEALED_MIB = 64
CONSOLE = int(os.environ.get("CLEW_BENCH_CONSOLE", "20000"))
"""Encodings of the register behind the console; ``python -m benchmarks.console`` takes a million."""


def _rate(amount: float, work: Callable[[], object], *, times: int = 3) -> float:
    """Return the best rate of some runs: the least disturbed."""
    best = float("inf")
    for _ in range(times):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return amount / best


def encode_rates() -> list[Measurement]:
    """Records per second on one core, beside clkhash encoding the same people on the same core.

    Each time with a fresh encoder, so that every cache is cold; in bulk also once more with the same one,
    which has met every value by then.  Ours and the peer take turns and the best of each counts, so that
    what else the machine does disturbs both alike.
    """
    people = plain_people(ENCODED)
    made = {count: records(count) for count in {count for _, count in ENCODINGS}}
    gc.collect()
    gc.freeze()  # the records that only measuring keeps are not for every collection to go through
    best: dict[str, float] = {}
    clkhash = 0.0
    with one_core():
        for _ in range(_ROUNDS):
            if answer := run_peer(_PEERS, "clkhash_rate.py", feed=people):
                clkhash = max(clkhash, answer["records_per_second"])
            for name, count in ENCODINGS:
                what, encode = f"encode {name}, {count:,} records", partial(_encode_all, _encoder(name))
                found = {what: _rate(count, partial(encode, made[count]), times=1)}
                if count == IN_BULK:
                    found[f"{what}, no new value"] = _rate(count, partial(encode, made[count]), times=1)
                best |= {what: max(rate, best.get(what, 0.0)) for what, rate in found.items()}
    peer = "clkhash 0.18.3, plain CLK"
    return [Measurement(what, rate, "records/s", peer, clkhash or None) for what, rate in best.items()]


def _encoder(name: str) -> Encoder:
    profile = shipped_profile(name)
    return Encoder(profile, EncodingKeys.from_epoch_key(bytes(range(32)), profile))


def _encode_all(encoder: Encoder, people: list[PersonRecord]) -> None:
    for _ in encoder.encode_batches(people):
        pass


def encode_memory() -> list[Measurement]:
    """Return the peak memory of a process that streams records through the encoder into a file."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.encode_memory", "child-1", str(STREAMED)],
        capture_output=True,
        text=True,
        check=True,
        cwd=_HERE.parent,
    )
    figures = json.loads(done.stdout)
    name = f"encode child-1, {STREAMED:,} records streamed into a file: peak memory"
    return [Measurement(name, figures["peak_mib"], "MiB")]


def compare_rates() -> list[Measurement]:
    """Pairs of filters per second over all cores, all views of ``person-1`` (1,024 bits each)."""
    profile = shipped_profile("person-1")
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(bytes(range(32)), profile))
    encodings = encoder.encode(records(2 * COMPARED))
    half = len(encodings) // 2
    sources = [
        Source("A", encodings.take(np.arange(half)), duplicate_free=True),
        Source("B", encodings.take(np.arange(half, len(encodings))), duplicate_free=True),
    ]
    link([Source(s.name, s.encodings.take(np.arange(64)), duplicate_free=True) for s in sources], profile)
    peer = run_peer(_PEERS, "anonlink_rate.py", str(COMPARED))
    pairs = half * (len(encodings) - half) * len(profile.views)
    rate = _rate(pairs, lambda: link(sources, profile))
    anonlink = peer["pairs_per_second"] if peer else None
    name = f"link {half:,} x {half:,}, all views, {os.cpu_count()} cores"
    return [Measurement(name, rate, "filter pairs/s", "anonlink 0.15.3, one view, one core", anonlink)]


def seal_rates() -> list[Measurement]:
    """MiB sealed per second, beside hashing the same bytes, which any transfer does anyway."""
    public = SealingKey.generate().public_text()
    piece = bytes(1024 * 1024)
    rate = _rate(SEALED_MIB, lambda: sum(map(len, seal([piece] * SEALED_MIB, public, context=b"bench"))))
    return [Measurement("seal", rate, "MiB/s")]


def clustering() -> list[Measurement]:
    """Return the chief of what ``python -m benchmarks.clusters`` measures, at smaller sizes."""
    *sizes, huge = measure(CLUSTERED)
    component = f"cluster one component of {huge['huge_component']:,} records in 20 batches"
    return [one for figures in sizes for one in _clustered(figures)] + [
        Measurement(f"{component}, exactly", huge["huge_exact_seconds"], "s"),
        Measurement(f"{component}, near clusters only", huge["huge_quick_seconds"], "s"),
        Measurement(f"{component}: records clustered alike", 1e6 * huge["huge_agreement"], "in a million"),
    ]


def _clustered(figures: dict[str, float]) -> list[Measurement]:
    name = f"cluster {figures['records']:,} records, {figures['pairs']:,} pairs"
    return [
        Measurement(name, figures["records_per_second"], "records/s"),
        Measurement(f"{name}: add 100", 1000 * figures["add_100_seconds"], "ms"),
        Measurement(f"{name}: withdraw 100", 1000 * figures["withdraw_100_seconds"], "ms"),
        Measurement(f"{name}: peak memory", figures["peak_mib"], "MiB"),
    ]


def console_answers() -> list[Measurement]:
    """Return the chief of what ``python -m benchmarks.console`` measures, with a smaller register."""
    return reduced(CONSOLE)


def main() -> int:
    """Measure everything, print the table, write the JSON."""
    works = (
        encode_rates,
        encode_memory,
        compare_rates,
        comparison_figures,
        clustering,
        seal_rates,
        console_answers,
    )
    measured: list[Measurement] = []
    for number, work in enumerate(works, start=1):
        what = work.__name__.replace("_", " ")
        print(f"part {number} of {len(works)}: {what}", file=sys.stderr, flush=True)
        measured += work()
    _RESULTS.mkdir(exist_ok=True)
    record = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "measurements": [{**asdict(one), "ratio": one.ratio} for one in measured],
    }
    (_RESULTS / "latest.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    Console(width=None if sys.stdout.isatty() else _WIDE).print(_table(measured))
    return 0


def _table(measured: list[Measurement]) -> Table:
    table = Table(title="Measured in this run", title_justify="left")
    for column in ("what", "rate", "unit", "peer", "peer's rate", "ratio"):
        table.add_column(column, justify="right" if column in {"rate", "peer's rate", "ratio"} else "left")
    for one in measured:
        peer_rate = f"{one.peer_value:,.0f}" if one.peer_value else ("not installed" if one.peer else "")
        ratio = f"{one.ratio:.1f}x" if one.ratio else ""
        table.add_row(one.name, f"{one.value:,.0f}", one.unit, one.peer, peer_rate, ratio)
    return table


if __name__ == "__main__":
    sys.exit(main())
