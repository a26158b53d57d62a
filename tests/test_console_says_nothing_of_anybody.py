"""No page, address, title, header, download or log of the console says who a child is, nor what must stay.

A crawl as every role, as nobody and as an account without a role opens every link, every form that only asks,
and the whole list of addresses.  Canaries are what agencies know of their children, every secret, and every
value of the store that is not expressly shown to a role.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import unquote

import httpx
import pytest
from flask import Flask
from msgspec import json
from sqlalchemy import func, insert, select

from api.audiences import OPERATOR, in_use
from api.clock import utc_now
from api.console_accounts import invite_account
from api.console_app import app_codes, passwords
from api.console_app.app import create_console
from api.console_app.roles import ROLES, rule_of
from api.console_app.service import ConsoleService, open_console
from api.making_releases import propose_release
from api.releasing import approve_release
from api.store import schema, schema_console
from api.store.schema import metadata
from linkage.register.statistics.periods import read_period
from linkage.wire.derivation import keyed_digest
from linkage.wire.ledger import ABOUT_RECORDS
from tests.support.canaries import Scanner, spellings
from tests.support.canary_world import RAW_SCORES, CanaryWorld, canary_world, plant_scores
from tests.support.console import begun_session, needs_assets
from tests.support.crawling import Crawled, crawl, page_of, pages_of, plain_addresses
from tests.support.leaks import json_fields
from tests.support.processes import clew_running, content_of
from tests.test_console_operator_pages import token_of
from tests.test_releases_need_two_people import enrol

pytestmark = needs_assets

NOBODY, WITHOUT_ROLE = "nobody", "without"
_FEW, _EVERY = 3, 1_000_000
"""So many addresses of pages that differ in nothing else a crawl opens; all of them at full size."""

_SEARCHED = 14
"""So many persons are looked at, those with most records first."""

PASSWORD = "Passwordcanary of three plain words"

SHOWN: Mapping[str, str] = {
    # What a page may show of the store, by column: the role, and the beginning of the name of its page.
    "memberships.handle": r"operator operator_(person|decide|link|ask)$",
    "known_links.left_handle": r"operator operator_(person|decide|link|ask)$",
    "known_links.right_handle": r"operator operator_(person|decide|link|ask)$",
    "known_links.reason": r"operator operator_(person|decide|link|ask)$",
    "submissions.id": r"(operator operator_submission|governance governance_specimen$)",
    "submissions.reason": r"operator ",
    "submissions.manifest": r"(operator operator_submission|governance governance_specimen$)",
    "parts.sha256": r"operator operator_submission",
    "queries.query": r"operator operator_alerts",
    "urgent_conflicts.query": r"operator operator_alerts",
    "jobs.error": r"operator operator_jobs",
    "ledger_entries.commitment": r"governance governance_",
    "ledger_nodes.hash": r"governance governance_",
    "ledger_head.checkpoint": r"governance governance_checkpoints",
    "ledger_statements.statement": r"governance governance_(ledger|entry)",
    "console_views.address": r"(operator|reviewer|publisher) ",
    "ledger_covers.digest": r"governance governance_entry",
    "epochs.content": r"governance governance_",
    "epochs.descriptor": r"governance governance_",
    "erasures.certificate": r"governance governance_certificate",
    "destructions.certificate": r"governance governance_certificate",
    "releases.digest": r"(publisher|governance) ",
    "releases.proposal": r"publisher publisher_",
    "console_passkeys.id": r"\w+ ",
}
"""Whatever of the store is not here is on no page, in no address and in no download."""

_TOKEN = re.compile(r"[A-Za-z0-9_:=+/.-]{12,}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT?[\d:.+Z-]*")
_ICONS = re.compile(rb'<svg class="govuk-.*?</svg>|datetime="[^"]*"', re.DOTALL)
_DECIMALS = re.compile(rb"(?<![\d.:])\d+\.\d{5,}")


@dataclass(frozen=True)
class Seen:
    """What one role was answered; ``session``: its cookie."""

    role: str
    session: str
    crawled: Crawled


@dataclass(frozen=True)
class Looked:
    world: CanaryWorld
    service: ConsoleService
    app: Flask
    seen: Mapping[str, Seen]
    log: bytes
    secret: Mapping[str, list[bytes]]
    store: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def answers(self) -> Iterator[tuple[Seen, str, httpx.Response]]:
        for one in self.seen.values():
            for address, answer in one.crawled.answers.items():
                yield one, address, answer

    def page(self, address: str) -> str:
        return page_of(self.app, address) or "none"


def _said(answer: httpx.Response) -> bytes:
    """Return the whole of an answer: status, headers, body; but for the cookie that it gives."""
    headers = [f"{name}: {value}" for name, value in answer.headers.items() if name.lower() != "set-cookie"]
    return "\n".join(headers).encode() + b"\n\n" + answer.content


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory, soak: bool) -> Iterator[Looked]:
    place = tmp_path_factory.mktemp("canaries")
    with canary_world(place) as world, ExitStack() as stack:
        service = open_console(world.folder.root)
        stack.callback(service.close)
        secret = {what: list(some) for what, some in world.secret.items()}
        _release(world, service)
        sessions = _sessions(service, secret)
        log, ready = place / "console.log", place / "url.txt"
        listen = ("--listen", "127.0.0.1:0", "--ready-file", ready)
        with clew_running("register", "console", "--data", world.folder.root, *listen, log=log) as process:
            url, app = content_of(ready, process), create_console(service)
            seen = {
                role: _looked_at(role, cookie, url, app, world, _EVERY if soak else _FEW)
                for role, cookie in sessions.items()
            }
        yield Looked(world, service, app, seen, log.read_bytes(), secret, _store(service))


def _release(world: CanaryWorld, service: ConsoleService) -> None:
    """Let one release be approved and one wait, so that there is something to look at and to download."""
    database, now = service.database, utc_now()
    with database.write() as connection:
        enrol(connection, "Petra")
    period = read_period("2025-04-01..2026-03-31")
    asked = {"area": None, "numbers": ("T1",), "by": "paul", "now": now}
    first, _ = (propose_release(world.folder, database, period, **asked) for _ in range(2))  # type: ignore[arg-type]
    with database.write() as connection:
        approve_release(connection, first.number, by="petra", digest=first.digest, now=now)


def _sessions(service: ConsoleService, secret: dict[str, list[bytes]]) -> dict[str, str]:
    """Begin a session for every role; each account has a password, an app and a passkey's key."""
    sessions = {role: begun_session(service, f"some.{role}", role) for role in ROLES}
    sessions[WITHOUT_ROLE] = begun_session(service, "some.without")
    sessions[NOBODY] = ""
    table, totp, codes = schema_console.accounts, [], []
    with service.database.write() as connection:
        for name in connection.scalars(select(table.c.name)).all():
            totp.append(app_codes.new_secret())
            values = {"password": passwords.hashed(PASSWORD), "totp": service.key.seal(name, totp[-1])}
            connection.execute(table.update().where(table.c.name == name).values(**values))
            key = {
                "id": f"Passkeycanary{name}",
                "account": name,
                "label": "key",
                "public_key": b"Publickeycanary",
            }
            connection.execute(
                insert(schema_console.passkeys).values(**key, sign_count=0, added_at=service.now())
            )
        codes.append(invite_account(connection, "some.invited", ["operator"], now=utc_now()))
    secret["password"] = [PASSWORD.encode()]
    secret["app"] = [one.encode() for one in totp]
    secret["one-time code"] = [one.encode() for one in codes]
    secret["session"] = [one.encode() for one in sessions.values() if one]
    return sessions


def _looked_at(role: str, cookie: str, url: str, app: Flask, world: CanaryWorld, most: int) -> Seen:
    cookies = {"clew-console": cookie} if cookie else {}
    with httpx.Client(base_url=url, cookies=cookies, trust_env=False, timeout=60) as browser:
        starts = [
            *plain_addresses(app),
            "/nothing/here",
            "/operator/persons/none",
            *_own(role, browser, world),
        ]
        return Seen(role, cookie, crawl(browser.get, app, starts, at_most=most))


def _own(role: str, browser: httpx.Client, world: CanaryWorld) -> list[str]:
    """Return what a role comes to by a form: a person by a record's handle, the next pair."""
    if role == "operator":
        pages = [_searched(browser, *one) for one in _one_of_each(world)[:_SEARCHED]]
        for address in pages:
            browser.post(address, data={"csrf_token": token_of(browser.get(address).text)})
        world.served.workers.settle()  # they prepare what only they can open
        plant_scores(world)
        return pages
    if role == "reviewer":
        form = {"csrf_token": token_of(browser.get("/review").text), "seat": "blind"}
        return [str(browser.post("/review/next", data=form).headers["Location"])]
    return []


def _searched(browser: httpx.Client, agency: str, handle: str) -> str:
    form = {"csrf_token": token_of(browser.get("/operator/persons").text), "wanted": f"{agency}:{handle}"}
    return str(browser.post("/operator/persons", data=form).headers["Location"])


def _one_of_each(world: CanaryWorld) -> list[tuple[str, str]]:
    """Return a record of every person, those with most records first."""
    table = schema.memberships
    with world.served.workers.database.read() as connection:
        query = select(func.min(table.c.agency + ":" + table.c.handle)).group_by(table.c.person)
        found = connection.scalars(query.order_by(func.count().desc(), table.c.person))
        return [(agency, handle) for agency, _, handle in (one.partition(":") for one in found)]


def _members(world: CanaryWorld) -> list[tuple[str, str]]:
    table = schema.memberships
    with world.served.workers.database.read() as connection:
        query = select(table.c.agency, table.c.handle).order_by(table.c.agency, table.c.handle)
        return [(row.agency, row.handle) for row in connection.execute(query)]


def _store(service: ConsoleService) -> dict[str, frozenset[str]]:
    """Return every value of the shared database that can be told from others, with its columns."""
    found: dict[str, set[str]] = {}
    with service.database.read() as connection:
        for table in metadata.tables.values():
            for row in connection.execute(select(table)):
                # What a statement says of records is withheld, so it is another thing than what others say.
                withheld = (
                    " of records" if table.name == "ledger_statements" and _names(row.statement) else ""
                )
                for column, value in row._mapping.items():
                    for one in _values(value):
                        found.setdefault(one, set()).add(f"{table.name}.{column}{withheld}")
    return {value: frozenset(columns) for value, columns in found.items()}


def _names(statement: str) -> bool:
    return json.decode(statement)["kind"] in ABOUT_RECORDS


def _values(value: object) -> Iterator[str]:
    if isinstance(value, bytes):
        yield value[:48].hex()
    elif isinstance(value, float):
        yield from [repr(value)] if len(repr(value)) >= 9 else []
    elif isinstance(value, str) and value.startswith(("{", "[")):
        for _, leaf in json_fields("", json.decode(value)):
            yield from _values(leaf)
    elif isinstance(value, str) and len(value) >= 12 and not _MOMENT.fullmatch(value):
        tells = sum(one.isdigit() for one in value) >= 4 and _TOKEN.fullmatch(value) is not None
        yield from [value] if tells else []


def _needles(looked: Looked) -> dict[str, list[bytes]]:
    named = {**looked.world.identifiers, **looked.world.planted}
    needles = {what: [one for each in some for one in spellings(each)] for what, some in named.items()}
    secrets = {
        what: [one for each in some for one in spellings(each)] for what, some in looked.secret.items()
    }
    # Of a score, with or without the point: what no page may show of it tells it from another.
    digits = {f"{one:.10f}".replace(".", "").lstrip("0") for one in RAW_SCORES}
    return needles | secrets | {"score": [one[:8].encode() for one in digits]}


def test_every_page_was_looked_at(looked: Looked) -> None:
    """A crawl that finds nothing proves something only if it was everywhere."""
    opened = {page for one in looked.seen.values() for page in one.crawled.pages(looked.app)}
    missed = {one.endpoint for one in pages_of(looked.app)} - opened
    assert missed - {"set_up"} == set()
    assert all(answer.status_code < 500 for _, _, answer in looked.answers())


def test_a_canary_that_is_shown_is_found(looked: Looked) -> None:
    scanner = Scanner(_needles(looked))
    assert len(scanner) > 2000
    for what, text in (
        ("surname", "<td>SURNAMECANARYB</td>"),
        ("postcode", "?where=EB2%201QZ"),
        ("forename", "Rm9yZW5hbWVjYW5hcnli"),
        ("date_of_birth", "born 2&nbsp;February 2010".replace("&nbsp;", " ")),
        ("upn", looked.world.identifiers["upn"][0].lower()),
        ("session", f"token={looked.seen['operator'].session}"),
        ("epoch key", looked.world.secret["epoch key"][0].hex()),
        ("reason", b"Reasoncanaryplanted".hex()),
    ):
        assert what in scanner.found(text.encode()), what
    assert scanner.found(b"Nothing of anybody stands here.") == set()


def test_nothing_that_identifies_and_no_secret_is_shown_to_anybody(looked: Looked) -> None:
    scanner, hits = Scanner(_needles(looked)), set()
    for one, address, answer in looked.answers():
        for text in (_said(answer), unquote(address).encode(), address.encode()):
            hits |= {(what, one.role, looked.page(address)) for what in scanner.found(text)}
    allowed = {("reason", "operator", page) for page in ("operator_person", "operator_decide")}
    assert hits - allowed == set()


def test_nothing_of_the_store_is_shown_but_what_is_declared(looked: Looked) -> None:
    scanner, hits = Scanner({value: spellings(value) for value in looked.store}), set()
    for one, address, answer in looked.answers():
        page = f"{one.role} {looked.page(address)}"
        for value in scanner.found(_said(answer)):
            columns = looked.store[value]
            if not any(re.match(SHOWN[column], page) for column in columns if column in SHOWN):
                hits.add((", ".join(sorted(columns)), page))
    assert sorted(hits) == []


def test_no_address_and_no_title_names_a_record_or_a_person(looked: Looked) -> None:
    handles = {handle for _, handle in _members(looked.world)}
    with looked.service.database.read() as connection:
        people = set(connection.scalars(select(schema.persons.c.id)))
        audience = in_use(looked.service.folder, connection, OPERATOR)
        pseudonyms = {audience.of(one) for one in people}
    scanner = Scanner({one: spellings(one) for one in handles | people | pseudonyms})
    for _, address, answer in looked.answers():
        titles = re.findall(r"<title>(.*?)</title>", answer.text, re.DOTALL) if _is_page(answer) else []
        for text in (address, answer.headers.get("Location", ""), *titles):
            assert scanner.found(text.encode()) == set(), address


def _is_page(answer: httpx.Response) -> bool:
    return answer.headers.get("Content-Type", "").startswith("text/html")


def test_no_score_is_shown_with_digits_that_must_stay(looked: Looked) -> None:
    """Scores are planted with ten digits where the linking worker leaves two to four.

    What is drawn of a release is drawn of figures that disclosure control rounded.
    """
    for one, address, answer in looked.answers():
        if looked.page(address).startswith("publisher_"):
            continue
        if _is_page(answer) or answer.headers.get("Content-Type", "").startswith("application/json"):
            text = _ICONS.sub(b"", answer.content)
            assert _DECIMALS.findall(text) == [], (one.role, address)


def test_no_log_says_who_asked_or_about_whom(looked: Looked) -> None:
    scanner = Scanner(_needles(looked) | {value: spellings(value) for value in looked.store})
    assert b"GET /operator/persons" in looked.log
    assert scanner.found(looked.log) == set()
    assert b"some." not in looked.log


def test_every_address_opens_to_exactly_those_whom_it_names(looked: Looked) -> None:
    found: dict[tuple[str, str], set[bool]] = {}
    for one, address, answer in looked.answers():
        endpoint = page_of(looked.app, address)
        if endpoint is not None:
            refused = answer.status_code == 403 or answer.headers.get("Location", "").startswith("/sign-in")
            found.setdefault((endpoint, one.role), set()).add(not refused)
    for page in pages_of(looked.app):
        assert page.rule is not None
        for role in looked.seen:
            may = page.rule.who == "anybody" or (role in ROLES and page.opens_to(role))  # type: ignore[arg-type]
            if page.rule.who == "setup":
                may = role != NOBODY
            assert found.get((page.endpoint, role), {may}) == {may}, (page.endpoint, role)


def test_every_act_is_refused_to_those_whom_its_address_does_not_name(looked: Looked) -> None:
    acts = [one for one in looked.app.url_map.iter_rules() if "POST" in (one.methods or set())]
    assert len(acts) > 15
    for act in acts:
        rule = rule_of(looked.app.view_functions[act.endpoint])
        assert rule is not None
        address = re.sub(r"<int[^>]*>", "99", re.sub(r"<[a-z]+>", "none", act.rule))
        for role in (*ROLES, WITHOUT_ROLE):
            if rule.who != "account" or set(rule.roles) == set(ROLES):
                continue  # whoever is there may try, and is refused for another reason
            token = begun_session(looked.service, f"some.{role}")
            browser = looked.app.test_client()
            browser.set_cookie("clew-console", token)
            form = {"csrf_token": keyed_digest(token.encode(), b"clew/console-csrf/1").hex()}
            refused = browser.post(address, data=form).status_code == 403
            assert refused == (role not in rule.roles), (act.rule, role)
        assert looked.app.test_client().post(address).status_code in {303, 403}, act.rule
