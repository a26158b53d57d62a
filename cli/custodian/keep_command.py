"""``clew keys keep``: take in what the other custodians decided."""

from pathlib import Path

import click

from cli.custodian.checks import verified_descriptor
from cli.custodian.log_subjects import revocation_subjects
from cli.custodian.options import identity_folder
from cli.custodian.revoke_command import summarise_revocation
from cli.custodian.signing import format_of
from cli.custodian.succession_command import keep_succession
from cli.custodian.summaries import say
from cli.options import FILE
from keys.custodian_folder import CustodianFolder
from keys.custody_log import CustodyLog
from keys.storing import naming, read_as
from linkage.errors import InputError
from linkage.wire.custodian_sets import CustodianSet, set_of, verify_by_any
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.revocations import read_revocation

__all__ = ["keep_command"]


@click.command("keep")
@click.argument("file", type=FILE)
@identity_folder
@click.option(
    "--epoch",
    type=FILE,
    metavar="DESCRIPTOR",
    help="The signed descriptor of an epoch of yours, if you did not sign it yourself.",
)
def keep_command(file: Path, folder: Path, epoch: Path | None) -> None:
    """Take in FILE, a revocation or a succession that the other custodians signed.

    A revocation needs as many signatures of the custodians whom you know as a descriptor does; from then on
    you wrap, sign and hand over nothing for what it revokes.  A succession must be complete.  Neither can be
    taken back.  No passphrase is asked for.
    """
    own = CustodianFolder(folder)
    if format_of(file) == "clew-succession":
        keep_succession(file, own, epoch=epoch)
    else:
        _keep_revocation(file, own, epoch=epoch)


def _keep_revocation(file: Path, own: CustodianFolder, *, epoch: Path | None) -> None:
    revocation = read_as(file, read_revocation, what="revocation", limit=MAX_CARD_BYTES)
    sets = _known_sets(own, epoch)
    with naming(file):
        verify_by_any(revocation, sets)
    summarise_revocation(revocation)
    if own.has_revocation(revocation):
        say(("you keep a revocation of it already: nothing was changed",))
        return
    CustodyLog(own.path).append("kept-revocation", revocation_subjects(revocation), None)
    own.keep_revocation(revocation)
    say(("kept: you wrap, sign and hand over nothing for it from now on",))


def _known_sets(own: CustodianFolder, epoch: Path | None) -> tuple[CustodianSet, ...]:
    """Return the custodians of the epochs that this one signed, and of the descriptor given.

    Custodians whom others succeeded are not among them, whichever descriptor names them.
    """
    given = () if epoch is None else (set_of(verified_descriptor(epoch, own)),)
    sets = own.successions.change((*given, *own.known_sets()))
    if not sets:
        raise InputError(
            "you signed no epoch descriptor yet: nothing here says who the custodians are",
            hint="give the signed descriptor of the ceremony that you took part in with --epoch",
        )
    return sets
