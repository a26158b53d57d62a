"""Whether an ID token says who somebody is (OpenID Connect Core 1.0, section 3.1.3.7), step by step.

The signature is checked first, with a key that the provider publishes and an algorithm that the settings
allow; what the token's own header says of keys (``jku``, ``jwk``, ``x5u``) counts for nothing.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import ECKey, Key, KeySet, RSAKey
from joserfc.jws import JWSRegistry

from api.console_app.sign_on_provider import RefusedError, Tokens
from api.sign_on_settings import SignOnSettings

__all__ = ["SKEW_SECONDS", "Shown", "UnknownKeyError", "shown_by"]

SKEW_SECONDS = 60
"""By how much two clocks may differ."""

_MIN_RSA_LETTERS = 342  # 2048 bits in base64url
_MAX_SUBJECT = 255
_CLAIMS = frozenset({"iss", "sub", "aud", "azp", "exp", "nbf", "iat", "nonce", "at_hash", "amr", "auth_time"})
_KINDS: Mapping[str, type[RSAKey | ECKey]] = {"RSA": RSAKey, "EC": ECKey}


class UnknownKeyError(RefusedError):
    """A token is signed with a key that was not published when the keys were read."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Whom a token shows, and when that person last showed it to the sign-on, if it says so."""

    subject: str
    at: int | None


def shown_by(
    tokens: Tokens,
    published: Sequence[Mapping[str, object]],
    *,
    settings: SignOnSettings,
    nonce: str,
    now: dt.datetime,
) -> Shown:
    """Return whom tokens show; raises :class:`RefusedError`, with a reason that repeats nothing of them."""
    header, claims = _signed(tokens.id_token, _key_set(published), settings)
    seconds = int(now.timestamp())
    _check(claims, header, tokens, settings, nonce=nonce, now=seconds)
    _check_ways(claims, settings)
    subject = claims.get(settings.subject)
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT:
        raise RefusedError("the token names nobody")
    return Shown(subject, _shown_at(claims, seconds))


def _key_set(published: Sequence[Mapping[str, object]]) -> KeySet:
    found = [key for one in published if (key := _key(dict(one))) is not None]
    if not found:
        raise RefusedError("no key that may sign is published")
    return KeySet(found)


def _key(one: dict[str, Any]) -> Key | None:
    """Return a published key, or None for one that no signature is taken from."""
    kind = _KINDS.get(str(one.get("kty")))
    private = "d" in one
    weak = kind is RSAKey and len(str(one.get("n", ""))) < _MIN_RSA_LETTERS
    if kind is None or private or weak or one.get("use", "sig") != "sig":
        return None
    try:
        return kind.import_key(one)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _signed(token: str, keys: KeySet, settings: SignOnSettings) -> tuple[dict[str, Any], dict[str, Any]]:
    registry = JWSRegistry(algorithms=settings.algorithms, strict_check_header=False)
    try:
        found = jwt.decode(token, key=keys, registry=registry)
    except InvalidKeyIdError:
        raise UnknownKeyError("the token is signed with a key that is not published") from None
    except (JoseError, ValueError, TypeError, KeyError):
        raise RefusedError("the token's signature does not hold") from None
    return found.header, found.claims


def _check(
    claims: dict[str, Any],
    header: dict[str, Any],
    tokens: Tokens,
    settings: SignOnSettings,
    *,
    nonce: str,
    now: int,
) -> None:
    options = {
        "iss": {"essential": True, "value": settings.issuer},
        "sub": {"essential": True},
        "aud": {"essential": True, "value": settings.client_id},
        "exp": {"essential": True},
        "iat": {"essential": True},
        "nonce": {"essential": True, "value": nonce},
    }
    params = {"nonce": nonce, "client_id": settings.client_id, "access_token": tokens.access_token}
    found = CodeIDToken(claims, header, options, params)
    try:
        found.validate(now=now, leeway=SKEW_SECONDS)
    except JoseError as error:
        raise RefusedError(f"the token's {_claim_of(error)} does not hold") from None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise RefusedError("the token's claims cannot be read") from None


def _claim_of(error: JoseError) -> str:
    """Return which claim is at fault, if it is one of those that are looked at."""
    named = error.claim if isinstance(error, ClaimError) else ""
    return named if named in _CLAIMS else "content"


def _check_ways(claims: dict[str, Any], settings: SignOnSettings) -> None:
    """Refuse a sign-in that was not by the level, or the methods, that the settings ask for."""
    if settings.acr and claims.get("acr") not in settings.acr:
        raise RefusedError("the token's acr is none that is asked for")
    said = claims.get("amr")
    methods = {one for one in said if isinstance(one, str)} if isinstance(said, list) else set()
    if not set(settings.amr) <= methods:
        raise RefusedError("the token's amr lacks what is asked for")


def _shown_at(claims: dict[str, Any], now: int) -> int | None:
    at = claims.get("auth_time")
    if at is None:
        return None
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 < at <= now + SKEW_SECONDS:
        raise RefusedError("the token's auth_time does not hold")
    return int(at)
