"""Approved requests to open a handle, as the agency that owns it sees them, and what it answers."""

from sqlalchemy import Connection

from api.agency_app.answers import keep
from api.agency_app.problems import parsed, refuse
from api.agency_app.service import Service
from api.clock import stamp
from api.store import ledger
from api.store import reidentifications as store
from api.store.reidentifications import Notice
from linkage.wire.answers import MAX_ANSWER_BYTES
from linkage.wire.canonical import canonical
from linkage.wire.ledger import EntryKind, Fact
from linkage.wire.reidentification import OwnRequest, RequestAnswer, Requests

__all__ = ["answer_request", "own_requests"]


def own_requests(service: Service, agency: str) -> Requests:
    """Return the requests that wait for an agency, and record when it first saw each."""
    now = stamp(service.clock())
    with service.database.read() as connection:
        waiting = store.of_agency(connection, agency, now=now)
        asked = {one.number: store.find_request(connection, one.number) for one in waiting}
    if any(one.shown_at is None for one in waiting):
        with service.database.write() as connection:
            # Once more, in the writer's place: two of the agency's commands may ask at the same time.
            for one in store.of_agency(connection, agency, now=now):
                if one.shown_at is None:
                    store.mark_shown(connection, one.number, agency, now=now)
                    _enter(connection, EntryKind.SENSITIVE_READ, "request shown", one, now)
    return Requests(
        agency=agency,
        requests=tuple(
            OwnRequest(
                number=one.number,
                handle=handle,
                reason=known.document.reason,
                expires=known.document.expires,
            )
            for one in waiting
            if (known := asked[one.number]) is not None
            for handle in one.handles
        ),
    )


def answer_request(service: Service, agency: str, number: str, body: bytes) -> RequestAnswer:
    """Keep what an agency answers; one that does not wait for it is ``not-found``, whatever the reason."""
    given = parsed(body, RequestAnswer, limit=MAX_ANSWER_BYTES)
    if given.number != number:
        refuse("malformed", "the address and the answer name two requests")
    now = stamp(service.clock())
    with service.database.write() as connection:
        own = [one for one in store.notices(connection, number) if one.agency == agency]
        if own and own[0].answer == given.answer:
            return given
        if number not in {one.number for one in store.of_agency(connection, agency, now=now)}:
            refuse("not-found", hint="see `clew agency requests`: it may have expired or been withdrawn")
        store.answer_notices(connection, number, agency, given.answer, now=now)
        what = f"request answered: {given.answer}"
        _enter(connection, EntryKind.RECORDS_NAMED, what, own[0], now)
        keep(connection, 200, canonical(given))
    return given


def _enter(connection: Connection, kind: EntryKind, what: str, one: Notice, now: str) -> None:
    facts: dict[str, Fact] = {"what": what, "number": one.number, "agency": one.agency}
    records = [(one.agency, handle) for handle in one.handles]
    ledger.append(connection, kind, facts, now=now, records=records)
