"""Linkage quality by group as it may be kept and shown: rounded and suppressed, and nothing that is exact.

:mod:`linkage.register.group_disclosure` makes it.  A count that is None was suppressed.  Shares, differences,
estimates, their intervals and every verdict follow from the counts beside them, so that they tell no more.
"""

from msgspec import Struct

__all__ = ["ToldCapture", "ToldRow"]


class ToldRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One group by one estimator; the group ``all`` is everybody.

    ``children``: how many are behind it; ``missed``: of how many anything was missed or wrong.  ``share``:
    the rest of them.  Where ``missed`` is few there is no share, and ``low`` allows for as many as few may
    be.  ``others``: the share of all others.  ``tested``: whether the counts beside it let a difference be
    tested; ``claimed``: it is more than chance whatever stands behind the roundings.  ``why``: why there are
    no figures.
    """

    estimator: str
    kind: str
    group: str
    children: int | None = None
    missed: int | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    others: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    tested: bool = False
    claimed: bool = False
    why: str = ""


class ToldCapture(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One group's children missing from care: on both lists, on one alone, and how many at least."""

    kind: str
    group: str
    both: int | None = None
    only_council: int | None = None
    only_police: int | None = None
    estimate: int | None = None
    low: int | None = None
    high: int | None = None
    why: str = ""
