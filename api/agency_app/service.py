"""What the agency app works with: settings, stores, the key that signs receipts."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.checkpoints import (
    LedgerSigner,
    note_configuration,
    open_signer,
    outside_checkpoints,
    require_goes_on,
)
from api.clock import Clock, utc_now
from api.config import Settings, read_settings
from api.folders import DataFolder, open_data_folder
from api.secret_files import read_receipts_key
from api.store import submissions
from api.store.bodies import BodyFolder, chunk_name, owner_of
from api.store.database import Database, open_database
from linkage.wire.manifest import PART_NAMES

__all__ = ["Service", "chunk_name", "open_service"]


@dataclass(frozen=True, slots=True)
class Service:
    """One opened unit, as the agency app sees it: it can open neither seal."""

    folder: DataFolder
    settings: Settings
    database: Database
    intake: dict[str, BodyFolder]
    receipts_key: Ed25519PrivateKey
    signer: LedgerSigner
    clock: Clock

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def recover(self) -> None:
        """Remove chunks, and what is half-written, that a killed process left of submissions no longer open.

        What is half-written of one that is open may be another process's, and stays for a day.
        """
        found = {
            name: [*folder.names(".chunk"), *folder.unfinished()] for name, folder in self.intake.items()
        }
        with self.database.read() as connection:
            open_now = submissions.open_ids(connection)
        for name, folder in self.intake.items():
            folder.sweep_unfinished()
            folder.remove(one for one in found[name] if owner_of(one) not in open_now)


def open_service(data: Path, *, clock: Clock = utc_now, outside: Iterable[Path] = ()) -> Service:
    """Open a data folder for the agency app; raises :class:`linkage.errors.ClewError`.

    ``outside``: files or folders of checkpoints that lie elsewhere; nothing is signed behind them.
    """
    folder = open_data_folder(data)
    settings, signer = read_settings(folder.settings), open_signer(folder)
    kept = (*outside, *map(Path, settings.service.outside_checkpoints))
    witnessed = outside_checkpoints(kept, signer.card)
    service = Service(
        folder=folder,
        settings=settings,
        database=open_database(folder.location("register"), "register", settings.database.pool()),
        intake={name: BodyFolder(folder.intake(name)) for name in PART_NAMES},
        receipts_key=read_receipts_key(folder.receipts_key),
        signer=signer,
        clock=clock,
    )
    try:
        with service.database.read() as connection:
            require_goes_on(connection, witnessed)
        note_configuration(service.database, folder, now=clock())
        service.recover()
    except BaseException:
        service.close()
        raise
    return service
