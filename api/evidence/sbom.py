"""The software that the pack was built with, as CycloneDX: what is installed, and which files were locked.

What the service needs is told from what is merely installed beside it.  Of each package the digests stand
there that this release was locked with: pip installs none but a file that has one of them.
"""

import datetime as dt
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from uuid import UUID, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import api
from api.evidence.values import DataTable, Fact, Source, table_of

__all__ = ["Package", "installed", "locked_digests", "sbom_bytes", "sbom_facts", "sbom_table"]

_SPACE = UUID("4b6d1a5e-7f0f-5c55-9a2e-3d8f5e2c1b70")
"""Under which serial numbers of these bills are made."""

_EXTRAS = ("console", "evidence", "postgresql")
"""What a linkage unit needs, in the words of the project's own metadata."""

_LINE = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==([^ ;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Package:
    """One installed package; ``needed``: by the linkage unit; ``locked``: SHA-256 of its files."""

    name: str
    version: str
    licence: str
    needed: bool
    needs: tuple[str, ...]
    locked: tuple[str, ...]


def installed() -> list[Package]:
    """Return what is installed here, by name, the project itself left out."""
    known = {str(canonicalize_name(one.name)): one for one in metadata.distributions()}
    wanted = _needed(known)
    locked = locked_digests()
    return [
        Package(
            name,
            one.version,
            _licence(one.metadata),
            name in wanted,
            tuple(sorted(wanted.get(name, ()))),
            locked.get((name, one.version), ()),
        )
        for name, one in sorted(known.items())
        if name != "clew"
    ]


def locked_digests() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return SHA-256 of the files of every package and version that this release was locked with."""
    found: dict[tuple[str, str], list[str]] = {}
    current: list[str] = []
    for line in _locked_lines():
        begun = _LINE.match(line)
        if begun is not None:
            current = found.setdefault((canonicalize_name(begun[1]), begun[2]), [])
        current.extend(_HASH.findall(line))
    return {name: tuple(sorted(set(digests))) for name, digests in found.items()}


def _locked_lines() -> list[str]:
    """Read the lock: it is in the wheel, and beside the package in a checkout."""
    own = Path(api.__file__).parent
    for path in (own / "evidence" / "locked.txt", own.parent / "requirements" / "dev.txt"):
        if path.is_file():
            return path.read_text("utf-8").splitlines()
    return []


def _needed(known: Mapping[str, metadata.Distribution]) -> dict[str, set[str]]:
    """Return everything that the unit needs, each with what that needs in its turn."""
    found: dict[str, set[str]] = {}
    waiting: list[tuple[str, frozenset[str]]] = [("clew", frozenset(_EXTRAS))]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen or name not in known:
            continue
        seen.add((name, extras))
        needs = found.setdefault(name, set())
        for other, further in _requirements(known[name], extras):
            if other in known:
                needs.update({other} - {name})
                waiting.append((other, further))
    return found


def _requirements(one: metadata.Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for text in one.requires or ():
        wanted = Requirement(text)
        marked = [{"extra": extra} for extra in sorted(extras)] or [{"extra": ""}]
        if wanted.marker is None or any(wanted.marker.evaluate(each) for each in marked):
            yield canonicalize_name(wanted.name), frozenset(wanted.extras)


def _licence(said: metadata.PackageMetadata) -> str:
    """Return the licence that a package states, in one line."""
    for name in ("License-Expression", "License"):
        words = str((said.get_all(name) or ("",))[0]).strip()
        if words and "\n" not in words and len(words) < 100:
            return words
    classes = [one for one in said.get_all("Classifier") or () if one.startswith("License ::")]
    return "; ".join(one.rpartition(" :: ")[2] for one in classes) or "not stated"


def sbom_bytes(packages: list[Package], *, release: str, unit: str, now: dt.datetime) -> bytes:
    """Return the bill as CycloneDX 1.6 JSON; the same packages and moment give the same bytes."""
    root = Component(name="clew", version=release, type=ComponentType.APPLICATION, bom_ref="clew")
    bom = Bom(serial_number=uuid5(_SPACE, repr((packages, unit, now.isoformat()))))
    bom.metadata.timestamp, bom.metadata.component = now, root
    components = {one.name: _component(one) for one in packages}
    python = ".".join(str(one) for one in sys.version_info[:3])
    platform = Component(
        name=sys.implementation.name, version=python, type=ComponentType.PLATFORM, bom_ref="python"
    )
    bom.components.update([*components.values(), platform])
    needed = [one for one in packages if one.needed]
    for one in needed:
        bom.register_dependency(components[one.name], [components[each] for each in one.needs])
    others = {each for one in needed for each in one.needs}
    bom.register_dependency(
        root, [components[one.name] for one in needed if one.name not in others] + [platform]
    )
    return (JsonV1Dot6(bom).output_as_string(indent=2) + "\n").encode()


def _component(one: Package) -> Component:
    purl = PackageURL("pypi", name=one.name, version=one.version)
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=each) for each in one.locked]
    reference = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(str(purl)),
        comment="SHA-256 of every file that this release is locked with; one of them was installed",
        hashes=hashes,
    )
    made = LicenseFactory()
    return Component(
        name=one.name,
        version=one.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        scope=ComponentScope.REQUIRED if one.needed else ComponentScope.EXCLUDED,
        licenses=[] if one.licence == "not stated" else [made.make_from_string(one.licence)],
        external_references=[reference] if hashes else [],
        properties=[Property(name="clew:locked", value="yes" if hashes else "no")],
    )


def sbom_facts(packages: list[Package]) -> Iterator[Fact]:
    """Yield how many parts there are; those that the unit does not need are not counted."""
    needed = [one for one in packages if one.needed]
    source = Source("code", "importlib.metadata")
    yield Fact("sbom_components", "software parts that the unit needs", len(needed), source)
    locked = sum(bool(one.locked) for one in needed)
    yield Fact("sbom_locked", "software parts that the unit needs, locked by digest", locked, source)


def sbom_table(packages: list[Package]) -> DataTable:
    """Return the parts that the unit needs as a table; the bill itself has the digests."""
    return table_of(
        "sbom",
        "Software parts that the linkage unit needs",
        [
            ("name", "Part"),
            ("version", "Version"),
            ("licence", "Licence, as it states"),
            ("locked", "Locked by digest"),
        ],
        [
            (one.name, one.version, one.licence, "yes" if one.locked else "no")
            for one in packages
            if one.needed
        ],
        Source("code", "importlib.metadata"),
        note="The file sbom.cdx.json has the digests, what needs what, and what else is installed.",
    )
