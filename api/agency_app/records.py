"""What an agency asks for about single records of its own: withdraw, erase, shield, lift a shield.

A handle that the unit does not know is taken like any other: the answer tells nothing of what is held, and a
record that is on its way is caught too.  Another agency's record under the same handle is another record.
"""

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import Connection

from api.agency_app.answers import keep
from api.agency_app.problems import parsed, refuse
from api.agency_app.quotas import charge_budget
from api.agency_app.service import Service
from api.budgets import BudgetName, note_crossing
from api.clock import stamp
from api.erasing import certify_erasure, erase_own_records
from api.store import erasures, jobs, ledger, records
from api.store.ledger_rows import stretch_of
from linkage.wire.canonical import canonical
from linkage.wire.ledger import EntryKind, Fact
from linkage.wire.record_requests import ErasureStatus, RecordAction, RecordAnswer, RecordRequest

__all__ = ["ERASURES_AT_A_TIME", "MAX_RECORD_REQUEST_BYTES", "STATUS_OF", "change_records", "erasure_status"]

MAX_RECORD_REQUEST_BYTES = 64 * 1024
"""A thousand handles come to less."""

ERASURES_AT_A_TIME: Final = 64
"""Erasures of one agency that wait or are worked on: each opens all that the agency sent, and everybody's
other work waits for it."""

_RETRY_SECONDS = 60

_BUDGET_OF: Mapping[RecordAction, BudgetName] = {
    "withdraw": "withdrawals",
    "erase": "erasures",
    "shield": "shields",
    "unshield": "shields",
}

STATUS_OF: Mapping[RecordAction, int] = {"erase": 202}
"""What success is answered with, where it is not 200: an erasure is only begun."""


def change_records(service: Service, agency: str, action: RecordAction, body: bytes) -> RecordAnswer:
    """Do what an agency asks for about records of its own, in one transaction; again, it changes nothing.

    A withdrawal asked for again reaches the snapshots registered in the meantime too.
    """
    handles = parsed(body, RecordRequest, limit=MAX_RECORD_REQUEST_BYTES).handles
    now = service.clock()
    with service.database.write() as connection:
        settings = service.settings.budgets
        spent = charge_budget(connection, settings, agency, _BUDGET_OF[action], len(handles), now=now)
        note_crossing(connection, spent, now=now)
        name = None
        if action == "erase":
            name, news = erase_own_records(connection, agency, handles, now=now)
            if news:
                _check_erasures(connection, agency)
        elif action == "withdraw":
            held = records.count_withdrawals(connection, agency)
            _check_kept(service, held + len(handles), "withdrawals")
            records.withdraw(connection, agency, handles, now=stamp(now))
            if _may_be_linked(connection, agency, handles):
                jobs.queue_link(connection, now=now)
            else:  # an episode
                jobs.queue_urgent(connection, now=now)
        elif action == "shield":
            _check_kept(service, records.count_shields(connection, agency) + len(handles), "shields")
            fresh = records.shield(connection, agency, handles, now=stamp(now))
            if fresh:
                jobs.queue_concealment(connection, now=now)
            if _may_be_linked(connection, agency, fresh):
                jobs.queue_link_at_once(connection, now=now)
        elif records.unshield(connection, agency, handles):
            jobs.queue_link(connection, now=now)  # it protects nobody, and so waits for its batch
        if action != "erase":
            kind = EntryKind.OTHER if action == "withdraw" else EntryKind.HANDLE_SHIELDED
            facts: dict[str, Fact] = {"agency": agency, "action": action, "records": len(handles)}
            named = [(agency, one) for one in handles]
            ledger.append(connection, EntryKind.RECORDS_NAMED, facts, now=stamp(now), records=named)
            table = "withdrawals" if action == "withdraw" else "shields"
            rows = {table: {stretch_of(one) for one in handles}}
            ledger.append(connection, kind, {"action": action}, now=stamp(now), rows=rows)
        answer = RecordAnswer(action=action, records=len(handles), erasure=name)
        keep(connection, STATUS_OF.get(action, 200), canonical(answer))
    return answer


def _may_be_linked(connection: Connection, agency: str, handles: Collection[str]) -> bool:
    """Say whether a person has any of these records, or is being given one.

    Where not, no linkage is queued: a made-up handle would be linkage on demand.
    """
    return bool(handles) and (records.linked(connection, agency, handles) or jobs.link_running(connection))


def _check_kept(service: Service, number: int, what: str) -> None:
    most = service.settings.limits.records
    if number > most:
        refuse("too-large", f"this unit keeps at most {most} {what}")


def _check_erasures(connection: Connection, agency: str) -> None:
    """Refuse an erasure too many, and with the refusal what was written of it."""
    if erasures.count_under_way(connection, agency) > ERASURES_AT_A_TIME:
        refuse(
            "limit-reached",
            f"this unit works on {ERASURES_AT_A_TIME} erasures of an agency at a time",
            hint="name more records in one request, and wait as long as Retry-After says",
            retry_after=_RETRY_SECONDS,
        )


def erasure_status(service: Service, agency: str, name: str) -> ErasureStatus:
    """Say how far an erasure is that the agency asked for; anybody else's does not exist."""
    with service.database.read() as connection:
        found = erasures.by_name(connection, name, agency=agency)
    if found is None:
        refuse("not-found", hint="ask with the identifier that the answer to the request gave")
    certificate = b""
    if found.erased_at is not None:
        with service.database.write() as connection:
            certificate = certify_erasure(connection, found.id, service.receipts_key) or b""
    return ErasureStatus(
        agency=agency,
        erasure=name,
        state="done" if certificate else "under way",
        certificate=certificate.decode(),
    )
