"""Every page of the console that somebody comes to: by links, by forms that only ask, by its list of rules.

A form that is sent with GET is followed with each choice of each of its fields.  Of pages that differ in
nothing but what stands in their address a crawl opens so many as it is told.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from api.console_app.roles import Role, Rule, rule_of

__all__ = ["Crawled", "Page", "crawl", "links_of", "page_of", "pages_of", "plain_addresses"]


@dataclass(frozen=True)
class Page:
    """A rule of the console that answers GET; ``address``: as it is written, with names of arguments."""

    endpoint: str
    address: str
    rule: Rule | None

    @property
    def plain(self) -> bool:
        """Say whether its address has no argument."""
        return "<" not in self.address

    def opens_to(self, role: Role) -> bool:
        """Say whether an account with this role may open it."""
        return self.rule is not None and (self.rule.who != "account" or role in self.rule.roles)


def pages_of(app: Flask) -> list[Page]:
    """Return every rule that answers GET."""
    return [
        Page(one.endpoint, one.rule, rule_of(app.view_functions.get(one.endpoint)))
        for one in app.url_map.iter_rules()
        if "GET" in (one.methods or set())
    ]


def page_of(app: Flask, address: str) -> str | None:
    """Return the endpoint of an address, or None where there is no such page."""
    try:
        return str(app.url_map.bind("").match(urlsplit(address).path, method="GET")[0])
    except (HTTPException, RequestRedirect):
        return None


def plain_addresses(app: Flask) -> list[str]:
    """Return the addresses that need no argument."""
    return [one.address for one in pages_of(app) if one.plain]


@dataclass
class _Form:
    address: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    chosen: str = ""

    def addresses(self) -> Iterator[str]:
        first = {name: choices[0] for name, choices in self.fields.items() if choices}
        yield f"{self.address}?{urlencode(first)}"
        for name, choices in self.fields.items():
            for one in choices[1:]:
                yield f"{self.address}?{urlencode(first | {name: one})}"


class _Reader(HTMLParser):
    """Gathers whatever on a page is an address of the same server."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._form: _Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        posting = tag == "form" and given.get("method", "get").lower() != "get"
        for name, value in given.items():
            # Scripts read addresses from attributes of their own, so all of them count.
            local = value.startswith(("/", "?", "#")) and not value.startswith(("//", "#"))
            if local and not (posting and name == "action") and name != "value":
                self.found.append(value)
        if tag == "form" and not posting:
            self._form = _Form(given.get("action", ""))
        if self._form is not None and given.get("name") and tag in {"input", "select"}:
            self._form.chosen = given["name"]
            self._form.fields.setdefault(given["name"], [] if tag == "select" else [given.get("value", "")])
        if self._form is not None and tag == "option":
            self._form.fields[self._form.chosen].append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            self.found += self._form.addresses()
            self._form = None


def links_of(page: str, address: str) -> list[str]:
    """Return every address on a page, in order, those of forms with their fields."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return list(dict.fromkeys(urljoin(address, one).partition("#")[0] for one in reader.found))


@dataclass
class Crawled:
    """What a crawl was answered, by address; ``left``: how many addresses of a page were not opened."""

    answers: dict[str, httpx.Response] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)

    def pages(self, app: Flask) -> Mapping[str, list[str]]:
        """Return the addresses that were answered with a page or a file, by endpoint."""
        found: dict[str, list[str]] = {}
        for address, answer in self.answers.items():
            endpoint = page_of(app, address)
            if endpoint is not None and answer.status_code == 200:
                found.setdefault(endpoint, []).append(address)
        return found


def crawl(
    get: Callable[[str], httpx.Response], app: Flask, starts: Iterable[str], *, at_most: int = 1_000_000
) -> Crawled:
    """Open pages, and all that they lead to; of one page with the same fields ``at_most`` addresses."""
    found, waiting, seen = Crawled(), deque(starts), set[str]()
    opened: Counter[tuple[str, ...]] = Counter()
    while waiting:
        address = waiting.popleft()
        if address in seen:
            continue
        seen.add(address)
        kind = _kind(app, address)
        opened[kind] += 1
        if opened[kind] > at_most:
            found.left[kind[0]] += 1
            continue
        answer = found.answers[address] = get(address)
        if 300 <= answer.status_code < 400:
            target = urljoin(address, answer.headers.get("Location", ""))
            waiting.append(target) if not urlsplit(target).netloc else None
        elif answer.headers.get("Content-Type", "").startswith("text/html"):
            waiting.extend(links_of(answer.text, address))
            # What a page asks for by itself while something goes on, which is over when a crawl comes by.
            follows = f"{urlsplit(address).path}/progress"
            waiting.extend([follows] if page_of(app, follows) is not None else [])
    return found


def _kind(app: Flask, address: str) -> tuple[str, ...]:
    """Return what makes two addresses the same page: whose it is, and which fields it is asked with."""
    names = sorted({name for name, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True)})
    return page_of(app, address) or "none", *names
