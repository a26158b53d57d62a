"""Attempts to sign in are counted, by account and by address, before anything is looked up.

A count is of a quarter of an hour and begins anew with the next: nobody is locked out for good.  Passkeys
count by address alone, so that whoever fills another's count does not keep them from the console.
"""

import datetime as dt
import hashlib
import ipaddress

from flask import abort, request

from api.console_app.service import ConsoleService
from api.store import usage

__all__ = ["admit"]

_MINUTES = 15
_SPAN = "%Y-%m-%dT%H:%M"
_ACCOUNT, _ADDRESS = "console-account", "console-address"


def admit(service: ConsoleService, account: str | None = None) -> None:
    """Count an attempt, or end the request with 429; ``account``: as typed, whether it is there or not."""
    now = service.clock()
    span = now.replace(minute=now.minute - now.minute % _MINUTES).strftime(_SPAN)
    counted = [(_ADDRESS, _network(request.remote_addr or ""), service.own.attempts_per_address)]
    if account is not None:
        counted.append((_ACCOUNT, account.strip().lower(), service.own.attempts_per_account))
    with service.database.read() as connection:  # a flood of attempts must keep nobody else from writing
        if any(
            usage.used(connection, _subject(measure, whom), measure, span=span) >= limit
            for measure, whom, limit in counted
        ):
            abort(429)
    with service.database.write_beside() as connection:
        usage.forget(connection, (_ACCOUNT, _ADDRESS), before=_a_day_ago(now))
        admitted = [
            usage.charge(connection, _subject(measure, whom), measure, 1, span=span, limit=limit)
            for measure, whom, limit in counted
        ]
    if not all(admitted):
        abort(429)


def _a_day_ago(now: dt.datetime) -> str:
    return (now - dt.timedelta(days=1)).strftime(_SPAN)


def _network(address: str) -> str:
    """Return an address, or of IPv6 the network that one household or office has whole."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 6 and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _subject(measure: str, whom: str) -> str:
    return hashlib.sha256(f"{measure}\x00{whom}".encode()).hexdigest()
