"""What may be told of linkage quality by group: exact counts in, rounded and suppressed ones out.

Counts of a group, and of those of it that were missed, are small counts about children by sex, age and
ethnicity.  They pass the engine that releases pass (docs/disclosure.md), by the unit's own rules and with the
higher of its thresholds everywhere: of every suppressed count enough stays open, totals and other groups
considered.  Whatever else is told is worked out from what it leaves, and so tells no more: a share to one
decimal with its interval, made from exact counts, would give both counts away.

A difference is claimed where it would be more than chance whatever counts stand behind the roundings, all
comparisons of an estimator considered (Bonferroni).  The exact test, by lot, says more and would tell more.
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor
from statistics import NormalDist
from typing import NamedTuple

from msgspec import structs

from linkage.differences import FEWEST
from linkage.errors import InputError
from linkage.register.capture import NO_RECALL, CaptureRow, chapman
from linkage.register.counts import Cell, CountTable, Dimension, Key
from linkage.register.disclosure import DisclosurePolicy, disclose
from linkage.register.disclosure.rounding import preimage
from linkage.register.group_quality import ALL, ANSWERS, QualityRow
from linkage.register.group_told import ToldCapture, ToldRow
from linkage.register.released import ReleasedCell
from linkage.shares import Interval, difference_interval, wilson_interval

__all__ = ["group_policy", "told_captures", "told_rows"]

_TOTAL, _REST, _OUTCOME, _SIDE = "*", "-", "outcome", "side"
_FOUND, _MISSED = "found", "missed"
_SIDES = ("both", "council", "police")
_Z = NormalDist().inv_cdf(0.975)
_LEVEL = 0.05

_TOO_FEW = "too few children, or too few others"
_UNPROTECTED = "no suppression would protect every group"
_FEW_LISTED = "too few children are on both lists, or on one alone"

_Group = tuple[str, str]
_Counts = Mapping[str, int]


class _Span(NamedTuple):
    """A count as it is printed (None: suppressed), and what stands behind it by that."""

    value: int | None
    low: int
    high: int


class _Told(NamedTuple):
    children: _Span
    missed: _Span | None


_NOTHING = _Told(_Span(None, 0, 0), None)


def group_policy(policy: DisclosurePolicy) -> DisclosurePolicy:
    """Return a unit's rules as groups are held to them: the higher threshold everywhere.

    That no link of a group was missed says nothing of a child, and so is no zero that tells.
    """
    return structs.replace(policy, threshold=policy.cross_threshold, places=(*policy.places, _OUTCOME, _SIDE))


def told_rows(rows: Sequence[QualityRow], policy: DisclosurePolicy) -> list[ToldRow]:
    """Return what may be told of one estimator's exact rows, in their order."""
    policy = group_policy(policy)
    counts = {(one.kind, one.group): _outcomes(*one.counted) for one in rows if one.counted is not None}
    try:
        cells = _disclosed(counts, _OUTCOME, (_FOUND, _MISSED), policy)
    except InputError:
        return [_row(one, why=one.why or _UNPROTECTED) for one in rows]
    told = {
        group: _told(own, counts[group], policy) if group in counts else _NOTHING
        for group, own in cells.items()
    }
    everybody = told.get((ALL, ALL))
    others = {group: _others(group, told) for group in told}
    comparisons = sum(one is not None for one in others.values())
    return [
        _row(one, why=_untold(one, policy))
        if (found := told.get((one.kind, one.group))) is None
        else _figures(_row(one), found, everybody, others[one.kind, one.group], comparisons)
        for one in rows
    ]


def _outcomes(children: int, missed: int) -> _Counts:
    return {_TOTAL: children, _FOUND: children - missed, _MISSED: missed}


def _disclosed(
    counts: Mapping[_Group, _Counts], name: str, parts: Sequence[str], policy: DisclosurePolicy
) -> dict[_Group, dict[str, ReleasedCell]]:
    """Pass the counts of all groups of all kinds through disclosure control, together."""
    kinds = list(dict.fromkeys(kind for kind, _ in counts if kind != ALL))
    tables = [_table(place, kind, counts, name, parts) for place, kind in enumerate(kinds)]
    if not tables and (ALL, ALL) in counts:
        tables = [_table(0, ALL, counts, name, parts)]
    found: dict[_Group, dict[str, ReleasedCell]] = {}
    for kind, released in zip(
        kinds or [ALL], disclose(tables, policy).tables if tables else (), strict=False
    ):
        for (group, part), cell in released.cells.items():
            found.setdefault((ALL, ALL) if group == _TOTAL else (kind, group), {})[part] = cell
    return found


def _table(
    place: int, kind: str, counts: Mapping[_Group, _Counts], name: str, parts: Sequence[str]
) -> CountTable:
    """Return the exact counts of one kind of groups; a child may be in several of them."""
    groups = {group: own for (of, group), own in counts.items() if of == kind != ALL}
    whole = counts[ALL, ALL]
    rest = {part: whole[part] - sum(own[part] for own in groups.values()) for part in (_TOTAL, *parts)}
    if min(rest.values()) >= 0 and any(rest.values()):
        groups[_REST] = rest  # whoever is in no group of the kind
    additive = not any(rest.values()) or _REST in groups
    cells: dict[Key, Cell] = {
        (group, part): Cell(own[part], min(own[part], 1))
        for group, own in ((_TOTAL, whole), *groups.items())
        for part in (_TOTAL, *parts)
    }
    by_kind = Dimension(
        name=f"kind_{place}",
        title=kind,
        codes=(_TOTAL, *groups),
        parents=dict.fromkeys(groups, _TOTAL),
        additive=additive,
    )
    by_part = Dimension(name=name, title=name, codes=(_TOTAL, *parts), parents=dict.fromkeys(parts, _TOTAL))
    return CountTable(
        number=f"T{place + 1}", title=kind, measure="children", dimensions=(by_kind, by_part), cells=cells
    )


def _told(cells: Mapping[str, ReleasedCell], exact: _Counts, policy: DisclosurePolicy) -> _Told:
    children = _span(cells[_TOTAL], exact[_TOTAL], policy)
    if children is None:
        return _NOTHING
    return _Told(children, _span(cells[_MISSED], exact[_MISSED], policy))


def _span(cell: ReleasedCell, exact: int, policy: DisclosurePolicy) -> _Span | None:
    """Return what is told of a count: the ends of its rounding, or that it is few; None where nothing is.

    The engine takes everybody to know of a small count that it is small, and of any other it does not.
    """
    if cell.value is not None:
        return _Span(cell.value, *preimage(cell.value, policy.threshold, policy.base))
    return _Span(None, 0, policy.threshold) if 1 <= exact <= policy.threshold else None


def _row(one: QualityRow, *, why: str = "") -> ToldRow:
    return ToldRow(estimator=one.estimator, kind=one.kind, group=one.group, why=why)


def _untold(one: QualityRow, policy: DisclosurePolicy) -> str:
    """Say why nothing is told, with bounds from rounded counts where none of them is few."""
    if one.estimator != ANSWERS or one.answered is None:
        return one.why
    if any(0 < count <= policy.threshold for count in one.answered):
        return one.why
    right, wrong, unknown = (
        (count + policy.base // 2) // policy.base * policy.base for count in one.answered
    )
    whole = right + wrong + unknown
    ends = f"{100 * right / whole:.0f} to {100 * (right + unknown) / whole:.0f} %"
    return f"{one.why}; whatever the others are, {ends} are right"


def _figures(
    row: ToldRow, own: _Told, everybody: _Told | None, others: _Told | None, comparisons: int
) -> ToldRow:
    children, missed = own
    if children.value is None:
        return structs.replace(row, why=_TOO_FEW)
    row = structs.replace(row, children=children.value)
    if missed is None or not children.value:
        return row
    share = _share(children.value, missed.high if missed.value is None else missed.value)
    if missed.value is None:
        return structs.replace(row, low=_short(share.low), high=1.0)
    row = structs.replace(
        row,
        missed=missed.value,
        share=_short(share.value),
        low=_short(share.low),
        high=_short(share.high),
    )
    if others is None or everybody is None or everybody.missed is None or everybody.missed.value is None:
        return row
    rest = _share((everybody.children.value or 0) - children.value, everybody.missed.value - missed.value)
    difference = difference_interval(share, rest)
    return structs.replace(
        row,
        others=_short(rest.value),
        difference=_short(difference.value),
        difference_low=_short(difference.low),
        difference_high=_short(difference.high),
        tested=True,
        claimed=_claimed(own, others, comparisons),
    )


def _share(children: int, missed: int) -> Interval:
    """Return the share that was not missed, of rounded counts, which need not fit each other."""
    whole = max(children, 0)
    return wilson_interval(whole - min(max(missed, 0), whole), whole)


def _short(value: float) -> float:
    return round(value, 4)


def _others(group: _Group, told: Mapping[_Group, _Told]) -> _Told | None:
    """Return between which counts all others lie; None where a difference from them cannot be tested.

    They are everybody less the group, and together no more than the other groups of the kind.
    """
    own, everybody = told[group], told.get((ALL, ALL))
    if group[0] == ALL or everybody is None or own.missed is None or everybody.missed is None:
        return None
    if None in (own.children.value, own.missed.value, everybody.children.value, everybody.missed.value):
        return None
    children, missed = (
        _Span(None, max(whole.low - part.high, 0), whole.high - part.low)
        for whole, part in ((everybody.children, own.children), (everybody.missed, own.missed))
    )
    rest = [one for other, one in told.items() if other[0] == group[0] and other != group]
    most = [one.missed.high for one in rest if one.missed is not None]
    if rest and len(most) == len(rest):
        missed = missed._replace(high=min(missed.high, sum(most)))
        children = children._replace(low=max(children.low, *(one.children.low for one in rest)))
    if children.low < FEWEST or missed.low > missed.high:
        return None
    return _Told(children, missed)


def _claimed(own: _Told, others: _Told, comparisons: int) -> bool:
    """Tell whether a group differs from all others whatever counts stand behind the roundings."""
    effect = (NormalDist().inv_cdf(1 - _LEVEL / (2 * max(comparisons, 1))) / _Z) ** 2
    worse = difference_interval(_end(own, effect, best=True), _end(others, effect, best=False))
    better = difference_interval(_end(own, effect, best=False), _end(others, effect, best=True))
    return worse.high < 0 or better.low > 0


def _end(one: _Told, effect: float, *, best: bool) -> Interval:
    """Return the best or the worst share that may stand behind rounded counts."""
    children = one.children.high if best else one.children.low
    span = one.missed if one.missed is not None else one.children
    missed = min(span.low if best else span.high, children)
    return wilson_interval(children - missed, children, effect=effect)


def told_captures(
    rows: Sequence[CaptureRow], recall: Sequence[ToldRow], policy: DisclosurePolicy
) -> list[ToldCapture]:
    """Return what may be told of two lists, estimated from rounded counts and from the recall as told."""
    policy = group_policy(policy)
    counts = {(one.kind, one.group): _sides(*one.counted) for one in rows if one.counted is not None}
    try:
        cells = _disclosed(counts, _SIDE, _SIDES, policy)
    except InputError:
        return [ToldCapture(kind=one.kind, group=one.group, why=one.why or _UNPROTECTED) for one in rows]
    known = {(one.kind, one.group): one for one in recall}
    return [
        _capture(one, cells.get((one.kind, one.group)), known.get((one.kind, one.group)), policy)
        for one in rows
    ]


def _sides(council: int, police: int, both: int) -> _Counts:
    parts = dict(zip(_SIDES, (both, council - both, police - both), strict=True))
    return {_TOTAL: sum(parts.values()), **parts}


def _capture(
    one: CaptureRow,
    cells: Mapping[str, ReleasedCell] | None,
    recall: ToldRow | None,
    policy: DisclosurePolicy,
) -> ToldCapture:
    row = ToldCapture(kind=one.kind, group=one.group, why=one.why)
    if cells is None:
        return row
    both, council, police = (cells[part].value for part in _SIDES)
    if both is None or council is None or police is None or both == 0:
        return structs.replace(row, why=_FEW_LISTED)
    if recall is None or not recall.low or not recall.high:
        return structs.replace(row, why=NO_RECALL)
    row = structs.replace(row, both=both, only_council=council, only_police=police, why="")
    lists, likely = (both + council, both + police), recall.share or (recall.low + recall.high) / 2
    found = [chapman(*lists, min(both / share, *lists)) for share in (recall.low, likely, recall.high)]
    return structs.replace(
        row,
        estimate=_near(found[1].value, policy.base),
        low=policy.base * floor(min(one.low for one in found) / policy.base),
        high=policy.base * ceil(max(one.high for one in found) / policy.base),
    )


def _near(value: float, base: int) -> int:
    return base * round(value / base)
