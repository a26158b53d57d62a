"""The work of the benchmark's own processes: to make a register, and to measure one submission to it."""

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.increments import made_up
from benchmarks.increments.stages import FileKeeper, Stages, empty_register, link_in_stages, memory
from linkage.match.kept import Kept
from linkage.match.kept_format import kept_pieces
from linkage.match.rows import gather
from linkage.match.warming import warm_up
from linkage.shipped_profiles import shipped_profile
from linkage.wire.seal import SealingKey, seal

__all__ = ["make_register", "measure"]

PROFILE = shipped_profile("child-1")


def make_register(folder: Path, count: int) -> None:
    """Make the register, what is kept of it, and the persons of its first linkage."""
    began = time.perf_counter()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    register = made_up.MadeUp.draw(count, len(PROFILE.views), PROFILE.view_bytes)
    register.save(folder / "register")
    key, rows = SealingKey.generate(), gather(register.sources(), PROFILE)
    kept = made_up.kept_of(rows, register, PROFILE)
    del rows
    with (folder / "kept").open("wb") as stream:
        stream.writelines(seal(kept_pieces(kept), key.public_text(), context=b"kept"))
    _describe(kept, count, (folder / "kept").stat().st_size, time.perf_counter() - began)
    del kept
    empty_register(folder / "register.db")
    _linked(folder, key, register, folder / "register.db", {"submission": 0})
    (folder / "key").write_bytes(key.to_bytes())


def _describe(kept: Kept, rows: int, size: int, seconds: float) -> None:
    pairs = len(kept.compared)
    print(
        f"register of {rows:,} rows made in {seconds:.0f} s: {pairs:,} pairs kept, "
        f"{size:,} bytes, {size / rows:.0f} a row",
        file=sys.stderr,
        flush=True,
    )


def measure(folder: Path, size: int) -> None:
    """Link the register after a submission of so many rows, and add to the results."""
    warm_up()
    key = SealingKey.from_bytes((folder / "key").read_bytes())
    register = made_up.submission(made_up.MadeUp.load(folder / "register"), size, seed=1)
    database = folder / "measured.db"
    shutil.copyfile(folder / "register.db", database)
    _linked(folder, key, register, database, {"submission": size})


def _linked(
    folder: Path, key: SealingKey, register: made_up.MadeUp, database: Path, said: dict[str, Any]
) -> None:
    stages, keeper = Stages(), FileKeeper(folder / "kept", key, write_to=folder / "kept.new")
    print(f"submission of {said['submission']:,} rows", file=sys.stderr, flush=True)
    began = time.perf_counter()
    found = link_in_stages(stages, register, PROFILE, keeper, database)
    said |= {
        "register": len(register.person),
        "new": keeper.new,
        "comparisons": keeper.comparisons,
        "pairs": len(found.pairs),
        "seconds": round(time.perf_counter() - began, 2),
        "memory_gb": round(memory(), 2),
        "kept_bytes": (folder / "kept.new").stat().st_size,
        "worked": {name.strip(): round(took, 2) for name, took in stages.worked.items()},
        "stages": {name.strip(): round(took, 2) for name, took in stages.seconds.items()},
    }
    with (folder / "results.jsonl").open("a") as stream:
        stream.write(json.dumps(said) + "\n")
