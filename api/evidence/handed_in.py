"""What was measured elsewhere and handed in: a privacy audit, and evaluations of the linkage.

Only what the pack prints is read; a file of another kind, or of a newer version, is refused.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from api.unit import read_given
from linkage.errors import InputError, VersionError
from linkage.wire.evidence import is_file_name

__all__ = ["Evaluated", "EvaluatedGroup", "Given", "HandedIn", "PrivacyAudit", "read_handed_in"]

_MAX_BYTES = 16 * 1024 * 1024

Light = Literal["green", "amber", "red"]


class Finding(Struct, frozen=True, kw_only=True):
    """What one method reached: its mean over seeds, and the interval that holds it."""

    attack: str
    measure: str
    words: str
    value: float
    low: float
    high: float
    seeds: int
    light: Light | None
    percent: bool
    setting: str
    method: str
    side: str = "none"
    strongest: bool = True


class Control(Struct, frozen=True, kw_only=True):
    """An experiment whose outcome is known beforehand."""

    attack: str
    words: str
    value: float
    must_reach: float
    reached: bool
    percent: bool = True
    at_most: bool = False


class Described(Struct, frozen=True, kw_only=True):
    """An attack in words: what it does, what the attacker knows, and whose attack it is."""

    attack: str
    title: str
    does: str
    knows: str
    papers: tuple[str, ...]


class PrivacyAudit(Struct, frozen=True, kw_only=True):
    """What the pack prints of ``clew privacy-audit --json``."""

    format: Literal["clew-privacy-audit"]
    version: int
    profile: str
    digest: str
    setting: str
    seeds: tuple[int, ...]
    attacks: tuple[Described, ...] = ()
    findings: tuple[Finding, ...]
    controls: tuple[Control, ...]
    left_out: tuple[str, ...] = ()
    broken: bool


class EvaluatedPairs(Struct, frozen=True, kw_only=True):
    """Pairs of labelled records: those that are true, that were found, and that are both."""

    true: int
    found: int
    correct: int
    precision: float
    recall: float
    f1: float


class EvaluatedGroup(EvaluatedPairs, frozen=True, kw_only=True):
    """The same of one group of records, with intervals."""

    kind: str
    name: str
    precision_interval: tuple[float, float]
    recall_interval: tuple[float, float]


class TestedGroup(Struct, frozen=True, kw_only=True):
    """Whether one group was found to differ in one measure by more than chance."""

    measure: str
    kind: str
    name: str
    claimed: bool


class GroupDifferences(Struct, frozen=True, kw_only=True):
    """Which groups were linked differently, in sentences, with what certainty."""

    sentences: tuple[str, ...]
    groups: tuple[TestedGroup, ...] = ()


class Evaluated(Struct, frozen=True, kw_only=True):
    """What the pack prints of ``clew evaluate --json``."""

    format: Literal["clew-evaluation"]
    version: int
    name: str
    profile: str
    profile_digest: str
    records: int
    pairs: EvaluatedPairs
    groups: tuple[EvaluatedGroup, ...] = ()
    group_differences: GroupDifferences | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A file that was handed in: its name, its digest, its bytes."""

    name: str
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True)
class HandedIn:
    """Everything that was handed in, each with its file."""

    audits: tuple[tuple[Given, PrivacyAudit], ...] = ()
    evaluations: tuple[tuple[Given, Evaluated], ...] = ()

    @property
    def files(self) -> tuple[Given, ...]:
        """Return every file."""
        return tuple(one for one, _ in (*self.audits, *self.evaluations))


def read_handed_in(audits: tuple[Path, ...], evaluations: tuple[Path, ...]) -> HandedIn:
    """Read files that were made elsewhere; raises :class:`linkage.errors.ClewError` naming the file."""
    found = HandedIn(
        tuple(_read(path, PrivacyAudit, "clew privacy-audit --json") for path in audits),
        tuple(_read(path, Evaluated, "clew evaluate --json") for path in evaluations),
    )
    names = [one.name for one in found.files]
    for name in names:
        if not is_file_name(f"handed-in/{name}"):
            raise InputError(
                f"{name}: the pack cannot have a file of this name",
                hint="rename it: letters, digits, full stops, hyphens and underscores",
            )
    if len(set(names)) < len(names):
        raise InputError("two files that are handed in have the same name", hint="rename one of them")
    return found


def _read(path: Path, kind: type[Any], command: str) -> tuple[Given, Any]:
    content = read_given(path, limit=_MAX_BYTES)
    try:
        found = msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InputError(
            f"{path.name}: not what `{command}` writes", hint="hand in the file that the command wrote, whole"
        ) from None
    if found.version != 1:
        raise VersionError(f"{path.name}: this release reads version 1 of it")
    return Given(path.name, hashlib.sha256(content).hexdigest(), content), found
