"""Why the linkage unit was not reached, in words: its host and port, and what became of the connection."""

import errno
import socket
import ssl
from collections.abc import Iterator

import httpx

from linkage.errors import InputError

__all__ = ["unreachable"]

_AGAIN = "run the command again: it goes on where it stopped"
_ADDRESS = f"check the address and {_AGAIN}"
_NETWORK = f"check the address, the network and its proxy, and {_AGAIN}"
_ADMINISTRATORS = "check the address; ask your network's administrators if a proxy opens HTTPS here"
_OPERATOR = "check this machine's clock, and tell the linkage unit's operator if it is right"

_EXPIRED, _NOT_YET, _OTHER_NAME, _OTHER_ADDRESS = 10, 9, 62, 64
"""X509_V_ERR_… of OpenSSL."""

_CERTIFICATES = {
    _EXPIRED: ("has expired", _OPERATOR),
    _NOT_YET: ("is not valid yet", _OPERATOR),
    _OTHER_NAME: ("is for another name", "write the address as the linkage unit's operator gave it"),
    _OTHER_ADDRESS: ("is for another address", "write the address as the linkage unit's operator gave it"),
}
_NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH})


def unreachable(error: httpx.TransportError, url: httpx.URL) -> InputError:
    """Return the error for a unit that gave no answer; of its address it says host and port alone."""
    what, hint = _cause(error)
    return InputError(f"the linkage unit at {_place(url)} cannot be reached: {what}", hint=hint)


def _place(url: httpx.URL) -> str:
    """Return host and port, the port also where it is the usual one."""
    host = url.raw_host.decode("ascii")
    port = url.port or (443 if url.scheme == "https" else 80)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _cause(error: httpx.TransportError) -> tuple[str, str]:
    """Say what went wrong, and what to do about it."""
    for one in _chain(error):
        if isinstance(one, OSError) and (known := _of_system(one)) is not None:
            return known
    if isinstance(error, httpx.ConnectTimeout):
        return "nothing answered in time", _NETWORK
    if isinstance(error, httpx.TimeoutException):
        return "it was connected and did not answer in time", _NETWORK
    if isinstance(error, httpx.ProxyError):
        return "this network's proxy refused", "ask your network's administrators to let the address through"
    return "the connection was lost", _NETWORK


def _of_system(error: OSError) -> tuple[str, str] | None:
    """Say what an error of TLS, of names or of the network means; None for one that says no more."""
    if isinstance(error, ssl.SSLCertVerificationError):
        usual = ("is not trusted by this machine", _ADMINISTRATORS)
        what, hint = _CERTIFICATES.get(error.verify_code, usual)
        return f"its certificate {what}", hint
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS as this machine does", "check the address and its port"
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_AGAIN:
            return "no name server says where that name is", _NETWORK
        return "the name is unknown", _ADDRESS
    if isinstance(error, ConnectionRefusedError):
        return "the connection was refused", f"is the port right, and the service running? {_ADDRESS}"
    if error.errno in _NO_WAY:
        return "no way leads there from this network", _NETWORK
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came from: the libraries wrap the operating system's own."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__
