"""``clew agency requests``: requests to open one of the agency's own handles, opened here alone."""

from typing import cast, get_args

import click

from cli.agency import options, saying
from cli.agency.client import Unit
from cli.agency.pulling import read_references
from cli.agency.saying import say
from cli.agency.store import JournalEntry, Store
from cli.agency.workspace import Workspace
from cli.options import passphrase_from
from keys.identity import Identity
from keys.passphrase import PassphraseFrom
from linkage.errors import InputError, VerificationError
from linkage.wire.reidentification import OwnRequest, RequestAnswer, RequestAnswerCode, Requests

__all__ = ["requests_command"]


@click.command("requests")
@click.option("--answer", "number", metavar="NUMBER", help="The request to answer instead of listing.")
@click.option("--as", "code", type=click.Choice(get_args(RequestAnswerCode)), help="What came of it.")
@options.unit_url
@options.workspace
@passphrase_from
def requests_command(
    number: str | None,
    code: str | None,
    url: str,
    workspace: Workspace,
    passphrase_file: PassphraseFrom,
) -> None:
    """List requests to open a child of yours, with your own reference; or answer one with a code.

    References are looked up here.  What you know of the child you pass on outside the linkage unit, or not.
    """
    if (number is None) != (code is None):
        raise InputError("an answer needs both --answer and --as", hint="give neither to list requests")
    passphrase = saying.passphrase(passphrase_file)
    identity = workspace.require().identity(passphrase)
    with Unit(url, identity) as unit:
        if number is not None and code is not None:
            _answer(unit, workspace, number, cast("RequestAnswerCode", code))
            return
        found = unit.requests()
    _show(found, workspace, identity)


def _answer(unit: Unit, workspace: Workspace, number: str, code: RequestAnswerCode) -> None:
    unit.answer_request(RequestAnswer(number=number.strip().upper(), answer=code))
    with Store(workspace.database_file) as store, store.transaction():
        store.write_journal(JournalEntry("request", details={"answer": code}))
    say("answered; the linkage unit knows the code and nothing else")


def _show(found: Requests, workspace: Workspace, identity: Identity) -> None:
    if found.agency != workspace.card().agency:
        raise VerificationError("the requests are another agency's", hint="tell the linkage unit's operator")
    own = {one.handle: one.reference for one in read_references(workspace, identity) if one.kind == "child"}
    for one in found.requests:
        click.echo(_line(one, own.get(one.handle)))
    say(f"{len(found.requests):,} requests wait for an answer; what is shown here must not go to the unit")


def _line(one: OwnRequest, reference: str | None) -> str:
    reason = "".join(letter if letter.isprintable() else " " for letter in one.reason)
    return "\t".join((one.number, str(one.expires), reference or "(not in this workspace)", reason))
