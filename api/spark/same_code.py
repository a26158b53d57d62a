"""Which code the machines of a cluster run: the linking worker's own, or none.

Engines agree bit by bit because their code is the same.  A cluster with another release of Clew would bring
other persons, and nobody would notice; so every task compares digests, and refuses.
"""

import functools
import hashlib
import io
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from linkage.errors import VersionError

__all__ = ["code_archive", "code_digest", "require_same_code"]

_LINKAGE = ("match", "wire")
_SPARK = ("__init__.py", "cells.py", "same_code.py", "tasks.py")


@functools.cache
def code_digest() -> str:
    """Return SHA-256, in hex, over the names and texts of all modules that tasks need."""
    digest = hashlib.sha256()
    for name, source in _sources():
        text = source.read_bytes()
        digest.update(f"{name}\0{len(text)}\0".encode())
        digest.update(text)
    return digest.hexdigest()


def require_same_code(digest: str) -> None:
    """Raise :class:`VersionError` unless this process has the code of the linking worker that asks."""
    if code_digest() != digest:
        raise VersionError(
            "the cluster's machines have another release of Clew than the linking worker",
            hint="install the same one there, or set [spark] ship_code = true",
        )


def code_archive() -> bytes:
    """Return a zip archive of the modules that tasks need, the same bytes for the same code."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in _sources():
            archive.writestr(zipfile.ZipInfo(name), source.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _sources() -> Iterator[tuple[str, Traversable]]:
    yield from _modules("linkage", files("linkage"))
    for package in _LINKAGE:
        yield from _modules(f"linkage/{package}", files("linkage").joinpath(package))
    yield "api/__init__.py", files("api").joinpath("__init__.py")
    for name in _SPARK:
        yield f"api/spark/{name}", files("api.spark").joinpath(name)


def _modules(folder: str, place: Traversable) -> Iterator[tuple[str, Traversable]]:
    """Yield the modules that lie right in a package, by name."""
    for one in sorted(place.iterdir(), key=lambda each: each.name):
        if one.is_file() and one.name.endswith(".py"):
            yield f"{folder}/{one.name}", one
