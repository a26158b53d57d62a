"""Tables about what leaves an agency: parts of a bundle, a row of encodings byte by byte, clear records."""

from collections.abc import Iterator

from api.evidence.gathering import Seen
from api.evidence.values import DataTable, Source, table_of
from api.overview.specimen import clear_records, row_fields
from linkage.wire.manifest import Counts

__all__ = ["leaving_tables"]

_PARTS = (
    (
        "manifest.json",
        "which agency, period, epoch and profile; how many records of each kind; the digest of every part",
        "signed by the agency; nobody seals it, for it names no child",
        "service, both workers",
    ),
    (
        "encodings",
        "a line saying how the rows are laid out, then rows of bits",
        "sealed to the linking worker's key",
        "linking worker alone",
    ),
    (
        "payload",
        "clear codes, a line of JSON for each child, care spell, absence, interview and month covered",
        "sealed to the register worker's key",
        "register worker alone",
    ),
    (
        "receipt.txt",
        "what the agency keeps: what was sent, when, and how to check it",
        "does not leave the agency",
        "nobody else",
    ),
)


def leaving_tables(seen: Seen) -> Iterator[DataTable]:
    """Yield the tables; values of the specimen are made up, and no agency's."""
    yield table_of(
        "specimen-parts",
        "Parts of a bundle",
        [
            ("part", "Part"),
            ("holds", "What it holds"),
            ("sealed", "How it is protected"),
            ("reads", "Who can read it"),
        ],
        _PARTS,
        Source("code", "docs/spec/bundle-1.md"),
    )
    yield table_of(
        "specimen-row",
        "One row of encodings, byte by byte; values are made up",
        [
            ("field", "Field"),
            ("start", "From byte", "count"),
            ("size", "Bytes", "count"),
            ("words", "What it is"),
            ("made_up", "A made-up value, in hex", "code"),
        ],
        []
        if seen.profile is None
        else [(one.name, one.start, one.size, one.words, one.made_up) for one in row_fields(seen.profile)],
        Source("code", "api.overview.specimen:row_fields"),
        empty="No epoch is in force, so that the form of a row is not known here.",
    )
    none = Counts(rows=0, children=0, care_spells=0, episodes=0, interviews=0, coverage=0)
    yield table_of(
        "specimen-records",
        "One record of each kind as it travels in clear; every value is made up",
        [("record", "Record"), ("line", "The whole line", "code")],
        [(one.name, one.line) for one in clear_records(none)],
        Source("code", "api.overview.specimen:clear_records"),
    )
