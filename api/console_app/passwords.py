"""Passwords: Argon2id, a few at a time, and as much work for an account that there is not."""

import functools
import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["MAX_PASSWORD", "MIN_PASSWORD", "faults_of", "hashed", "matches"]

MIN_PASSWORD, MAX_PASSWORD = 14, 200

_hasher = PasswordHasher()  # Argon2id as RFC 9106 has it for 64 MiB
# Each takes 64 MiB: without a bound, people who are not signed in could ask for all of the memory.
_at_once = threading.BoundedSemaphore(2)


def faults_of(name: str, password: str, again: str) -> dict[str, str]:
    """Say all that is wrong with a new password, by field; nothing for a good one."""
    faults = {"password": _fault_of(name, password)} if _fault_of(name, password) else {}
    return faults | ({"again": "The two passwords differ"} if password != again else {})


def _fault_of(name: str, password: str) -> str:
    if len(password) < MIN_PASSWORD:
        return f"Use {MIN_PASSWORD} characters or more: three random words do well"
    if len(password) > MAX_PASSWORD:
        return f"Use {MAX_PASSWORD} characters or fewer"
    if name in password.lower() or len(set(password)) < 6:
        return "This password is easy to guess: three random words do well"
    return ""


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    with _at_once:
        return _hasher.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Say whether a password is the one that was kept; without one the same work is done in vain."""
    with _at_once:
        try:
            return _hasher.verify(kept or _nobodys(), password[: MAX_PASSWORD + 1]) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@functools.cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_hex(32))
