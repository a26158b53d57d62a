"""``clew agency submit``, ``status``, ``report`` and ``references``: what is said to the unit and by it."""

from pathlib import Path

import click

from cli.agency import options, saying
from cli.agency.asking import ask_report, ask_status
from cli.agency.client import Unit
from cli.agency.progress import stages
from cli.agency.pulling import read_references
from cli.agency.saying import say, warn_if_synced
from cli.agency.spreadsheet import write_csv, write_report
from cli.agency.standing import status_words
from cli.agency.submitting import submit_bundle
from cli.agency.workspace import Workspace
from cli.options import FILE, passphrase_from
from keys.identity import Identity
from keys.passphrase import PassphraseFrom
from linkage.errors import InputError
from linkage.wire.canonical import canonical

__all__ = ["references_command", "report_command", "status_command", "submit_command"]


@click.command("submit")
@click.argument("bundle", type=FILE)
@options.unit_url
@options.workspace
@passphrase_from
def submit_command(bundle: Path, url: str, workspace: Workspace, passphrase_file: PassphraseFrom) -> None:
    """Send a bundle to the linkage unit.

    The receipt is kept in the workspace.  Run it again if the connection breaks: it goes on where it stopped.
    """
    with Unit(url, _identity(workspace, passphrase_file)) as unit, stages() as shown:
        receipt = submit_bundle(bundle, workspace, unit, shown)
    say(f"the linkage unit has bundle {receipt.sequence}, received {receipt.received}; receipt kept")
    click.echo(receipt.submission)


@click.command("status")
@options.unit_url
@options.workspace
@click.option("--json", "as_json", is_flag=True, help="Print the unit's answer as JSON.")
@passphrase_from
def status_command(
    url: str,
    workspace: Workspace,
    as_json: bool,  # noqa: FBT001
    passphrase_file: PassphraseFrom,
) -> None:
    """Say what the linkage unit holds."""
    status = ask_status(workspace, _identity(workspace, passphrase_file), url)
    click.echo(canonical(status).decode() if as_json else "\n".join(status_words(status)))


@click.command("report")
@options.unit_url
@options.workspace
@click.option("--output", type=FILE, required=True, metavar="REPORT.xlsx", help="The workbook to write.")
@passphrase_from
def report_command(url: str, workspace: Workspace, output: Path, passphrase_file: PassphraseFrom) -> None:
    """Pull results into a workbook.

    The latest results are joined with your own references: a workbook, and the same as CSV beside it.
    """
    _require_workbook(output)
    warn_if_synced(output.parent)
    passphrase = saying.passphrase(passphrase_file)
    identity = workspace.require().identity(passphrase)
    report = ask_report(workspace, identity, url, today=saying.today())
    written = write_report(output, report)
    if report.unknown:
        say(f"{report.unknown:,} results are about records that this workspace does not know")
    say(
        f"cycle {report.cycle}: {len(report.episodes):,} episodes, {len(report.missing):,} missing from yours"
    )
    click.echo("\n".join(str(path) for path in written))


@click.command("references")
@options.workspace
@click.option("--output", type=FILE, required=True, metavar="FILE.csv", help="The CSV to write.")
@passphrase_from
def references_command(workspace: Workspace, output: Path, passphrase_file: PassphraseFrom) -> None:
    """List your references with their handles.

    This is for your own use: the file must not leave you.
    """
    warn_if_synced(output.parent)
    passphrase = saying.passphrase(passphrase_file)
    identity = workspace.require().identity(passphrase)
    rows = [(one.kind, one.reference, one.handle) for one in read_references(workspace, identity)]
    write_csv(output, ("kind", "local_reference", "handle"), rows)
    say(f"{len(rows):,} references written; whoever has them can tell your records apart in the register")


def _identity(workspace: Workspace, passphrase_file: PassphraseFrom) -> Identity:
    workspace.require()
    return workspace.identity(saying.passphrase(passphrase_file))


def _require_workbook(output: Path) -> None:
    if output.suffix.casefold() != ".xlsx":
        raise InputError(f"{output.name}: not the name of a workbook", hint="let it end with .xlsx")
