"""Results of audits as files: written whole, read again, and put into a document between two marks."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from cli.outputs import parents_made
from keys.files import name_of, read_limited, replacing
from linkage.audited.reading import read_audit_report
from linkage.audited.report import AuditReport
from linkage.audited.words import markdown
from linkage.errors import InputError
from linkage.shipped_profiles import shipped_profiles

__all__ = ["BEGINS", "ENDS", "json_paths", "read_results", "write_document", "write_json", "write_text"]

BEGINS: Final = "<!-- privacy-audit: written by clew privacy-audit table -->"
ENDS: Final = "<!-- privacy-audit: ends -->"
_MAX_BYTES: Final = 16 * 1024 * 1024


def json_paths(path: Path, names: Sequence[str]) -> list[Path]:
    """Return where each result goes: one into the file, of several each into its own file of a folder.

    Raises :class:`InputError` where a file is in the folder's place, or the other way round.
    """
    if len(names) == 1:
        if path.is_dir():
            raise InputError(f"{name_of(path)}: this is a folder", hint="name a file for one profile")
        return [path]
    if path.exists() and not path.is_dir():
        raise InputError(
            f"{name_of(path)}: this is a file, and there are {len(names)} results",
            hint="name a folder: each profile gets a file in it",
        )
    if len(set(names)) < len(names):
        raise InputError("two of the profiles have the same name", hint="audit them one after the other")
    return [path / f"{name}.json" for name in names]


def write_json(path: Path, report: AuditReport) -> None:
    """Write one result, as the evidence pack takes it."""
    write_text(path, msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file whole, making its folder if need be; raises :class:`InputError`."""
    try:
        with parents_made(path), replacing(path) as stream:
            stream.write(text.encode())
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise InputError(
            f"{name_of(path)}: {reason}", hint="check the path and who may write there"
        ) from None


def read_results(paths: Iterable[Path]) -> list[AuditReport]:
    """Read results from files, and from all files of folders, in the order of the shipped profiles.

    Raises :class:`InputError` naming the file.
    """
    files = [one for path in paths for one in (sorted(path.glob("*.json")) if path.is_dir() else [path])]
    if not files:
        raise InputError("there is no result here", hint="name what clew privacy-audit run --json wrote")
    order = {name: place for place, name in enumerate(shipped_profiles())}
    return sorted((_read(path) for path in files), key=lambda one: order.get(one.profile, len(order)))


def _read(path: Path) -> AuditReport:
    data = read_limited(path, limit=_MAX_BYTES, what="audit result")
    return read_audit_report(data, where=name_of(path))


def write_document(path: Path, reports: Sequence[AuditReport]) -> None:
    """Put the tables of results into a document, in place of what stands between its two marks.

    Raises :class:`InputError` for results of several settings, or a document without the marks.
    """
    if len({(one.setting, one.seeds, one.sizes) for one in reports}) > 1:
        raise InputError(
            "the results are of several settings, and one table would compare what cannot be compared",
            hint="run the audits of all profiles with the same --seeds, --people and --graph",
        )
    text = read_limited(path, limit=_MAX_BYTES, what="document").decode()
    if text.count(BEGINS) != 1 or text.count(ENDS) != 1 or text.index(BEGINS) > text.index(ENDS):
        raise InputError(
            f"{name_of(path)}: the two marks are not there, once each and in order",
            hint=f"put {BEGINS} and {ENDS} on lines of their own where the tables go",
        )
    before, rest = text.split(BEGINS)
    after = rest.split(ENDS)[1]
    write_text(path, f"{before}{BEGINS}\n\n{markdown(reports)}\n{ENDS}{after}")
