"""A nation's load on a real linkage unit.

    python -m benchmarks.national --folder FOLDER
    python -m benchmarks.national --folder FOLDER --children 1000000 --episodes-a-year 300000 \
        --agencies 196 --months 36
    python -m benchmarks.national --resume FOLDER

Without sizes a fiftieth of a nation, some agencies and months of it.  SIGTERM ends a run in order; it goes on
with ``--resume``.  Prints a line for each month to standard error, and the whole record as JSON at the end,
which is also in ``FOLDER/result.json``; ``python -m benchmarks.national.page --take FOLDER/result.json`` puts
it among the measured points of docs/operations/capacity.md.
"""

import argparse
import json
import signal
import sys
from pathlib import Path
from types import FrameType

from benchmarks.national.nation import Scale
from benchmarks.national.simulation import Simulation
from linkage.errors import ClewError

_DEFAULTS = {"children": 20_000, "episodes_a_year": 6_000, "agencies": 28, "months": 6}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--folder", type=Path, help="a new simulation's, or one begun with these sizes")
    where.add_argument("--resume", type=Path, metavar="FOLDER", help="go on with the simulation in a folder")
    for name, default in _DEFAULTS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cohort", type=int, default=5000, help="children made at a time")
    parser.add_argument("--senders", type=int, default=2, help="processes that play agencies")
    parser.add_argument("--database", metavar="URL", help="PostgreSQL, {store} standing for each database")
    parser.add_argument("--no-statistics", action="store_true", help="draw no tables at the end")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, _stop)
    try:
        print(json.dumps(_simulation(asked).run()))
    except KeyboardInterrupt:
        folder = asked.resume or asked.folder
        print(f"stopped; go on with --resume {folder}", file=sys.stderr)
        return 130
    except ClewError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _simulation(asked: argparse.Namespace) -> Simulation:
    def say(message: str) -> None:
        print(message, file=sys.stderr, flush=True)

    if asked.resume is not None:
        return Simulation.resumed(
            asked.resume, senders=asked.senders, statistics=not asked.no_statistics, say=say
        )
    scale = Scale(**{name: getattr(asked, name) for name in (*_DEFAULTS, "seed", "cohort")})
    return Simulation(
        asked.folder,
        scale,
        database=asked.database,
        senders=asked.senders,
        statistics=not asked.no_statistics,
        say=say,
    )


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
