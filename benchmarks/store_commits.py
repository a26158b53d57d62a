"""How fast rows become durable: threads of one process that each write one row at a time.

    python -m benchmarks.store_commits --seconds 5 --threads 8,32
    python -m benchmarks.store_commits --url postgresql+psycopg:///bench    # an empty database

``single`` is SQLite with a transaction of its own for every row, as it was before group commit.  What is
compared is measured in turns, so that a noisy machine disturbs all alike.
"""

import argparse
import contextlib
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Connection, event, insert, make_url

from api.store import schema
from api.store.database import Database, Location, open_database
from api.store.migrating import create_database

Write = Callable[[], contextlib.AbstractContextManager[Connection]]


def _single(path: Path) -> tuple[Write, Callable[[], None]]:
    """One transaction and one fsync for each block; SQLite queues the writers."""
    database = Database(path)
    event.listen(database._engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=60000"))

    @contextlib.contextmanager
    def write() -> Iterator[Connection]:
        options = {"clew_write": True}
        with database._engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    return write, database.close


def _grouped(location: Location) -> tuple[Write, Callable[[], None]]:
    database = open_database(location, "register")
    return database.write, database.close


def _beside(location: Location) -> tuple[Write, Callable[[], None]]:
    database = open_database(location, "register")
    return database.write_beside, database.close


def _measure(write: Write, threads: int, seconds: float, run: str) -> tuple[float, float, float]:
    """Return commits a second, and median and 99th percentile of the time of one, in milliseconds."""
    spent: list[float] = []
    stop = time.monotonic() + seconds

    def work(name: int) -> None:
        number = 0
        while (began := time.monotonic()) < stop:
            number += 1
            with write() as connection:
                row = {"signing_key": run, "nonce": f"{name}-{number}", "expires": "x"}
                connection.execute(insert(schema.nonces).values(**row))
            spent.append((time.monotonic() - began) * 1000)

    running = [threading.Thread(target=work, args=(name,)) for name in range(threads)]
    began = time.monotonic()
    for one in running:
        one.start()
    for one in running:
        one.join()
    return (
        len(spent) / (time.monotonic() - began),
        statistics.median(spent),
        sorted(spent)[int(len(spent) * 0.99)],
    )


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--threads", default="8,32")
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="On the disk to be measured.")
    parser.add_argument("--url", help="A PostgreSQL database to measure too.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as place:
        path = Path(place) / "register.db"
        create_database(path, "register")
        kinds = {"sqlite, single": lambda: _single(path), "sqlite, groups": lambda: _grouped(path)}
        if given.url:
            url = make_url(given.url)
            create_database(url, "register")
            kinds |= {"postgresql": lambda: _grouped(url), "postgresql, beside": lambda: _beside(url)}
        print(f"{'':20} {'threads':>8} {'commits/s':>10} {'median ms':>10} {'p99 ms':>10}")
        for turn in range(given.turns):
            for threads in map(int, given.threads.split(",")):
                for name, opened in kinds.items():
                    write, close = opened()
                    rate, median, worst = _measure(write, threads, given.seconds, f"{name} {turn} {threads}")
                    close()
                    print(f"{name:20} {threads:8} {rate:10.0f} {median:10.1f} {worst:10.1f}", flush=True)


if __name__ == "__main__":
    main()
