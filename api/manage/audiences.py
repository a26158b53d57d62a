"""``clew register audience`` and ``pseudonym``: who gets which pseudonyms, and old ones beside new ones."""

import csv
import io
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import cast, get_args

import click
from sqlalchemy import Connection

from api.audiences import (
    OPERATOR,
    add_audience,
    destroy_keys,
    in_use,
    rotate_audience,
    writer_of,
)
from api.clock import stamp, utc_now
from api.folders import DataFolder
from api.manage.certificates import write_certificate
from api.manage.options import data_option, given_file, opened_register, say
from api.pseudonyms import Pseudonymiser, generation_of, translated
from api.secret_files import read_receipts_key
from api.store import audiences, ledger
from api.store.audiences import AudienceKey
from api.store.bodies import write_whole
from api.unit import read_given
from linkage.errors import ClewError, FormatError, InputError
from linkage.wire.ledger import EntryKind, Fact
from linkage.wire.pseudonyms import AudienceKind, read_pseudonym, write_pseudonym

__all__ = ["audience", "audience_option", "pseudonym"]

_MAX_LIST_BYTES = 256 * 1024 * 1024

audience_option = click.option(
    "--audience",
    "name",
    default=OPERATOR,
    show_default=True,
    metavar="NAME",
    help="Whose pseudonyms they are.",
)

_certificate = click.option("--certificate", required=True, type=given_file, help="The certificate to write.")


@click.group()
def audience() -> None:
    """Give audiences pseudonyms of their own, rotate their keys, and end them."""


@audience.command()
@data_option
@click.argument("name")
@click.option(
    "--kind",
    required=True,
    type=click.Choice(get_args(AudienceKind)),
    help="What kind of audience it is; every pseudonym names it.",
)
def add(data: Path, name: str, kind: str) -> None:
    """Make the audience NAME, with a random key of its own in secrets/audiences/."""
    with opened_register(data) as (folder, database), database.write() as connection:
        add_audience(folder, connection, name, cast("AudienceKind", kind), now=utc_now())
    say(f"audience {name} is there now; its key lies in secrets/audiences/ and is in no backup yet")


@audience.command("list")
@data_option
def list_(data: Path) -> None:
    """List audiences: name, kind, state, and each generation of the key with its state and day."""
    with opened_register(data) as (_, database), database.read() as connection:
        for one in audiences.all_audiences(connection):
            keys = ", ".join(map(_key_words, audiences.keys_of(connection, one.name)))
            click.echo("\t".join((one.name, one.kind, "retired" if one.retired else "served", keys)))


def _key_words(key: AudienceKey) -> str:
    since = key.destroyed_at or key.replaced_at or key.made_at
    return f"{key.generation} {key.state} since {since[:10]}"


@audience.command()
@data_option
@click.argument("name")
def rotate(data: Path, name: str) -> None:
    """Put a new key of the audience NAME in use; the old one is retained for translating until destroyed."""
    with opened_register(data) as (folder, database), database.write() as connection:
        generation = rotate_audience(folder, connection, name, now=utc_now())
    say(f"audience {name} gets pseudonyms of generation {generation} from now on")
    say("translate what it holds with `clew register pseudonym translate`, then destroy the old key")


@audience.command()
@data_option
@click.argument("name")
@click.option("--generation", required=True, type=int, help="The generation whose key goes.")
@_certificate
def destroy(data: Path, name: str, generation: int, certificate: Path) -> None:
    """Destroy a replaced key of the audience NAME; it cannot be taken back.

    Nobody can translate or open its pseudonyms after that.  Given again, this writes the same certificate.
    """
    _destroy(data, name, generation, certificate)
    say(f"audience {name}: the key of generation {generation} is destroyed; your backups are yours to erase")
    click.echo(certificate)


@audience.command()
@data_option
@click.argument("name")
@_certificate
def retire(data: Path, name: str, certificate: Path) -> None:
    """End the audience NAME and destroy all its keys; it cannot be taken back, and the name stays taken."""
    _destroy(data, name, None, certificate)
    say(f"audience {name} is retired and its keys are destroyed; your backups are yours to erase")
    click.echo(certificate)


def _destroy(data: Path, name: str, generation: int | None, certificate: Path) -> None:
    with opened_register(data) as (folder, database):
        signer = read_receipts_key(folder.receipts_key)
        with database.write() as connection:
            body = destroy_keys(folder, connection, name, generation, signer=signer, now=utc_now())
    write_certificate(certificate, body)


@click.group()
def pseudonym() -> None:
    """Check pseudonyms that somebody typed, or translate them after a rotation."""


@pseudonym.command()
@click.argument("text")
def check(text: str) -> None:
    """Say whether TEXT is written as a pseudonym is, and print it in groups of four; no unit is needed."""
    found = read_pseudonym(text)
    say(f"for an audience of kind {found.kind}, generation {found.generation}; its check characters agree")
    say("whether there is such a person, only the unit can tell")
    click.echo(write_pseudonym(found))


@pseudonym.command()
@data_option
@audience_option
@click.option(
    "--input",
    "given",
    required=True,
    type=given_file,
    help="Old pseudonyms, one a line; a list of `persons` too.",
)
@click.option("--output", required=True, type=given_file, help="The CSV to write: old, new.")
def translate(data: Path, name: str, given: Path, output: Path) -> None:
    """Write the present pseudonym beside every old one, while the key of the old ones is retained.

    All of them must be this audience's, of one or several generations; none is written if one is not.
    """
    texts = _lines(given)
    with opened_register(data) as (folder, database), database.write() as connection:
        translation = _Translation(folder, connection, name)
        rows = [translation.row(given, number, text) for number, text in texts]
        facts: dict[str, Fact] = {"what": "translation", "audience": name, "pseudonyms": len(rows)}
        ledger.append(connection, EntryKind.SENSITIVE_READ, facts, now=stamp(utc_now()))
    content = io.StringIO(newline="")
    writer = csv.writer(content, lineterminator="\r\n")
    writer.writerow(("old", "new"))
    writer.writerows(rows)
    with write_whole(output, mode=0o600) as descriptor, open(descriptor, "wb", closefd=False) as stream:
        stream.write(content.getvalue().encode())
    say(f"{len(rows):,} pseudonyms translated; the list joins old and new: give it to nobody else")


class _Translation:
    """Tables from old pseudonyms to the present ones, one for each generation that comes up."""

    def __init__(self, folder: DataFolder, connection: Connection, name: str) -> None:
        self._new = in_use(folder, connection, name)
        self._persons = audiences.all_persons(connection)
        self._find = partial(writer_of, folder, connection, name)
        self._tables: dict[int, tuple[Pseudonymiser, Mapping[str, str]]] = {}

    def row(self, path: Path, line: int, text: str) -> tuple[str, str]:
        """Return a pseudonym as it should be written, and the new one; an error names the line alone."""
        try:
            generation = generation_of(text)
            if generation not in self._tables:
                old = self._find(text)
                self._tables[generation] = old, translated(self._persons, old, self._new)
            old, table = self._tables[generation]
            normal = old.normal(text)
        except ClewError as error:
            raise InputError(f"{path.name}, line {line}: {error.message}", hint=error.hint) from None
        if normal not in table:
            raise InputError(
                f"{path.name}, line {line}: no person of the register has this pseudonym",
                hint="check that --audience names the audience it came from",
            )
        return normal, table[normal]


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        text = read_given(path, limit=_MAX_LIST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError(f"{path.name}: not text", hint="one pseudonym a line, in UTF-8") from None
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    if lines and lines[0][1] == "pseudonym":  # the list that `persons` wrote for an audience
        del lines[0]
    return [(number, line) for number, line in lines if line]
