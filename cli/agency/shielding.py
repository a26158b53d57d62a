"""The shield list of an encoding: named once, it must be named every time, until it is given up in words.

The list itself is not kept: it would say in the workspace which children are protected.  The journal notes
only that there was one; forgetting it would encode exactly those whom nobody may find.
"""

import json
from collections.abc import Iterator

from cli.agency.shield_choice import ShieldChoice
from cli.agency.store import Store
from cli.agency.workspace import Workspace
from cli.sources.extract import Extract
from cli.sources.mapping import Mapping
from cli.sources.shield_list import ShieldList, read_shield_list
from linkage.counted import counted
from linkage.errors import InputError

__all__ = ["chosen_shield_list", "require_shield_list", "shield_remarks"]

_ROWS_SHOWN = 5


def require_shield_list(choice: ShieldChoice, workspace: Workspace) -> None:
    """Raise :class:`InputError` if the last encoding had a shield list and this one names none."""
    if choice.path is not None and choice.given_up:
        raise InputError(
            "--shield-list and --no-shield-list: one of them at a time",
            hint="--no-shield-list says that there is no such list any more",
        )
    if choice.path is None and not choice.given_up and _was_used(workspace):
        raise InputError(
            "your last encoding had a shield list, and none is named: its children would be encoded",
            hint="name the list with --shield-list, or say --no-shield-list if there is none any more",
        )


def chosen_shield_list(choice: ShieldChoice, mapping: Mapping) -> ShieldList:
    """Read the list; an empty one if none was named."""
    return read_shield_list(choice.path, mapping.children.key) if choice.path is not None else ShieldList()


def shield_remarks(extract: Extract) -> Iterator[str]:
    """Say whom the list did not find, by row: a reference of a shielded child is shown nowhere."""
    rows = extract.shield_rows_unknown
    if rows:
        shown = ", ".join(map(str, rows[:_ROWS_SHOWN])) + (" …" if len(rows) > _ROWS_SHOWN else "")
        yield (
            f"{counted(len(rows), 'reference')} of the shield list name no child of this source "
            f"(row {shown} of the list)"
        )


def _was_used(workspace: Workspace) -> bool:
    if not workspace.database_file.is_file():
        return False
    with Store(workspace.database_file) as store:
        details = [json.loads(line["details"]) for line in store.journal() if line["action"] == "encode"]
    return bool(details) and bool(details[-1].get("shield_list"))
