"""Tables about who may do what, and what the ledger has of it."""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, select

from api.console_app.roles import ROLE_WORDS, ROLES
from api.evidence.gathering import Seen
from api.evidence.values import DataTable, Source, table_of
from api.overview import guarding
from api.overview.history import KIND_WORDS
from api.store import accounts, schema

__all__ = ["control_tables"]

_WHO = {"anybody": "anybody", "setup": "whoever came with a one-time code", "nobody": "nobody", "account": ""}


def control_tables(seen: Seen) -> Iterator[DataTable]:
    """Yield the tables."""
    entries = schema.ledger_entries
    days = (func.min(entries.c.day), func.max(entries.c.day))
    query = select(entries.c.kind, func.count(), *days).group_by(entries.c.kind).order_by(entries.c.kind)
    yield table_of(
        "ledger-kinds",
        "Entries of the ledger by kind",
        [
            ("kind", "Kind", "code"),
            ("words", "What happened"),
            ("entries", "Entries", "count"),
            ("first_day", "First day", "day"),
            ("last_day", "Last day", "day"),
        ],
        [
            (kind, KIND_WORDS.get(kind, kind), count, first, last)
            for kind, count, first, last in seen.connection.execute(query)
        ],
        Source(
            "query",
            "select kind, count(*), min(day), max(day) from ledger_entries group by kind order by kind",
        ),
    )
    yield from _permissions(seen)
    known = Counter((one.roles, one.state) for one in accounts.all_accounts(seen.connection))
    yield table_of(
        "accounts",
        "Accounts of the console by the roles that they have; names are not in the pack",
        [("roles", "Roles"), ("state", "State"), ("accounts", "Accounts", "count")],
        [(", ".join(roles), state, count) for (roles, state), count in sorted(known.items())],
        Source(
            "query",
            "select roles, state, count(*) from console_accounts group by roles, state order by roles, state",
        ),
    )
    yield table_of(
        "path-rights",
        "Who may read and write what a wall rests on, as the operating system has it",
        [
            ("path", "File or folder", "code"),
            ("what", "What it is"),
            ("owner", "Owner"),
            ("group_name", "Group"),
            ("mode", "Rights", "code"),
            ("everybody", "Open to everybody"),
        ],
        [
            (one.name, one.what, one.owner, one.group, one.mode, "yes" if one.everybody else "no")
            for one in guarding.path_rights(seen.folder)
        ],
        Source("file", "rights of the data folder"),
    )


def _permissions(seen: Seen) -> Iterator[DataTable]:
    source = Source("code", "api.console_app.permissions:granted")
    pages = seen.addresses
    yield table_of(
        "permissions",
        "Every address of the console, and who may open it",
        [
            ("address", "Address", "code"),
            ("method", "Method", "code"),
            ("who", "Who"),
            ("confirmed", "Asks again who is there"),
            ("recorded", "Every view on record"),
            ("file", "Hands out a file"),
        ],
        [
            (
                one.address,
                one.method,
                _WHO[one.who] or ", ".join(ROLE_WORDS[role] for role in ROLES if role in one.roles),
                "yes" if one.step_up else "no",
                "yes" if one.logged else "no",
                "yes" if one.file else "no",
            )
            for one in pages
        ],
        source,
        note="Read from the program itself: what nobody opened is open to nobody.",
    )
    parts = sorted({one.address.split("/")[1] for one in pages})
    yield table_of(
        "permissions-by-part",
        "How many addresses of each part of the console each role may open",
        [
            ("part", "Part", "code"),
            ("all", "Addresses", "count"),
            *((role, ROLE_WORDS[role], "count") for role in ROLES),
        ],
        [
            (
                f"/{part}",
                sum(one.address.split("/")[1] == part for one in pages),
                *(
                    sum(
                        one.address.split("/")[1] == part
                        and (role in one.roles or one.who in {"anybody", "setup"})
                        for one in pages
                    )
                    for role in ROLES
                ),
            )
            for part in parts
        ],
        source,
    )
    yield table_of(
        "roles",
        "Roles of the console, and what each may open and change",
        [
            ("role", "Role"),
            ("pages", "Pages", "count"),
            ("acts", "Acts", "count"),
            ("confirmed", "Acts that ask again who is there", "count"),
            ("files", "Files", "count"),
        ],
        [
            (
                ROLE_WORDS[role],
                sum(role in one.roles and one.method == "GET" for one in pages),
                sum(role in one.roles and one.method == "POST" for one in pages),
                sum(role in one.roles and one.method == "POST" and one.step_up for one in pages),
                sum(role in one.roles and one.file for one in pages),
            )
            for role in ROLES
        ],
        source,
    )
