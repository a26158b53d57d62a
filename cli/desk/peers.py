"""Whose a connection from this machine is, where the system tells it."""

import os
import socket
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

__all__ = ["account_of", "is_own_connection"]

_TABLE: Final = Path("/proc/net/tcp")
_ROOT: Final = 0


def is_own_connection(environ: Mapping[str, Any], host: str) -> bool:
    """Tell whether a request comes from this process's own account, or from who may do anything here anyway.

    ``host`` is the address and port that are served.  On Linux everybody can read in the list of processes
    which address a browser was begun with, and so the token in it.  Where the system does not tell whose a
    connection is, nothing is known and true is returned.
    """
    try:
        table = _TABLE.read_text(encoding="ascii") if hasattr(os, "getuid") else ""
    except OSError:
        return True
    own = _written(environ.get("REMOTE_ADDR") or "", environ.get("REMOTE_PORT") or "")
    account = account_of(table, own, _written(*host.split(":")))
    return account is None or account in (_ROOT, os.getuid())


def account_of(table: str, own: str, other: str) -> int | None:
    """Return the account of the socket with these two ends, as the kernel writes them; None if not there.

    ``table`` is the text of ``/proc/net/tcp`` (proc(5)).
    """
    for local, remote, account in _lines(table):
        if (local, remote) == (own, other):
            return account
    return None


def _lines(table: str) -> Iterator[tuple[str, str, int]]:
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 7 and fields[7].isdecimal():
            yield fields[1], fields[2], int(fields[7])


def _written(address: str, port: str) -> str:
    """Return an end of a connection as the kernel writes it: the address in the machine's own byte order."""
    number = struct.unpack("=I", socket.inet_aton(address or "0.0.0.0"))[0]  # noqa: S104 (nothing listens there)
    return f"{number:08X}:{int(port or 0):04X}"
