"""Codes of an authenticator app (TOTP, RFC 6238): six digits, each interval's once."""

import datetime as dt
import re

import pyotp
from pyotp.exceptions import OTPVerificationError

__all__ = ["new_secret", "setup_address", "step_of"]

_EITHER_SIDE = 1  # an app's clock may be half a minute off
_NEVER = "------"


def new_secret() -> str:
    """Make the secret of an app: 160 random bits in base 32."""
    return pyotp.random_base32()


def setup_address(secret: str, account: str, unit: str) -> str:
    """Return the address that an app on the same device takes a secret from."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=f"Clew {unit}")


def step_of(secret: str | None, typed: str, now: dt.datetime) -> int | None:
    """Return the interval whose code was typed, or None; without a secret the same work is done in vain."""
    digits = re.sub(r"[\s-]", "", typed)
    code = digits if re.fullmatch(r"[0-9]{6}", digits) else _NEVER
    try:
        step = pyotp.TOTP(secret or _NOBODYS).verify_and_get_timecode(
            code, for_time=now, valid_window=_EITHER_SIDE
        )
    except OTPVerificationError:
        return None
    return step if secret else None


_NOBODYS = new_secret()
