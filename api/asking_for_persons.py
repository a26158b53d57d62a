"""What operators and reviewers ask for: a person's sheet from the workers, a question to an agency."""

import datetime as dt
from collections.abc import Sequence
from itertools import combinations

from sqlalchemy import Connection

from api.budgets import note_crossing, spend
from api.clock import stamp
from api.privacy_settings import BudgetSettings
from api.store import agencies, jobs, ledger, person_sheets
from api.store.persons import RecordKey
from api.store.wanted_questions import want
from linkage.errors import InputError
from linkage.register.questions import Question
from linkage.wire.ledger import EntryKind, Fact

__all__ = ["LIFE", "MOST", "ask_for_sheet", "possible_questions", "want_question"]

LIFE = dt.timedelta(hours=8)
"""A sheet is erased so long after it was asked for: no session of the console is longer."""

MOST = 50
"""So many sheets there are at once: whoever looks at more children than that in a day has another reason."""


def ask_for_sheet(connection: Connection, person: str, *, by: str, now: dt.datetime) -> None:
    """Let the workers prepare what is shown of a person, and write who asked into the ledger.

    Raises :class:`InputError` if too many are there already.
    """
    person_sheets.forget_expired(connection, now=stamp(now))
    standing = person_sheets.sheet_of(connection, person, now=stamp(now))
    if standing is None and person_sheets.count_sheets(connection) >= MOST:
        raise InputError(
            f"{MOST} persons are prepared already", hint=f"each is erased {LIFE.seconds // 3600} hours later"
        )
    person_sheets.add_sheet(connection, person, by=by, now=stamp(now), expires=stamp(now + LIFE))
    jobs.queue_sheets(connection, now=now)
    facts: dict[str, Fact] = {"what": "person sheet", "account": by}
    records = person_sheets.members_of(connection, person)
    ledger.append(connection, EntryKind.SENSITIVE_READ, facts, now=stamp(now), records=records)


def possible_questions(connection: Connection, records: Sequence[RecordKey]) -> list[Question]:
    """Return what agencies can be asked about their own ones of some records, in the records' order.

    Whether the date of birth is right, of each; whether two are one child, of two that one agency holds.
    """
    enrolled = {one.code for one in agencies.all_agencies(connection) if one.enrolled}
    own = [key for key in records if key[0] in enrolled]
    pairs = [(a, b) for a, b in combinations(sorted(own), 2) if a[0] == b[0]]
    return [
        *(Question(agency, "date-of-birth", (handle,)) for agency, handle in own),
        *(Question(a[0], "same-child", (a[1], b[1])) for a, b in pairs),
    ]


def want_question(
    connection: Connection,
    question: Question,
    allowed: Sequence[Question],
    *,
    by: str,
    budgets: BudgetSettings,
    now: dt.datetime,
) -> None:
    """Let a question wait for its agency's next round of questions, among those without a reason.

    Raises :class:`InputError` for one that is not ``allowed``, and for one beyond the cycle's budget.
    """
    if question not in allowed:
        raise InputError("this cannot be asked about these records", hint="Go back and look again.")
    if want(connection, question, by=by, now=stamp(now)):
        spent = spend(connection, budgets, question.agency, "questions", now=now)
        if not spent.allowed:
            raise InputError(
                f"{spent.limit:,} questions wait for {question.agency} in this cycle already",
                hint="Ask after the next cycle; two people can raise the budget.",
            )
        note_crossing(connection, spent, now=now)
        facts: dict[str, Fact] = {"what": "question wanted", "kind": question.kind, "account": by}
        records = [(question.agency, handle) for handle in question.children]
        ledger.append(connection, EntryKind.RECORDS_NAMED, facts, now=stamp(now), records=records)
