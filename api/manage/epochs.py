"""``clew register epoch``: the life of epochs, from adoption to destruction."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy import Connection

from api.clock import utc_now
from api.manage.certificates import write_certificate
from api.manage.options import data_option, given_file, opened_register, say, scrubbed
from api.overview.rotation import ASSUMPTIONS, rotation_view
from api.rotation import ask_destruction, certify, close_epoch, set_deadline
from api.secret_files import read_receipts_key
from api.separation import overlaps
from api.store import epochs
from api.trust import adopt_epoch
from api.unit import read_given, read_unit_card
from linkage.errors import InputError
from linkage.weak_profiles import ALLOW_WEAK_PROFILE, named_by_digest
from linkage.wire.cards import CustodianCard, card_fingerprint, read_card
from linkage.wire.fingerprints import in_words
from linkage.wire.limits import MAX_CARD_BYTES, MAX_MANIFEST_BYTES

__all__ = ["agencies_table", "epoch", "epochs_content", "epochs_table"]


@click.group()
def epoch() -> None:
    """Adopt an epoch, list epochs, close one that was replaced, destroy one that was closed."""


@epoch.command()
@data_option
@click.option("--descriptor", required=True, type=given_file, help="The signed epoch descriptor.")
@click.option(
    "--custodian",
    "custodians",
    multiple=True,
    type=given_file,
    help="A custodian's card (repeat); pinned the first time.",
)
@click.option("--threshold", type=int, help="How many custodians must sign; pinned the first time.")
@click.option(
    "--re-encode-by",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The last day (UTC) on which agencies may encode again, YYYY-MM-DD; older epochs close after it.",
)
@click.option(
    ALLOW_WEAK_PROFILE, is_flag=True, help="Accept a profile whose encodings fall to known attacks."
)
def adopt(
    data: Path,
    descriptor: Path,
    custodians: tuple[Path, ...],
    threshold: int | None,
    re_encode_by: dt.datetime | None,
    *,
    allow_weak_profile: bool,
) -> None:
    """Put an epoch in force that enough of the pinned custodians signed.

    Given again with the epoch in force, it changes nothing but the day for encoding again.
    """
    cards = [read_card(read_given(path, limit=MAX_CARD_BYTES), CustodianCard) for path in custodians]
    content = read_given(descriptor, limit=MAX_MANIFEST_BYTES)
    with opened_register(data) as (folder, database):
        unit = read_unit_card(folder)
        with database.write() as connection:
            adopted, new = adopt_epoch(
                connection,
                unit,
                content,
                custodians=cards,
                threshold=threshold,
                now=utc_now(),
                allow_weak_profile=allow_weak_profile,
            )
            if re_encode_by is not None:
                set_deadline(connection, adopted.epoch, re_encode_by.date(), now=utc_now())
            together = overlaps(connection)
    for found in together:
        say(f"caution: {found.words}; these duties are for two people")
    for card in cards:
        say(f"custodian {card.name}: {card_fingerprint(card)}")
        say(f"  in words: {in_words(card_fingerprint(card))}")
    state = "is in force now" if new else "was in force already"
    profile = named_by_digest(adopted.profile_name, adopted.profile_digest)
    say(f"epoch {adopted.epoch} {state}, open from {adopted.opens} to {adopted.closes}, profile {profile}")
    if re_encode_by is not None:
        say(f"agencies may encode again until {re_encode_by.date().isoformat()} ends (UTC)")


@epoch.command("list")
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def list_(data: Path, *, as_json: bool) -> None:
    """List epochs with their state and records, and how far each agency has encoded again."""
    with opened_register(data) as (_, database), database.read() as connection:
        content = epochs_content(connection)
    if as_json:
        click.echo(json.dumps(content, indent=2))
        return
    console = Console()
    console.print(epochs_table(content))
    console.print(agencies_table(content))


def epochs_content(connection: Connection) -> dict[str, Any]:
    """Return every epoch, and each agency's progress, as JSON values."""
    return {
        "epochs": [
            {
                "epoch": one.name,
                "state": one.state,
                "opens": str(one.descriptor.opens),
                "closes": str(one.descriptor.closes),
                "re_encode_by": one.re_encode_by,
                "closed_at": one.closed_at,
                "destroyed_at": one.destroyed_at,
                "records": one.records,
                "quarantined": one.records if one.closed_at is not None else 0,
            }
            for one in epochs.all_epochs(connection)
        ],
        "agencies": [
            {"agency": one.agency, "re_encoded": one.state, "records": one.re_encoded, "left": one.left}
            for one in epochs.agency_progress(connection)
        ],
    }


def epochs_table(content: dict[str, Any]) -> Table:
    """Lay out the epochs; where the terminal is narrow, names are broken and no date or number is cut."""
    names = ("epoch", "state", "opens,\ncloses", "encode\nagain by", "records", "quarantined")
    columns = [Column(name, overflow="fold", no_wrap=name not in names[:2]) for name in names]
    table = Table(*columns, title="Epochs", title_justify="left")
    for one in content["epochs"]:
        counts = (f"{one['records']:,}", f"{one['quarantined']:,}")
        days = (f"{one['opens']}\n{one['closes']}", one["re_encode_by"] or "none")
        table.add_row(one["epoch"], one["state"], *days, *counts)
    return table


def agencies_table(content: dict[str, Any]) -> Table:
    """Lay out how far each agency has encoded again."""
    table = Table(
        *("agency", "encoded again", "records", "left"),
        title="Records in the epoch in force",
        title_justify="left",
    )
    for one in content["agencies"]:
        table.add_row(one["agency"], one["re_encoded"], f"{one['records']:,}", f"{one['left']:,}")
    return table


@epoch.command()
@data_option
def advice(data: Path) -> None:
    """Say by when to rotate the epoch in force, from the public appeals counted (`clew register appeals`)."""
    with opened_register(data) as (_, database), database.read() as connection:
        view = rotation_view(connection, now=utc_now())
    if view is None:
        raise InputError("no epoch is in force", hint="adopt one with `clew register epoch adopt`")
    click.echo(f"epoch {view.epoch}, {view.profile}: {view.sentence}")
    if view.advice is not None:
        rate = view.advice.rate
        say(f"appeals a month, {rate.basis}: {rate.value:.1f} ({rate.low:.1f} to {rate.high:.1f})")
        for one in ASSUMPTIONS:
            say(one)


@epoch.command()
@data_option
@click.argument("name")
@click.option("--now", "early", is_flag=True, help="Before the day for encoding again has passed.")
def close(data: Path, name: str, *, early: bool) -> None:
    """Close the epoch NAME, which a newer one has replaced: what was not encoded again is quarantined."""
    with opened_register(data) as (_, database), database.write() as connection:
        new = close_epoch(connection, name, early=early, now=utc_now())
        records = next(one.records for one in epochs.all_epochs(connection) if one.name == name)
    state = "is closed now" if new else "was closed already"
    say(f"epoch {name} {state}; {records:,} records are quarantined")


@epoch.command()
@data_option
@click.argument("name")
@click.option("--certificate", required=True, type=given_file, help="The certificate to write.")
def destroy(data: Path, name: str, certificate: Path) -> None:
    """Destroy the closed epoch NAME: the workers erase it; given again, this writes the certificate.

    It cannot be taken back.  Prints where the certificate lies, once there is one.
    """
    with opened_register(data) as (folder, database):
        key = read_receipts_key(folder.receipts_key)
        with database.write() as connection:
            asked = ask_destruction(connection, name, now=utc_now())
        if asked.destroyed_at is not None and asked.certificate is None:
            scrubbed(database)  # before a certificate says that handles are gone, the file must not hold them
        with database.write() as connection:
            body = certify(connection, name, key, now=utc_now())
    if body is None:
        jobs = f"{asked.link_job}, {asked.payload_job} and {asked.encodings_job}"
        say(f"both workers erase epoch {name} now, jobs {jobs}; when they are done, give this command again")
        return
    write_certificate(certificate, body)
    say(f"epoch {name} is destroyed; check the certificate with `clew register certificate check`")
    click.echo(certificate)
