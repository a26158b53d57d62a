"""Query numbers that agencies were given, what stands behind them, and what agencies answered."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, tuple_

from api.clock import day_of
from api.store.bulk import insert_rows, update_rows
from api.store.persons import RecordKey
from api.store.schema_audiences import answers, queries
from linkage.wire.answers import AnswerCode, link_holds

__all__ = [
    "AskedLink",
    "AskedQuestion",
    "Evidence",
    "Given",
    "Query",
    "add_answer",
    "asked_links",
    "asked_questions",
    "child_of",
    "children_of",
    "count_answers",
    "evidence",
    "forget",
    "given_answers",
    "is_own",
    "last_answer",
    "note_queries",
    "queries_about",
    "totals",
]

_ROWS = 500


@dataclass(frozen=True, slots=True)
class Query:
    """A query number of one agency: its own child, and the child record of ``contact`` behind it."""

    agency: str
    query: str
    reconciliation_class: str
    child: str
    contact: str
    other: str


@dataclass(frozen=True, slots=True)
class Given:
    """The answer that stands for a query, without anybody's handle."""

    agency: str
    query: str
    reconciliation_class: str
    contact: str
    answer: AnswerCode
    answered_at: str


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A quality question that an agency was asked about its own records, ``child`` and perhaps ``other``."""

    agency: str
    query: str
    kind: str
    child: str
    other: str
    first_cycle: int
    answered: bool


@dataclass(frozen=True, slots=True)
class AskedLink:
    """A query about an agency's ``child`` and the record ``other`` of ``contact``; None before an answer."""

    agency: str
    reconciliation_class: str
    child: str
    contact: str
    other: str
    answer: AnswerCode | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an answer says about the link between two child records."""

    left: RecordKey
    right: RecordKey
    same: bool


def note_queries(connection: Connection, found: Iterable[Query], cycle: int) -> None:
    """Record the query numbers of a cycle's results; one of an earlier cycle stays what it is."""
    rows = {(one.agency, one.query): one for one in found}
    known = {(row.agency, row.query) for row in connection.execute(select(queries.c.agency, queries.c.query))}
    again = [key for key in rows if key in known]
    update_rows(connection, queries, ("agency", "query"), again, {"last_cycle": cycle})
    insert_rows(connection, queries, [_row(one, cycle) for key, one in rows.items() if key not in known])


def _row(one: Query, cycle: int) -> dict[str, object]:
    return {
        "agency": one.agency,
        "query": one.query,
        "reconciliation_class": one.reconciliation_class,
        "child": one.child,
        "contact": one.contact,
        "other": one.other,
        "first_cycle": cycle,
        "last_cycle": cycle,
    }


def asked_questions(connection: Connection) -> list[AskedQuestion]:
    """Return every quality question that was ever asked: a query whose contact is the agency itself."""
    answered = select(answers.c.id).where(
        answers.c.agency == queries.c.agency, answers.c.query == queries.c.query
    )
    found = select(queries, answered.exists().label("answered")).where(queries.c.contact == queries.c.agency)
    return [
        AskedQuestion(
            row.agency,
            row.query,
            row.reconciliation_class,
            row.child,
            row.other,
            row.first_cycle,
            bool(row.answered),
        )
        for row in connection.execute(found.order_by(queries.c.agency, queries.c.query))
    ]


def asked_links(connection: Connection) -> list[AskedLink]:
    """Return every query about the link between two agencies' records, with the answer that stands."""
    last = select(func.max(answers.c.id)).group_by(answers.c.agency, answers.c.query)
    joined = queries.outerjoin(
        answers,
        and_(
            answers.c.agency == queries.c.agency, answers.c.query == queries.c.query, answers.c.id.in_(last)
        ),
    )
    query = (
        select(queries, answers.c.answer)
        .select_from(joined)
        .where(queries.c.contact != queries.c.agency, queries.c.other != "")
        .order_by(queries.c.agency, queries.c.query)
    )
    return [
        AskedLink(
            row.agency,
            row.reconciliation_class,
            row.child,
            row.contact,
            row.other,
            cast("AnswerCode | None", row.answer),
        )
        for row in connection.execute(query)
    ]


def is_own(connection: Connection, agency: str, query: str) -> bool:
    """Say whether an agency was ever given this query number."""
    found = select(queries.c.query).where(queries.c.agency == agency, queries.c.query == query)
    return connection.scalar(found) is not None


def child_of(connection: Connection, agency: str, query: str) -> str:
    """Return the agency's own child of a query number that it was given."""
    found = select(queries.c.child).where(queries.c.agency == agency, queries.c.query == query)
    return str(connection.execute(found).scalar_one())


def last_answer(connection: Connection, agency: str, query: str) -> str | None:
    """Return the answer that stands, or None."""
    where = (answers.c.agency == agency, answers.c.query == query)
    return connection.scalar(select(answers.c.answer).where(*where).order_by(answers.c.id.desc()).limit(1))


def count_answers(connection: Connection, agency: str, query: str) -> int:
    """Count the answers ever given to a query."""
    where = (answers.c.agency == agency, answers.c.query == query)
    return int(connection.scalar(select(func.count()).select_from(answers).where(*where)) or 0)


def add_answer(connection: Connection, agency: str, query: str, answer: AnswerCode, *, now: str) -> None:
    """Record an answer; the ones before stay on record."""
    values = {"agency": agency, "query": query, "answer": answer, "answered_at": day_of(now)}
    connection.execute(insert(answers).values(**values))


def given_answers(connection: Connection, *, agency: str | None = None) -> list[Given]:
    """Return the answers that stand, by agency and query."""
    return [
        Given(
            row.agency,
            row.query,
            row.reconciliation_class,
            row.contact,
            cast("AnswerCode", row.answer),
            row.answered_at,
        )
        for row in _standing(connection)
        if agency in {None, row.agency}
    ]


def evidence(connection: Connection) -> list[Evidence]:
    """Return what answers say about links, for :func:`linkage.match.quality_answers.refine`.

    Of two records on which answers contradict each other nothing is said, nor of an agency's answers about
    its own records alone: most of those questions had no reason.
    """
    said: dict[tuple[RecordKey, RecordKey], set[bool]] = {}
    for row in _standing(connection):
        same = link_holds(cast("AnswerCode", row.answer))
        if same is not None and row.other and row.contact != row.agency:
            pair = sorted([(row.agency, row.child), (row.contact, row.other)])
            said.setdefault((pair[0], pair[1]), set()).add(same)
    return [
        Evidence(left, right, True in same) for (left, right), same in sorted(said.items()) if len(same) == 1
    ]


def _standing(connection: Connection) -> Sequence[Row[Any]]:
    last = select(func.max(answers.c.id)).group_by(answers.c.agency, answers.c.query)
    joined = queries.join(
        answers, and_(answers.c.agency == queries.c.agency, answers.c.query == queries.c.query)
    )
    query = (
        select(queries, answers.c.answer, answers.c.answered_at)
        .select_from(joined)
        .where(answers.c.id.in_(last))
        .order_by(queries.c.agency, queries.c.query)
    )
    return connection.execute(query).all()


def totals(connection: Connection) -> dict[str, tuple[int, int]]:
    """Return for each agency how many query numbers it was given, and how many of them it answered."""
    given = connection.execute(select(queries.c.agency, func.count()).group_by(queries.c.agency)).all()
    answered = dict.fromkeys((row[0] for row in given), 0)
    for row in _standing(connection):
        answered[row.agency] += 1
    return {agency: (count, answered[agency]) for agency, count in given}


def queries_about(connection: Connection, keys: Collection[RecordKey]) -> set[tuple[str, str]]:
    """Return agency and number of the queries that stand on one of these child records, on either side."""
    found: set[tuple[str, str]] = set()
    ordered = sorted(keys)
    for start in range(0, len(ordered), _ROWS):
        some = ordered[start : start + _ROWS]
        for side in ((queries.c.agency, queries.c.child), (queries.c.contact, queries.c.other)):
            about = select(queries.c.agency, queries.c.query).where(tuple_(*side).in_(some))
            found.update((row.agency, row.query) for row in connection.execute(about))
    return found


def children_of(connection: Connection, asked: Collection[tuple[str, str]]) -> set[RecordKey]:
    """Return whose child records the queries are about that agencies have by these numbers."""
    found: set[RecordKey] = set()
    ordered = sorted(asked)
    for start in range(0, len(ordered), _ROWS):
        some = tuple_(queries.c.agency, queries.c.query).in_(ordered[start : start + _ROWS])
        rows = connection.execute(select(queries.c.agency, queries.c.child).where(some))
        found.update((row.agency, row.child) for row in rows)
    return found


def forget(connection: Connection, keys: Collection[RecordKey]) -> None:
    """Erase the queries, with their answers, that stand on one of these child records, on either side."""
    pairs = sorted(queries_about(connection, keys))
    for start in range(0, len(pairs), _ROWS):
        numbers = pairs[start : start + _ROWS]
        for table in (answers, queries):
            connection.execute(delete(table).where(tuple_(table.c.agency, table.c.query).in_(numbers)))
