"""Finishing or undoing what a stopped ``clew agency renew`` left, before any command works in a workspace.

The new identity and whatever is sealed to it lie in the folder ``renewal`` until the crosswalk is committed.
The journal says whether it was: then they take their places, else they are removed.
"""

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from cli.agency.store import Store
from cli.agency.workspace import Workspace
from keys.files import sync_folder
from keys.storing import card_at
from linkage.errors import InputError
from linkage.wire.cards import AgencyCard

__all__ = ["RENEWAL", "RENEWED", "settle", "settle_in"]

RENEWAL = "renewal"
"""The folder in a workspace where a new identity waits for the crosswalk."""

RENEWED = "renew"
"""The journal's word for a workspace that got a new identity."""


def settle(workspace: Workspace) -> None:
    """Leave a workspace with one identity, the old or the new, and everything sealed to that one.

    Raises :class:`InputError` while another command works there, or if a file cannot be moved.
    """
    if (workspace.path / RENEWAL).is_dir():
        with Store(workspace.database_file) as store, store.transaction():
            settle_in(workspace, store)


def settle_in(workspace: Workspace, store: Store) -> None:
    """Do so in a transaction that is open: no other command may decide at the same time."""
    folder = workspace.path / RENEWAL
    if not folder.is_dir():
        return
    with _as_input_error():
        if _is_committed(folder / workspace.card_file.name, store):
            _take_over(workspace, folder)
        shutil.rmtree(folder)
        sync_folder(workspace.path)


def _is_committed(card_file: Path, store: Store) -> bool:
    """Say whether the crosswalk was committed for the card that waits, which takes its place last."""
    if not card_file.is_file():
        return False
    waiting = card_at(card_file, AgencyCard, what="card").signing_key
    renewed = (json.loads(line["details"]) for line in store.journal() if line["action"] == RENEWED)
    return any(details.get("signing_key") == waiting for details in renewed)


def _take_over(workspace: Workspace, folder: Path) -> None:
    """Move the files, the card last: as long as it waits, a stopped move is begun again."""
    for place in (workspace.identity_file, workspace.trusted_file, workspace.dummies_file):
        if (folder / place.name).is_file():
            (folder / place.name).replace(place)
    workspace.wrapped_key_file.unlink(missing_ok=True)
    sync_folder(workspace.path)
    (folder / workspace.card_file.name).replace(workspace.card_file)
    sync_folder(workspace.path)


@contextlib.contextmanager
def _as_input_error() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "cannot be moved").lower()
        raise InputError(
            f"a new identity cannot take its place: {reason}",
            hint="check who may write in the workspace; the next command goes on with it",
        ) from None
