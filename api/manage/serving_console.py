"""``clew register console``: the pages for operators, reviewers, information governance and publishers."""

import logging
from pathlib import Path

import click

from api.config import Settings
from api.logs import start_logging
from api.manage.options import data_option, given_file
from api.manage.running import bracketed, port_of, ready, terminating
from api.separation import overlaps
from api.unsafe_settings import address, is_loopback
from linkage.errors import InputError

__all__ = ["console"]

_log = logging.getLogger("clew.process")


@click.command()
@data_option
@click.option(
    "--listen", metavar="HOST:PORT", help="Where to listen; as in [console] of unit.toml if not given."
)
@click.option("--ready-file", type=given_file, help="Where to write the URL once pages are served.")
def console(data: Path, listen: str | None, ready_file: Path | None) -> None:
    """Serve the console until told to stop."""
    # Here and not above: other commands need neither Flask nor a web server.
    from api.console_app.app import create_console
    from api.console_app.service import open_console
    from api.console_app.web_server import make_console_server
    from pages.assets import MissingAssetsError

    service = open_console(data)
    start_logging(service.settings.log.form)
    with service.database.read() as connection:
        for found in overlaps(connection):
            _log.warning("caution: duties are not apart (%s): see the permissions page", found.kind)
    host, port = _listening(service.settings, listen)
    try:
        app = create_console(service)
        server = make_console_server(app, service.own, host=host, port=port)
    except MissingAssetsError:
        service.close()
        raise InputError(
            "the console's style sheet and script are not there",
            hint="run `make assets` in the source, or install clew from a wheel, which holds them",
        ) from None
    except OSError as error:
        service.close()
        reason = (error.strerror or "cannot listen there").lower()
        raise InputError(f"--listen: {reason}", hint="choose another port") from None
    url = _url(service.settings, host, port_of(server))
    try:
        with ready(ready_file, url), terminating():
            _log.info("serving the console at %s", url)
            server.run()
    finally:
        server.close()
        service.close()
    _log.info("stopped")


def _listening(settings: Settings, given: str | None) -> tuple[str, int]:
    found = address(given or settings.console.listen)
    if found is None:
        raise InputError("--listen: not an address and a port", hint="give 127.0.0.1:8090 or the like")
    if not settings.console.behind_tls_proxy and not is_loopback(found[0]):
        raise InputError(
            "--listen: passwords would cross the network in clear",
            hint="listen on 127.0.0.1, or put a proxy that ends TLS in front and say so under [console]",
        )
    return found


def _url(settings: Settings, host: str, port: int) -> str:
    """Return what people type: passkeys know this machine as localhost, and not by a number."""
    if settings.console.host:
        return f"https://{settings.console.host}"
    return f"http://{'localhost' if is_loopback(host) else bracketed(host)}:{port}"
