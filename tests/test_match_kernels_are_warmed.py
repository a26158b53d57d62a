"""Once warmed up a linkage compiles nothing more: whatever the profile, paired or clustered, of any size."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from api.clock import utc_now
from api.worker import Worker
from tests.support.processes import ROOT, clew_running
from tests.support.unit import make_unit
from tests.support.working import working

_LINKAGES = """
import itertools, sys
import numpy as np
from numba.core.dispatcher import Dispatcher
from linkage.match.warming import warm_up

def dispatchers():
    found = {}
    for name, module in sorted(sys.modules.items()):
        if name.startswith("linkage."):
            for function in vars(module).values():
                if isinstance(function, Dispatcher):
                    found[function.py_func.__module__, function.__name__] = function
    return found

def compiled():
    return {
        name: (tuple(map(str, one.signatures)), sum(one.stats.cache_misses.values()))
        for name, one in dispatchers().items()
    }

def encodings(profile, start, count, doubt):
    views = len(profile.views)
    numbers = range(start, start + count)
    bits = [np.random.default_rng([one, 5]).integers(0, 256, (views, profile.view_bytes), np.uint8)
            for one in numbers]
    for one in bits[: count // 2]:  # some are less alike than others: neither equal nor unlike
        one[:, :doubt] ^= np.uint8(255)
    return Encodings(
        handles=np.array([list(one.to_bytes(16, "big")) for one in numbers], np.uint8),
        variants=np.zeros(count, np.uint8), tiers=np.zeros(count, np.uint8),
        present=np.full(count, (1 << views) - 1, np.uint32), bits=np.array(bits),
    )

warm_up()
before = compiled()
assert len(before) > 20, before
from linkage.match.linkage import Known, RecordId, Source, link
from linkage.shipped_profiles import shipped_profile
from linkage.wire.encodings import Encodings

sizes = {"child-1": (1, 30, 300), "person-1-open": (30,), "clk-plain": (30, 300)}
for name, free in itertools.product(sizes, (False, True)):
    profile = shipped_profile(name)
    for count in sizes[name]:
        sources = [
            Source(agency, encodings(profile, start, count, doubt), free)
            for agency, start, doubt in (("A", 0, 0), ("B", count // 4, 5), ("C", count // 3, 9))
        ]
        known = Known(RecordId("A", "00" * 16), RecordId("B", f"{count // 4:032x}"), same=True)
        found = link(sources, profile, threads=2, known=[known])
        assert len(found.records) == 3 * count
        link(sources[:2], profile, threads=1)
        link(sources[:1], profile)
after = compiled()
assert after == before, {name for name in after if after[name] != before.get(name)}
"""


def test_nothing_is_compiled_or_loaded_after_warming_up() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LINKAGES], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_linking_worker_warms_up_before_it_is_ready_and_only_if_it_waits_for_jobs(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    done: list[str] = []
    stop = threading.Event()

    def say(line: str) -> None:
        done.append(line)
        if "ready" in line:
            stop.set()

    with working(unit) as workers:
        for once in (True, False):
            worker = Worker(
                "linking", workers.database, {}, clock=utc_now, say=say, warm_up=lambda: done.append("warm")
            )
            worker.run(stop, once=once)
            assert done == ([] if once else ["warm", "linking worker: ready"])
    with clew_running("register", "work", "linking", "--data", unit.folder.root) as process:
        assert process.stderr is not None
        assert process.stderr.readline().endswith("linking worker: ready\n")


@pytest.mark.parametrize("module", ["api.linking_worker", "api.manage.running", "linkage.match"])
def test_who_only_names_the_worker_does_not_load_the_compiler(module: str) -> None:
    code = f"import sys, {module}; sys.exit('numba' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
