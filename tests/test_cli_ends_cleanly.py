"""However a command ends, it ends in words, leaves nothing half-written and shows no traceback."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.main import _clew, main
from keys.files import replacing
from tests.support.agency_desk import clew
from tests.support.legacy import feature, schema, write_linkage
from tests.support.processes import ROOT
from tests.support.processes import clew as clew_process

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has neither these signals nor these files")
LONG = "x" * 300
SECRET = b"quiet \xff harbour"


@contextmanager
def _encoding(folder: Path, *, before: str = "pass") -> Iterator[subprocess.Popen[str]]:
    """Encode a named pipe that nobody writes to: the process stops with its output half-written."""
    written, secret = write_linkage(folder, schema(feature("name")), "a secret made up")
    source = folder / "people.csv"
    os.mkfifo(source)
    command = [*("agency", "encode", source, "--legacy-schema", written, "--secret-file", secret)]
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", f"import sys; from cli.main import main; {before}; sys.exit(main())"),
            *map(str, command),
            *("--output", str(folder / "out" / "clks.json")),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        while not list(folder.rglob("*.part")):
            assert process.poll() is None
            time.sleep(0.02)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@POSIX
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_ends_a_command_as_ctrl_c_does(tmp_path: Path, name: str) -> None:
    number = signal.Signals[name]
    with _encoding(tmp_path) as process:
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert err.splitlines()[-1] == "stopped: nothing half-written was left behind"
    assert "Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["people.csv", "schema.json", "secret.txt"]


@POSIX
def test_a_signal_that_was_ignored_stays_so(tmp_path: Path) -> None:
    with _encoding(tmp_path, before="import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)") as process:
        process.send_signal(signal.SIGHUP)  # as under nohup
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM


@POSIX
def test_a_command_puts_the_handlers_back_and_runs_in_any_thread() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP)
    codes = [main(["--version"])]
    thread = threading.Thread(target=lambda: codes.append(main(["--version"])))
    thread.start()
    thread.join()
    assert codes == [0, 0]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP)) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("profile", "show", LONG),
        ("profile", "check", LONG),
        ("evaluate", LONG),
        ("evaluate", ".", "--profile", LONG),
        ("agency", "check", LONG, "--workspace", LONG),
        ("agency", "encode", "p.csv", "--legacy-schema", "s.json", "--output", f"{LONG}.json"),
    ],
)
def test_a_name_too_long_is_refused_in_words(arguments: tuple[str, ...]) -> None:
    outcome = clew(*arguments)
    assert outcome.code == 1
    assert "file name too long" in outcome.err
    assert "\nhint: " in outcome.err


@POSIX
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_one_may_not_enter_is_refused_in_words(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    for arguments in (
        ("profile", "show"),
        ("evaluate",),
        ("agency", "check", "p.csv", "--workspace"),
    ):
        outcome = clew(*arguments, closed / "inner")
        assert outcome.code == 1
        assert "permission denied" in outcome.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_standard_output_that_is_full_is_said_in_words() -> None:
    for arguments in (
        ("profile", "schema"),
        ("profile", "list"),
        ("--help",),
        ("profile", "show", "child-1"),
    ):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "cli.main", *arguments],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                check=False,
            )
        assert done.returncode == 1
        assert done.stderr.splitlines()[0] == "error: no space left on device"
        assert done.stderr.splitlines()[1].startswith("hint: ")
        assert len(done.stderr.splitlines()) == 2


@POSIX
def test_a_reader_that_goes_away_needs_no_word() -> None:
    shown = subprocess.run(
        f"{sys.executable} -m cli.main profile schema | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (shown.stdout, shown.stderr) == ("{\n", "")


def _prompted(folder: Path, environment: dict[str, str], *, controlling: bool) -> tuple[int, bytes]:
    """Type bytes that are not UTF-8 into the hidden prompt of a real terminal."""
    written, _ = write_linkage(folder, schema(feature("name")), "")
    arguments = ["agency", "encode", "p.csv", "--legacy-schema", str(written), "--output", "out.json"]
    login = "import os, sys; os.login_tty(0); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    command = ["-c", login] if controlling else []
    outside, inside = os.openpty()
    process = subprocess.Popen(
        [sys.executable, *command, "-m", "cli.main", *arguments],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        cwd=ROOT,
        env={**os.environ, **environment},
        start_new_session=not controlling,
    )
    os.close(inside)
    shown = _until(outside, b"secret of the linkage: ")
    os.write(outside, SECRET + b"\n")
    shown += _until(outside, b"\0")
    os.close(outside)
    return process.wait(timeout=60), shown


def _until(terminal: int, text: bytes) -> bytes:
    shown = b""
    while text not in shown:
        try:
            piece = os.read(terminal, 1024)
        except OSError:  # Linux's way to say that nobody is left at the other end
            piece = b""
        if not piece:
            break
        shown += piece
    return shown


@POSIX
@pytest.mark.parametrize("controlling", [True, False])
@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_a_secret_typed_in_another_encoding_is_refused_and_not_shown(
    tmp_path: Path, errors: str, *, controlling: bool
) -> None:
    code, shown = _prompted(tmp_path, {"PYTHONIOENCODING": f"utf-8:{errors}"}, controlling=controlling)
    assert code == 1
    assert b"error: the secret is not UTF-8 text" in shown
    assert b"hint: " in shown
    for hidden in (b"Traceback", b"quiet", b"\xff", b"xff", b"udcff", b"harbour"):
        assert hidden not in shown


def test_usage_is_still_told_apart_from_refusal() -> None:
    assert clew_process("profile", "show").returncode == 2
    assert clew_process("profile", "show", "nothing-1").returncode == 1


def test_a_file_is_named_as_it_was_given_and_not_as_it_is_written_at_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def failing(**_: object) -> None:
        with replacing(tmp_path / "no" / "certificate.json"):
            pass

    monkeypatch.setattr(_clew, "main", failing)
    assert main([]) == 1
    assert capsys.readouterr().err.startswith("error: certificate.json: no such file or directory\n")
