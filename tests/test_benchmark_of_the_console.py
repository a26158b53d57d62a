"""The console's benchmark holds what it says that it holds, and asks for every page there is."""

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.console import measure
from benchmarks.console_rows import Sizes
from benchmarks.console_store import made_of, make_store
from tests.support.console import needs_assets

pytestmark = needs_assets

SIZES = Sizes(600, 200, agencies=5, months=3, releases=2)


def _count(path: Path, query: str) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute(query).fetchone()[0])


def test_a_small_register_is_measured_whole(tmp_path: Path) -> None:
    data = tmp_path / "data"
    make_store(data, SIZES)
    assert made_of(data) == SIZES
    assert _count(data / "encodings" / "encodings.db", "SELECT sum(rows) FROM bodies") == SIZES.encodings
    payload = data / "payload" / "payload.db"
    assert _count(payload, "SELECT count(*) FROM records WHERE kind = 'episode'") == SIZES.episodes
    assert _count(data / "register.db", "SELECT count(*) FROM memberships") == SIZES.encodings
    found = measure(data, SIZES, rounds=1, clients=(2,))
    assert found.errors == 0
    assert set(found.left_out) <= {"/set-up"}
    asked = {(one.role, one.page) for one in found.pages}
    for wanted in (
        ("operator", "/operator/submissions/<agency>/<int:sequence>/progress"),
        ("reviewer", "/review/pairs/<int(max=2147483647):number>"),
        ("governance", "/governance/entries/<int:index>"),
        ("publisher", "/publisher/releases/<int:number>"),
    ):
        assert wanted in asked
    (whole,), (static,) = found.whole, found.static
    assert whole.requests > len(asked)
    assert 0 < whole.p50 <= whole.p95 <= whole.longest
    assert static.requests > 0
