"""Who sent a request: RFC 9421 signatures of enrolled agencies, each nonce once.

Whatever is wrong with a request's authentication, the answer is the same one: which of the checks failed is
nobody's business but the operator's, whose log names it without repeating what was sent.
"""

import datetime as dt
import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn, Protocol
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from flask import Request
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    VerificationKey,
    algorithms,
)
from http_message_signatures.structures import VerifyResult
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from api.agency_app.problems import refuse
from api.agency_app.quotas import UnderWay, charge, charge_budget
from api.budgets import BudgetName, Spent, note_crossing
from api.clock import Clock, stamp
from api.config import Limits
from api.privacy_settings import BudgetSettings
from api.store import agencies, revocations
from api.store.agencies import Agency
from api.store.database import Database
from linkage.wire.http import COVERED_COMPONENTS, KEY_COMPONENT, MAX_AGE, SIGNATURE_LABEL, SIGNATURE_TAG
from linkage.wire.signing import public_key

__all__ = ["Asked", "Authenticated", "Authenticator"]

_SKEW = dt.timedelta(seconds=60)
_NONCE = re.compile(r"[A-Za-z0-9+/=_.-]{16,128}")
_KEY = re.compile(r"[0-9a-f]{64}")
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(?::([0-9]{1,5}))?")

_log = logging.getLogger("clew.auth")


class _Headers(Protocol):
    def items(self) -> Iterable[tuple[str, str]]: ...


@dataclass(frozen=True, slots=True)
class _Signed:
    """A request as the verifier wants to see it."""

    method: str
    url: str
    headers: "_Headers"


class _Verifier(HTTPMessageVerifier):
    max_clock_skew = _SKEW


class _Keys(HTTPSignatureKeyResolver):
    """Find the key of an enrolled agency or a revoked card; an unknown one gets a key that verifies nothing.

    So a stranger's request takes the same way, and about the same time, as one with a bad signature.
    """

    def __init__(self, find: Callable[[str], bool]) -> None:
        self._find = find
        self._nobody: Ed25519PublicKey = Ed25519PrivateKey.generate().public_key()

    def resolve_public_key(self, key_id: str) -> VerificationKey:
        if _KEY.fullmatch(key_id) is None or not self._find(key_id):
            return self._nobody
        return public_key(key_id)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request counts as beside itself: bytes of its body, and the budget that a query is of."""

    size: int = 0
    query: BudgetName | None = None


class Authenticated:
    """A request whose headers are signed by an enrolled agency; its body is still to be checked."""

    def __init__(self, agency: Agency, verifier: _Verifier, message: _Signed, found: VerifyResult) -> None:
        self.agency = agency
        self._verifier = verifier
        self._message = message
        self._found = found

    def check_body(self, body: bytes) -> None:
        """Check the body against the digest that was signed; the answer to a mismatch is a 401."""
        try:
            self._verifier.verify_body(self._message, [self._found], body)
        except HTTPMessageSignaturesException:
            _refuse_authentication("the body does not have the digest that was signed")


class Authenticator:
    """Checks every request; see the module."""

    def __init__(
        self,
        database: Database,
        hosts: Iterable[str],
        clock: Clock,
        *,
        limits: Limits,
        budgets: BudgetSettings,
        under_way: UnderWay,
    ) -> None:
        self._database = database
        self._hosts = frozenset(hosts)
        self._clock = clock
        self._limits = limits
        self._budgets = budgets
        self._under_way = under_way
        self._verifier = _Verifier(signature_algorithm=algorithms.ED25519, key_resolver=_Keys(self._find))

    def authenticate(self, request: Request, asked: Asked, signer: Callable[[str], None]) -> Authenticated:
        """Verify host, signature, age, limits and nonce, in this order, without reading the body.

        The nonce comes last: otherwise a stranger could use up an agency's nonces, or fill the store.  What
        is beyond a limit uses none up, so an agency cannot fill the store either.  ``signer`` is told who
        signed once the request counts as under way.
        """
        message = self._message(request)
        found = self._verified(message, keyed="Idempotency-Key" in request.headers)
        key, nonce = found.parameters.get("keyid"), found.nonce
        if not isinstance(key, str) or nonce is None or _NONCE.fullmatch(nonce) is None:
            _refuse_authentication("the signature has no nonce of 16 to 128 plain characters")
        self._under_way.enter(key)
        signer(key)
        agency = self._spend(key, nonce, asked)
        return Authenticated(agency, self._verifier, message, found)

    def _find(self, key: str) -> bool:
        with self._database.read() as connection:
            enrolled = agencies.agency_by_key(connection, key)
            return enrolled is not None or revocations.is_card_revoked(connection, key)

    def _message(self, request: Request) -> _Signed:
        host = request.headers.get("Host", "").lower()
        # A signature covers the name that it was made for; if any name were served, a request signed for
        # one unit could be played to another that knows the same agency.
        if not self._is_ours(host, request):
            _refuse_authentication("the request names a host that [service] hosts in unit.toml does not list")
        # The target as it was sent: the path that Flask sees is already decoded, the signed one was not.
        target = request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI") or _rebuilt(request)
        # One that begins with anything but a slash would be read as part of the host ("@other/v1/status"),
        # and a fragment is not signed.
        if not target.startswith("/") or "#" in target:
            _refuse_authentication("the target of the request is not a path")
        return _Signed(request.method, f"http://{host}{target}", request.headers)

    def _is_ours(self, host: str, request: Request) -> bool:
        if self._hosts:
            return host in self._hosts
        found = _LOOPBACK.fullmatch(host)
        # The port tells two units on one machine apart.
        return found is not None and (found[2] or "80") == request.environ.get("SERVER_PORT", "80")

    def _verified(self, message: _Signed, *, keyed: bool) -> VerifyResult:
        try:
            found = self._verifier.verify(
                message,
                max_age=MAX_AGE - _SKEW,  # the verifier adds the skew again
                expect_tag=SIGNATURE_TAG,
                expect_label=SIGNATURE_LABEL,
                require_components=(*COVERED_COMPONENTS, KEY_COMPONENT) if keyed else COVERED_COMPONENTS,
            )
        except HTTPMessageSignaturesException as error:
            if isinstance(error.__cause__, SQLAlchemyError):
                # The verifier takes whatever happens while a key is looked up for a bad signature.  An
                # agency that was told so because the database was busy would look for a fault of its own.
                raise error.__cause__ from None
            _refuse_authentication("the signature is missing, incomplete, too old or does not verify")
        if len(found) != 1:
            _refuse_authentication("the request carries more than one signature of ours")
        return found[0]

    def _spend(self, key: str, nonce: str, asked: Asked) -> Agency:
        now = self._clock()
        expires = stamp(now + MAX_AGE + 2 * _SKEW)
        spent: Spent | None = None
        with self._database.write_beside() as connection:
            agency = agencies.agency_by_key(connection, key)
            fresh = agencies.spend_nonce(connection, key, nonce, now=stamp(now), expires=expires)
            revoked = revocations.is_card_revoked(connection, key)
            if fresh:  # a request that is played again counts against nobody
                self._charge(connection, key if agency is None else agency.code, asked, now)
                if agency is not None and asked.query is not None:
                    spent = charge_budget(connection, self._budgets, agency.code, asked.query, now=now)
        if spent is not None and spent.crossed is not None:
            # Apart: an entry of the ledger waits for everybody else's, and a request need not.
            with self._database.write() as connection:
                note_crossing(connection, spent, now=now)
        if revoked and fresh:
            _refuse_revoked()
        if agency is None or not fresh:
            _refuse_authentication("the nonce was used before")
        return agency

    def _charge(self, connection: Connection, subject: str, asked: Asked, now: dt.datetime) -> None:
        """Count the request, in the transaction that is written for its nonce anyway."""
        charge(connection, self._limits, subject, "requests", 1, now=now)
        if asked.size:
            charge(connection, self._limits, subject, "bytes", asked.size, now=now)
        if asked.query is not None:
            charge(connection, self._limits, subject, "queries", 1, now=now)


def _rebuilt(request: Request) -> str:
    query = request.query_string.decode("latin-1")
    return quote(request.path, safe="/:@!$&'()*+,;=~-._") + (f"?{query}" if query else "")


def _refuse_revoked() -> NoReturn:
    """Tell who holds a revoked card so: an agency that was not told would look for the fault in its clock."""
    _log.warning("refused: the card was revoked by custodians")
    refuse("card-revoked", hint="run `clew agency renew` in the workspace, and have the new card enrolled")


def _refuse_authentication(reason: str) -> NoReturn:
    _log.warning("refused: %s", reason)
    refuse(
        "unauthenticated",
        "every request must be signed with an enrolled key, within five minutes, with a nonce of its own",
        hint="check that this machine's clock is right to the minute, that the URL is the one the unit "
        "announced, and that the operator enrolled your present card",
    )
