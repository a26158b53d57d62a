"""Options that several of the agency's commands share."""

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from cli.agency.shield_choice import ShieldChoice
from cli.agency.workspace import Workspace
from cli.options import FILE
from linkage.weak_profiles import ALLOW_WEAK_PROFILE
from linkage.wire.manifest import Period
from linkage.wire.moments import Moment

__all__ = [
    "allow_empty",
    "allow_weak_profile",
    "allow_withdrawals",
    "areas",
    "bundle_output",
    "fixes",
    "last_year",
    "mapping",
    "optional_workspace",
    "overwrite",
    "period",
    "shield_list",
    "source",
    "unit_url",
    "workspace",
]

Command = TypeVar("Command", bound=Callable[..., Any])

_AREA = re.compile(r"[A-Z0-9]{2,12}")


def _workspace(
    context: click.Context,  # noqa: ARG001
    parameter: click.Parameter,  # noqa: ARG001
    value: Path | None,
) -> Workspace | None:
    if value is None:
        return None
    workspace = Workspace(value)
    if (value / "renewal").is_dir():  # there only while `clew agency renew` works, or after it was stopped
        from cli.agency.settling import settle

        settle(workspace)
    return workspace


def workspace(command: Command) -> Command:
    """Add ``--workspace``: the agency's own folder."""
    return click.option(
        "--workspace",
        type=FILE,
        required=True,
        callback=_workspace,
        metavar="DIR",
        help="The agency's own folder.",
    )(command)


def allow_weak_profile(command: Command) -> Command:
    """Add ``--allow-weak-profile``: nothing is encoded under a weak profile by accident."""
    return click.option(
        ALLOW_WEAK_PROFILE,
        is_flag=True,
        help="Accept an epoch whose profile's encodings fall to known attacks.",
    )(command)


def optional_workspace(command: Command) -> Command:
    """Add ``--workspace`` to a command that has a way of working without one."""
    return click.option(
        "--workspace",
        type=FILE,
        callback=_workspace,
        metavar="DIR",
        help="The agency's own folder.  [required for a bundle]",
    )(command)


def source(command: Command) -> Command:
    """Add ``SOURCE``: the extract to read."""
    return click.argument("source", type=FILE)(command)


def fixes(command: Command) -> Command:
    """Add ``--fixes``: where the fix list goes."""
    return click.option(
        "--fixes",
        type=FILE,
        metavar="FILE",
        help="Write the fix list here (.csv, or .xlsx with the rules and values); it stays with you.",
    )(command)


def shield_list(command: Command) -> Command:
    """Add ``--shield-list`` and ``--no-shield-list``; the command gets ``shielding``."""

    @functools.wraps(command)
    def shielding(*arguments: Any, shield_list: Path | None, no_shield_list: bool, **given: Any) -> Any:
        return command(*arguments, shielding=ShieldChoice(shield_list, no_shield_list), **given)

    for add in (
        click.option(
            "--no-shield-list",
            is_flag=True,
            help="There is no shield list any more, though the last encoding had one.",
        ),
        click.option(
            "--shield-list",
            type=FILE,
            metavar="FILE",
            help="Leave the children whose references this file lists out, with all their rows.",
        ),
    ):
        shielding = add(shielding)
    return cast("Command", shielding)


def last_year(command: Command) -> Command:
    """Add ``--last-year``: rule 576 compares two files."""
    return click.option(
        "--last-year",
        type=FILE,
        metavar="SOURCE",
        help="Compare with last year's source, or its table of episodes alone (rule 576).",
    )(command)


def bundle_output(command: Command) -> Command:
    """Add ``--output``: the bundle."""
    return click.option(
        "--output", type=FILE, required=True, metavar="FILE", help="The sealed bundle (.clew) to write."
    )(command)


def overwrite(command: Command) -> Command:
    """Add ``--overwrite``: a bundle that is there may not have been submitted yet."""
    return click.option("--overwrite", is_flag=True, help="Replace an output that is there.")(command)


def allow_empty(command: Command) -> Command:
    """Add ``--allow-empty``: nothing is withdrawn by an extract that is empty by mistake."""
    return click.option(
        "--allow-empty", is_flag=True, help="Let a snapshot without children withdraw everything."
    )(command)


def allow_withdrawals(command: Command) -> Command:
    """Add ``--allow-withdrawals``: nor by one that is cut short."""
    return click.option(
        "--allow-withdrawals", is_flag=True, help="Let more than a fifth of the records be withdrawn."
    )(command)


def mapping(command: Command) -> Command:
    """Add ``--mapping``; without it the one saved in the workspace is used."""
    return click.option(
        "--mapping",
        metavar="NAME|FILE",
        help="A shipped mapping or a TOML file; it is saved.  [default: the one saved in the workspace]",
    )(command)


def unit_url(command: Command) -> Command:
    """Add ``--url``: where the linkage unit is."""
    return click.option("--url", required=True, help="The linkage unit's address, https://…")(command)


def _period(context: click.Context, parameter: click.Parameter, value: str | None) -> Period | None:  # noqa: ARG001
    if value is None:
        return None
    start, _, end = value.partition("..")
    written = "a period is written 2024-04-01..2025-03-31, its first and its last day"
    try:
        first, last = Moment.parse(start), Moment.parse(end)
        if first.precision == last.precision == "day" and last.date < first.date:
            raise click.BadParameter(f"the last day is before the first; {written}")
        return Period(start=first, end=last)
    except ValueError:
        raise click.BadParameter(written) from None


def period(*, required: bool) -> Callable[[Command], Command]:
    """Add ``--period``: the days that the snapshot covers."""
    return click.option(
        "--period",
        required=required,
        callback=_period,
        metavar="FROM..TO",
        help="First and last day that the snapshot covers, as 2024-04-01..2025-03-31.",
    )


def _areas(
    context: click.Context,  # noqa: ARG001
    parameter: click.Parameter,  # noqa: ARG001
    value: tuple[str, ...],
) -> tuple[str, ...]:
    for code in value:
        if not _AREA.fullmatch(code):
            raise click.BadParameter("an area is the code of a council: 2 to 12 capital letters and digits")
    return value


def areas(command: Command) -> Command:
    """Add ``--area``: which areas the extract holds whole, for sources without a coverage table."""
    return click.option(
        "--area",
        "areas",
        multiple=True,
        callback=_areas,
        metavar="CODE",
        help="An area that the source covers whole, unless it has a coverage table.  Repeatable.  "
        "[default: a council's own]",
    )(command)
