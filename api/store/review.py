"""Rows of clerical review: pairs with what may be seen of them, verdicts, leases."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from msgspec import json
from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, select, update

from api.store import schema
from api.store.persons import RecordKey
from api.store.review_evidence import Evidence, ViewSpread
from api.store.schema_review import (
    review_leases,
    review_pairs,
    review_records,
    review_verdicts,
    review_views,
)

__all__ = [
    "VERDICTS",
    "GivenVerdict",
    "NewPair",
    "ReviewPair",
    "Verdict",
    "add_verdict",
    "all_pairs",
    "asked_pairs",
    "end_leases",
    "find_pair",
    "fix",
    "forget_epoch",
    "forget_records",
    "keep_lease",
    "leases",
    "pairs_without_shape",
    "remove_verdict",
    "replace_round",
    "set_shapes",
    "settle",
    "spreads",
    "verdicts",
    "verdicts_asked",
    "verdicts_of",
]

Verdict = Literal["link", "not-a-link", "cannot-tell"]

VERDICTS: Final[tuple[Verdict, ...]] = ("link", "not-a-link", "cannot-tell")

_AT_ONCE = 400
_GONE: dict[str, object] = {"place": None, "evidence": None, "shape": None}


@dataclass(frozen=True, slots=True)
class NewPair:
    """A possible link as a linkage found it; ``around``: every record that the evidence speaks of."""

    left: RecordKey
    right: RecordKey
    question: bool
    value: float
    evidence: Evidence
    around: Sequence[RecordKey]


@dataclass(frozen=True, slots=True)
class ReviewPair:
    """A pair as it stands; its records are for the workers, never for whoever reviews.

    ``evidence_text``: :attr:`evidence` as it is stored; ``shape``: a
    :class:`linkage.register.overlap.OverlapShape` as JSON, which only some may read.
    """

    id: int
    left: RecordKey
    right: RecordKey
    place: int | None
    question: bool
    value: float
    evidence_text: str | None
    shape: str | None
    outcome: str | None
    taken_at: str | None

    @property
    def asked(self) -> bool:
        """Whether anybody is still asked about it."""
        return self.place is not None and self.taken_at is None

    @property
    def evidence(self) -> Evidence | None:
        """What the linking worker lets reviewers see; None where nothing is to be seen now."""
        return None if self.evidence_text is None else json.decode(self.evidence_text, type=Evidence)


@dataclass(frozen=True, slots=True)
class GivenVerdict:
    """One reviewer's verdict; one that is ``fixed`` cannot be undone."""

    id: int
    pair: int
    reviewer: str
    seat: int
    verdict: Verdict
    given_at: str
    fixed: bool


def all_pairs(connection: Connection) -> list[ReviewPair]:
    """Return every pair, those asked about first and in their order."""
    table = review_pairs
    order = (table.c.place.is_(None), table.c.place, table.c.id)
    return [_pair(row) for row in connection.execute(select(table).order_by(*order))]


def asked_pairs(connection: Connection) -> list[ReviewPair]:
    """Return the pairs that somebody is asked about, in their order."""
    table = review_pairs
    query = select(table).where(_asked()).order_by(table.c.place)
    return [_pair(row) for row in connection.execute(query)]


def _asked() -> ColumnElement[bool]:
    return review_pairs.c.place.is_not(None) & review_pairs.c.taken_at.is_(None)


def find_pair(connection: Connection, number: int) -> ReviewPair | None:
    """Return one pair, or None."""
    row = connection.execute(select(review_pairs).where(review_pairs.c.id == number)).one_or_none()
    return None if row is None else _pair(row)


def _pair(row: Row[Any]) -> ReviewPair:
    return ReviewPair(
        id=row.id,
        left=(row.left_agency, row.left_handle),
        right=(row.right_agency, row.right_handle),
        place=row.place,
        question=row.question,
        value=row.value,
        evidence_text=row.evidence,
        shape=row.shape,
        outcome=row.outcome,
        taken_at=row.taken_at,
    )


def replace_round(
    connection: Connection,
    run: int,
    epoch: str,
    pairs: Sequence[NewPair],
    views: Sequence[ViewSpread],
    *,
    now: str,
) -> None:
    """Let a linkage's possible links be what reviewers are asked about, and nothing else.

    A pair that is no possible link any more goes, unless somebody has given a verdict on it: then only what
    was to be seen goes.  A pair goes altogether once one of its records is nobody's.
    """
    connection.execute(delete(review_records))
    connection.execute(update(review_pairs).values(**_GONE))
    _forget_withdrawn(connection)
    known = {(one.left, one.right): one for one in all_pairs(connection)}
    for place, one in enumerate(pairs):
        held = known.get((one.left, one.right))
        if held is None or held.taken_at is None:
            _keep(connection, one, None if held is None else held.id, place, run, epoch, now)
    given = select(review_verdicts.c.pair)
    unwanted = review_pairs.c.place.is_(None) & review_pairs.c.id.not_in(given)
    connection.execute(delete(review_pairs).where(unwanted))
    connection.execute(delete(review_views))
    rows = [
        {"position": number, "epoch": epoch, "body": json.encode(one).decode()}
        for number, one in enumerate(views)
    ]
    if rows:
        connection.execute(insert(review_views), rows)


def _keep(
    connection: Connection, one: NewPair, number: int | None, place: int, run: int, epoch: str, now: str
) -> None:
    seen = {
        "epoch": epoch,
        "run": run,
        "place": place,
        "question": one.question,
        "value": one.value,
        "evidence": one.evidence.text(),
    }
    if number is None:
        (left, right), table = (one.left, one.right), review_pairs
        ends = dict(
            zip(("left_agency", "left_handle", "right_agency", "right_handle"), (*left, *right), strict=True)
        )
        added = connection.execute(insert(table).values(**ends, **seen, added_at=now).returning(table.c.id))
        number = int(added.scalar_one())
    else:
        connection.execute(update(review_pairs).where(review_pairs.c.id == number).values(**seen))
    rows = [{"pair": number, "agency": agency, "handle": handle} for agency, handle in one.around]
    connection.execute(insert(review_records), rows)


def _forget_withdrawn(connection: Connection) -> None:
    members, table = schema.memberships, review_pairs
    for side in ("left", "right"):
        there = (
            select(members.c.person)
            .where(
                members.c.agency == table.c[f"{side}_agency"], members.c.handle == table.c[f"{side}_handle"]
            )
            .exists()
        )
        connection.execute(delete(table).where(~there))


def spreads(connection: Connection) -> list[ViewSpread]:
    """Return how each view is spread among the pairs of the last linkage."""
    query = select(review_views.c.body).order_by(review_views.c.position)
    return [json.decode(body, type=ViewSpread) for body in connection.scalars(query)]


def pairs_without_shape(connection: Connection) -> dict[tuple[RecordKey, RecordKey], int]:
    """Return the pairs that are asked about and whose episodes have not been compared yet, by records."""
    asked = [one for one in asked_pairs(connection) if one.shape is None]
    return {(one.left, one.right): one.id for one in asked}


def set_shapes(connection: Connection, shapes: Mapping[int, str]) -> None:
    """Keep how the episodes of pairs lie to each other, as JSON, for those that are still asked about."""
    for number, shape in shapes.items():
        where = (review_pairs.c.id == number, review_pairs.c.place.is_not(None))
        connection.execute(update(review_pairs).where(*where).values(shape=shape))


def settle(connection: Connection, number: int, outcome: str, *, now: str) -> None:
    """Let an outcome count from now on; nothing is left to be seen of the pair."""
    values = {**_GONE, "outcome": outcome, "taken_at": now}
    connection.execute(update(review_pairs).where(review_pairs.c.id == number).values(**values))
    for table in (review_leases, review_records):
        connection.execute(delete(table).where(table.c.pair == number))


def verdicts(connection: Connection, pair: int | None = None) -> dict[int, list[GivenVerdict]]:
    """Return the verdicts on every pair that has any, or on one, in the order of their seats."""
    query = select(review_verdicts).order_by(review_verdicts.c.pair, review_verdicts.c.seat)
    if pair is not None:
        query = query.where(review_verdicts.c.pair == pair)
    return _verdicts(connection, query)


def verdicts_asked(connection: Connection) -> dict[int, list[GivenVerdict]]:
    """Return the verdicts on the pairs that somebody is asked about, in the order of their seats."""
    asked = select(review_pairs.c.id).where(_asked())
    query = select(review_verdicts).where(review_verdicts.c.pair.in_(asked))
    return _verdicts(connection, query.order_by(review_verdicts.c.pair, review_verdicts.c.seat))


def verdicts_of(connection: Connection, reviewer: str) -> tuple[int, GivenVerdict | None]:
    """Return how many verdicts a reviewer has given, and the last of them."""
    own = review_verdicts.c.reviewer == reviewer
    count = connection.scalar(select(func.count()).select_from(review_verdicts).where(own))
    query = select(review_verdicts).where(own).order_by(review_verdicts.c.id.desc()).limit(1)
    last = [one for some in _verdicts(connection, query).values() for one in some]
    return int(count or 0), last[0] if last else None


def _verdicts(connection: Connection, query: Select[Any]) -> dict[int, list[GivenVerdict]]:
    found: dict[int, list[GivenVerdict]] = defaultdict(list)
    for row in connection.execute(query):
        verdict = cast("Verdict", row.verdict)
        fixed = row.fixed_at is not None
        one = GivenVerdict(row.id, row.pair, row.reviewer, row.seat, verdict, row.given_at, fixed)
        found[row.pair].append(one)
    return found


def add_verdict(
    connection: Connection, pair: int, reviewer: str, seat: int, verdict: Verdict, *, now: str
) -> None:
    """Keep a verdict."""
    values = {"pair": pair, "reviewer": reviewer, "seat": seat, "verdict": verdict, "given_at": now}
    connection.execute(insert(review_verdicts).values(**values))


def remove_verdict(connection: Connection, number: int) -> None:
    """Take a verdict out."""
    connection.execute(delete(review_verdicts).where(review_verdicts.c.id == number))


def fix(connection: Connection, pair: int, *, now: str) -> None:
    """Let the verdicts on a pair stand for good."""
    where = (review_verdicts.c.pair == pair, review_verdicts.c.fixed_at.is_(None))
    connection.execute(update(review_verdicts).where(*where).values(fixed_at=now))


def leases(connection: Connection, *, now: str) -> dict[int, set[str]]:
    """Return who looks at each pair now."""
    found: dict[int, set[str]] = defaultdict(set)
    for row in connection.execute(select(review_leases).where(review_leases.c.lease_until > now)):
        found[row.pair].add(row.reviewer)
    return found


def keep_lease(connection: Connection, pair: int, reviewer: str, *, until: str) -> None:
    """Let a reviewer look at one pair, and at no other, until then."""
    end_leases(connection, reviewer)
    connection.execute(insert(review_leases).values(pair=pair, reviewer=reviewer, lease_until=until))


def end_leases(connection: Connection, reviewer: str) -> None:
    """Let a reviewer look at nothing."""
    connection.execute(delete(review_leases).where(review_leases.c.reviewer == reviewer))


def forget_records(connection: Connection, targets: Mapping[str, Collection[str] | None]) -> int:
    """Erase what names some records, by agency (None: all of its); returns how many pairs went.

    Of other pairs what was to be seen goes if it spoke of one of these records too, and so does every shape:
    the next linkage finds both again.
    """
    count = 0
    for agency, handles in targets.items():
        for side in ("left", "right"):
            table = review_pairs
            of_agency = table.c[f"{side}_agency"] == agency
            for some in _chunks(handles):
                where = of_agency if some is None else of_agency & table.c[f"{side}_handle"].in_(some)
                count += connection.execute(delete(table).where(where)).rowcount
        for some in _chunks(handles):
            where = review_records.c.agency == agency
            if some is not None:
                where &= review_records.c.handle.in_(some)
            _hide(connection, set(connection.scalars(select(review_records.c.pair).where(where))))
    connection.execute(update(review_pairs).values(shape=None))
    connection.execute(delete(review_views))
    return count


def _chunks(handles: Collection[str] | None) -> list[list[str] | None]:
    if handles is None:
        return [None]
    ordered = sorted(handles)
    return [ordered[at : at + _AT_ONCE] for at in range(0, len(ordered), _AT_ONCE)]


def _hide(connection: Connection, pairs: Collection[int]) -> None:
    for number in sorted(pairs):
        connection.execute(update(review_pairs).where(review_pairs.c.id == number).values(**_GONE))
        connection.execute(delete(review_records).where(review_records.c.pair == number))


def forget_epoch(connection: Connection, epoch: str) -> None:
    """Erase what was seen in an epoch that is destroyed."""
    _hide(connection, set(connection.scalars(select(review_pairs.c.id).where(review_pairs.c.epoch == epoch))))
    connection.execute(delete(review_views).where(review_views.c.epoch == epoch))
