"""``clew agency``: what an agency's data officer does, from the first day to the report."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from cli.agency import options
from cli.agency.bundles import opened_bundle
from cli.agency.client import Unit
from cli.agency.encoding import encode_extract, open_copy, open_desk
from cli.agency.fixlist import write_fixes
from cli.agency.inspection import check_digests, check_signature, inspect_bundle
from cli.agency.joining import join_epoch, make_workspace
from cli.agency.progress import Stages, stages
from cli.agency.pulling import pull_report, read_references
from cli.agency.spreadsheet import write_csv, write_report
from cli.agency.submitting import submit_bundle
from cli.agency.summaries import encoded_words, extract_words, status_words
from cli.agency.synced import synced_by
from cli.agency.telling import manifest_words, open_words, row_bytes, sealed_words, text_bytes
from cli.agency.workspace import Workspace
from cli.sources.context import Context
from cli.sources.extract import Extract, read_extract
from cli.sources.mapping import choose_mapping, parse_mapping
from keys.passphrase import read_passphrase
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from linkage.wire.codes import Role
from linkage.wire.manifest import Period

__all__ = ["agency"]

_PROMPT = "passphrase of this workspace"
_SOURCE = click.argument("source", type=options.FILE)
_FIXES = click.option(
    "--fixes", type=options.FILE, metavar="FILE", help="Write the fix list here (CSV); it stays with you."
)


@click.group("agency")
def agency() -> None:
    """Check, encode, submit and reconcile one agency's records."""


@agency.command("init")
@options.workspace
@click.option("--agency", "code", required=True, metavar="CODE", help="The agency's code (ONS or force).")
@click.option("--role", type=click.Choice(["council", "police"]), required=True)
@click.option("--name", required=True, help="The agency's name.")
@click.option(
    "--custodian",
    "custodians",
    type=options.FILE,
    multiple=True,
    required=True,
    metavar="CARD",
    help="The card of a key custodian to trust; repeat for each.",
)
@click.option("--threshold", type=int, required=True, help="How many of them must have signed.")
@options.passphrase_file
def init_command(
    workspace: Workspace,
    code: str,
    role: Role,
    name: str,
    custodians: tuple[Path, ...],
    threshold: int,
    passphrase_file: Path | None,
) -> None:
    """Make a workspace and the agency's identity.

    Prints the fingerprint of the agency's card.  Read the fingerprint out to a custodian and to the linkage
    unit's operator: by it they know the card.
    """
    _warn_if_synced(workspace.path)
    passphrase = read_passphrase(passphrase_file, prompt="new passphrase for this workspace", confirm=True)
    card = make_workspace(
        workspace,
        agency=code,
        role=role,
        name=name,
        custodians=custodians,
        threshold=threshold,
        passphrase=passphrase,
    )
    _say(f"{workspace.card_file.name} may be passed on; the rest of the workspace never leaves you")
    _say("back up the workspace: without it nobody can turn results into your references again")
    click.echo(card_fingerprint(card))


@agency.command("join")
@click.argument("descriptor", type=options.FILE)
@click.option("--wrapped-key", type=options.FILE, required=True, metavar="FILE", help="Wrapped for you.")
@click.option("--unit", type=options.FILE, required=True, metavar="CARD", help="The linkage unit's card.")
@options.workspace
@options.passphrase_file
def join_command(
    descriptor: Path, wrapped_key: Path, unit: Path, workspace: Workspace, passphrase_file: Path | None
) -> None:
    """Join an epoch.

    Checks its DESCRIPTOR and your wrapped key, and keeps both.  Prints the fingerprint of the linkage
    unit's card; check it with the unit.
    """
    workspace.require()
    passphrase = read_passphrase(passphrase_file, prompt=_PROMPT, confirm=False)
    epoch, card = join_epoch(
        workspace, descriptor=descriptor, wrapped_key=wrapped_key, unit=unit, passphrase=passphrase
    )
    _say(
        f"joined epoch {epoch.epoch}, open from {epoch.opens} to {epoch.closes}, profile {epoch.profile_name}"
    )
    _say(f"the linkage unit is {''.join(c for c in card.name if c.isprintable())}; its fingerprint:")
    click.echo(card_fingerprint(card))


@agency.command("check")
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
        extract = _read(source, mapping, workspace, period, areas, shown)
    _report_faults(extract, fixes)


@agency.command("encode")
@_SOURCE
@options.mapping
@options.workspace
@options.period(required=True)
@options.areas
@click.option(
    "--output", type=options.FILE, required=True, metavar="BUNDLE.clew", help="The sealed bundle to write."
)
@_FIXES
@click.option("--allow-empty", is_flag=True, help="Let a snapshot without children withdraw everything.")
@options.passphrase_file
def encode_command(
    source: Path,
    mapping: str | None,
    workspace: Workspace,
    period: Period,
    areas: tuple[str, ...],
    output: Path,
    fixes: Path | None,
    allow_empty: bool,  # noqa: FBT001
    passphrase_file: Path | None,
) -> None:
    """Encode a source into a sealed bundle.

    SOURCE is a folder of CSV files or one CSV file.  Beside the bundle an open copy of it is written, which
    stays here and which clew agency inspect explains.
    """
    workspace.require()
    _warn_if_synced(output.parent)
    today = _today()
    passphrase = read_passphrase(passphrase_file, prompt=_PROMPT, confirm=False)
    desk = open_desk(workspace, passphrase, today=today)
    with stages() as shown:
        extract = _read(source, mapping, workspace, period, areas, shown)
        encoded = encode_extract(
            desk, extract, period=period, output=output, stages=shown, today=today, allow_empty=allow_empty
        )
    _report_faults(extract, fixes)
    click.echo("")
    for line in encoded_words(encoded):
        click.echo(line)
    if encoded.without_view:
        _say(f"{encoded.without_view:,} sets of names are too incomplete to be linked and give no row")
    if encoded.changes.withdrawn * 5 > encoded.held_before:
        _say("more than a fifth of what was sent before for this period is withdrawn; is the source whole?")
    _say(f"{output.name} may leave; {open_copy(output).name} stays here (clew agency inspect)")


@agency.command("inspect")
@click.argument("bundle", type=options.FILE)
@click.option("--bytes", "as_bytes", is_flag=True, help="Also show the manifest and one row byte by byte.")
@click.option(
    "--workspace",
    type=options.FILE,
    metavar="DIR",
    help="Also check that the bundle was signed by this workspace's identity.",
)
def inspect_command(bundle: Path, as_bytes: bool, workspace: Path | None) -> None:  # noqa: FBT001
    """Say in words what a bundle holds.

    Every digest and the signature are checked first.  Of a sealed BUNDLE only the manifest can be read.
    """
    card = Workspace(workspace).require().card() if workspace else None
    with opened_bundle(bundle) as opened:
        check_signature(opened, card)
        check_digests(opened)
        inspection = inspect_bundle(opened) if opened.form == "open" else None
        said = [*manifest_words(opened)]
        said += open_words(opened, inspection) if inspection else sealed_words()
        if as_bytes:
            said += text_bytes("The manifest, byte by byte: this is what is signed", opened.manifest_bytes)
            said += row_bytes(opened, inspection) if inspection else ()
    click.echo("\n".join(said))
    whose = "by this workspace's identity" if card else "by the key shown; compare it with the agency's card"
    _say(f"every digest agrees with the manifest, which is signed {whose}")


@agency.command("submit")
@click.argument("bundle", type=options.FILE)
@options.unit_url
@options.workspace
@options.passphrase_file
def submit_command(bundle: Path, url: str, workspace: Workspace, passphrase_file: Path | None) -> None:
    """Send a bundle to the linkage unit.

    The receipt is kept in the workspace.  Run it again if the connection breaks: it goes on where it stopped.
    """
    with _unit(workspace, url, passphrase_file) as unit, stages() as shown:
        receipt = submit_bundle(bundle, workspace, unit, shown)
    _say(f"the linkage unit has bundle {receipt.sequence}, received {receipt.received}; receipt kept")
    click.echo(receipt.submission)


@agency.command("status")
@options.unit_url
@options.workspace
@click.option("--json", "as_json", is_flag=True, help="Print the unit's answer as JSON.")
@options.passphrase_file
def status_command(
    url: str,
    workspace: Workspace,
    as_json: bool,  # noqa: FBT001
    passphrase_file: Path | None,
) -> None:
    """Say what the linkage unit holds."""
    with _unit(workspace, url, passphrase_file) as unit:
        status = unit.status()
    click.echo(canonical(status).decode() if as_json else "\n".join(status_words(status)))


@agency.command("report")
@options.unit_url
@options.workspace
@click.option(
    "--output", type=options.FILE, required=True, metavar="REPORT.xlsx", help="The workbook to write."
)
@options.passphrase_file
def report_command(url: str, workspace: Workspace, output: Path, passphrase_file: Path | None) -> None:
    """Pull results into a workbook.

    The latest results are joined with your own references: a workbook, and the same as CSV beside it.
    """
    _require_workbook(output)
    _warn_if_synced(output.parent)
    passphrase = read_passphrase(passphrase_file, prompt=_PROMPT, confirm=False)
    identity = workspace.require().identity(passphrase)
    with Unit(url, identity) as unit:
        report = pull_report(workspace, identity, unit)
    written = write_report(output, report)
    if report.unknown:
        _say(f"{report.unknown:,} results are about records that this workspace does not know")
    _say(
        f"cycle {report.cycle}: {len(report.episodes):,} episodes, {len(report.missing):,} missing from yours"
    )
    click.echo("\n".join(str(path) for path in written))


@agency.command("references")
@options.workspace
@click.option("--output", type=options.FILE, required=True, metavar="FILE.csv", help="The CSV to write.")
@options.passphrase_file
def references_command(workspace: Workspace, output: Path, passphrase_file: Path | None) -> None:
    """List your references with their handles.

    This is for your own use: the file must not leave you.
    """
    _warn_if_synced(output.parent)
    passphrase = read_passphrase(passphrase_file, prompt=_PROMPT, confirm=False)
    identity = workspace.require().identity(passphrase)
    rows = [(one.kind, one.reference, one.handle) for one in read_references(workspace, identity)]
    write_csv(output, ("kind", "local_reference", "handle"), rows)
    _say(f"{len(rows):,} references written; whoever has them can tell your records apart in the register")


def _read(
    source: Path,
    name: str | None,
    workspace: Workspace,
    period: Period | None,
    areas: tuple[str, ...],
    shown: Stages,
) -> Extract:
    """Read a source through the named or the saved mapping, and save the mapping once it has worked."""
    workspace.require()
    text = choose_mapping(name) if name else workspace.mapping_text()
    if text is None:
        raise InputError(
            "no mapping was used in this workspace yet", hint="name one with --mapping, as council-csv"
        )
    mapping, card = parse_mapping(text), workspace.card()
    context = Context(card.agency, card.role, _today(), period, areas)
    extract = read_extract(source, mapping, context, stage=lambda table: _begin(shown, table))
    if workspace.save_mapping(text):
        _say(f"mapping {mapping.name} saved in the workspace; --mapping can be left out from now on")
    return extract


def _begin(shown: Stages, table: str) -> None:
    shown.stage(f"reading {table.replace('_', ' ')}")


def _report_faults(extract: Extract, fixes: Path | None) -> None:
    for line in extract_words(extract):
        click.echo(line)
    if fixes is not None:
        _warn_if_synced(fixes.parent)
        write_fixes(fixes, extract.log)
        _say(f"{fixes.name} lists every fault with your own references; it stays with you")
    elif extract.log.faults:
        _say("--fixes FILE writes a list of every fault with your own references")


def _unit(workspace: Workspace, url: str, passphrase_file: Path | None) -> Unit:
    workspace.require()
    passphrase = read_passphrase(passphrase_file, prompt=_PROMPT, confirm=False)
    return Unit(url, workspace.identity(passphrase))


def _require_workbook(output: Path) -> None:
    if output.suffix.casefold() != ".xlsx":
        raise InputError(f"{output.name}: not the name of a workbook", hint="let it end with .xlsx")


def _today() -> dt.date:
    return dt.datetime.now(ZoneInfo("Europe/London")).date()


def _warn_if_synced(folder: Path) -> None:
    service = synced_by(folder)
    if service:
        _say(f"warning: this folder is copied elsewhere by {service}; choose one that stays on this machine")


def _say(text: str) -> None:
    click.echo(text, err=True)
