"""A department's sign-on on a real socket: an OpenID provider, wrong where a test wants it to be."""

import base64
import hashlib
import hmac
import html
import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import httpx
import waitress
from flask import Flask, Response, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter
from werkzeug.wrappers import Response as AnyResponse

from api.clock import Clock, utc_now
from api.sign_on_settings import SignOnSettings
from tests.support.serving import running

CLIENT, SECRET = "clew console/1", "a+secret:with/signs%"
LABEL = "Northmere Council"

RSA = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1", "use": "sig"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
LATER = RSAKey.generate_key(2048, {"kid": "rsa-2", "use": "sig"})

Claims = dict[str, Any]


def signed(claims: Claims, alg: str = "RS256", key: Any = RSA, **header: Any) -> str:
    """Sign a token with an algorithm of any kind."""
    return jwt.encode({"alg": alg, "kid": "rsa-1", **header}, claims, key, algorithms=[alg])


def unsigned(claims: Claims) -> str:
    """A token of the algorithm ``none``."""
    return (
        f"{_b64(json.dumps({'alg': 'none', 'kid': 'rsa-1'}).encode())}.{_b64(json.dumps(claims).encode())}."
    )


def by_public_key(claims: Claims) -> str:
    """A token whose signature takes the provider's public key for a shared secret."""
    head, body = (_b64(json.dumps(one).encode()) for one in ({"alg": "HS256", "kid": "rsa-1"}, claims))
    signature = hmac.digest(RSA.as_pem(private=False), f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{_b64(signature)}"


def with_rule(claims: Claims) -> str:
    """A token that says that its reader must heed a rule, which no reader knows."""
    rule = {"rule": HeaderParameter("A rule", "str")}
    header = {"alg": "RS256", "kid": "rsa-1", "crit": ["rule"], "rule": "x"}
    return jwt.encode(header, claims, RSA, registry=JWSRegistry(rule, algorithms=["RS256"]))


def public(key: RSAKey | ECKey) -> Claims:
    """What a provider publishes of a key."""
    return dict(key.as_dict(private=False))


def half_hash(text: str) -> str:
    """The left half of a SHA-256, as ``at_hash`` has it."""
    return _b64(hashlib.sha256(text.encode()).digest()[:16])


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class Code:
    """What was asked for when a code was given."""

    asked: dict[str, str]
    subject: str


@dataclass
class SignOn:
    """A provider: who sits in front of it, and what it does wrong."""

    clock: Clock = utc_now
    url: str = ""
    subject: str = "subject-1"
    signed_in_ago: int = 3600
    heeds_prompts: bool = True
    asks: bool = False
    keys: list[RSAKey | ECKey] = field(default_factory=lambda: [RSA, EC])
    claims: Callable[[Claims], object] = lambda claims: None
    sign: Callable[[Claims], str] = signed
    metadata: Claims = field(default_factory=dict)
    back: dict[str, str | None] = field(default_factory=dict)
    tokens: Claims = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"{self.url}/unit"

    def settings(self, **changes: Any) -> SignOnSettings:
        return SignOnSettings(
            **{
                "issuer": self.issuer,
                "label": LABEL,
                "client_id": CLIENT,
                "algorithms": ("RS256", "ES256"),
                "sign_out": True,
                **changes,
            }
        )

    def published(self) -> Claims:
        at = self.issuer
        return {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize?tenant=1",
            "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/keys",
            "end_session_endpoint": f"{at}/out",
            "authorization_response_iss_parameter_supported": True,
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.metadata,
        }

    def answered(self, asked: dict[str, str]) -> str:
        """Return where a browser is sent to, whose person has signed in."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = Code(asked, self.subject)
        sent = {"code": code, "state": asked["state"], "iss": self.issuer, **self.back}
        there = {name: one for name, one in sent.items() if one is not None}
        return f"{asked['redirect_uri']}?{urlencode(there)}"

    def id_token(self, code: Code, access: str) -> str:
        now = int(self.clock().timestamp())
        anew = self.heeds_prompts and code.asked.get("prompt") == "login"
        claims: Claims = {
            "iss": self.issuer,
            "sub": code.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": code.asked["nonce"],
            "auth_time": now if anew else now - self.signed_in_ago,
            "at_hash": half_hash(access),
        }
        self.claims(claims)
        return self.sign({name: one for name, one in claims.items() if one is not None})


def _app(own: SignOn) -> Flask:
    app = Flask("sign-on")

    @app.before_request
    def _note() -> None:
        own.asked.append(request.path.removeprefix("/unit"))

    @app.get("/unit/.well-known/openid-configuration")
    def configuration() -> Claims:
        return own.published()

    @app.get("/unit/keys")
    def keys() -> Claims:
        return {"keys": [one.as_dict(private=False) for one in own.keys]}

    @app.get("/unit/authorize")
    def authorize() -> AnyResponse | str:
        asked = request.args.to_dict()
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert (asked["code_challenge_method"], asked["tenant"]) == ("S256", "1")
        if not own.asks:
            return redirect(own.answered(asked), 302)
        fields = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(one)}">'
            for name, one in asked.items()
        )
        again = "again " if asked.get("prompt") == "login" else ""
        return (
            f"<!DOCTYPE html><html lang=en><title>{LABEL}</title><h1>{LABEL}</h1>"
            f"<form method=post>{fields}<button>Sign in {again}there</button></form></html>"
        )

    @app.post("/unit/authorize")
    def signed_in() -> AnyResponse:
        return redirect(own.answered(request.form.to_dict()), 303)

    @app.post("/unit/token")
    def token() -> AnyResponse | tuple[Claims, int]:
        fault = _fault_of(own)
        if fault is not None:
            own.refused.append(fault)
            return {"error": "invalid_grant"}, 400
        code = own.codes.pop(request.form["code"])
        access = secrets.token_urlsafe(16)
        tokens = {"id_token": own.id_token(code, access), "access_token": access, "token_type": "Bearer"}
        return Response(json.dumps({**tokens, **own.tokens}), mimetype="application/json")

    @app.get("/unit/out")
    def out() -> AnyResponse:
        assert request.args["client_id"] == CLIENT
        return redirect(request.args["post_logout_redirect_uri"], 302)

    return app


def _fault_of(own: SignOn) -> str | None:
    """Say what is wrong with an exchange of a code."""
    form, shown = request.form, request.authorization
    if shown is None or (unquote_plus(shown.username or ""), unquote_plus(shown.password or "")) != (
        CLIENT,
        SECRET,
    ):
        return "client"
    code = own.codes.get(form.get("code", ""))
    if code is None:
        return "code"
    if form.get("redirect_uri") != code.asked["redirect_uri"]:
        return "redirect_uri"
    challenge = _b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
    return None if challenge == code.asked["code_challenge"] else "code_verifier"


@contextmanager
def serving_sign_on(clock: Clock = utc_now) -> Iterator[SignOn]:
    """Serve a provider on a free port of this machine."""
    own = SignOn(clock=clock)
    server = waitress.create_server(_app(own), host="127.0.0.1", port=0, threads=2)
    with running(server) as url:
        own.url = url
        yield own


def keep_secret(root: Path, text: str = SECRET) -> None:
    """Put the client's secret where the console looks for it."""
    path = root / "secrets" / "sign-on.secret"
    path.write_text(f"{text}\n")
    path.chmod(0o600)


def way_there(browser: httpx.Client, address: str = "/sign-on") -> str:
    """Follow a link to the sign-on, and return where the browser is sent."""
    sent = browser.get(address)
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


def way_back(there: str) -> str:
    """Sign in there, and return where the browser is sent back to."""
    answer = httpx.get(there, timeout=60, verify=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def gone_on(browser: httpx.Client, back: str) -> httpx.Response:
    """Come back as a browser does: without the cookie at first, then by the page that goes on by itself."""
    page = httpx.get(back, timeout=60, verify=False)
    assert page.status_code == 200, page.text
    assert "set-cookie" not in page.headers
    found = re.search(r'http-equiv="refresh" content="0; url=(/sign-on/done\?[^"]*)"', page.text)
    assert found is not None
    return browser.get(html.unescape(found[1]))


def through(browser: httpx.Client, address: str = "/sign-on") -> httpx.Response:
    """Go there and back."""
    return gone_on(browser, way_back(way_there(browser, address)))


def asked_of(there: str) -> dict[str, str]:
    """What a browser takes to the sign-on."""
    return {name: one[0] for name, one in parse_qs(urlsplit(there).query).items()}
