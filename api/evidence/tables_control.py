"""Tables about who may do what, and what the ledger has of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import func, select

from api.console_app.permissions import Granted
from api.console_app.roles import ROLE_WORDS, ROLES
from api.evidence.gathering import Seen
from api.evidence.values import DataTable, Source, table_of
from api.overview import guarding
from api.overview.history import KIND_WORDS
from api.store import accounts, schema
from linkage.wire.ledger import ABOUT_RECORDS, EntryKind

__all__ = ["control_tables"]

_OF_A_CHILD = ABOUT_RECORDS | {
    EntryKind.ERASURE,
    EntryKind.HANDLE_SHIELDED,
    EntryKind.MUST_NOT_LINK,
    EntryKind.REIDENTIFICATION,
}
"""Kinds of which one entry may be about one child; the leaves have the day of each all the same."""

_EVERYBODYS = frozenset(
    {"account", "confirm", "first", "session", "set-up", "sign-in", "sign-on", "sign-out"}
)
"""Parts of the console that are about whoever is there, and about nothing of the register."""

_SETTINGS = "unit.toml"
"""Passwords and keys are refused in it, and every program of the unit reads it."""

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
            (
                kind,
                KIND_WORDS.get(kind, kind),
                count,
                *((None, None) if kind in _OF_A_CHILD else (first, last)),
            )
            for kind, count, first, last in seen.connection.execute(query)
        ],
        Source(
            "query",
            "select kind, count(*), min(day), max(day) from ledger_entries group by kind order by kind",
        ),
        note="Where one entry may be about one child, no day is shown.",
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
        list(_rights(guarding.path_rights(seen.folder))),
        Source("file", "rights of the data folder"),
        note="Accounts and groups of the machine are numbered, and not named: one number is one account.",
    )


def _rights(paths: Iterable[guarding.PathRights]) -> Iterator[tuple[str, ...]]:
    """Yield rows in which accounts and groups have numbers for names, in the order of the rows."""
    owners, groups = dict[str, str](), dict[str, str]()
    for one in paths:
        owner = owners.setdefault(one.owner, f"account {len(owners) + 1}")
        group = groups.setdefault(one.group, f"group {len(groups) + 1}")
        yield one.name, one.what, owner, group, one.mode, _open_to(one)


def _open_to(one: guarding.PathRights) -> str:
    if not one.everybody:
        return "no"
    if one.mode[-2] == "w":
        return "yes, to read and write" if one.mode[-3] == "r" else "yes, to write"
    return "yes, to read: it holds no secret" if one.name == _SETTINGS else "yes, to read"


def _acts(posted: Sequence[Granted]) -> tuple[int, int, int]:
    """Return how many acts a role has, how many of them ask again, and how many are everybody's own."""
    own = [one for one in posted if one.address.split("/")[1] in _EVERYBODYS]
    others = [one for one in posted if one not in own]
    return len(others), sum(one.step_up for one in others), len(own)


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
            ("acts", "Acts of the role", "count"),
            ("confirmed", "Of them ask again who is there", "count"),
            ("own_acts", "Acts of signing in and out and about one's own account", "count"),
            ("files", "Files", "count"),
        ],
        [
            (
                ROLE_WORDS[role],
                sum(role in one.roles and one.method == "GET" for one in pages),
                *_acts([one for one in pages if role in one.roles and one.method == "POST"]),
                sum(role in one.roles and one.file for one in pages),
            )
            for role in ROLES
        ],
        source,
        note="The one act of governance compares a checkpoint with the ledger, and changes nothing.",
    )
