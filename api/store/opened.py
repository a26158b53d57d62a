"""Snapshots of the payload that one process has opened and may need again.

Opening is what a cycle mostly does: a reconciliation, the look at amendments before it and the search for
conflicts after it each read every standing snapshot, of which a cycle brings few new ones.  Records never
change where they lie, so what was opened stays true until other records are in a snapshot than before, and
then its edition is another (:mod:`api.store.payload`), whichever process did that.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from linkage.wire.records import Payload

__all__ = ["OpenedSnapshots"]


@dataclass(slots=True)
class _Kept:
    edition: int
    payload: Payload
    asked: int


class OpenedSnapshots:
    """As many opened snapshots as hold so many records together.

    Jobs read all that stands, one snapshot after the other.  Where not all fits, making room for each would
    throw out what comes next in the following round, and nothing would ever be found; so room is made only
    of what two rounds have not asked for.
    """

    def __init__(self, most_records: int) -> None:
        self._most = most_records
        self._held: OrderedDict[str, _Kept] = OrderedDict()
        self._records = 0
        self._round = 0

    def __repr__(self) -> str:
        return f"<OpenedSnapshots: {len(self._held)}, {self._records} records>"

    def begin_round(self) -> None:
        """Note that a job begins that will ask for whatever stands."""
        self._round += 1

    def get(self, submission: str, edition: int) -> Payload | None:
        """Return an opened snapshot if its records are still those."""
        found = self._held.get(submission)
        if found is None or found.edition != edition:
            self.forget(submission)
            return None
        found.asked = self._round
        self._held.move_to_end(submission)
        return found.payload

    def keep(self, submission: str, edition: int, payload: Payload) -> None:
        """Keep an opened snapshot if there is room, or room can be made."""
        self.forget(submission)
        size = _size(payload)
        while self._held and self._records + size > self._most:
            longest = next(iter(self._held))
            if self._held[longest].asked >= self._round - 2:
                return
            self.forget(longest)
        if size <= self._most:
            self._held[submission] = _Kept(edition, payload, self._round)
            self._records += size

    def forget(self, submission: str) -> None:
        """Forget one."""
        kept = self._held.pop(submission, None)
        if kept is not None:
            self._records -= _size(kept.payload)

    def forget_all_but(self, editions: Mapping[str, int]) -> None:
        """Forget every snapshot that is gone, or holds other records now."""
        for submission in [one for one, kept in self._held.items() if editions.get(one) != kept.edition]:
            self.forget(submission)


def _size(payload: Payload) -> int:
    groups = (payload.children, payload.care_spells, payload.episodes, payload.interviews, payload.coverage)
    return 1 + sum(map(len, groups))
