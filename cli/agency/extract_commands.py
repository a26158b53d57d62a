"""``clew agency check`` and ``encode``: an extract read, judged and encoded."""

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import TypeVar

import click

from cli.agency import options, saying
from cli.agency.cover import cover_remarks
from cli.agency.encoding import Desk, Encoded, open_copy
from cli.agency.fixlist import write_fixes
from cli.agency.legacy_encoding import (
    LegacyRequest,
    encode_legacy,
    refuse_bundle_options,
    refuse_legacy_options,
)
from cli.agency.making import (
    BundleRequest,
    make_bundle,
    open_desk_for,
    period_remarks,
    read_source,
    require_bundle_request,
)
from cli.agency.progress import stages
from cli.agency.saying import say, warn_if_synced
from cli.agency.shield_choice import ShieldChoice
from cli.agency.shielding import shield_remarks
from cli.agency.summaries import encoded_words, extract_words
from cli.agency.workspace import Workspace
from cli.options import FILE, passphrase_from
from cli.sources.extract import Extract
from keys.passphrase import PassphraseFrom
from linkage.encode.legacy.profile import FoldReading
from linkage.wire.manifest import Period

__all__ = ["check_command", "encode_command", "open_for", "write_bundle_of"]

Value = TypeVar("Value")


@click.command("check")
@options.source
@options.mapping
@options.workspace
@options.period(required=False)
@options.areas
@options.fixes
@options.shield_list
@options.last_year
def check_command(
    source: Path,
    mapping: str | None,
    workspace: Workspace,
    period: Period | None,
    areas: tuple[str, ...],
    fixes: Path | None,
    shielding: ShieldChoice,
    last_year: Path | None,
) -> None:
    """Say what is wrong with a source.

    SOURCE is a folder of CSV files or workbooks, or one such file.  Nothing is encoded and nothing is sent.
    Rows with errors would go into quarantine; --fixes lists them.
    """
    with stages() as shown:
        extract = read_source(
            source,
            mapping,
            workspace,
            period,
            areas,
            shown,
            outputs=[fixes],
            shielding=shielding,
            last_year=last_year,
        )
    _report_faults(extract, fixes)
    _warn(period_remarks(extract, period), cover_remarks(extract, workspace))


@click.command("encode")
@options.source
@options.mapping
@options.optional_workspace
@options.period(required=False)
@options.areas
@options.bundle_output
@options.overwrite
@options.fixes
@options.shield_list
@options.last_year
@options.allow_empty
@options.allow_withdrawals
@options.allow_weak_profile
@passphrase_from
@click.option(
    "--legacy-schema",
    type=FILE,
    metavar="SCHEMA",
    help="Write weak CLKs (.json) as clkhash does by this linkage schema, and no bundle.",
)
@click.option(
    "--secret-file",
    type=FILE,
    metavar="FILE",
    help="With --legacy-schema: read the linkage's secret from this file's one line.  [default: ask]",
)
@click.option(
    "--xor-folds",
    type=click.Choice(["specified", "clkhash"]),
    help="With --legacy-schema: fold as the schema specifies, or as clkhash behaves.",
)
@click.pass_context
def encode_command(
    context: click.Context,
    source: Path,
    mapping: str | None,
    workspace: Workspace | None,
    period: Period | None,
    areas: tuple[str, ...],
    output: Path,
    fixes: Path | None,
    shielding: ShieldChoice,
    last_year: Path | None,
    allow_empty: bool,  # noqa: FBT001
    allow_withdrawals: bool,  # noqa: FBT001
    allow_weak_profile: bool,  # noqa: FBT001
    passphrase_file: PassphraseFrom,
    legacy_schema: Path | None,
    secret_file: Path | None,
    xor_folds: FoldReading | None,
    overwrite: bool,  # noqa: FBT001
) -> None:
    """Encode a source into a sealed bundle.

    SOURCE is a folder of CSV files or workbooks, or one such file.  Beside the bundle an open copy of it is
    written, which stays here and which clew agency inspect explains.  --workspace and --period are required.

    With --legacy-schema, SOURCE is one CSV file and CLKs are written that are weak: they withstand no known
    attack.  That needs neither workspace nor epoch; see docs/legacy-clkhash.md.
    """
    if legacy_schema is not None:
        refuse_bundle_options(context)
        encode_legacy(LegacyRequest(source, legacy_schema, output, secret_file, xor_folds, overwrite))
        return
    refuse_legacy_options(context)
    request = BundleRequest(
        source=source,
        mapping=mapping,
        workspace=_required(context, "workspace", workspace),
        period=_required(context, "period", period),
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
    write_bundle_of(request, open_for(request, passphrase_file))


def open_for(request: BundleRequest, passphrase_file: PassphraseFrom) -> Desk:
    """Open the desk for a request, once nothing that needs no passphrase speaks against it."""
    require_bundle_request(request)
    warn_if_synced(request.output.parent)
    return open_desk_for(request, saying.passphrase(passphrase_file))


def write_bundle_of(request: BundleRequest, desk: Desk, *, outputs: Sequence[Path | None] = ()) -> None:
    """Read a request's source, write its bundle, and say what came of it.

    ``outputs`` are further files that the caller is going to write.
    """
    with stages() as shown:
        extract, encoded = make_bundle(request, desk, shown, outputs=outputs)
    _report_faults(extract, request.fixes)
    covered = cover_remarks(extract, request.workspace, dummies=encoded.manifest.counts.dummies)
    _warn(period_remarks(extract, request.period), covered)
    _report_encoded(encoded, request.output)


def _report_encoded(encoded: Encoded, output: Path) -> None:
    click.echo("")
    for line in encoded_words(encoded):
        click.echo(line)
    if encoded.without_view:
        say(f"{encoded.without_view:,} sets of names are too incomplete to be linked and give no row")
    say(f"{output.name} may leave; {open_copy(output).name} stays here (clew agency inspect)")


def _required(context: click.Context, name: str, value: Value | None) -> Value:
    """Return an option's value, or fail as click does: only CLKs do without workspace and period."""
    if value is None:
        parameter = next(one for one in context.command.params if one.name == name)
        raise click.MissingParameter(ctx=context, param=parameter)
    return value


def _warn(*remarks: Iterable[str]) -> None:
    for words in chain(*remarks):
        say(f"warning: {words}")


def _report_faults(extract: Extract, fixes: Path | None) -> None:
    for line in extract_words(extract):
        click.echo(line)
    for words in shield_remarks(extract):
        say(f"warning: {words}")
    if fixes is not None:
        warn_if_synced(fixes.parent)
        write_fixes(fixes, extract.log)
        say(f"{fixes.name} lists every fault with your own references; it stays with you")
    elif extract.log.faults:
        say("--fixes FILE writes a list of every fault with your own references")
