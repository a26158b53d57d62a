"""A private PostgreSQL server of the test process, from installed binaries.

It listens on a Unix socket in a folder of its own, is made when the first test asks for it, and ends with the
process that made it, however that one ends.
"""

import atexit
import contextlib
import functools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL

_BINARIES = Path("/usr/lib/postgresql")
_ACCOUNT = "postgres"
_OWNER = "clew"


@dataclass(frozen=True)
class Server:
    """A running server; whoever reaches its socket is whom he says."""

    socket: Path

    def url(self, database: str, *, user: str = _OWNER) -> URL:
        return URL.create(
            "postgresql+psycopg", username=user, database=database, query={"host": str(self.socket)}
        )

    def connect(self, database: str = "postgres", *, user: str = _OWNER) -> "psycopg.Connection[Any]":
        return psycopg.connect(host=str(self.socket), dbname=database, user=user, autocommit=True)

    def run(self, statement: str, *, database: str = "postgres") -> None:
        with self.connect(database) as connection:
            connection.execute(statement.encode())


def pooler_program() -> str | None:
    """Return where pgbouncer is, or None."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


@contextlib.contextmanager
def pooler(*, connections: int) -> Iterator[str]:
    """Run a pgbouncer of transactions in front of the server; yields the address of its socket."""
    program, behind = pooler_program(), server()
    assert program is not None
    place = Path(tempfile.mkdtemp(prefix="clew-pgb-", dir=_memory()))
    settings = place / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n* = host={behind.socket} user={_OWNER}\n"
        f"[pgbouncer]\nlisten_addr =\nlisten_port = 6432\n"
        f"unix_socket_dir = {place}\nauth_type = any\npool_mode = transaction\n"
        f"default_pool_size = {connections}\n"
    )
    command = [*_as_account(place), *_ending_with_this_process(), program, str(settings)]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            if (place / ".s.PGSQL.6432").exists():
                break
            assert process.poll() is None, "pgbouncer did not start"
            time.sleep(0.05)
        yield f"{place}:6432"
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(place, ignore_errors=True)


def why_not() -> str | None:
    """Say why no server can be started here, or return None."""
    if _binaries() is None:
        return "PostgreSQL 15 or newer is not installed: run scripts/install-test-tools as root"
    return None


@functools.cache
def _binaries() -> Path | None:
    found = sorted(
        (int(one.parents[1].name), one.parent)
        for one in _BINARIES.glob("*/bin/initdb")
        if one.parents[1].name.isdigit() and int(one.parents[1].name) >= 15
    )
    if found:
        return found[-1][1]
    on_path = shutil.which("initdb")
    return None if on_path is None else Path(on_path).parent


@functools.cache
def server() -> Server:
    """Return this process's server, which is started by the first call."""
    binaries = _binaries()
    assert binaries is not None
    # Not pytest's folder: a socket's path may have 107 characters, and the server's account must reach it.
    place = Path(tempfile.mkdtemp(prefix="clew-pg-", dir=_memory()))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    as_account = _as_account(place)
    data = place / "data"
    subprocess.run(
        [*as_account, binaries / "initdb", "-D", data, "-U", _OWNER, "-A", "trust",
         "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"],
        check=True, capture_output=True, cwd=place,
    )  # fmt: skip
    settings = {
        "listen_addresses": "", "unix_socket_directories": str(place), "shared_buffers": "32MB",
        "log_error_verbosity": "terse", "autovacuum": "off", "max_wal_size": "1GB",
    }  # fmt: skip
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            [*as_account, *_ending_with_this_process(), binaries / "postgres", "-D", data,
             *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, cwd=place,
        )  # fmt: skip
    atexit.register(_end, process)
    made = Server(place)
    _wait_until_ready(made, process)
    return made


def _memory() -> Path | None:
    """Return a folder in memory: a disk syncs hundreds of files for the databases of each test."""
    memory = Path("/dev/shm")
    there = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1024**3
    return memory if there else None


def _as_account(place: Path) -> list[str]:
    """Return what a command is preceded by: PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return []
    shutil.chown(place, _ACCOUNT, _ACCOUNT)
    return ["setpriv", f"--reuid={_ACCOUNT}", f"--regid={_ACCOUNT}", "--init-groups"]


def _ending_with_this_process() -> list[str]:
    """A test process that is killed runs no atexit: the kernel then tells the server to shut down at once."""
    return [] if shutil.which("setpriv") is None else ["setpriv", "--pdeathsig=QUIT"]


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(3)  # SIGQUIT: the data goes with it, so there is nothing to write before
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until_ready(made: Server, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        try:
            made.connect().close()
        except psycopg.OperationalError:
            assert process.poll() is None, (made.socket / "log").read_text()
            time.sleep(0.1)
        else:
            return
    raise AssertionError("PostgreSQL did not start")
