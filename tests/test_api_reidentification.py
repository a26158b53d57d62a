"""A pseudonym is opened by the owning agency alone, after two approvers signed, and never by the unit."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from api.audiences import in_use
from api.clock import utc_now
from api.config import ReidentificationSettings
from api.reidentifying import (
    approve_request,
    enrol_approver,
    file_request,
    remove_approver,
    state_of,
    withdraw_request,
)
from api.store import epochs, persons, schema
from api.store import reidentifications as store
from linkage.errors import ClewError, FormatError, InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from linkage.wire.reidentification import Reidentification, add_approval, read_reidentification
from tests.support.agency_desk import clew
from tests.support.custody_world import PHRASE, clew_keys
from tests.support.served import Served, served_unit
from tests.support.signing_client import problem
from tests.support.unit import Custodian, Desk, handle, make_custodian, make_sent

SETTINGS = ReidentificationSettings(requests_in_30_days=3)
REASON = "risk of exploitation, strategy meeting"


@dataclass(frozen=True)
class Unit:
    served: Served
    asha: Custodian
    ben: Custodian
    pseudonym: str

    def file(self, **changes: object) -> Reidentification:
        values = {
            "unit": self.served.unit.card.signing_key,
            "audience": "operator",
            "text": self.pseudonym,
            "reason": REASON,
            "settings": SETTINGS,
            "now": utc_now(),
        }
        with self.served.workers.database.write() as connection:
            return file_request(self.served.unit.folder, connection, **(values | changes))  # type: ignore[arg-type]

    def approve(
        self, request: Reidentification, *signers: Ed25519PrivateKey, now: dt.datetime | None = None
    ) -> bool:
        for one in signers:
            request = add_approval(request, one)
        with self.served.workers.database.write() as connection:
            return approve_request(connection, canonical(request), now=now or utc_now()).approved

    def seen_by(self, code: str) -> list[dict[str, str]]:
        desk = {"E09": self.served.council, "E10": self.served.other_council, "P01": self.served.police}[code]
        answer = self.served.client(desk).call("GET", "/v1/requests")
        assert answer.status_code == 200
        assert answer.json()["agency"] == code
        return list(answer.json()["requests"])


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    with served_unit(tmp_path / "data") as served:
        for desk in (served.council, served.police):
            served.client(desk).submit(make_sent(served.unit, desk, children=(1, 2)))
        served.workers.settle()
        asha, ben = make_custodian("Asha"), make_custodian("Ben")
        with served.workers.database.write() as connection:
            for one in (asha, ben):
                _enrol(connection, one)
            person = next(one.person for one in persons.members(connection) if one.handle == handle("E09", 1))
            text = in_use(served.unit.folder, connection, "operator").of(person)
        yield Unit(served, asha, ben, text)


def _enrol(connection: object, one: Custodian) -> None:
    fingerprint = card_fingerprint(one.card)
    enrol_approver(connection, canonical(one.card), fingerprint=fingerprint, now=utc_now())  # type: ignore[arg-type]


def test_an_approver_whose_key_became_an_agencys_or_a_custodians_counts_no_more(unit: Unit) -> None:
    request = unit.file()
    unit.served.unit.enrol(Desk("E11", "council", key=unit.asha.key))
    with pytest.raises(VerificationError, match="not an enrolled approver"):
        unit.approve(request, unit.asha.key, unit.ben.key)
    carl = make_custodian("Carl")
    with unit.served.workers.database.write() as connection:
        _enrol(connection, carl)
        connection.execute(
            schema.custodians.insert().values(
                signing_key=carl.card.signing_key, name="Carl", pinned_at="2026-01-01"
            )
        )
    assert not unit.approve(request, unit.ben.key)
    with pytest.raises(VerificationError, match="not an enrolled approver"):
        unit.approve(request, carl.key)
    assert unit.seen_by("E09") == []


def test_owning_agencies_see_their_own_handle_once_two_have_signed(unit: Unit) -> None:
    request = unit.file()
    assert not unit.approve(request, unit.asha.key)
    assert [unit.seen_by(code) for code in ("E09", "E10", "P01")] == [[], [], []]
    assert unit.approve(request, unit.ben.key)  # signatures may come apart
    for code in ("E09", "P01"):
        for _ in range(2):  # asking again gives the same
            (seen,) = unit.seen_by(code)
            assert seen == {
                "number": request.number,
                "handle": handle(code, 1),
                "reason": REASON,
                "expires": str(request.expires),
            }
    assert unit.seen_by("E10") == []


def test_one_person_is_not_two(unit: Unit) -> None:
    request = unit.file()
    assert not unit.approve(request, unit.asha.key)
    assert not unit.approve(request, unit.asha.key)
    stranger = Ed25519PrivateKey.generate()
    with pytest.raises(VerificationError, match="not an enrolled approver"):
        unit.approve(request, unit.asha.key, stranger)
    with pytest.raises(VerificationError, match="not signed"):
        unit.approve(request)
    assert unit.seen_by("E09") == []


def test_signatures_are_over_exactly_what_was_filed(unit: Unit) -> None:
    request, other = unit.file(), unit.file(reason="another reason")
    keys = unit.asha.key, unit.ben.key
    for changed in (
        structs.replace(request, reason="anything else"),
        structs.replace(request, pseudonym="REG1-2222-2222-2222-2222-226H"),
        structs.replace(request, number="R-0123456789"),
        structs.replace(request, unit="0" * 64),
    ):
        with pytest.raises(VerificationError, match="not a request that was filed"):
            unit.approve(changed, *keys)
    both = add_approval(add_approval(request, keys[0]), keys[1])
    with pytest.raises(VerificationError):
        unit.approve(structs.replace(other, signatures=both.signatures))
    with pytest.raises(FormatError):
        read_reidentification(canonical(request) + b" ")
    assert unit.seen_by("E09") == []


def test_an_approver_who_was_removed_counts_no_more(unit: Unit) -> None:
    request, database = unit.file(), unit.served.workers.database
    assert not unit.approve(request, unit.asha.key)
    with database.write() as connection:
        remove_approver(connection, "ASHA", now=utc_now())
    assert not unit.approve(request, unit.ben.key)
    with pytest.raises(VerificationError):
        unit.approve(request, unit.asha.key)
    carol = make_custodian("Carol")
    with database.write() as connection:
        _enrol(connection, carol)
    assert unit.approve(request, carol.key)


def test_custodians_agencies_and_namesakes_cannot_approve(unit: Unit) -> None:
    namesake = make_custodian("  asha ")
    refused = (unit.served.unit.custodians[0], unit.asha, namesake)
    for one in refused:
        with unit.served.workers.database.write() as connection, pytest.raises(InputError):
            _enrol(connection, one)
    council = replace(make_custodian("Dora"), key=unit.served.council.key)
    with unit.served.workers.database.write() as connection, pytest.raises(ClewError):
        enrol_approver(connection, canonical(council.card), fingerprint="00" * 20, now=utc_now())


def test_a_request_expires_can_be_withdrawn_and_is_limited(unit: Unit) -> None:
    first, second = unit.file(), unit.file()
    keys, database = (unit.asha.key, unit.ben.key), unit.served.workers.database
    late = utc_now() + dt.timedelta(days=31)
    with pytest.raises(InputError, match="is expired"):
        unit.approve(first, *keys, now=late)
    assert unit.approve(first, *keys)
    assert unit.approve(second, *keys)
    with pytest.raises(InputError, match="is approved"):
        unit.approve(second, *keys)
    with database.write() as connection:
        withdraw_request(connection, second.number, now=utc_now())
        with pytest.raises(InputError, match="withdrawn already"):
            withdraw_request(connection, second.number, now=utc_now())
        known = store.find_request(connection, first.number)
        assert known is not None
        assert (state_of(known, utc_now()), state_of(known, late)) == ("approved", "expired")
        assert store.of_agency(connection, "E09", now="2999") == []
    assert [one["number"] for one in unit.seen_by("E09")] == [first.number]
    unit.file()
    with pytest.raises(InputError, match="3 requests were filed"):
        unit.file()


def test_nobodys_pseudonym_and_a_mistyped_one_are_refused(unit: Unit) -> None:
    with pytest.raises(InputError, match="no person"):
        unit.file(text="REG1-2222-2222-2222-2222-226H")
    with pytest.raises(FormatError):
        unit.file(text=unit.pseudonym[:-1] + ("2" if unit.pseudonym[-1] != "2" else "3"))
    with pytest.raises(InputError, match="--reason"):
        unit.file(reason="  ")


def test_agencies_answer_with_a_code_and_nothing_else(unit: Unit) -> None:
    request = unit.file()
    unit.approve(request, unit.asha.key, unit.ben.key)
    council, stranger = unit.served.client(unit.served.council), unit.served.client(unit.served.other_council)
    address = f"/v1/requests/{request.number}"

    def body(**more: str) -> bytes:
        made = {"format": "clew-request-answer", "version": 1, "number": request.number, "answer": "refused"}
        return canonical(made | more)

    assert problem(council.call("PUT", address, body(reference="CH0000001"))) == "malformed"
    assert problem(council.call("PUT", address, body(answer="It is Anna"))) == "malformed"
    foreign = stranger.call("PUT", address, body())
    nobodys = stranger.call("PUT", "/v1/requests/R-0123456789", body(number="R-0123456789"))
    assert problem(foreign) == problem(nobodys) == "not-found"
    assert foreign.content == nobodys.content
    for _ in range(2):
        assert council.call("PUT", address, body()).json()["answer"] == "refused"
    assert problem(council.call("PUT", address, body(answer="passed-on"))) == "not-found"
    assert unit.seen_by("E09") == []
    assert len(unit.seen_by("P01")) == 1
    listed = clew("register", "reidentify", "list", "--data", unit.served.unit.folder.root, "--json")
    (found,) = json.loads(listed.out)
    assert found["agencies"] == {"E09": "refused", "P01": "seen"}
    assert found["signed_by"] in (["Asha", "Ben"], ["Ben", "Asha"])
    assert handle("E09", 1) not in listed.out


def test_an_erased_record_is_asked_about_no_more(unit: Unit) -> None:
    request = unit.file()
    unit.approve(request, unit.asha.key, unit.ben.key)
    with unit.served.workers.database.write() as connection:
        epochs.forget_handles(connection, {("E09", handle("E09", 1))})
    assert unit.seen_by("E09") == []
    assert len(unit.seen_by("P01")) == 1


def test_the_whole_way_with_the_real_commands(unit: Unit, tmp_path: Path) -> None:
    data, phrase = unit.served.unit.folder.root, tmp_path / "phrase"
    phrase.touch(mode=0o600)
    phrase.write_text(PHRASE + "\n")
    request = tmp_path / "request.json"
    for name in ("Dev", "Esi"):
        made = clew_keys("identity", name, "--out", tmp_path / name, "--passphrase-file", phrase)
        assert made.code == 0, made.err
        card = tmp_path / name / "card.json"
        done = clew("register", "approver", "add", "--data", data, card, "--fingerprint", made.out.strip())
        assert done.code == 0, done.err
    filed = clew(
        *("register", "reidentify", "request", "--data", data, unit.pseudonym.lower()),
        *("--reason", REASON, "--output", request),
    )
    assert filed.code == 0, filed.err
    for name in ("Dev", "Esi"):
        done = clew("register", "reidentify", "approve", "--data", data, request)
        assert (done.code == 0, "approved" in done.err) == (name == "Esi", False)
        signed = clew_keys("sign", request, "--identity", tmp_path / name, "--passphrase-file", phrase)
        assert signed.code == 0, signed.err
        assert REASON in signed.err
        assert unit.pseudonym in signed.err
    done = clew("register", "reidentify", "approve", "--data", data, request)
    assert "approved: 2 agencies" in done.err, done.err
    log = (tmp_path / "Dev" / "custody-log.jsonl").read_text()
    assert "signed-reidentification" in log
    assert filed.out.strip() in clew("register", "reidentify", "list", "--data", data).out
    assert "Dev\tenrolled" in clew("register", "approver", "list", "--data", data).out
    gone = clew("register", "approver", "remove", "--data", data, "dev")
    assert gone.code == 0, gone.err
    over = clew("register", "reidentify", "withdraw", "--data", data, filed.out.strip())
    assert over.code == 0, over.err
    assert unit.seen_by("E09") == []
    audited = clew("register", "audit", "check", "--data", data)
    assert audited.code == 0, audited.err
