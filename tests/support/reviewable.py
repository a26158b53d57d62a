"""A unit whose last linkage has possible links, for tests of clerical review."""

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from api.store import persons
from api.store.persons import RecordKey
from linkage.wire.encodings import Encodings, encodings_pieces
from tests.support.served import Served, served_unit
from tests.support.unit import PROFILE, Desk, handle, make_encodings, make_sent

COUNCIL, POLICE = tuple(range(1, 13)), tuple(range(1, 12))
DOUBTFUL = (1, 2, 3, 7, 8, 9)
"""Children of the world whose police records are a possible link with the council's."""

_SPEAKING, _NOISE = 1, 0.32  # with so much noise in this one view alone, log odds lie about 0


def doubtful_encodings(rows: Mapping[str, int], doubtful: tuple[int, ...] = DOUBTFUL) -> Encodings:
    """Encode (handle, child of the world); of some children one noisy view is all that agrees."""
    made = make_encodings(rows.items())
    children = [child for _, child in sorted(rows.items())]
    bits = made.bits.copy()
    for row, child in enumerate(children):
        if child in doubtful:
            random = np.random.default_rng([child, 3])
            share = np.full((bits.shape[1], 1), 0.5)
            share[_SPEAKING] = _NOISE
            flips = random.random((bits.shape[1], bits.shape[2] * 8)) < share
            bits[row] ^= np.packbits(flips, axis=1)
    return dataclasses.replace(made, bits=bits)


def send(served: Served, desk: Desk, children: tuple[int, ...], sequence: int, **more: object) -> None:
    """Submit a snapshot of an agency; of a force's doubtful children one noisy view is all that agrees."""
    rows = {handle(desk.code, one): one for one in children}
    encoded = doubtful_encodings(rows, DOUBTFUL if desk.role == "police" else ())
    pieces = encodings_pieces(encoded, agency=desk.code, profile_digest=PROFILE.digest)
    sent = make_sent(
        served.unit,
        desk,
        sequence=sequence,
        children=children,
        encodings=b"".join(pieces),
        **more,  # type: ignore[arg-type]
    )
    served.client(desk).submit(sent)


@contextmanager
def reviewable_unit(folder: Path) -> Iterator[Served]:
    """Two councils and a force; the second council holds child 1 too, beyond doubt the first one's."""
    with served_unit(folder) as served:
        send(served, served.council, COUNCIL, 1)
        send(served, served.other_council, (1, 20), 1)
        send(served, served.police, POLICE, 1)
        served.workers.settle()
        yield served


def record(code: str, child: int) -> RecordKey:
    return code, handle(code, child)


def members(served: Served) -> dict[RecordKey, str]:
    with served.workers.database.read() as connection:
        return {(one.agency, one.handle): one.person for one in persons.members(connection)}


def relink(served: Served, sequence: int) -> None:
    """Let a linkage run as it does when an agency sends something."""
    send(served, served.other_council, (1, 20), sequence)
    served.workers.settle()
