"""A run says what it compared and by which engine; what may not be written any more is compared again."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from api.clock import utc_now
from api.link_inputs import inputs_digest
from api.store import jobs, persons, schema
from api.worker import Task
from linkage.match.linkage import Costs, Known, RecordId, Source
from linkage.shipped_profiles import shipped_profile
from tests.oracles import match_oracle
from tests.support.served import Served, served_unit
from tests.support.unit import make_sent
from tests.test_api_revocations import _revocation, _revoke

_PROFILE = shipped_profile("child-1")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as served:
        yield served


def _pins(served: Served) -> list[tuple[int, str, str, str]]:
    with served.workers.database.read() as connection:
        rows = connection.execute(select(schema.link_run_inputs).order_by(schema.link_run_inputs.c.run))
        return [tuple(row) for row in rows]


def _link_again(served: Served) -> None:
    with served.workers.database.write() as connection:
        jobs.queue_link_at_once(connection, now=utc_now())
    served.workers.settle()


def test_a_run_is_pinned_and_the_same_inputs_have_the_same_digest(served: Served) -> None:
    served.client(served.council).submit(make_sent(served.unit, served.council, children=(1, 2)))
    served.workers.settle()
    _link_again(served)
    served.client(served.police).submit(make_sent(served.unit, served.police, children=(1, 2)))
    served.workers.settle()
    first, again, *_, last = _pins(served)
    assert first[1] == f"local {version('clew')}"
    assert first[2] == _PROFILE.digest
    assert first[1:] == again[1:]
    assert len(last[3]) == 64
    assert last[3] != first[3]


def test_an_epoch_that_is_revoked_while_it_is_compared_is_not_written(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.client(served.council).submit(make_sent(served.unit, served.council, children=(1, 2)))
    comparisons, revoked = Task.comparisons, []

    def revoking(task: Task, done: int, total: int) -> None:
        if not revoked:
            revoked.append(_revoke(served.unit, _revocation(served.unit, served.unit.epoch)))
        comparisons(task, done, total)

    monkeypatch.setattr(Task, "comparisons", revoking)
    served.workers.settle()
    assert [code for code, _ in revoked] == [0]
    assert any("given back" in line for line in served.workers.said)
    with served.workers.database.read() as connection:
        assert persons.members(connection) == []
        assert connection.execute(select(schema.link_runs.c.records)).scalars().all() == [0]
    assert _pins(served) == []  # the second time nothing was compared


def _digest(sources: list[Source], known: list[Known], false_link: float = 2.0) -> str:
    return inputs_digest(
        sources, _PROFILE, known=known, persons={}, costs=Costs(false_link=false_link), population=None
    )


def test_the_digest_depends_on_what_there_is_and_on_no_order() -> None:
    parts = {
        name: match_oracle.made_up_encodings(list(range(30)), views=2, view_bytes=64, seed=seed)
        for seed, name in enumerate("ab")
    }
    sources = [Source(name, part) for name, part in parts.items()]
    left, right = RecordId("a", "0" * 32), RecordId("b", "1" * 32)
    known = [Known(left, right, same=True), Known(right, left, same=False)]
    expected = _digest(sources, known)
    places = np.random.default_rng(5).permutation(30)
    shuffled = [Source(one.name, one.encodings.take(places)) for one in sources[::-1]]
    assert _digest(shuffled, known[::-1]) == expected
    changed = parts["a"].take(np.arange(30))
    changed.bits[3, 1, 5] ^= 1
    others = [
        _digest([Source("a", changed), sources[1]], known),
        _digest([Source("a", parts["a"], duplicate_free=True), sources[1]], known),
        _digest([Source("a", parts["a"].take(np.arange(29))), sources[1]], known),
        _digest([Source("c", parts["a"]), sources[1]], known),
        _digest(sources, known[:1]),
        _digest(sources, known, false_link=3.0),
    ]
    assert len({expected, *others}) == 7
