"""Separation of duties: nobody is operator, publisher and custodian at once, as far as names and keys tell.

Names may be false, and two names may be one person's: what cannot be seen here is said in
docs/operations/privacy.md.  Of names that may be one person's it is taken that they are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, select

from api.names_alike import look_like_one
from api.store import accounts, agencies, reidentifications, schema
from api.store.accounts import Account
from api.store.reidentifications import Approver
from linkage.errors import InputError
from linkage.wire.successions import read_succession

__all__ = ["Overlap", "custodian_names", "names_known", "overlaps", "require_apart"]

OverlapKind = Literal[
    "one account", "two accounts", "custodian's account", "custodian approves", "approver operates", "one key"
]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two duties that must be apart and may be one person's; ``one`` and ``other``: names as they stand."""

    kind: OverlapKind
    one: str
    other: str

    @property
    def words(self) -> str:
        """What was found, in a sentence."""
        return {
            "one account": f"account {self.one} is operator and publisher",
            "two accounts": f"operator {self.one} and publisher {self.other} may be one person",
            "custodian's account": f"account {self.one} and custodian {self.other} may be one person",
            "custodian approves": f"approver {self.one} and custodian {self.other} may be one person",
            "approver operates": f"operator {self.one} and approver {self.other} may be one person",
            "one key": f"{self.one} and {self.other} have one key",
        }[self.kind]


def custodian_names(connection: Connection) -> dict[str, str]:
    """Return the names of custodians by key: those pinned, and those who made the epoch in force.

    Of custodians who went, the names are known of those who had come by a succession.
    """
    pinned = {row.signing_key: row.name for row in connection.execute(select(schema.custodians))}
    epoch = agencies.current_epoch(connection)
    made = set() if epoch is None else set(epoch.custodians)
    for document in connection.scalars(select(schema.successions.c.document)):
        for card in read_succession(document.encode()).incoming.custodians:
            if card.signing_key in made:
                pinned.setdefault(card.signing_key, card.name)
    return pinned


def names_known(connection: Connection) -> list[str]:
    """Return the names of whoever the unit knows, none before it has an account or an approver.

    Custodians alone are no staff: nobody of a unit without accounts could be named.
    """
    staff = [one.name for one in accounts.all_accounts(connection) if one.state != "disabled"]
    staff += [one.name for one in _approvers(connection)]
    return [*staff, *custodian_names(connection).values()] if staff else []


def overlaps(connection: Connection) -> list[Overlap]:
    """Return every pair of duties that must be apart and may be one person's."""
    counting = [one for one in accounts.all_accounts(connection) if one.state != "disabled"]
    custodians = custodian_names(connection)
    found = [Overlap("one account", one.name, one.name) for one in counting if _both(one)]
    for one in counting:
        found += _of_account(connection, one.name, one.roles, custodians, counting)
    approvers = _approvers(connection)
    found += [
        Overlap("custodian approves", approver.name, name)
        for approver in approvers
        for name in custodians.values()
        if look_like_one(approver.name, name)
    ]
    holders: dict[str, list[str]] = {key: [f"custodian {name}"] for key, name in custodians.items()}
    for approver in approvers:
        holders.setdefault(approver.signing_key, []).append(f"approver {approver.name}")
    for agency in agencies.all_agencies(connection):
        holders.setdefault(agency.signing_key, []).append(f"agency {agency.code}")
    found += [Overlap("one key", some[0], some[1]) for some in holders.values() if len(some) > 1]
    return list(dict.fromkeys(found))


def require_apart(connection: Connection, name: str, roles: tuple[str, ...]) -> None:
    """Raise :class:`InputError` if an account of this name and roles would bring two duties together."""
    others = [
        one for one in accounts.all_accounts(connection) if one.state != "disabled" and one.name != name
    ]
    found = next(_of_account(connection, name, roles, custodian_names(connection), others), None)
    if found is not None:
        raise InputError(
            f"NAME: {found.words}",
            hint="these duties are for two people; if they are two, give names written out that differ",
        )


def _approvers(connection: Connection) -> list[Approver]:
    return [one for one in reidentifications.all_approvers(connection) if not one.removed]


def _both(one: Account) -> bool:
    return {"operator", "publisher"} <= set(one.roles)


def _of_account(
    connection: Connection,
    name: str,
    roles: tuple[str, ...],
    custodians: Mapping[str, str],
    others: list[Account],
) -> Iterator[Overlap]:
    for custodian in custodians.values():
        if look_like_one(name, custodian):
            yield Overlap("custodian's account", name, custodian)
    for one in others:
        if one.name != name and look_like_one(name, one.name):
            if "operator" in roles and "publisher" in one.roles:
                yield Overlap("two accounts", name, one.name)
            elif "publisher" in roles and "operator" in one.roles:
                yield Overlap("two accounts", one.name, name)
    if "operator" in roles:
        for approver in _approvers(connection):
            if look_like_one(name, approver.name):
                yield Overlap("approver operates", name, approver.name)
