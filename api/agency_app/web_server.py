"""waitress as this unit runs it: its own errors are problem documents, and overload is answered at once.

What reaches the app is answered by the app.  Here is answered what does not: a head that cannot be read, a
body beyond every limit, and a request that would have to wait behind more than the unit takes in.
"""

import functools
import logging
import threading
from http import HTTPStatus
from typing import Any, ClassVar

import waitress  # type: ignore[import-untyped]
from flask import Flask
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.parser import HTTPRequestParser  # type: ignore[import-untyped]
from waitress.task import ErrorTask  # type: ignore[import-untyped]

from api.agency_app.problems import PROBLEM_TYPE, RefusedError, problem_headers
from api.config import Settings
from api.logs import quiet_waitress
from linkage.wire.canonical import canonical
from linkage.wire.limits import MAX_CHUNK_BYTES

__all__ = ["MAX_HEAD_BYTES", "make_server"]

MAX_HEAD_BYTES = 16 * 1024
"""Request line and headers together."""

_access = logging.getLogger("clew.access")


class _Refused:
    """Stands where waitress puts its own errors; only the status counts."""

    def __init__(self, code: int) -> None:
        self.code = code


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """Refuses a request once its head has been read, while too many wait: its body is never read."""

    def __init__(self, adj: Any, queue: Any, waiting: int) -> None:
        super().__init__(adj)
        self.error: Any = None
        self._queue = queue
        self._waiting = waiting

    def received(self, data: bytes) -> int:
        in_head = self.body_rcv is None
        if in_head and (self.header_plus + data).lstrip(b"\r\n")[:1].isspace():
            self._refuse(400)  # waitress would read on behind the space
            return len(data)
        taken = int(super().received(data))
        if self.headers_finished and in_head and not self.error and len(self._queue) >= self._waiting:
            self._refuse(503)
        # What follows a refused head is a body that nobody reads, not another request.
        return len(data) if self.error else taken

    def _refuse(self, code: int) -> None:
        self.error = _Refused(code)
        self.completed = True
        self.expect_continue = False


class _ProblemTask(ErrorTask):  # type: ignore[misc]
    """Answers what waitress refused; nothing of the request is repeated."""

    _NAMES: ClassVar[dict[int, str]] = {
        400: "malformed",
        413: "too-large",
        431: "headers-too-large",
        500: "fault",
        501: "unknown-coding",
        503: "overloaded",
    }

    def execute(self) -> None:
        refused = RefusedError(self._NAMES.get(self.request.error.code, "malformed"))
        status = refused.problem.status
        body = canonical(refused.problem)
        self.status = f"{status} {HTTPStatus(status).phrase}"
        self.response_headers.extend(problem_headers(refused).items())
        self.response_headers.append(("Content-Type", PROBLEM_TYPE))
        self.response_headers.append(("Cache-Control", "no-store"))
        self.response_headers.append(("X-Content-Type-Options", "nosniff"))
        self.set_close_on_finish()
        self.content_length = len(body)
        _access.info("- - %d - 0ms", status)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    """Answers what is refused in the thread that reads: the others may all be busy, which is why."""

    error_task_class = _ProblemTask
    waiting: ClassVar[int]
    reader = 0
    refused = False

    def parser_class(self, adj: Any) -> _Parser:
        return _Parser(adj, self.server.task_dispatcher.queue, self.waiting)

    def received(self, data: bytes) -> bool:
        self.reader = threading.get_ident()
        more = bool(super().received(data))
        if self.refused:  # not within: the lock that is held there is taken again
            self.refused = False
            self.service()
        return more


def _add_task(dispatcher: Any, channel: _Channel) -> None:
    """Queue a request for a thread, or mark its channel as one with something refused."""
    if channel.requests[0].error and channel.reader == threading.get_ident():
        channel.refused = True
    else:
        dispatcher.add_task(channel)


def make_server(app: Flask, settings: Settings, *, host: str, port: int) -> Any:
    """Make a server that listens; raises :class:`OSError` where it cannot."""
    server = waitress.create_server(
        app,
        host=host,
        port=port,
        threads=settings.service.threads,
        ident="clew",
        max_request_header_size=MAX_HEAD_BYTES,
        max_request_body_size=MAX_CHUNK_BYTES + 1024,
        inbuf_overflow=MAX_CHUNK_BYTES + 64 * 1024,
    )
    channel = type("_UnitChannel", (_Channel,), {"waiting": settings.limits.waiting})
    # A host name may stand for several addresses, each of which is listened on by a server of its own.
    for one in (getattr(server, "map", None) or {0: server}).values():
        if hasattr(one, "channel_class"):
            one.channel_class = channel
            one.add_task = functools.partial(_add_task, one.task_dispatcher)
    quiet_waitress()
    return server
