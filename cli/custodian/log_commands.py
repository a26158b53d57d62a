"""``clew keys log``: show, check and export a custody log; none of it needs a key."""

from pathlib import Path

import click

from cli.custodian.summaries import say, shown
from cli.options import FILE
from keys.ceremony_folder import CeremonyFolder
from keys.custodian_folder import CustodianFolder
from keys.custody_log import (
    KEYLESS_ACTIONS,
    MAX_LOG_BYTES,
    CustodyLog,
    CustodyLogExport,
    Head,
    LogEntry,
    check_lines,
    read_export,
)
from keys.files import name_of
from keys.session_folder import SessionFolder
from keys.storing import card_at, naming, read_as, refuse_existing, store_private
from linkage.errors import InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard, card_fingerprint

__all__ = ["log_group"]


@click.group("log")
def log_group() -> None:
    """The custody log: who did what with which key."""


_folder = click.option(
    "--identity", "folder", type=FILE, metavar="DIR", help="Your folder, or that of a ceremony or session."
)
_against = click.option(
    "--against", type=FILE, metavar="EXPORT", help="An earlier export: is all of it still there, unchanged?"
)


@log_group.command("show")
@_folder
def show_command(folder: Path | None) -> None:
    """Print the log: number, time, action, what it was about, and whether it is signed.

    What is printed is not checked; that is `clew keys log check`.
    """
    path = _given(folder)
    found = _log(path).read()
    with naming(_log(path).path):
        entries = found.entries()
    for entry in entries:
        click.echo("\t".join(_words(entry)))
    if found.torn:
        say((f"line {len(entries) + 1} is torn: a command was killed while it wrote; it is not shown",))


def _words(entry: LogEntry) -> tuple[str, ...]:
    about = ", ".join(f"{name} {shown(text)}" for name, text in sorted(entry.subjects.items()))
    signed = "signed" if entry.signature else "not signed"
    return (str(entry.sequence), str(entry.at), entry.action, about, signed)


@log_group.command("check")
@click.argument("file", type=FILE, required=False)
@_folder
@_against
def check_command(file: Path | None, folder: Path | None, against: Path | None) -> None:
    """Check a log's chain and signatures: an exported FILE, or the log in --identity.

    Says at which line the chain breaks and how.  Prints the number of lines and the hash of the last.  That
    the end was cut off shows only with --against.
    """
    before = None if against is None else _export_at(against)
    if file is not None and folder is None:
        head, entries = _check_export(file, before)
    else:
        if file is not None:
            raise InputError("FILE and --identity together", hint="check one log at a time")
        head, entries = _check_folder(_given(folder), before)
    _refuse_forged(entries)
    unsigned = [entry.sequence for entry in entries if entry.signature is None]
    if unsigned:
        say((f"not signed: line {', '.join(map(str, unsigned))}",))
    if before is None:
        say(("the chain holds; whether the end was cut off shows only with --against an earlier export",))
    else:
        say(("the chain holds, and all that was exported before is there",))
    click.echo(f"{head.entries}\t{head.digest}")


def _refuse_forged(entries: tuple[LogEntry, ...]) -> None:
    """Refuse an act with a key that is not signed: whoever may write in the folder can add or rewrite it."""
    for entry in entries:
        if entry.signature is None and entry.action not in KEYLESS_ACTIONS:
            raise VerificationError(
                f"line {entry.sequence} is not signed, and what it tells of takes the owner's key",
                hint="somebody else wrote it; compare the log with the last export, and tell the others",
            )


def _check_export(file: Path, before: CustodyLogExport | None) -> tuple[Head, tuple[LogEntry, ...]]:
    export = _export_at(file)
    if before is not None:
        _require_owner(before, export.card.signing_key)
        with naming(file):
            check_lines(export.lines, export.card.signing_key, against=before.head)
    say(
        (
            f"custody log of {shown(export.card.name)}; fingerprint of the card, to compare with its holder:",
            f"  {card_fingerprint(export.card)}",
        )
    )
    return export.head, export.entries


def _check_folder(folder: Path, before: CustodyLogExport | None) -> tuple[Head, tuple[LogEntry, ...]]:
    owner, whose = _owner(folder)
    if before is not None:
        _require_owner(before, owner)
    head = _log(folder).check(owner, against=None if before is None else before.head)
    say((whose,))
    return head, _log(folder).read().entries()


@log_group.command("export")
@click.option("--identity", "folder", type=FILE, metavar="DIR", help="Your folder.")
@click.option("--out", type=FILE, required=True, metavar="FILE", help="Where to write the exported log.")
def export_command(folder: Path | None, out: Path) -> None:
    """Write the whole checked log with your card into one FILE for a reviewer."""
    path = _given(folder)
    refuse_existing(out)
    if not CustodianFolder(path).card.exists():
        raise InputError(
            f"{name_of(path)}: not a custodian's folder, so there is no card to export the log with",
            hint="give the reviewer the folder as it is, once the ceremony or session is closed",
        )
    export = _log(path).export(card_at(CustodianFolder(path).card, CustodianCard))
    if _log(path).read().torn:
        say(("the last line is torn: a command was killed while it wrote; it is left out",))
    store_private(out, canonical(export))
    say((f"{export.head.entries} lines; keep a copy: against it a log that was cut off is noticed",))
    click.echo(out)


def _given(folder: Path | None) -> Path:
    if folder is None:
        raise InputError("which log?", hint="give --identity DIR, or to `check` an exported file")
    if not _log(folder).path.exists():
        raise InputError(
            f"{name_of(folder)}: there is no custody log here",
            hint="give the folder with custody-log.jsonl; if it was there before, find out who removed it",
        )
    return folder


def _log(folder: Path) -> CustodyLog:
    return CustodyLog(folder)


def _owner(folder: Path) -> tuple[str, str]:
    """Return the key that signs a folder's log, and whose it is, with the fingerprint to compare.

    A card in a shared folder is anybody's: a ceremony's and a session's log is signed by its one-time key.
    """
    ceremony, session = CeremonyFolder(folder), SessionFolder(folder)
    if ceremony.terms.exists():
        terms = ceremony.read_terms()
        return terms.opener_key, f"custody log of the opener of ceremony {terms.fingerprint}"
    if session.session.exists():
        opened = session.read_session()
        return opened.opener_key, f"custody log of the opener of session {opened.fingerprint}"
    card = card_at(CustodianFolder(folder).card, CustodianCard)
    return card.signing_key, f"custody log of {shown(card.name)}, card {card_fingerprint(card)}"


def _export_at(path: Path) -> CustodyLogExport:
    return read_as(path, read_export, what="exported custody log", limit=MAX_LOG_BYTES)


def _require_owner(export: CustodyLogExport, signing_key: str) -> None:
    if export.card.signing_key != signing_key:
        raise VerificationError(
            "the earlier export is of another custodian's log", hint="give an export of this very log"
        )
