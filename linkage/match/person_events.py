"""What happens to persons: created, joined, left, merged, split."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["EventKind", "PersonEvent", "RecordKey"]

RecordKey = tuple[str, str]
"""A record: name of its agency and handle in hex."""

EventKind = Literal["created", "joined", "left", "merged", "split"]


@dataclass(frozen=True, slots=True)
class PersonEvent:
    """One change of one person; the events of a linkage, in order, turn the persons before into those after.

    - ``created``: ``person`` is new, or is there again; ``records`` are those of it that nobody had before.
    - ``joined``: ``records`` that nobody had before came to ``person``.
    - ``left``: ``records`` of ``person`` were withdrawn.
    - ``merged``: ``person`` has ended; ``records`` of it are now ``other``'s.
    - ``split``: ``person`` goes on; ``records`` of it are now ``other``'s.
    """

    kind: EventKind
    person: str
    other: str = ""
    records: tuple[RecordKey, ...] = ()

    @property
    def before(self) -> str:
        """Whose the records were before, "" if nobody's."""
        return "" if self.kind in ("created", "joined") else self.person

    @property
    def after(self) -> str:
        """Whose the records are after, "" if nobody's."""
        return {"left": "", "merged": self.other, "split": self.other}.get(self.kind, self.person)
