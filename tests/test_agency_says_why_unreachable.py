"""A linkage unit that cannot be reached: the error names host and port, what happened, and no more."""

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cli.agency import client as client_module
from cli.agency.client import Unit
from keys.identity import create_identity
from linkage.errors import InputError

SECRET = "a-path-of-somebody"
YEAR = dt.timedelta(days=365)


def _why(url: str, transport: httpx.BaseTransport | None = None) -> InputError:
    """Ask a unit for its status; returns why it was not reached."""
    with (
        Unit(f"{url}/{SECRET}", create_identity(), transport=transport, sleep=lambda _: None) as unit,
        pytest.raises(InputError) as refused,
    ):
        unit.status()
    assert SECRET not in str(refused.value)
    assert refused.value.hint
    return refused.value


@contextlib.contextmanager
def _listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def _port(server: socket.socket) -> int:
    return int(server.getsockname()[1])


def test_a_name_that_nobody_knows() -> None:
    error = _why("https://unit.clew.invalid")
    assert "the linkage unit at unit.clew.invalid:443 cannot be reached: " in error.message
    assert error.message.endswith(("the name is unknown", "no name server says where that name is"))


def test_a_port_where_nothing_listens() -> None:
    with _listening() as server:
        port = _port(server)
    error = _why(f"http://127.0.0.1:{port}")
    assert error.message == (
        f"the linkage unit at 127.0.0.1:{port} cannot be reached: the connection was refused"
    )
    assert "it goes on where it stopped" in error.hint


def test_something_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_TIMEOUT", httpx.Timeout(0.05))
    with _listening() as server:
        error = _why(f"http://127.0.0.1:{_port(server)}")
    assert error.message.endswith("it was connected and did not answer in time")


def test_an_address_of_ipv6_is_written_as_one() -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("lost", request=request)

    error = _why("https://[2001:db8::1]", httpx.MockTransport(lost))
    assert error.message.startswith("the linkage unit at [2001:db8::1]:443 cannot be reached: the connection")


def test_something_that_speaks_no_tls() -> None:
    with _listening() as server, _answering(server, None):
        error = _why(f"https://127.0.0.1:{_port(server)}")
    assert error.message.endswith("it does not speak TLS as this machine does")


def _certificate(folder: Path, *, ends: dt.timedelta, address: str = "127.0.0.1") -> Path:
    """Write a certificate that signs itself and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made up")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * YEAR)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextlib.contextmanager
def _answering(server: socket.socket, certificate: Path | None) -> Iterator[None]:
    """Answer connections with TLS, or with what is none."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection, contextlib.suppress(OSError):
                    if certificate is None:
                        connection.sendall(b"220 something else\r\n")
                        connection.recv(4096)
                        continue
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain(certificate)
                    context.wrap_socket(connection, server_side=True).close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize(
    ("ends", "address", "trusted", "what"),
    [
        (YEAR, "127.0.0.1", False, "is not trusted by this machine"),
        (-YEAR, "127.0.0.1", True, "has expired"),
        (YEAR, "127.0.0.2", True, "is for another address"),
    ],
)
def test_a_certificate_that_does_not_hold(
    tmp_path: Path,
    ends: dt.timedelta,
    address: str,
    trusted: bool,
    what: str,
) -> None:
    certificate = _certificate(tmp_path, ends=ends, address=address)
    context = ssl.create_default_context(cafile=certificate if trusted else None)
    with _listening() as server, _answering(server, certificate):
        port = _port(server)
        error = _why(f"https://127.0.0.1:{port}", httpx.HTTPTransport(verify=context))
    assert error.message == f"the linkage unit at 127.0.0.1:{port} cannot be reached: its certificate {what}"
