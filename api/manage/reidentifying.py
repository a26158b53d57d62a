"""``clew register approver`` and ``reidentify``: opening a pseudonym, through the owning agency alone."""

import json
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from api import reidentifying
from api.clock import utc_now
from api.config import read_settings
from api.manage.audiences import audience_option
from api.manage.options import data_option, given_file, opened_register, say
from api.store import reidentifications as store
from api.store.bodies import write_whole
from api.unit import read_given, read_unit_card
from linkage.wire.canonical import canonical
from linkage.wire.limits import MAX_CARD_BYTES

__all__ = ["approver", "reidentify"]


@click.group()
def approver() -> None:
    """Enrol those of whom two must sign before a pseudonym may be opened."""


@approver.command()
@data_option
@click.argument("card", type=given_file)
@click.option(
    "--fingerprint", required=True, help="The fingerprint, as its holder read it out: hex digits or words."
)
def add(data: Path, card: Path, fingerprint: str) -> None:
    """Enrol the approver who holds CARD, made with `clew keys identity`."""
    content = read_given(card, limit=MAX_CARD_BYTES)
    with opened_register(data) as (_, database), database.write() as connection:
        enrolled = reidentifying.enrol_approver(connection, content, fingerprint=fingerprint, now=utc_now())
    say(f"{enrolled.name} may approve now")


@approver.command("list")
@data_option
def list_approvers(data: Path) -> None:
    """List approvers: name, state, fingerprint."""
    with opened_register(data) as (_, database), database.read() as connection:
        for one in store.all_approvers(connection):
            state = "removed" if one.removed else "enrolled"
            click.echo("\t".join((one.name, state, one.fingerprint)))


@approver.command()
@data_option
@click.argument("name")
def remove(data: Path, name: str) -> None:
    """Let signatures of the approver NAME count no more, also on requests that are not approved yet."""
    with opened_register(data) as (_, database), database.write() as connection:
        reidentifying.remove_approver(connection, name, now=utc_now())
    say("signatures of this approver count no more")


@click.group()
def reidentify() -> None:
    """Ask for a pseudonym to be opened, by its owning agencies, once two approvers have signed."""


@reidentify.command()
@data_option
@audience_option
@click.argument("pseudonym")
@click.option("--reason", required=True, help="Why, for everybody to read; nothing about the child.")
@click.option("--output", required=True, type=given_file, help="The request to write, for approvers to sign.")
def request(data: Path, name: str, pseudonym: str, reason: str, output: Path) -> None:
    """File a request to open PSEUDONYM and write it for two approvers to sign with `clew keys sign`."""
    with opened_register(data) as (folder, database):
        unit = read_unit_card(folder).signing_key
        settings = read_settings(folder.settings).reidentification
        with database.write() as connection:
            document = reidentifying.file_request(
                folder,
                connection,
                unit=unit,
                audience=name,
                text=pseudonym,
                reason=reason,
                settings=settings,
                now=utc_now(),
            )
            with (
                write_whole(output, mode=0o644) as descriptor,
                open(descriptor, "wb", closefd=False) as stream,
            ):
                stream.write(canonical(document))
    say(f"request {document.number} is filed; two approvers sign it by {document.expires}")
    click.echo(document.number)


@reidentify.command()
@data_option
@click.argument("file", type=given_file)
def approve(data: Path, file: Path) -> None:
    """Take in the request FILE with the signatures on it; with two, the owning agencies see it."""
    content = read_given(file, limit=MAX_CARD_BYTES)
    with opened_register(data) as (_, database), database.write() as connection:
        found = reidentifying.approve_request(connection, content, now=utc_now())
    say(f"request {found.number}: signed by {', '.join(found.signers)}")
    if found.approved:
        say(f"approved: {len(found.agencies)} agencies see it with their own handles, and nothing else")
    else:
        say("one more approver must sign")


@reidentify.command("list")
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
def list_requests(data: Path, *, as_json: bool) -> None:
    """List requests: number, state, audience, days, signers, reason, and what each agency did; no handles."""
    with opened_register(data) as (_, database), database.read() as connection:
        found = _listed(connection)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for one in found:
        did = ", ".join(f"{agency}: {what}" for agency, what in one["agencies"].items())
        signers = ", ".join(one["signed_by"])
        days = f"{one['requested'][:10]} to {one['expires'][:10]}"
        words = (
            one["number"],
            one["state"],
            one["audience"],
            days,
            signers or "-",
            did or "-",
            one["reason"],
        )
        click.echo("\t".join(words))


def _listed(connection: Connection) -> list[dict[str, Any]]:
    names = {one.signing_key: one.name for one in store.all_approvers(connection)}
    now = utc_now()
    return [
        {
            "number": one.document.number,
            "state": reidentifying.state_of(one, now),
            "audience": one.document.audience,
            "requested": one.requested_at,
            "expires": one.expires_at,
            "signed_by": [names.get(signature.key, "unknown") for signature in one.document.signatures],
            "reason": one.document.reason,
            "agencies": {
                notice.agency: notice.answer or ("seen" if notice.shown_at else "not seen yet")
                for notice in store.notices(connection, one.document.number)
            },
        }
        for one in store.all_requests(connection)
    ]


@reidentify.command()
@data_option
@click.argument("number")
def withdraw(data: Path, number: str) -> None:
    """Withdraw the request NUMBER: no agency sees it any more."""
    with opened_register(data) as (_, database), database.write() as connection:
        reidentifying.withdraw_request(connection, number, now=utc_now())
    say(f"request {number} is withdrawn")
