"""The real web server on a free port of this machine, in a thread."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api.agency_app.app import create_app
from api.agency_app.service import open_service
from api.agency_app.web_server import make_server

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Any]


@contextmanager
def serving(data: Path, around: Callable[[WsgiApp], WsgiApp] = lambda app: app) -> Iterator[str]:
    service = open_service(data)
    server = make_server(around(create_app(service)), service.settings, host="127.0.0.1", port=0)
    try:
        with running(server) as url:
            yield url
    finally:
        service.close()


@contextmanager
def running(server: Any) -> Iterator[str]:
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            server.asyncore.loop(timeout=0.05, map=server._map, count=1)

    thread = threading.Thread(target=run, name="server")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        stop.set()
        thread.join(10)
        server.task_dispatcher.shutdown()
        server.asyncore.close_all(server._map)
        assert not thread.is_alive()
