"""``clew agency revoke``: keep what custodians revoked."""

from pathlib import Path

import click

from cli.agency import options
from cli.agency.revoking import keep_revocation
from cli.agency.saying import say
from cli.agency.workspace import Workspace
from cli.options import FILE
from linkage.wire.revocations import RevokedAgency

__all__ = ["revoke_command"]


@click.command("revoke")
@click.argument("file", type=FILE)
@options.workspace
def revoke_command(file: Path, workspace: Workspace) -> None:
    """Keep the revocation FILE of your custodians; what they revoked is refused here from now on.

    It needs the signatures of enough of the custodians that you pinned, and cannot be taken back.
    """
    workspace.require()
    revocation, new = keep_revocation(workspace, file)
    subject = revocation.subject
    if not isinstance(subject, RevokedAgency):
        what, after = (
            f"epoch {subject.epoch}",
            "join the new epoch when the custodians have made it, and encode again",
        )
    elif subject.signing_key == workspace.card().signing_key:
        what, after = "the card of this workspace", "run clew agency renew, and have the new card enrolled"
    else:
        what, after = f"a card of {subject.agency}, not this workspace's,", "there is nothing for you to do"
    say(f"{what} {'is revoked' if new else 'was revoked already'}: {revocation.reason}")
    say(after)
