"""The linking worker compares what is new alone; what it keeps for that is sealed and dispensable."""

import contextlib
import errno
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.clock import utc_now
from api.erasing import erase_own_records
from api.kept_comparisons import EpochKeeper, KeptComparisons
from api.secret_files import read_worker_key
from api.store import persons
from api.store.jobs import LeaseLostError
from linkage.errors import VerificationError
from linkage.match.kept import Kept
from tests.support.served import Served, copied_unit, served_unit
from tests.support.traces import opened_comparisons, traces
from tests.support.unit import handle, make_sent
from tests.test_match_kept_equals_everything import kept_of_people

CHILDREN = tuple(range(1, 31))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Served:
    with served_unit(tmp_path_factory.mktemp("made") / "data") as opened:
        _send(opened, 1, CHILDREN)
    return opened


@pytest.fixture
def served(made: Served, tmp_path: Path) -> Iterator[Served]:
    with copied_unit(made, tmp_path / "data") as opened:
        yield opened


def _send(served: Served, sequence: int, children: tuple[int, ...]) -> None:
    for desk in (served.council, served.police):
        served.client(desk).submit(make_sent(served.unit, desk, sequence=sequence, children=children))
    served.workers.settle()


def _file(served: Served) -> Path:
    [path] = served.unit.folder.encodings.glob("*.kept")
    return path


def _together(served: Served) -> set[frozenset[tuple[str, str]]]:
    found = defaultdict(set)
    with served.workers.database.read() as connection:
        for one in persons.members(connection):
            found[one.person].add((one.agency, one.handle))
    return {frozenset(person) for person in found.values()}


def _expected(children: tuple[int, ...]) -> set[frozenset[tuple[str, str]]]:
    return {frozenset((code, handle(code, child)) for code in ("E09", "P01")) for child in children}


def _said(served: Served, words: str) -> list[str]:
    return [line for line in served.workers.said if words in line]


def test_a_linkage_compares_what_is_new_and_no_more(served: Served) -> None:
    _send(served, 2, (*CHILDREN[3:], 40, 41))
    assert _together(served) == _expected((*CHILDREN[3:], 40, 41))
    assert _said(served, "54 of 58 rows stand as they were compared before")
    assert _said(served, "less what was compared before")


def test_what_is_kept_is_sealed_and_for_its_owner_alone(served: Served) -> None:
    secret = bytes.fromhex(handle("E09", 7))
    assert secret in opened_comparisons(served.unit)[_file(served).name]
    assert secret not in _file(served).read_bytes()
    assert _file(served).stat().st_mode & 0o777 == 0o600
    folder, epoch = served.unit.folder, _file(served).stem
    stranger = KeptComparisons(folder.encodings, read_worker_key(folder.register_key, "register-worker"))
    with pytest.raises(VerificationError):
        stranger.load(epoch)
    _file(served).rename(folder.encodings / "another.kept")
    with pytest.raises(VerificationError):
        _kept(served).load("another")


def _kept(served: Served) -> KeptComparisons:
    folder = served.unit.folder
    return KeptComparisons(folder.encodings, read_worker_key(folder.linking_key, "linking-worker"))


@pytest.mark.parametrize("damage", ["lost", "turned"])
def test_without_it_everything_is_compared_once(served: Served, damage: str) -> None:
    content = bytearray(_file(served).read_bytes())
    _file(served).unlink()
    if damage != "lost":
        content[-40] ^= 1
        (served.unit.folder.encodings / f"{served.unit.epoch.epoch}.kept").write_bytes(content)
    _send(served, 2, CHILDREN[3:])
    assert _together(served) == _expected(CHILDREN[3:])
    assert bool(_said(served, "everything is compared")) == (damage != "lost")
    assert not _said(served, "stand as they were compared before")
    _send(served, 3, CHILDREN)
    assert _said(served, "54 of 60 rows stand as they were compared before")


@pytest.mark.parametrize("half_written", [False, True])
def test_erased_records_go_from_it_without_a_linkage(
    served: Served, monkeypatch: pytest.MonkeyPatch, half_written: bool
) -> None:
    if half_written:
        for name in (f".{_file(served).name}.unnamed.0.part", f"{_file(served).name}.unnamed"):
            (_file(served).parent / name).write_bytes(bytes.fromhex(handle("E09", 7)))
    monkeypatch.setattr(EpochKeeper, "save", lambda *_: None)
    assert _file(served).name in str(traces(served.unit, served.workers.database, [handle("E09", 7)]))
    with served.workers.database.write() as connection:
        erase_own_records(connection, "E09", [handle("E09", 7)], now=utc_now())
    served.workers.settle()
    assert traces(served.unit, served.workers.database, [handle("E09", 7)]) == []
    left = _kept(served).load(_file(served).stem)
    assert left is not None
    assert len(left.rows) == 2 * len(CHILDREN) - 1
    assert sorted(one.suffix for one in served.unit.folder.encodings.glob("*kept*")) == [".kept"]


def test_it_is_not_kept_where_the_settings_say_so(served: Served) -> None:
    path = served.unit.folder.settings
    path.write_text(path.read_text().replace("keep_comparisons = true", "keep_comparisons = false"))
    with copied_unit(served, path.parent.parent / "again") as again:
        _send(again, 2, CHILDREN[3:])
        assert _together(again) == _expected(CHILDREN[3:])
        assert not list(again.unit.folder.encodings.glob("*kept*"))


def test_a_full_disk_costs_a_comparison_and_no_linkage(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    before = _file(served).read_bytes()
    monkeypatch.setattr(KeptComparisons, "save", full)
    _send(served, 2, CHILDREN[3:])
    assert _said(served, "cannot be kept (no space left on device)")
    assert _together(served) == _expected(CHILDREN[3:])
    assert _file(served).read_bytes() == before


class _Lost(contextlib.AbstractContextManager[None]):
    """The moment of a worker that holds its job no more."""

    def __enter__(self) -> None:
        raise LeaseLostError

    def __exit__(self, *_: object) -> None:
        raise AssertionError("never entered")


def test_whoever_lost_the_job_names_no_file(served: Served) -> None:
    before = _file(served).read_bytes()

    with pytest.raises(LeaseLostError):
        _kept(served).save(_file(served).stem, _any(served), held=_Lost)
    assert _file(served).read_bytes() == before


def _any(served: Served) -> Kept:
    return kept_of_people(10, terms="ab" * 32)


def test_a_new_epochs_linkage_and_the_end_of_an_epoch_remove_it(served: Served) -> None:
    kept = _kept(served)

    kept.save("next", _any(served), held=contextlib.nullcontext)
    assert [one.name for one in served.unit.folder.encodings.glob("*.kept")] == ["next.kept"]
    kept.remove("other")
    assert kept.has("next")
    kept.remove("next")
    assert not list(served.unit.folder.encodings.glob("*kept*"))
