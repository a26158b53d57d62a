"""``clew register serve`` and ``work``: the three processes of a unit."""

import ipaddress
import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Literal

import click

from api.clock import utc_now
from api.folders import DataFolder
from api.manage.options import data_option, given_file, opened_register, say
from api.store.bodies import write_whole
from api.store.database import Database
from api.worker import Worker
from linkage.errors import InputError
from linkage.wire.limits import MAX_CHUNK_BYTES

if TYPE_CHECKING:
    from api.linking_worker import LinkingWorker
    from api.register_worker import RegisterWorker

__all__ = ["serve", "work"]

_STOPPING_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP")


@click.command()
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, help="The port; 0 takes a free one.")
@click.option(
    "--outside",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="A checkpoint kept elsewhere, or a folder of them (*.txt); nothing is signed behind it.",
)
@click.option("--ready-file", type=given_file, help="Where to write the URL once requests are served.")
def serve(data: Path, host: str, port: int, outside: tuple[Path, ...], ready_file: Path | None) -> None:
    """Serve the agencies' API until told to stop."""
    # Here and not above: the workers need neither Flask nor a web server.
    import waitress  # type: ignore[import-untyped]

    from api.agency_app.app import create_app
    from api.agency_app.service import open_service

    _log_to_stderr()
    service = open_service(data, outside=outside)
    if not service.settings.service.behind_tls_proxy and not _is_loopback(host):
        raise InputError(
            "--host: requests would cross the network in clear",
            hint="listen on 127.0.0.1, or put a proxy that ends TLS in front and say so in unit.toml",
        )
    try:
        server = waitress.create_server(
            create_app(service),
            host=host,
            port=port,
            threads=service.settings.service.threads,
            ident="clew",
            max_request_body_size=MAX_CHUNK_BYTES + 1024,
            inbuf_overflow=MAX_CHUNK_BYTES + 64 * 1024,
        )
    except OSError as error:
        reason = (error.strerror or "cannot listen there").lower()
        raise InputError(f"--host, --port: {reason}", hint="choose another port") from None
    url = f"http://{_bracketed(host)}:{_port_of(server)}"
    try:
        with _ready(ready_file, url), _terminating():
            say(f"serving {url}")
            server.run()
    finally:
        server.close()
        service.close()
    say("stopped")


def _port_of(server: object) -> int:
    """Return the port that a server really listens on; one that listens twice has a list of them."""
    several = getattr(server, "effective_listen", None)
    return int(several[0][1]) if several else int(getattr(server, "effective_port"))  # noqa: B009


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@contextmanager
def _ready(path: Path | None, url: str) -> Iterator[None]:
    """Show the URL in a file for as long as it is served; the file appears whole."""
    if path is not None:
        with write_whole(path, mode=0o644) as descriptor, open(descriptor, "w", closefd=False) as stream:
            stream.write(f"{url}\n")
    try:
        yield
    finally:
        if path is not None:
            path.unlink(missing_ok=True)


@contextmanager
def _terminating() -> Iterator[None]:
    """Let SIGTERM end the server as Ctrl-C does: requests in hand are answered first."""

    def end(_number: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    formatter = logging.Formatter("%(asctime)sZ %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger = logging.getLogger("clew")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


@click.command()
@click.argument("which", type=click.Choice(["linking", "register"]))
@data_option
@click.option("--once", is_flag=True, help="End when nothing is left that this worker can get to.")
def work(which: Literal["linking", "register"], data: Path, *, once: bool) -> None:
    """Run one of the two workers until told to stop.

    Run one process of each, in production under an account of its own.
    """
    stop = threading.Event()
    with _stopping(stop), _worker(which, data) as worker:
        worker.run(stop, once=once)
        if once and worker.failed:
            raise InputError(
                f"{worker.failed} jobs failed", hint="see `clew register status`, mend it, then retry them"
            )


@contextmanager
def _worker(which: Literal["linking", "register"], data: Path) -> Iterator[Worker]:
    with opened_register(data) as (folder, database):
        handlers = _handlers(which, folder, database)
        try:
            handlers.recover()
            yield handlers.worker(say)
        finally:
            handlers.close()


def _handlers(
    which: Literal["linking", "register"], folder: DataFolder, database: Database
) -> "LinkingWorker | RegisterWorker":
    """Open one worker; the other one's modules are not even loaded."""
    if which == "linking":
        from api.linking_worker import LinkingWorker

        return LinkingWorker(folder, database, utc_now)
    from api.register_worker import RegisterWorker

    return RegisterWorker(folder, database, utc_now)


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    """Let SIGTERM, SIGHUP and Ctrl-C ask the worker to stop: it ends its job or gives it back.

    One that is ignored, as SIGHUP is under nohup, stays so.
    """

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    known = [signal.Signals[name] for name in _STOPPING_SIGNALS if hasattr(signal, name)]
    heeded = [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, ask) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
