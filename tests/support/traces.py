"""What is left of records in a unit's folder: in files as bytes, and in what the workers' keys open."""

from collections.abc import Iterable

from api.encoding_bodies import EncodingBodies
from api.kept_comparisons import HELD, KeptComparisons
from api.secret_files import read_worker_key
from api.store import submissions
from api.store.database import Database
from api.store.encodings import EncodingStore
from api.store.payload import PayloadStore
from linkage.match.kept_format import kept_pieces
from linkage.wire.canonical import canonical
from tests.support.secret_search import files_below, found
from tests.support.unit import Unit


def traces(unit: Unit, database: Database, handles: Iterable[str]) -> list[str]:
    """Every place in which a handle still stands, written as text or as bytes, sealed or not."""
    secrets = [(text, bytes.fromhex(text)) for text in handles]
    places = files_below(unit.folder.root)
    places |= {f"opened {name}": data for name, data in opened_encodings(unit, database).items()}
    places |= {f"opened {name}": data for name, data in opened_payload(unit).items()}
    places |= {f"opened {name}": data for name, data in opened_comparisons(unit).items()}
    return sorted({place for _, place in found(secrets, places)})


def opened_encodings(unit: Unit, database: Database) -> dict[str, bytes]:
    """The rows of every body that the linking worker holds, by submission."""
    store = EncodingStore(unit.folder.encodings, unit.folder.location("encodings"))
    bodies = EncodingBodies(read_worker_key(unit.folder.linking_key, "linking-worker"), database, store)
    opened = {}
    with database.read() as connection:
        known = submissions.every(connection, agency=None)
    for one in known:
        if store.get(one.id) is not None:
            held = bodies.load(one)
            opened[one.id] = held.handles.tobytes() + held.bits.tobytes()
    names = {name.partition("-")[0] for name in store.bodies.names(".sealed")}
    assert names == set(opened), "a body lies in the store that no row names"
    store.close()
    return opened


def opened_comparisons(unit: Unit) -> dict[str, bytes]:
    """What the linking worker keeps of its comparisons, by file."""
    key = read_worker_key(unit.folder.linking_key, "linking-worker")
    kept = KeptComparisons(unit.folder.encodings, key)
    opened = {}
    for path in unit.folder.encodings.glob(f"*{HELD}"):
        comparison = kept.load(path.name.removesuffix(HELD))
        assert comparison is not None
        opened[path.name] = b"".join(kept_pieces(comparison))
    return opened


def opened_payload(unit: Unit) -> dict[str, bytes]:
    """Every record that the register worker holds, by submission."""
    key = read_worker_key(unit.folder.register_key, "register-worker")
    store = PayloadStore(unit.folder.location("payload"), key)
    opened = {}
    for agency in store.agencies():
        for submission in store.snapshots_of(agency):
            payload = store.load(submission, agency)
            assert payload is not None
            groups = (payload.children, payload.care_spells, payload.episodes, payload.interviews)
            opened[submission] = b"\n".join(canonical(one) for group in groups for one in group)
    store.close()
    return opened
