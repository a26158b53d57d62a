"""What the pack is built from: one unit, seen in one transaction, and what was handed in beside it."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection

from api.checkpoints import LedgerSigner
from api.clock import stamp
from api.config import Settings
from api.console_app.permissions import Granted, granted
from api.console_app.service import ConsoleService
from api.evidence.handed_in import HandedIn
from api.evidence.values import Counts
from api.folders import DataFolder
from api.overview.agencies import AgencyView, agency_views
from api.store import agencies, epochs
from api.store.database import Database
from api.store.epochs import Epoch
from api.unit import read_unit_card
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profiles
from linkage.wire.cards import UnitCard
from linkage.wire.checkpoints import Checkpoint

__all__ = ["Seen"]

_NO_KEY = bytes(32)
"""The permission matrix needs the console's pages and none of its secrets: nothing is opened with this."""


@dataclass(frozen=True)
class Seen:
    """A unit as one transaction sees it, at one moment."""

    connection: Connection
    database: Database
    folder: DataFolder
    settings: Settings
    signer: LedgerSigner
    handed_in: HandedIn
    now: dt.datetime

    @property
    def day(self) -> str:
        """The day of the pack, in UTC."""
        return stamp(self.now)[:10]

    @cached_property
    def counts(self) -> Counts:
        """The rules by which counts about children are written."""
        return Counts.set_by(self.settings)

    @cached_property
    def card(self) -> UnitCard:
        """The unit's public card."""
        return read_unit_card(self.folder)

    @cached_property
    def checkpoint(self) -> tuple[Checkpoint, str]:
        """The ledger's position in this transaction, and its signed note."""
        return self.signer.checkpoint(self.connection)

    @cached_property
    def agencies(self) -> list[AgencyView]:
        """Every agency with its newest submissions."""
        return agency_views(self.connection)

    @cached_property
    def epochs(self) -> list[Epoch]:
        """Every epoch, the newest first."""
        return epochs.all_epochs(self.connection)

    @cached_property
    def profile(self) -> EncodingProfile | None:
        """The shipped profile of the epoch in force, or None: without an epoch, or if it is not shipped."""
        epoch = agencies.current_epoch(self.connection)
        known = shipped_profiles().values()
        return next((one for one in known if epoch and one.digest == epoch.profile_digest), None)

    @cached_property
    def addresses(self) -> list[Granted]:
        """Every address of the console with who may open it."""
        from api.console_app.app import create_console  # it loads every page
        from api.console_app.sealing import ConsoleKey

        service = ConsoleService(
            self.folder, self.settings, self.database, ConsoleKey(_NO_KEY), lambda: self.now
        )
        return granted(create_console(service, served=False))
