"""What somebody else put into a folder neither stops a command nor leads it to another file."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from api.unit import read_given
from keys.custody_log import CustodyLog
from keys.files import read_limited
from linkage.errors import InputError
from tests.support.custody_world import Stages, clew_keys, in_the_epoch, refused, stages

__all__ = ["in_the_epoch", "stages"]

_DEEP = b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b',"format":"clew-epoch"}'


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError("the command waits for ever")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_attack_a_pipe_in_the_place_of_a_file_stops_nobody(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("committed", tmp_path)
    path = world.message("commitment", "ben")
    path.unlink()
    os.mkfifo(path)
    with _at_most(20):
        refused(world.step("contribute", "asha"), path.name, "not a plain file")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/tty"])
def test_attack_a_device_is_not_read(device: str) -> None:
    with _at_most(20), pytest.raises(InputError):
        read_limited(Path(device), limit=100, what="card")


def test_a_passphrase_may_come_through_a_pipe(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"correct horse battery staple\n")
    os.close(writing)
    outcome = clew_keys(
        "identity", "Dev", "--out", tmp_path / "dev", "--passphrase-file", f"/dev/fd/{reading}"
    )
    os.close(reading)
    assert outcome.code == 0, outcome.err


def test_attack_a_log_that_leads_elsewhere_is_not_written_to(tmp_path: Path) -> None:
    folder, victim = tmp_path / "ceremony", tmp_path / "victim"
    folder.mkdir()
    for lead in (os.symlink, os.link):
        victim.write_bytes(b"somebody's own, without a line feed at its end")
        lead(victim, folder / "custody-log.jsonl")
        with pytest.raises(InputError, match=r"custody-log\.jsonl"):
            CustodyLog(folder).append("ceremony-opened", {"epoch": "2025-26"}, None)
        assert victim.read_bytes() == b"somebody's own, without a line feed at its end"
        (folder / "custody-log.jsonl").unlink()


def test_attack_a_file_too_deep_to_read_is_refused(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    (world.path / "deep.json").write_bytes(_DEEP)
    refused(world.sign(world.path / "deep.json", "asha"), "deep.json")
    world.descriptor.write_bytes(_DEEP)
    refused(world.wrap("asha", "ben"), "epoch.json")


def test_attack_a_pipe_in_the_place_of_a_file_given_to_the_unit(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "card.json")
    with _at_most(20), pytest.raises(InputError, match=r"card\.json: not a plain file"):
        read_given(tmp_path / "card.json", limit=100)
