"""What two reviewers say alike holds from the next linkage on, can be undone until then, and is on record."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import json
from sqlalchemy import select

from api.auditing import check_unit
from api.checkpoints import open_signer
from api.clock import utc_now
from api.deciding import decide
from api.erasing import erase_own_records
from api.manage import register
from api.reviewing import (
    agreement_of,
    agreement_overall,
    differing,
    give_verdict,
    next_pair,
    undo_last,
    workload,
)
from api.store import epochs, known_links, review, schema, schema_review
from api.store.review import ReviewPair, Verdict
from linkage.errors import InputError
from linkage.register.overlap import OverlapShape
from linkage.wire.ledger import EntryKind, read_statement
from tests.support.reviewable import COUNCIL, DOUBTFUL, members, record, relink, reviewable_unit, send
from tests.support.served import Served, copied_unit
from tests.support.traces import traces
from tests.support.unit import handle


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Served:
    with reviewable_unit(tmp_path_factory.mktemp("made") / "data") as opened:
        pass
    return opened


@pytest.fixture
def served(made: Served, tmp_path: Path) -> Iterator[Served]:
    with copied_unit(made, tmp_path / "data") as opened:
        yield opened


def pairs(served: Served) -> list[ReviewPair]:
    with served.workers.database.read() as connection:
        return review.all_pairs(connection)


def about(served: Served, child: int, code: str = "E09") -> ReviewPair:
    return next(
        one for one in pairs(served) if (one.left, one.right) == (record(code, child), record("P01", child))
    )


def say(served: Served, reviewer: str, verdict: Verdict, pair: ReviewPair) -> None:
    with served.workers.database.write() as connection:
        give_verdict(connection, pair.id, reviewer, verdict, now=utc_now())


def steps(served: Served) -> list[tuple[object, object]]:
    table = schema.ledger_statements
    with served.workers.database.read() as connection:
        said = [read_statement(text.encode()) for text in connection.scalars(select(table.c.statement))]
    return [
        (one.facts["step"], one.facts.get("outcome")) for one in said if one.kind == EntryKind.REVIEW_DECISION
    ]


def audited(served: Served) -> list[str]:
    unit = served.unit
    with served.workers.database.read() as connection:
        signer = open_signer(unit.folder)
        found = check_unit(connection, unit.folder, signer, signing_key=unit.card.signing_key, outside=())
    return [f"{one.where}: {one.what}" for one in found.findings]


def test_a_linkage_leaves_its_possible_links_with_what_may_be_seen_of_them(served: Served) -> None:
    found = pairs(served)
    assert {(one.left, one.right) for one in found} >= {
        (record("E09", child), record("P01", child)) for child in DOUBTFUL
    }
    assert [one.place for one in found] == list(range(len(found)))
    for one in found:
        assert one.evidence is not None
        weights = sum(view.weight for view in one.evidence.views)
        rest = one.evidence.start + one.evidence.numbers + one.evidence.others
        assert weights + rest == pytest.approx(one.evidence.log_odds, abs=0.1)  # each is rounded
        assert [near.agency for near in one.evidence.records[:2]] == [one.left[0], one.right[0]]
        assert one.shape is not None
        shape = json.decode(one.shape, type=OverlapShape)
        assert (shape.episodes, shape.matched, shape.common_days, shape.apart_days) == (
            (1, 1),
            (1, 1),
            1,
            0,
        )
    around = about(served, 1).evidence
    assert around is not None
    assert sorted(near.agency for near in around.records) == ["E09", "E10", "P01"]
    assert any(edge.weakest for edge in around.edges)
    with served.workers.database.read() as connection:
        spreads = review.spreads(connection)
        stored = [
            text
            for table in (schema_review.review_pairs.c.evidence, schema_review.review_views.c.body)
            for text in connection.scalars(select(table))
        ]
    assert [one.view for one in spreads] == [view.view for view in around.views]
    assert all(
        sum((one.silent, *one.shares)) == pytest.approx(1, abs=0.01) or not sum(one.shares)
        for view in spreads
        for one in (view.matches, view.strangers)
    )
    handles = [handle(code, child) for code in ("E09", "E10", "P01") for child in range(1, 21)]
    assert not any(one in text for one in handles for text in stored)


def test_two_that_agree_change_the_next_linkage_and_a_third_decides_between_two_that_do_not(
    served: Served,
) -> None:
    together, apart, doubt = about(served, 2), about(served, 3), about(served, 1)
    for reviewer in ("ann", "ben"):
        say(served, reviewer, "link", together)
        say(served, reviewer, "not-a-link", apart)
    say(served, "ann", "link", doubt)
    say(served, "ben", "cannot-tell", doubt)
    with pytest.raises(InputError, match="does not wait for you"):
        say(served, "ann", "link", doubt)
    with served.workers.database.write() as connection:
        assert known_links.all_links(connection) == []
        assert differing(connection, doubt.id) == ("link", "cannot-tell")
        assert workload(connection, "cal", now=utc_now()).third == 1
        assert agreement_of(connection) == []  # what may still be undone counts for nothing
    say(served, "cal", "not-a-link", doubt)
    relink(served, 2)
    found = members(served)
    assert found[together.left] == found[together.right]
    assert found[apart.left] != found[apart.right]
    assert found[doubt.left] != found[doubt.right]
    with served.workers.database.read() as connection:
        known = {(one.left, one.right): one.same for one in known_links.all_links(connection)}
        two, overall = agreement_of(connection), agreement_overall(connection)
    assert known == {
        (together.left, together.right): True,
        (apart.left, apart.right): False,
        (doubt.left, doubt.right): False,
    }
    assert [(one.reviewers, one.agreement.pairs) for one in two] == [(("ann", "ben"), 3)]
    assert overall.agreed == pytest.approx(2 / 3)
    said = steps(served)
    assert said.count(("verdict", None)) == 7
    assert sorted(one for one in said if one[0] == "settled") == [
        ("settled", "link"),
        ("settled", "not-a-link"),
        ("settled", "not-a-link"),
    ]
    assert audited(served) == []
    for pair in (about(served, 2), about(served, 3)):
        assert pair.taken_at is not None
        assert (pair.evidence, pair.shape, pair.place) == (None, None, None)
    with served.workers.database.write() as connection, pytest.raises(InputError, match="counts already"):
        undo_last(connection, "cal", now=utc_now())
    again = members(served)
    relink(served, 3)
    assert members(served) == again


def test_what_is_undone_in_time_changes_nothing(served: Served) -> None:
    before, pair = members(served), about(served, 2)
    other: Verdict = "not-a-link" if before[pair.left] == before[pair.right] else "link"
    for reviewer in ("ann", "ben"):
        say(served, reviewer, other, pair)
    with served.workers.database.write() as connection:
        assert undo_last(connection, "ann", now=utc_now()) == pair.id
        with pytest.raises(InputError, match="no verdict"):
            undo_last(connection, "ann", now=utc_now())
        assert next_pair(connection, "ann", "blind", now=utc_now()) == pair.id
    relink(served, 2)
    assert members(served) == before
    assert ("undone", None) in steps(served)
    # The other's verdict is still there, and one more makes two.
    say(served, "ann", other, about(served, 2))
    relink(served, 3)
    found = members(served)
    assert (found[pair.left] == found[pair.right]) == (other == "link")


def test_an_outcome_that_contradicts_what_the_operator_decided_changes_nothing(served: Served) -> None:
    pair = about(served, 2)
    for reviewer in ("ann", "ben"):
        say(served, reviewer, "link", pair)
    with served.workers.database.write() as connection:
        decide(connection, pair.left, pair.right, same=False, reason="told by both", now=utc_now())
    served.workers.settle()
    found = members(served)
    assert found[pair.left] != found[pair.right]
    assert ("settled", "refused") in steps(served)


def test_evidence_goes_with_any_record_that_it_speaks_of(served: Served) -> None:
    pair, other = about(served, 1), about(served, 2)
    say(served, "ann", "link", pair)
    say(served, "ann", "link", other)
    with served.workers.database.write() as connection:
        # A neighbour of the first pair, and one end of the second.
        erase_own_records(connection, "E10", [handle("E10", 1)], now=utc_now())
        erase_own_records(connection, "P01", [handle("P01", 2)], now=utc_now())
        found = review.forget_records(connection, {"E10": [handle("E10", 1)]})
        assert found == sum("E10" in (one.left[0], one.right[0]) for one in pairs(served))
        held = review.find_pair(connection, pair.id)
        assert held is not None
        assert (held.evidence, held.shape, held.place) == (None, None, None)
    served.workers.settle()
    left = pairs(served)
    assert other.id not in {one.id for one in left}
    seen = next(one for one in left if one.id == pair.id).evidence
    assert seen is not None  # the linkage after the erasure explained it anew, without the neighbour
    assert sorted(near.agency for near in seen.records) == ["E09", "P01"]
    with served.workers.database.read() as connection:
        assert [one.reviewer for one in review.verdicts(connection)[pair.id]] == ["ann"]
        assert other.id not in review.verdicts(connection)
    gone = [handle("E10", 1), handle("P01", 2)]
    assert traces(served.unit, served.workers.database, gone) == []
    assert audited(served) == []


def test_withdrawn_or_linked_beyond_doubt_a_pair_is_asked_about_no_more(served: Served) -> None:
    kept, gone = about(served, 3), about(served, 2)
    say(served, "ann", "link", kept)
    say(served, "ann", "link", gone)
    send(served, served.council, tuple(one for one in COUNCIL if one != 2), 2)
    served.workers.settle()
    found = {one.id for one in pairs(served)}
    assert kept.id in found
    assert gone.id not in found


def test_evidence_goes_with_the_epoch_that_it_was_found_in(served: Served) -> None:
    with served.workers.database.write() as connection:
        assert any(one.evidence for one in review.all_pairs(connection))
        epochs.forget_members(connection, "e1", now="2026-01-01T00:00:00.000000Z")
        assert review.all_pairs(connection) == []
        assert review.spreads(connection) == []
        assert connection.execute(schema_review.review_records.select()).all() == []


def test_the_operator_sees_what_review_is_at_and_no_single_verdict(served: Served) -> None:
    runner, data = CliRunner(), str(served.unit.folder.root)
    pair = about(served, 2)
    say(served, "ann", "link", pair)
    listed = runner.invoke(register, ["review", "list", "--data", data])
    assert listed.exit_code == 0
    rows = [line.split("\t") for line in listed.stdout.splitlines()]
    assert [str(pair.id), "E09", "P01", f"{pair.value:.3f}", "asked", "-"] in rows
    say(served, "ben", "link", pair)
    relink(served, 2)
    said = runner.invoke(register, ["review", "agreement", "--data", data]).stdout.splitlines()
    assert said == ["ann\tben\t1\t1.000\t-\t-\t-", "all\tall\t1\t1.000\t-\t-\t-"]
    listed = runner.invoke(register, ["review", "list", "--data", data])
    assert f"{pair.id}\tE09\tP01\t{pair.value:.3f}\tsettled\tlink" in listed.stdout.splitlines()
