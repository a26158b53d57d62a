"""Pulling results: kept in the workspace as they came, joined, and noted in the journal."""

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

from cli.agency.client import Unit
from cli.agency.crosswalk import Crosswalk, Reference
from cli.agency.data_quality import last_quality
from cli.agency.reporting import Report, join_results
from cli.agency.store import JournalEntry, Store
from cli.agency.workspace import Workspace
from keys.files import read_limited
from keys.identity import Identity
from keys.storing import store_private
from linkage.errors import InputError, VerificationError
from linkage.wire.canonical import parse
from linkage.wire.results import Results

__all__ = ["pull_report", "read_references", "stored_cycle", "stored_report"]

_MAX_RESULTS_BYTES = 256 * 1024 * 1024
_STORED = re.compile(r"cycle-(\d{6,})\.json")


def pull_report(workspace: Workspace, identity: Identity, unit: Unit, *, today: dt.date) -> Report:
    """Pull the latest results, keep them in the workspace, and join them with the crosswalk.

    Raises :class:`VerificationError` for another agency's results.
    """
    card = workspace.card()
    results, data = unit.results()
    if results.agency != card.agency:
        raise VerificationError("the results are another agency's", hint="tell the linkage unit's operator")
    folder = workspace.folder("results")
    with Store(workspace.database_file) as store:
        report = _joined(workspace, identity, store, results, today=today)
        store_private(folder / f"cycle-{results.cycle:06d}.json", data)
        with store.transaction():
            details = {"cycle": results.cycle, "classes": dict(report.counts), "missing": len(report.missing)}
            store.write_journal(JournalEntry("report", details=details))
    return report


def stored_cycle(workspace: Workspace) -> int | None:
    """Return the latest cycle whose results were pulled into this workspace, by whichever program."""
    folder = workspace.path / "results"
    return max(_cycles(folder), default=None) if folder.is_dir() else None


def stored_report(workspace: Workspace, identity: Identity, *, today: dt.date) -> Report:
    """Join the results that were pulled last with the crosswalk, and ask nobody.

    Raises :class:`InputError` if none were pulled.
    """
    cycle = stored_cycle(workspace)
    if cycle is None:
        raise InputError("no report was pulled yet", hint="ask the linkage unit for it")
    results = _stored(workspace.folder("results"), cycle)
    with Store(workspace.database_file) as store:
        return _joined(workspace, identity, store, results, today=today)


def _joined(
    workspace: Workspace, identity: Identity, store: Store, results: Results, *, today: dt.date
) -> Report:
    card = workspace.card()
    previous = _previous(workspace.folder("results"), results.cycle)
    references = {one.handle: one for one in Crosswalk(store, identity).references()}
    report = join_results(results, references, role=card.role, previous=previous)
    quality = last_quality(store.journal())
    return replace(report, name=card.name, periods=_periods(store), date=today, quality=quality)


def read_references(workspace: Workspace, identity: Identity) -> list[Reference]:
    """Return every local reference with its handle, by kind and reference; for the agency's own use."""
    with Store(workspace.database_file) as store:
        found = [one for one in Crosswalk(store, identity).references() if one.kind != "return-interview"]
    return sorted(found, key=lambda one: (one.kind, one.reference))


def _periods(store: Store) -> tuple[str, ...]:
    """Return the periods of the bundles that were submitted from here, as far as the journal knows them."""
    journal = store.journal()
    sent = {line["submission"] for line in journal if line["action"] == "submit"}
    encoded = (line for line in journal if line["action"] == "encode" and line["submission"] in sent)
    return tuple(sorted({line["period"] for line in encoded}))


def _previous(folder: Path, cycle: int) -> Results | None:
    """Return the results of the latest cycle before this one that were pulled."""
    earlier = [number for number in _cycles(folder) if number < cycle]
    return _stored(folder, max(earlier)) if earlier else None


def _cycles(folder: Path) -> list[int]:
    return [int(match[1]) for path in folder.iterdir() if (match := _STORED.fullmatch(path.name))]


def _stored(folder: Path, cycle: int) -> Results:
    path = folder / f"cycle-{cycle:06d}.json"
    data = read_limited(path, limit=_MAX_RESULTS_BYTES, what="results")
    return parse(data, Results, limit=_MAX_RESULTS_BYTES)
