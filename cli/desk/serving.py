"""Serving the page: on the loopback address alone, until somebody stops it or nobody has used it for long."""

import contextlib
import logging
import os
import shutil
import socket
import tempfile
import time
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import waitress  # type: ignore[import-untyped]

from cli.agency.saying import say
from cli.agency.workspace import Workspace
from cli.desk.app import create_app
from cli.desk.guards import Guards
from cli.desk.state import State
from cli.desk.work import Work
from keys.files import private_folder
from linkage.errors import InputError

__all__ = ["LOOPBACK", "listen", "make_server", "private_place", "serve_desk"]

LOOPBACK = "127.0.0.1"
_PREFIX = "clew-desk-"
_MAX_UPLOAD_BYTES = 600 * 1024 * 1024
_LAST_ANSWERS_SECONDS = 1.0
_STOP_SECONDS = 20.0

_log = logging.getLogger(__name__)


def serve_desk(
    workspace: Workspace, *, outbox: Path, url: str, port: int, browser: bool, idle_seconds: float
) -> None:
    """Serve the page until it is stopped; prints the address, which opens it once."""
    with listen(port) as listening, private_place() as place:
        guards = Guards(f"{LOOPBACK}:{listening.getsockname()[1]}")
        work = Work()
        state = State(workspace, outbox, place, url=url)
        app = create_app(state, work, guards)
        server = make_server(app, listening)
        say("the page is served to this machine alone; the address opens it once:")
        say(guards.address)
        say("stop it with its button, or here with Ctrl-C")
        if browser:
            webbrowser.open(guards.address)
        try:
            _run(server, state, work, idle_seconds)
        finally:
            work.stop(seconds=_STOP_SECONDS)
            server.close()
    say("stopped; what lay in the temporary folder is erased")


def listen(port: int) -> socket.socket:
    """Listen on the loopback address; port 0 takes one that is free.  Raises :class:`InputError`."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "nt":  # there, another program could take the same port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)  # type: ignore[attr-defined,unused-ignore]
        listening.bind((LOOPBACK, port))
        listening.listen(64)
    except OSError as error:
        listening.close()
        reason = (error.strerror or "cannot listen there").lower()
        raise InputError(f"--port {port}: {reason}", hint="leave --port out: a free one is found") from None
    return listening


def make_server(app: Any, listening: socket.socket) -> Any:
    """Make the web server on a socket that listens; its own log would name addresses and show tracebacks."""
    server = waitress.create_server(
        app, sockets=[listening], threads=4, ident="clew", max_request_body_size=_MAX_UPLOAD_BYTES
    )
    for name in ("waitress", "waitress.queue"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [logging.NullHandler()], False
    return server


def _run(server: Any, state: State, work: Work, idle_seconds: float) -> None:
    """Answer requests; ``server.run()`` would never look up to see that it is time to end."""
    ends = None
    while ends is None or time.monotonic() < ends:
        server.asyncore.loop(timeout=0.25, map=server._map, count=1)
        if ends is not None:
            continue
        if state.stopped.is_set():
            ends = time.monotonic() + _LAST_ANSWERS_SECONDS
        elif not work.is_busy and time.monotonic() - max(state.last_asked, work.last_ended) > idle_seconds:
            say(f"nobody has used the page for {idle_seconds / 60:.0f} minutes")
            return


@contextlib.contextmanager
def private_place() -> Iterator[Path]:
    """Make a folder for what is uploaded, for this user alone, and erase it at the end.

    What a desk left that was killed is erased first.  Libraries put their temporary files there, too.
    """
    _sweep()
    place = private_folder(Path(tempfile.mkdtemp(prefix=_PREFIX)))
    before = tempfile.tempdir
    tempfile.tempdir = str(place)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as alive:
        alive.bind((LOOPBACK, 0))  # nobody listens: whoever finds the port taken knows that a desk holds it
        (place / "port").write_text(str(alive.getsockname()[1]), encoding="ascii")
        try:
            yield place
        finally:
            tempfile.tempdir = before
            shutil.rmtree(place, ignore_errors=True)
            if place.exists():
                say(f"warning: {place} could not be erased; remove it by hand")


def _sweep() -> None:
    """Erase the folders of desks that were killed: nobody holds the port any more that stands there."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            if hasattr(os, "getuid") and left.lstat().st_uid != os.getuid():
                continue
            port = int((left / "port").read_text(encoding="ascii"))
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as asking:
                asking.bind((LOOPBACK, port))  # refused while its desk is open
            shutil.rmtree(left, ignore_errors=True)
