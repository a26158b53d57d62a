"""What a keyring gives, keeps and forgets, and what is said where it does not."""

import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from keys.identity import create_identity, save_identity
from keys.os_keyring import (
    SERVICE,
    KeyringEntry,
    forget_passphrase,
    keyring_passphrase,
    require_keyring,
    store_passphrase,
)
from linkage.errors import ClewError, InputError
from tests.support.custody import CHEAP, PASSPHRASE
from tests.support.keyrings import ForgetfulKeyring, LockedKeyring, MemoryKeyring, PlainKeyring

INSTEAD = "use --passphrase-file, or let the command ask"


class JustRecommended(MemoryKeyring):
    """On the library's own line."""

    priority = 1  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def ring() -> Iterator[MemoryKeyring]:
    made = JustRecommended()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(fail.Keyring())


@pytest.fixture
def entry(tmp_path: Path) -> KeyringEntry:
    file = tmp_path / "identity.json"
    save_identity(file, create_identity(), PASSPHRASE, cost=CHEAP)
    return KeyringEntry(file)


def _refused(act: object, *arguments: object) -> tuple[str, str]:
    with pytest.raises(InputError) as caught:
        act(*arguments)  # type: ignore[operator]
    return caught.value.message, caught.value.hint


def test_what_is_stored_is_given_until_it_is_forgotten(entry: KeyringEntry, ring: MemoryKeyring) -> None:
    assert forget_passphrase(entry) is False
    store_passphrase(entry, PASSPHRASE)
    assert ring.kept == {(SERVICE, entry.account()): PASSPHRASE}
    assert keyring_passphrase(entry) == PASSPHRASE
    assert forget_passphrase(entry) is True
    assert ring.kept == {}
    assert _refused(keyring_passphrase, entry) == (
        "the operating system's keyring has no passphrase for this identity",
        "store it with `clew agency keyring store`, or `clew keys keyring store` for a custodian",
    )


def test_one_that_protects_nothing_or_keeps_nothing(entry: KeyringEntry) -> None:
    require_keyring()
    keyring.set_keyring(PlainKeyring())
    assert _refused(require_keyring) == (
        "there is no keyring on this machine that protects what it keeps",
        INSTEAD,
    )
    keyring.set_keyring(ForgetfulKeyring())
    assert _refused(store_passphrase, entry, PASSPHRASE) == (
        "the operating system's keyring did not keep the passphrase",
        INSTEAD,
    )


def test_one_that_is_locked(entry: KeyringEntry) -> None:
    keyring.set_keyring(LockedKeyring())
    for act, arguments, name in (
        (keyring_passphrase, (entry,), "KeyringLocked"),
        (forget_passphrase, (entry,), "KeyringLocked"),
        (store_passphrase, (entry, PASSPHRASE), "OSError"),
    ):
        assert _refused(act, *arguments) == (
            f"the operating system's keyring does not answer ({name})",
            f"unlock it, or {INSTEAD}",
        )


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert _refused(require_keyring) == (
        "the library that speaks to the operating system's keyring is not installed",
        "pip install keyring, or use --passphrase-file",
    )


def test_an_identity_that_is_missing_or_broken_has_no_account(tmp_path: Path) -> None:
    file = tmp_path / "identity.json"
    with pytest.raises(ClewError, match=r"identity identity\.json"):
        KeyringEntry(file).account()
    file.write_bytes(b"{}")
    with pytest.raises(ClewError, match=r"identity\.json: "):
        KeyringEntry(file).account()
