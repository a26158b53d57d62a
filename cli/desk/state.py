"""What the page knows while it runs, in memory alone: no passphrase, no key, and no identity ever."""

import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from cli.agency.asking import Urgent
from cli.agency.encoding import Encoded, open_copy
from cli.agency.looking import Looked
from cli.agency.reporting import Report
from cli.agency.shield_choice import NO_SHIELD, ShieldChoice
from cli.agency.store import Store
from cli.agency.workspace import Workspace
from cli.desk.mapping_form import Draft
from cli.sources.extract import Extract
from cli.sources.faults import FaultLog
from linkage.errors import ClewError, InputError
from linkage.wire.manifest import Period
from linkage.wire.submission import AgencyStatus, AnyReceipt

__all__ = ["Checked", "Chosen", "State"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The source that was chosen, what it covers, and the shield list."""

    path: Path
    names: tuple[str, ...]
    period: Period
    areas: tuple[str, ...] = ()
    shielding: ShieldChoice = NO_SHIELD
    uploaded: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Checked:
    """What a check found: faults and counts, and of the extract itself nothing."""

    log: FaultLog
    remarks: tuple[str, ...]
    variants: int

    @classmethod
    def of(cls, extract: Extract, remarks: tuple[str, ...]) -> "Checked":
        """Keep of an extract what the page shows."""
        return cls(extract.log, remarks, sum(len(child.variants) > 1 for child in extract.children))


@dataclass(slots=True)
class State:
    """Everything of one run; ``place`` is the private folder that is erased at the end."""

    workspace: Workspace
    outbox: Path
    place: Path
    url: str = ""
    chosen: Chosen | None = None
    draft: Draft | None = None
    checked: Checked | None = None
    encoded: Encoded | None = None
    looked: Looked | None = None
    receipt: AnyReceipt | None = None
    status: AgencyStatus | None = None
    urgent: Urgent | None = None
    report: Report | None = None
    report_read: bool = False
    answered: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    """What was typed into forms, but for passphrases: it stands there again after an error."""

    problem: ClewError | None = None
    notice: str = ""
    last_asked: float = field(default_factory=time.monotonic)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def is_made(self) -> bool:
        """Whether there is a workspace."""
        return self.workspace.card_file.is_file()

    @property
    def is_joined(self) -> bool:
        """Whether an epoch was joined."""
        return self.workspace.epoch_file.is_file()

    def require_chosen(self) -> Chosen:
        """Return the source; raises :class:`InputError` before one was chosen."""
        if self.chosen is None:
            raise InputError("no file was chosen yet", hint="choose a file first")
        return self.chosen

    def choose(self, chosen: Chosen) -> None:
        """Take another source; what is known of the one before goes, and what was uploaded of it too."""
        before = self.chosen
        self.chosen, self.draft, self.checked, self.encoded = chosen, None, None, None
        if before is not None and before.path != chosen.path:
            _erase(before)

    def erase_unless_chosen(self, refused: Chosen) -> None:
        """Let go of a source that could not be read; the one before stays chosen."""
        if self.chosen is None or self.chosen.path != refused.path:
            _erase(refused)

    def forget_source(self) -> None:
        """Let go of the source, as after its bundle was submitted."""
        before = self.chosen
        self.chosen = self.draft = self.checked = None
        if before is not None:
            _erase(before)

    def bundle_for(self, period: Period) -> Path:
        """Return where the bundle of a period goes; the newer one takes the place of the one before."""
        return self.outbox / f"{period.start}-to-{period.end}.clew"

    def bundles(self) -> list[Path]:
        """Return the sealed bundles that lie in the outbox, the newest first."""
        found = [path for path in self.outbox.glob("*.clew") if not path.name.endswith(".open.clew")]
        return sorted((path for path in found if path.is_file()), key=lambda path: -path.stat().st_mtime)

    def bundle(self, name: str) -> Path:
        """Return one of them by name; raises :class:`InputError` for any other name."""
        for path in self.bundles():
            if path.name == name and open_copy(path).is_file():
                return path
        raise InputError("there is no such bundle in the outbox", hint="encode the file again")

    def submitted(self) -> frozenset[str]:
        """Return the submissions that the journal knows to have been sent."""
        if not self.workspace.database_file.is_file():
            return frozenset()
        with Store(self.workspace.database_file) as store:
            return frozenset(line["submission"] for line in store.journal() if line["action"] == "submit")

    def take_problem(self) -> ClewError | None:
        """Return what went wrong, once."""
        problem, self.problem = self.problem, None
        return problem

    def take_notice(self) -> str:
        """Return what is to be said on the next page, once."""
        notice, self.notice = self.notice, ""
        return notice


def _erase(source: Chosen) -> None:
    """Erase what was handed to the page; what lies elsewhere on the machine is not touched."""
    if source.uploaded:
        folder = source.path if source.path.is_dir() else source.path.parent
        shutil.rmtree(folder, ignore_errors=True)
