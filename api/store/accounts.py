"""Who may open the console: accounts, roles, credentials; each change has its entry in the ledger."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from api.store import ledger, schema_console
from api.store.ledger_rows import digests
from linkage.errors import VerificationError
from linkage.wire.ledger import EntryKind

__all__ = [
    "Account",
    "AccountState",
    "Passkey",
    "account_by_handle",
    "account_by_name",
    "account_by_sign_on",
    "add_account",
    "add_passkey",
    "all_accounts",
    "bind_sign_on",
    "change_account",
    "drop_credentials",
    "enter_sign_in",
    "has_sealed_secrets",
    "is_as_entered",
    "passkey_by_id",
    "passkeys_of",
    "remove_passkey",
    "sealed_secrets",
    "sign_on_of",
    "spend_step",
    "unbind_sign_on",
    "use_passkey",
]

AccountState = Literal["invited", "active", "disabled"]

_accounts = schema_console.accounts
_passkeys = schema_console.passkeys
_sign_ons = schema_console.sign_ons


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as it stands; secrets among it are hashes, or sealed."""

    name: str
    roles: tuple[str, ...]
    state: AccountState
    handle: str
    code: str | None
    code_expires: str | None
    password: str | None
    totp: bytes | None

    def __repr__(self) -> str:
        return f"Account({self.name!r}, {self.roles!r}, {self.state!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey of an account; ``id`` in base64url."""

    id: str
    account: str
    label: str
    public_key: bytes
    sign_count: int
    added_at: str
    used_at: str | None


def add_account(
    connection: Connection,
    *,
    name: str,
    roles: Iterable[str],
    handle: str,
    code: str,
    code_expires: str,
    now: str,
) -> None:
    """Add an account that has no credentials yet but a one-time code; ``code`` is its hash."""
    given = " ".join(sorted(set(roles)))
    row = {"name": name, "roles": given, "state": "invited", "handle": handle, "made_at": now}
    connection.execute(insert(_accounts).values(**row, code=code, code_expires=code_expires))
    _enter(connection, name, {"change": "added", "roles": given}, now=now)


def account_by_name(connection: Connection, name: str) -> Account | None:
    """Return an account, whatever its state, or None."""
    return _account(connection.execute(select(_accounts).where(_accounts.c.name == name)).one_or_none())


def account_by_handle(connection: Connection, handle: str) -> Account | None:
    """Return the account that a passkey knows by its random handle, or None."""
    return _account(connection.execute(select(_accounts).where(_accounts.c.handle == handle)).one_or_none())


def all_accounts(connection: Connection) -> list[Account]:
    """Return every account by name."""
    rows = connection.execute(select(_accounts).order_by(_accounts.c.name))
    return [account for row in rows if (account := _account(row)) is not None]


def _account(row: Row[Any] | None) -> Account | None:
    if row is None:
        return None
    return Account(
        name=row.name,
        roles=tuple(row.roles.split()),
        state=cast("AccountState", row.state),
        handle=row.handle,
        code=row.code,
        code_expires=row.code_expires,
        password=row.password,
        totp=row.totp,
    )


def change_account(
    connection: Connection, name: str, values: Mapping[str, object], *, change: str, now: str
) -> None:
    """Change columns of an account; ``change`` is what the ledger says of it, in a word or two.

    Raises :class:`VerificationError` for an account that was changed past the console.
    """
    _require_as_entered(connection, name)
    connection.execute(update(_accounts).where(_accounts.c.name == name).values(**values))
    _enter(connection, name, {"change": change}, now=now)


def drop_credentials(
    connection: Connection, name: str, *, code: str | None, code_expires: str | None, now: str
) -> None:
    """Take every credential from an account, which is invited anew by a one-time code or is disabled.

    The entry says which roles the account has, for somebody may have given it others past the ledger.
    """
    mine = _passkeys.c.account == name
    ids = tuple(connection.scalars(select(_passkeys.c.id).where(mine)))
    connection.execute(delete(_passkeys).where(mine))
    bound = connection.execute(delete(_sign_ons).where(_sign_ons.c.account == name)).rowcount == 1
    gone = {"password": None, "totp": None, "code": code, "code_expires": code_expires}
    state = "disabled" if code is None else "invited"
    connection.execute(update(_accounts).where(_accounts.c.name == name).values(**gone, state=state))
    roles = connection.scalar(select(_accounts.c.roles).where(_accounts.c.name == name)) or ""
    facts = {"change": state, "passkeys_gone": len(ids), "roles": roles}
    _enter(connection, name, facts, now=now, passkeys=ids, sign_on=bound)


def has_sealed_secrets(connection: Connection) -> bool:
    """Say whether any account has something that is sealed under the console's key."""
    return (
        connection.scalar(select(_accounts.c.name).where(_accounts.c.totp.is_not(None)).limit(1)) is not None
    )


def sealed_secrets(connection: Connection) -> list[tuple[str, bytes]]:
    """Return what is sealed under the console's key, by account."""
    held = select(_accounts.c.name, _accounts.c.totp).where(_accounts.c.totp.is_not(None))
    return [(row.name, row.totp) for row in connection.execute(held.order_by(_accounts.c.name))]


def spend_step(connection: Connection, name: str, step: int) -> bool:
    """Use up an interval of an account's app; returns False if that one, or a later one, was used before."""
    unused = or_(_accounts.c.totp_step.is_(None), _accounts.c.totp_step < step)
    spent = update(_accounts).where(_accounts.c.name == name, unused).values(totp_step=step)
    return connection.execute(spent).rowcount == 1


def add_passkey(
    connection: Connection,
    *,
    id: str,  # noqa: A002
    account: str,
    label: str,
    public_key: bytes,
    sign_count: int,
    now: str,
) -> None:
    """Add a passkey to an account; raises as :func:`change_account`."""
    _require_as_entered(connection, account)
    row = {"id": id, "account": account, "label": label, "public_key": public_key, "sign_count": sign_count}
    connection.execute(insert(_passkeys).values(**row, added_at=now))
    _enter(connection, account, {"change": "passkey added"}, now=now, passkeys=(id,))


def passkey_by_id(connection: Connection, id: str) -> Passkey | None:  # noqa: A002
    """Return a passkey, or None."""
    row = connection.execute(select(_passkeys).where(_passkeys.c.id == id)).one_or_none()
    return None if row is None else Passkey(**row._mapping)


def passkeys_of(connection: Connection, account: str) -> list[Passkey]:
    """Return the passkeys of an account, oldest first."""
    mine = select(_passkeys).where(_passkeys.c.account == account)
    rows = connection.execute(mine.order_by(_passkeys.c.added_at, _passkeys.c.id))
    return [Passkey(**row._mapping) for row in rows]


def use_passkey(connection: Connection, passkey: Passkey, *, sign_count: int, now: str) -> bool:
    """Record that a passkey was used; returns False if it was used otherwise in the meantime, or is gone."""
    same = (_passkeys.c.id == passkey.id, _passkeys.c.sign_count == passkey.sign_count)
    used = update(_passkeys).where(*same).values(sign_count=sign_count, used_at=now)
    return connection.execute(used).rowcount == 1


def remove_passkey(connection: Connection, account: str, id: str, *, now: str) -> bool:  # noqa: A002
    """Remove one passkey of an account; returns False if it has none such; raises as above."""
    _require_as_entered(connection, account)
    gone = delete(_passkeys).where(_passkeys.c.account == account, _passkeys.c.id == id)
    if connection.execute(gone).rowcount == 0:
        return False
    _enter(connection, account, {"change": "passkey removed"}, now=now, passkeys=(id,))
    return True


def bind_sign_on(connection: Connection, name: str, *, issuer: str, subject: str, now: str) -> bool:
    """Say that an account is somebody whom a sign-on knows, and nobody else whom one knows.

    An account that waited for its one-time code waits no more.  Returns False, and changes nothing, if the
    subject is another account; raises as :func:`change_account`.
    """
    _require_as_entered(connection, name)
    found = account_by_sign_on(connection, issuer, subject)
    if found is not None and found.name != name:
        return False
    connection.execute(delete(_sign_ons).where(_sign_ons.c.account == name))
    row = {"account": name, "issuer": issuer, "subject": subject, "bound_at": now}
    connection.execute(insert(_sign_ons).values(**row))
    active = {"state": "active", "code": None, "code_expires": None}
    connection.execute(update(_accounts).where(_accounts.c.name == name).values(**active))
    _enter(connection, name, {"change": "sign-on bound"}, now=now, sign_on=True)
    return True


def unbind_sign_on(connection: Connection, name: str, *, now: str) -> bool:
    """Let no sign-on open an account any more; returns False if none did; raises as above."""
    _require_as_entered(connection, name)
    gone = delete(_sign_ons).where(_sign_ons.c.account == name)
    if connection.execute(gone).rowcount == 0:
        return False
    _enter(connection, name, {"change": "sign-on unbound"}, now=now, sign_on=True)
    return True


def account_by_sign_on(connection: Connection, issuer: str, subject: str) -> Account | None:
    """Return the account, whatever its state, that a subject of an issuer is, or None."""
    same = (_sign_ons.c.issuer == issuer, _sign_ons.c.subject == subject)
    joined = select(_accounts).join(_sign_ons, _sign_ons.c.account == _accounts.c.name)
    return _account(connection.execute(joined.where(*same)).one_or_none())


def sign_on_of(connection: Connection, name: str) -> str | None:
    """Return the issuer whose sign-on opens an account, or None."""
    return connection.scalar(select(_sign_ons.c.issuer).where(_sign_ons.c.account == name))


def is_as_entered(connection: Connection, name: str) -> bool:
    """Say whether an account, its passkeys and its sign-on are what the ledger last said of them."""
    ids = connection.scalars(select(_passkeys.c.id).where(_passkeys.c.account == name)).all()
    rows = {"console_accounts": [name], "console_passkeys": ids, "console_sign_ons": [name]}
    key = ledger.row_key(connection)
    for table, keys in rows.items():
        # Of a row that is gone the ledger says None.
        said = {one: digest for one, digest in ledger.rows_said(connection, table, keys).items() if digest}
        if keys and said != digests(connection, table, key, keys=keys):
            return False
    return True


def _require_as_entered(connection: Connection, name: str) -> None:
    """Refuse to enter anew what was changed past the ledger: no audit would tell of it any more."""
    if not is_as_entered(connection, name):
        raise VerificationError(
            f"account {name} is not what it was when it was entered in the ledger",
            hint="see `clew register audit check --data DIR`; `clew register account reset` makes it anew",
        )


def enter_sign_in(connection: Connection, account: str, *, way: str, now: str) -> None:
    """Enter in the ledger that somebody signed in."""
    ledger.append(connection, EntryKind.CONSOLE_SIGN_IN, {"account": account, "way": way}, now=now)


def _enter(
    connection: Connection,
    name: str,
    facts: Mapping[str, str | int],
    *,
    now: str,
    passkeys: Iterable[str] = (),
    sign_on: bool = False,
) -> None:
    rows = {"console_accounts": [name], "console_passkeys": list(passkeys)}
    if sign_on:
        rows["console_sign_ons"] = [name]
    ledger.append(connection, EntryKind.CONSOLE_ACCOUNT, {"account": name, **facts}, now=now, rows=rows)
