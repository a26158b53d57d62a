"""Quality questions of a cycle: when a round begins, how long it stays, and what is never asked twice.

A question stays for a few cycles, or until it is answered, whether it had a reason or not and whatever
becomes of the record: so neither its coming nor its going tells which it was.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from sqlalchemy import Connection

from api.query_numbers import QueryNumbers
from api.store.answers import AskedQuestion, Query, asked_questions
from linkage.register.persons import Holdings
from linkage.register.questions import Question, questions_of
from linkage.register.snapshots import AgencyRecords
from linkage.wire.results import QualityQuestion, QuestionKind

__all__ = ["ROUND_CYCLES", "Asked", "ask"]

ROUND_CYCLES = 3

Asked = Mapping[str, Sequence[QualityQuestion]]


def ask(
    connection: Connection,
    cycle: int,
    persons: Iterable[Holdings],
    standing: Mapping[str, AgencyRecords],
    numbers: QueryNumbers,
) -> tuple[Asked, list[Query]]:
    """Return each agency's questions of a cycle, and what is to be kept of them as queries."""
    before = asked_questions(connection)
    running = [one for one in before if one.first_cycle > cycle - ROUND_CYCLES]
    busy = {one.agency for one in running}
    known = {_question(one) for one in before}
    fresh = [
        one for one in questions_of(persons, standing, numbers.lot, asked=known) if one.agency not in busy
    ]
    children = {agency: {one.handle for one in entry.payload.children} for agency, entry in standing.items()}
    still = [_question(one) for one in running if not one.answered]
    asked: dict[str, list[QualityQuestion]] = defaultdict(list)
    queries = []
    for one in [*still, *fresh]:
        if children.get(one.agency, set()).issuperset(one.children):
            number = numbers.question(one)
            asked[one.agency].append(QualityQuestion(kind=one.kind, children=one.children, query=number))
            queries.append(_query(one, number))
    return {agency: sorted(found, key=lambda one: one.query) for agency, found in asked.items()}, queries


def _question(asked: AskedQuestion) -> Question:
    children = (asked.child, asked.other) if asked.other else (asked.child,)
    return Question(asked.agency, cast("QuestionKind", asked.kind), children)


def _query(question: Question, number: str) -> Query:
    """Keep a question as a query of the agency about itself."""
    own = (*question.children, "")
    return Query(question.agency, number, question.kind, own[0], question.agency, own[1])
