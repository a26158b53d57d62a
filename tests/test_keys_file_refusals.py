"""What is refused of files and folders with keys, and the words in which it is said: to the letter."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from keys.alone import alone
from keys.ceremony_folder import CeremonyFolder, destroy, was_destroyed
from keys.custodian_folder import CustodianFolder
from keys.files import (
    name_of,
    private_folder,
    read_limited,
    replacing,
    write_in_clear,
    write_private,
    write_public,
)
from keys.identity import create_identity
from keys.protected import CEILING, COST, Cost, Protected, open_protected, protect, read_protected
from keys.storing import (
    card_at,
    make_folder,
    read_as,
    refuse_existing,
    store_all,
    store_in_clear,
    store_private,
    store_public,
    taken_back,
)
from linkage.errors import FormatError, InputError, LimitError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard
from linkage.wire.limits import MAX_MANIFEST_BYTES
from tests.support.custody import CHEAP, PASSPHRASE, hold
from tests.support.refusals import told

HELD = hold()
NOT_OURS = "the file was not written by clew, or was changed: restore it from its backup"


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# Under a passphrase


def _asking(**cost: int) -> bytes:
    """Return a protected file that asks for another cost than it was made with: nobody opens it."""
    made = read_protected(
        protect(b"secret", PASSPHRASE, kind="identity", subject="ab" * 32, cost=CHEAP),
        kind="identity",
        floor=CHEAP,
    )
    return canonical(structs.replace(made, kdf=structs.replace(made.kdf, **cost)))


@pytest.mark.parametrize("name", Cost.__struct_fields__)
def test_a_cost_is_within_its_bounds_and_both_ends_belong_to_it(name: str) -> None:
    ends = {one: getattr(COST, one) for one in Cost.__struct_fields__}
    for value in (getattr(COST, name), getattr(CEILING, name)):
        read_protected(_asking(**(ends | {name: value})), kind="identity")
    least, most = getattr(COST, name), getattr(CEILING, name)
    for value in (least - 1, most + 1):
        data = _asking(**(ends | {name: value}))
        assert told(lambda d=data: read_protected(d, kind="identity"), LimitError) == (  # type: ignore[misc]
            f"the passphrase protection's {name} is outside {least} to {most}",
            NOT_OURS,
        )


def test_what_is_asked_of_a_machine() -> None:
    assert (COST.memory_kib, COST.iterations, COST.lanes) == (65_536, 3, 4)
    assert (CEILING.memory_kib, CEILING.iterations, CEILING.lanes) == (524_288, 10, 16)
    lanes = Cost(memory_kib=32, iterations=1, lanes=1)
    read_protected(_asking(memory_kib=32, lanes=4), kind="identity", floor=lanes)
    assert told(
        lambda: read_protected(_asking(memory_kib=32, lanes=5), kind="identity", floor=lanes), LimitError
    ) == ("the passphrase protection has more lanes than memory for them", NOT_OURS)


def _protected(kind: str) -> Protected:
    data = protect(b"secret", PASSPHRASE, kind=kind, subject="ab" * 32, cost=CHEAP)
    return read_protected(data, kind=kind, floor=CHEAP)


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("identity", "try the passphrase again; if it is right, restore the file from its backup"),
        (
            "one-time-key",
            (
                "it is the one chosen at the opening, not an identity's; if it is lost, open another "
                "ceremony or session: no key is lost with it"
            ),
        ),
    ],
)
def test_a_wrong_passphrase(kind: str, hint: str) -> None:
    assert told(lambda: open_protected(_protected(kind), "another one"), VerificationError) == (
        f"the {kind} does not open: the passphrase is wrong or the file is damaged",
        hint,
    )
    assert open_protected(_protected(kind), PASSPHRASE) == b"secret"


def test_an_empty_passphrase_and_another_kind() -> None:
    assert told(lambda: open_protected(_protected("identity"), ""), InputError) == (
        "the passphrase is empty",
        "give the passphrase that protects the file",
    )
    data = canonical(_protected("identity"))
    assert told(lambda: read_protected(data, kind="contribution", floor=CHEAP), FormatError) == (
        "not a protected contribution",
        "this is a file of another kind: check the path",
    )


# Files


def test_what_a_path_is_called(tmp_path: Path) -> None:
    assert (name_of(tmp_path / "a.json"), name_of(Path()), name_of(Path("/"))) == ("a.json", ".", "/")


def test_reading_stops_at_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "card.json"
    check = "check the path and who may read it"
    assert told(lambda: read_limited(file, limit=4, what="card"), InputError) == (
        "card card.json: no such file or directory",
        check,
    )
    file.write_bytes(b"four")
    assert read_limited(file, limit=4, what="card") == b"four"
    file.write_bytes(b"fives")
    assert told(lambda: read_limited(file, limit=4, what="card"), LimitError) == (
        "card card.json: larger than 4 bytes",
        "is it the right file?",
    )
    assert told(lambda: read_limited(tmp_path, limit=4, what="card"), InputError) == (
        f"card {tmp_path.name}: is a directory",
        check,
    )
    os.mkfifo(tmp_path / "pipe")
    assert told(lambda: read_limited(tmp_path / "pipe", limit=4, what="card"), InputError) == (
        "card pipe: not a plain file",
        check,
    )
    zero = Path("/dev/zero")
    message, _ = told(lambda: read_limited(zero, limit=4, what="x", plain=False), LimitError)
    assert message == "x zero: larger than 4 bytes"


def test_modes_of_what_is_written(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_private(tmp_path / "private", b"a")
        write_in_clear(tmp_path / "clear", b"b")
        write_public(tmp_path / "public", [b"c", b"d"])
        private_folder(tmp_path / "one" / "two" / "three")
    finally:
        os.umask(before)
    modes = {"private": 0o600, "clear": 0o600, "public": 0o644, "one": 0o755, "one/two": 0o755}
    assert {name: _mode(tmp_path / name) for name in modes} == modes
    assert _mode(tmp_path / "one" / "two" / "three") == 0o700
    assert (tmp_path / "public").read_bytes() == b"cd"
    (tmp_path / "one").chmod(0o777)
    private_folder(tmp_path / "one")
    assert _mode(tmp_path / "one") == 0o700


def test_what_is_written_in_clear_is_new_and_leaves_nothing_of_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sheet.html"
    file.write_bytes(b"before")
    with pytest.raises(FileExistsError):
        write_in_clear(file, b"after")
    assert file.read_bytes() == b"before"

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    store_in_clear(tmp_path / "stored.html", b"secret")
    assert (tmp_path / "stored.html").read_bytes() == b"secret"
    (tmp_path / "stored.html").unlink()
    monkeypatch.setattr(os, "fsync", full)
    for write in (write_in_clear, write_private):
        with pytest.raises(OSError, match="No space"):
            write(tmp_path / "other", b"secret")
    assert [one.name for one in tmp_path.iterdir()] == ["sheet.html"]


def test_a_device_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not a plain file") as caught, replacing(pipe):
        raise AssertionError("opened")
    assert caught.value.filename == str(pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


# Folders and several files


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    for store in (store_private, store_public, store_in_clear):
        assert told(lambda s=store: s(tmp_path / "nowhere" / "a.json", b""), InputError) == (
            "a.json: not written: there is no folder nowhere",
            "make the folder, or choose another place",
        )
    (tmp_path / "folder").mkdir()
    message, hint = told(lambda: store_private(tmp_path / "folder", b""), InputError)
    assert message.startswith("folder: not written: ")
    assert hint == "check the space on the disk and who may write there"
    (tmp_path / "file").write_bytes(b"")
    assert told(lambda: make_folder(tmp_path / "file"), InputError) == (
        "file: not a folder",
        "choose another place",
    )
    assert told(lambda: refuse_existing(tmp_path / "file"), InputError) == (
        "file: is there already and is not replaced",
        "choose another place, or move it away",
    )


def test_several_files_are_written_in_order_or_not_at_all(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a", "b", "c")]
    files = {path: path.name.encode() for path in paths}
    store_all(files, private=frozenset(paths[:1]))
    assert {path: (path.read_bytes(), _mode(path) & 0o077) for path in paths} == {
        paths[0]: (b"a", 0),
        paths[1]: (b"b", 0o044),
        paths[2]: (b"c", 0o044),
    }
    new = {tmp_path / "d": b"d", tmp_path / "nowhere" / "e": b"e"}
    with pytest.raises(InputError):
        store_all(new, private=frozenset())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


def test_new_files_are_taken_back_only_if_the_block_fails(tmp_path: Path) -> None:
    paths = (tmp_path / "a", tmp_path / "b", tmp_path / "never-made")
    with taken_back(*paths):
        paths[0].write_bytes(b"")
    assert paths[0].exists()

    def interrupted() -> None:
        with taken_back(*paths):
            paths[1].write_bytes(b"")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not any(path.exists() for path in paths)


def test_one_command_at_a_time(tmp_path: Path) -> None:
    file = tmp_path / "one-time-key.json"
    with alone(file), alone(file):
        assert not file.exists()  # what is not there is nobody's
    file.write_bytes(b"")
    with alone(file):
        assert told(lambda: alone(file).__enter__(), InputError) == (
            "one-time-key.json: another command is at work here",
            "wait until it has ended",
        )
    with alone(file):
        pass


# A ceremony's folder


def test_each_file_of_a_ceremony_is_called_what_it_is(tmp_path: Path) -> None:
    folder = CeremonyFolder(tmp_path / "ceremony")
    folder.write_opening(HELD.terms, key_file=folder.one_time_key, one_time_key=b"sealed")
    assert _mode(folder.one_time_key) == 0o600
    assert folder.read_terms() == HELD.terms
    folder.write_closing(HELD.terms, HELD.closing)
    card = HELD.parties[0].card
    reads: list[tuple[str, Path, Callable[[], object]]] = [
        ("ceremony", folder.terms, folder.read_terms),
        ("transcript", folder.transcript, folder.read_transcript),
        ("epoch descriptor", folder.descriptor, folder.read_descriptor),
        ("share", folder.share(card), lambda: folder.read_share(card)),
    ]
    for what, path, read in reads:
        read()
        path.write_bytes(b"{}")
        assert told(read, FormatError)[0].startswith(f"{path.name}: ")
        path.unlink()
        assert told(read, InputError)[0] == f"{what} {path.name}: no such file or directory"


def test_a_one_time_key_is_overwritten_and_then_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, kept = tmp_path / "one-time-key.json", tmp_path / "kept"
    key.write_bytes(b"secret")
    os.link(key, kept)
    assert not was_destroyed(key)
    destroy(key)
    assert (key.exists(), kept.read_bytes()) == (False, bytes(6))
    assert was_destroyed(kept)
    assert not was_destroyed(key)
    kept.write_bytes(b"")
    assert not was_destroyed(kept)
    kept.write_bytes(b"\0\0X")
    assert not was_destroyed(kept)
    assert told(lambda: destroy(tmp_path), InputError) == (
        f"{tmp_path.name}: not destroyed: is a directory",
        "remove the file by hand, now",
    )


def test_an_identity_without_its_card_is_finished_by_its_passphrase(tmp_path: Path) -> None:
    folder = CustodianFolder(tmp_path / "asha", cost=CHEAP, floor=CHEAP)
    assert not folder.is_half_made
    card, identity = folder.create("Asha", PASSPHRASE)
    assert not folder.is_half_made
    whole = folder.card.read_bytes()
    with pytest.raises(InputError):
        folder.finish("Asha", PASSPHRASE)
    folder.card.unlink()
    assert folder.is_half_made
    with pytest.raises(VerificationError):
        folder.finish("Asha", "another one")
    again, opened = folder.finish("Asha", PASSPHRASE)
    assert (again, opened.to_bytes(), folder.card.read_bytes()) == (card, identity.to_bytes(), whole)
    assert told(lambda: folder.create("Asha", PASSPHRASE), InputError)[0].startswith("identity.json: ")
    folder.identity.unlink()
    assert told(lambda: folder.create("Asha", PASSPHRASE), InputError)[0].startswith("card.json: ")
    (tmp_path / "file").write_bytes(b"")
    assert told(lambda: CustodianFolder(tmp_path / "file").refuse_used(), InputError) == (
        "file: not a folder",
        "choose another place",
    )


def test_messages_of_nobody_are_refused(tmp_path: Path) -> None:
    for kind in ("commitment", "contribution"):
        folder = CeremonyFolder(tmp_path / kind)
        make_folder(folder.path)
        stranger = folder.path / f"{kind}-0123456789abcdef.json"
        stranger.write_bytes(b"{}")
        assert told(lambda f=folder: f.read_exchanged(HELD.terms)) == (
            f"{stranger.name}: not from a custodian of this ceremony",
            "two ceremonies have been mixed up, or somebody put a file here: take it away",
        )


def test_a_file_too_large_is_told_what_it_should_be(tmp_path: Path) -> None:
    folder = CeremonyFolder(tmp_path)
    asha = HELD.of("Asha").card
    for what, path, read in (
        ("commitment", folder.commitment(asha), lambda: folder.read_commitments(HELD.terms)),
        ("contribution", folder.contribution(asha), lambda: folder.read_contributions(HELD.terms)),
        ("card", tmp_path / "asha.json", lambda: card_at(tmp_path / "asha.json", CustodianCard)),
    ):
        path.write_bytes(b" " * (MAX_MANIFEST_BYTES + 1))
        assert told(read, LimitError)[0].startswith(f"{what} {path.name}: larger than ")


def test_what_is_wrong_inside_a_file_keeps_its_hint(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"x")

    def refuse(data: bytes) -> None:
        raise FormatError("not that", hint="do this")

    assert told(lambda: read_as(tmp_path / "a.json", refuse, what="card"), FormatError) == (
        "a.json: not that",
        "do this",
    )
    assert create_identity().public_key
