"""What was measured elsewhere and handed in: privacy audits, and evaluations of the linkage.

A file is read strictly, and what the pack takes of it is written anew: printed figures and sentences of this
release, under a name of the pack's own.  So no file's name, no field that nobody knows, and no words of
whoever made the file come into a pack.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from api.evidence.evaluated import OTHER_PROFILE, Evaluated, ToldEvaluation, read_evaluation, told
from api.evidence.values import Counts
from api.unit import read_given
from linkage.audited.reading import read_audit_report, shipped_name
from linkage.audited.report import AuditReport

__all__ = ["Given", "HandedIn", "handed_in_files", "read_handed_in", "told_evaluations"]

_MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Given:
    """A file that was handed in, as the pack calls it."""

    name: str


@dataclass(frozen=True, slots=True)
class HandedIn:
    """Everything that was handed in, each with its file."""

    audits: tuple[tuple[Given, AuditReport], ...] = ()
    evaluations: tuple[tuple[Given, Evaluated], ...] = ()

    @property
    def files(self) -> tuple[Given, ...]:
        """Return every file."""
        return tuple(one for one, _ in (*self.audits, *self.evaluations))


def read_handed_in(audits: tuple[Path, ...], evaluations: tuple[Path, ...]) -> HandedIn:
    """Read files that were made elsewhere; raises :class:`linkage.errors.ClewError` naming the file."""
    return HandedIn(
        tuple((Given(f"audit-{place}.json"), _audit(path)) for place, path in enumerate(audits, start=1)),
        tuple(
            (Given(f"evaluation-{place}.json"), _evaluation(path))
            for place, path in enumerate(evaluations, start=1)
        ),
    )


def _audit(path: Path) -> AuditReport:
    """Read an audit; a profile is known by its digest, and its name is that of the shipped one."""
    found = read_audit_report(read_given(path, limit=_MAX_BYTES), where=path.name)
    return replace(found, profile=shipped_name(found.digest) or OTHER_PROFILE)


def _evaluation(path: Path) -> Evaluated:
    return read_evaluation(read_given(path, limit=_MAX_BYTES), where=path.name)


def told_evaluations(found: HandedIn, counts: Counts) -> list[tuple[Given, ToldEvaluation]]:
    """Return evaluations as they may be printed, with counts by the unit's own rules."""
    return [
        (file, told(one, number, counts)) for number, (file, one) in enumerate(found.evaluations, start=1)
    ]


def handed_in_files(found: HandedIn, counts: Counts) -> Iterator[tuple[Given, bytes, str]]:
    """Yield every file as the pack has it, with its content and the digest of that."""
    for file, one in (*found.audits, *told_evaluations(found, counts)):
        content = msgspec.json.format(msgspec.json.encode(one), indent=2) + b"\n"
        yield file, content, hashlib.sha256(content).hexdigest()
