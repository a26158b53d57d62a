"""The data officer's page, served in this process as the command serves it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.agency.workspace import Workspace
from cli.desk import serving
from pages.assets import MissingAssetsError, read_assets
from tests.support.agency_desk import cheap_passphrases


@dataclass(frozen=True)
class Served:
    """A page: the address that opens it once, what was said on the terminal, and how it ended."""

    said: list[str]
    thread: threading.Thread

    @property
    def address(self) -> str:
        return next(words for words in self.said if words.startswith("http://"))

    @property
    def origin(self) -> str:
        return self.address.partition("/begin")[0]

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
            end.set()
            thread.join(30)
            assert not thread.is_alive()
