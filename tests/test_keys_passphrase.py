"""A passphrase comes from a file's first line or a hidden prompt, and is refused when it protects nothing."""

import getpass
import os
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
    with pytest.raises(InputError) as caught:
        read_passphrase(_file(tmp_path, content), prompt="x", confirm=False)
    assert caught.value.message == "the passphrase is empty"
    assert caught.value.hint == "give one of at least eight characters"


def test_a_short_passphrase_is_refused_when_chosen_and_read_when_used(tmp_path: Path) -> None:
    path = _file(tmp_path, b"seven77\n")
    with pytest.raises(InputError) as caught:
        read_passphrase(path, prompt="x", confirm=True)
    assert caught.value.message == "the passphrase is shorter than 8 characters"
    assert caught.value.hint == "use several words that nobody would guess"
    assert read_passphrase(path, prompt="x", confirm=False) == "seven77"
    path.write_bytes(b"eight888\n")
    assert read_passphrase(path, prompt="x", confirm=True) == "eight888"


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
    told = (
        "warning: passphrase file passphrase: others on this machine can read it\n"
        "hint: chmod 600 passphrase\n"
    )
    assert (captured.out, captured.err) == ("", told if warned else "")


def test_a_file_that_is_not_text_says_how_to_save_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_passphrase(_file(tmp_path, b"\xff\xfe\x00secret"), prompt="x", confirm=False)
    assert caught.value.message == "passphrase file passphrase: not UTF-8 text"
    assert caught.value.hint == "save it as plain text with one line"


def test_a_passphrase_may_come_through_a_pipe() -> None:
    """As from a password manager, in shells that give a command's output the name of a file."""
    end, start = os.pipe()
    os.write(start, b"correct horse\n")
    os.close(start)
    try:
        assert read_passphrase(Path(f"/dev/fd/{end}"), prompt="x", confirm=True) == "correct horse"
    finally:
        os.close(end)


def test_only_the_end_of_a_line_is_dropped(tmp_path: Path) -> None:
    assert (
        read_passphrase(_file(tmp_path, b"correct horseX\r\n"), prompt="x", confirm=True) == "correct horseX"
    )


def test_a_chosen_passphrase_is_asked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["correct horse", "correct hearse", "correct horse", "correct horse"])
    monkeypatch.setattr(click.termui, "hidden_prompt_func", lambda prompt: next(answers))
    assert read_passphrase(None, prompt="new passphrase", confirm=True) == "correct horse"
    assert list(answers) == []


def test_the_question_is_asked_on_standard_error_and_shows_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a command prints may be read by another program; the prompt is for the person."""
    asked: list[str] = []

    def hidden(prompt: str) -> str:
        asked.append(prompt)
        return "correct horse"

    monkeypatch.setattr(click.termui, "hidden_prompt_func", hidden)
    assert read_passphrase(None, prompt="passphrase of your identity", confirm=True) == "correct horse"
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [(captured.err + asked[0]).strip(), asked[1]] == [
        "passphrase of your identity:",
        "Repeat for confirmation: ",
    ]


def test_what_is_typed_must_be_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click.termui, "hidden_prompt_func", lambda prompt: "stra\udcdfe")
    with pytest.raises(InputError) as caught:
        read_passphrase(None, prompt="passphrase", confirm=False)
    assert caught.value.message == "the passphrase is not UTF-8 text"
    assert caught.value.hint == "set the terminal to UTF-8, or give it with --passphrase-file"
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_another_warning_while_typing_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def warning(prompt: str) -> str:
        getpass.warnings.warn("something else", UserWarning, stacklevel=2)
        return "correct horse"

    monkeypatch.setattr(click.termui, "hidden_prompt_func", warning)
    with pytest.warns(UserWarning, match="something else"):
        assert read_passphrase(None, prompt="passphrase", confirm=False) == "correct horse"


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
