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
from api.folders import open_data_folder
from api.secret_files import read_receipts_key
from api.store import submissions
from api.store.bodies import BodyFolder
from api.store.database import Database, open_database
from linkage.wire.manifest import PART_NAMES

__all__ = ["Service", "chunk_name", "chunk_owner", "open_service"]


@dataclass(frozen=True, slots=True)
class Service:
    """One opened unit, as the agency app sees it: it can open neither seal."""

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
        """Remove chunks that a killed process left behind after their submission was committed."""
        found = {name: folder.names(".chunk") for name, folder in self.intake.items()}
        with self.database.read() as connection:
            open_now = submissions.open_ids(connection)
        for name, folder in self.intake.items():
            folder.sweep_unfinished()
            folder.remove(one for one in found[name] if chunk_owner(one) not in open_now)


def chunk_name(submission: str, sha256: str) -> str:
    """Name a chunk's file.  It holds the submission: one agency's chunks never serve as another's."""
    return f"{submission}-{sha256}.chunk"


def chunk_owner(name: str) -> str:
    """Return the submission that a chunk's file belongs to."""
    return name.partition("-")[0]


def open_service(data: Path, *, clock: Clock = utc_now, outside: Iterable[Path] = ()) -> Service:
    """Open a data folder for the agency app; raises :class:`linkage.errors.ClewError`.

    ``outside``: files or folders of checkpoints that lie elsewhere; nothing is signed behind them.
    """
    folder = open_data_folder(data)
    signer = open_signer(folder)
    witnessed = outside_checkpoints(outside, signer.card)
    service = Service(
        settings=read_settings(folder.settings),
        database=open_database(folder.location("register"), "register"),
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
