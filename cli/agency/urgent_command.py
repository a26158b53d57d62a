"""``clew agency urgent``: episodes of which one side says that the child is still missing."""

import click

from cli.agency import options, saying
from cli.agency.client import Unit
from cli.agency.crosswalk import Reference
from cli.agency.pulling import read_references
from cli.agency.saying import say
from cli.agency.workspace import Workspace
from cli.options import passphrase_from
from keys.passphrase import PassphraseFrom
from linkage.counted import counted
from linkage.errors import VerificationError

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
    with Unit(url, identity) as unit:
        told = unit.urgent()
    if told.agency != workspace.card().agency:
        raise VerificationError("the answer is another agency's", hint="tell the linkage unit's operator")
    references = {one.handle: one for one in read_references(workspace, identity)}
    unknown = 0
    for one in told.conflicts:
        own = references.get(one.episode)
        if own is None:
            unknown += 1
            continue
        child = references.get(own.parent or "")
        click.echo("\t".join((own.reference, _reference(child), one.contact, one.query)))
    known = len(told.conflicts) - unknown
    if known:
        say(f"{counted(known, 'episode')}: find out today where the child is, then mend your record")
    else:
        say("nothing is urgent")
    if unknown:
        say(f"{unknown:,} more are about records that this workspace does not know")


def _reference(child: Reference | None) -> str:
    return child.reference if child else ""
