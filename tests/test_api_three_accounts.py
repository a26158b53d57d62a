"""Run as three accounts, as docs/operations/register.md says, neither worker can open what is the other's."""

import encodings.idna  # noqa: F401  (an account that cannot enter root's home could not load it later)
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.agency_app.app import create_app
from api.agency_app.service import open_service
from api.clock import utc_now
from api.folders import DataFolder
from api.linking_worker import LinkingWorker
from api.publisher_seal import PublisherSeal
from api.register_worker import RegisterWorker
from api.secret_files import read_worker_key
from api.store.database import open_database
from api.store.encodings import EncodingStore
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from tests.support.signing_client import SigningClient
from tests.support.unit import Desk, Unit, make_sent, make_unit

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or os.geteuid() != 0, reason="only root can act as three accounts"
)

CLEW, ENCODINGS, PAYLOAD, RELEASES = 64011, 64012, 64013, 64014


@dataclass(frozen=True)
class Account:
    uid: int
    groups: tuple[int, ...]


SERVICE = Account(64001, (CLEW, ENCODINGS, PAYLOAD))
LINKING = Account(64002, (CLEW, ENCODINGS))
REGISTER = Account(64003, (CLEW, PAYLOAD, RELEASES))
CONSOLE = Account(64004, (CLEW, RELEASES))


DONE, FAILED, DENIED = 0, 1, 13


def _act(account: Account, act: Callable[[], object]) -> int:
    """Do something in a process of an account; returns how it ended."""
    process = os.fork()
    if process == 0:
        code = FAILED
        try:
            os.umask(0o077)
            os.setgroups(account.groups)
            os.setresgid(CLEW, CLEW, CLEW)
            os.setresuid(account.uid, account.uid, account.uid)
            act()
            code = DONE
        except (PermissionError, InputError) as error:
            code = DENIED if "permission denied" in str(error).lower() else FAILED
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _own(path: Path, uid: int, gid: int, mode: int) -> None:
    os.chown(path, uid, gid)
    path.chmod(mode)


def _as_documented(folder: DataFolder) -> None:
    _own(folder.root, 0, CLEW, 0o2770)
    _own(folder.register_database, SERVICE.uid, CLEW, 0o660)
    for place in ("secrets", "intake"):
        (folder.root / place).chmod(0o711)
    os.chown(folder.receipts_key, SERVICE.uid, -1)
    os.chown(folder.ledger_key, SERVICE.uid, -1)
    os.chown(folder.linking_key, LINKING.uid, -1)
    os.chown(folder.register_key, REGISTER.uid, -1)
    _own(folder.releases_key, 0, RELEASES, 0o640)
    _own(folder.intake_encodings, SERVICE.uid, ENCODINGS, 0o2770)
    _own(folder.intake_payload, SERVICE.uid, PAYLOAD, 0o2770)
    for place, uid in ((folder.encodings, LINKING.uid), (folder.payload, REGISTER.uid)):
        for one in (place, *place.iterdir()):
            os.chown(one, uid, -1)


@pytest.fixture
def unit() -> Iterator[Unit]:
    place = Path(tempfile.mkdtemp())
    place.chmod(0o711)  # the test's own folders are closed to the accounts
    yield make_unit(place / "data")
    shutil.rmtree(place)


def test_each_account_does_its_own_work_and_can_open_nothing_of_the_others(unit: Unit) -> None:
    folder, desk = unit.folder, unit.enrol(Desk("E09", "council"))
    _as_documented(folder)
    sent = make_sent(unit, desk)
    pieces = [piece for part in sent.chunks().values() for piece in part]
    with SigningClient("http://localhost", desk.key) as client:
        requests = [
            client.signed("POST", "/v1/submissions", canonical(sent.registration())),
            *(
                client.signed(
                    "PUT", f"/v1/submissions/{sent.id}/chunks/{hashlib.sha256(piece).hexdigest()}", piece
                )
                for piece in pieces
            ),
            client.signed("POST", f"/v1/submissions/{sent.id}/commit"),
        ]

    def serve() -> None:
        service = open_service(folder.root)
        app = create_app(service).test_client()
        for request in requests:
            answer = app.open(
                request.url.path,
                method=request.method,
                data=request.content,
                headers=list(request.headers.items()),
            )
            assert answer.status_code < 300
        service.close()

    def link() -> None:
        database = open_database(folder.register_database, "register")
        worker = LinkingWorker(folder, database, utc_now)
        worker.recover()
        assert worker.worker(lambda _: None).step(threading.Event())
        worker.close()
        database.close()

    def register() -> None:
        database = open_database(folder.register_database, "register")
        worker = RegisterWorker(folder, database, utc_now)
        worker.recover()
        worker.worker(lambda _: None).run(threading.Event(), once=True)
        worker.close()
        database.close()

    assert [_act(SERVICE, serve), _act(LINKING, link), _act(REGISTER, register)] == [DONE] * 3
    database = unit.database()
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT state FROM submissions").scalar() == "accepted"
    database.close()

    def opened_store() -> None:
        EncodingStore(folder.encodings, folder.encodings_database).close()

    def listed(place: Path) -> Callable[[], object]:
        return lambda: list(place.iterdir())

    def looked_at() -> None:
        PublisherSeal.read(folder.releases_key)

    assert _act(LINKING, opened_store) == DONE
    assert [_act(one, looked_at) for one in (REGISTER, CONSOLE)] == [DONE, DONE]
    tried = [
        _act(REGISTER, opened_store),
        _act(REGISTER, lambda: read_worker_key(folder.linking_key, "linking-worker")),
        *(_act(one, looked_at) for one in (SERVICE, LINKING)),
        *(
            _act(one, lambda: read_worker_key(folder.register_key, "register-worker"))
            for one in (LINKING, CONSOLE)
        ),
        *(_act(LINKING, listed(place)) for place in (folder.intake_payload, folder.payload)),
        *(_act(REGISTER, listed(place)) for place in (folder.intake_encodings, folder.encodings)),
        *(_act(SERVICE, listed(place)) for place in (folder.encodings, folder.payload)),
        *(
            _act(one, (folder.audience_keys / "operator-1.key").read_bytes)
            for one in (SERVICE, LINKING, REGISTER)
        ),
    ]
    assert tried == [DENIED] * len(tried)
