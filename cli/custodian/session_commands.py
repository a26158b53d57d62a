"""``clew keys session``: custodians at a distance hand the epoch key to agencies."""

from collections.abc import Mapping
from pathlib import Path

import click

from cli.custodian.checks import descriptor_at, require_fingerprint, require_not_closed
from cli.custodian.log_subjects import wrapped_subjects
from cli.custodian.options import ONE_TIME_KIND, identity_folder, one_time_key
from cli.custodian.passphrases import own_passphrase
from cli.custodian.summaries import say, shown, summarise_agency
from cli.custodian.wrap_commands import recovered_key
from cli.options import FILE, passphrase_file, passphrase_from
from keys.ceremony import describes
from keys.ceremony_folder import destroy, was_destroyed
from keys.custodian_folder import CustodianFolder
from keys.custody_log import CustodyLog
from keys.identity import Identity, create_identity, load_identity, protected_identity
from keys.messages import Ceremony
from keys.passphrase import PassphraseFrom, read_passphrase
from keys.session import (
    Session,
    hand_over,
    open_handed,
    open_session,
    require_custodian,
    require_enough,
    require_opener,
)
from keys.session_folder import SessionFolder
from keys.storing import card_at, naming, refuse_existing, taken_back
from keys.wrapping import wrap_key
from linkage.errors import InputError
from linkage.wire.cards import AgencyCard, card_fingerprint
from linkage.wire.epochs import EpochDescriptor
from linkage.wire.fingerprints import in_words

__all__ = ["session_group"]


@click.group("session")
def session_group() -> None:
    """Hand the epoch key to agencies at a distance: open, hand-over, close."""


_session_folder = click.option(
    "--folder", "shared", type=FILE, required=True, metavar="DIR", help="The session's folder."
)
_one_time_key = one_time_key("session")


@session_group.command("open")
@click.option("--epoch", type=FILE, required=True, metavar="DESCRIPTOR", help="The signed epoch descriptor.")
@click.option(
    "--agency", "cards", type=FILE, required=True, multiple=True, metavar="CARD", help="A card; repeat."
)
@_session_folder
@identity_folder
@_one_time_key
@passphrase_file
def open_command(
    epoch: Path,
    cards: tuple[Path, ...],
    shared: Path,
    folder: Path,
    one_time_key: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Open a session for agencies; prints the fingerprint that you read out to the others."""
    place, own = SessionFolder(shared), CustodianFolder(folder)
    key_file = one_time_key or place.one_time_key
    place.refuse_used()
    refuse_existing(key_file)
    descriptor = descriptor_at(epoch)
    with naming(epoch):
        own.verify(descriptor)
    require_not_closed(descriptor)
    one_time = create_identity()
    agencies = [card_at(path, AgencyCard) for path in cards]
    own.refuse_revoked(descriptor, {card.signing_key: card.agency for card in agencies})
    session = open_session(one_time, descriptor=descriptor, agencies=agencies)
    passphrase = read_passphrase(
        passphrase_file, prompt="new passphrase for the session's one-time key", confirm=True
    )
    protected = protected_identity(one_time, passphrase, kind=ONE_TIME_KIND)
    place.write_opening(session, descriptor, key_file=key_file, one_time_key=protected)
    with taken_back(place.session, place.descriptor, key_file):
        CustodyLog(place.path).append("session-opened", _subjects(session), one_time)
    _summarise(session)
    click.echo(session.fingerprint)


@session_group.command("hand-over")
@_session_folder
@identity_folder
@click.option(
    "--session",
    "session_fingerprint",
    required=True,
    metavar="TEXT",
    help="The session's fingerprint, as the custodian who opened it read it out to you.",
)
@click.option(
    "--fingerprint",
    "fingerprints",
    multiple=True,
    metavar="CODE=TEXT",
    help="An agency's code and its fingerprint, as the agency read it out to you; one for each agency.",
)
@passphrase_from
def hand_over_command(
    shared: Path,
    folder: Path,
    session_fingerprint: str,
    fingerprints: tuple[str, ...],
    passphrase_file: PassphraseFrom,
) -> None:
    """Approve every agency of a session and hand over your share, sealed to it."""
    given = _by_code(fingerprints)
    place, own = SessionFolder(shared), CustodianFolder(folder)
    session = place.read_session()
    descriptor, terms = _believed(place, session, own)
    require_not_closed(descriptor)
    own.refuse_revoked(descriptor, {card.signing_key: card.agency for card in session.agencies})
    _summarise(session)
    require_fingerprint(session.fingerprint, session_fingerprint, what="this session")
    _require_approved(session, given)
    if place.is_closed(session):
        raise InputError("the session is closed: nothing more is handed over", hint="open another session")
    passphrase = own_passphrase(own, passphrase_file)
    with naming(own.path):
        identity = own.load(passphrase)
        card = require_custodian(terms, identity)
        if card.signing_key in place.read_handed(session, terms):
            say(("you had handed over already: nothing was changed",))
        else:
            share = own.read_share(descriptor, identity)
            handed = hand_over(session, identity, share, descriptor)
            CustodyLog(own.path).append("share-handed-over", _subjects(session), identity)
            place.write_handed(card, handed)
    click.echo(place.handed(card))


@session_group.command("status")
@_session_folder
@identity_folder
def status_command(shared: Path, folder: Path) -> None:
    """Show a session's agencies and who has handed over."""
    place, own = SessionFolder(shared), CustodianFolder(folder)
    session = place.read_session()
    _, terms = _believed(place, session, own)
    _summarise(session)
    handed = place.read_handed(session, terms)
    for card in terms.custodians:
        done = "handed over" if card.signing_key in handed else "not handed over"
        click.echo(f"{shown(card.name)}: {done}")
    click.echo(f"handed over: {len(handed)}, needed: {terms.threshold}")
    click.echo("closed" if place.is_closed(session) else "not closed")


@session_group.command("close")
@_session_folder
@identity_folder
@_one_time_key
@passphrase_file
def close_command(
    shared: Path, folder: Path, one_time_key: Path | None, passphrase_file: Path | None
) -> None:
    """Wrap the epoch key for every agency of the session, and destroy the one-time key."""
    place, own = SessionFolder(shared), CustodianFolder(folder)
    key_file = one_time_key or place.one_time_key
    session = place.read_session()
    descriptor, terms = _believed(place, session, own)
    _require_open(place, session, key_file)
    if not place.is_closed(session):
        require_not_closed(descriptor)
        own.refuse_revoked(descriptor, {card.signing_key: card.agency for card in session.agencies})
        require_enough(place.read_handed(session, terms), terms)
    passphrase = read_passphrase(
        passphrase_file, prompt="passphrase of the session's one-time key", confirm=False
    )
    one_time = load_identity(key_file, passphrase, kind=ONE_TIME_KIND)
    with naming(key_file):
        require_opener(session, one_time)
    if place.is_closed(session):
        place.check_closed(session, descriptor)
        say(("the session was closed already: no other wrapped keys are made",))
    else:
        _wrap_all(place, session, one_time, descriptor, own)
    destroy(key_file)
    _say_closed(session, terms)
    for agency in session.agencies:
        click.echo(place.wrapped(agency))


def _believed(
    place: SessionFolder, session: Session, own: CustodianFolder
) -> tuple[EpochDescriptor, Ceremony]:
    """Return the session's descriptor, and its ceremony's terms, by this custodian's own pins."""
    descriptor = place.read_descriptor(session)
    with naming(place.descriptor):
        return descriptor, own.verify(descriptor)


def _by_code(fingerprints: tuple[str, ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for one in fingerprints:
        code, separator, text = one.partition("=")
        code = code.strip().upper()
        if not separator or code in given:
            raise click.UsageError("give one --fingerprint CODE=TEXT for each agency, such as E06='…'")
        given[code] = text
    return given


def _require_approved(session: Session, given: Mapping[str, str]) -> None:
    """Refuse unless the custodian heard the fingerprint of every agency, and of no other."""
    codes = [card.agency for card in session.agencies]
    missing = [code for code in codes if code not in given]
    if missing:
        raise InputError(
            f"no fingerprint is given for {', '.join(missing)}",
            hint="telephone each agency, and give what it reads out with --fingerprint CODE=TEXT",
        )
    if len(given) > len(codes):
        raise InputError(
            "a fingerprint is given for an agency that is not in this session",
            hint="compare the codes with the list; if one is missing there, ask who opened the session",
        )
    for card in session.agencies:
        require_fingerprint(card_fingerprint(card), given[card.agency], what=f"the card of {card.agency}")


def _require_open(place: SessionFolder, session: Session, key_file: Path) -> None:
    if place.is_closed(session) and was_destroyed(key_file):
        destroy(key_file)
    if key_file.exists():
        return
    if place.is_closed(session):
        raise InputError(
            "the session is closed: its one-time key is destroyed",
            hint="sign each wrapped key with `clew keys sign`",
        )
    raise InputError(
        f"{key_file.name}: the session's one-time key is missing",
        hint="close where the session was opened, or give --one-time-key; a lost one needs a new session",
    )


def _wrap_all(
    place: SessionFolder,
    session: Session,
    one_time: Identity,
    descriptor: EpochDescriptor,
    own: CustodianFolder,
) -> None:
    """Recover the key in memory, wrap it for every agency, and let go of it."""
    ceremonies = [ceremony for ceremony in own.pinned() if describes(descriptor, ceremony)]
    handed = place.read_handed(session, ceremonies[0])
    shares = open_handed(session, one_time, handed, descriptor, ceremonies)
    epoch_key = recovered_key(shares, descriptor, ceremonies[0])
    made = [wrap_key(epoch_key, descriptor, holder=card) for card in session.agencies]
    for wrapped in made:
        CustodyLog(place.path).append("wrapped-for-agency", wrapped_subjects(wrapped), one_time)
    place.write_closing(session, made)


def _subjects(session: Session) -> dict[str, str]:
    return {"session": session.id.hex(), "epoch": session.epoch}


def _summarise(session: Session) -> None:
    say(
        (
            f"session {session.fingerprint}",
            f"  in words: {in_words(session.fingerprint)}",
            f"  epoch {session.epoch}, agencies: {len(session.agencies)}",
        )
    )
    for card in session.agencies:
        summarise_agency(card, session.epoch)


def _say_closed(session: Session, terms: Ceremony) -> None:
    say(
        (
            f"the key of epoch {session.epoch} is wrapped for every agency; the one-time key is destroyed",
            f"next: {terms.threshold} custodians or more sign each wrapped key with `clew keys sign`",
        )
    )
