"""Load: many agencies at once against ``clew register serve`` on this machine, signatures on.

``python -m benchmarks.load`` prints a table, then JSON.  Clients run in processes of their own, on the same
cores as the service: figures are a floor for a machine whose agencies are elsewhere.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from linkage.wire.canonical import canonical
from linkage.wire.manifest import read_signature, sign_manifest
from linkage.wire.submission import Chunk, Registration
from tests.support import databases, postgresql
from tests.support.killing import service
from tests.support.quick_client import DroppedError, QuickClient
from tests.support.unit import Desk, Unit, make_sent, make_unit

MIB = 1024 * 1024


@dataclass(frozen=True)
class Figures:
    """What came of one run; times in seconds."""

    database: str
    agencies: int
    chunk_bytes: int
    requests: int
    errors: int
    told_to_wait: int
    seconds: float
    chunks_per_second: float
    put_p50: float
    put_p90: float
    put_p99: float
    put_max: float


def _large(unit: Unit, desk: Desk, chunks: int, size: int) -> tuple[str, bytes, list[bytes]]:
    """A registration of random chunks: what is measured never opens them, nor is it committed."""
    from msgspec import structs

    sent = make_sent(unit, desk)
    encodings, payload = sent.manifest.parts
    pieces = [secrets.token_bytes(size) for _ in range(chunks)]
    whole = b"".join(pieces)
    part = structs.replace(
        payload, size=len(whole), sealed_size=len(whole), sha256=hashlib.sha256(whole[::-1]).hexdigest(),
        sealed_sha256=hashlib.sha256(whole).hexdigest(),
    )  # fmt: skip
    counts = structs.replace(sent.manifest.counts, children=max(3, len(whole) // 2000))
    manifest = structs.replace(sent.manifest, parts=(encodings, part), counts=counts)
    text = canonical(manifest)
    small = [sent.parts["encodings"]]

    def listed(ones: list[bytes]) -> tuple[Chunk, ...]:
        return tuple(Chunk(sha256=hashlib.sha256(one).hexdigest(), size=len(one)) for one in ones)

    registration = Registration(
        manifest=text.decode(),
        signature=read_signature(sign_manifest(text, desk.key)),
        encodings=listed(small),
        payload=listed(pieces),
    )
    return hashlib.sha256(text).hexdigest(), canonical(registration), [*small, *pieces]


def _agency(
    url: str, key: bytes, work: tuple[str, bytes, list[bytes]], out: "multiprocessing.Queue[object]"
) -> None:
    """Register, send every chunk, commit; put how long each took and what was answered."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    submission, registration, pieces = work
    answers: Counter[int] = Counter()
    times: list[float] = []
    with QuickClient(url, Ed25519PrivateKey.from_private_bytes(key), timeout=60) as client:

        def ask(method: str, path: str, body: bytes = b"") -> None:
            while True:
                began = time.monotonic()
                try:
                    status = client.call(method, path, body).status
                except DroppedError:
                    status = 0
                times.append(time.monotonic() - began) if method == "PUT" else None
                answers[status] += 1
                if status not in {429, 503}:
                    return
                time.sleep(0.2)

        ask("POST", "/v1/submissions", registration)
        for piece in pieces:
            ask("PUT", f"/v1/submissions/{submission}/chunks/{hashlib.sha256(piece).hexdigest()}", piece)
        ask("POST", f"/v1/submissions/{submission}/commit")
    out.put((dict(answers), times))


def measure(place: Path, *, agencies: int, chunks: int, size: int, database: str = "sqlite") -> Figures:
    """Let so many agencies submit so many chunks each, all at once."""
    unit = make_unit(place / "data")
    desks = [unit.enrol(Desk(f"E{number:03d}", "council")) for number in range(agencies)]
    works = [_large(unit, desk, chunks, size) for desk in desks]
    served = service(unit.folder.root, place)
    url = served.serve()
    assert url is not None
    context = multiprocessing.get_context("fork")
    out: multiprocessing.Queue[tuple[dict[int, int], list[float]]] = context.Queue()
    clients = [
        context.Process(target=_agency, args=(url, desk.key.private_bytes_raw(), work, out))
        for desk, work in zip(desks, works, strict=True)
    ]
    began = time.monotonic()
    for client in clients:
        client.start()
    found = [out.get(timeout=600) for _ in clients]
    seconds = time.monotonic() - began
    for client in clients:
        client.join()
    served.terminate()
    answers: Counter[int] = Counter()
    for said, _ in found:
        answers.update(said)
    times = sorted(one for _, each in found for one in each)
    waited = answers[429] + answers[503]
    good = sum(number for status, number in answers.items() if 200 <= status < 300)
    return Figures(
        database=database,
        agencies=agencies,
        chunk_bytes=size,
        requests=answers.total(),
        errors=answers.total() - good - waited,
        told_to_wait=waited,
        seconds=round(seconds, 2),
        chunks_per_second=round(len(times) / seconds, 1),
        put_p50=round(_quantile(times, 0.5), 3),
        put_p90=round(_quantile(times, 0.9), 3),
        put_p99=round(_quantile(times, 0.99), 3),
        put_max=round(times[-1], 3),
    )


def _quantile(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(share * len(times)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agencies", type=int, default=32)
    parser.add_argument("--chunks", type=int, default=16, help="chunks of each agency")
    parser.add_argument("--size", type=int, default=MIB)
    given, before = parser.parse_args(), round(os.getloadavg()[0], 1)
    figures = []
    for kind in databases.KINDS:
        if kind == "postgresql" and postgresql.why_not() is not None:
            continue
        with tempfile.TemporaryDirectory() as place, databases.using(kind):
            work = {"agencies": given.agencies, "chunks": given.chunks, "size": given.size}
            figures.append(measure(Path(place), database=kind, **work))
    table = Table(
        "database",
        "requests",
        "errors",
        "waits",
        "PUT/s",
        "p50",
        "p90",
        "p99",
        "max",
    )
    for one in figures:
        cells = (one.requests, one.errors, one.told_to_wait, one.chunks_per_second)
        times = (f"{value:.2f} s" for value in (one.put_p50, one.put_p90, one.put_p99, one.put_max))
        table.add_row(one.database, *map(str, cells), *times)
    Console(file=sys.stderr).print(table)
    machine = {"cores": os.cpu_count(), "load_before": before}
    print(json.dumps({**machine, "figures": [asdict(one) for one in figures]}))


if __name__ == "__main__":
    main()
