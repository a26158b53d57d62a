"""``clew keys ceremony``: custodians make an epoch key together."""

from pathlib import Path

import click

from cli.custodian.checks import (
    conformance_of,
    profile_digest,
    require_dates,
    require_fingerprint,
    require_fit_profile,
    require_known_profile,
    require_quorum,
)
from cli.custodian.log_subjects import ceremony_subjects, descriptor_subjects
from cli.custodian.options import (
    ONE_TIME_KIND,
    allow_weak_profile,
    ceremony_folder,
    day,
    epoch_name,
    identity_folder,
    one_time_key,
)
from cli.custodian.passphrases import own_passphrase
from cli.custodian.summaries import say, shown, summarise_ceremony
from cli.options import FILE, passphrase_file, passphrase_from
from keys.alone import alone
from keys.ceremony import (
    Exchanged,
    check_closing,
    check_commitments,
    check_contribution,
    close_ceremony,
    draw_contribution,
    make_commitment,
    make_contribution,
    open_ceremony,
    require_complete,
    require_member,
)
from keys.ceremony_folder import CeremonyFolder, destroy, was_destroyed
from keys.custodian_folder import CustodianFolder
from keys.custody_log import CustodyLog
from keys.identity import Identity, create_identity, load_identity, protected_identity
from keys.messages import Ceremony, Commitment
from keys.passphrase import PassphraseFrom, read_passphrase
from keys.storing import card_at, naming, refuse_existing, store_public, taken_back
from linkage.errors import ClewError, InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard, UnitCard
from linkage.wire.custodian_sets import require_majority
from linkage.wire.epochs import EpochDescriptor
from linkage.wire.moments import Moment

__all__ = ["ceremony_group"]


@click.group("ceremony")
def ceremony_group() -> None:
    """Make an epoch key together: open, commit, contribute, close."""


_one_time_key = one_time_key("ceremony")
_CLOSED = "ceremony-closed"


@ceremony_group.command("open")
@click.option("--epoch", callback=epoch_name, required=True, help="The new epoch's name, such as 2025-26.")
@click.option("--profile", required=True, help="The encoding profile, such as child-1.")
@click.option("--unit", type=FILE, required=True, metavar="CARD", help="The linkage unit's card.")
@click.option("--custodian", type=FILE, required=True, multiple=True, metavar="CARD", help="A card; repeat.")
@click.option(
    "--threshold", type=int, required=True, help="How many custodians must sign, and together have the key."
)
@click.option("--opens", callback=day, metavar="DATE", required=True, help="The epoch's first day.")
@click.option("--closes", callback=day, metavar="DATE", required=True, help="The epoch's last day.")
@ceremony_folder
@_one_time_key
@allow_weak_profile
@passphrase_file
def open_command(
    epoch: str,
    profile: str,
    unit: Path,
    custodian: tuple[Path, ...],
    threshold: int,
    opens: Moment,
    closes: Moment,
    ceremony: Path,
    one_time_key: Path | None,
    allow_weak_profile: bool,  # noqa: FBT001
    passphrase_file: Path | None,
) -> None:
    """Open a ceremony; prints the fingerprint that custodians compare."""
    folder = CeremonyFolder(ceremony)
    key_file = one_time_key or folder.one_time_key
    require_dates(opens, closes)
    require_fit_profile(profile, allow_weak=allow_weak_profile)
    folder.refuse_used()
    refuse_existing(key_file)
    cards = [card_at(path, CustodianCard) for path in custodian]
    require_quorum(threshold, cards)
    one_time = create_identity()
    terms = open_ceremony(
        one_time,
        epoch=epoch,
        profile_name=profile,
        profile_digest=profile_digest(profile),
        opens=opens,
        closes=closes,
        unit=card_at(unit, UnitCard),
        custodians=cards,
        threshold=threshold,
    )
    passphrase = read_passphrase(
        passphrase_file, prompt="new passphrase for the ceremony's one-time key", confirm=True
    )
    protected = protected_identity(one_time, passphrase, kind=ONE_TIME_KIND)
    folder.write_opening(terms, key_file=key_file, one_time_key=protected)
    with taken_back(folder.terms, key_file):
        CustodyLog(folder.path).append("ceremony-opened", ceremony_subjects(terms), one_time)
    summarise_ceremony(terms)
    click.echo(terms.fingerprint)


@ceremony_group.command("commit")
@ceremony_folder
@identity_folder
@click.option(
    "--fingerprint",
    required=True,
    metavar="TEXT",
    help="The ceremony's fingerprint, as whoever opened it read it out to you.",
)
@allow_weak_profile
@passphrase_from
def commit_command(
    ceremony: Path,
    folder: Path,
    fingerprint: str,
    allow_weak_profile: bool,  # noqa: FBT001
    passphrase_file: PassphraseFrom,
) -> None:
    """Draw your contribution and commit to it, if the ceremony is the one that was read out to you."""
    shared, own = CeremonyFolder(ceremony), CustodianFolder(folder)
    terms = shared.read_terms()
    summarise_ceremony(terms)
    require_fingerprint(terms.fingerprint, fingerprint, what="this ceremony")
    require_majority(terms.threshold, len(terms.custodians))
    require_known_profile(terms)
    require_fit_profile(terms.profile_name, allow_weak=allow_weak_profile)
    passphrase = own_passphrase(own, passphrase_file)
    with alone(own.identity):
        path = _commit(shared, own, terms, passphrase)
    click.echo(path)


def _commit(shared: CeremonyFolder, own: CustodianFolder, terms: Ceremony, passphrase: str) -> Path:
    identity = own.load(passphrase)
    card = require_member(terms, identity)
    present = shared.read_commitments(terms).get(card.signing_key)
    if present is not None and not own.has_contribution(terms):
        raise VerificationError(
            "you committed to this ceremony from another folder",
            hint="use the folder that keeps your contribution; if it is lost, open a new ceremony",
        )
    if own.has_contribution(terms):
        contribution = own.read_contribution(terms, passphrase)
    else:
        contribution = draw_contribution()
        own.keep_contribution(terms, contribution, passphrase)
    commitment = make_commitment(terms, identity, contribution)
    own.pin(terms)
    if present is None:
        CustodyLog(own.path).append("committed", ceremony_subjects(terms), identity)
    _publish_once(shared.commitment(card), present, commitment)
    return shared.commitment(card)


def _publish_once(path: Path, present: Commitment | None, commitment: Commitment) -> None:
    """Write a commitment, or say that it is there; a different one is never replaced."""
    if present is None:
        store_public(path, canonical(commitment))
    elif present == commitment:
        say(("you had committed already: nothing was changed",))
    else:
        raise VerificationError(
            f"{path.name}: not the commitment to the contribution that you keep",
            hint="the file was exchanged, or is of another custodian: take it away and commit again",
        )


@ceremony_group.command("contribute")
@ceremony_folder
@identity_folder
@passphrase_from
def contribute_command(ceremony: Path, folder: Path, passphrase_file: PassphraseFrom) -> None:
    """Hand over your contribution, sealed, once everyone has committed."""
    shared, own = CeremonyFolder(ceremony), CustodianFolder(folder)
    terms = shared.read_terms()
    commitments = shared.read_commitments(terms)
    together = check_commitments(terms, commitments)
    passphrase = own_passphrase(own, passphrase_file)
    identity = own.load(passphrase)
    card = require_member(terms, identity)
    if not own.has_contribution(terms):
        raise InputError(
            "you have not committed to this ceremony from this folder",
            hint="use the folder with which you committed",
        )
    present = shared.read_contributions(terms).get(card.signing_key)
    if present is not None:
        with naming(shared.contribution(card)):
            check_contribution(terms, card, present, together)
        say(("you had contributed already: nothing was changed",))
    else:
        message = own.contributed(terms, together)
        if message is None:
            secret = own.read_contribution(terms, passphrase)
            message = make_contribution(terms, identity, secret, commitments)
            CustodyLog(own.path).append("contributed", ceremony_subjects(terms), identity)
            own.keep_contributed(terms, message)
        store_public(shared.contribution(card), canonical(message))
    click.echo(shared.contribution(card))


@ceremony_group.command("status")
@ceremony_folder
def status_command(ceremony: Path) -> None:
    """Show who has committed and contributed."""
    shared = CeremonyFolder(ceremony)
    terms = shared.read_terms()
    summarise_ceremony(terms)
    commitments, contributions = shared.read_commitments(terms), shared.read_contributions(terms)
    if len(commitments) == len(terms.custodians):
        together = check_commitments(terms, commitments)
        for key, contribution in contributions.items():
            check_contribution(terms, terms.card_of(key), contribution, together)
    for card in terms.custodians:
        committed = "committed" if card.signing_key in commitments else "not committed"
        contributed = "contributed" if card.signing_key in contributions else "not contributed"
        click.echo(f"{shown(card.name)}: {committed}, {contributed}")
    click.echo("closed" if shared.descriptor.exists() else "not closed")


@ceremony_group.command("close")
@ceremony_folder
@_one_time_key
@passphrase_file
def close_command(ceremony: Path, one_time_key: Path | None, passphrase_file: Path | None) -> None:
    """Make the epoch key, seal a share to every custodian, and destroy the one-time key."""
    folder = CeremonyFolder(ceremony)
    key_file = one_time_key or folder.one_time_key
    terms = folder.read_terms()
    exchanged = folder.read_exchanged(terms)
    _require_open(folder, key_file)
    require_complete(terms, exchanged)
    passphrase = read_passphrase(
        passphrase_file, prompt="passphrase of the ceremony's one-time key", confirm=False
    )
    with alone(key_file):
        one_time = load_identity(key_file, passphrase, kind=ONE_TIME_KIND)
        if folder.descriptor.exists():
            _finish_closing(folder, terms, one_time, exchanged)
        else:
            closing = close_ceremony(terms, one_time, exchanged, conformance=conformance_of(terms))
            folder.write_closing(terms, closing)
            _log_closing(folder, closing.descriptor, one_time)
        destroy(key_file)
    summarise_closing(terms, folder)
    click.echo(folder.descriptor)


def _finish_closing(
    folder: CeremonyFolder, terms: Ceremony, one_time: Identity, exchanged: Exchanged
) -> None:
    """Check what a stopped closing left; other shares would not go together with those handed out."""
    descriptor = folder.read_descriptor()
    with naming(folder.descriptor):
        check_closing(terms, one_time, exchanged, descriptor, conformance=conformance_of(terms))
    if not _is_logged(folder):
        _log_closing(folder, descriptor, one_time)  # the one that was stopped did not get so far
    say(("the ceremony was closed already: no other shares are made",))


def _is_logged(folder: CeremonyFolder) -> bool:
    try:
        return any(entry.action == _CLOSED for entry in CustodyLog(folder.path).read().entries())
    except ClewError:  # what is wrong with the log is for `clew keys log check`: the key must be destroyed
        return False


def _log_closing(folder: CeremonyFolder, descriptor: EpochDescriptor, one_time: Identity) -> None:
    CustodyLog(folder.path).append(_CLOSED, descriptor_subjects(descriptor), one_time)


def _require_open(folder: CeremonyFolder, key_file: Path) -> None:
    if folder.descriptor.exists() and was_destroyed(key_file):
        destroy(key_file)
    if key_file.exists():
        return
    if folder.descriptor.exists():
        raise InputError(
            "the ceremony is closed: its one-time key is destroyed",
            hint="sign epoch.json with `clew keys sign`",
        )
    raise InputError(
        f"{key_file.name}: the ceremony's one-time key is missing",
        hint="close where the ceremony was opened, or give --one-time-key; a lost one needs a new ceremony",
    )


def summarise_closing(terms: Ceremony, folder: CeremonyFolder) -> None:
    """Say what closing wrote and what comes next."""
    say(
        (
            f"the epoch key of {terms.epoch} is made and split; the one-time key is destroyed",
            *(f"  {folder.share(card).name} is for {shown(card.name)}" for card in terms.custodians),
            f"any {terms.threshold} of the {len(terms.custodians)} shares give the key, fewer give nothing",
            f"next: {terms.threshold} custodians or more sign {folder.descriptor.name} with `clew keys sign`",
        )
    )
