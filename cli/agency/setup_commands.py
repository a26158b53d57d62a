"""``clew agency init`` and ``join``: a workspace, and an epoch in it."""

from pathlib import Path

import click

from cli.agency import options, saying
from cli.agency.joining import join_epoch, make_workspace
from cli.agency.saying import say, today, warn_if_synced
from cli.agency.workspace import Workspace
from cli.options import FILE, passphrase_file, passphrase_from
from keys.passphrase import PassphraseFrom, read_passphrase
from linkage.weak_profiles import named_by_digest
from linkage.wire.cards import card_fingerprint
from linkage.wire.codes import Role
from linkage.wire.fingerprints import in_words

__all__ = ["init_command", "join_command"]


@click.command("init")
@options.workspace
@click.option("--agency", "code", required=True, metavar="CODE", help="The agency's code (ONS or force).")
@click.option("--role", type=click.Choice(["council", "police"]), required=True, help="What the agency is.")
@click.option("--name", required=True, help="The agency's name.")
@click.option(
    "--custodian",
    "custodians",
    type=FILE,
    multiple=True,
    required=True,
    metavar="CARD",
    help="The card of a key custodian to trust; repeat for each.",
)
@click.option("--threshold", type=int, required=True, help="How many of them must have signed.")
@passphrase_file
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

    Prints the fingerprint of the agency's card, in words too.  Read either out to a custodian and to the
    linkage unit's operator: by it they know the card.  The pinned custodians are shown with theirs: compare
    each with what its holder reads out to you.
    """
    warn_if_synced(workspace.path)
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
    for one in workspace.pins().custodians:
        say(f"custodian {_printable(one.name)}: {card_fingerprint(one)}")
        _say_words(card_fingerprint(one))
    say("compare each custodian's fingerprint with its holder; if one differs, make the workspace anew")
    say(f"{workspace.card_file.name} may be passed on; the rest of the workspace never leaves you")
    say("back up the workspace: without it nobody can turn results into your references again")
    say("the fingerprint of your card:")
    _say_words(card_fingerprint(card))
    click.echo(card_fingerprint(card))


@click.command("join")
@click.argument("descriptor", type=FILE)
@click.option("--wrapped-key", type=FILE, required=True, metavar="FILE", help="Wrapped for you.")
@click.option("--unit", type=FILE, required=True, metavar="CARD", help="The linkage unit's card.")
@options.workspace
@options.allow_weak_profile
@passphrase_from
def join_command(
    descriptor: Path,
    wrapped_key: Path,
    unit: Path,
    workspace: Workspace,
    allow_weak_profile: bool,  # noqa: FBT001
    passphrase_file: PassphraseFrom,
) -> None:
    """Join an epoch.

    Checks its DESCRIPTOR and your wrapped key, and keeps both.  Prints the fingerprint of the linkage
    unit's card; check it with the unit.
    """
    workspace.require()
    passphrase = saying.passphrase(passphrase_file)
    epoch, card = join_epoch(
        workspace,
        descriptor=descriptor,
        wrapped_key=wrapped_key,
        unit=unit,
        passphrase=passphrase,
        today=today(),
        allow_weak_profile=allow_weak_profile,
    )
    profile = named_by_digest(epoch.profile_name, epoch.profile_digest)
    say(f"joined epoch {epoch.epoch}, open from {epoch.opens} to {epoch.closes}, profile {profile}")
    say(f"the linkage unit is {_printable(card.name)}; its fingerprint:")
    _say_words(card_fingerprint(card))
    click.echo(card_fingerprint(card))


def _say_words(fingerprint: str) -> None:
    say(f"  in words: {in_words(fingerprint)}")


def _printable(name: str) -> str:
    return "".join(character for character in name if character.isprintable())
