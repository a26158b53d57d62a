"""A department's own sign-on as the console's server speaks to it: what it publishes, and codes for tokens.

It is asked at its own host alone: every address that it publishes must lie at the issuer's.  Answers have a
size and a time, no redirect is followed, and only some of the console's threads may wait for it at once, so
that a sign-on that hangs does not keep everybody else from their pages.
"""

import datetime as dt
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar
from urllib.parse import quote_plus, urlsplit

import httpx
import msgspec
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from msgspec import Meta, Struct

from api.clock import Clock
from api.sign_on_settings import SignOnSettings
from api.unsafe_settings import is_loopback, is_origin

__all__ = ["Metadata", "Provider", "RefusedError", "SignOnError", "Tokens", "UnreachableError"]

_SECONDS = 5.0
_WHOLE_SECONDS = 10.0
_WAIT_SECONDS = 2.0
_MAX_BYTES = 256 * 1024
_KEPT_FOR = dt.timedelta(hours=1)
_SILENT_FOR = dt.timedelta(seconds=15)
_ANEW_AFTER = dt.timedelta(minutes=1)

Address = Annotated[str, Meta(min_length=1, max_length=2048)]


class SignOnError(Exception):
    """Nobody is signed in by this; ``reason`` is of our own words, for a log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RefusedError(SignOnError):
    """What came does not show who somebody is."""


class UnreachableError(SignOnError):
    """The sign-on does not answer, or not as one does."""


class Metadata(Struct, frozen=True, kw_only=True):
    """What the console reads of what a provider publishes (OpenID Connect Discovery 1.0, section 3)."""

    issuer: Address
    authorization_endpoint: Address
    token_endpoint: Address
    jwks_uri: Address
    end_session_endpoint: Address | None = None
    authorization_response_iss_parameter_supported: bool = False
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)

    def addresses(self) -> Sequence[str]:
        """Return every address that somebody will be sent to, or that will be asked."""
        return [
            one
            for one in (
                self.authorization_endpoint,
                self.token_endpoint,
                self.jwks_uri,
                self.end_session_endpoint,
            )
            if one is not None
        ]


class Tokens(Struct, frozen=True, kw_only=True):
    """What a code is exchanged for; nothing of it is kept."""

    id_token: Annotated[str, Meta(min_length=1, max_length=64 * 1024)]
    token_type: str
    access_token: Annotated[str, Meta(max_length=64 * 1024)] | None = None

    def __repr__(self) -> str:
        return "Tokens(…)"


class _Keys(Struct, frozen=True):
    keys: tuple[dict[str, object], ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    content: bytes
    at: dt.datetime


T = TypeVar("T", bound=Struct)


class Provider:
    """One sign-on, and the console as its client; what it publishes is kept for an hour."""

    def __init__(self, settings: SignOnSettings, secret: str, *, clock: Clock, at_once: int) -> None:
        self.settings = settings
        self._secret = secret
        self._clock = clock
        self._http = httpx.Client(
            timeout=_SECONDS,
            follow_redirects=False,
            trust_env=not is_loopback(urlsplit(settings.issuer).hostname or ""),
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "clew"},
        )
        self._places = threading.BoundedSemaphore(at_once)
        self._kept: dict[str, _Kept] = {}
        self._silent_since: dt.datetime | None = None

    def __repr__(self) -> str:
        return "Provider(…)"

    def metadata(self) -> Metadata:
        """Return what the provider publishes; raises :class:`SignOnError`."""
        place = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = _read(self._published(place), Metadata)
        if found.issuer != self.settings.issuer:
            raise UnreachableError("what is published is another issuer's")
        if any(not self._is_its_own(one) for one in found.addresses()):
            raise UnreachableError("what is published names an address at another host")
        return found

    def _is_its_own(self, address: str) -> bool:
        sound = is_origin(address.partition("?")[0]) and "#" not in address
        return sound and _origin(address) == _origin(self.settings.issuer)

    def keys(self, *, anew: bool = False) -> Sequence[Mapping[str, object]]:
        """Return the keys that the provider signs with; ``anew``: not those of more than a minute ago."""
        return _read(self._published(self.metadata().jwks_uri, anew=anew), _Keys).keys

    def address_to_show(self, *, redirect: str, state: str, nonce: str, verifier: str, again: bool) -> str:
        """Return where a browser is sent to sign in; ``again``: whoever is signed in there already, too."""
        own = self.settings
        extra = {"prompt": "login", "max_age": "0"} if again else {}
        if own.acr:
            extra["acr_values"] = " ".join(own.acr)
        return str(
            prepare_grant_uri(
                self.metadata().authorization_endpoint,
                client_id=own.client_id,
                response_type="code",
                redirect_uri=redirect,
                scope=" ".join(own.scopes),
                state=state,
                nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier),
                code_challenge_method="S256",
                **extra,
            )
        )

    def exchange(self, code: str, *, redirect: str, verifier: str) -> Tokens:
        """Exchange a code for tokens; raises :class:`SignOnError`."""
        found = self.metadata()
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=redirect, code_verifier=verifier
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        address, headers, body = self._signed_by_us(found).prepare(
            "POST", found.token_endpoint, headers, body
        )
        status, answer = self._ask("POST", address, content=body, headers=headers)
        if status != httpx.codes.OK:
            raise RefusedError("the code is not taken")
        tokens = _read(answer, Tokens)
        if tokens.token_type.lower() != "bearer":
            raise RefusedError("a token of another type")
        return tokens

    def _signed_by_us(self, found: Metadata) -> ClientAuth:
        """Return how the console shows that it asks: RFC 6749, section 2.3.1, has both quoted in a header."""
        own, methods = self.settings, found.token_endpoint_auth_methods_supported
        if "client_secret_basic" in methods:
            name, secret = quote_plus(own.client_id), quote_plus(self._secret)
            return ClientAuth(name, secret, "client_secret_basic")
        if "client_secret_post" in methods:
            return ClientAuth(own.client_id, self._secret, "client_secret_post")
        raise UnreachableError("what is published takes no client with a secret")

    def _published(self, address: str, *, anew: bool = False) -> bytes:
        now, kept = self._clock(), self._kept.get(address)
        if kept is not None and now - kept.at < (_ANEW_AFTER if anew else _KEPT_FOR):
            return kept.content
        status, content = self._ask("GET", address)
        if status != httpx.codes.OK:
            raise UnreachableError("nothing is published where it should be")
        self._kept[address] = _Kept(content, now)
        return content

    def _ask(
        self, method: str, address: str, *, content: str = "", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        now = self._clock()
        if self._silent_since is not None and now - self._silent_since < _SILENT_FOR:
            raise UnreachableError("it did not answer a moment ago")
        if not self._places.acquire(timeout=_WAIT_SECONDS):
            raise UnreachableError("others wait for it")
        try:
            found = self._answer(method, address, content, headers)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
            self._silent_since = now
            raise UnreachableError("it does not answer") from None
        finally:
            self._places.release()
        self._silent_since = None
        return found

    def _answer(
        self, method: str, address: str, content: str, headers: Mapping[str, str] | None
    ) -> tuple[int, bytes]:
        until, taken = time.monotonic() + _WHOLE_SECONDS, bytearray()
        with self._http.stream(method, address, content=content or None, headers=headers) as answer:
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise UnreachableError("an answer is packed")
            for piece in answer.iter_raw():
                taken += piece
                if len(taken) > _MAX_BYTES:
                    raise UnreachableError("an answer is too large")
                if time.monotonic() > until:
                    raise httpx.ReadTimeout("an answer takes too long")
            return answer.status_code, bytes(taken)


def _read(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeError):
        raise UnreachableError("an answer is not as it should be") from None


def _origin(address: str) -> tuple[str, str | None, int]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
