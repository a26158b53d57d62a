"""A folder of keys can be entered by its owner only, also one that was there before."""

import os
import stat
from pathlib import Path

import pytest

from keys.files import private_folder
from keys.storing import make_folder
from linkage.errors import InputError
from tests.support.refusals import told


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_folder_is_its_owners_only(tmp_path: Path) -> None:
    assert _mode(private_folder(tmp_path / "new")) == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o755, 0o750, 0o701])
def test_a_folder_that_was_open_to_others_is_closed_to_them(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    folder.chmod(mode)
    assert make_folder(folder) == folder
    assert _mode(folder) == 0o700


def test_somebody_elses_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    folder.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    assert told(lambda: make_folder(folder), InputError) == (
        "folder there: belongs to another user",
        "choose a folder of your own, or a new one",
    )
    assert _mode(folder) == 0o755


def test_a_folder_is_safe_under_a_umask_that_keeps_nothing_back(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        private_folder(tmp_path / "new" / "deeper" / "dev")
    finally:
        os.umask(before)
    made = (tmp_path / "new", tmp_path / "new" / "deeper", tmp_path / "new" / "deeper" / "dev")
    assert [stat.S_IMODE(one.stat().st_mode) for one in made] == [0o755, 0o755, 0o700]
