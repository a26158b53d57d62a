"""The words of ``clew agency inspect``: exactly what would leave, and what never does."""

from collections.abc import Iterator

from cli.agency.field_words import EXACT_WORDS, FIELD_WORDS, NEVER_SENT
from cli.agency.inspection import FieldValues, Inspection, profile_name, shown, view_names
from linkage.wire.bundle import Bundle
from linkage.wire.canonical import to_builtins
from linkage.wire.encodings import row_bytes as octets_of_row
from linkage.wire.manifest import Part, manifest_id
from linkage.wire.records import Record

__all__ = ["manifest_words", "open_words", "record_lines", "row_bytes", "sealed_words", "text_bytes"]

_SHOWN_VALUES = 12
_LINE_BYTES = 16


def manifest_words(bundle: Bundle) -> Iterator[str]:
    """Say what the manifest states; it travels in clear."""
    manifest = bundle.manifest
    yield f"Bundle of {manifest.agency} ({manifest.role}), {bundle.form} form"
    yield ""
    yield "The manifest, in clear and signed"
    yield f"  period           {manifest.period.start} to {manifest.period.end}"
    yield f"  sequence         {manifest.sequence} (of two bundles of one period the higher one stands)"
    yield f"  written          {manifest.created}"
    yield f"  epoch            {manifest.epoch}"
    yield f"  submission       {manifest_id(bundle.manifest_bytes)}"
    yield f"  profile          {profile_name(manifest.profile_digest)}"
    yield f"  profile digest   {manifest.profile_digest}"
    yield f"  key check value  {manifest.key_check_value}"
    yield f"  conformance      {manifest.conformance}"
    yield f"  signed by key    {bundle.signature.key}"
    yield "  counts"
    for name, count in to_builtins(manifest.counts).items():
        yield f"    {name.replace('_', ' '):<16} {count:>10,}"
    yield "  parts"
    for part in manifest.parts:
        yield from _part_words(part)


def _part_words(part: Part) -> Iterator[str]:
    yield f"    {part.name:<10} {part.size:>14,} bytes, sealed {part.sealed_size:>14,} bytes"
    yield f"      content SHA-256 {part.sha256}"
    yield f"      sealed  SHA-256 {part.sealed_sha256}"


def sealed_words() -> Iterator[str]:
    """Say what can be told of a sealed bundle."""
    yield ""
    yield "Both parts are sealed to the linkage unit's keys: not even this agency can read them any more."
    yield "The open copy beside it (name.open.clew) holds the same content; inspect that to see it."


def open_words(bundle: Bundle, inspection: Inspection) -> Iterator[str]:
    """Say what the parts of an open bundle hold."""
    yield from _encodings_words(bundle, inspection)
    yield from _payload_words(inspection)
    yield from _specimen_words(inspection)
    yield ""
    yield "What never leaves, in any form"
    for what in NEVER_SENT:
        yield f"  - {what}"
    yield ""
    yield "This open copy stays with the agency.  What leaves is the sealed bundle with the same manifest."


def _encodings_words(bundle: Bundle, inspection: Inspection) -> Iterator[str]:
    encodings = inspection.encodings
    rows, views, width = encodings.bits.shape
    size = octets_of_row(views, width, len(inspection.exact))
    yield ""
    yield "The encodings, sealed to the linking worker, who sees nothing else"
    yield f"  {rows:,} rows of {size:,} bytes: a handle, and bits made of names,"
    yield "  dates of birth, sex and postcodes with a key that the linkage unit does not have"
    yield _counted("children with more than one row (aliases, former names)", inspection.with_variants)
    yield _counted("rows with an uncertain date of birth", inspection.uncertain)
    names = view_names(bundle.manifest.profile_digest, views)
    for name, present in zip(names, inspection.views_present(), strict=True):
        yield _counted(f"rows with the view {name}", present)
    yield from _exact_words(inspection)


def _exact_words(inspection: Inspection) -> Iterator[str]:
    if not inspection.exact:
        return
    for kind, present in zip(inspection.exact, inspection.exact_present(), strict=True):
        yield _counted(f"rows with the token of the {EXACT_WORDS[kind]}", present)
    yield "  A token is 16 bytes made of a number with the key: equal numbers have equal tokens.  Whoever has"
    yield "  the key finds the number of any token in minutes, for there are only so many numbers; without it"
    yield "  a token says nothing but which rows have the same number."


def _counted(what: str, count: int) -> str:
    return f"    {what:<60}{count:>10,}"


def _payload_words(inspection: Inspection) -> Iterator[str]:
    yield ""
    yield "The payload, sealed to the register worker, who sees nothing else: these fields and no others"
    kind = ""
    for field in inspection.fields:
        if field.kind != kind:
            kind = field.kind
            yield f"  {kind}"
        yield f"    {field.field:<22} {FIELD_WORDS[kind][field.field]}"
        yield f"      {_values(field)}"


def _values(field: FieldValues) -> str:
    if not field.values:
        return f"in {field.present:,} records" if field.present else "in none of these records"
    counted = [f"{value} ×{count:,}" for value, count in field.values[:_SHOWN_VALUES]]
    rest = len(field.values) - _SHOWN_VALUES
    more = [f"and {rest} more"] if rest > 0 else []
    absent = [f"not sent ×{field.absent:,}"] if field.absent else []
    return " · ".join([*counted, *more, *absent])


def _specimen_words(inspection: Inspection) -> Iterator[str]:
    specimen = inspection.specimen()
    if not specimen:
        return
    yield ""
    yield "A specimen: one child as it would leave, field by field"
    for record in specimen:
        yield from _record_words(record)


def _record_words(record: Record) -> Iterator[str]:
    kind, written, left_out = record_lines(record)
    yield f"  {kind}"
    for name, value in written:
        yield f"    {name:<22} {value}"
    if left_out:
        yield f"    not sent, because not known: {', '.join(left_out)}"


def record_lines(record: Record) -> tuple[str, list[tuple[str, str]], list[str]]:
    """Return a record's kind, its fields as a reader expects them, and those that are not sent."""
    kind = str(type(record).__struct_config__.tag)
    written = to_builtins(record)
    names = type(record).__struct_fields__
    sent = [(name, shown(written[name])) for name in names if name in written]
    return kind, sent, [name for name in names if name not in written]


def row_bytes(bundle: Bundle, inspection: Inspection) -> Iterator[str]:
    """Show the first encoding row byte by byte, each stretch with its meaning."""
    encodings = inspection.encodings
    if not len(encodings):
        return
    yield ""
    yield "The first encoding row, byte by byte"
    stretches = [
        ("record handle, random", encodings.handles[0].tobytes()),
        ("variant: 0 is the principal name", encodings.variants[:1].tobytes()),
        ("tier: 0 certain, 1 uncertain date of birth", encodings.tiers[:1].tobytes()),
        ("views present, one bit each", int(encodings.present[0]).to_bytes(4, "little")),
    ]
    names = view_names(bundle.manifest.profile_digest, encodings.bits.shape[1])
    stretches += [(f"view {name}", encodings.bits[0, view].tobytes()) for view, name in enumerate(names)]
    stretches += [
        (f"token of the {EXACT_WORDS[kind]}", encodings.exact[0, number].tobytes())
        for number, kind in enumerate(inspection.exact)
    ]
    offset = 0
    for meaning, data in stretches:
        yield f"  {meaning}"
        yield from hex_lines(data, offset)
        offset += len(data)


def text_bytes(title: str, data: bytes) -> Iterator[str]:
    """Show bytes that are text, in hex with the text beside it."""
    yield ""
    yield title
    yield from hex_lines(data, 0)


def hex_lines(data: bytes, offset: int) -> Iterator[str]:
    """Yield lines of sixteen bytes: where, in hex, and as text where they are printable."""
    for start in range(0, len(data), _LINE_BYTES):
        piece = data[start : start + _LINE_BYTES]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        yield f"    {offset + start:08x}  {piece.hex(' '):<{_LINE_BYTES * 3 - 1}}  {text}"
