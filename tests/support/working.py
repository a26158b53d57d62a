"""Both workers of a unit in this process, one job after the other."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from api.clock import Clock, utc_now
from api.cycle import close_cycle
from api.linking_worker import LinkingWorker
from api.register_worker import RegisterWorker
from api.store import jobs
from api.store.database import Database
from tests.support.unit import Unit

_ROUNDS = 10
"""Jobs of the two workers wait for each other; nothing waits oftener than that."""


@dataclass(frozen=True)
class Workers:
    database: Database
    linking: LinkingWorker
    register: RegisterWorker
    said: list[str]

    def run(self, which: Literal["linking", "register"]) -> None:
        handlers = self.linking if which == "linking" else self.register
        handlers.worker(self.said.append).run(threading.Event(), once=True, idle_seconds=0.01)

    def settle(self) -> None:
        """Do everything that can be done."""
        for _ in range(_ROUNDS):
            self.run("linking")
            self.run("register")
            with self.database.read() as connection:
                if not any(jobs.pending(connection, "linking") + jobs.pending(connection, "register")):
                    return

    def cycle(self) -> int:
        with self.database.write() as connection:
            number = close_cycle(connection, now=utc_now())
        self.settle()
        return number


@contextmanager
def working(unit: Unit, clock: Clock = utc_now) -> Iterator[Workers]:
    database = unit.database()
    linking = LinkingWorker(unit.folder, database, clock)
    register = RegisterWorker(unit.folder, database, clock)
    try:
        yield Workers(database, linking, register, [])
    finally:
        linking.close()
        register.close()
        database.close()
