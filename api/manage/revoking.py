"""``clew register revoke``: a card or an epoch that custodians revoked counts no more."""

from pathlib import Path

import click

from api.clock import utc_now
from api.manage.options import data_option, given_file, opened_register, say
from api.revoking import revoke as act_on
from api.unit import read_given
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.revocations import RevokedAgency

__all__ = ["revoke"]


@click.command()
@data_option
@click.argument("file", type=given_file)
def revoke(data: Path, file: Path) -> None:
    """Act on the revocation FILE, signed by enough of the pinned custodians; it cannot be taken back."""
    content = read_given(file, limit=MAX_CARD_BYTES)
    with opened_register(data) as (_, database), database.write() as connection:
        revocation, new = act_on(connection, content, now=utc_now())
    subject = revocation.subject
    if isinstance(subject, RevokedAgency):
        what, after = (
            f"the card of {subject.agency}",
            "its requests are refused; enrol a new card in its place",
        )
    else:
        what, after = f"epoch {subject.epoch}", "nothing of it is accepted or linked; adopt a new epoch"
    say(f"{what} {'is revoked now' if new else 'was revoked already'}: {revocation.reason}")
    say(after)
