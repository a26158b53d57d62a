"""Peers, run from their own environments where ``benchmarks/setup-peers`` has installed them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

__all__ = ["run_peer"]

_BENCHMARKS = Path(__file__).resolve().parent


def run_peer(environment: str, script: str, *arguments: str, feed: Any = None) -> dict[str, Any] | None:
    """Return what a peer's script prints last, as JSON; None where the peer is not installed.

    ``feed``: what the script reads from its standard input, as JSON.
    """
    python = Path(os.environ.get("CLEW_BENCH_PEERS", _BENCHMARKS.parent)) / environment / "bin" / "python"
    if not python.exists():
        return None
    done = subprocess.run(
        [python, _BENCHMARKS / "peers" / script, *arguments],
        input=json.dumps(feed),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"},
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
