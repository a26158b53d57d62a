"""``clew agency mapping``: a shipped mapping as text, to look at or to change."""

import click

from cli.sources.mapping import choose_mapping, preset_names

__all__ = ["mapping_command"]


@click.command("mapping")
@click.argument("name", type=click.Choice(preset_names()))
def mapping_command(name: str) -> None:
    """Print a shipped mapping.

    It is TOML: keep it in a file, change it, and give the file to --mapping.
    """
    click.echo(choose_mapping(name), nl=False)
