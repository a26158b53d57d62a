"""Making a workspace, and joining an epoch."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from cli.agency.pins import Pins
from cli.agency.recording import keep_epoch, record_news
from cli.agency.revoking import is_epoch_revoked, require_card_counts, require_epoch_counts
from cli.agency.trusted import present_files, write_trusted
from cli.agency.workspace import Workspace
from keys.files import name_of
from keys.identity import create_identity, save_identity
from keys.storing import card_at, make_folder, naming, refuse_existing, store_private, store_public
from keys.wrapping import unwrap_key
from linkage.encode.conformance import conformance_digest
from linkage.errors import EpochError, FormatError, InputError, VerificationError
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profiles
from linkage.weak_profiles import require_epoch_profile
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, CustodianCard, UnitCard, read_card, sign_card
from linkage.wire.codes import Role
from linkage.wire.epochs import (
    EpochDescriptor,
    read_descriptor,
    read_wrapped_key,
    signed_bytes,
)

_FEWEST_SIGNATURES = 2

__all__ = ["join_epoch", "make_workspace", "profile_of", "require_conformance"]


def make_workspace(
    workspace: Workspace,
    *,
    agency: str,
    role: Role,
    name: str,
    custodians: Sequence[Path],
    threshold: int,
    passphrase: str,
) -> AgencyCard:
    """Make an agency's identity and pin its custodians; returns the card.

    Raises :class:`InputError` if there is a workspace already, or a value that a card cannot hold.
    """
    if workspace.identity_file.exists() and workspace.card_file.is_file():
        raise InputError(
            f"{name_of(workspace.path)}: this is already a workspace of {workspace.card().agency}",
            hint="go on with clew agency join, or name another folder with --workspace",
        )
    refuse_existing(workspace.identity_file)
    pins = _pins(custodians, threshold)
    identity = create_identity()
    card = AgencyCard(
        agency=agency,
        role=role,
        name=name.strip(),
        signing_key=identity.public_key,
        sealing_key=identity.sealing.public_text(),
    )
    signed = _checked(sign_card(card, identity.signing))
    make_folder(workspace.path)
    save_identity(workspace.identity_file, identity, passphrase)
    try:
        store_private(workspace.pins_file, canonical(pins))
        write_trusted(workspace.path, identity, present_files(workspace.path))
        store_public(workspace.card_file, canonical(signed))
    except BaseException:
        # An identity without a card would block the next attempt and serve no one.
        for path in (
            workspace.card_file,
            workspace.trusted_file,
            workspace.pins_file,
            workspace.identity_file,
        ):
            path.unlink(missing_ok=True)
        raise
    return signed


def _pins(paths: Sequence[Path], threshold: int) -> Pins:
    cards = [card_at(path, CustodianCard, what="custodian's card") for path in paths]
    if len({card.signing_key for card in cards}) != len(cards):
        raise InputError("two of the custodians' cards are the same", hint="name each card once")
    if not 1 <= threshold <= len(cards):
        raise InputError(
            f"{threshold} signatures cannot come from {len(cards)} custodians",
            hint="the threshold is at least 2 and at most the number of cards",
        )
    if threshold < _FEWEST_SIGNATURES:
        raise InputError(
            "a threshold of 1: one custodian alone could give you any key",
            hint="give the number that the custodians agreed on at their ceremony, which is at least 2",
        )
    return Pins(threshold=threshold, custodians=tuple(cards))


def _checked(card: AgencyCard) -> AgencyCard:
    if not card.name.isprintable():
        raise InputError("the agency's name holds characters that cannot be shown", hint="give a plain name")
    try:
        return read_card(canonical(card), AgencyCard)
    except FormatError as error:
        raise InputError(
            f"the agency's card: {error.message}",
            hint="the code has 2 to 12 capital letters and digits; the name 1 to 120 characters",
        ) from None


def join_epoch(
    workspace: Workspace,
    *,
    descriptor: Path,
    wrapped_key: Path,
    unit: Path,
    passphrase: str,
    today: dt.date,
    allow_weak_profile: bool = False,
) -> tuple[EpochDescriptor, UnitCard]:
    """Join an epoch, keeping nothing unless every check holds.

    0. Nobody changed whom this workspace trusts; a unit's card that was moved away is no fault.
    1. The descriptor and the wrapped key are signed by enough of the custodians who count; the epoch has not
       closed, opens later than the one joined unless it is that one, and is not another under its name.
       Neither it nor this workspace's card is revoked.
    2. The unit's card is signed by its own key, holds the two sealing keys of the descriptor, and has the
       signing key of the card pinned before, if there is one.
    3. The profile is one that this release has, with the descriptor's digest, and not weak unless allowed.
    4. The wrapped key opens with this agency's identity to the key of the descriptor's check value.
    5. This installation encodes as the descriptor's conformance digest says.
    """
    identity = workspace.identity(passphrase, moved_away=frozenset({workspace.unit_file.name}))
    record_news(workspace, identity)
    epoch = workspace.read_signed(descriptor, read_descriptor, what="epoch descriptor")
    require_card_counts(workspace)
    require_epoch_counts(workspace, epoch)
    _require_current(workspace, epoch, today)
    wrapped = workspace.read_signed(wrapped_key, read_wrapped_key, what="wrapped key", epoch=epoch)
    card = _unit_card(workspace, unit, epoch)
    profile = profile_of(epoch)
    require_epoch_profile(profile, allow_weak=allow_weak_profile)
    with naming(wrapped_key):
        epoch_key = unwrap_key(wrapped, identity, epoch)
    require_conformance(profile, epoch_key.to_bytes(), epoch)
    keep_epoch(workspace, identity, epoch, wrapped, card)
    return epoch, card


def _require_current(workspace: Workspace, epoch: EpochDescriptor, today: dt.date) -> None:
    """Refuse a closed epoch and a step back: an old key that leaked must not come into use again."""
    if epoch.closes.date < today:
        raise EpochError(
            f"epoch {epoch.epoch} closed on {epoch.closes}", hint="ask the custodians for a new ceremony"
        )
    if not workspace.epoch_file.is_file():
        return
    joined = workspace.descriptor()
    if epoch.opens.at < joined.opens.at:
        raise EpochError(
            f"epoch {epoch.epoch} opens before {joined.epoch}, which this workspace has joined",
            hint="ask the custodians for the descriptor of the present epoch",
        )
    if epoch.epoch == joined.epoch and signed_bytes(epoch) != signed_bytes(joined):
        raise EpochError(
            f"another epoch under the name {epoch.epoch}, which this workspace has joined",
            hint="ask the custodians which is theirs: an epoch's name is used once",
        )
    same_day = epoch.epoch != joined.epoch and epoch.opens.at == joined.opens.at
    if same_day and not is_epoch_revoked(workspace, joined):  # which no way leads back to
        raise EpochError(
            f"epoch {epoch.epoch} opens no later than {joined.epoch}, which this workspace has joined",
            hint="ask the custodians which is in force: one that replaces another opens on a later day",
        )


def _unit_card(workspace: Workspace, path: Path, epoch: EpochDescriptor) -> UnitCard:
    card = card_at(path, UnitCard, what="unit card")
    keys = (card.encodings_key, card.payload_key)
    if keys != (epoch.unit_encodings_key, epoch.unit_payload_key):
        raise VerificationError(
            f"{path.name}: not the linkage unit that the epoch descriptor seals to",
            hint="ask the linkage unit for its present card",
        )
    if workspace.unit_file.is_file() and workspace.unit_card().signing_key != card.signing_key:
        raise VerificationError(
            f"{path.name}: the linkage unit's signing key is not the one pinned before",
            hint=f"check the card's fingerprint with the unit; then move {workspace.unit_file.name} away",
        )
    return card


def profile_of(epoch: EpochDescriptor) -> EncodingProfile:
    """Return the shipped profile that an epoch uses; raises :class:`EpochError` if there is none such."""
    profile = shipped_profiles().get(epoch.profile_name)
    if profile is None or profile.digest != epoch.profile_digest:
        raise EpochError(
            f"epoch {epoch.epoch}: this release does not have its encoding profile",
            hint="use the release of clew that the custodians used",
        )
    return profile


def require_conformance(profile: EncodingProfile, epoch_key: bytes, epoch: EpochDescriptor) -> None:
    """Refuse to encode where this installation would encode differently from the others."""
    if conformance_digest(profile, epoch_key) != epoch.conformance:
        raise EpochError(
            f"epoch {epoch.epoch}: this installation encodes differently from the custodians'",
            hint="install the same release of clew with the dependencies that it locks",
        )
