"""What PostgreSQL gains by what is done only there, as ratios measured in turns.

    python -m benchmarks.postgresql                       # small, on a private server in memory
    python -m benchmarks.postgresql --rows 1000000 --epochs 5 --turns 3
    python -m benchmarks.postgresql --only web --agencies 16 --chunks 64

``copy``: many rows by COPY against the same rows by one statement each (the driver's executemany), for
memberships and for sealed records.  ``drop``: an epoch's records dropped with their partition against deleted
and the whole table written anew; and one record erased, its partition written anew against the table.
``move``: records moved into partitions while somebody writes, and the longest that a write took.
``open``: the snapshots of a cycle opened anew, against those kept opened.
``web``: requests of many agencies against 1, 2 and 4 web processes.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from msgspec import structs
from sqlalchemy import URL, Connection, Table, delete, insert

from api.secret_files import WorkerKey
from api.store import payload, schema
from api.store.bulk import insert_rows
from api.store.database import Database
from api.store.migrating import create_database
from api.store.partitioning import move_into_partitions
from api.store.partitions import ensure_partition
from api.store.payload import PayloadStore
from linkage.wire.manifest import Manifest
from linkage.wire.records import Child, Episode, Payload
from linkage.wire.seal import SealingKey
from tests.support import databases, postgresql
from tests.support.older_releases import write_flat_payload
from tests.support.unit import Desk, handle, make_payload, make_sent, make_unit

DESK = Desk("E09", "council")
KINDS = ("copy", "drop", "move", "open", "web")


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _new() -> URL:
    return postgresql.server().url(databases.new_database())


Rows = list[dict[str, object]]


def _memberships(rows: int) -> Rows:
    return [
        {"agency": "E09", "handle": f"{n:032x}", "person": f"{n:032x}", "since_run": 1, "epoch": "e1"}
        for n in range(rows)
    ]


def _records(rows: int, submission: str = "s", epoch: str = "e1") -> Rows:
    shown = {"agency": "E09", "kind": "episode", "version": 1, "status": "current", "epoch": epoch}
    sealed = os.urandom(400)
    return [{"submission": submission, "handle": f"{n:032x}", "sealed": sealed} | shown for n in range(rows)]


def measure_copy(rows: int, turns: int) -> dict[str, float]:
    """Return the median of executemany's time by COPY's, in one transaction each, commit included."""
    found: dict[str, float] = {}
    records = payload.metadata.tables["records"]
    for name, table, made in (
        ("memberships", schema.memberships, _memberships(rows)),
        ("records", records, _records(rows)),
    ):
        store = "register" if table is schema.memberships else "payload"
        location = _new()
        create_database(location, store)  # type: ignore[arg-type]
        with closing(Database(location)) as database:
            _prepare(database, table)
            ratios = []
            for _ in range(turns):
                times = [_timed(_writing(database, table, made, how)) for how in (_each, insert_rows)]
                ratios.append(times[0] / times[1])
                print(f"copy {name}: {times[0]:.2f} s by statements, {times[1]:.2f} s by COPY", flush=True)
        found[f"copy/{name}"] = round(statistics.median(ratios), 2)
    return found


def _prepare(database: Database, table: Table) -> None:
    """Add the rows that others refer to, and partitions."""
    with database.write() as connection:
        if table is schema.memberships:
            for key in ("memberships_agency_fkey", "memberships_person_fkey", "memberships_since_run_fkey"):
                connection.exec_driver_sql(f"ALTER TABLE memberships DROP CONSTRAINT IF EXISTS {key}")
        else:
            ensure_partition(connection, "e1")
            connection.exec_driver_sql("INSERT INTO snapshots VALUES ('s', 'E09', 'x', 'x', 1, 'x')")


def _each(connection: Connection, table: Table, rows: Rows) -> None:
    connection.execute(insert(table), rows)


def _writing(
    database: Database, table: Table, rows: Rows, how: Callable[[Connection, Table, Rows], None]
) -> Callable[[], None]:
    with database.write() as connection:
        connection.execute(delete(table))
    database.scrub()

    def write() -> None:
        with database.write() as connection:
            for start in range(0, len(rows), 2000):
                how(connection, table, rows[start : start + 2000])

    return write


def _manifest() -> Manifest:
    with tempfile.TemporaryDirectory() as folder:
        return make_sent(make_unit(Path(folder) / "data"), DESK).manifest


def _many(rows: int) -> Payload:
    """A payload of so many records, half of them children."""
    plain = make_payload(DESK, (1,))
    child, episode = plain.children[0], plain.episodes[0]
    children = tuple(structs.replace(child, handle=f"{n:032x}") for n in range(rows // 2))
    episodes = tuple(
        structs.replace(episode, handle=handle("e", n), child=one.handle) for n, one in enumerate(children)
    )
    assert isinstance(child, Child)
    assert isinstance(episode, Episode)
    return structs.replace(plain, children=children, episodes=episodes)


@contextmanager
def _filled(location: URL, manifest: Manifest, rows: int, epochs: int) -> Iterator[PayloadStore]:
    """A store with so many records in each of some epochs, in ten snapshots each."""
    key = WorkerKey(SealingKey.generate().to_bytes())
    part = _many(rows // 10)
    with closing(PayloadStore(location, key)) as store:
        for epoch in range(epochs):
            for number in range(10):
                store.add(f"s{epoch}-{number}", structs.replace(manifest, epoch=f"e{epoch}"), part, now="x")
        yield store


def measure_drop(rows: int, epochs: int, manifest: Manifest) -> dict[str, float]:
    """Return by how much erasing is faster with partitions than in one table; an epoch, and one child."""
    times: dict[str, tuple[float, float]] = {}
    for kind in ("one table", "partitions"):
        location = _new()
        if kind == "partitions":
            create_database(location, "payload")
        else:
            write_flat_payload(location)
        with _filled(location, manifest, rows, epochs) as store:
            child = {f"s{epochs - 1}-0": {f"{1:032x}"}}
            one = _timed(partial(store.erase, child))
            whole = _timed(partial(store.erase, {}, whole=[f"s0-{number}" for number in range(10)]))
        times[kind] = one, whole
        print(f"drop, {kind}: a child {one:.2f} s, an epoch {whole:.2f} s", flush=True)
    flat, parted = times["one table"], times["partitions"]
    return {
        "drop/a child": round(flat[0] / parted[0], 2),
        "drop/an epoch": round(flat[1] / parted[1], 2),
    }


def measure_move(rows: int, manifest: Manifest) -> dict[str, float]:
    """Move records into partitions beside a writer; returns records a second and the longest write."""
    location = _new()
    write_flat_payload(location)
    with _filled(location, manifest, rows, 1) as store:
        longest, over, small = [0.0], threading.Event(), _many(20)

        def write() -> None:
            number = 0
            while not over.is_set():
                number += 1
                write_one = partial(store.add, f"w{number}", manifest, small, now="x")
                longest[0] = max(longest[0], _timed(write_one))

        thread = threading.Thread(target=write)
        thread.start()
        epochs = {f"s0-{number}": "e0" for number in range(10)}
        spent = _timed(lambda: move_into_partitions(location, epochs))
        over.set()
        thread.join()
    print(f"move: {rows} records in {spent:.2f} s, the longest write {longest[0]:.2f} s", flush=True)
    return {"move/records a second": round(rows / spent), "move/longest write, s": round(longest[0], 2)}


def measure_open(rows: int, manifest: Manifest) -> dict[str, float]:
    """Return by how much faster a round is that finds its snapshots opened, but for one of twenty."""
    location = _new()
    create_database(location, "payload")
    key = WorkerKey(SealingKey.generate().to_bytes())
    part = _many(rows // 20)
    with closing(PayloadStore(location, key, keep_opened=rows * 2)) as store:
        names = [f"s{number}" for number in range(20)]
        for name in names:
            store.add(name, manifest, part, now="x")

        def load() -> None:
            store.begin_round()
            for name in names:
                store.load(name, "E09")

        first = _timed(load)
        store.erase({names[0]: {f"{1:032x}"}})
        again = _timed(load)
    print(f"open: {first:.2f} s for everything, {again:.2f} s for what changed", flush=True)
    return {"open/one of twenty changed": round(first / again, 1)}


def measure_web(agencies: int, chunks: int, counts: tuple[int, ...]) -> dict[str, float]:
    """Return requests a second of 1, 2, 4 web processes, against one."""
    from benchmarks.web_processes import requests_a_second

    found: dict[str, float] = {}
    for processes in counts:
        rate = requests_a_second(processes, agencies=agencies, chunks=chunks)
        found[f"web/{processes} processes, PUT/s"] = round(rate, 1)
        print(f"web: {processes} processes, {rate:.1f} PUT/s", flush=True)
    return found


def main() -> None:
    """Measure, print what was measured, and the ratios as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--agencies", type=int, default=8)
    parser.add_argument("--chunks", type=int, default=8)
    parser.add_argument("--processes", default="1,2,4")
    parser.add_argument("--only", choices=KINDS, action="append")
    given, before = parser.parse_args(), os.getloadavg()[0]
    wanted = given.only or KINDS
    if (reason := postgresql.why_not()) is not None:
        sys.exit(reason)
    found: dict[str, float] = {}
    with databases.using("postgresql"):
        manifest = _manifest()
        if "copy" in wanted:
            found |= measure_copy(given.rows, given.turns)
        if "drop" in wanted:
            found |= measure_drop(given.rows, given.epochs, manifest)
        if "move" in wanted:
            found |= measure_move(given.rows, manifest)
        if "open" in wanted:
            found |= measure_open(given.rows, manifest)
        if "web" in wanted:
            counts = tuple(map(int, given.processes.split(",")))
            found |= measure_web(given.agencies, given.chunks, counts)
    print(json.dumps({"rows": given.rows, "cores": os.cpu_count(), "load_before": before, "found": found}))


if __name__ == "__main__":
    main()
