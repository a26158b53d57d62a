"""How long a monthly submission takes against a large register, stage by stage.

    python -m benchmarks.increments
    python -m benchmarks.increments --register 5000000 --submissions 1000,10000,100000 --folder FOLDER

The register is made up and what a linkage of it would have kept is put together (:mod:`.made_up`); it is made
once, in ``--folder``, and each submission that was measured is in ``results.jsonl`` there, so that a run that
was ended goes on.  Every submission is measured in a process of its own, against the same register.  The
comparison and all that follows is the linking worker's own code.  Not timed: opening the agencies' bodies.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.increments.measuring import make_register, measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--register", type=int, default=200_000)
    parser.add_argument("--submissions", default="1000,10000")
    parser.add_argument("--folder", type=Path, help="kept for the next run; a temporary one by default")
    asked = parser.parse_args()
    sizes = [int(text) for text in asked.submissions.split(",")]
    if asked.folder is not None:
        asked.folder.mkdir(parents=True, exist_ok=True)
        _run(asked.folder, asked.register, sizes)
    else:
        with tempfile.TemporaryDirectory() as folder:
            _run(Path(folder), asked.register, sizes)


def _run(folder: Path, register: int, sizes: list[int]) -> None:
    folder = folder / f"register-{register}"
    if not (folder / "key").is_file():
        _apart(make_register, folder, register)
    results = folder / "results.jsonl"
    done = [json.loads(line) for line in results.read_text().splitlines()] if results.is_file() else []
    for size in sizes:
        if all(one["submission"] != size for one in done):
            _apart(measure, folder, size)
    _show([json.loads(line) for line in results.read_text().splitlines()])


def _apart(work: Any, *arguments: Any) -> None:
    """Do some work in a process of its own, so that its memory is its own."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(process.exitcode)


def _show(results: list[dict[str, Any]]) -> None:
    results.sort(key=lambda one: one["submission"])
    print(f"register of {results[0]['register']:,} rows; the first column is nothing new at all\n")
    rows: list[tuple[str, list[str]]] = [
        ("rows submitted", [f"{one['submission']:,}" for one in results]),
        ("rows compared with all", [f"{one['new']:,}" for one in results]),
        ("comparisons", [f"{one['comparisons']:.3g}" for one in results]),
        ("memory, GB", [f"{one['memory_gb']:.2f}" for one in results]),
    ]
    for stage in results[0]["stages"]:
        rows += [(stage, [f"{one['stages'][stage]:.2f} ({one['worked'][stage]:.2f})" for one in results])]
    rows.append(("all", [f"{one['seconds']:.2f}" for one in results]))
    for name, values in rows:
        print(f"{name:<34}" + "".join(f"{value:>20}" for value in values))
    print("\nstages: seconds, and seconds of all processors together in brackets")


if __name__ == "__main__":
    main()
