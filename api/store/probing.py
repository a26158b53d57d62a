"""A write that means nothing, to find out whether one that means something would succeed."""

import datetime as dt
import secrets
from typing import Final

from sqlalchemy import Connection, delete, insert

from api.clock import stamp
from api.store import schema

__all__ = ["write_probe"]

_OWNER: Final = "healthz"
"""Stands where a nonce has a signing key, which this can never be: a key has 64 hex digits."""


def write_probe(connection: Connection, *, now: dt.datetime) -> None:
    """Replace the probe's one row, so that the transaction has something to commit."""
    table = schema.nonces
    connection.execute(delete(table).where(table.c.signing_key == _OWNER))
    values = {"signing_key": _OWNER, "nonce": secrets.token_hex(16), "expires": stamp(now)}
    connection.execute(insert(table).values(**values))
