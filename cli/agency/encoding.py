"""From a checked extract to a bundle: handles, encodings, seals, manifest, and two files together."""

import contextlib
import datetime as dt
import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO

from msgspec import structs

from cli.agency.crosswalk import Crosswalk
from cli.agency.data_quality import count_faults
from cli.agency.dummies import load_dummies
from cli.agency.joining import profile_of, require_conformance
from cli.agency.progress import Stages
from cli.agency.recording import record_news
from cli.agency.revoking import require_card_counts, require_epoch_counts
from cli.agency.snapshot import Changes, Snapshot, make_snapshot
from cli.agency.spool import Spool, SpooledPart, open_spool, sweep_spools
from cli.agency.store import JournalEntry, Store
from cli.agency.workspace import Workspace
from cli.outputs import parents_made
from cli.sources.extract import Extract
from keys.epoch_key import EpochKey
from keys.files import replacing
from keys.identity import Identity
from linkage.encode.encoder import Encoder
from linkage.encode.keys import EncodingKeys
from linkage.errors import EpochError, InputError
from linkage.profile import EncodingProfile
from linkage.weak_profiles import require_epoch_profile
from linkage.wire.bundle import write_bundle
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard
from linkage.wire.encodings import EncodingsHeader, header_line, row_octets
from linkage.wire.epochs import EpochDescriptor
from linkage.wire.manifest import Counts, Manifest, PartName, Period, manifest_id, part_context, sign_manifest
from linkage.wire.moments import Moment
from linkage.wire.records import Payload, payload_lines

__all__ = ["Desk", "Encoded", "encode_extract", "open_copy", "open_desk", "sweep_left"]


@dataclass(frozen=True, slots=True)
class Encoded:
    """What one encoding came to."""

    submission: str
    manifest: Manifest
    changes: Changes
    without_view: int
    """Sets of identifiers that give no view, and so no row: their child can be linked with nobody."""


@dataclass(frozen=True, slots=True, repr=False)
class Desk:
    """Everything that encoding needs from the workspace, opened and checked."""

    workspace: Workspace
    card: AgencyCard
    identity: Identity
    descriptor: EpochDescriptor
    epoch_key: EpochKey
    profile: EncodingProfile


def open_desk(
    workspace: Workspace, passphrase: str, *, today: dt.date, allow_weak_profile: bool = False
) -> Desk:
    """Open the identity and the epoch key, and check that this installation may encode today.

    Raises :class:`EpochError` outside the epoch's dates, if it is revoked, or if this installation encodes
    differently, :class:`linkage.errors.VerificationError` if the agency's card is revoked or somebody changed
    whom the workspace trusts, and
    :class:`linkage.errors.ProfileError` for a weak profile that is not allowed.
    """
    identity = workspace.identity(passphrase)
    record_news(workspace, identity)
    descriptor = workspace.descriptor()
    require_card_counts(workspace)
    require_epoch_counts(workspace, descriptor)
    if not descriptor.opens.date <= today <= descriptor.closes.date:
        raise EpochError(
            f"epoch {descriptor.epoch} is open from {descriptor.opens} to {descriptor.closes}",
            hint="join the epoch that is open now, or check this machine's clock",
        )
    profile = profile_of(descriptor)
    require_epoch_profile(profile, allow_weak=allow_weak_profile)
    epoch_key = workspace.epoch_key(identity, descriptor)
    require_conformance(profile, epoch_key.to_bytes(), descriptor)
    return Desk(workspace, workspace.card(), identity, descriptor, epoch_key, profile)


def encode_extract(
    desk: Desk,
    extract: Extract,
    *,
    period: Period,
    output: Path,
    stages: Stages,
    today: dt.date,
    allow_empty: bool = False,
    allow_withdrawals: bool = False,
    shield_list: bool = False,
) -> Encoded:
    """Encode an extract and write the bundle and its open copy.

    Durability order: parts into the spool, both bundles under temporary names and fsynced, handles and
    journal line committed, both files renamed.  Until the commit a failure leaves nothing; after it, a lost
    rename costs a sequence number, and handles that the next encoding will use.  ``shield_list``: whether one
    was applied, which the journal notes so that the next encoding asks for it.
    Raises :class:`InputError` for an extract without children or coverage, or that withdraws too much.
    """
    _require_content(extract, allow_empty=allow_empty)
    days = f"{period.start}..{period.end}"
    with (
        _appearing_together(output) as (sealed, opened),
        Store(desk.workspace.database_file) as store,
        store.transaction(),
        open_spool(desk.workspace.path) as spool,
    ):
        stages.stage("turning references into random numbers")
        crosswalk = Crosswalk(store, desk.identity)
        dummies = load_dummies(desk.workspace.dummies_file, desk.identity)
        cover = dummies.children if dummies else ()
        snapshot = make_snapshot(extract, crosswalk, agency=desk.card.agency, dummies=cover)
        before = store.held(days)
        snapshot.changes.withdrawn = len(before - snapshot.handles)
        if extract.children and not allow_withdrawals:
            _require_most(snapshot.changes.withdrawn, len(before))
        latest = max(today, period.end.date)  # as the extract was read: see cli.sources.context
        encoded_rows = _encode_rows(desk, snapshot, spool, stages, today=latest)
        stages.stage("sealing what was encoded")
        sequence = store.next_sequence()
        parts = _parts(desk, snapshot, encoded_rows, spool, period=period, sequence=sequence)
        manifest = _manifest(desk, snapshot.payload, parts, period, encoded_rows.rows, sequence)
        stages.stage("writing the bundle")
        _write_both(desk, canonical(manifest), parts, sealed=sealed, opened=opened)
        crosswalk.save()
        store.hold(days, snapshot.handles)
        encoded = Encoded(
            manifest_id(canonical(manifest)), manifest, snapshot.changes, encoded_rows.without_view
        )
        store.write_journal(_journal_line(encoded, extract, days, shield_list=shield_list))
    return encoded


def sweep_left(workspace: Workspace, output: Path) -> None:
    """Remove what a killed encoding left: spools in the workspace, unfinished bundles beside the output.

    Raises :class:`InputError` while another command works here, or if something cannot be removed.
    """
    with Store(workspace.database_file) as store, store.transaction():
        try:
            sweep_spools(workspace.path)
            for path in (output, open_copy(output)):
                for left in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
                    left.unlink(missing_ok=True)
        except OSError as error:
            reason = (error.strerror or "cannot be removed").lower()
            raise InputError(
                f"what a stopped encoding left cannot be removed: {reason}",
                hint="check who may write in the workspace and beside the output",
            ) from None


def open_copy(output: Path) -> Path:
    """Return where the open copy of a bundle lies: beside it, and it stays with the agency."""
    return output.with_name(f"{output.name.removesuffix('.clew')}.open.clew")


def _require_content(extract: Extract, *, allow_empty: bool) -> None:
    if not extract.children and not allow_empty:
        raise InputError(
            "no child can be encoded: this snapshot would withdraw every record of the period",
            hint="see clew agency check for what is wrong; --allow-empty if withdrawing is what you mean",
        )
    if not extract.coverage:
        raise InputError(
            "nothing says which areas and months the extract covers",
            hint="name each area that it holds whole with --area, or give a coverage table in the mapping",
        )


def _require_most(withdrawn: int, before: int) -> None:
    if withdrawn * 5 > before:
        raise InputError(
            f"{withdrawn:,} of the {before:,} records of your last encoding for this period would be "
            "withdrawn: more than a fifth",
            hint="is the source whole? --allow-withdrawals if withdrawing them is what you mean",
        )


@contextlib.contextmanager
def _appearing_together(output: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Open the bundle and its open copy; both take their places when the block ends well, or neither."""
    copy = open_copy(output)
    renamed = False
    try:
        with parents_made(output), replacing(copy, mode=0o600) as opened:
            with replacing(output, mode=0o600) as sealed:
                yield sealed, opened
            renamed = True
    except OSError as error:
        if renamed:
            output.unlink(missing_ok=True)
        reason = (error.strerror or "cannot be written").lower()
        raise InputError(
            f"{output.name}: not written: {reason}", hint="check the space and who may write there"
        ) from None


@dataclass(slots=True)
class _EncodedRows:
    """The rows on disk, in the order of handles: a row may have 1,000 bytes, and an agency a million rows."""

    pieces: Iterator[bytes]
    rows: int = 0
    without_view: int = 0


def _encode_rows(
    desk: Desk, snapshot: Snapshot, spool: Spool, stages: Stages, *, today: dt.date
) -> _EncodedRows:
    """Encode every person, some at a time.

    The part's first line says how many rows it has, and only encoding shows which sets of identifiers give
    none; so the rows are set aside first.
    """
    keys = EncodingKeys.from_epoch_key(desk.epoch_key.to_bytes(), desk.profile)
    encoded = _EncodedRows(iter(()))

    def refused(_handle: bytes, _variant: int, _reason: str) -> None:
        encoded.without_view += 1

    def rows() -> Iterator[bytes]:
        for batch in Encoder(desk.profile, keys, today=today).encode_batches(
            sorted(snapshot.persons, key=attrgetter("handle")),
            progress=stages.stage("encoding", len(snapshot.persons)),
            on_refused=refused,
        ):
            encoded.rows += len(batch)
            yield row_octets(batch)

    encoded.pieces = spool.set_aside("rows", rows())
    return encoded


def _parts(
    desk: Desk, snapshot: Snapshot, encoded: _EncodedRows, spool: Spool, *, period: Period, sequence: int
) -> tuple[SpooledPart, SpooledPart]:
    agency, descriptor = desk.card.agency, desk.descriptor
    header = EncodingsHeader(
        agency=agency,
        profile_digest=desk.profile.digest,
        rows=encoded.rows,
        views=len(desk.profile.views),
        view_bytes=desk.profile.view_bytes,
        exact=desk.profile.exact,
    )
    rows = chain([header_line(header)], encoded.pieces)
    lines = payload_lines(snapshot.payload)

    def context(name: PartName) -> bytes:
        return part_context(agency, descriptor.epoch, name, period=period, sequence=sequence)

    return (
        spool.part("encodings", rows, context=context("encodings"), public=descriptor.unit_encodings_key),
        spool.part("payload", lines, context=context("payload"), public=descriptor.unit_payload_key),
    )


def _manifest(
    desk: Desk,
    payload: Payload,
    parts: tuple[SpooledPart, SpooledPart],
    period: Period,
    rows: int,
    sequence: int,
) -> Manifest:
    return Manifest(
        agency=desk.card.agency,
        role=desk.card.role,
        period=period,
        sequence=sequence,
        epoch=desk.descriptor.epoch,
        profile_digest=desk.descriptor.profile_digest,
        key_check_value=desk.descriptor.key_check_value,
        conformance=desk.descriptor.conformance,
        counts=Counts(rows=rows, **payload.counts()),
        parts=tuple(part.entry for part in parts),
        created=Moment.minute(dt.datetime.now(dt.UTC)),
    )


def _write_both(
    desk: Desk,
    manifest: bytes,
    parts: tuple[SpooledPart, SpooledPart],
    *,
    sealed: BinaryIO,
    opened: BinaryIO,
) -> None:
    signature = sign_manifest(manifest, desk.identity.signing)
    sealed_parts: dict[str, Iterable[bytes]] = {part.entry.name: part.sealed_pieces() for part in parts}
    open_parts: dict[str, Iterable[bytes]] = {part.entry.name: part.open_pieces() for part in parts}
    write_bundle(sealed, form="sealed", manifest=manifest, signature=signature, parts=sealed_parts)
    write_bundle(opened, form="open", manifest=manifest, signature=signature, parts=open_parts)
    for stream in (sealed, opened):
        # Durable before the journal says that they exist: what is left to go wrong then is a rename.
        stream.flush()
        os.fsync(stream.fileno())


def _journal_line(encoded: Encoded, extract: Extract, days: str, *, shield_list: bool) -> JournalEntry:
    manifest = encoded.manifest
    details: dict[str, Any] = {
        "counts": structs.asdict(manifest.counts),
        "parts": {part.name: part.sealed_sha256 for part in manifest.parts},
        "epoch": manifest.epoch,
        "tables": {
            name: {
                "read": one.read,
                "kept": one.kept,
                "quarantined": one.quarantined,
                "shielded": one.shielded,
                "outside": one.outside,
            }
            for name, one in extract.log.tallies.items()
        },
        "faults": count_faults(extract.log),
        "withdrawn": encoded.changes.withdrawn,
        "shield_list": shield_list,
    }
    return JournalEntry("encode", days, manifest.sequence, encoded.submission, details)
