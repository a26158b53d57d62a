"""More than the unit can do at once: it is slow or says so, loses nothing it took, is soon itself again."""

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from tests.support.acknowledged import Journal, Stores
from tests.support.killing import service
from tests.support.quick_client import DroppedError, QuickClient
from tests.support.senders import Cut, cut
from tests.support.unit import Desk, make_sent, make_unit

RECOVERS_WITHIN = 30.0


def test_an_overloaded_unit_recovers_and_has_lost_nothing_that_it_took(tmp_path: Path, soak: bool) -> None:
    """Forty connections at once, and for three seconds somebody holds the database."""
    unit, journal = make_unit(tmp_path / "data"), Journal(tmp_path / "journal.jsonl")
    stores = Stores(unit.folder, unit.card.signing_key)
    served = service(unit.folder.root, tmp_path)
    url = served.serve()
    assert url is not None
    statuses: set[int] = set()
    ends = time.monotonic() + (30 if soak else 5)

    def flood(desk: Desk, bundle: Cut, share: int) -> None:
        here = f"/v1/submissions/{bundle.sent.id}/chunks"
        with QuickClient(url, desk.key) as client:
            for part, digest, piece in bundle.pieces[share::5] * (100 if soak else 1):
                if time.monotonic() > ends:
                    return
                try:
                    status = client.call("PUT", f"{here}/{digest}", piece).status
                except DroppedError:
                    continue
                statuses.add(status)
                if status == 204:
                    journal.note("put", desk.code, bundle.sent.id, 1, digest=digest, part=part)

    threads: list[threading.Thread] = []
    made: list[tuple[Desk, Cut]] = []
    for number in range(8):
        desk = unit.enrol(Desk(f"E{number:02d}", "council"))
        made.append((desk, cut(make_sent(unit, desk), 64)))
        with QuickClient(url, desk.key) as client:
            answer = client.call("POST", "/v1/submissions", made[-1][1].registration())
            assert answer.status == 201
        threads += [threading.Thread(target=flood, args=(*made[-1], share)) for share in range(5)]
    for thread in threads:
        thread.start()
    with closing(sqlite3.connect(unit.folder.register_database, isolation_level=None, timeout=20)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(3)
        other.execute("ROLLBACK")
    for thread in threads:
        thread.join()
    began = time.monotonic()
    desk, bundle = made[0]
    with QuickClient(url, desk.key) as client:
        for _, digest, piece in bundle.pieces:
            assert (
                client.call("PUT", f"/v1/submissions/{bundle.sent.id}/chunks/{digest}", piece).status == 204
            )
        assert client.call("POST", f"/v1/submissions/{bundle.sent.id}/commit").status == 200
    assert time.monotonic() - began < RECOVERS_WITHIN
    assert statuses <= {204, 429, 503}
    assert 204 in statuses
    assert stores.check([one for one in journal.entries if one.submission != bundle.sent.id]) == []
    assert served.terminate() == 0
    stores.close()
    journal.close()
