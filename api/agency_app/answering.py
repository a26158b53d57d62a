"""An agency's answers to its own query numbers."""

from api.agency_app.answers import keep
from api.agency_app.problems import parsed, refuse
from api.agency_app.service import Service
from api.clock import stamp
from api.store import answers, ledger
from linkage.wire.answers import MAX_ANSWER_BYTES, QueryAnswer
from linkage.wire.canonical import canonical
from linkage.wire.ledger import EntryKind, Fact

__all__ = ["keep_answer"]

_ANSWERS_PER_QUERY = 20
"""An answer may be corrected; an endless history of them is no correction."""


def keep_answer(service: Service, agency: str, query: str, body: bytes) -> QueryAnswer:
    """Keep an answer durably and return what is kept; the same answer again changes nothing.

    A number that was never given to this agency, to nobody or to another one, is ``not-found``.
    """
    given = parsed(body, QueryAnswer, limit=MAX_ANSWER_BYTES)
    if given.query != query:
        refuse("malformed", "the address and the answer name two queries")
    now = service.clock()
    with service.database.write() as connection:
        if not answers.is_own(connection, agency, query):
            refuse("not-found", hint="answer the query numbers of your own results")
        if answers.last_answer(connection, agency, query) != given.answer:
            if answers.count_answers(connection, agency, query) >= _ANSWERS_PER_QUERY:
                refuse("too-many-answers", hint="tell the operator what the right answer is")
            answers.add_answer(connection, agency, query, given.answer, now=stamp(now))
            facts: dict[str, Fact] = {"what": "query answered", "agency": agency, "answer": given.answer}
            child = answers.child_of(connection, agency, query)
            named = [(agency, child)]
            ledger.append(connection, EntryKind.RECORDS_NAMED, facts, now=stamp(now), records=named)
        keep(connection, 200, canonical(given))
    return given
