"""How fast the console answers, every page of every role, with a large register behind it.

    python -m benchmarks.console                       # 1,000,000 encodings and 300,000 episodes
    python -m benchmarks.console --data /tmp/large     # made there once, and taken from there again
    python -m benchmarks.console --encodings 20000 --episodes 6000 --agencies 20

The console is the real command as a process, asked over a socket by people who signed in as people do.  Pages
are those of its own list of addresses, with arguments that a crawl as every role finds; what could not be
opened is named.  Every page is then asked for in random order, by one client and by four at once, which share
the machine with it.  Beside it: the style sheet from the same server, which needs neither session nor
database.  A table goes to the terminal, JSON to standard output.
"""

import argparse
import contextlib
import http.client
import json
import multiprocessing
import os
import random
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pyotp
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from api.clock import utc_now
from api.console_accounts import invite_account
from api.console_app.app import create_console
from api.console_app.roles import ROLES
from api.console_app.service import ConsoleService, open_console
from api.folders import DataFolder
from api.store import schema
from benchmarks.console_decided import prepare_sheets
from benchmarks.console_rows import Sizes
from benchmarks.console_store import made_of, make_store
from benchmarks.turns import Measurement
from tests.support import databases, postgresql
from tests.support.console import why_not
from tests.support.crawling import crawl, pages_of, plain_addresses
from tests.support.processes import clew_running, content_of

__all__ = ["Found", "Timed", "measure", "reduced"]

CLIENTS = (1, 4)
NOBODY = "nobody"
STYLE = "style sheet"
_OF_EACH = 4
"""So many addresses of every page are asked for: the first, the last, one with a filter …"""
_SHOWN = 15
"""So many of the slowest pages the table shows; the JSON has all of them."""

_PASSWORD = "three plain words and more"


@dataclass(frozen=True)
class Target:
    """One address and who asks for it."""

    role: str
    page: str
    address: str


@dataclass(frozen=True)
class Timed:
    """How long answers of one page, or of several, took; in milliseconds."""

    role: str
    page: str
    clients: int
    requests: int
    p50: float
    p95: float
    p99: float
    longest: float
    first: float


@dataclass(frozen=True)
class Found:
    """What was measured.

    ``left_out``: pages that no role was given, and what was answered instead; ``first_searches``: how long
    four searches for a person right after the start took together; ``processor``: what the console spent on
    an answer at the mean, by clients: what else the machine does makes it no longer.  In milliseconds.
    """

    database: str
    sizes: Sizes
    pages: Sequence[Timed]
    roles: Sequence[Timed]
    whole: Sequence[Timed]
    static: Sequence[Timed]
    left_out: Mapping[str, str]
    errors: int
    first_searches: float
    processor: Mapping[int, float]


def measure(
    data: Path, sizes: Sizes, *, rounds: int, clients: Sequence[int] = CLIENTS, database: str = "sqlite"
) -> Found:
    """Serve a unit's console and ask for every address ``rounds`` times for each number of clients."""
    _patient(DataFolder(data).settings)
    with _served(data) as (url, process), contextlib.closing(open_console(data)) as service:
        sessions = {role: _signed_in(service, url, role) for role in ROLES} | {NOBODY: ""}
        targets, first, left_out = _targets(service, url, sessions)
        times: dict[int, list[tuple[Target, float]]] = {}
        errors, worked = 0, {}
        for count in clients:
            before = _processor_seconds(process)
            times[count], wrong = _asked(url, targets * rounds, sessions, count)
            errors += wrong
            if before is not None and (after := _processor_seconds(process)) is not None:
                worked[count] = round(1000 * (after - before) / len(targets * rounds), 1)
    pages = [one for count in clients for one in _by_page(times[count], count, first)]
    named = {role: [one for one in targets if one.role == role] for role in sessions}
    roles = [
        _timed(role, "all pages", count, _of(times[count], own), first)
        for count in clients
        for role, own in named.items()
        if own
    ]
    known = [one for one in targets if one.page != STYLE]
    whole = [_timed("all", "all pages", count, _of(times[count], known), first) for count in clients]
    static = [one for one in pages if one.page == STYLE]
    return Found(
        database,
        sizes,
        [one for one in pages if one.page != STYLE],
        roles,
        whole,
        static,
        left_out,
        errors,
        round(first["operator", "search"], 1),
        worked,
    )


def reduced(encodings: int) -> list[Measurement]:
    """Measure a smaller register for ``make bench``: within what 95 of 100 answers come."""
    if (reason := why_not()) is not None:
        print(f"the console is not measured: {reason}", file=sys.stderr)
        return []
    sizes = Sizes(encodings, encodings * 3 // 10, agencies=20, months=12, releases=3)
    with tempfile.TemporaryDirectory() as place:
        make_store(Path(place) / "data", sizes)
        found = measure(Path(place) / "data", sizes, rounds=3)
    return [
        Measurement(
            f"console, {encodings:,} encodings, every page, clients: {whole.clients}: 95 of 100 within",
            whole.p95,
            "ms",
            "style sheet, same server",
            static.p95,
        )
        for whole, static in zip(found.whole, found.static, strict=True)
    ]


def _processor_seconds(process: int) -> float | None:
    """Return how much processor time a process has used, or None where the system does not say."""
    try:
        said = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


def _patient(settings: Path) -> None:
    """Let sessions last as long as measuring does; nothing else differs from what ``init`` writes."""
    text = settings.read_text()
    if "idle_minutes" not in text:
        settings.write_text(
            text.replace("[console]\n", "[console]\nidle_minutes = 60\nconfirm_minutes = 30\n")
        )


@contextlib.contextmanager
def _served(data: Path) -> Iterator[tuple[str, int]]:
    """Run the console; yields its URL and the number of its process."""
    with tempfile.TemporaryDirectory() as place:
        ready, log = Path(place) / "url.txt", Path(place) / "log.txt"
        listen = ("--listen", "127.0.0.1:0", "--ready-file", ready)
        with clew_running("register", "console", "--data", data, *listen, log=log) as process:
            yield content_of(ready, process), process.pid


def _signed_in(service: ConsoleService, url: str, role: str) -> str:
    """Make an account with a password and an app, as a person does; returns the cookie of its session."""
    name = f"{role}.{secrets.token_hex(4)}"
    with service.database.write() as connection:
        code = invite_account(connection, name, [role], now=utc_now())
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as browser:
        sent = browser.post(
            "/first", data={"csrf_token": _token(browser.get("/first")), "name": name, "code": code}
        )
        page = browser.get("/set-up/password")
        app = pyotp.TOTP(re.sub(r"\s", "", re.findall(r'clew-code">([A-Z2-7 ]+)<', page.text)[0]))
        fields = {"csrf_token": _token(page), "password": _PASSWORD, "again": _PASSWORD, "code": app.now()}
        done = browser.post("/set-up/password", data=fields)
        if (sent.status_code, done.status_code, done.headers.get("Location")) != (303, 303, "/"):
            raise SystemExit(f"the {role} could not sign in")
        return str(browser.cookies["clew-console"])


def _token(page: httpx.Response) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', page.text)
    if found is None:
        raise SystemExit("a page has no form")
    return found[1]


def _targets(
    service: ConsoleService, url: str, sessions: Mapping[str, str]
) -> tuple[list[Target], dict[tuple[str, str], float], dict[str, str]]:
    """Crawl as every role; returns addresses, the time that each took at first, and what was left out."""
    app, targets, first, said = create_console(service), list[Target](), dict[tuple[str, str], float](), {}
    names = {one.endpoint: one.address for one in pages_of(app)}
    opened: set[str] = set()
    starts = [*plain_addresses(app), _under_way(service)]
    for role, cookie in sessions.items():
        with httpx.Client(
            base_url=url, trust_env=False, timeout=600, cookies={"clew-console": cookie}
        ) as browser:

            def get(address: str, browser: httpx.Client = browser, role: str = role) -> httpx.Response:
                began = time.perf_counter()
                answer = browser.get(address)
                first.setdefault((role, address), 1000 * (time.perf_counter() - began))
                return answer

            own = {"reviewer": lambda: [_next_pair(browser)], "operator": lambda: _searched(service, browser)}
            began = time.perf_counter()
            found = own[role]() if role in own else []
            first[role, "search"] = 1000 * (time.perf_counter() - began)
            crawled = crawl(get, app, [*starts, *found], at_most=_OF_EACH)
        for endpoint, addresses in crawled.pages(app).items():
            if endpoint == "assets.asset" or (role == NOBODY and endpoint in opened):
                continue
            opened.add(endpoint)
            targets += [Target(role, names[endpoint], one) for one in _ends(addresses)]
        for address, answer in crawled.answers.items():
            said.setdefault(urlsplit(address).path, set()).add(str(answer.status_code))
        style = next(one for one in crawled.answers if one.endswith("govuk-frontend.css"))
    opened.add("assets.asset")
    targets += [Target(NOBODY, STYLE, style)] * len(sessions)
    missing = {
        one.address: " ".join(sorted(said.get(one.address, {"no address was found"})))
        for one in pages_of(app)
        if one.endpoint not in opened
    }
    return targets, first, missing


def _under_way(service: ConsoleService) -> str:
    """Return the address of a submission that is under way: lists begin with others."""
    sent = schema.submissions
    with service.database.read() as connection:
        one = connection.execute(select(sent).where(sent.c.state == "committed").limit(1)).one()
    return f"/operator/submissions/{one.agency}/{one.sequence}"


def _searched(service: ConsoleService, browser: httpx.Client) -> list[str]:
    """Search for some persons by handle, the first of them merged; return the addresses of their pages."""
    members, events = schema.memberships, schema.person_events
    merged = select(events.c.person).where(events.c.kind == "merged").limit(1)
    with service.database.write() as connection:
        keys = [(row.agency, row.handle, row.person) for row in connection.execute(select(members).limit(3))]
        query = select(members).where(members.c.person.in_(merged)).limit(1)
        keys += [(row.agency, row.handle, row.person) for row in connection.execute(query)]
        prepare_sheets(connection, [person for _, _, person in keys], now=service.clock())
    found = []
    for agency, handle, _ in reversed(keys):
        sent = {"csrf_token": _token(browser.get("/operator/persons")), "wanted": f"{agency}:{handle}"}
        found.append(str(browser.post("/operator/persons", data=sent).headers["Location"]))
    return found


def _next_pair(browser: httpx.Client) -> str:
    token = _token(browser.get("/review"))
    answer = browser.post("/review/next", data={"csrf_token": token, "seat": "blind"})
    return str(answer.headers.get("Location", "/review"))


def _ends(addresses: Sequence[str]) -> list[str]:
    """Add the last page of a list, and one in the middle, to its first ones: those cost most."""
    later = next((one for one in addresses if "page=" in one), None)
    if later is None:
        return list(addresses)
    return [*addresses, *(re.sub(r"page=\d+", f"page={number}", later) for number in (1000, 999999999))]


def _asked(
    url: str, targets: Sequence[Target], sessions: Mapping[str, str], clients: int
) -> tuple[list[tuple[Target, float]], int]:
    """Let clients, each a process, ask for their share of the addresses in random order."""
    order = list(targets)
    random.Random(7).shuffle(order)
    context = multiprocessing.get_context("fork")
    out: multiprocessing.Queue[list[tuple[Target, float, int]]] = context.Queue()
    shares = [order[start::clients] for start in range(clients)]
    working = [context.Process(target=_client, args=(url, share, sessions, out)) for share in shares]
    for one in working:
        one.start()
    found = [answer for _ in working for answer in out.get(timeout=3600)]
    for one in working:
        one.join()
    wrong = [(target.address, status) for target, _, status in found if status != 200]
    for address, status in sorted(set(wrong)):
        print(f"answered {status}: {address}", file=sys.stderr)
    return [(target, spent) for target, spent, status in found if status == 200], len(wrong)


def _client(
    url: str,
    targets: Sequence[Target],
    sessions: Mapping[str, str],
    out: "multiprocessing.Queue[list[tuple[Target, float, int]]]",
) -> None:
    where, found = urlsplit(url), []
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=600)
    for one in targets:
        cookie = {"Cookie": f"clew-console={sessions[one.role]}"} if sessions[one.role] else {}
        began = time.perf_counter()
        connection.request("GET", one.address, headers=cookie)
        answer = connection.getresponse()
        answer.read()
        found.append((one, 1000 * (time.perf_counter() - began), answer.status))
    connection.close()
    out.put(found)


def _of(times: Sequence[tuple[Target, float]], wanted: Sequence[Target]) -> list[tuple[Target, float]]:
    chosen = set(wanted)
    return [one for one in times if one[0] in chosen]


def _by_page(
    times: Sequence[tuple[Target, float]], clients: int, first: Mapping[tuple[str, str], float]
) -> list[Timed]:
    pages = dict.fromkeys((one.role, one.page) for one, _ in times)
    found = [
        _timed(
            role, page, clients, [one for one in times if (one[0].role, one[0].page) == (role, page)], first
        )
        for role, page in pages
    ]
    return sorted(found, key=lambda one: -one.p95)


def _timed(
    role: str,
    page: str,
    clients: int,
    times: Sequence[tuple[Target, float]],
    first: Mapping[tuple[str, str], float],
) -> Timed:
    spent = sorted(one for _, one in times)
    began = [first[one.role, one.address] for one, _ in times if (one.role, one.address) in first]
    shares = (_quantile(spent, share) for share in (0.5, 0.95, 0.99))
    p50, p95, p99 = (round(one, 1) for one in shares)
    return Timed(
        role, page, clients, len(spent), p50, p95, p99, round(spent[-1], 1), round(max(began, default=0), 1)
    )


def _quantile(times: Sequence[float], share: float) -> float:
    return times[min(len(times) - 1, int(share * len(times)))]


def _shown(found: Found) -> Table:
    held = f"{found.sizes.encodings:,} encodings, {found.sizes.episodes:,} episodes, {found.database}"
    table = Table(
        "role", "page", "clients", "requests", "p50", "p95", "p99", "max", "first", title=f"{held}; ms"
    )
    slowest = [
        one for count in CLIENTS for one in [each for each in found.pages if each.clients == count][:_SHOWN]
    ]
    for one in (*slowest, *found.roles, *found.whole, *found.static):
        figures = (one.p50, one.p95, one.p99, one.longest, one.first)
        table.add_row(
            one.role, one.page, str(one.clients), str(one.requests), *(f"{each:.0f}" for each in figures)
        )
    return table


def _said(found: Found) -> str:
    ratios = {
        f"p95_to_style_sheet_with_{one.clients}": round(one.p95 / static.p95, 2)
        for one in found.whole
        for static in found.static
        if static.clients == one.clients
    }
    machine = {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}
    return json.dumps({**machine, **ratios, **asdict(found)})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--encodings", type=int, default=1_000_000)
    parser.add_argument("--episodes", type=int, default=300_000)
    parser.add_argument("--agencies", type=int, default=200)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--rounds", type=int, default=10, help="how often each address is asked for")
    parser.add_argument("--data", type=Path, help="where to keep the unit, and to take it from")
    parser.add_argument("--database", choices=databases.KINDS, default="sqlite")
    given = parser.parse_args()
    sizes = Sizes(given.encodings, given.episodes, given.agencies, given.months)
    if given.database == "postgresql" and (reason := postgresql.why_not()) is not None:
        raise SystemExit(reason)
    with databases.using(given.database), contextlib.ExitStack() as stack:
        data = given.data or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data"
        if made_of(data) != sizes:
            if data.exists() and made_of(data) is None:
                raise SystemExit(f"{data}: something else is there")
            shutil.rmtree(data, ignore_errors=True)
            make_store(data, sizes)
        found = measure(data, sizes, rounds=given.rounds, database=given.database)
    Console(file=sys.stderr, width=160).print(_shown(found))
    for page, answered in found.left_out.items():
        print(f"not measured: {page}: {answered}", file=sys.stderr)
    for count, spent in found.processor.items():
        print(f"processor time of the console, {count} at once: {spent} ms an answer", file=sys.stderr)
    print(_said(found))


if __name__ == "__main__":
    main()
