"""The data officer's page, served in this process as the command serves it."""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from cli.agency.workspace import Workspace
from cli.desk import serving
from pages.assets import MissingAssetsError, read_assets
from tests.support.agency_desk import cheap_passphrases

_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
PERIOD = {"first-day": "1", "first-month": "4", "first-year": "2025"}
PERIOD |= {"last-day": "31", "last-month": "3", "last-year": "2026"}
Files = Sequence[tuple[str, tuple[str, bytes]]]


@dataclass(frozen=True)
class Served:
    """A page: the address that opens it once, what was said on the terminal, and how it ended."""

    said: list[str]
    thread: threading.Thread

    @property
    def address(self) -> str:
        return next(words for words in self.said if words.startswith("http://"))

    @property
    def pages(self) -> str:
        """Where every page lies."""
        return self.address.partition("/begin")[0]

    @property
    def origin(self) -> str:
        return self.pages.rpartition("/")[0]

    @property
    def host(self) -> str:
        return self.origin.removeprefix("http://")

    @property
    def token(self) -> str:
        return self.address.partition("token=")[2]

    def wait(self) -> None:
        self.thread.join(30)
        assert not self.thread.is_alive()


@contextmanager
def desk_page(workspace: Path, *, url: str = "", idle_seconds: float = 600.0) -> Iterator[Served]:
    """Serve the page of a workspace until the block ends; skips the test without the design's files."""
    try:
        read_assets()
    except MissingAssetsError as error:
        pytest.skip(f"pages cannot be served: {error}")
    said: list[str] = []
    printed, end = threading.Event(), threading.Event()

    def say(words: str) -> None:
        said.append(words)
        if words.startswith("stop it"):
            printed.set()

    class StoppableState(serving.State):
        def __init__(self, *arguments: object, **named: object) -> None:
            super().__init__(*arguments, **named)  # type: ignore[arg-type]
            self.stopped = end

    with pytest.MonkeyPatch.context() as patched, cheap_passphrases():
        patched.setattr(serving, "say", say)
        patched.setattr(serving, "State", StoppableState)
        thread = threading.Thread(
            target=serving.serve_desk,
            args=(Workspace(workspace),),
            kwargs={
                "outbox": workspace / "outbox",
                "url": url,
                "port": 0,
                "browser": False,
                "idle_seconds": idle_seconds,
            },
        )
        thread.start()
        assert printed.wait(60)
        try:
            yield Served(said, thread)
        finally:
            patched.setattr(serving, "_LAST_ANSWERS_SECONDS", 0.0)  # nobody waits for one any more
            end.set()
            thread.join(30)
            assert not thread.is_alive()


@contextmanager
def client_of(served: Served) -> Iterator[httpx.Client]:
    """Open the page as a browser that was given the token."""
    with httpx.Client(base_url=served.pages, trust_env=False, timeout=60.0) as client:
        answer = client.get(served.address)
        assert (answer.status_code, served.origin + answer.headers["location"]) == (303, f"{served.pages}/")
        yield client


def form_token(client: httpx.Client) -> str:
    found = _TOKEN.search(client.get("/").text)
    assert found is not None
    return found[1]


def upload(source: Path) -> Files:
    """The files of a folder, as a form hands them over."""
    return [("files", (path.name, path.read_bytes())) for path in sorted(source.glob("*.csv"))]


@dataclass
class Forms:
    """Sends forms, and waits for what they begin; ``led`` are the addresses that answers led to."""

    client: httpx.Client
    origin: str
    led: list[str] = field(default_factory=list)

    def send(self, path: str, files: Files | None = None, **data: str) -> str:
        """Send a form, and return the page at the end of it."""
        sent = {"form_token": form_token(self.client), **data}
        answer = self.client.post(path, data=sent, files=files, headers={"Origin": self.origin})
        while answer.status_code == 303:
            self.led.append(answer.headers["location"])
            while self.client.get("/work/progress").json()["state"] == "running":
                time.sleep(0.05)
            answer = self.client.get(self.origin + answer.headers["location"])
        return answer.text
