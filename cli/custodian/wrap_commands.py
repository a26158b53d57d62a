"""``clew keys wrap``: k custodians on one machine hand the epoch key to agencies."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from cli.custodian.checks import agency_by_fingerprint, conformance_of, descriptor_at
from cli.custodian.log_subjects import wrapped_subjects
from cli.custodian.options import passphrase_files, require_folders
from cli.custodian.passphrases import own_passphrase
from cli.custodian.summaries import say, summarise_agency
from cli.options import FILE
from keys.custodian_folder import CustodianFolder
from keys.custody_log import CustodyLog
from keys.epoch_key import EpochKey
from keys.files import name_of
from keys.identity import Identity
from keys.messages import Ceremony
from keys.sealed_shares import recover
from keys.shares import Share
from keys.storing import make_folder, naming, refuse_existing, store_all
from keys.wrapping import wrap_key
from linkage.errors import EpochError, InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard
from linkage.wire.epochs import EpochDescriptor, WrappedKey, add_signature

__all__ = ["recovered_key", "wrap_command"]


@dataclass(frozen=True, slots=True)
class _Present:
    """A custodian who is there: the folder, and what its passphrase opened."""

    own: CustodianFolder
    identity: Identity
    share: Share


@click.command("wrap")
@click.option("--epoch", type=FILE, required=True, metavar="DESCRIPTOR", help="The signed epoch descriptor.")
@click.option(
    "--identity",
    "folders",
    type=FILE,
    required=True,
    multiple=True,
    metavar="DIR",
    help="A custodian's folder, with identity.json; repeat.",
)
@click.option(
    "--agency", "cards", type=FILE, required=True, multiple=True, metavar="CARD", help="A card; repeat."
)
@click.option(
    "--fingerprint",
    "fingerprints",
    required=True,
    multiple=True,
    help="The card's fingerprint, as the agency read it out to you; one for each --agency, in its order.",
)
@click.option("--out", type=FILE, required=True, metavar="DIR", help="Where to write the wrapped keys.")
@passphrase_files
def wrap_command(
    epoch: Path,
    folders: tuple[Path, ...],
    cards: tuple[Path, ...],
    fingerprints: tuple[str, ...],
    out: Path,
    passphrase_files: tuple[Path, ...],
) -> None:
    """Wrap the epoch key for agencies whose fingerprints you checked with them; all of you sign.

    As many custodians as the epoch needs give their folders; the key is in memory only.
    """
    _require_pairs(folders, cards, fingerprints, passphrase_files)
    require_folders(folders)
    owns = [CustodianFolder(folder) for folder in folders]
    descriptor, terms = _believed(epoch, owns)
    agencies = [agency_by_fingerprint(*pair) for pair in zip(cards, fingerprints, strict=True)]
    for own in owns:
        own.refuse_revoked(descriptor, {card.signing_key: card.agency for card in agencies})
    places = _places(agencies, out)
    _require_enough(owns, descriptor)
    for card in agencies:
        summarise_agency(card, descriptor.epoch)
    present = _open_all(owns, passphrase_files, descriptor)
    epoch_key = recovered_key([one.share for one in present], descriptor, terms)
    made = [_wrapped(epoch_key, descriptor, card, present) for card in agencies]
    for one in present:
        for wrapped in made:
            CustodyLog(one.own.path).append("wrapped-for-agency", wrapped_subjects(wrapped), one.identity)
    if not out.exists():
        make_folder(out)
    files = dict(zip(places, map(canonical, made), strict=True))
    store_all(files, private=frozenset(files))
    _say_signed(made[0], descriptor)
    for path in places:
        click.echo(path)


def recovered_key(shares: Sequence[Share], descriptor: EpochDescriptor, terms: Ceremony) -> EpochKey:
    """Return the key that shares give, once this machine encodes with it as the descriptor states."""
    epoch_key = recover(shares, descriptor)
    if conformance_of(terms)(epoch_key.to_bytes()) != descriptor.conformance:
        raise EpochError(
            "this machine encodes otherwise than the one that closed the ceremony (conformance digest)",
            hint="everyone needs the same release of clew; give the key to nobody until the digests agree",
        )
    return epoch_key


def _require_pairs(
    folders: tuple[Path, ...],
    cards: tuple[Path, ...],
    fingerprints: tuple[str, ...],
    passphrase_files: tuple[Path, ...],
) -> None:
    if len(cards) != len(fingerprints):
        raise click.UsageError("give one --fingerprint for each --agency, in the same order")
    if passphrase_files and len(passphrase_files) != len(folders):
        raise click.UsageError("give one --passphrase-file for each --identity, in the same order, or none")


def _believed(epoch: Path, owns: Sequence[CustodianFolder]) -> tuple[EpochDescriptor, Ceremony]:
    """Return the descriptor, and its ceremony's terms, if every custodian present believes it."""
    descriptor = descriptor_at(epoch)
    for own in owns:
        with naming(own.path), naming(epoch):
            terms = own.verify(descriptor)
    return descriptor, terms


def _places(agencies: Sequence[AgencyCard], out: Path) -> list[Path]:
    twice = [code for code, count in Counter(card.agency for card in agencies).items() if count > 1]
    if twice:
        raise InputError(
            f"two cards of agency {twice[0]} are given", hint="an agency has one card: give the right one"
        )
    if out.exists() and not out.is_dir():
        raise InputError(f"{name_of(out)}: not a folder", hint="give --out a folder; it is made if need be")
    places = [out / f"wrapped-{card.agency}.json" for card in agencies]
    for path in places:
        refuse_existing(path)
    return places


def _require_enough(owns: Sequence[CustodianFolder], descriptor: EpochDescriptor) -> None:
    if len(owns) < descriptor.threshold:
        raise InputError(
            f"custodians' folders given: {len(owns)}, needed: {descriptor.threshold}",
            hint="have another custodian come, with their own folder, and give it with --identity",
        )


def _open_all(
    owns: Sequence[CustodianFolder], passphrase_files: Sequence[Path], descriptor: EpochDescriptor
) -> list[_Present]:
    present: list[_Present] = []
    files: Sequence[Path | None] = passphrase_files or [None] * len(owns)
    for own, file in zip(owns, files, strict=True):
        with naming(own.path):
            identity = own.load(own_passphrase(own, file))
            if any(identity.public_key == other.identity.public_key for other in present):
                raise InputError(
                    "a custodian who is given already", hint="each --identity is another custodian's folder"
                )
            present.append(_Present(own, identity, own.read_share(descriptor, identity)))
    return present


def _wrapped(
    epoch_key: EpochKey, descriptor: EpochDescriptor, card: AgencyCard, present: Sequence[_Present]
) -> WrappedKey:
    wrapped = wrap_key(epoch_key, descriptor, holder=card)
    for one in present:
        if one.identity.public_key in descriptor.custodians:  # others hold a share, but sign nothing
            wrapped = add_signature(wrapped, one.identity.signing)
    return wrapped


def _say_signed(wrapped: WrappedKey, descriptor: EpochDescriptor) -> None:
    count = len(wrapped.signatures)
    lines = [f"signatures on each wrapped key: {count}"]
    if count < descriptor.threshold:
        lines.append(f"{descriptor.threshold} are needed: have others sign with `clew keys sign`")
    say(lines)
