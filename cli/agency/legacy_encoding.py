"""``clew agency encode --legacy-schema``: a CSV file to CLKs as clkhash makes them, in the order of its rows.

No workspace, no epoch and no bundle: what comes out is weak and is for linkages that others have set up.
"""

import contextlib
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from cli.agency.legacy_secret import read_secret
from cli.agency.progress import Stages, stages
from cli.agency.saying import say, warn_if_synced
from cli.outputs import parents_made, spare_inputs, spare_outputs
from cli.sources.masking import masked
from keys.files import name_of, read_limited, replacing
from keys.storing import naming
from linkage.encode.legacy.encoder import LegacyEncoder
from linkage.encode.legacy.profile import WEAK_LABEL, FoldReading, LegacyProfile
from linkage.encode.legacy.reading import MAX_SCHEMA_BYTES, read_schema
from linkage.errors import InputError
from linkage.wire.clks import clks_pieces

__all__ = ["LegacyRequest", "encode_legacy", "refuse_bundle_options", "refuse_legacy_options"]

_FIRST_ROW = 2
"""As a spreadsheet counts: the header is row 1."""

_OF_BOTH = frozenset({"source", "output", "overwrite"})
_OF_LEGACY = frozenset({"legacy_schema", "secret_file", "xor_folds"})


@dataclass(frozen=True, slots=True)
class LegacyRequest:
    """What to encode, how and where to."""

    source: Path
    schema: Path
    output: Path
    secret_file: Path | None
    reading: FoldReading | None
    overwrite: bool


def refuse_bundle_options(context: click.Context) -> None:
    """Raise a usage error naming every option given that has no meaning for CLKs."""
    given = _given(context, lambda name: name not in _OF_BOTH | _OF_LEGACY)
    if given:
        raise click.UsageError(
            f"{', '.join(given)}: not with --legacy-schema, which writes CLKs and no bundle", context
        )


def refuse_legacy_options(context: click.Context) -> None:
    """Raise a usage error naming every option given that has no meaning for a bundle."""
    given = _given(context, lambda name: name in _OF_LEGACY)
    if given:
        raise click.UsageError(f"{', '.join(given)}: only with --legacy-schema", context)


def _given(context: click.Context, chosen: Callable[[str], bool]) -> list[str]:
    return [
        max(parameter.opts, key=len)
        for parameter in context.command.params
        if parameter.name is not None
        and chosen(parameter.name)
        and context.get_parameter_source(parameter.name) is click.core.ParameterSource.COMMANDLINE
    ]


def encode_legacy(request: LegacyRequest) -> None:
    """Encode a CSV file and write the CLKs, all of them or nothing."""
    if request.output.suffix != ".json":
        raise InputError(
            f"{name_of(request.output)}: not the name of a CLK file", hint="let it end with .json"
        )
    spare_inputs([request.output], [request.source, request.schema, request.secret_file])
    spare_outputs([request.output], overwrite=request.overwrite)
    profile = _profile(request)
    digest = profile.digest
    for warning in profile.warnings:
        say(f"warning: {warning}")
    warn_if_synced(request.output.parent)
    encoder = LegacyEncoder(profile, read_secret(request.secret_file), mask=masked, first_row=_FIRST_ROW)
    with stages() as shown:
        count = _write(request, encoder, profile, shown)
    say(f"legacy profile {digest}: CLKs compare only under this digest and the same secret")
    say(
        f"{request.output.name}: {count:,} CLKs of {profile.length:,} bits, in the order of the rows; "
        f"{WEAK_LABEL}"
    )


def _profile(request: LegacyRequest) -> LegacyProfile:
    data = read_limited(request.schema, limit=MAX_SCHEMA_BYTES, what="linkage schema")
    with naming(request.schema):
        schema = read_schema(data)
        if request.reading is None and schema.folds_specified != schema.folds_performed:
            raise InputError(
                f"the schema specifies {schema.folds_specified} XOR folds (xorFolds); clkhash 0.18.3 ignores "
                f"that key and performs {schema.folds_performed}, so that two readings give different CLKs",
                hint="--xor-folds clkhash to match what clkhash made, --xor-folds specified to match "
                "software that folds as specified",
            )
        return LegacyProfile(schema, name=request.schema.name, reading=request.reading)


def _write(request: LegacyRequest, encoder: LegacyEncoder, profile: LegacyProfile, shown: Stages) -> int:
    """Stream rows into the output, which takes its place only when the last row is in it."""
    count = 0

    def batches() -> Iterator[NDArray[np.uint8]]:
        nonlocal count
        with naming(request.source):
            rows = _rows(request.source, profile.schema.columns)
            advance = shown.stage("encoding legacy CLKs", _lines(request.source) - 1)
            for batch in encoder.encode_batches(rows, progress=advance):
                count += len(batch)
                yield batch
            if not count:
                raise InputError("no row below the header: nothing to encode", hint="is it the right file?")

    _store(request.output, clks_pieces(batches()))
    return count


def _store(output: Path, pieces: Iterator[bytes]) -> None:
    try:
        with parents_made(output), replacing(output, mode=0o600) as stream:
            for piece in pieces:
                stream.write(piece)
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise InputError(
            f"{output.name} is not written: {reason}", hint="check the space and who may write there"
        ) from None


def _lines(source: Path) -> int:
    """Return the number of line feeds: what the bar shows as the whole, close enough to the rows."""
    with _readable(), source.open("rb") as stream:
        return sum(piece.count(b"\n") for piece in iter(lambda: stream.read(1 << 20), b""))


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(reason, hint="name one CSV file that you may read") from None


def _rows(source: Path, columns: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield the rows below the header, whose names must be the schema's, in its order."""
    number = 0
    try:
        with _readable(), source.open(encoding="utf-8-sig", newline="") as stream:
            for number, row in enumerate(csv.reader(stream), start=1):
                if any("\0" in cell for cell in row):
                    raise InputError(
                        f"row {number}: a cell holds NUL, which no text does",
                        hint="save the file again as CSV UTF-8",
                    )
                if number == 1:
                    _check_header(row, columns)
                else:
                    yield row
    except UnicodeDecodeError:
        raise InputError("not UTF-8 text", hint="save the file again as CSV UTF-8") from None
    except csv.Error:
        raise InputError(
            f"row {number + 1}: not CSV: a cell of more than {csv.field_size_limit():,} characters",
            hint="is a quotation mark not closed?",
        ) from None
    if number == 0:
        raise InputError("empty: not even a header row", hint="the first row names the columns")


def _check_header(header: list[str], columns: tuple[str, ...]) -> None:
    """Hold the header against the schema, as clkhash does: the same names in the same order."""
    if len(header) != len(columns):
        raise InputError(
            f"the header has {len(header)} columns, the linkage schema {len(columns)} features",
            hint="give every column of the schema, ignored ones too, in its order, separated by commas",
        )
    for number, (found, wanted) in enumerate(zip(header, columns, strict=True), start=1):
        if found != wanted:
            # Masked: in a file without a header these are a child's identifiers.
            raise InputError(
                f"column {number} must be called {wanted} as in the linkage schema (reads {masked(found)})",
                hint="the first row holds the schema's names, in its order and spelling",
            )
