"""Where the linkage unit keeps what (docs/operations/register.md)."""

from dataclasses import dataclass
from pathlib import Path

from api.config import read_settings
from api.store.database import Location, Pool, StoreName
from linkage.errors import InputError

__all__ = ["FOLDERS", "DataFolder", "open_data_folder"]

FOLDERS = (
    "secrets",
    "secrets/audiences",
    "intake",
    "intake/encodings",
    "intake/payload",
    "encodings",
    "payload",
    "heartbeats",
)
"""The folders within a data folder, each after the one that it is in."""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths within one unit's data folder.

    ``intake/encodings`` and ``encodings`` are for the agency app and the linking worker; ``intake/payload``
    and ``payload`` for the agency app and the register worker.  No path is for both workers but the shared
    database, so that folder permissions can hold the wall where the two run as two accounts.
    """

    root: Path

    @property
    def settings(self) -> Path:
        """The documented settings of the unit."""
        return self.root / "unit.toml"

    @property
    def unit_card(self) -> Path:
        """The unit's public card."""
        return self.root / "unit-card.json"

    @property
    def receipts_key(self) -> Path:
        """The key that signs receipts; read by the agency app only."""
        return self.root / "secrets" / "receipts.key"

    @property
    def linking_key(self) -> Path:
        """The key that opens encodings; read by the linking worker only."""
        return self.root / "secrets" / "linking.key"

    @property
    def register_key(self) -> Path:
        """The key that opens payload; read by the register worker only."""
        return self.root / "secrets" / "register.key"

    @property
    def pseudonyms_key(self) -> Path:
        """The key of the operator's pseudonyms in units of older releases: generation 0."""
        return self.root / "secrets" / "pseudonyms.key"

    @property
    def audience_keys(self) -> Path:
        """The keys of audiences' pseudonyms, a file for each generation; read by the operator's exports."""
        return self.root / "secrets" / "audiences"

    def pseudonym_keys(self) -> tuple[Path, ...]:
        """Return the key files of pseudonyms that are there, or the folder that should hold some."""
        older = [self.pseudonyms_key] if self.pseudonyms_key.exists() else []
        return (*older, *sorted(self.audience_keys.glob("*.key"))) or (self.audience_keys,)

    @property
    def ledger_key(self) -> Path:
        """The key that signs the ledger's checkpoints; read by the agency app only."""
        return self.root / "secrets" / "ledger.key"

    @property
    def console_key(self) -> Path:
        """The key that seals the secrets of accounts' apps; made and read by the console only."""
        return self.root / "secrets" / "console.key"

    @property
    def releases_key(self) -> Path:
        """The key of what publishers look at; made by the register worker, read by it and the console."""
        return self.root / "secrets" / "releases.key"

    @property
    def ledger_card(self) -> Path:
        """The public card of that key, signed by the unit's."""
        return self.root / "ledger-card.json"

    @property
    def register_database(self) -> Path:
        """The database that the agency app and both workers share, where it is a file."""
        return self.root / "register.db"

    @property
    def intake_encodings(self) -> Path:
        """Chunks and sealed bodies of encodings on their way to the linking worker."""
        return self.root / "intake" / "encodings"

    @property
    def intake_payload(self) -> Path:
        """Chunks and sealed bodies of payload on their way to the register worker."""
        return self.root / "intake" / "payload"

    @property
    def encodings(self) -> Path:
        """The linking worker's own store."""
        return self.root / "encodings"

    @property
    def encodings_database(self) -> Path:
        """The index of the linking worker's store, where it is a file."""
        return self.encodings / "encodings.db"

    @property
    def payload(self) -> Path:
        """The register worker's own store."""
        return self.root / "payload"

    @property
    def payload_database(self) -> Path:
        """The register worker's records, sealed row by row, where they are a file."""
        return self.payload / "payload.db"

    @property
    def heartbeats(self) -> Path:
        """Where each worker process says that it lives; what is in it may be lost at any time."""
        return self.root / "heartbeats"

    def location(self, store: StoreName) -> Location:
        """Return where a store's database is: a file of this folder, or what ``unit.toml`` says."""
        files = {
            "register": self.register_database,
            "encodings": self.encodings_database,
            "payload": self.payload_database,
        }
        return read_settings(self.settings).database.url(store) or files[store]

    def pool(self) -> Pool:
        """Return what connections ``unit.toml`` gives a process of the unit."""
        return read_settings(self.settings).database.pool()

    def intake(self, part: str) -> Path:
        """Return the intake folder of one part."""
        return {"encodings": self.intake_encodings, "payload": self.intake_payload}[part]


def open_data_folder(root: Path) -> DataFolder:
    """Return the paths of a data folder that has been initialised; raises :class:`InputError` otherwise."""
    folder = DataFolder(root)
    try:
        there = folder.settings.is_file() and folder.unit_card.is_file()
    except PermissionError:
        raise InputError(
            "--data: permission denied", hint="run this as one of the unit's own accounts"
        ) from None
    if not there:
        raise InputError(
            "--data: this folder does not hold a linkage unit",
            hint="make one with `clew register init --data DIR --name NAME`, or check the path",
        )
    return folder
