"""``clew keys share``: a custodian's share on paper, and what is done with it there.

Words are read from a hidden prompt or a file and go into no argument, message or log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from cli.custodian.checks import descriptor_at
from cli.custodian.extraction import Contributor, check_extraction, contributor
from cli.custodian.log_subjects import descriptor_subjects
from cli.custodian.options import identity_folder, passphrase_files, require_folders
from cli.custodian.passphrases import own_passphrase
from cli.custodian.share_words import asked_words, share_at
from cli.custodian.summaries import say, shown
from cli.options import FILE, passphrase_file
from keys.ceremony import describes
from keys.ceremony_folder import CeremonyFolder
from keys.custodian_folder import CustodianFolder
from keys.custody_log import CustodyLog
from keys.files import name_of
from keys.identity import Identity
from keys.messages import Ceremony
from keys.sealed_shares import open_share, recover, require_listed, seal_share
from keys.share_sheet import share_sheet
from keys.shares import Share, read_share, share_digest
from keys.storing import card_at, naming, refuse_existing, store_in_clear, store_private
from linkage.errors import InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard
from linkage.wire.epochs import EpochDescriptor, verify_quorum

__all__ = ["share_group"]

_epoch = click.option(
    "--epoch", type=FILE, required=True, metavar="DESCRIPTOR", help="The signed epoch descriptor."
)
_ceremony = click.option(
    "--ceremony",
    type=FILE,
    metavar="DIR",
    help="The ceremony's folder, where no --identity is of a custodian who took part.",
)
_words_file = click.option(
    "--words-file", type=FILE, metavar="FILE", help="Read the words from this file.  [default: ask]"
)


@dataclass(frozen=True, slots=True)
class _Believed:
    """A descriptor with its quorum, and the ceremonies whose terms it states: more than one if reopened."""

    descriptor: EpochDescriptor
    ceremonies: tuple[Ceremony, ...]

    def owner(self, share: Share) -> tuple[Ceremony, CustodianCard]:
        """Return of which ceremony a share is, and whose; raises :class:`VerificationError` if of none."""
        key = require_listed(share, self.descriptor, [one.id for one in self.ceremonies])
        for terms in self.ceremonies[:-1]:
            if share_digest(share, ceremony=terms.id, custodian=key) in self.descriptor.shares:
                return terms, terms.card_of(key)
        return self.ceremonies[-1], self.ceremonies[-1].card_of(key)


@click.group("share")
def share_group() -> None:
    """Shares of the epoch key: print, check and restore them, and try that they give the key."""


@share_group.command("sheet")
@identity_folder
@_epoch
@click.option("--out", type=FILE, required=True, metavar="FILE.html", help="Where to write the sheet.")
@passphrase_file
def sheet_command(folder: Path, epoch: Path, out: Path, passphrase_file: Path | None) -> None:
    """Write your share as a page to print on one sheet of paper; print it, check it and delete it."""
    own = CustodianFolder(folder)
    _require_page(out)
    refuse_existing(out)
    believed = _believed(epoch, [own], None)
    identity = _opened(own, passphrase_file)
    share = own.read_share(believed.descriptor, identity)
    terms, card = believed.owner(share)
    page = share_sheet(
        share,
        holder=shown(card.name),
        epoch=terms.epoch,
        ceremony_fingerprint=terms.fingerprint,
        needed=terms.threshold,
        of=len(terms.custodians),
    )
    CustodyLog(own.path).append("sheet-printed", descriptor_subjects(believed.descriptor), identity)
    store_in_clear(out, page.encode("utf-8"))
    say(
        (
            f"{out.name} shows your share: open it in a browser, print it, and delete it at once",
            "then check the paper: `clew keys share check`",
        )
    )
    click.echo(out)


def _require_page(out: Path) -> None:
    """Refuse a name that browsers would show as the page's source: nobody could print that."""
    if out.suffix.lower() not in {".html", ".htm"}:
        raise InputError(
            f"{name_of(out)}: a sheet's name ends in .html", hint="so that a browser opens it for printing"
        )


@share_group.command("check")
@_epoch
@click.option(
    "--identity",
    "folder",
    type=FILE,
    metavar="DIR",
    help="The folder of a custodian who took part, whoever's share it is.",
)
@_ceremony
@_words_file
def check_command(epoch: Path, folder: Path | None, ceremony: Path | None, words_file: Path | None) -> None:
    """Say whose share of which epoch words are, or what is wrong with them; prints the custodian's name.

    Needs --identity or --ceremony, and no passphrase.
    """
    believed = _believed(epoch, [CustodianFolder(folder)] if folder else [], ceremony)
    share = share_at(words_file)
    terms, card = believed.owner(share)
    place = f"share {share.index + 1} of {len(terms.custodians)} of epoch {terms.epoch}"
    say((f"{place}; any {terms.threshold} give the key", f"ceremony {terms.fingerprint}"))
    click.echo(shown(card.name))


@share_group.command("restore")
@identity_folder
@_epoch
@_ceremony
@_words_file
@passphrase_file
def restore_command(
    folder: Path, epoch: Path, ceremony: Path | None, words_file: Path | None, passphrase_file: Path | None
) -> None:
    """Take a share from its sheet into your folder again, or into that of a new identity.

    For a new identity give the ceremony's folder with --ceremony.
    """
    own = CustodianFolder(folder)
    believed = _believed(epoch, [own], ceremony)
    place = own.share(believed.descriptor.epoch)
    refuse_existing(place)
    identity = _opened(own, passphrase_file)
    share = share_at(words_file)
    terms, card = believed.owner(share)
    if identity.public_key in terms.custodian_keys and identity.public_key != card.signing_key:
        raise VerificationError(
            f"these are the words of {shown(card.name)}, and the folder is another custodian's",
            hint="nobody keeps two shares: restore it into its holder's folder",
        )
    _keep(share, believed.descriptor, own, identity, terms)
    _say_restored(identity, terms, card)
    click.echo(place)


@share_group.command("drill")
@_epoch
@click.option(
    "--identity",
    "folders",
    type=FILE,
    multiple=True,
    metavar="DIR",
    help="A custodian's folder; repeat.",
)
@_ceremony
@click.option(
    "--words-file",
    "words_files",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="A file with a share's words; repeat.  [default: ask for as many shares as are missing]",
)
@passphrase_files
def drill_command(
    epoch: Path,
    folders: tuple[Path, ...],
    ceremony: Path | None,
    words_files: tuple[Path, ...],
    passphrase_files: tuple[Path, ...],
) -> None:
    """Prove that shares give the epoch's key; writes nothing, and prints the key check value."""
    if passphrase_files and len(passphrase_files) != len(folders):
        raise click.UsageError("give one --passphrase-file for each --identity, in the same order, or none")
    owns = [CustodianFolder(folder) for folder in folders]
    believed = _believed(epoch, owns, ceremony)
    found: dict[str, Share] = {}
    everybody: list[Contributor] = []
    for own, file in zip(owns, passphrase_files or [None] * len(owns), strict=True):
        with naming(own.path):
            passphrase = own_passphrase(own, file)
            identity = own.load(passphrase)
            share = own.read_share(believed.descriptor, identity)
            _count(share, believed, found)
            if len(owns) == len(believed.descriptor.custodians):
                everybody += contributor(own, believed.owner(share)[0], identity, passphrase)
    for words_file in words_files:
        share = share_at(words_file)
        with naming(words_file):
            _count(share, believed, found)
    _ask_for_the_rest(believed, found)
    epoch_key = recover(list(found.values()), believed.descriptor)
    say((f"together they give the key of epoch {believed.descriptor.epoch}; nothing was written",))
    check_extraction(believed.descriptor, epoch_key, everybody)
    click.echo(believed.descriptor.key_check_value)


def _believed(epoch: Path, owns: Sequence[CustodianFolder], ceremony: Path | None) -> _Believed:
    """Read a descriptor that has its quorum, and the ceremonies of these folders that it is of.

    Terms that no custodian pinned may be somebody's own.  But a share that the descriptor lists under
    them vouches for them: who does not know the share cannot make that digest, which binds them.
    """
    require_folders(own.path for own in owns)
    if not owns and ceremony is None:
        raise click.UsageError("give --identity or --ceremony: a descriptor does not say itself whose it is")
    descriptor = descriptor_at(epoch)
    known = {terms.id: terms for own in owns for terms in own.pinned()}
    if ceremony is not None:
        terms = CeremonyFolder(ceremony).read_terms()
        known[terms.id] = terms
    with naming(epoch):
        found = tuple(terms for terms in known.values() if describes(descriptor, terms))
        if not found:
            raise VerificationError(
                "the epoch descriptor is not of a ceremony known here",
                hint="give the folder of a custodian who took part with --identity, or the ceremony's with "
                "--ceremony",
            )
        verify_quorum(descriptor, pinned=found[0].custodian_keys, threshold=found[0].threshold)
        for own in owns:
            own.refuse_other(descriptor)
    return _Believed(descriptor, found)


def _opened(own: CustodianFolder, passphrase_file: Path | None) -> Identity:
    return own.load(own_passphrase(own, passphrase_file))


def _keep(
    share: Share, descriptor: EpochDescriptor, own: CustodianFolder, identity: Identity, terms: Ceremony
) -> None:
    """Seal a share to an identity and keep it, once it opens again."""
    with naming(own.card):
        sealed = seal_share(share, descriptor, holder=card_at(own.card, CustodianCard))
        open_share(sealed, identity, descriptor)
    if terms.id not in {pinned.id for pinned in own.pinned()}:
        own.pin(terms)
    CustodyLog(own.path).append("share-restored", descriptor_subjects(descriptor), identity)
    store_private(own.share(descriptor.epoch), canonical(sealed))


def _say_restored(identity: Identity, terms: Ceremony, card: CustodianCard) -> None:
    say((f"the share of {shown(card.name)} in epoch {terms.epoch} is in this folder again",))
    if identity.public_key != card.signing_key:
        say(
            (
                "it helps to give the key; but this is another identity than the ceremony pinned, and only",
                f"signatures by the identities that it pinned count: {terms.threshold} are needed",
                f"ceremony {terms.fingerprint}: compare it with the sheet",
            )
        )


def _ask_for_the_rest(believed: _Believed, found: dict[str, Share]) -> None:
    """Ask for shares until there are enough, or nothing is typed."""
    while len(found) < believed.descriptor.threshold:
        words = asked_words("another share" if found else "the first share")
        if not words:
            return
        _count(read_share(words), believed, found)


def _count(share: Share, believed: _Believed, found: dict[str, Share]) -> None:
    """Add a share to those found, and say whose it is."""
    _, card = believed.owner(share)
    if card.signing_key in found:
        raise InputError(f"the share of {shown(card.name)} is given twice", hint="give another custodian's")
    found[card.signing_key] = share
    needed = believed.descriptor.threshold
    say((f"the share of {shown(card.name)} is good; {len(found)} given, {needed} needed",))
