"""``python -m benchmarks.clkhash_agreement``: the legacy import against clkhash itself, byte for byte.

Needs the peers' environment (``benchmarks/setup-peers``).  Prints a table of records and mismatches and the
rates of both in the same run, and exits with 1 on any mismatch.  ``--freeze FILE`` writes a sample of
clkhash's answers instead, which the tests hold the import against without the peer.
"""

import argparse
import base64
import contextlib
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.table import Table

from benchmarks.legacy_cases import Case, cases
from linkage.encode.legacy.encoder import LegacyEncoder
from linkage.encode.legacy.profile import LegacyProfile
from linkage.encode.legacy.reading import read_schema

_HERE = Path(__file__).parent
_PEERS = _HERE.parent / ".venv-peers" / "bin" / "python"
_FROZEN_ROWS = 2


@dataclass
class Tally:
    """What came of the cases of one kind."""

    records: int = 0
    mismatches: int = 0
    ours: float = 0.0
    theirs: float = 0.0


class Peer:
    """clkhash in its own environment, one case at a time."""

    def __init__(self, feed: IO[str], answers: IO[str]) -> None:
        self._feed, self._answers = feed, answers

    def encode(self, case: Case) -> tuple[list[bytes], float]:
        """Return clkhash's CLKs and the seconds they took."""
        sent = {"schema": case.schema, "secret": case.secret, "rows": case.rows}
        print(json.dumps(sent), file=self._feed, flush=True)
        answer = json.loads(self._answers.readline())
        return [base64.b64decode(clk) for clk in answer["clks"]], answer["seconds"]


@contextlib.contextmanager
def peer() -> Iterator[Peer]:
    """Start clkhash for the length of a block."""
    process = subprocess.Popen(
        [_PEERS, _HERE / "peers" / "clkhash_agreement.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONIOENCODING": "utf-8"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Peer(process.stdin, process.stdout)
    finally:
        process.stdin.close()
        process.wait(timeout=60)


def ours(case: Case) -> tuple[list[bytes], float]:
    """Return the import's CLKs and the seconds they took, every cache cold."""
    profile = LegacyProfile(read_schema(json.dumps(case.schema)), reading="clkhash")
    begun = time.perf_counter()
    table = LegacyEncoder(profile, case.secret).encode(case.rows)
    seconds = time.perf_counter() - begun
    return [row.tobytes() for row in table], seconds


def compare(rows: int, seed: int) -> dict[tuple[str, int, str, str], Tally]:
    """Encode every case on both sides and count what differs."""
    tallies: dict[tuple[str, int, str, str], Tally] = defaultdict(Tally)
    with peer() as clkhash:
        for case in cases(rows, seed):
            expected, their_seconds = clkhash.encode(case)
            made, our_seconds = ours(case)
            tally = tallies[case.kind, case.version, case.hash, case.strategy]
            tally.records += len(expected)
            tally.mismatches += sum(a != b for a, b in zip(expected, made, strict=True))
            tally.ours += our_seconds
            tally.theirs += their_seconds
    return tallies


def frozen(seed: int) -> dict[str, Any]:
    """Return a few records of every case with clkhash's own answers."""
    with peer() as clkhash:
        listed = []
        for case in cases(_FROZEN_ROWS, seed):
            clks, _ = clkhash.encode(case)
            listed.append(
                {
                    "kind": case.kind,
                    "schema": case.schema,
                    "secret": case.secret,
                    "rows": case.rows,
                    "clks": [base64.b64encode(clk).decode("ascii") for clk in clks],
                }
            )
    return {
        "provenance": "clks: made by clkhash 0.18.3 from PyPI on Python 3.11, x86-64 Linux, by python -m "
        f"benchmarks.clkhash_agreement --freeze, seed {seed}; schemas, secrets and rows are made up",
        "cases": listed,
    }


def _table(tallies: dict[tuple[str, int, str, str], Tally]) -> Table:
    table = Table(title="clkhash 0.18.3 and the legacy import, in this run", title_justify="left")
    for column in (
        "feature",
        "schema",
        "hash",
        "strategy",
        "records",
        "mismatches",
        "clkhash/s",
        "clew/s",
        "x",
    ):
        table.add_column(column, justify="left" if column in {"feature", "hash", "strategy"} else "right")
    for (kind, version, hashed, strategy), tally in tallies.items():
        table.add_row(kind, f"v{version}", hashed, strategy, *_figures(tally))
    table.add_section()
    table.add_row("all", "", "", "", *_figures(_sum(tallies)))
    return table


def _figures(tally: Tally) -> tuple[str, ...]:
    theirs, mine = tally.records / tally.theirs, tally.records / tally.ours
    return (
        f"{tally.records:,}",
        f"{tally.mismatches:,}",
        f"{theirs:,.0f}",
        f"{mine:,.0f}",
        f"{mine / theirs:.1f}",
    )


def _sum(tallies: dict[tuple[str, int, str, str], Tally]) -> Tally:
    every = list(tallies.values())
    return Tally(
        sum(one.records for one in every),
        sum(one.mismatches for one in every),
        sum(one.ours for one in every),
        sum(one.theirs for one in every),
    )


def main(arguments: list[str] | None = None) -> int:
    """Compare, print the table and return 1 on any mismatch; or freeze a sample."""
    parser = argparse.ArgumentParser(description="Compare the legacy import with clkhash, byte for byte.")
    parser.add_argument("--rows", type=int, default=10_000, help="random records for each case")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--freeze", type=Path, metavar="FILE", help="write a sample of clkhash's answers")
    chosen = parser.parse_args(arguments)
    if not _PEERS.exists():
        print("clkhash is not installed: run benchmarks/setup-peers first", file=sys.stderr)
        return 2
    if chosen.freeze:
        text = json.dumps(frozen(chosen.seed), ensure_ascii=True, separators=(",", ":"))
        chosen.freeze.write_text(text.replace('{"kind"', '\n{"kind"') + "\n", encoding="utf-8")
        return 0
    tallies = compare(chosen.rows, chosen.seed)
    Console(width=130).print(_table(tallies))
    return 1 if _sum(tallies).mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
