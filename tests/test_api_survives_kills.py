"""What was acknowledged outlives SIGKILL of any of the unit's processes, at any time, between any steps.

In full (``make soak``): 1,000 cycles and at least 100,000 acknowledgements on SQLite, 200 cycles on
PostgreSQL.  A run on SQLite that was interrupted goes on where it ended if ``CLEW_SOAK_PLACE`` names a folder
to keep it in; ``CLEW_SOAK_SECONDS`` bounds it.
"""

import os
import time
from pathlib import Path

import pytest

from tests.support import databases, postgresql
from tests.support.kill_story import Story


def test_what_was_acknowledged_outlives_sigkill(tmp_path: Path, soak: bool) -> None:
    kept, bound = os.environ.get("CLEW_SOAK_PLACE"), os.environ.get("CLEW_SOAK_SECONDS")
    place = Path(kept) / "kills" if soak and kept else tmp_path
    story = Story(place, acknowledgements=(1, 215) if soak else (1, 40))
    until = time.time() + float(bound) if soak and bound else None
    story.run(1000 if soak else 15, until=until)
    story.settle()
    story.check_at_the_end()
    counts = story.journal.counts()
    assert counts["commit"] > 0
    if soak and story.cycles >= 1000:
        assert sum(counts.values()) >= 100_000


def test_what_was_acknowledged_outlives_sigkill_on_postgresql(tmp_path: Path, soak: bool) -> None:
    if (reason := postgresql.why_not()) is not None:
        pytest.skip(reason)
    with databases.using("postgresql"):
        story = Story(tmp_path, acknowledgements=(1, 100) if soak else (1, 40))
        story.run(200 if soak else 2)
        story.settle()
        story.check_at_the_end()
    assert story.journal.counts()["put"] > 0
