"""``clew agency answer``: what came of a query number of the report, as a code."""

from typing import get_args

import click

from cli.agency import options, saying
from cli.agency.asking import read_answer, send_answers
from cli.agency.saying import say
from cli.agency.workspace import Workspace
from cli.options import passphrase_from
from keys.passphrase import PassphraseFrom
from linkage.wire.answers import ANSWER_WORDS, AnswerCode

__all__ = ["answer_command"]


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
    answers = [read_answer(text, code) for text in queries]
    passphrase = saying.passphrase(passphrase_file)
    identity = workspace.require().identity(passphrase)
    send_answers(workspace, identity, url, answers)
    say(f"{len(answers):,} answered: {ANSWER_WORDS[answers[0].answer]}")
