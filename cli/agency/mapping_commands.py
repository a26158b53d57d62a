"""``clew agency mapping``: the shipped mappings as text, and a mapping proposed from a source."""

from collections.abc import Iterator
from pathlib import Path

import click

from cli.agency import options
from cli.agency.outputs import write_output
from cli.agency.saying import say
from cli.agency.workspace import Workspace
from cli.options import FILE
from cli.outputs import spare_inputs, spare_outputs
from cli.sources.mapping import choose_mapping, parse_mapping, preset_names
from cli.sources.mapping_text import mapping_text
from cli.sources.masking import masked
from cli.sources.opening import serves
from cli.sources.proposing import Found, Proposal, Seen, propose, tables_in
from linkage.errors import InputError
from linkage.wire.codes import Role

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
    _remark_on_shipped(source, role)
    text = _text(proposal, name, role)
    if output is not None:
        write_output(output, text.encode("utf-8"))
        say(f"{output.name}: look through it, change what is wrong, and give it to --mapping")
    if save and workspace is not None:
        workspace.save_mapping(text)
        say("saved in the workspace: clew agency check uses it now, and says what it makes of the rows")
    if output is None and not save:
        say("nothing was written: --output FILE writes the mapping, --save keeps it in the workspace")


def _text(proposal: Proposal, name: str, role: Role | None) -> str:
    """Return the mapping; raises :class:`InputError` if one cannot be made of what was found."""
    missing = proposal.missing()
    if missing:
        raise InputError(
            f"no mapping can be made: nothing was found for {'; '.join(missing)}",
            hint="give the columns plain headings, such as child id, date of birth, start, end; or write a "
            "mapping of your own after one of clew agency mapping show",
        )
    text = mapping_text(proposal, name=name, role=role)
    parse_mapping(text)
    return text


def _remark_on_shipped(source: Path, role: Role | None) -> None:
    for name in preset_names():
        mapping = parse_mapping(choose_mapping(name))
        if (role is None or mapping.role in (None, role)) and serves(source, mapping):
            say(f"the shipped mapping {name} has every column that it needs here: --mapping {name} may do")


def _words(proposal: Proposal) -> Iterator[str]:
    """Yield every table with what its columns were taken for, and the columns that nothing was found for."""
    seen: dict[int, Seen] = {}
    meanings: dict[int, dict[int, list[str]]] = {}
    orders: dict[int, dict[int, str]] = {}
    named: list[tuple[str, Found]] = [*proposal.sections.items()]
    if proposal.names is not None:
        named.append(("names", proposal.names))
    for section, found in named:
        seen[id(found.seen)] = found.seen
        for meaning, place in found.columns.items():
            said = f"{section.replace('_', ' ')} {meaning}"
            meanings.setdefault(id(found.seen), {}).setdefault(place, []).append(said)
            if meaning in found.orders:
                orders.setdefault(id(found.seen), {})[place] = found.orders[meaning]
    for key, one in seen.items():
        yield f"{one.file}: {len(one.table.rows):,} rows"
        for place, heading in enumerate(one.table.header):
            order = orders.get(key, {}).get(place, "")
            yield _column(one, place, heading, meanings[key].get(place, []), order)
        yield ""
    for one in proposal.unused:
        yield f"{one.file}: {len(one.table.rows):,} rows, taken for nothing"


def _column(seen: Seen, place: int, heading: str, meanings: list[str], order: str) -> str:
    filled = [value for value in seen.values(place) if value]
    share = round(100 * len(filled) / max(1, len(seen.table.rows)))
    specimen = masked(filled[0]) if filled else ""
    what = ", ".join(meanings) if meanings else "not used"
    shown = "".join(character for character in heading if character.isprintable())[:40]
    return f"  {shown:<32} {what + (f' ({order})' if order else ''):<48} {specimen:<26} {share:>3} % filled"
