"""What the service and the workers log: our own words and numbers, as text or as JSON lines.

A log never holds an address, a header, a body, a handle, a key or a name.  Our own messages are made of
words, numbers, route templates and agency codes.  Of a fault only its kind and place are logged, for its
message may hold what was being worked on; of what libraries say only who said it, and where.
"""

import json
import logging
import sys
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from linkage.errors import ClewError

__all__ = ["LogForm", "access_fields", "fault_words", "quiet_waitress", "start_logging"]

LogForm = Literal["text", "json"]

_OURS = "clew"
_faults = logging.getLogger("clew.faults")


def fault_words(error: BaseException) -> str:
    """Say of what kind a fault is and where it happened; its message only where it is one of ours."""
    if isinstance(error, ClewError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-6:]]
    return f"{type(error).__name__} at {' > '.join(places)}"


def access_fields(**fields: str | int | float) -> dict[str, Any]:
    """Return what a log call passes on as ``extra``, for a line of JSON to hold one by one."""
    return {"fields": fields}


def start_logging(form: LogForm) -> None:
    """Log to standard error from now on, faults that nothing caught among it; for a process of its own."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if form == "json" else _Text())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda found: _uncaught(found.exc_type, found.exc_value, found.exc_traceback)


class _Quiet(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Log of what kind a fault is, and nothing else."""
        if record.exc_info and record.exc_info[0] is not None:
            _faults.error("the web server met %s", record.exc_info[0].__name__)


def quiet_waitress() -> None:
    """Let waitress log only of what kind its faults are: it would log targets and tracebacks."""
    for name in ("waitress", "waitress.queue"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [_Quiet()], False


def _uncaught(
    kind: type[BaseException], error: BaseException | None, _trace: TracebackType | None = None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    _faults.error("%s", kind.__name__ if error is None else fault_words(error))


def _message(record: logging.LogRecord) -> str:
    """Return a record's message; of a library's only who said it and where."""
    if record.name == _OURS or record.name.startswith(f"{_OURS}."):
        return record.getMessage()
    said = f"message of {record.name} at {record.filename}:{record.lineno}"
    error = record.exc_info[1] if record.exc_info else None
    return said if error is None else f"{said}: {fault_words(error)}"


def _moment(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{record.msecs:03.0f}Z"


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Write one line to read."""
        return f"{_moment(record)} {record.name} {_message(record)}".replace("\n", " ")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Write one line of JSON."""
        content = {
            "at": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _message(record),
            **getattr(record, "fields", {}),
        }
        return json.dumps(content, ensure_ascii=False)
