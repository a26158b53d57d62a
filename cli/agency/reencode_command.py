"""``clew agency reencode``: everything once more, under the epoch that was joined last."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from cli.agency import options
from cli.agency.extract_commands import open_for, write_bundle_of
from cli.agency.making import BundleRequest
from cli.agency.reencoding import (
    LEFT_OUT_COLUMNS,
    Reach,
    left_out_rows,
    reach_of,
    require_older,
    standing,
)
from cli.agency.saying import say, warn_if_synced
from cli.agency.shield_choice import ShieldChoice
from cli.agency.spreadsheet import csv_bytes
from cli.agency.workspace import Workspace
from cli.options import FILE, passphrase_from
from cli.outputs import parents_made
from keys.files import replacing
from keys.passphrase import PassphraseFrom
from linkage.wire.manifest import Period

__all__ = ["reencode_command"]

_KINDS = {
    "child": ("child", "children"),
    "care-spell": ("care spell", "care spells"),
    "episode": ("episode", "episodes"),
}


@click.command("reencode")
@options.source
@options.mapping
@options.workspace
@options.period(required=True)
@options.areas
@options.bundle_output
@options.overwrite
@options.fixes
@options.shield_list
@options.last_year
@click.option(
    "--left-out",
    type=FILE,
    metavar="FILE",
    help="Write your own references of the records left out here (CSV); it stays with you.",
)
@options.allow_empty
@options.allow_withdrawals
@options.allow_weak_profile
@passphrase_from
def reencode_command(
    source: Path,
    mapping: str | None,
    workspace: Workspace,
    period: Period,
    areas: tuple[str, ...],
    output: Path,
    overwrite: bool,  # noqa: FBT001
    fixes: Path | None,
    shielding: ShieldChoice,
    last_year: Path | None,
    left_out: Path | None,
    allow_empty: bool,  # noqa: FBT001
    allow_withdrawals: bool,  # noqa: FBT001
    allow_weak_profile: bool,  # noqa: FBT001
    passphrase_file: PassphraseFrom,
) -> None:
    """Encode everything again after joining a new epoch.

    SOURCE is a fresh extract, as for clew agency encode; do it once for every period that you have sent.
    Says how many of the records that the linkage unit has from you were reached.  Those left out are
    quarantined when the old epoch closes, and erased after the deadline.
    """
    request = BundleRequest(
        source=source,
        mapping=mapping,
        workspace=workspace,
        period=period,
        areas=areas,
        output=output,
        overwrite=overwrite,
        fixes=fixes,
        shielding=shielding,
        last_year=last_year,
        allow_empty=allow_empty,
        allow_withdrawals=allow_withdrawals,
        allow_weak_profile=allow_weak_profile,
    )
    desk = open_for(request, passphrase_file)
    before, days, epoch = standing(workspace), f"{period.start}..{period.end}", desk.descriptor.epoch
    require_older(before, days, epoch)
    if days not in before.epochs:
        say(f"warning: {days} was not encoded here before; these were: {', '.join(sorted(before.epochs))}")
    with _appearing(left_out) as listed:
        write_bundle_of(request, desk, outputs=[left_out])
        reach = reach_of(before, standing(workspace), epoch)
        if listed is not None:
            listed.write(csv_bytes(LEFT_OUT_COLUMNS, left_out_rows(workspace, desk.identity, reach)))
    for line in _words(reach, epoch):
        click.echo(line)
    _warn(reach, left_out)


@contextlib.contextmanager
def _appearing(left_out: Path | None) -> Iterator[BinaryIO | None]:
    """Open the list before anything is encoded: afterwards it could not be had again."""
    if left_out is None:
        yield None
        return
    warn_if_synced(left_out.parent)
    with parents_made(left_out), replacing(left_out, mode=0o600) as stream:
        yield stream


def _words(reach: Reach, epoch: str) -> Iterator[str]:
    total = len(reach.reencoded) + len(reach.left_out)
    yield (
        f"{len(reach.reencoded):,} of the {total:,} records that you encoded before are re-encoded in "
        f"epoch {epoch}, {len(reach.left_out):,} are left out"
    )
    if reach.withdrawn:
        yield f"{reach.withdrawn:,} others had been withdrawn before"


def _warn(reach: Reach, left_out: Path | None) -> None:
    for days in reach.waiting:
        say(f"still to be re-encoded: {days}")
    if not reach.left_out:
        return
    counts = [f"{count:,} {_KINDS[kind][count != 1]}" for kind, count in sorted(reach.left_out_kinds.items())]
    say(
        f"warning: LEFT OUT: {', '.join(counts)}.  The register quarantines them when the old epoch closes "
        "and erases them after the deadline; put them into an extract and encode again if they are to stay"
    )
    if left_out is not None:
        say(f"{left_out.name} lists them with your own references; it stays with you")
