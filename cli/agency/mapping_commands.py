"""``clew agency mapping``: the shipped mappings as text, and a mapping proposed from a source."""

from collections.abc import Iterator
from pathlib import Path

import click

from cli.agency import options
from cli.agency.outputs import write_output
from cli.agency.proposals import columns_of, proposed_text, shipped_for, tables_of
from cli.agency.saying import say
from cli.agency.workspace import Workspace
from cli.options import FILE
from cli.outputs import spare_inputs, spare_outputs
from cli.sources.mapping import choose_mapping, preset_names
from cli.sources.proposing import Proposal, propose, tables_in, why_unused
from linkage.errors import InputError

__all__ = ["mapping_command"]


@click.group("mapping")
def mapping_command() -> None:
    """Show a shipped mapping, or have one proposed for your own files."""


@mapping_command.command("show")
@click.argument("name", type=click.Choice(preset_names()))
def show_command(name: str) -> None:
    """Print a shipped mapping.

    It is TOML: keep it in a file, change it, and give the file to --mapping.
    """
    click.echo(choose_mapping(name), nl=False)


@mapping_command.command("propose")
@options.source
@options.optional_workspace
@click.option("--save", is_flag=True, help="Keep the mapping in the workspace; check and encode then use it.")
@click.option(
    "--output", type=FILE, metavar="FILE", help="Write the mapping here (TOML), to look at or change."
)
@options.overwrite
@click.option("--name", default="proposed", show_default=True, help="The mapping's name: a-z, 0-9, hyphens.")
def propose_command(
    source: Path,
    workspace: Workspace | None,
    output: Path | None,
    name: str,
    *,
    save: bool,
    overwrite: bool,
) -> None:
    """Propose a mapping for a source, from its headings and values.

    SOURCE is a folder of CSV files or workbooks, or one such file.  Prints what every column was taken for,
    with the shape of one value; writes nothing unless --output or --save says where.
    """
    if save and workspace is None:
        raise click.UsageError("--save needs --workspace, which keeps the mapping")
    role = workspace.require().card().role if workspace is not None else None
    if not source.exists():
        raise InputError(
            f"source {source.name}: there is nothing of that name", hint="name a folder or a file"
        )
    if output is not None:
        spare_outputs([output], overwrite=overwrite)
        spare_inputs([output], [source])
    proposal = propose(tables_in(source))
    for line in _words(proposal):
        click.echo(line)
    for shipped in shipped_for(source, role):
        say(f"the shipped mapping {shipped} has every column that it needs here: --mapping {shipped} may do")
    text = proposed_text(proposal, name, role)
    if output is not None:
        write_output(output, text.encode("utf-8"))
        say(f"{output.name}: look through it, change what is wrong, and give it to --mapping")
    if save and workspace is not None:
        workspace.save_mapping(text)
        say("saved in the workspace: clew agency check uses it now, and says what it makes of the rows")
    if output is None and not save:
        say("nothing was written: --output FILE writes the mapping, --save keeps it in the workspace")


def _words(proposal: Proposal) -> Iterator[str]:
    """Yield every table with what its columns were taken for, and the columns that nothing was found for."""
    for seen in tables_of(proposal):
        yield f"{seen.file}: {len(seen.table.rows):,} rows"
        for one in columns_of(proposal, seen):
            order = f" ({one.order})" if one.order else ""
            what = (", ".join(one.meanings) if one.meanings else "not used") + order
            yield f"  {one.heading[:40]:<32} {what:<48} {one.specimen:<26} {one.filled:>3} % filled"
        yield ""
    for seen in proposal.unused:
        yield f"{seen.file}: {len(seen.table.rows):,} rows, taken for nothing: {why_unused(seen)}"
