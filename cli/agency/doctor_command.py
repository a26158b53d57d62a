"""``clew keys doctor``: whether an agency's key, epoch and installation agree."""

import datetime as dt
from typing import TYPE_CHECKING

import click

from cli.agency import options, saying
from cli.agency.workspace import Workspace
from cli.options import passphrase_from
from keys.passphrase import PassphraseFrom
from linkage.wire.canonical import canonical

if TYPE_CHECKING:
    from cli.agency.doctor import Finding

__all__ = ["doctor_command"]


@click.command("doctor")
@options.workspace
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@options.allow_weak_profile
@passphrase_from
@click.pass_context
def doctor_command(
    context: click.Context,
    workspace: Workspace,
    as_json: bool,  # noqa: FBT001
    allow_weak_profile: bool,  # noqa: FBT001
    passphrase_file: PassphraseFrom,
) -> None:
    """Say whether an agency may encode.

    Checks its identity, epoch, wrapped key, profile, the libraries on this machine and its clock: one line
    for each.  Reads no record and writes nothing.  Ends with 1 unless all is well.
    """
    from cli.agency.doctor import examine  # loads numpy, which the other commands of this group do not need

    found = examine(
        workspace,
        lambda: saying.passphrase(passphrase_file),
        now=dt.datetime.now(dt.UTC),
        today=saying.today(),
        allow_weak_profile=allow_weak_profile,
    )
    click.echo(canonical(found).decode() if as_json else "\n".join(map(_line, found.checks)))
    if not found.well:
        saying.say("do not encode before this is mended")
        context.exit(1)


def _line(finding: "Finding") -> str:
    mend = f"; {finding.mend}" if finding.mend else ""
    return f"{finding.state:<13}{finding.check}: {finding.found}{mend}"
