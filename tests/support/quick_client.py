"""A signing client over one plain socket: light enough that thousands of requests cost the server, not us."""

import base64
import hashlib
import secrets
import socket
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from linkage.wire.http import COVERED_COMPONENTS, KEY_COMPONENT, SIGNATURE_LABEL, SIGNATURE_TAG
from linkage.wire.signing import public_text


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes


class DroppedError(Exception):
    """The connection ended before a whole answer had come."""


@dataclass
class QuickClient:
    """Keeps one connection; after a :class:`DroppedError` the next request makes another."""

    url: str
    key: Ed25519PrivateKey
    timeout: float = 30.0
    _socket: socket.socket | None = None
    _keyid: str = field(init=False)

    def __post_init__(self) -> None:
        self._keyid = public_text(self.key.public_key())

    def __enter__(self) -> "QuickClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def call(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        return self.send(self.signed(method, path, body, headers))

    def signed(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> bytes:
        """A whole request as it goes over the wire."""
        host = urlsplit(self.url).netloc
        target, _, query = path.partition("?")
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        key = (headers or {}).get("Idempotency-Key")
        covered = " ".join(f'"{name}"' for name in (*COVERED_COMPONENTS, *([KEY_COMPONENT] if key else [])))
        parameters = (
            f"({covered});created={int(time.time())}"
            f';keyid="{self._keyid}";alg="ed25519";nonce="{secrets.token_urlsafe(18)}";tag="{SIGNATURE_TAG}"'
        )
        base = (
            f'"@method": {method}\n"@authority": {host}\n"@path": {target}\n"@query": ?{query}\n'
            f'"content-digest": {digest}\n'
            + (f'"{KEY_COMPONENT}": {key}\n' if key else "")
            + f'"@signature-params": {parameters}'
        )
        signature = base64.b64encode(self.key.sign(base.encode())).decode()
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {host}",
            f"Content-Length: {len(body)}",
            f"Content-Digest: {digest}",
            f"Signature-Input: {SIGNATURE_LABEL}={parameters}",
            f"Signature: {SIGNATURE_LABEL}=:{signature}:",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def send(self, request: bytes) -> Answer:
        try:
            connection = self._connection()
            connection.sendall(request)
            return self._answer(connection)
        except OSError as error:
            self.close()
            raise DroppedError(type(error).__name__) from None
        except DroppedError:
            self.close()
            raise

    def send_and_drop(self, request: bytes) -> None:
        """Send a request and go away without reading what is answered."""
        connection = self._connection()
        connection.sendall(request)
        self.close()

    def _connection(self) -> socket.socket:
        if self._socket is None:
            parts = urlsplit(self.url)
            self._socket = socket.create_connection((parts.hostname, parts.port), timeout=self.timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _answer(self, connection: socket.socket) -> Answer:
        data = b""
        while b"\r\n\r\n" not in data:
            data += _more(connection)
        head, _, content = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        status = int(first.split()[1])
        length = 0 if status == 204 else int(headers["content-length"])
        while len(content) < length:
            content += _more(connection)
        if headers.get("connection") == "close":
            self.close()
        return Answer(status, headers, content)


def _more(connection: socket.socket) -> bytes:
    if not (piece := connection.recv(65536)):
        raise DroppedError("closed")
    return piece
