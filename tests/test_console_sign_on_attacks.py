"""What does not show who somebody is opens nothing: answers, codes and tokens, forged, old or others'."""

import itertools
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator

import httpx
import pytest
import waitress
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from api.clock import utc_now
from api.console_accounts import bind_account
from api.console_app.sign_on_provider import Provider, RefusedError, Tokens, UnreachableError
from api.console_app.sign_on_tokens import shown_by
from tests.support.console import Console, MovableClock, needs_assets, serving_console
from tests.support.serving import running
from tests.support.sign_on import (
    CLIENT,
    EC,
    LATER,
    RSA,
    SECRET,
    STRANGER,
    Claims,
    SignOn,
    asked_of,
    by_public_key,
    gone_on,
    half_hash,
    keep_secret,
    public,
    serving_sign_on,
    signed,
    through,
    unsigned,
    way_back,
    way_there,
    with_rule,
)
from tests.support.unit import make_unit
from tests.test_console_sessions import is_in

pytestmark = needs_assets

_names = itertools.count()


@pytest.fixture(scope="module")
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(scope="module")
def provider(clock: MovableClock) -> Iterator[SignOn]:
    with serving_sign_on(clock) as served:
        yield served


@pytest.fixture(scope="module")
def console(
    tmp_path_factory: pytest.TempPathFactory, provider: SignOn, clock: MovableClock
) -> Iterator[Console]:
    root = make_unit(tmp_path_factory.mktemp("console") / "data").folder.root
    keep_secret(root)
    asked = provider.settings(acr=("mfa", "gold"), amr=("otp", "pwd"))
    with serving_console(root, clock=clock, attempts_per_address=10_000, oidc=asked) as served:
        yield served


@pytest.fixture
def sign_on(provider: SignOn, console: Console, clock: MovableClock) -> SignOn:
    """The provider, doing what it should, with somebody in front of it who has an account."""
    fresh = SignOn(clock=clock, url=provider.url, subject=f"subject-{next(_names)}")
    provider.__dict__.update(fresh.__dict__)
    provider.claims = _two_factors
    name = f"user.{next(_names)}"
    console.invited(name, ["operator"])
    with console.service.database.write() as connection:
        bind_account(connection, name, provider.issuer, provider.subject, now=clock())
    return provider


def _two_factors(claims: Claims) -> None:
    claims.update(acr="gold", amr=["pwd", "otp", "mfa"])


def _lets_in(console: Console) -> bool:
    browser = console.browser()
    done = through(browser)
    assert done.status_code in {303, 403}
    assert is_in(browser) == (done.status_code == 303)
    return done.status_code == 303


def test_the_provider_of_these_tests_is_believed(console: Console, sign_on: SignOn) -> None:
    assert _lets_in(console)
    assert asked_of(way_there(console.browser()))["acr_values"] == "mfa gold"
    sign_on.sign = lambda claims: signed(claims, "ES256", EC, kid="ec-1")
    assert _lets_in(console)


_BAD = "the token's signature does not hold"
_NO_KEY = "the token is signed with a key that is not published"
_OTHER = {"sub": "other", "iss": "x"}

SIGNED_WRONGLY: dict[str, tuple[Callable[[Claims], str], str]] = {
    "not at all": (unsigned, _BAD),
    "with the public key as a secret": (by_public_key, _BAD),
    "by another's key of the same name": (lambda one: signed(one, key=STRANGER), _BAD),
    "by a key of its own header": (lambda one: signed(one, key=STRANGER, jwk=public(STRANGER)), _BAD),
    "by a key from elsewhere": (lambda one: signed(one, key=STRANGER, jku="http://127.0.0.1:1/"), _BAD),
    "by an algorithm that is not allowed": (lambda one: signed(one, "RS512"), _BAD),
    "by one kind of key for another": (lambda one: signed(one, "ES256", EC, kid="rsa-1"), _BAD),
    "with a rule that is not known": (lambda one: with_rule(one), _BAD),
    "and then changed": (lambda one: _changed(signed(one)), _BAD),
    "with nothing in it": (lambda _: signed({}), "the token's iss does not hold"),
    "in no way that there is": (lambda _: "no.token", _BAD),
    "by a key that is not published": (lambda one: signed(one, key=LATER, kid="rsa-9"), _NO_KEY),
    "by a key without a name": (lambda one: signed(one, key=STRANGER, kid=""), _NO_KEY),
}


def _changed(token: str) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{unsigned(_OTHER).split('.')[1]}.{signature}"


@pytest.mark.parametrize("way", SIGNED_WRONGLY)
def test_a_token_that_is_signed_wrongly_opens_nothing(
    console: Console, sign_on: SignOn, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    sign_on.sign, why = SIGNED_WRONGLY[way]
    assert not _lets_in(console)
    assert _reasons(caplog) == [why]


def _reasons(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Why nobody was let in, as the operator reads it."""
    begins = "the sign-on let nobody in: "
    said = [one.getMessage() for one in caplog.records if one.name == "clew.faults"]
    return [one.removeprefix(begins) for one in said if one.startswith(begins)]


def _now(sign_on: SignOn) -> int:
    return int(sign_on.clock().timestamp())


WRONG: dict[str, tuple[Callable[[Claims, SignOn], object], str]] = {
    "another nonce": (lambda one, _: one.update(nonce="n" * 43), "nonce"),
    "several nonces": (lambda one, _: one.update(nonce=["n", one["nonce"]]), "nonce"),
    "no nonce": (lambda one, _: one.pop("nonce"), "nonce"),
    "another issuer": (lambda one, own: one.update(iss=f"{own.issuer}/"), "iss"),
    "no issuer": (lambda one, _: one.pop("iss"), "iss"),
    "another audience": (lambda one, _: one.update(aud="another client"), "aud"),
    "no audience": (lambda one, _: one.pop("aud"), "aud"),
    "two audiences, and not who asked": (lambda one, _: one.update(aud=[CLIENT, "another"]), "azp"),
    "who asked is another": (lambda one, _: one.update(azp="another"), "azp"),
    "it is over": (lambda one, own: one.update(exp=_now(own) - 61), "exp"),
    "it never ends": (lambda one, _: one.pop("exp"), "exp"),
    "its end is no number": (lambda one, _: one.update(exp="later"), "exp"),
    "its end is not finite": (lambda one, _: one.update(exp=float("inf")), "exp"),
    "it is not yet": (lambda one, own: one.update(nbf=_now(own) + 120), "nbf"),
    "it is from the future": (lambda one, own: one.update(iat=_now(own) + 120), "iat"),
    "it does not say from when": (lambda one, _: one.pop("iat"), "iat"),
    "another access token": (lambda one, _: one.update(at_hash=half_hash("another")), "at_hash"),
    "nobody": (lambda one, _: one.pop("sub"), "sub"),
    "nobody by name": (lambda one, _: one.update(sub=""), "sub"),
    "several": (lambda one, _: one.update(sub=[one["sub"]]), "sub"),
    "shown in the future": (lambda one, own: one.update(auth_time=_now(own) + 120), "auth_time"),
    "shown at no time": (lambda one, _: one.update(auth_time="just now"), "auth_time"),
    "too low a level": (lambda one, _: one.update(acr="password"), "acr"),
    "no level": (lambda one, _: one.pop("acr"), "acr"),
    "one factor": (lambda one, _: one.update(amr=["pwd"]), "amr"),
    "no method": (lambda one, _: one.pop("amr"), "amr"),
    "methods that are no list": (lambda one, _: one.update(amr="otp pwd"), "amr"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_token_that_says_something_else_opens_nothing(
    console: Console, sign_on: SignOn, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    wrong, claim = WRONG[what]

    def change(claims: Claims) -> None:
        _two_factors(claims)
        wrong(claims, sign_on)

    sign_on.claims = change
    assert not _lets_in(console)
    (why,) = _reasons(caplog)
    assert why.startswith(f"the token's {claim} ")


def test_clocks_may_differ_by_a_minute_and_audiences_be_several(console: Console, sign_on: SignOn) -> None:
    def change(claims: Claims) -> None:
        _two_factors(claims)
        claims.update(exp=_now(sign_on) - 50, iat=_now(sign_on) + 50, nbf=_now(sign_on) + 50)
        claims.update(aud=["another", CLIENT], azp=CLIENT, at_hash=None)

    sign_on.claims = change
    assert _lets_in(console)


def test_an_answer_counts_for_the_browser_that_asked_and_once(console: Console, sign_on: SignOn) -> None:
    mine, theirs = console.browser(), console.browser()
    back = way_back(way_there(mine))
    way_there(theirs)
    assert gone_on(theirs, back).status_code == 403  # with a way of its own, and the other's state
    assert gone_on(console.browser(), back).status_code == 403
    assert gone_on(mine, back).status_code == 303
    asked = list(sign_on.asked)
    assert gone_on(mine, back).status_code == 403
    assert sign_on.asked == asked  # the provider was not even asked


def test_a_code_that_was_used_or_is_another_s_opens_nothing(console: Console, sign_on: SignOn) -> None:
    first, second = console.browser(), console.browser()
    used = httpx.URL(way_back(way_there(first)))
    gone_on(first, str(used))
    mine = httpx.URL(way_back(way_there(second)))
    assert gone_on(second, str(mine.copy_set_param("code", used.params["code"]))).status_code == 403
    assert sign_on.refused == ["code"]
    stolen = httpx.URL(way_back(way_there(first)))  # got at another browser, and put into one's own way
    mine = httpx.URL(way_back(way_there(second)))
    assert gone_on(second, str(mine.copy_set_param("code", stolen.params["code"]))).status_code == 403
    assert sign_on.refused == ["code", "code_verifier"]


def test_a_way_is_open_for_ten_minutes(console: Console, sign_on: SignOn, clock: MovableClock) -> None:
    browser = console.browser()
    back = way_back(way_there(browser))
    clock.forward(minutes=10)
    assert gone_on(browser, back).status_code == 403


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": "x"}, "the state is not what this browser was sent with"),
        ({"state": None}, "the state is not what this browser was sent with"),
        ({"iss": "https://evil.example"}, "the answer names another issuer"),
        ({"iss": None}, "the answer names no issuer"),
        ({"code": None}, "the sign-on gave no code"),
        ({"code": ""}, "the sign-on gave no code"),
        ({"code": None, "error": "access_denied"}, "the sign-on gave no code"),
        ({"error": "access_denied"}, "the sign-on gave no code"),
    ],
)
def test_an_answer_that_is_not_the_asked_one_opens_nothing(
    console: Console,
    sign_on: SignOn,
    caplog: pytest.LogCaptureFixture,
    changes: dict[str, str | None],
    why: str,
) -> None:
    sign_on.back = changes
    assert not _lets_in(console)
    assert _reasons(caplog) == [why]
    assert "/token" not in sign_on.asked


def test_what_is_said_twice_is_not_said(console: Console, sign_on: SignOn) -> None:
    browser = console.browser()
    assert gone_on(browser, f"{way_back(way_there(browser))}&code=another").status_code == 403


def test_ways_there_and_back_are_limited(sign_on: SignOn, console: Console, clock: MovableClock) -> None:
    clock.forward(minutes=15)
    own = console.service.own
    with serving_console(
        console.service.folder.root, clock=clock, attempts_per_address=6, oidc=own.oidc
    ) as limited:
        answers = [limited.browser().get("/sign-on").status_code for _ in range(4)]
        answers += [limited.browser().get("/sign-on/done?code=1&state=2").status_code for _ in range(4)]
    assert answers == [303] * 4 + [403] * 2 + [429] * 2


def _provider(sign_on: SignOn, clock: MovableClock) -> Provider:
    return Provider(sign_on.settings(), SECRET, clock=clock, at_once=2)


def test_keys_are_read_anew_once_for_one_that_is_not_known(
    console: Console, sign_on: SignOn, clock: MovableClock
) -> None:
    assert _lets_in(console)
    sign_on.keys = [LATER]
    sign_on.sign = lambda claims: signed(claims, key=LATER, kid="rsa-2")
    sign_on.asked.clear()
    clock.forward(minutes=2)
    assert _lets_in(console)
    assert sign_on.asked == ["/authorize", "/token", "/keys"]
    sign_on.sign = lambda claims: signed(claims, key=RSA, kid="rsa-3")
    assert not _lets_in(console)
    assert sign_on.asked.count("/keys") == 1  # not more often than once a minute
    clock.forward(hours=2)
    sign_on.keys = [RSA]
    sign_on.sign = signed
    assert _lets_in(console)
    assert "/.well-known/openid-configuration" in sign_on.asked


PUBLISHED_WRONGLY: dict[str, dict[str, object]] = {
    "another issuer": {"issuer": "https://evil.example"},
    "a slash more": {"issuer": "SLASH"},
    "keys elsewhere": {"jwks_uri": "https://evil.example/keys"},
    "codes go elsewhere": {"token_endpoint": "http://127.0.0.1:1/token"},
    "browsers go elsewhere": {"authorization_endpoint": "https://evil.example/authorize"},
    "an address of another kind": {"authorization_endpoint": "javascript:alert(1)"},
    "an address of nobody": {"jwks_uri": ""},
    "with a name in it": {"token_endpoint": "NAMED"},
    "nothing": {"token_endpoint": None},
    "a number": {"jwks_uri": 1},
}


@pytest.mark.parametrize("what", PUBLISHED_WRONGLY)
def test_what_is_published_must_be_the_issuer_s_own(sign_on: SignOn, clock: MovableClock, what: str) -> None:
    host = sign_on.url.removeprefix("http://")
    known = {"SLASH": f"{sign_on.issuer}/", "NAMED": f"http://me@{host}/token"}
    sign_on.metadata = {name: known.get(str(one), one) for name, one in PUBLISHED_WRONGLY[what].items()}
    with pytest.raises(UnreachableError):
        _provider(sign_on, clock).metadata()


def test_a_secret_is_sent_as_the_provider_takes_it(
    console: Console, sign_on: SignOn, clock: MovableClock
) -> None:
    sign_on.metadata = {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}
    provider = _provider(sign_on, clock)
    with pytest.raises(UnreachableError, match="no client with a secret"):
        provider.exchange("code", redirect="r", verifier="v")
    sign_on.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    with pytest.raises(RefusedError, match="not taken"):
        _provider(sign_on, clock).exchange("code", redirect="r", verifier="v")
    assert sign_on.refused == ["client"]  # this one takes it in a header alone
    sign_on.metadata, sign_on.tokens = {}, {"token_type": "mac"}
    assert not _lets_in(console)
    sign_on.tokens = {"id_token": 5}
    browser = console.browser()
    assert through(browser).status_code == 503


HOSTILE: dict[str, tuple[str, list[tuple[str, str]], bytes, str]] = {
    "too much": ("200 OK", [], b'"' + b"x" * 300_000 + b'"', "too large"),
    "packed": ("200 OK", [("Content-Encoding", "gzip")], b"{}", "packed"),
    "sent on": ("302 Found", [("Location", "/elsewhere")], b"{}", "nothing is published"),
    "broken": ("200 OK", [], b"{", "not as it should be"),
    "no text": ("200 OK", [], b"\xff\xfe", "not as it should be"),
    "a list": ("200 OK", [], b"[]", "not as it should be"),
    "a fault": ("500 Oh", [], b"{}", "nothing is published"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_answers_that_are_none_are_borne(clock: MovableClock, what: str) -> None:
    status, headers, body, why = HOSTILE[what]
    asked: list[str] = []

    def app(environ: dict[str, str], start: Callable[..., object]) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        start(status, headers)
        return [body]

    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=1)
    with running(server) as url:
        provider = _provider(SignOn(url=url), clock)
        with pytest.raises(UnreachableError, match=why):
            provider.metadata()
    assert asked == ["/unit/.well-known/openid-configuration"]


def test_an_answer_that_drips_is_not_waited_for(
    sign_on: SignOn, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.console_app.sign_on_provider._WHOLE_SECONDS", -1.0)
    with pytest.raises(UnreachableError, match="does not answer"):
        _provider(sign_on, clock).metadata()


def test_a_sign_on_that_is_silent_is_said_to_be_and_not_asked_at_once(
    console: Console, sign_on: SignOn, clock: MovableClock
) -> None:
    with serving_sign_on() as gone:
        pass
    with serving_console(
        console.service.folder.root, clock=clock, attempts_per_address=10_000, oidc=gone.settings()
    ) as served:
        browser = served.browser()
        answer = browser.get("/sign-on?next=/account")
        assert (answer.status_code, "does not answer" in answer.text) == (503, True)
        assert browser.get("/sign-on/out").status_code == 503
        assert browser.get("/sign-in").status_code == 200
    provider = _provider(gone, clock)
    for words in ("does not answer", "a moment ago"):
        with pytest.raises(UnreachableError, match=words):
            provider.metadata()
    clock.forward(seconds=15)
    with pytest.raises(UnreachableError, match="does not answer"):
        provider.metadata()


def test_no_more_than_some_wait_for_it(
    sign_on: SignOn, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.console_app.sign_on_provider._WAIT_SECONDS", 0.05)
    provider, held, go_on = _provider(sign_on, clock), threading.Event(), threading.Event()

    def hang(*_: object) -> tuple[int, bytes]:
        held.set()
        go_on.wait(30)
        return 500, b""

    monkeypatch.setattr(provider, "_answer", hang)
    provider._places = threading.BoundedSemaphore(1)
    waiting = threading.Thread(target=_asked, args=(provider,))
    waiting.start()
    assert held.wait(30)
    with pytest.raises(UnreachableError, match="others wait"):
        provider.metadata()
    go_on.set()
    waiting.join(30)


def _asked(provider: Provider) -> None:
    with pytest.raises(UnreachableError, match="where it should be"):
        provider.metadata()


_WEAK = generate_private_key(public_exponent=65537, key_size=1024).public_key().public_numbers()


def _number(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode().rstrip("=")


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ([], "no key"),
        ([{"kty": "oct", "k": "c2VjcmV0", "kid": "rsa-1"}], "no key"),
        ([{**public(RSA), "use": "enc"}], "no key"),
        ([{**public(RSA), "use": ["sig"]}], "no key"),
        ([RSA.as_dict(private=True)], "no key"),
        ([{"kty": "RSA", "kid": "rsa-1", "e": "AQAB", "n": _number(_WEAK.n)}], "no key"),
        ([{"kty": "RSA", "kid": "rsa-1", "e": "AQAB", "n": 5}], "no key"),
        ([{"kty": "EC", "kid": "rsa-1", "crv": "P-256", "x": "AA", "y": "AA"}], "no key"),
        ([{"kty": ["RSA"]}, {}], "no key"),
        ([public(EC)], "not published"),
        ([{**public(RSA), "alg": "PS256"}], "not published"),
        ([{**public(RSA), "key_ops": ["encrypt"]}], "no key"),
    ],
)
def test_a_key_that_may_not_sign_is_none(sign_on: SignOn, keys: list[dict[str, object]], why: str) -> None:
    now, own = utc_now(), sign_on.settings()
    seconds = int(now.timestamp())
    right = {"iss": own.issuer, "sub": "a", "aud": CLIENT, "iat": seconds, "exp": seconds + 9, "nonce": "n"}
    tokens = Tokens(id_token=signed(right), token_type="Bearer")
    assert shown_by(tokens, [{}, public(RSA)], settings=own, nonce="n", now=now).subject == "a"
    with pytest.raises(RefusedError, match=why):
        shown_by(tokens, keys, settings=own, nonce="n", now=now)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
_claims = st.dictionaries(
    st.sampled_from(
        ["iss", "sub", "aud", "exp", "nbf", "iat", "nonce", "at_hash", "azp", "amr", "auth_time"]
    ),
    _values,
    min_size=1,
    max_size=4,
)


@settings(max_examples=100, deadline=None)
@given(_claims)
def test_whatever_a_token_holds_it_is_refused_or_shows_who_it_says(changes: Claims) -> None:
    now, own = utc_now(), SignOn(url="https://sign-on.example.org").settings()
    seconds = int(now.timestamp())
    right = {"iss": own.issuer, "sub": "a", "aud": CLIENT, "iat": seconds, "exp": seconds + 9, "nonce": "n"}
    tokens = Tokens(id_token=signed({**right, **changes}, "ES256", EC, kid="ec-1"), token_type="Bearer")
    try:
        shown = shown_by(tokens, [public(EC)], settings=own, nonce="n", now=now)
    except RefusedError:
        return
    assert shown.subject == changes.get("sub", "a")
    for name in ("iss", "nonce"):
        assert changes.get(name, right[name]) == right[name]
    assert CLIENT in changes.get("aud", CLIENT)
