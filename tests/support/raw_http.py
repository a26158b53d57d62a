"""HTTP over a plain socket, so that what no client would send can be sent."""

import json
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """``headers`` by name in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    line = socket.create_connection((parts.hostname, parts.port), timeout=30)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def answer_to(url: str, sent: bytes) -> Answer:
    with connected(url) as line:
        line.sendall(sent)
        return read_answer(line)


def read_answer(line: socket.socket, *, head: bool = False) -> Answer:
    """Read one answer; raises :class:`ConnectionError` if the connection ends before it does."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(line)
    start, _, body = data.partition(b"\r\n\r\n")
    first, *fields = start.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in fields)}
    status = int(first.split(" ")[1])
    size = 0 if head or status == 204 else int(headers.get("content-length", "0"))
    while len(body) < size:
        body += _more(line)
    return Answer(status, headers, body[:size])


def _more(line: socket.socket) -> bytes:
    data = line.recv(65536)
    if not data:
        raise ConnectionError("the connection ended")
    return data
