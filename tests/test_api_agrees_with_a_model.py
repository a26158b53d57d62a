"""Whatever comes, dropped, repeated, restarted, rotated, in any order: the unit stands as a model does.

Over a real socket, with real workers.  In full (``make soak``): 500 runs of 50 steps.
"""

import datetime as dt
import json
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from api.clock import utc_now
from api.settlement import withdraw_submission
from api.trust import adopt_epoch
from linkage.wire.canonical import canonical
from linkage.wire.moments import Moment
from linkage.wire.record_requests import RecordRequest
from tests.support.quick_client import Answer, QuickClient
from tests.support.senders import cut
from tests.support.serving import WsgiApp, serving
from tests.support.submission_model import Bundle, Model
from tests.support.unit import Desk, handle, make_descriptor, make_sent, make_unit
from tests.support.working import working

PIECE_BYTES = 2048


class Finished:
    """Counts the requests that the app has done with, so that a dropped one can be waited for."""

    def __init__(self) -> None:
        self.number = 0
        self._lock = threading.Lock()

    def around(self, app: WsgiApp) -> WsgiApp:
        def counted(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
            answer = app(environ, start)
            with self._lock:
                self.number += 1
            return answer

        return counted

    def wait(self, number: int) -> None:
        ends = time.monotonic() + 20
        while self.number < number:
            assert time.monotonic() < ends, "a dropped request is not done with"
            time.sleep(0.001)


class UnitMachine(RuleBasedStateMachine):
    """A council and a police force, an operator, and both workers."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        place = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.unit = make_unit(place / "data")
        self.desks = {"E09": Desk("E09", "council"), "P01": Desk("P01", "police")}
        for desk in self.desks.values():
            self.unit.enrol(desk)
        self.workers = self.stack.enter_context(working(self.unit))
        self.model = Model(self.unit.epoch.epoch)
        self.finished = Finished()
        self.served = ExitStack()
        self.clients: dict[str, QuickClient] = {}
        self.asked = 0
        self._serve()

    def teardown(self) -> None:
        self.served.close()
        self.stack.close()

    def _serve(self) -> None:
        url = self.served.enter_context(serving(self.unit.folder.root, self.finished.around))
        self.clients = {
            code: self.served.enter_context(QuickClient(url, desk.key)) for code, desk in self.desks.items()
        }

    def _bundle(self, number: int) -> Bundle:
        return self.model.bundles[number % len(self.model.bundles)]

    def _ask(
        self,
        agency: str,
        dropped: bool,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Answer | None:
        """Ask, and look at the answer or go away before it comes."""
        client = self.clients[agency]
        if not dropped:
            return client.call(method, path, body, headers)
        wanted = self.finished.number + 1
        client.send_and_drop(client.signed(method, path, body, headers))
        self.finished.wait(wanted)
        return None

    def _agrees(self, answer: Answer | None, expected: tuple[int, str]) -> None:
        if answer is not None:
            problem = "" if answer.status < 300 else json.loads(answer.content)["type"].rpartition(":")[2]
            assert (answer.status, problem) == expected

    @rule(agency=st.sampled_from(["E09", "P01"]), children=st.frozensets(st.integers(1, 4), min_size=1))
    def encode(self, agency: str, children: frozenset[int]) -> None:
        sequence = self.model.next_sequence(agency)
        sent = make_sent(self.unit, self.desks[agency], sequence=sequence, children=sorted(children))
        epoch = self.model.epoch
        self.model.bundles.append(Bundle(agency, sequence, epoch, children, cut(sent, PIECE_BYTES)))

    @precondition(lambda self: self.model.bundles)
    @rule(number=st.integers(0, 50), dropped=st.booleans())
    def register(self, number: int, dropped: bool) -> None:
        bundle = self._bundle(number)
        answer = self._ask(bundle.agency, dropped, "POST", "/v1/submissions", bundle.cut.registration())
        self._agrees(answer, self.model.register(bundle))

    @precondition(lambda self: self.model.bundles)
    @rule(number=st.integers(0, 50), piece=st.integers(0, 9), dropped=st.booleans())
    def put(self, number: int, piece: int, dropped: bool) -> None:
        bundle = self._bundle(number)
        _, digest, body = bundle.cut.pieces[piece % len(bundle.cut.pieces)]
        path = f"/v1/submissions/{bundle.cut.sent.id}/chunks/{digest}"
        self._agrees(self._ask(bundle.agency, dropped, "PUT", path, body), self.model.put(bundle, digest))

    @precondition(lambda self: self.model.bundles)
    @rule(number=st.integers(0, 50), dropped=st.booleans())
    def put_all_that_is_missing(self, number: int, dropped: bool) -> None:
        bundle = self._bundle(number)
        for _, digest, body in bundle.cut.pieces:
            if digest not in bundle.arrived:
                path = f"/v1/submissions/{bundle.cut.sent.id}/chunks/{digest}"
                self._agrees(
                    self._ask(bundle.agency, dropped, "PUT", path, body), self.model.put(bundle, digest)
                )

    @precondition(lambda self: self.model.bundles)
    @rule(number=st.integers(0, 50), dropped=st.booleans())
    def commit(self, number: int, dropped: bool) -> None:
        bundle = self._bundle(number)
        seen = bundle.receipt
        answer = self._ask(bundle.agency, dropped, "POST", f"/v1/submissions/{bundle.cut.sent.id}/commit")
        self._agrees(answer, self.model.commit(bundle))
        if answer is not None and answer.status == 200:
            assert seen in {b"", b"given, not seen", answer.content}, "another receipt than before"
            bundle.receipt = answer.content

    @rule(
        agency=st.sampled_from(["E09", "P01"]),
        children=st.frozensets(st.integers(1, 4), min_size=1, max_size=2),
        dropped=st.booleans(),
    )
    def erase(self, agency: str, children: frozenset[int], dropped: bool) -> None:
        handles = tuple(sorted(handle(agency, one) for one in children))
        request = "POST", "/v1/records/erase", canonical(RecordRequest(handles=handles))
        self.asked += 1
        key = {"Idempotency-Key": f'"{self.asked:032x}"'}
        first = self._ask(agency, dropped, *request, key)
        again = self.clients[agency].call(*request, key)
        assert again.status == 202
        assert first is None or first.content == again.content, "another answer than the first"
        self.model.erase(agency, children, json.loads(again.content)["erasure"])

    @rule()
    def restart(self) -> None:
        self.served.close()
        self._serve()

    @rule()
    def work(self) -> None:
        self.workers.settle()
        self.model.work()

    @rule()
    def cycle(self) -> None:
        self.model.cycles = self.workers.cycle()
        self.model.work()
        for client in self.clients.values():
            answer = client.call("GET", "/v1/results")
            assert (answer.status, json.loads(answer.content)["cycle"]) == (200, self.model.cycles)

    @precondition(lambda self: self.model.bundles)
    @rule(number=st.integers(0, 50))
    def withdraw(self, number: int) -> None:
        bundle = self._bundle(number)
        if self.model.withdraw(bundle):
            with self.workers.database.write() as connection:
                withdraw_submission(connection, bundle.cut.sent.id, now=utc_now())

    @precondition(lambda self: int(self.model.epoch[1:]) < 20)
    @rule()
    def rotate(self) -> None:
        number = int(self.model.epoch[1:]) + 1
        opens = Moment.day((utc_now() - dt.timedelta(days=30 - number)).date())
        descriptor = make_descriptor(self.unit.card, self.unit.custodians, epoch=f"e{number}", opens=opens)
        with self.workers.database.write() as connection:
            adopt_epoch(
                connection,
                self.unit.card,
                canonical(descriptor),
                custodians=[],
                threshold=None,
                now=utc_now(),
            )
        self.unit, self.model.epoch = replace(self.unit, epoch=descriptor), f"e{number}"

    @invariant()
    def stands_as_the_model_does(self) -> None:
        for code, client in self.clients.items():
            status = json.loads(client.call("GET", "/v1/status").content)
            assert (status["sequence"], status["cycle"], status["epoch"]) == (
                self.model.committed_sequence(code),
                self.model.cycles,
                self.model.epoch,
            )
            found = {one["submission"]: one["state"] for one in status["submissions"]}
            known = [one for one in self.model.of(code) if one.state]
            assert found == {one.cut.sent.id: one.state for one in known}
            for one in known:
                if one.state == "open":
                    shown = json.loads(client.call("GET", f"/v1/submissions/{one.cut.sent.id}").content)
                    assert set(shown["missing"]) == one.digests - one.arrived
            for name, state in self.model.erasures_of(code):
                shown = json.loads(client.call("GET", f"/v1/erasures/{name}").content)
                assert (shown["state"], bool(shown.get("certificate"))) == (state, state == "done")
        with self.workers.database.read() as connection:
            rows = connection.exec_driver_sql("SELECT agency, handle, person FROM memberships").fetchall()
        child = {handle(code, one): one for code in self.desks for one in range(1, 5)}
        assert {(row[0], child[row[1]]) for row in rows} == set(self.model.members)
        children_of: dict[str, set[int]] = {}
        for _, text, person in rows:
            children_of.setdefault(person, set()).add(child[text])
        assert all(len(one) == 1 for one in children_of.values()), "two children became one person"


def test_the_unit_stands_as_the_model_does(soak: bool) -> None:
    runs, steps = (500, 50) if soak else (5, 25)
    run_state_machine_as_test(
        UnitMachine, settings=settings(max_examples=runs, stateful_step_count=steps, deadline=None)
    )
