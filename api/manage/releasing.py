"""``clew register release``: what is published, prepared by one person and approved by another."""

import json
from pathlib import Path
from typing import Any

import click

from api import releasing
from api.clock import utc_now
from api.manage.options import data_option, opened_register, say
from api.store import releases, results
from api.store.releases import KeptRelease
from linkage.counted import counted
from linkage.errors import InputError, VerificationError
from linkage.register.statistics.periods import Period, read_period
from linkage.wire.canonical import to_builtins

__all__ = ["release"]

number_argument = click.argument("number", type=click.IntRange(min=1))
by_option = click.option("--by", required=True, metavar="NAME", help="Who does this.")


@click.group()
def release() -> None:
    """Publish statistics: one person proposes a release, another approves exactly that one."""


@release.command()
@data_option
@click.option("--period", required=True, metavar="DAY..DAY", help="First and last day of whole months.")
@click.option("--area", metavar="CODE", help="Only what councils of this area are responsible for.")
@click.option("--table", "numbers", multiple=True, metavar="T9", help="Only this table; may be repeated.")
@by_option
def propose(data: Path, period: str, area: str | None, numbers: tuple[str, ...], by: str) -> None:
    """Count statistics of the newest cycle and keep what may leave, for somebody else to approve.

    Run it as the register worker's account: it opens payload, which no other account can.
    """
    # Here and not above: charts load much that no other command needs.
    from api.making_releases import propose_release

    wanted = read_period(period)
    with opened_register(data) as (folder, database):
        made = propose_release(folder, database, wanted, area=area, numbers=numbers, by=by, now=utc_now())
    say(f"release {made.number} is proposed: {counted(len(releasing.read_proposal(made).files), 'file')}")
    say(f"somebody else looks at it, and approves the digest {made.digest}")
    click.echo(made.number)


@release.command("list")
@data_option
def list_releases(data: Path) -> None:
    """List releases: number, state, period, area, cycle, who proposed and who decided, digest."""
    with opened_register(data) as (_, database), database.read() as connection:
        for one in releases.all_releases(connection):
            who = (_who(one.proposed_by, one.proposed_at), _who(one.decided_by, one.decided_at))
            click.echo("\t".join((str(one.number), one.state, *_what(one), *who, one.digest)))


@release.command()
@data_option
@number_argument
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="A new folder for its files, to be looked at before they are approved.",
)
def show(data: Path, number: int, output: Path | None) -> None:
    """Show what release NUMBER proposes, as JSON; with --output its files too, not to be passed on.

    Only the register worker's account can open the files.
    """
    with opened_register(data) as (folder, database):
        with database.read() as connection:
            found = releasing.known_release(connection, number)
            newest = results.latest_reconciled(connection)
        said = releasing.said_of(found)
        click.echo(json.dumps(_shown(found, said), indent=2))
        if output is not None:
            from api.making_releases import files_of_release
            from api.publishing.folders import refuse_filled, write_folder

            refuse_filled(output)
            written = write_folder(output, files_of_release(folder, database, number).items())
            say(f"{counted(written, 'file')} in {output.name}, to be looked at")
    if isinstance(said, releasing.Proposal) and found.state == "proposed" and newest > said.cycle:
        say(f"it was counted in cycle {said.cycle}; cycle {newest} is reconciled since")


@release.command()
@data_option
@number_argument
@by_option
@click.option("--digest", required=True, help="The digest of what you looked at, as `show` prints it.")
def approve(data: Path, number: int, by: str, digest: str) -> None:
    """Approve release NUMBER, as an enrolled approver who did not propose it."""
    with opened_register(data) as (_, database), database.write() as connection:
        releasing.approve_release(connection, number, by=by, digest=digest, now=utc_now())
    say(f"release {number} is approved; `clew register release export` writes it")


@release.command()
@data_option
@number_argument
@by_option
def reject(data: Path, number: int, by: str) -> None:
    """Reject the proposed release NUMBER; what was counted for it is deleted."""
    with opened_register(data) as (_, database), database.write() as connection:
        releasing.reject_release(connection, number, by=by, now=utc_now())
    say(f"release {number} is rejected, and what was counted for it is gone")


@release.command()
@data_option
@number_argument
@by_option
def withdraw(data: Path, number: int, by: str) -> None:
    """Withdraw the approved release NUMBER: it is exported no more, and later ones still reckon with it."""
    with opened_register(data) as (_, database), database.write() as connection:
        releasing.withdraw_release(connection, number, by=by, now=utc_now())
    say(f"release {number} is withdrawn; whoever published it takes it back")


@release.command()
@data_option
@number_argument
@click.option(
    "--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="The folder to write."
)
def export(data: Path, number: int, output: Path) -> None:
    """Write the files of the approved release NUMBER, each as it was approved, to be published.

    Run it as the register worker's account: no other can open them.
    """
    from api.making_releases import files_of_release
    from api.publishing.folders import refuse_filled, write_folder

    refuse_filled(output)
    with opened_register(data) as (folder, database):
        with database.read() as connection:
            found = releasing.known_release(connection, number)
        if found.state != "approved":
            raise InputError(f"release {number} is {found.state}", hint="only an approved one is exported")
        written = write_folder(output, files_of_release(folder, database, number).items())
    say(f"{counted(written, 'file')} in {output.name}, as approved by {found.decided_by}")


@release.command()
@data_option
@number_argument
def reproduce(data: Path, number: int) -> None:
    """Make release NUMBER again from what is kept of it, and compare it bit for bit.

    Run it as the register worker's account: no other can open what is kept.
    """
    from api.making_releases import reproduce_release

    with opened_register(data) as (folder, database):
        differing = reproduce_release(folder, database, number)
        with database.read() as connection:
            said = releasing.read_proposal(releasing.known_release(connection, number))
    if differing:
        raise VerificationError(
            f"release {number} comes out otherwise: {', '.join(differing)}",
            hint=f"it was made by release {said.code} of clew: make it again with the packages of that one",
        )
    say(f"release {number} comes out the same: counts, tables and all of {counted(len(said.files), 'file')}")


def _what(one: KeptRelease) -> tuple[str, str, str]:
    """Return period, area and cycle; what was asked for at the console and not counted has no cycle."""
    said = releasing.said_of(one)
    cycle = str(said.cycle) if isinstance(said, releasing.Proposal) else "-"
    return Period(said.first, said.last).code, said.area or "-", cycle


def _who(name: str | None, at: str | None) -> str:
    return "-" if name is None or at is None else f"{name} {at[:10]}"


def _shown(found: KeptRelease, said: releasing.Proposal | releasing.ReleaseRequest) -> dict[str, Any]:
    return {
        "number": found.number,
        "state": found.state,
        "digest": found.digest,
        "proposed_at": found.proposed_at,
        "decided_by": found.decided_by,
        "decided_at": found.decided_at,
        "withdrawn_by": found.withdrawn_by,
        "withdrawn_at": found.withdrawn_at,
        "proposal": to_builtins(said),
    }
