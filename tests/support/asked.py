"""What an agency can be asked: a query number of its results, and an approved request to open a handle."""

from api.audiences import in_use
from api.clock import utc_now
from api.config import ReidentificationSettings
from api.reidentifying import file_request
from api.store import answers, persons, reidentifications
from api.store.answers import Query
from tests.support.served import Served
from tests.support.unit import Desk

__all__ = ["ask"]

_OFTEN = ReidentificationSettings(requests_in_30_days=1000)


def ask(served: Served, desk: Desk, number: int) -> tuple[str, str]:
    """Ask one agency alone about a record of its own; returns the query's and the request's number."""
    query = f"Q-{number:010X}"
    with served.workers.database.write() as connection:
        one = next(one for one in persons.members(connection) if one.agency == desk.code)
        request = file_request(
            served.unit.folder,
            connection,
            unit=served.unit.card.signing_key,
            audience="operator",
            text=in_use(served.unit.folder, connection, "operator").of(one.person),
            reason="strategy meeting",
            settings=_OFTEN,
            now=utc_now(),
        )
        reidentifications.set_request(connection, request.number, state="approved")
        reidentifications.add_notices(connection, request.number, [(desk.code, one.handle)])
        given = Query(desk.code, query, "POLICE_ONLY", one.handle, "X99", "")
        answers.note_queries(connection, [given], 1)
    return query, request.number
