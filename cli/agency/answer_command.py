"""``clew agency answer``: what came of a query number of the report, as a code."""

import re
from typing import cast, get_args

import click

from cli.agency import options, saying
from cli.agency.client import Unit
from cli.agency.saying import say
from cli.agency.store import JournalEntry, Store
from cli.agency.workspace import Workspace
from cli.options import passphrase_from
from keys.passphrase import PassphraseFrom
from linkage.errors import InputError
from linkage.wire.answers import ANSWER_WORDS, AnswerCode, QueryAnswer

__all__ = ["answer_command"]

_QUERY = re.compile(r"Q-?([0-9A-F]{10})")


@click.command("answer")
@click.argument("queries", nargs=-1, required=True, metavar="QUERY...")
@click.option(
    "--as",
    "code",
    required=True,
    type=click.Choice(get_args(AnswerCode)),
    help="What came of it.",
)
@options.unit_url
@options.workspace
@passphrase_from
def answer_command(
    queries: tuple[str, ...], code: str, url: str, workspace: Workspace, passphrase_file: PassphraseFrom
) -> None:
    """Tell the linkage unit what came of query numbers of your report.

    Nothing but the code is sent.  A later answer takes the place of an earlier one.
    """
    chosen = cast("AnswerCode", code)
    answers = [QueryAnswer(query=_query(text), answer=chosen) for text in queries]
    passphrase = saying.passphrase(passphrase_file)
    identity = workspace.require().identity(passphrase)
    with Unit(url, identity) as unit:
        for answer in answers:
            unit.answer(answer)
    with Store(workspace.database_file) as store, store.transaction():
        store.write_journal(JournalEntry("answer", details={"answer": code, "queries": len(answers)}))
    say(f"{len(answers):,} answered: {ANSWER_WORDS[chosen]}")


def _query(text: str) -> str:
    found = _QUERY.fullmatch("".join(text.split()).upper())
    if found is None:
        raise InputError(
            "not a query number", hint="it is written Q- and ten digits or letters A to F; see your report"
        )
    return f"Q-{found[1]}"
