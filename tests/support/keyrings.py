"""Keyrings of the library's own kind, for tests: in memory, in a file, locked, and forgetful."""

import json
import os
from pathlib import Path

import keyring.errors
from keyring.backend import KeyringBackend
from keyring.compat import properties


class MemoryKeyring(KeyringBackend):
    """Keeps passwords as long as the process runs."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("no such password")


class FileKeyring(MemoryKeyring):
    """Keeps passwords in the file that ``CLEW_TEST_KEYRING`` names: for tests in processes of their own."""

    def get_password(self, service: str, username: str) -> str | None:
        path = Path(os.environ["CLEW_TEST_KEYRING"])
        if path.exists():
            self.kept = {(one, name): word for one, name, word in json.loads(path.read_text())}
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password)
        self._write()

    def delete_password(self, service: str, username: str) -> None:
        super().delete_password(service, username)
        self._write()

    def _write(self) -> None:
        content = json.dumps([[*key, word] for key, word in self.kept.items()])
        Path(os.environ["CLEW_TEST_KEYRING"]).write_text(content)


class LockedKeyring(MemoryKeyring):
    """Does not open; its error repeats what it was given, as some systems' do."""

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise OSError(f"cannot keep {password}")


class ForgetfulKeyring(MemoryKeyring):
    """Says yes and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        return None


class PlainKeyring(MemoryKeyring):
    """One that the library does not recommend, as those that keep passwords in plain files."""

    priority = 0.5  # type: ignore[assignment]


class ImpossibleKeyring(MemoryKeyring):
    """One that was chosen by hand and cannot work on this system."""

    @properties.classproperty
    def priority(self) -> float:
        raise RuntimeError("requires another operating system")
