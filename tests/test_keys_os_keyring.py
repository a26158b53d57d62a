"""A passphrase may lie in the operating system's keyring, is proved before it is stored, and never shown."""

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null

from cli.custodian import keyring_commands
from keys.custodian_folder import CustodianFolder
from keys.os_keyring import (
    SERVICE,
    KeyringEntry,
    forget_passphrase,
    keyring_passphrase,
    store_passphrase,
)
from keys.passphrase import read_passphrase
from linkage.errors import ClewError, InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from tests.support import processes
from tests.support.agency_desk import (
    PHRASE,
    Desk,
    Epoch,
    Outcome,
    UnitKeys,
    clew,
    desk,
    epoch,
    joined_desk,
    unit,
    write_council,
)
from tests.support.custody import CHEAP
from tests.support.custody_world import clew_keys
from tests.support.keyrings import (
    ForgetfulKeyring,
    ImpossibleKeyring,
    LockedKeyring,
    MemoryKeyring,
    PlainKeyring,
)

__all__ = ["desk", "epoch", "unit"]


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    made = MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(fail.Keyring())  # not what was detected: nothing here may reach a real one


def _with_keyring(desk: Desk, command: str, *arguments: str | Path) -> Outcome:
    return desk.run(command, *arguments, "--keyring", secret=False)


def _store(desk: Desk) -> Outcome:
    return clew(
        "agency", "keyring", "store", "--workspace", desk.workspace, "--passphrase-file", desk.passphrase
    )


def _forget(desk: Desk) -> Outcome:
    return clew("agency", "keyring", "forget", "--workspace", desk.workspace)


def _refused(outcome: Outcome, said: str, hint: str) -> None:
    assert outcome.code == 1, outcome.err
    assert said in outcome.err
    assert f"hint: {hint}" in outcome.err
    assert outcome.out == ""
    assert PHRASE not in outcome.err


def test_a_stored_passphrase_opens_the_workspace_until_it_is_forgotten(
    tmp_path: Path, desk: Desk, ring: MemoryKeyring
) -> None:
    stored = _store(desk)
    assert stored.code == 0, stored.err
    assert ring.kept == {(SERVICE, desk.card().signing_key): PHRASE}
    source = write_council(tmp_path / "source", 2)
    named = ("--mapping", "council-csv", "--period", "2025-04-01..2026-03-31", "--output", desk.bundle)
    assert _with_keyring(desk, "encode", source, *named).code == 0
    assert _with_keyring(desk, "references", "--output", tmp_path / "references.csv").code == 0
    assert clew("keys", "doctor", "--workspace", desk.workspace, "--keyring").code == 0
    assert _forget(desk).code == 0
    assert ring.kept == {}
    _refused(
        _with_keyring(desk, "references", "--output", tmp_path / "again.csv"),
        "the operating system's keyring has no passphrase for this identity",
        "store it with `clew agency keyring store`",
    )
    assert not (tmp_path / "again.csv").exists()
    second = _forget(desk)
    assert (second.code, second.err) == (0, "there was none in the keyring\n")
    assert PHRASE not in stored.out + stored.err + second.err


def test_a_wrong_passphrase_is_never_stored(desk: Desk, ring: MemoryKeyring) -> None:
    desk.passphrase.write_text("not the right one\n")
    outcome = _store(desk)
    _refused(outcome, "the passphrase is wrong or the file is damaged", "try the passphrase again")
    assert "not the right one" not in outcome.err
    assert ring.kept == {}


def test_a_passphrase_that_was_changed_elsewhere_is_refused_like_any_other(
    desk: Desk, ring: MemoryKeyring
) -> None:
    ring.set_password(SERVICE, desk.card().signing_key, "an older passphrase")
    outcome = _with_keyring(desk, "references", "--output", desk.path / "references.csv")
    _refused(outcome, "does not open: the passphrase is wrong", "try the passphrase again")
    assert "an older passphrase" not in outcome.err


def test_each_identity_has_a_passphrase_of_its_own(
    tmp_path: Path, desk: Desk, epoch: Epoch, unit: UnitKeys, ring: MemoryKeyring
) -> None:
    other = joined_desk(tmp_path / "other", epoch, unit.card, code="E10")
    assert _store(desk).code == 0
    _refused(_with_keyring(other, "references", "--output", tmp_path / "r.csv"), "has no passphrase", "store")
    desk.workspace.rename(tmp_path / "moved")
    assert keyring_passphrase(KeyringEntry(tmp_path / "moved" / "identity.json")) == PHRASE


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring, PlainKeyring, ImpossibleKeyring])
def test_where_no_keyring_protects_anything_it_is_said(
    desk: Desk, ring: MemoryKeyring, backend: type[KeyringBackend]
) -> None:
    keyring.set_keyring(backend())
    said, hint = "there is no keyring on this machine that protects what it keeps", "use --passphrase-file"
    _refused(_store(desk), said, hint)
    _refused(_with_keyring(desk, "references", "--output", desk.path / "r.csv"), said, hint)
    _refused(_forget(desk), said, hint)


def test_a_locked_keyring_is_said_without_what_it_repeats(desk: Desk, ring: MemoryKeyring) -> None:
    keyring.set_keyring(LockedKeyring())
    _refused(_store(desk), "the operating system's keyring does not answer (OSError)", "unlock it")
    _refused(
        _with_keyring(desk, "references", "--output", desk.path / "r.csv"), "(KeyringLocked)", "unlock it"
    )


def test_a_keyring_that_keeps_nothing_is_found_out(desk: Desk, ring: MemoryKeyring) -> None:
    keyring.set_keyring(ForgetfulKeyring())
    _refused(_store(desk), "did not keep the passphrase", "use --passphrase-file")


def test_without_the_library_it_is_named(
    desk: Desk, ring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)  # as Python marks what cannot be imported
    _refused(_store(desk), "is not installed", "pip install keyring, or use --passphrase-file")


def test_both_sources_at_once_are_wrong_usage(desk: Desk, ring: MemoryKeyring) -> None:
    outcome = desk.run("references", "--output", desk.path / "r.csv", "--keyring")
    assert outcome.code == 2
    assert "give one of them" in outcome.err
    legacy = clew("agency", "encode", "x.csv", "--legacy-schema", "x", "--output", "x.json", "--keyring")
    assert legacy.code == 2


def test_an_identity_that_is_not_there_or_none_has_no_entry(tmp_path: Path, ring: MemoryKeyring) -> None:
    for content in (None, b"{}", b"\xff"):
        path = tmp_path / "identity.json"
        if content is not None:
            path.write_bytes(content)
        for use in (keyring_passphrase, forget_passphrase):
            with pytest.raises(ClewError, match=r"identity\.json"):
                use(KeyringEntry(path))
        with pytest.raises(ClewError, match=r"identity\.json"):
            store_passphrase(KeyringEntry(path), PHRASE)
    assert ring.kept == {}


def test_an_empty_passphrase_in_the_keyring_is_refused(desk: Desk, ring: MemoryKeyring) -> None:
    ring.set_password(SERVICE, desk.card().signing_key, "")
    with pytest.raises(InputError, match="empty"):
        read_passphrase(KeyringEntry(desk.workspace / "identity.json"), prompt="passphrase", confirm=False)


def test_a_custodian_signs_with_the_keyring(tmp_path: Path, ring: MemoryKeyring) -> None:
    phrase = tmp_path / "passphrase"
    phrase.touch(mode=0o600)
    phrase.write_text(PHRASE + "\n")
    given, own = ("--passphrase-file", phrase), ("--identity", tmp_path / "asha")
    assert clew_keys("identity", "Asha", "--out", tmp_path / "asha", *given).code == 0
    (tmp_path / "wrong").touch(mode=0o600)
    (tmp_path / "wrong").write_text("not the right one\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keyring_commands, "CustodianFolder", partial(CustodianFolder, floor=CHEAP))
        refused = clew_keys("keyring", "store", *own, "--passphrase-file", tmp_path / "wrong")
        assert (refused.code, ring.kept) == (1, {})
        assert clew_keys("keyring", "store", *own, *given).code == 0
    assert keyring_passphrase(KeyringEntry(tmp_path / "asha" / "identity.json")) == PHRASE
    nothing = clew_keys("ceremony", "contribute", "--folder", tmp_path / "none", *own, "--keyring")
    assert nothing.code == 1
    assert "ceremony" in nothing.err
    assert clew_keys("keyring", "forget", *own).code == 0
    assert ring.kept == {}


def _renew(desk: Desk, *given: str | Path, new: str = "nine grey geese over the marsh") -> Outcome:
    file = desk.path / "new-phrase"
    file.touch(mode=0o600)
    file.write_text(new + "\n")
    return clew("agency", "renew", "--workspace", desk.workspace, "--new-passphrase-file", file, *given)


def test_a_renewal_takes_the_old_passphrase_out_of_the_keyring(desk: Desk, ring: MemoryKeyring) -> None:
    assert _store(desk).code == 0
    others = {(SERVICE, "ab" * 32): "another workspace's", ("other", desk.card().signing_key): "another's"}
    ring.kept |= others
    wrong = desk.path / "wrong"
    wrong.touch(mode=0o600)
    wrong.write_text("not the right one\n")
    before = dict(ring.kept)
    assert _renew(desk, "--passphrase-file", wrong).code == 1
    assert ring.kept == before
    outcome = _renew(desk, "--keyring")
    assert outcome.code == 0, outcome.err
    assert "the old passphrase is taken out of the operating system's keyring" in outcome.err
    assert PHRASE not in outcome.err
    assert ring.kept == others


def test_a_renewal_goes_on_where_there_is_no_keyring_or_it_does_not_answer(
    desk: Desk, ring: MemoryKeyring
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sys.modules, "keyring", None)
        without = _renew(desk, "--passphrase-file", desk.passphrase)
    assert (without.code, "keyring" in without.err) == (0, False)
    desk.passphrase.write_text("nine grey geese over the marsh\n")
    keyring.set_keyring(LockedKeyring())
    new = "ten tall trees beside the mill"
    locked = _renew(desk, "--passphrase-file", desk.passphrase, new=new)
    assert locked.code == 0, locked.err
    assert "warning: the operating system's keyring does not answer (KeyringLocked)" in locked.err
    assert "may still lie there" in locked.err
    assert locked.out.strip() == card_fingerprint(desk.card())


def test_the_real_commands_with_a_keyring_of_their_own(tmp_path: Path, epoch: Epoch) -> None:
    """Processes, at the full passphrase cost; the keyring is chosen as the library's manual says."""
    env = os.environ | {
        "PYTHON_KEYRING_BACKEND": "tests.support.keyrings.FileKeyring",
        "CLEW_TEST_KEYRING": str(tmp_path / "ring.json"),
        "PYTHONPATH": str(processes.ROOT),
    }
    phrase = tmp_path / "passphrase"
    phrase.touch(mode=0o600)
    phrase.write_text(PHRASE + "\n")
    given, workspace = ("--passphrase-file", phrase), ("--workspace", tmp_path / "workspace")
    cards: list[str | Path] = []
    for number, member in enumerate(epoch.members):
        (tmp_path / f"{number}.json").write_bytes(canonical(member.card))
        cards += ["--custodian", tmp_path / f"{number}.json"]
    made = processes.clew(
        *("agency", "init", "--agency", "E09", "--role", "council", "--name", "North", "--threshold", "2"),
        *(*cards, *workspace, *given),
        env=env,
    )
    assert made.returncode == 0, made.stderr
    stored = processes.clew("agency", "keyring", "store", *workspace, *given, env=env)
    assert stored.returncode == 0, stored.stderr
    listed = processes.clew(
        "agency", "references", *workspace, "--keyring", "--output", tmp_path / "r.csv", env=env
    )
    assert listed.returncode == 0, listed.stderr
    for backend, said in (
        ("keyring.backends.fail.Keyring", "no keyring on this machine"),
        ("tests.support.keyrings.Nowhere", "does not answer (AttributeError)"),
        ("nowhere.Keyring", "does not answer (ModuleNotFoundError)"),
    ):
        refused = processes.clew(
            *("agency", "references", *workspace, "--keyring", "--output", tmp_path / "x.csv"),
            env=env | {"PYTHON_KEYRING_BACKEND": backend},
        )
        assert refused.returncode == 1
        assert said in refused.stderr
        assert "Traceback" not in refused.stderr
        assert PHRASE not in refused.stderr
    assert not (tmp_path / "x.csv").exists()
