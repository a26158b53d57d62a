"""A part that is not what its manifest says refuses the whole submission, with a reason and nothing kept."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from api.register_worker import lines
from api.store import persons
from linkage.errors import FormatError, LimitError
from linkage.wire.compression import compress
from linkage.wire.encodings import encodings_pieces
from linkage.wire.limits import MAX_LINE_BYTES
from linkage.wire.manifest import part_context
from linkage.wire.records import payload_lines
from linkage.wire.seal import SealingKey, seal
from tests.support.served import Served, served_unit
from tests.support.unit import (
    PERIOD,
    PROFILE,
    Desk,
    Sent,
    handle,
    make_encodings,
    make_payload,
    make_sent,
    seal_sent,
)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def _encodings(agency: str = "E09", digest: str = PROFILE.digest) -> bytes:
    rows = make_encodings((handle("E09", child), child) for child in (1, 2, 3))
    return b"".join(encodings_pieces(rows, agency=agency, profile_digest=digest))


def _payload(desk: Desk) -> bytes:
    return b"".join(payload_lines(make_payload(desk, (1, 2, 3))))


COUNTS = {"rows": 3, "children": 3, "care_spells": 0, "episodes": 3, "interviews": 0, "coverage": 9}


def _sent(
    served: Served,
    *,
    encodings: bytes | None = None,
    payload: bytes | None = None,
    contexts: dict[str, bytes] | None = None,
    **counts: int,
) -> Sent:
    plain = {"encodings": encodings or _encodings(), "payload": payload or _payload(served.council)}
    return seal_sent(served.unit, served.council, plain, counts={**COUNTS, **counts}, contexts=contexts)


def _resealed(served: Served, name: str, content: bytes, *, public: str | None = None) -> Sent:
    """A bundle whose manifest is honest about the sealed bytes only."""
    sent = _sent(served)
    keys = {"encodings": served.unit.card.encodings_key, "payload": served.unit.card.payload_key}
    context = part_context("E09", "e1", name, period=PERIOD, sequence=1)
    sealed = b"".join(seal([content], public or keys[name], context=context))
    return _with_sealed(served, sent, name, sealed)


def _with_sealed(served: Served, sent: Sent, name: str, sealed: bytes) -> Sent:
    parts = tuple(
        structs.replace(part, sealed_sha256=hashlib.sha256(sealed).hexdigest(), sealed_size=len(sealed))
        if part.name == name
        else part
        for part in sent.manifest.parts
    )
    return replace(sent, parts={**sent.parts, name: sealed}).changed(served.council, parts=parts)


def _bits_where_a_view_is_absent(_: Served) -> bytes:
    rows = make_encodings([(handle("E09", 1), 1)])
    rows.present[0] ^= np.uint32(1)
    return b"".join(encodings_pieces(rows, agency="E09", profile_digest=PROFILE.digest))


def _smaller_views() -> bytes:
    rows = make_encodings((handle("E09", child), child) for child in (1, 2, 3))
    narrow = replace(rows, bits=rows.bits[:, :, :8])
    return b"".join(encodings_pieces(narrow, agency="E09", profile_digest=PROFILE.digest))


def _twice_the_same_row() -> bytes:
    rows = make_encodings([(handle("E09", 1), 1), (handle("E09", 1), 1), (handle("E09", 2), 2)])
    return b"".join(encodings_pieces(rows, agency="E09", profile_digest=PROFILE.digest))


BAD_PARTS: dict[str, tuple[Callable[[Served], Sent], str]] = {
    "encodings sealed to another key": (
        lambda s: _resealed(s, "encodings", _encodings(), public=SealingKey.generate().public_text()),
        "does not open",
    ),
    "encodings sealed to the register worker": (
        lambda s: _resealed(s, "encodings", _encodings(), public=s.unit.card.payload_key),
        "does not open",
    ),
    "encodings sealed for another agency": (
        lambda s: _sent(
            s, contexts={"encodings": part_context("E10", "e1", "encodings", period=PERIOD, sequence=1)}
        ),
        "does not open",
    ),
    "encodings sealed for another epoch": (
        lambda s: _sent(
            s, contexts={"encodings": part_context("E09", "e0", "encodings", period=PERIOD, sequence=1)}
        ),
        "does not open",
    ),
    "encodings sealed for another snapshot": (
        lambda s: _sent(
            s, contexts={"encodings": part_context("E09", "e1", "encodings", period=PERIOD, sequence=2)}
        ),
        "does not open",
    ),
    "payload in place of encodings": (
        lambda s: _sent(
            s, contexts={"encodings": part_context("E09", "e1", "payload", period=PERIOD, sequence=1)}
        ),
        "does not open",
    ),
    "no seal at all": (lambda s: _with_sealed(s, _sent(s), "payload", os.urandom(5000)), "not a seal"),
    "a seal cut short": (
        lambda s: _with_sealed(s, _sent(s), "payload", _sent(s).parts["payload"][:-5]),
        "damaged or cut short",
    ),
    "other encodings than the manifest names": (
        lambda s: _resealed(s, "encodings", _encodings()[:-1] + b"?"),
        "digest differs",
    ),
    "encodings of another size": (
        lambda s: _resealed(s, "encodings", _encodings() + b"?"),
        "sizes do not belong together",
    ),
    "encodings made for another agency": (
        lambda s: _sent(s, encodings=_encodings(agency="E10")),
        "another agency",
    ),
    "encodings made under another profile": (
        lambda s: _sent(s, encodings=_encodings(digest="ab" * 32)),
        "another profile",
    ),
    "encodings of another shape": (lambda s: _sent(s, encodings=_smaller_views()), "shape"),
    "bits in a view that is absent": (
        lambda s: _sent(s, encodings=_bits_where_a_view_is_absent(s), rows=1),
        "row 1",
    ),
    "a duplicate handle": (lambda s: _sent(s, encodings=_twice_the_same_row()), "same handle"),
    "another number of rows": (lambda s: _sent(s, rows=4), "number of rows"),
    "not encodings": (lambda s: _sent(s, encodings=b"no header line"), "no header line"),
    "payload that is not compressed": (
        lambda s: _resealed(s, "payload", _payload(s.council)),
        "compressed content is damaged",
    ),
    "payload that unpacks to more than it says": (
        lambda s: _resealed(s, "payload", b"".join(compress([_payload(s.council) + b" " * 9999]))),
        "unpacks to more",
    ),
    "other payload than the manifest names": (
        lambda s: _resealed(
            s, "payload", b"".join(compress([_payload(s.council).replace(b"2024-06-03", b"2024-06-04")]))
        ),
        "digest differs",
    ),
    "payload of another agency": (
        lambda s: _sent(s, payload=_payload(Desk("E10", "council"))),
        "another agency",
    ),
    "another number of episodes": (lambda s: _sent(s, episodes=4), "numbers of records"),
    "a record with a field that may not travel": (
        lambda s: _sent(s, payload=_payload(s.council).replace(b'"sex"', b'"canary"', 1)),
        "line 2",
    ),
    "a date that is none": (
        lambda s: _sent(
            s, payload=_payload(s.council).replace(b"2024-06-03T10:00Z", b"2024-06-99T10:00Z", 1)
        ),
        "line 5",
    ),
    "an episode of a child that is not there": (
        lambda s: _sent(
            s,
            payload=_payload(s.council).replace(
                b'"child":"' + handle("E09", 2).encode(), b'"child":"' + b"0" * 32
            ),
        ),
        "not in the payload",
    ),
    "a payload whose last line is cut short": (
        lambda s: _sent(s, payload=_payload(s.council)[:-1]),
        "cut short",
    ),
}


@pytest.mark.parametrize(("number", "name"), list(enumerate(BAD_PARTS)))
def test_a_bad_part_refuses_the_submission_and_nothing_of_it_is_kept(
    served: Served, number: int, name: str
) -> None:
    make, reason = BAD_PARTS[name]
    client, sent = served.client(served.council), make(served)
    client.submit(sent)
    if number % 2:  # whichever worker comes first, the other one's part goes too
        served.workers.run("register")
    served.workers.settle()
    status = client.call("GET", f"/v1/submissions/{sent.id}").json()
    assert status["state"] == "refused"
    assert reason in status["reason"]
    assert "canary" not in status["reason"]
    folder = served.unit.folder
    assert list(folder.intake_encodings.iterdir()) == []
    assert list(folder.intake_payload.iterdir()) == []
    assert list(folder.encodings.glob("*.sealed")) == []
    assert served.workers.register._store.load(sent.id, "E09") is None
    with served.workers.database.read() as connection:
        assert persons.members(connection) == []


def test_after_a_refusal_the_snapshot_before_still_stands(served: Served) -> None:
    client = served.client(served.council)
    good = make_sent(served.unit, served.council, sequence=1)
    client.submit(good)
    served.workers.settle()
    bad = _with_sealed(served, make_sent(served.unit, served.council, sequence=2), "payload", os.urandom(500))
    client.submit(bad)
    served.workers.settle()
    states = {
        one["submission"]: one["state"] for one in client.call("GET", "/v1/status").json()["submissions"]
    }
    assert states == {good.id: "accepted", bad.id: "refused"}
    assert served.workers.cycle() == 1
    assert len(client.call("GET", "/v1/results").json()["findings"]) == 3


def test_a_body_that_rots_in_the_intake_is_the_units_fault_and_not_the_agencys(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.submit(sent)
    (body,) = served.unit.folder.intake_encodings.iterdir()
    whole = body.read_bytes()
    body.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    import threading

    served.workers.linking.worker(served.workers.said.append).step(threading.Event())
    assert client.call("GET", f"/v1/submissions/{sent.id}").json()["state"] == "committed"
    assert "damaged" in served.workers.said[-1]
    body.write_bytes(whole)


def test_recovery_removes_what_was_taken_in_and_keeps_what_waits(served: Served) -> None:
    folder = served.unit.folder
    client = served.client(served.council)
    client.submit(make_sent(served.unit, served.council))
    orphans = [folder.intake_encodings / f"{'1' * 64}.sealed", folder.encodings / f"{'2' * 64}.sealed"]
    orphans.append(folder.intake_payload / f"{'3' * 64}.sealed")
    for orphan in orphans:
        orphan.write_bytes(b"left behind")
    served.workers.linking.recover()
    served.workers.register.recover()
    assert [orphan for orphan in orphans if orphan.exists()] == []
    served.workers.settle()
    assert client.call("GET", "/v1/status").json()["submissions"][0]["state"] == "accepted"


@given(st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\n", b" "))), st.integers(1, 9))
def test_lines_are_those_that_splitting_the_whole_gives(wanted: list[bytes], step: int) -> None:
    content = b"".join(line + b"\n" for line in wanted)
    pieces = [content[i : i + step] for i in range(0, len(content), step)]
    assert list(lines(pieces)) == wanted


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(3):
            yield b"x" * MAX_LINE_BYTES
        raise AssertionError("read on")

    with pytest.raises(LimitError):
        list(lines(endless()))
    with pytest.raises(FormatError):
        list(lines([b"whole\n", b"half"]))
