"""A unit with three agencies, served on a real socket, and its workers at hand."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from api.folders import DataFolder
from tests.support.serving import serving
from tests.support.signing_client import SigningClient
from tests.support.unit import Desk, Unit, make_unit, set_limits
from tests.support.working import Workers, working


@dataclass(frozen=True)
class Served:
    unit: Unit
    url: str
    council: Desk
    other_council: Desk
    police: Desk
    workers: Workers
    stack: ExitStack

    def client(self, desk: Desk) -> SigningClient:
        return self.stack.enter_context(SigningClient(self.url, desk.key))


@contextmanager
def served_unit(folder: Path, limits: Mapping[str, int] | None = None) -> Iterator[Served]:
    unit = make_unit(folder)
    set_limits(unit.folder, **(limits or {}))
    council = unit.enrol(Desk("E09", "council"))
    other = unit.enrol(Desk("E10", "council"))
    police = unit.enrol(Desk("P01", "police"))
    with _opened(unit, council, other, police) as served:
        yield served


@contextmanager
def copied_unit(made: Served, folder: Path) -> Iterator[Served]:
    """Serve a copy of what a unit held when it was closed, for tests that begin from the same world."""
    shutil.copytree(made.unit.folder.root, folder)
    unit = replace(made.unit, folder=DataFolder(folder))
    with _opened(unit, made.council, made.other_council, made.police) as served:
        yield served


@contextmanager
def _opened(unit: Unit, council: Desk, other: Desk, police: Desk) -> Iterator[Served]:
    with serving(unit.folder.root) as url, working(unit) as workers, ExitStack() as stack:
        yield Served(unit, url, council, other, police, workers, stack)
