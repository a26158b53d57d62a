"""A passphrase comes from a file's first line or a hidden prompt, and is refused when it protects nothing."""

import getpass
from pathlib import Path

import click.termui
import pytest

from keys.passphrase import read_passphrase
from linkage.errors import ClewError, InputError


def _file(tmp_path: Path, content: bytes, mode: int = 0o600) -> Path:
    path = tmp_path / "passphrase"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"correct horse", "correct horse"),
        (b"correct horse\n", "correct horse"),
        (b"correct horse\r\nsecond line\r\n", "correct horse"),
        (b"\xef\xbb\xbfcorrect horse\r\n", "correct horse"),
        (b"  spaces count  \n", "  spaces count  "),
        ("Straße 12 über\n".encode(), "Straße 12 über"),
    ],
)
def test_the_first_line_of_a_file_is_the_passphrase(tmp_path: Path, content: bytes, expected: str) -> None:
    assert read_passphrase(_file(tmp_path, content), prompt="x", confirm=True) == expected


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\nsecond line\n"])
def test_an_empty_passphrase_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match="empty"):
        read_passphrase(_file(tmp_path, content), prompt="x", confirm=False)


def test_a_short_passphrase_is_refused_when_chosen_and_read_when_used(tmp_path: Path) -> None:
    path = _file(tmp_path, b"seven77\n")
    with pytest.raises(InputError, match="shorter than 8"):
        read_passphrase(path, prompt="x", confirm=True)
    assert read_passphrase(path, prompt="x", confirm=False) == "seven77"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00secret", b"s3cr3t" * 1000])
def test_a_file_that_holds_no_passphrase_is_refused_without_repeating_it(
    tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(ClewError) as caught:
        read_passphrase(_file(tmp_path, content), prompt="x", confirm=False)
    assert "secret" not in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="passphrase file nowhere"):
        read_passphrase(tmp_path / "nowhere", prompt="x", confirm=False)


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_a_file_that_others_can_read_is_warned_about(
    tmp_path: Path, mode: int, warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    read_passphrase(_file(tmp_path, b"correct horse\n", mode), prompt="x", confirm=False)
    captured = capsys.readouterr()
    assert ("others on this machine can read it" in captured.err) == warned
    assert "correct horse" not in captured.err + captured.out


def test_a_chosen_passphrase_is_asked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["correct horse", "correct hearse", "correct horse", "correct horse"])
    monkeypatch.setattr(click.termui, "hidden_prompt_func", lambda prompt: next(answers))
    assert read_passphrase(None, prompt="new passphrase", confirm=True) == "correct horse"
    assert list(answers) == []


def test_a_passphrase_in_use_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["correct horse"])
    monkeypatch.setattr(click.termui, "hidden_prompt_func", lambda prompt: next(answers))
    assert read_passphrase(None, prompt="passphrase", confirm=False) == "correct horse"


def test_an_empty_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click.termui, "hidden_prompt_func", lambda prompt: "")
    with pytest.raises(InputError, match="empty"):
        read_passphrase(None, prompt="passphrase", confirm=False)


def test_nothing_is_typed_in_the_open_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_terminal(prompt: str) -> str:
        getpass.warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=2)
        return "typed in the open"

    monkeypatch.setattr(click.termui, "hidden_prompt_func", without_terminal)
    with pytest.raises(InputError, match="no terminal") as caught:
        read_passphrase(None, prompt="passphrase", confirm=False)
    assert "--passphrase-file" in caught.value.hint
