"""``clew agency urgent``: episodes of which one side says that the child is still missing."""

import click

from cli.agency import options, saying
from cli.agency.asking import ask_urgent
from cli.agency.saying import say
from cli.agency.workspace import Workspace
from cli.options import passphrase_from
from keys.passphrase import PassphraseFrom
from linkage.counted import counted

__all__ = ["urgent_command"]


@click.command("urgent")
@options.unit_url
@options.workspace
@passphrase_from
def urgent_command(url: str, workspace: Workspace, passphrase_file: PassphraseFrom) -> None:
    """List your episodes that one side holds as still missing and the other as ended.

    They do not wait for a cycle.  A line is: your episode, your child, whom to ask, the query number.
    """
    passphrase = saying.passphrase(passphrase_file)
    identity = workspace.require().identity(passphrase)
    urgent = ask_urgent(workspace, identity, url)
    for one in urgent.lines:
        click.echo("\t".join((one.episode, one.child, one.contact, one.query)))
    if urgent.lines:
        known = counted(len(urgent.lines), "episode")
        say(f"{known}: find out today where the child is, then mend your record")
    else:
        say("nothing is urgent")
    if urgent.unknown:
        say(f"{urgent.unknown:,} more are about records that this workspace does not know")
