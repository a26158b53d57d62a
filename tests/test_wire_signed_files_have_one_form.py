"""Whatever custodians or parties sign is read in one form only: no reader sees other content than another."""

from collections.abc import Callable

import pytest

from keys.identity import create_identity
from keys.messages import read_ceremony, read_commitment, read_contribution, read_transcript
from keys.protected import protect, read_protected
from keys.session import hand_over, open_session, read_handed, read_session
from keys.wrapping import wrap_key
from linkage.errors import ClewError
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, CustodianCard, UnitCard, read_card
from linkage.wire.epochs import read_descriptor, read_sealed_share, read_wrapped_key
from linkage.wire.moments import Moment
from linkage.wire.revocations import Revocation, RevokedEpoch, read_revocation
from tests.support.custody import CHEAP, PASSPHRASE, agency_card, hold, unit_card

HELD = hold()
ASHA = HELD.of("Asha").identity
AGENCY = create_identity()
DESCRIPTOR = HELD.signed("Asha", "Ben")
WRAPPED = wrap_key(HELD.key, HELD.closing.descriptor, holder=agency_card(AGENCY))
SESSION = open_session(create_identity(), descriptor=DESCRIPTOR, agencies=[agency_card(AGENCY)])
PROTECTED = protect(bytes(32), PASSPHRASE, kind="identity", subject="ab" * 32, cost=CHEAP)
REVOCATION = Revocation(
    subject=RevokedEpoch(epoch="2025-26", descriptor="a" * 64),
    reason="seen outside",
    decided=Moment.parse("2025-06-01T09:30Z"),
)

DOCUMENTS: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "epoch descriptor": (canonical(DESCRIPTOR), read_descriptor),
    "wrapped key": (canonical(HELD.co_signed(WRAPPED, "Asha", "Ben")), read_wrapped_key),
    "sealed share": (canonical(next(iter(HELD.closing.shares.values()))), read_sealed_share),
    "revocation": (canonical(REVOCATION), read_revocation),
    "agency's card": (canonical(agency_card(AGENCY)), lambda data: read_card(data, AgencyCard)),
    "custodian's card": (canonical(HELD.parties[0].card), lambda data: read_card(data, CustodianCard)),
    "ceremony": (canonical(HELD.terms), read_ceremony),
    "commitment": (canonical(HELD.exchanged.commitments[ASHA.public_key]), read_commitment),
    "contribution": (canonical(HELD.exchanged.contributions[ASHA.public_key]), read_contribution),
    "transcript": (canonical(HELD.closing.transcript), read_transcript),
    "session": (canonical(SESSION), read_session),
    "handed share": (canonical(hand_over(SESSION, ASHA, HELD.share("Asha"), DESCRIPTOR)), read_handed),
    "protected secret": (PROTECTED, lambda data: read_protected(data, kind="identity", floor=CHEAP)),
    "unit's card": (canonical(unit_card()), lambda data: read_card(data, UnitCard)),
}

FORMS: dict[str, Callable[[bytes], bytes]] = {
    "says something else first": lambda data: (
        b'{"epoch":"1999-00","name":"Somebody","reason":"none",' + data[1:]
    ),
    "says the same thing twice": lambda data: b'{"version":1,' + data[1:],
    "has spaces before": lambda data: b" " + data,
    "has a line feed behind": lambda data: data + b"\n",
    "writes letters otherwise": lambda data: data.replace(b'"format"', b'"f\\u006frmat"'),
    "has a second document behind": lambda data: data + data,
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_one_form_is_read(name: str) -> None:
    data, reader = DOCUMENTS[name]
    assert canonical(reader(data)) == data


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_attack_another_form_of_what_is_signed(name: str, form: str) -> None:
    data, reader = DOCUMENTS[name]
    with pytest.raises(ClewError):
        reader(FORMS[form](data))
