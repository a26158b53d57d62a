"""``clew register serve`` and ``work``: the three processes of a unit."""

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Literal

import click

from api.clock import utc_now
from api.config import Settings, read_settings
from api.folders import DataFolder, open_data_folder
from api.heartbeats import Pulse
from api.logs import start_logging
from api.manage.options import data_option, given_file, opened_register
from api.metrics import ServiceMetrics, WorkerMetrics, serve_metrics
from api.store.bodies import write_whole
from api.store.database import Database
from api.unsafe_settings import address, filesystem_findings, is_loopback
from api.worker import Worker
from linkage.errors import InputError

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from api.linking_worker import LinkingWorker
    from api.register_worker import RegisterWorker

__all__ = ["bracketed", "port_of", "ready", "serve", "terminating", "work"]

_log = logging.getLogger("clew.process")

_STOPPING_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP")


metrics_option = click.option(
    "--metrics",
    metavar="HOST:PORT",
    help="Where to answer Prometheus; as in [metrics] of unit.toml if not given.",
)


@click.command()
@data_option
@click.option("--host", help="The address to listen on; as in unit.toml if not given.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.")
@click.option(
    "--outside",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="A checkpoint kept elsewhere, or a folder of them (*.txt); nothing is signed behind it.",
)
@click.option("--ready-file", type=given_file, help="Where to write the URL once requests are served.")
@metrics_option
def serve(
    data: Path,
    host: str | None,
    port: int | None,
    outside: tuple[Path, ...],
    ready_file: Path | None,
    metrics: str | None,
) -> None:
    """Serve the agencies' API until told to stop."""
    # Here and not above: the workers need neither Flask nor a web server.
    from api.agency_app.app import create_app
    from api.agency_app.service import open_service
    from api.agency_app.web_server import make_server

    service = open_service(data, outside=outside)
    start_logging(service.settings.log.form)
    _caution(service.folder)
    set_host, set_port = _listening(service.settings)
    host, port = host or set_host, set_port if port is None else port
    if not service.settings.service.behind_tls_proxy and not is_loopback(host):
        raise InputError(
            "--host: requests would cross the network in clear",
            hint="listen on 127.0.0.1, or put a proxy that ends TLS in front and say so in unit.toml",
        )
    counted = ServiceMetrics()
    counted.watch_unit(
        service.database,
        service.folder.root,
        service.folder.heartbeats,
        service.clock,
        service.settings.batches.link,
    )
    try:
        server = make_server(create_app(service, counted), service.settings, host=host, port=port)
    except OSError as error:
        reason = (error.strerror or "cannot listen there").lower()
        raise InputError(f"--host, --port: {reason}", hint="choose another port") from None
    url = f"http://{bracketed(host)}:{port_of(server)}"
    try:
        with (
            _answering(counted.registry, service.settings, "service", metrics),
            ready(ready_file, url),
            terminating(),
        ):
            _log.info("serving %s", url)
            server.run()
    finally:
        server.close()
        service.close()
    _log.info("stopped")


def _listening(settings: Settings) -> tuple[str, int]:
    found = address(settings.service.listen)
    if found is None:
        raise InputError("[service] listen: not an address and a port", hint="mend it in unit.toml")
    return found


def _caution(folder: DataFolder) -> None:
    """Log what is doubtful about the place of the data folder; see `clew register config check`."""
    for found in filesystem_findings(folder):
        _log.warning("caution: %s; %s", found.what, found.hint)


@contextmanager
def _answering(
    registry: "CollectorRegistry", settings: Settings, process: str, given: str | None
) -> Iterator[None]:
    """Answer Prometheus, if the command or the settings say where."""
    text = given or getattr(settings.metrics, process)
    if not text:
        yield
        return
    found = address(text)
    if found is None:
        raise InputError("--metrics: not an address and a port", hint="give 127.0.0.1:9464 or the like")
    if not is_loopback(found[0]) and not settings.metrics.beyond_loopback:
        raise InputError(
            "--metrics: whoever reaches that address could read the unit's counts",
            hint="use 127.0.0.1, or set beyond_loopback = true under [metrics] in unit.toml",
        )
    with serve_metrics(registry, *found) as port:
        _log.info("metrics at http://%s:%d/metrics", bracketed(found[0]), port)
        yield


def port_of(server: object) -> int:
    """Return the port that a server really listens on; one that listens twice has a list of them."""
    several = getattr(server, "effective_listen", None)
    return int(several[0][1]) if several else int(getattr(server, "effective_port"))  # noqa: B009


def bracketed(host: str) -> str:
    """Return a host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


@contextmanager
def ready(path: Path | None, url: str) -> Iterator[None]:
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
def terminating() -> Iterator[None]:
    """Let SIGTERM end the server as Ctrl-C does: requests in hand are answered first."""

    def end(_number: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@click.command()
@click.argument("which", type=click.Choice(["linking", "register"]))
@data_option
@click.option("--once", is_flag=True, help="End when nothing is left that this worker can get to.")
@metrics_option
def work(which: Literal["linking", "register"], data: Path, metrics: str | None, *, once: bool) -> None:
    """Run one of the two workers until told to stop.

    Run one process of each, in production under an account of its own.
    """
    stop = threading.Event()
    folder = open_data_folder(data)
    settings = read_settings(folder.settings)
    start_logging(settings.log.form)
    _caution(folder)
    counted = WorkerMetrics()
    with ExitStack() as open_:
        open_.enter_context(_answering(counted.registry, settings, which, metrics))
        pulse = open_.enter_context(Pulse(folder.heartbeats, which, utc_now))
        open_.enter_context(_stopping(stop))
        worker = open_.enter_context(_worker(which, data))
        worker.watches = (pulse, counted)
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
            yield handlers.worker(_log.info)
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
