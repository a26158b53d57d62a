"""``clew agency check`` and ``encode``: an extract read, judged and encoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from cli.agency import options, saying
from cli.agency.encoding import Desk, Encoded, encode_extract, open_copy, open_desk, sweep_left
from cli.agency.fixlist import write_fixes
from cli.agency.legacy_encoding import (
    LegacyRequest,
    encode_legacy,
    refuse_bundle_options,
    refuse_legacy_options,
)
from cli.agency.progress import Stages, stages
from cli.agency.saying import say, today, warn_if_synced
from cli.agency.shield_choice import NO_SHIELD, ShieldChoice
from cli.agency.shielding import chosen_shield_list, remark_on_shielded, require_shield_list
from cli.agency.summaries import encoded_words, extract_words
from cli.agency.workspace import Workspace
from cli.options import FILE, passphrase_from
from cli.outputs import spare_inputs, spare_outputs
from cli.sources.context import Context
from cli.sources.extract import Extract, read_extract
from cli.sources.mapping import choose_mapping, parse_mapping, preset_names
from cli.sources.opening import files_read
from keys.passphrase import PassphraseFrom
from linkage.encode.legacy.profile import FoldReading
from linkage.errors import InputError
from linkage.wire.manifest import Period

__all__ = [
    "BundleRequest",
    "check_command",
    "encode_command",
    "open_for",
    "read_source",
    "write_bundle_of",
]

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRequest:
    """What ``encode`` and ``reencode`` are asked to make a bundle of, and how."""

    source: Path
    mapping: str | None
    workspace: Workspace
    period: Period
    areas: tuple[str, ...]
    output: Path
    overwrite: bool
    fixes: Path | None
    shielding: ShieldChoice
    last_year: Path | None
    allow_empty: bool
    allow_withdrawals: bool
    allow_weak_profile: bool


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
    _warn_of_period(extract, period)


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
    request.workspace.require()
    require_shield_list(request.shielding, request.workspace)
    if request.output.suffix != ".clew":
        raise InputError(f"{request.output.name}: not the name of a bundle", hint="let it end with .clew")
    spare_outputs([request.output, open_copy(request.output)], overwrite=request.overwrite)
    warn_if_synced(request.output.parent)
    passphrase = saying.passphrase(passphrase_file)
    return open_desk(
        request.workspace, passphrase, today=today(), allow_weak_profile=request.allow_weak_profile
    )


def write_bundle_of(request: BundleRequest, desk: Desk, *, outputs: Sequence[Path | None] = ()) -> None:
    """Read a request's source, write its bundle, and say what came of it.

    ``outputs`` are further files that the caller is going to write.
    """
    workspace, period, output = request.workspace, request.period, request.output
    written = [output, open_copy(output), request.fixes, *outputs]
    sweep_left(workspace, output)
    with stages() as shown:
        extract = read_source(
            request.source,
            request.mapping,
            workspace,
            period,
            request.areas,
            shown,
            outputs=written,
            shielding=request.shielding,
            last_year=request.last_year,
        )
        encoded = encode_extract(
            desk,
            extract,
            period=period,
            output=output,
            stages=shown,
            today=today(),
            allow_empty=request.allow_empty,
            allow_withdrawals=request.allow_withdrawals,
            shield_list=request.shielding.path is not None,
        )
    _report_faults(extract, request.fixes)
    _warn_of_period(extract, period)
    _report_encoded(encoded, output)


def _report_encoded(encoded: Encoded, output: Path) -> None:
    click.echo("")
    for line in encoded_words(encoded):
        click.echo(line)
    if encoded.without_view:
        say(f"{encoded.without_view:,} sets of names are too incomplete to be linked and give no row")
    say(f"{output.name} may leave; {open_copy(output).name} stays here (clew agency inspect)")


def _mapping_file(name: str | None) -> Path | None:
    return None if name is None or name in preset_names() else Path(name)


def _required(context: click.Context, name: str, value: Value | None) -> Value:
    """Return an option's value, or fail as click does: only CLKs do without workspace and period."""
    if value is None:
        parameter = next(one for one in context.command.params if one.name == name)
        raise click.MissingParameter(ctx=context, param=parameter)
    return value


def read_source(
    source: Path,
    name: str | None,
    workspace: Workspace,
    period: Period | None,
    areas: tuple[str, ...],
    shown: Stages,
    *,
    outputs: Sequence[Path | None] = (),
    shielding: ShieldChoice = NO_SHIELD,
    last_year: Path | None = None,
) -> Extract:
    """Read a source through the named or the saved mapping, and save the mapping once it has worked.

    Raises :class:`InputError` before anything is read if one of the outputs would go over an input.
    """
    workspace.require()
    text = choose_mapping(name) if name else workspace.mapping_text()
    if text is None:
        raise InputError(
            "no mapping was used in this workspace yet", hint="name one with --mapping, as council-csv"
        )
    mapping, card = parse_mapping(text), workspace.card()
    others = [_mapping_file(name), shielding.path, *(files_read(last_year, mapping) if last_year else ())]
    spare_inputs(outputs, [*files_read(source, mapping), *others])
    shield = chosen_shield_list(shielding, mapping)
    context = Context(card.agency, card.role, today(), period, areas, shield, last_year)
    extract = read_extract(source, mapping, context, stage=lambda table: _begin(shown, table))
    if workspace.save_mapping(text):
        say(f"mapping {mapping.name} saved in the workspace; --mapping can be left out from now on")
    return extract


def _begin(shown: Stages, table: str) -> None:
    shown.stage(f"reading {table.replace('_', ' ')}")


def _warn_of_period(extract: Extract, period: Period | None) -> None:
    """Warn where the period looks mistyped: what it wrongly claims would look like records that are not."""
    if period is not None and period.end.date > today():
        say("warning: the period ends after today; its last days are not over")
    episodes = extract.log.tallies.get("episodes")
    if episodes is not None and episodes.outside * 2 > episodes.read:
        say("warning: more than half of the episodes lie outside the period; is it the right one?")


def _report_faults(extract: Extract, fixes: Path | None) -> None:
    for line in extract_words(extract):
        click.echo(line)
    remark_on_shielded(extract)
    if fixes is not None:
        warn_if_synced(fixes.parent)
        write_fixes(fixes, extract.log)
        say(f"{fixes.name} lists every fault with your own references; it stays with you")
    elif extract.log.faults:
        say("--fixes FILE writes a list of every fault with your own references")
