"""A made-up world as the register worker holds it, its persons those of the truth."""

import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from cli.demo.world_files import write_extract
from cli.sources.context import Context
from cli.sources.extract import read_extract
from cli.sources.mapping import choose_mapping, parse_mapping
from linkage.lab.areas import made_up_areas
from linkage.lab.extracts import Extract
from linkage.lab.world import World
from linkage.register.areas import AreaDirectory
from linkage.register.snapshots import AgencyRecords
from linkage.wire.manifest import Period
from linkage.wire.moments import Moment
from linkage.wire.records import Payload

__all__ = ["MadeUpRegister", "made_up_register"]


@dataclass(frozen=True, slots=True)
class MadeUpRegister:
    """What every agency handed in, who is whom in truth, and which area is where."""

    records: list[AgencyRecords]
    person_of: dict[tuple[str, str], str]
    directory: AreaDirectory
    event_of: dict[tuple[str, str], str]
    """Agency and episode handle to the true absence."""
    handle_of: dict[tuple[str, str], str]
    """Agency and its own reference of a child to the child's handle."""


def made_up_register(world: World) -> MadeUpRegister:
    """Read every agency's extract as the agency's own command reads it, with handles that are numbers."""
    numbers = itertools.count(1)
    records: list[AgencyRecords] = []
    person_of: dict[tuple[str, str], str] = {}
    event_of: dict[tuple[str, str], str] = {}
    handle_of: dict[tuple[str, str], str] = {}
    for extract in world.extracts:
        code = extract.agency.code
        payload, children, episodes = _payload(extract, world, numbers)
        records.append(AgencyRecords(code, extract.agency.role, payload))  # type: ignore[arg-type]
        person_of |= {(code, handle): world.truth.entity_of[code, ref] for ref, handle in children.items()}
        handle_of |= {(code, ref): handle for ref, handle in children.items()}
        event_of |= {(code, handle): world.truth.event_of[code, ref] for ref, handle in episodes.items()}
    directory = AreaDirectory(made_up_areas(extract.agency for extract in world.extracts))
    return MadeUpRegister(records, person_of, directory, event_of, handle_of)


def _payload(
    extract: Extract, world: World, numbers: "itertools.count[int]"
) -> tuple[Payload, dict[str, str], dict[str, str]]:
    """Return a payload, and the handles of its children and episodes by local reference."""

    def handles(references: list[str]) -> dict[str, str]:
        return {reference: f"{next(numbers):032x}" for reference in references}

    first, last = world.period
    role = extract.agency.role
    period = Period(start=Moment.day(first), end=Moment.day(last))
    context = Context(extract.agency.code, role, last, period)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        source = write_extract(extract, Path(folder) / "extract")
        read = read_extract(source, parse_mapping(choose_mapping(f"{role}-csv")), context)
    children = handles([one.reference for one in read.children])
    episodes = handles([one.reference for one in read.episodes])
    spells = handles([one.reference for one in read.care_spells])
    payload = Payload(
        agency=extract.agency.code,
        children=tuple(
            structs.replace(one.record, handle=children[one.reference], version=1) for one in read.children
        ),
        care_spells=tuple(
            structs.replace(one.record, handle=spells[one.reference], child=children[one.child], version=1)
            for one in read.care_spells
        ),
        episodes=tuple(
            structs.replace(one.record, handle=episodes[one.reference], child=children[one.child], version=1)
            for one in read.episodes
        ),
        interviews=tuple(
            structs.replace(one.record, episode=episodes[one.episode], version=1) for one in read.interviews
        ),
        coverage=read.coverage,
    )
    return payload, children, episodes
