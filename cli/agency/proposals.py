"""A proposed mapping as people look at it, and as the text that is kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.sources.mapping import choose_mapping, parse_mapping, preset_names
from cli.sources.mapping_text import mapping_text
from cli.sources.masking import masked
from cli.sources.opening import serves
from cli.sources.proposing import Found, Proposal, Seen
from linkage.errors import InputError
from linkage.wire.codes import Role

__all__ = ["ColumnSeen", "columns_of", "proposed_text", "shipped_for", "tables_of"]


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """One column: what it was taken for, the shape of one value, and how many per cent of it are filled."""

    heading: str
    meanings: tuple[str, ...]
    order: str
    specimen: str
    filled: int


def proposed_text(proposal: Proposal, name: str, role: Role | None) -> str:
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


def shipped_for(source: Path, role: Role | None) -> Iterator[str]:
    """Yield the shipped mappings that find every column that they need in a source."""
    for name in preset_names():
        mapping = parse_mapping(choose_mapping(name))
        if (role is None or mapping.role in (None, role)) and serves(source, mapping):
            yield name


def tables_of(proposal: Proposal) -> list[Seen]:
    """Return the tables that were taken for something."""
    return list({id(found.seen): found.seen for _, found in _named(proposal)}.values())


def columns_of(proposal: Proposal, seen: Seen) -> Iterator[ColumnSeen]:
    """Yield every column of a table with what it was taken for."""
    meanings: dict[int, list[str]] = {}
    orders: dict[int, str] = {}
    for section, found in _named(proposal):
        if found.seen is not seen:
            continue
        for meaning, place in found.columns.items():
            meanings.setdefault(place, []).append(f"{section.replace('_', ' ')} {meaning}")
            if meaning in found.orders:
                orders[place] = found.orders[meaning]
    for place, heading in enumerate(seen.table.header):
        filled = [value for value in seen.values(place) if value]
        yield ColumnSeen(
            heading="".join(character for character in heading if character.isprintable()),
            meanings=tuple(meanings.get(place, ())),
            order=orders.get(place, ""),
            specimen=masked(filled[0]) if filled else "",
            filled=round(100 * len(filled) / max(1, len(seen.table.rows))),
        )


def _named(proposal: Proposal) -> Iterator[tuple[str, Found]]:
    yield from proposal.sections.items()
    if proposal.names is not None:
        yield "names", proposal.names
