"""Settings of gunicorn for the agency app: ``gunicorn -c python:api.gunicorn_settings …``.

One process with threads, for SQLite has one writer anyway; on PostgreSQL ``--workers N`` starts several
(docs/operations/database.md, section 7).
gunicorn's own messages name addresses, so they go through our log, which says only where they came from.
"""

import logging
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from api.logs import start_logging

__all__ = [
    "GunicornLog",
    "bind",
    "graceful_timeout",
    "keepalive",
    "logger_class",
    "threads",
    "timeout",
    "worker_class",
    "workers",
]

bind = "127.0.0.1:8080"
workers = 1
worker_class = "gthread"
threads = 8
timeout = 120
graceful_timeout = 30
keepalive = 5


class GunicornLog(Logger):  # type: ignore[misc]
    """Passes gunicorn's warnings and errors on; requests are logged by the app, without addresses."""

    def setup(self, cfg: Any) -> None:  # noqa: ARG002
        """Log as the unit does; the app sets the form that the unit's settings ask for."""
        start_logging("text")
        self.error_log.setLevel(logging.WARNING)
        self.error_log.propagate = True

    def critical(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log where it was said."""
        self.error_log.critical(msg, *args, stacklevel=2, **kwargs)

    def error(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log where it was said."""
        self.error_log.error(msg, *args, stacklevel=2, **kwargs)

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log where it was said."""
        self.error_log.warning(msg, *args, stacklevel=2, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log where it was said, and the kind and place of the fault."""
        self.error_log.exception(msg, *args, stacklevel=2, **kwargs)

    def access(self, *_: Any) -> None:
        """Log no request."""


logger_class = GunicornLog
