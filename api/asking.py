"""Quality questions of a cycle: when a round begins, how long it stays, and what is never asked twice.

A question stays for a few cycles, or until it is answered, whether it had a reason or not and whatever
becomes of the record: so neither its coming nor its going tells which it was.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from sqlalchemy import Connection

from api.clock import stamp
from api.query_numbers import QueryNumbers
from api.store.answers import AskedQuestion, Query, asked_questions
from api.store.wanted_questions import settle_wanted, waiting_questions
from linkage.register.persons import Holdings
from linkage.register.questions import Question, questions_of, stands_out
from linkage.register.snapshots import AgencyRecords
from linkage.wire.results import QualityQuestion, QuestionKind

__all__ = ["ROUND_CYCLES", "Asked", "ask", "settle_questions"]

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
    known, wanted = {_question(one) for one in before}, waiting_questions(connection)
    drawn = questions_of(persons, standing, numbers.lot, asked=known, wanted=wanted)
    fresh = [one for one in drawn if one.agency not in busy]
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


def settle_questions(
    connection: Connection, standing: Mapping[str, AgencyRecords], *, now: dt.datetime
) -> None:
    """Let questions that somebody wants wait no more once they were asked, or could not be hidden.

    Called in the transaction that keeps a cycle's queries.
    """
    asked = {_question(one) for one in asked_questions(connection)}
    wanted = waiting_questions(connection)
    settle_wanted(connection, sorted(wanted & asked), "asked", now=stamp(now))
    exposed = [
        one for one in wanted - asked if one.agency in standing and stands_out(one, standing[one.agency])
    ]
    settle_wanted(connection, sorted(exposed), "exposed", now=stamp(now))


def _question(asked: AskedQuestion) -> Question:
    children = (asked.child, asked.other) if asked.other else (asked.child,)
    return Question(asked.agency, cast("QuestionKind", asked.kind), children)


def _query(question: Question, number: str) -> Query:
    """Keep a question as a query of the agency about itself."""
    own = (*question.children, "")
    return Query(question.agency, number, question.kind, own[0], question.agency, own[1])
