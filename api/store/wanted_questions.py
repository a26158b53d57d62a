"""Rows of quality questions that people want agencies to be asked in their next round."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import Connection, or_, select, update

from api.clock import day_of
from api.store.database import insert_new
from api.store.persons import RecordKey
from api.store.schema_persons import wanted_questions
from linkage.register.questions import Question
from linkage.wire.results import QuestionKind

__all__ = ["WantedQuestion", "WantedState", "settle_wanted", "waiting_questions", "want", "wanted_by"]

WantedState = Literal["waiting", "asked", "exposed"]

_table = wanted_questions


@dataclass(frozen=True, slots=True)
class WantedQuestion:
    """A question that an account wants asked, and what became of it."""

    question: Question
    asked_at: str
    state: WantedState


def want(connection: Connection, question: Question, *, by: str, now: str) -> bool:
    """Let a question wait for its agency's next round; False: the same account wanted it before."""
    child, other = (*question.children, "")[:2]
    values = {
        "agency": question.agency,
        "kind": question.kind,
        "handle": child,
        "other": other,
        "asked_by": by,
        "asked_at": day_of(now),
        "state": "waiting",
    }
    return insert_new(connection, _table, values)


def waiting_questions(connection: Connection) -> set[Question]:
    """Return the questions that wait, each once."""
    rows = connection.execute(select(_table).where(_table.c.state == "waiting"))
    return {_question(row.agency, row.kind, row.handle, row.other) for row in rows}


def wanted_by(connection: Connection, account: str, records: Collection[RecordKey]) -> list[WantedQuestion]:
    """Return what an account wants asked about some records, oldest first."""
    about = [
        (_table.c.agency == agency) & or_(_table.c.handle == handle, _table.c.other == handle)
        for agency, handle in records
    ]
    if not about:
        return []
    query = select(_table).where(_table.c.asked_by == account, or_(*about)).order_by(_table.c.id)
    return [
        WantedQuestion(
            _question(row.agency, row.kind, row.handle, row.other),
            row.asked_at,
            cast("WantedState", row.state),
        )
        for row in connection.execute(query)
    ]


def settle_wanted(
    connection: Connection, questions: Iterable[Question], state: WantedState, *, now: str
) -> None:
    """Let questions wait no more, whoever wanted them."""
    for one in questions:
        child, other = (*one.children, "")[:2]
        where = (
            _table.c.agency == one.agency,
            _table.c.kind == one.kind,
            _table.c.handle == child,
            _table.c.other == other,
            _table.c.state == "waiting",
        )
        connection.execute(update(_table).where(*where).values(state=state, settled_at=day_of(now)))


def _question(agency: str, kind: str, child: str, other: str) -> Question:
    children = (child, other) if other else (child,)
    return Question(agency, cast("QuestionKind", kind), children)
