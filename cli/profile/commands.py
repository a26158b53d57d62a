"""``clew profile``: list, show, check and compare encoding profiles; no network and no identity is needed."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from cli.profile.cautions import cautions
from cli.profile.choosing import choose_profile, profile_at
from cli.profile.comparing import differences, side_by_side
from cli.profile.lights import lights, lights_summary
from cli.profile.words import explained
from linkage.measured import measured
from linkage.profile import EncodingProfile
from linkage.profile_schema import profile_schema
from linkage.shipped_profiles import shipped_profiles
from linkage.weak_profiles import is_baseline, labelled_name
from linkage.wire.canonical import canonical

__all__ = ["profile"]

_DIGEST_SHOWN = 12


@click.group()
def profile() -> None:
    """Encoding profiles: list, explain, check and compare them."""


@profile.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_command(*, as_json: bool) -> None:
    """List the profiles that come with this release."""
    shipped = list(shipped_profiles().values())
    if as_json:
        click.echo(json.dumps([_summary(one) for one in shipped], indent=2))
        return
    table = Table("profile", "views", "bytes", "digest", "epoch", "audit lights")
    for column in (table.columns[0], table.columns[3]):
        column.no_wrap = True  # names and digests are there to be copied
    for one in shipped:
        size = f"{len(one.views) * one.view_bytes:,}"
        found = lights_summary(measured(one))
        table.add_row(
            labelled_name(one), str(len(one.views)), size, one.digest[:_DIGEST_SHOWN], _epoch(one), found
        )
    _console().print(table)


def _console() -> Console:
    return Console(file=sys.stdout, highlight=False, soft_wrap=True)


def _epoch(one: EncodingProfile) -> str:
    if is_baseline(one):
        return "never"
    return "if allowed" if one.weak else "yes"


def _summary(one: EncodingProfile) -> dict[str, Any]:
    return {
        "name": one.name,
        "weak": one.weak,
        "baseline": is_baseline(one),
        "views": [view.name for view in one.views],
        "record_bytes": len(one.views) * one.view_bytes,
        "digest": one.digest,
        "lights": lights(measured(one)),
    }


@profile.command("show")
@click.argument("chosen", metavar="NAME|FILE")
@click.option("--json", "as_json", is_flag=True, help="Print the profile itself, in canonical JSON.")
def show_command(chosen: str, *, as_json: bool) -> None:
    """Explain a profile in plain words.

    What is encoded and how, what each view survives, what never leaves, why, what it costs, and what was
    measured of it.  NAME is a shipped profile, FILE one of your own.
    """
    found = choose_profile(chosen)
    if as_json:
        click.echo(canonical(found))
        return
    for line in explained(found):
        click.echo(line)


@profile.command("check")
@click.argument("file", type=click.Path(path_type=Path))
def check_command(file: Path) -> None:
    """Say what is wrong with a profile of your own.

    A FILE that is no profile is refused with the place and the cure.  A valid one is held against what was
    learned about profiles: what leaks, what drowns in noise, what costs.
    """
    found = profile_at(file)
    click.echo(f"{labelled_name(found)}: a valid encoding profile, digest {found.digest}")
    listed = cautions(found)
    for one in listed:
        click.echo(f"warning: {one}")
        click.echo(f"   hint: {one.mend}")
    if not listed:
        click.echo("nothing to warn of; whether it withstands attacks only measuring can tell")


@profile.command("compare")
@click.argument("one", metavar="NAME|FILE")
@click.argument("other", metavar="NAME|FILE")
def compare_command(one: str, other: str) -> None:
    """Compare two profiles: differences in words, costs and audit lights side by side."""
    first, second = choose_profile(one), choose_profile(other)
    click.echo(f"From {labelled_name(first)} to {labelled_name(second)}")
    for line in differences(first, second):
        click.echo(f"  - {line}")
    click.echo("")
    _console().print(side_by_side(first, second))


@profile.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of profiles, for editors and validators."""
    click.echo(json.dumps(profile_schema(), indent=2))
