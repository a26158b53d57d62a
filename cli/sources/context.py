"""What a reading of a source is about: whose it is, which period, which day it is today."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from cli.sources.shield_list import ShieldList
from linkage.wire.codes import Role
from linkage.wire.manifest import Period

__all__ = ["Context"]


@dataclass(frozen=True, slots=True)
class Context:
    """One reading: the agency and its role, the period if there is one, and today's date.

    ``areas`` are those for which the extract is whole, where no coverage table says so.  ``shield``:
    the agency's shield list, whose children are left out with all their rows.  ``last_year``: last year's
    source, for rule 576.
    """

    agency: str
    role: Role
    today: dt.date
    period: Period | None = None
    areas: tuple[str, ...] = ()
    shield: ShieldList = field(default_factory=ShieldList)
    last_year: Path | None = None

    @property
    def latest(self) -> dt.date:
        """The last day on which anything in the source can have happened.

        It is today, or the period's end where that is later, so that a machine whose clock is behind does
        not put a whole year's episodes into quarantine.
        """
        return max(self.today, self.period.end.date) if self.period else self.today
