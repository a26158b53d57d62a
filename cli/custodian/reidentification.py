"""What ``clew keys sign`` does with a request to open a pseudonym: an approver reads it and signs it."""

import datetime as dt
from pathlib import Path

from cli.custodian.checks import require_own
from cli.custodian.passphrases import own_passphrase
from cli.custodian.summaries import say, shown
from keys.custodian_folder import CustodianFolder
from keys.custody_log import CustodyLog
from keys.files import read_limited
from keys.passphrase import PassphraseFrom
from keys.storing import card_at, naming, store_public
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.reidentification import (
    APPROVALS,
    Reidentification,
    add_approval,
    approvals,
    read_reidentification,
)

__all__ = ["sign_reidentification"]


def sign_reidentification(file: Path, own: CustodianFolder, passphrase_file: PassphraseFrom) -> None:
    """Show a request, refuse one that is over or carries a signature that does not verify, and sign it."""
    data = read_limited(file, limit=MAX_CARD_BYTES, what="request")
    with naming(file):
        request = read_reidentification(data)
        before = approvals(request)
        if request.expires.at <= dt.datetime.now(dt.UTC):
            raise InputError("the request has expired", hint="ask for another if it is still needed")
    _summarise(request)
    identity = own.load(own_passphrase(own, passphrase_file))
    require_own(identity, card_at(own.card, CustodianCard))
    signed = add_approval(request, identity.signing)
    subjects = {"request": request.number, "unit": request.unit}
    CustodyLog(own.path).append("signed-reidentification", subjects, identity)
    store_public(file, canonical(signed))
    count = len(signed.signatures)
    what = "you had signed already" if identity.public_key in before else "signed"
    say((f"{what}; signatures on the file: {count} of {APPROVALS} needed",))


def _summarise(request: Reidentification) -> None:
    say(
        (
            f"request {request.number} to open pseudonym {request.pseudonym} of audience {request.audience}",
            f"  filed {request.requested}, expires {request.expires}; unit's key {request.unit}",
            f"  reason: {shown(request.reason)}",
            "  if two approvers sign, the agencies that hold records of the child are asked to open them",
        )
    )
