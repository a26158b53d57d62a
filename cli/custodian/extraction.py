"""Whether the key that shares give is the one that custodians contributed to (keys-v1.md, section 5.5).

No custodian sees the others' contributions, so whoever closes a ceremony could deal shares of another key.
When all custodians are at one machine, which has the key anyhow, they can find out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cli.custodian.summaries import say
from keys.ceremony import extract_again
from keys.custodian_folder import CustodianFolder
from keys.epoch_key import EpochKey
from keys.identity import Identity
from keys.messages import Ceremony
from keys.storing import naming
from linkage.errors import VerificationError
from linkage.wire.epochs import EpochDescriptor

__all__ = ["Contributor", "check_extraction", "contributor"]


@dataclass(frozen=True, slots=True, repr=False)
class Contributor:
    """A custodian of a ceremony who is there with the contribution that was kept."""

    own: CustodianFolder
    ceremony: Ceremony
    identity: Identity
    contribution: bytes


def contributor(
    own: CustodianFolder, ceremony: Ceremony, identity: Identity, passphrase: str
) -> list[Contributor]:
    """Return a custodian with its contribution, or nothing if it is kept no more."""
    if identity.public_key not in ceremony.custodian_keys or not own.has_contribution(ceremony):
        return []
    return [Contributor(own, ceremony, identity, own.read_contribution(ceremony, passphrase))]


def check_extraction(
    descriptor: EpochDescriptor, epoch_key: EpochKey, everybody: Sequence[Contributor]
) -> None:
    """Say whether a key is the one of all contributions, which can be told only if everybody is there.

    Raises :class:`VerificationError` if it is another one.
    """
    parts = {one.identity.public_key: (one.identity, one.contribution) for one in everybody}
    if parts.keys() != set(descriptor.custodians):
        say(("whether it is the one that all contributed to shows only with the folders of all of you",))
        return
    again, together = extract_again(everybody[0].ceremony, parts)
    for one in everybody:
        with naming(one.own.path):
            one.own.contributed(one.ceremony, together)
    if not again.matches(epoch_key.check_value()):
        raise VerificationError(
            "this is not the key that all of you contributed to",
            hint="whoever closed the ceremony dealt shares of another: revoke the epoch, hold a new ceremony",
        )
    say(("it is the key that all of you contributed to",))
