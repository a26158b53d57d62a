"""``clew register config``: whether the settings, and what lies around them, are safe."""

from pathlib import Path

import click

from api.config import parse_settings
from api.folders import open_data_folder
from api.manage.options import data_option, say
from api.unsafe_settings import folder_findings, settings_findings
from linkage.counted import counted
from linkage.errors import InputError

__all__ = ["config"]


@click.group()
def config() -> None:
    """Look after the unit's settings."""


@config.command()
@data_option
def check(data: Path) -> None:
    """Say what is unsafe in unit.toml and around the data folder, and how to mend it.

    Prints weight (fault or caution), place, what is wrong and a hint, separated by tabs.
    """
    folder = open_data_folder(data)
    settings = parse_settings(folder.settings)
    found = [*settings_findings(settings), *folder_findings(folder, settings)]
    for one in found:
        click.echo(str(one))
    faults = sum(one.weight == "fault" for one in found)
    if faults:
        raise InputError(
            f"--data: {faults} of its settings and files are unsafe", hint="mend what is printed as a fault"
        )
    say(f"no faults, {counted(len(found), 'caution')}")
