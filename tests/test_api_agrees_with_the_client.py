"""The agencies' own client and the service understand each other, in what succeeds and in what is refused."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.agency.client import Unit as UnitClient
from keys.identity import create_identity
from linkage.errors import ClewError, EpochError, VerificationError
from linkage.wire.submission import read_receipt
from tests.support.served import Served, served_unit
from tests.support.unit import Desk, make_sent


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def test_the_client_submits_follows_and_pulls(served: Served) -> None:
    identity = create_identity()
    desk = served.unit.enrol(Desk("E77", "council", identity.signing))
    sent = make_sent(served.unit, desk)
    with UnitClient(served.url, identity) as client:
        status = client.register(sent.registration())
        by_digest = {hashlib.sha256(one).hexdigest(): one for part in sent.chunks().values() for one in part}
        assert set(status.missing) == set(by_digest)
        for sha256 in status.missing:
            client.put_chunk(sent.id, sha256, by_digest[sha256])
        receipt = read_receipt(client.commit(sent.id), signing_key=served.unit.card.signing_key)
        assert receipt.submission == sent.id
        served.workers.settle()
        assert client.submission(sent.id).state == "accepted"
        with pytest.raises(ClewError, match="no results yet"):
            client.results()
        served.workers.cycle()
        results, _ = client.results()
        assert (results.cycle, len(results.findings)) == (1, 3)
        assert client.status().sequence == 1


def test_the_client_tells_what_the_service_refused(served: Served) -> None:
    identity = create_identity()
    with UnitClient(served.url, identity) as client, pytest.raises(VerificationError, match="not signed by"):
        client.status()
    desk = served.unit.enrol(Desk("E77", "council", identity.signing))
    sent = make_sent(served.unit, desk)
    with UnitClient(served.url, identity) as client:
        with pytest.raises(EpochError, match="another epoch"):
            client.register(sent.changed(desk, epoch="e0").registration())
        with pytest.raises(VerificationError, match="another agency"):
            client.register(make_sent(served.unit, served.council).registration())
        client.register(sent.registration())
        with pytest.raises(ClewError, match="chunks are missing"):
            client.commit(sent.id)
