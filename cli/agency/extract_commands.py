"""``clew agency check`` and ``encode``: an extract read, judged and encoded."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import click

from cli.agency import options, saying
from cli.agency.encoding import encode_extract, open_copy, open_desk, sweep_left
from cli.agency.fixlist import write_fixes
from cli.agency.legacy_encoding import (
    LegacyRequest,
    encode_legacy,
    refuse_bundle_options,
    refuse_legacy_options,
)
from cli.agency.progress import Stages, stages
from cli.agency.saying import say, today, warn_if_synced
from cli.agency.summaries import encoded_words, extract_words
from cli.agency.workspace import Workspace
from cli.options import FILE, passphrase_file
from cli.outputs import spare_inputs
from cli.sources.context import Context
from cli.sources.extract import Extract, read_extract
from cli.sources.mapping import choose_mapping, parse_mapping, preset_names
from cli.sources.opening import files_read
from linkage.encode.legacy.profile import FoldReading
from linkage.errors import InputError
from linkage.wire.manifest import Period

__all__ = ["check_command", "encode_command", "read_source"]

Value = TypeVar("Value")

_SOURCE = click.argument("source", type=FILE)
_FIXES = click.option(
    "--fixes", type=FILE, metavar="FILE", help="Write the fix list here (CSV); it stays with you."
)


@click.command("check")
@_SOURCE
@options.mapping
@options.workspace
@options.period(required=False)
@options.areas
@_FIXES
def check_command(
    source: Path,
    mapping: str | None,
    workspace: Workspace,
    period: Period | None,
    areas: tuple[str, ...],
    fixes: Path | None,
) -> None:
    """Say what is wrong with a source.

    SOURCE is a folder of CSV files or one CSV file.  Nothing is encoded and nothing is sent.  Rows with
    errors would go into quarantine; --fixes lists them.
    """
    with stages() as shown:
        extract = read_source(source, mapping, workspace, period, areas, shown, outputs=[fixes])
    _report_faults(extract, fixes)
    _warn_of_period(extract, period)


@click.command("encode")
@_SOURCE
@options.mapping
@options.optional_workspace
@options.period(required=False)
@options.areas
@click.option(
    "--output", type=FILE, required=True, metavar="FILE", help="The sealed bundle (.clew) to write."
)
@_FIXES
@click.option("--allow-empty", is_flag=True, help="Let a snapshot without children withdraw everything.")
@click.option("--allow-withdrawals", is_flag=True, help="Let more than a fifth of the records be withdrawn.")
@options.allow_weak_profile
@passphrase_file
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
@click.option("--overwrite", is_flag=True, help="With --legacy-schema: replace an output that is there.")
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
    allow_empty: bool,  # noqa: FBT001
    allow_withdrawals: bool,  # noqa: FBT001
    allow_weak_profile: bool,  # noqa: FBT001
    passphrase_file: Path | None,
    legacy_schema: Path | None,
    secret_file: Path | None,
    xor_folds: FoldReading | None,
    overwrite: bool,  # noqa: FBT001
) -> None:
    """Encode a source into a sealed bundle.

    SOURCE is a folder of CSV files or one CSV file.  Beside the bundle an open copy of it is written, which
    stays here and which clew agency inspect explains.  --workspace and --period are required.

    With --legacy-schema, SOURCE is one CSV file and CLKs are written that are weak: they withstand no known
    attack.  That needs neither workspace nor epoch; see docs/legacy-clkhash.md.
    """
    if legacy_schema is not None:
        refuse_bundle_options(context)
        encode_legacy(LegacyRequest(source, legacy_schema, output, secret_file, xor_folds, overwrite))
        return
    refuse_legacy_options(context)
    workspace, period = _required(context, "workspace", workspace), _required(context, "period", period)
    workspace.require()
    if output.suffix != ".clew":
        raise InputError(f"{output.name}: not the name of a bundle", hint="let it end with .clew")
    warn_if_synced(output.parent)
    day = today()
    passphrase = saying.passphrase(passphrase_file)
    desk = open_desk(workspace, passphrase, today=day, allow_weak_profile=allow_weak_profile)
    sweep_left(workspace, output)
    with stages() as shown:
        outputs = [output, open_copy(output), fixes]
        extract = read_source(source, mapping, workspace, period, areas, shown, outputs=outputs)
        encoded = encode_extract(
            desk,
            extract,
            period=period,
            output=output,
            stages=shown,
            today=day,
            allow_empty=allow_empty,
            allow_withdrawals=allow_withdrawals,
        )
    _report_faults(extract, fixes)
    _warn_of_period(extract, period)
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
    spare_inputs(outputs, [*files_read(source, mapping), _mapping_file(name)])
    context = Context(card.agency, card.role, today(), period, areas)
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
    if fixes is not None:
        warn_if_synced(fixes.parent)
        write_fixes(fixes, extract.log)
        say(f"{fixes.name} lists every fault with your own references; it stays with you")
    elif extract.log.faults:
        say("--fixes FILE writes a list of every fault with your own references")
