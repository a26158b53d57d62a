"""Single records at the linkage unit: found in the crosswalk by reference, asked for by handle, noted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.agency.client import Unit
from cli.agency.crosswalk import Crosswalk
from cli.agency.outputs import write_output
from cli.agency.store import JournalEntry, Store
from cli.agency.workspace import Workspace
from keys.files import read_limited
from keys.identity import Identity
from linkage.errors import InputError, VerificationError
from linkage.wire.certificates import read_certificate
from linkage.wire.erasures import Erasure
from linkage.wire.record_requests import MAX_REQUESTED_RECORDS, RecordAction, RecordRequest

__all__ = ["Asked", "ask_for_records", "find_handles", "forget_records", "pull_certificate", "read_list"]

_MAX_LIST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: how many records, and the erasures to ask about."""

    records: int
    erasures: tuple[str, ...]


def read_list(path: Path | None) -> tuple[str, ...]:
    """Read references from a file, one a line; nothing without a file."""
    if path is None:
        return ()
    try:
        text = read_limited(path, limit=_MAX_LIST_BYTES, what="list of references").decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            f"{path.name}: not UTF-8 text", hint="save it as UTF-8, one reference a line"
        ) from None
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def find_handles(
    workspace: Workspace, identity: Identity, kind: str, references: Sequence[str]
) -> tuple[str, ...]:
    """Return the handles of some references, each once; raises :class:`InputError` for one that has none."""
    if not references:
        raise InputError("no reference was given", hint="name records by your own references")
    with Store(workspace.database_file) as store:
        crosswalk = Crosswalk(store, identity)
        found = [crosswalk.handle_of(kind, one) for one in references]
    for place, handle in enumerate(found, start=1):
        if handle is None:
            raise InputError(
                f"reference {place} of {len(found)} was never encoded as a {kind.replace('-', ' ')} here",
                hint="write it as in your extract, and choose --kind; nothing was asked of the unit",
            )
    return tuple(dict.fromkeys(handle for handle in found if handle is not None))


def ask_for_records(workspace: Workspace, unit: Unit, action: RecordAction, handles: Sequence[str]) -> Asked:
    """Ask the unit to do something about records, and note it with how many they were."""
    erasures = []
    for some in _at_a_time(handles):
        answer = unit.change_records(action, RecordRequest(handles=some))
        if answer.action != action or answer.records != len(some):
            raise VerificationError("the linkage unit speaks of something else", hint="check the address")
        if answer.erasure is not None:
            erasures.append(answer.erasure)
    with Store(workspace.database_file) as store, store.transaction():
        details = {"records": len(handles), "erasures": erasures}
        store.write_journal(JournalEntry(f"{action}-records", details=details))
    return Asked(len(handles), tuple(erasures))


def _at_a_time(handles: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(handles), MAX_REQUESTED_RECORDS):
        yield tuple(handles[start : start + MAX_REQUESTED_RECORDS])


def forget_records(workspace: Workspace, handles: Sequence[str]) -> int:
    """Take records, and what belongs to them, out of the crosswalk; returns how many rows went."""
    with Store(workspace.database_file) as store, store.transaction():
        count = store.forget_records(handles)
        store.write_journal(JournalEntry("forget-records", details={"records": count}))
    return count


def pull_certificate(workspace: Workspace, unit: Unit, erasure: str, output: Path) -> Erasure | None:
    """Pull the certificate of an erasure, verify and write it; None while the erasure is under way."""
    status = unit.erasure(erasure)
    card = workspace.card()
    if (status.agency, status.erasure) != (card.agency, erasure):
        raise VerificationError("the linkage unit speaks of another erasure", hint="check the address")
    if status.state != "done":
        return None
    data = status.certificate.encode("utf-8")
    certificate = read_certificate(data, Erasure, signing_key=workspace.unit_card().signing_key)
    if (certificate.erasure, certificate.agency) != (erasure, card.agency):
        raise VerificationError(
            "the certificate is of another erasure", hint="tell the linkage unit's operator"
        )
    write_output(output, data)
    return certificate
