"""What in a unit's settings, and around its folder, would be unsafe: where, what, and how to mend it."""

import ipaddress
import os
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from api.config import Settings
    from api.folders import DataFolder

__all__ = [
    "Finding",
    "address",
    "filesystem_findings",
    "filesystem_of",
    "folder_findings",
    "is_loopback",
    "is_origin",
    "settings_findings",
]

_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_PORT = re.compile(r"[1-9][0-9]{0,4}")

_FORGETFUL: Final = frozenset({"tmpfs", "ramfs"})
_REMOTE: Final = frozenset(
    {"9p", "afs", "ceph", "cifs", "nfs", "nfs4", "smb3", "smbfs", "vboxsf", "virtiofs"}
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is unsafe: a fault is refused, a caution is said."""

    weight: Literal["fault", "caution"]
    where: str
    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.weight}\t{self.where}\t{self.what}\t{self.hint}"


def address(text: str) -> tuple[str, int] | None:
    """Return host and port of ``HOST:PORT``, or None if it is neither; port 0 takes a free one."""
    host, found, port = text.rpartition(":")
    if not found or not (port == "0" or (_PORT.fullmatch(port) and int(port) < 65536)):
        return None
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if ":" in host and bare == host:
        return None
    return (bare, int(port)) if bare == "localhost" or _is_ip(bare) else None


def is_loopback(host: str) -> bool:
    """Say whether an address is one that only this machine reaches."""
    return host == "localhost" or (_is_ip(host) and ipaddress.ip_address(host).is_loopback)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def settings_findings(settings: "Settings") -> Iterator[Finding]:
    """Yield what is unsafe in the settings themselves."""
    yield from _listening(settings)
    for host in settings.service.hosts:
        if not _is_host(host):
            yield Finding(
                "fault",
                "[service] hosts",
                "an entry is no name that an agency could type",
                'write each as it stands in the URL, without scheme or wildcard: "unit.example.org"',
            )
    if settings.service.behind_tls_proxy and not settings.service.hosts:
        yield Finding(
            "caution",
            "[service] hosts",
            "there is a proxy, and no name that it would pass on",
            "name in hosts what agencies type, or every request of theirs is refused",
        )
    yield from _console(settings)
    yield from _sign_on(settings)
    yield from _metrics(settings)
    yield from _spark(settings)
    yield from _connections(settings)
    limits = settings.limits
    if limits.part_bytes < limits.submission_bytes // 2:
        yield Finding(
            "caution",
            "[limits] part_bytes",
            "a submission within submission_bytes may have a part that is refused for its size",
            "give part_bytes at least half of submission_bytes",
        )


def _connections(settings: "Settings") -> Iterator[Finding]:
    database, threads = settings.database, max(settings.service.threads, settings.console.threads)
    most = database.connections + database.more_connections
    if database.register and most < 2 * threads:
        yield Finding(
            "caution",
            "[database] connections",
            f"{threads} threads may wait for {most} connections, and be answered 503",
            "let connections and more_connections be twice the threads together",
        )


def _spark(settings: "Settings") -> Iterator[Finding]:
    if settings.linkage.engine != "spark":
        return
    spark = settings.spark
    if not spark.staging:
        yield Finding(
            "fault",
            "[spark] staging",
            "no folder in which a cluster finds its rows",
            'name one that all its machines reach, such as "/mnt/shared/clew" or "s3a://bucket/clew"',
        )
    if re.search(r"[;/](token|authorization|x-api-key)=|@", spark.master, re.IGNORECASE):
        yield Finding(
            "fault",
            "[spark] master",
            "a secret may not stand here",
            "put the token into the variable SPARK_CONNECT_AUTHENTICATE_TOKEN of the linking worker",
        )
    parts = urlsplit(spark.master)
    clear = parts.scheme == "sc" and "use_ssl=true" not in spark.master.lower()
    if clear and not is_loopback(parts.hostname or ""):
        yield Finding(
            "fault",
            "[spark] master",
            "the key of a linkage would cross the network in clear",
            'add use_ssl=true: "sc://host:443/;use_ssl=true"',
        )


def _listening(settings: "Settings") -> Iterator[Finding]:
    found = address(settings.service.listen)
    if found is None:
        yield Finding(
            "fault", "[service] listen", "not an address and a port", 'write "127.0.0.1:8080" or the like'
        )
    elif not is_loopback(found[0]) and not settings.service.behind_tls_proxy:
        yield Finding(
            "fault",
            "[service] listen",
            "requests would cross the network in clear",
            "listen on 127.0.0.1, or put a proxy that ends TLS in front and set behind_tls_proxy = true",
        )


def _console(settings: "Settings") -> Iterator[Finding]:
    console, found = settings.console, address(settings.console.listen)
    if found is None:
        yield Finding(
            "fault", "[console] listen", "not an address and a port", 'write "127.0.0.1:8090" or the like'
        )
    elif not is_loopback(found[0]) and not console.behind_tls_proxy:
        yield Finding(
            "fault",
            "[console] listen",
            "passwords would cross the network in clear",
            "listen on 127.0.0.1, or put a proxy that ends TLS in front and set behind_tls_proxy = true",
        )
    if console.host and not _is_host(console.host):
        yield Finding(
            "fault",
            "[console] host",
            "no name that anybody could type",
            'write it as it stands in the URL, without scheme or wildcard: "console.example.org"',
        )
    if console.host and not console.behind_tls_proxy:
        yield Finding(
            "fault",
            "[console] host",
            "the console has a name that others can type, and no proxy that ends TLS",
            "put one in front and set behind_tls_proxy = true, or leave host empty for this machine alone",
        )
    if console.behind_tls_proxy and not console.host:
        yield Finding(
            "caution",
            "[console] host",
            "there is a proxy, and no name that it would pass on",
            "name what people type, or every request of theirs is refused",
        )
    if console.host and console.host in settings.service.hosts:
        yield Finding(
            "fault",
            "[console] host",
            "agencies reach the service under this name",
            "give the console a name of its own",
        )


def _sign_on(settings: "Settings") -> Iterator[Finding]:
    own = settings.console.oidc
    if not own.is_set:
        return
    if not is_origin(own.issuer):
        yield Finding(
            "fault",
            "[console.oidc] issuer",
            "not an address that starts with https:// and has neither query nor fragment",
            'write it as its own documents do: "https://sign-on.example.org/unit"',
        )
    if not own.client_id.isascii() or not own.client_id.isprintable() or not own.client_id:
        yield Finding(
            "fault", "[console.oidc] client_id", "no name of a client", "write the one that the sign-on gave"
        )
    if not own.acr and not own.amr:
        yield Finding(
            "caution",
            "[console.oidc] acr",
            "a sign-on with a password alone would be enough, if the department allows it",
            "name in acr or amr what says that a second factor was shown",
        )


def is_origin(text: str) -> bool:
    """Say whether an address is one of TLS, or of this machine alone, with neither query nor fragment."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    named = parts.hostname is not None and parts.username is None and port != 0
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    return named and safe and not re.search(r"[?#\\\s]", text) and text.isascii()


def _metrics(settings: "Settings") -> Iterator[Finding]:
    taken = {settings.service.listen}
    for name in ("service", "linking", "register"):
        text = getattr(settings.metrics, name)
        if not text:
            continue
        where, found = f"[metrics] {name}", address(text)
        if found is None:
            yield Finding("fault", where, "not an address and a port", 'write "127.0.0.1:9464" or the like')
        elif not is_loopback(found[0]) and not settings.metrics.beyond_loopback:
            yield Finding(
                "fault",
                where,
                "whoever reaches that address could read the unit's counts",
                "use 127.0.0.1, or set beyond_loopback = true where a firewall lets only Prometheus in",
            )
        if text in taken and not text.endswith(":0"):
            yield Finding("fault", where, "something else has this address", "give each its own port")
        taken.add(text)


def _is_host(text: str) -> bool:
    host, port = text, "1"
    if not text.endswith("]") and ":" in text:
        host, _, port = text.rpartition(":")
    if not _PORT.fullmatch(port) or int(port) > 65535:
        return False
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if _is_ip(bare):
        return not ipaddress.ip_address(bare).is_unspecified and (":" in bare) == (bare != host)
    all_digits = re.fullmatch(r"[0-9.]+", host) is not None
    return not all_digits and _NAME.fullmatch(host) is not None and len(host) <= 253


def folder_findings(folder: "DataFolder", settings: "Settings") -> Iterator[Finding]:
    """Yield what is unsafe around the data folder: who may use it, what it lies on, its room."""
    yield from _modes(folder)
    if settings.console.oidc.is_set:
        path = folder.root / settings.console.oidc.client_secret_file
        if _mode(path) & 0o077:
            yield Finding(
                "fault",
                "[console.oidc] client_secret_file",
                "others than its account may use the file",
                "chmod 600 the file, and let the console's account own it",
            )
    yield from filesystem_findings(folder)
    usage = shutil.disk_usage(folder.root)
    if usage.free < settings.disk.free_bytes:
        yield Finding(
            "fault",
            "[disk] free_bytes",
            f"{usage.free:,} bytes are free, and the setting asks for {settings.disk.free_bytes:,}",
            "make room; until then the unit says that it is not healthy",
        )
    if usage.total < settings.limits.submission_bytes * settings.limits.open_submissions:
        yield Finding(
            "caution",
            "[limits] submission_bytes",
            "one agency's open submissions could fill the whole disk",
            "lower submission_bytes or open_submissions",
        )
    memory = _memory_bytes()
    if memory is not None and settings.limits.part_bytes > memory:
        yield Finding(
            "caution",
            "[limits] part_bytes",
            "a worker holds a part in memory, and this machine has less",
            "lower part_bytes, or run the workers on a larger machine",
        )


def _modes(folder: "DataFolder") -> Iterator[Finding]:
    secrets = (
        *(folder.receipts_key, folder.ledger_key),
        *(folder.linking_key, folder.register_key, *folder.pseudonym_keys()),
    )
    for path in secrets:
        if _mode(path) & 0o077:
            yield _open_to_others(folder, path, "600")
        if _is_absent(path):
            yield Finding(
                "caution",
                str(path.relative_to(folder.root)),
                "not there: whoever needs it does not start",
                "put it back from where the unit's secrets are kept; it cannot be made again",
            )
    if _mode(folder.releases_key) & 0o037:
        yield _open_to_others(folder, folder.releases_key, "640")
    closed = (
        *(folder.register_database, folder.intake_encodings, folder.intake_payload),
        *(folder.encodings, folder.encodings_database, folder.payload, folder.payload_database),
    )
    for path in closed:
        if _mode(path) & 0o007:
            yield _open_to_others(folder, path, "o-rwx")
    for path in (folder.root, folder.settings, folder.unit_card):
        if _mode(path) & 0o002:
            yield Finding(
                "fault",
                path.name,
                "every account of this machine may change it",
                f"chmod o-w {path.name}",
            )


def _open_to_others(folder: "DataFolder", path: Path, mode: str) -> Finding:
    place = path.relative_to(folder.root)
    return Finding("fault", str(place), "others than its account may use it", f"chmod {mode} {place}")


def _mode(path: Path) -> int:
    """Return who may use a file; nothing for one that this account cannot see, which is its wall at work."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0


def _is_absent(path: Path) -> bool:
    """Say whether there is certainly no such file; one that this account cannot see may be there."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def filesystem_findings(folder: "DataFolder") -> Iterator[Finding]:
    """Yield what is doubtful about the file system that the data folder lies on."""
    kind = filesystem_of(folder.root)
    if kind in _FORGETFUL:
        yield Finding(
            "caution",
            "--data",
            f"the folder lies in memory ({kind}): a restart of the machine loses what was acknowledged",
            "move it to a disk",
        )
    elif kind in _REMOTE or kind.startswith("fuse"):
        yield Finding(
            "caution",
            "--data",
            f"the folder lies on {kind}, where locks and fsync may not hold what SQLite needs",
            "move it to a disk of this machine",
        )
    elif kind == "overlay":
        yield Finding(
            "caution",
            "--data",
            "the folder lies in a container's own layer, which goes with the container",
            "mount a volume for it",
        )


def filesystem_of(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """Return the kind of file system that a path lies on, or nothing where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
        real = path.resolve()
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        place = before.split()[4].encode().decode("unicode_escape")
        if real.is_relative_to(place) and len(place) >= best:
            best, kind = len(place), after.split()[0]
    return kind


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None
