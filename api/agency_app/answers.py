"""Idempotency-Key: a request made again under its key gets the answer that it got the first time.

After draft-ietf-httpapi-idempotency-key-header-07.  The answer is kept in the transaction of the effect, so
there is never one without the other, and no key is left behind by a process that died.  A refusal without an
effect is not kept: made again, the request is made for the first time.
"""

import datetime as dt
import hashlib
import logging
import re
from dataclasses import dataclass
from typing import NoReturn

from flask import Request, Response, g, has_app_context
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from api.agency_app.problems import RefusedError, refuse
from api.agency_app.quotas import UnderWay
from api.agency_app.service import Service
from api.clock import stamp
from api.store import kept_answers
from api.store.kept_answers import KeptAnswer

__all__ = ["MUTATING", "REPEATABLE", "begin", "end", "finish", "keep"]

MUTATING = frozenset({"DELETE", "PATCH", "POST", "PUT"})

REPEATABLE = frozenset({"register", "put_chunk", "commit"})
"""Endpoints whose address and body say by themselves what is meant: made again they change nothing, with a
key or without.  Every other one that changes something must be called with a key."""

LIFETIME = dt.timedelta(hours=24)
_KEY = re.compile(r'"([A-Za-z0-9+/=_.:-]{16,128})"')
_LARGEST_BODY = 64 * 1024

_faults = logging.getLogger("clew.faults")


@dataclass(slots=True)
class _Call:
    """The request in hand, made under a key."""

    service: Service
    under_way: UnderWay
    agency: str
    key: str
    request: str
    endpoint: str
    kept: bool = False


def begin(
    service: Service, under_way: UnderWay, agency: str, request: Request, body: bytes
) -> Response | None:
    """Look at a request's key before it is acted upon; returns the answer kept for it, or None to go on.

    1. Where the address does not repeat by itself the key is required (400), and it must be in form (400).
    2. While another request with this key is worked on in this process the answer is 409.
    3. A key under which another request was made is refused (422).
    4. The answer that was kept is given again.
    """
    endpoint, text = request.endpoint, request.headers.get("Idempotency-Key")
    if request.method not in MUTATING or endpoint is None:
        return None
    if text is None:
        if endpoint not in REPEATABLE:
            _refuse_key("this address changes something each time it is called")
        return None
    found = _KEY.fullmatch(text)
    if found is None:
        _refuse_key("a key is 16 to 128 plain characters between double quotes")
    key = found[1]
    if not under_way.claim(agency, key):
        _refuse_in_use()
    g.call = _Call(service, under_way, agency, key, _fingerprint(request, body), endpoint)
    with service.database.read() as connection:
        kept = kept_answers.find_answer(connection, agency, key, now=stamp(service.clock()))
    return None if kept is None else _again(g.call, kept)


def _again(call: _Call, kept: KeptAnswer) -> Response | None:
    if kept.request != call.request:
        refuse("idempotency-key-reused", hint="make a new key for every new request")
    call.kept = True
    if kept.status is None:
        return None
    body = None if kept.body is None else kept.body.encode()
    return Response(body, kept.status, content_type=kept.media_type)


def keep(
    connection: Connection, status: int, body: bytes = b"", media_type: str = "application/json"
) -> None:
    """Keep the answer to the request in hand, in the transaction of its effect.

    If another process answered a request with the same key meanwhile, the transaction is given up (409).
    """
    call = g.get("call") if has_app_context() else None
    if call is not None and not call.kept:
        large = call.endpoint in REPEATABLE and len(body) > _LARGEST_BODY
        answer = KeptAnswer(call.request) if large else _kept(call.request, status, body, media_type)
        _write(connection, call, answer)


def finish(response: Response) -> None:
    """Keep a success that had no effect of its own; of an address that repeats, only whose key it is."""
    call = g.get("call")
    if call is None or call.kept or not 200 <= response.status_code < 300:
        return
    answer = KeptAnswer(call.request)
    if call.endpoint not in REPEATABLE:
        media_type = response.content_type or "application/json"
        answer = _kept(call.request, response.status_code, response.get_data(), media_type)
    try:
        with call.service.database.write() as connection:
            _write(connection, call, answer)
    except (RefusedError, SQLAlchemyError) as error:  # the answer is right without it
        _faults.error("%s while an answer was being kept", type(error).__name__)


def end() -> None:
    """Give the key of the request in hand up."""
    call = g.pop("call", None)
    if call is not None:
        call.under_way.release(call.agency, call.key)


def _kept(request: str, status: int, body: bytes, media_type: str) -> KeptAnswer:
    if not body:
        return KeptAnswer(request, status)
    return KeptAnswer(request, status, media_type, body.decode())


def _write(connection: Connection, call: _Call, answer: KeptAnswer) -> None:
    now = call.service.clock()
    expires = stamp(now + LIFETIME)
    if not kept_answers.keep_answer(
        connection, call.agency, call.key, answer, now=stamp(now), expires=expires
    ):
        _refuse_in_use()
    call.kept = True


def _fingerprint(request: Request, body: bytes) -> str:
    """Return what tells one request from another: method, target as it was sent, body."""
    target = request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or request.full_path
    parts = (request.method.encode(), target.encode("latin-1", "replace"), hashlib.sha256(body).digest())
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _refuse_key(detail: str) -> NoReturn:
    refuse(
        "idempotency-key",
        detail,
        hint="send a key of your own for each request, the same one when you send it again",
    )


def _refuse_in_use() -> NoReturn:
    refuse("idempotency-key-in-use", hint="wait for its answer, or ask again", retry_after=1)
