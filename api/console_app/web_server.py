"""waitress as it serves the console: small requests, nothing of them in a log."""

from typing import Any

import waitress  # type: ignore[import-untyped]
from flask import Flask

from api.config import ConsoleSettings
from api.logs import quiet_waitress

__all__ = ["make_console_server"]

_MAX_HEAD_BYTES = 16 * 1024
_MAX_BODY_BYTES = 512 * 1024


def make_console_server(app: Flask, settings: ConsoleSettings, *, host: str, port: int) -> Any:
    """Make a server that listens; raises :class:`OSError` where it cannot."""
    server = waitress.create_server(
        app,
        host=host,
        port=port,
        threads=settings.threads,
        ident="clew",
        max_request_header_size=_MAX_HEAD_BYTES,
        max_request_body_size=_MAX_BODY_BYTES,
        clear_untrusted_proxy_headers=False,  # the app reads the one header, and only behind a proxy
    )
    quiet_waitress()
    return server
