"""The console's benchmark holds what it says that it holds, and asks for every page there is."""

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.console import measure
from benchmarks.console_rows import Sizes
from benchmarks.console_store import made_of, make_store
from tests.support.console import needs_assets

pytestmark = needs_assets

RELEASED = "/publisher/releases/<int:number>"


def _count(path: Path, query: str) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute(query).fetchone()[0])


def test_a_small_register_is_measured_whole(tmp_path: Path, soak: bool) -> None:
    # Drawing a release takes most of the time.
    data, sizes = tmp_path / "data", Sizes(600, 200, agencies=5, months=3, releases=2 if soak else 0)
    make_store(data, sizes)
    assert made_of(data) == sizes
    assert _count(data / "encodings" / "encodings.db", "SELECT sum(rows) FROM bodies") == sizes.encodings
    payload = data / "payload" / "payload.db"
    assert _count(payload, "SELECT count(*) FROM records WHERE kind = 'episode'") == sizes.episodes
    assert _count(data / "register.db", "SELECT count(*) FROM memberships") == sizes.encodings
    found = measure(data, sizes, rounds=1, clients=(2,))
    assert found.errors == 0
    missing = {one for one in found.left_out if soak or not one.startswith(RELEASED)}
    assert missing <= {"/set-up"}
    asked = {(one.role, one.page) for one in found.pages}
    for wanted in (
        ("operator", "/operator/submissions/<agency>/<int:sequence>/progress"),
        ("reviewer", "/review/pairs/<int(max=2147483647):number>"),
        ("governance", "/governance/entries/<int:index>"),
        ("publisher", RELEASED if soak else "/publisher"),
    ):
        assert wanted in asked
    (whole,), (static,) = found.whole, found.static
    assert whole.requests > len(asked)
    assert 0 < whole.p50 <= whole.p95 <= whole.longest
    assert static.requests > 0
