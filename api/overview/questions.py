"""What agencies answered to questions about their own records, and what somebody wants them asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, func, or_, select

from api.store.persons import RecordKey
from api.store.schema_audiences import answers, queries
from linkage.register.questions import Question
from linkage.wire.answers import ANSWER_WORDS, AnswerCode
from linkage.wire.results import QuestionKind

__all__ = ["QUESTION_WORDS", "AnsweredQuestion", "answered_questions"]

QUESTION_WORDS: dict[str, str] = {
    "date-of-birth": "Is the date of birth in your record right?",
    "same-child": "Are these two records of yours one child?",
}
"""All that can be asked; agencies read the same in their reports, with their own references."""


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question about an agency's own records and the answer that stands, whyever it was asked."""

    question: Question
    answer: str
    answered_at: str


def answered_questions(connection: Connection, records: Sequence[RecordKey]) -> list[AnsweredQuestion]:
    """Return the answered questions about some records, by agency, the newest answer last.

    Most questions are asked for no reason, so that an answer does not tell that anybody wanted it.
    """
    ends = ((queries.c.agency, queries.c.child), (queries.c.contact, queries.c.other))
    about = [(code == agency) & (end == handle) for agency, handle in records for code, end in ends]
    if not about:
        return []
    later = answers.alias()
    same = (later.c.agency == answers.c.agency) & (later.c.query == answers.c.query)
    last = select(func.max(later.c.id)).where(same).scalar_subquery()
    query = (
        select(queries, answers.c.answer, answers.c.answered_at)
        .join(answers, (answers.c.agency == queries.c.agency) & (answers.c.query == queries.c.query))
        .where(queries.c.contact == queries.c.agency, or_(*about), answers.c.id == last)
        .order_by(queries.c.agency, answers.c.id)
    )
    return [
        AnsweredQuestion(
            Question(
                row.agency,
                cast("QuestionKind", row.reconciliation_class),
                (row.child, row.other) if row.other else (row.child,),
            ),
            ANSWER_WORDS[cast("AnswerCode", row.answer)],
            row.answered_at,
        )
        for row in connection.execute(query)
    ]
