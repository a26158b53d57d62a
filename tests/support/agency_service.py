"""A linkage unit on a socket, with an epoch whose key the agencies' own commands can use."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.clock import utc_now
from api.folders import DataFolder
from api.store.database import open_database
from api.trust import adopt_epoch, enrol_agency
from api.unit import create_unit, read_unit_card
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, UnitCard, card_fingerprint
from tests.support import unit as unit_support
from tests.support.agency_desk import Desk, Epoch, joined_desk, make_epoch
from tests.support.serving import serving
from tests.support.working import Workers, working


@dataclass(frozen=True)
class Service:
    url: str
    card: UnitCard
    epoch: Epoch
    workers: Workers
    folder: Path

    def enrol(self, desk: Desk) -> Desk:
        self.enrol_card(desk.card())
        return desk

    def enrol_card(self, card: AgencyCard) -> None:
        database = open_database(DataFolder(self.folder).register_database, "register")
        with database.write() as connection:
            enrol_agency(connection, canonical(card), fingerprint=card_fingerprint(card), now=utc_now())
        database.close()

    def desk(self, path: Path, code: str = "E09", role: str = "council") -> Desk:
        return self.enrol(joined_desk(path, self.epoch, self.card, code, role))


@contextmanager
def serving_agencies(folder: Path) -> Iterator[Service]:
    create_unit(folder, "Test unit")
    data = DataFolder(folder)
    unit_support.without_batches(data)
    card = read_unit_card(data)
    epoch = make_epoch(card)
    database = open_database(data.register_database, "register")
    with database.write() as connection:
        custodians = [one.card for one in epoch.members]
        adopt_epoch(
            connection, card, canonical(epoch.descriptor), custodians=custodians, threshold=2, now=utc_now()
        )
    database.close()
    unit = unit_support.Unit(data, card, (), epoch.descriptor)
    with serving(folder) as url, working(unit) as workers:
        yield Service(url, card, epoch, workers, folder)
