"""A unit with three agencies, served on a real socket, and its workers at hand."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

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
    with serving(folder) as url, working(unit) as workers, ExitStack() as stack:
        yield Served(unit, url, council, other, police, workers, stack)
