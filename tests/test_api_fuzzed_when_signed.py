"""Thousands of made-up requests, most of them signed: never a fault, never an answer of another form."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.clock import utc_now
from api.heartbeats import Pulse
from tests.support.documented import operations
from tests.support.fuzzing import VALID, Fuzzing
from tests.support.served import Served, served_unit


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def test_every_operation_has_a_call_that_is_valid() -> None:
    assert {one.endpoint for one in operations()} == set(VALID), "add it to tests/support/fuzzing.py"


def test_signed_cases_from_the_document_meet_no_fault(served: Served, soak: bool) -> None:
    wanted = 20_000 if soak else 24 * len(operations())
    fuzzing = Fuzzing.begin(served)
    beats = served.unit.folder.heartbeats
    with Pulse(beats, "linking", utc_now) as linking, Pulse(beats, "register", utc_now) as register:
        linking.ready()
        register.ready()
        fuzzing.run(wanted)
    for endpoint, answer in sorted(fuzzing.answers):
        print(f"{endpoint:10} {answer:25} {fuzzing.answers[endpoint, answer]}")
    print(f"{fuzzing.cases} cases, {fuzzing.authenticated} past authentication")
    assert fuzzing.cases >= wanted
    assert fuzzing.succeeded() == {one.endpoint for one in operations()}
    assert fuzzing.authenticated >= 0.3 * fuzzing.cases
