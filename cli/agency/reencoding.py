"""What a re-encoding under a new epoch reached: which records that the linkage unit has, and which not.

The linkage unit keeps records by handle, and handles stay.  A record that it has, and that no snapshot of the
new epoch holds, is left out: quarantined when the old epoch closes, and erased when the deadline is over.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cli.agency.crosswalk import Crosswalk
from cli.agency.store import Store
from cli.agency.workspace import Workspace
from keys.identity import Identity
from linkage.errors import InputError

__all__ = ["LEFT_OUT_COLUMNS", "Reach", "Standing", "left_out_rows", "reach_of", "require_older", "standing"]

LEFT_OUT_COLUMNS = ("kind", "local_reference", "child_reference")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the last snapshot of every period held, in which epoch it was made, and all that is known."""

    held: Mapping[str, frozenset[str]]
    epochs: Mapping[str, str]
    kinds: Mapping[str, str]
    """Handle to kind, of every record that ever had a handle; return interviews go with their episode."""

    def of_epoch(self, epoch: str) -> frozenset[str]:
        """Return the handles that snapshots of an epoch hold."""
        return self._union(period for period, made_in in self.epochs.items() if made_in == epoch)

    def held_at_all(self) -> frozenset[str]:
        """Return the handles that any period's last snapshot holds."""
        return self._union(self.held)

    def _union(self, periods: Iterator[str] | Mapping[str, frozenset[str]]) -> frozenset[str]:
        return frozenset().union(*(self.held.get(period, frozenset()) for period in periods))


@dataclass(frozen=True, slots=True)
class Reach:
    """What one re-encoding came to."""

    reencoded: frozenset[str]
    left_out: frozenset[str]
    left_out_kinds: Mapping[str, int]
    withdrawn: int
    """Records that the crosswalk knows and that an earlier snapshot withdrew already."""
    waiting: tuple[str, ...]
    """Periods whose last encoding is of another epoch still."""


def standing(workspace: Workspace) -> Standing:
    """Read how things stand; raises :class:`InputError` for a database that cannot be read."""
    with Store(workspace.database_file) as store:
        made = (line for line in store.journal() if line["action"] == "encode")
        epochs = {line["period"]: str(json.loads(line["details"]).get("epoch", "")) for line in made}
        records = store.records()
        kinds = {one.handle: one.kind for one in records if one.kind != "return-interview"}
        return Standing(store.held_by_period(), epochs, kinds)


def require_older(before: Standing, days: str, epoch: str) -> None:
    """Refuse to re-encode what was never encoded, or is of this epoch already."""
    if not before.epochs:
        raise InputError(
            "nothing was encoded in this workspace before: there is nothing to re-encode",
            hint="use clew agency encode",
        )
    if before.epochs.get(days) == epoch:
        raise InputError(
            f"your last encoding for {days} was already made in epoch {epoch}",
            hint="use clew agency encode for corrections; if there is a newer epoch, join it first",
        )


def reach_of(before: Standing, after: Standing, epoch: str) -> Reach:
    """Compare how things stood before a re-encoding with how they stand after it."""
    had = before.held_at_all()
    reencoded = had & after.of_epoch(epoch)
    left_out = had - reencoded
    older = (period for period, made_in in after.epochs.items() if made_in != epoch)
    return Reach(
        reencoded,
        left_out,
        Counter(before.kinds[handle] for handle in left_out if handle in before.kinds),
        withdrawn=len(before.kinds.keys() - had),
        waiting=tuple(sorted(period for period in older if after.held.get(period))),
    )


def left_out_rows(workspace: Workspace, identity: Identity, reach: Reach) -> list[tuple[str, str, str]]:
    """Return kind, own reference and own child's reference of every record left out, sorted."""
    with Store(workspace.database_file) as store:
        references = list(Crosswalk(store, identity).references())
    names = {one.handle: one.reference for one in references}
    return sorted(
        (one.kind, one.reference, names.get(one.parent or "", ""))
        for one in references
        if one.handle in reach.left_out
    )
