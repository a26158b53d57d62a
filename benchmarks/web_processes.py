"""Chunks a second that so many web processes take of many agencies at once, on PostgreSQL."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.load import MIB, _agency, _large
from tests.support.processes import ROOT
from tests.support.unit import Desk, make_unit, set_limits

__all__ = ["requests_a_second"]


@contextmanager
def _serving(data: Path, processes: int) -> Iterator[str]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    app = f"api.agency_app.app:load_app('{data}')"
    settings = ["-c", "python:api.gunicorn_settings", "--workers", str(processes)]
    command = [sys.executable, "-m", "gunicorn", *settings, "--bind", f"127.0.0.1:{port}", app]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=ROOT, env=dict(os.environ))
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(trust_env=False) as http:
            for _ in range(1200):
                try:
                    if http.get(f"{url}/healthz").status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.05)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def requests_a_second(processes: int, *, agencies: int, chunks: int, size: int = MIB // 4) -> float:
    """Let so many agencies send so many chunks each, all at once; clients use the same cores."""
    with tempfile.TemporaryDirectory() as place:
        unit = make_unit(Path(place) / "data")
        set_limits(unit.folder, in_flight=8)
        desks = [unit.enrol(Desk(f"E{number:03d}", "council")) for number in range(agencies)]
        works = [_large(unit, desk, chunks, size) for desk in desks]
        context = multiprocessing.get_context("fork")
        out: multiprocessing.Queue[tuple[dict[int, int], list[float]]] = context.Queue()
        with _serving(unit.folder.root, processes) as url:
            clients = [
                context.Process(target=_agency, args=(url, desk.key.private_bytes_raw(), work, out))
                for desk, work in zip(desks, works, strict=True)
            ]
            began = time.monotonic()
            for client in clients:
                client.start()
            found = [out.get(timeout=1200) for _ in clients]
            seconds = time.monotonic() - began
            for client in clients:
                client.join()
    return sum(len(times) for _, times in found) / seconds
