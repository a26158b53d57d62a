"""A whole source read: what can be encoded, what is in quarantine and why, and where every row went."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.sources.care_spells import SpellFacts, in_period, latest_places, read_care_spells
from cli.sources.children import ChildFacts, Children, read_children, settle_postcodes
from cli.sources.context import Context
from cli.sources.coverage import read_coverage, stated_coverage
from cli.sources.episodes import EpisodeFacts, EpisodeReader
from cli.sources.faults import FaultLog
from cli.sources.fields import check_value_maps
from cli.sources.interviews import InterviewFacts, InterviewReader, LeftOut
from cli.sources.last_year import compare_with_last_year
from cli.sources.mapping import Mapping
from cli.sources.opening import Source
from cli.sources.rules import RULES, compare_rows
from linkage.errors import InputError
from linkage.wire.records import Coverage

__all__ = ["Extract", "read_extract"]


@dataclass(slots=True, repr=False)
class Extract:
    """Everything of one source that can be encoded, under the agency's own references, and the faults."""

    children: list[ChildFacts] = field(default_factory=list)
    care_spells: list[SpellFacts] = field(default_factory=list)
    episodes: list[EpisodeFacts] = field(default_factory=list)
    interviews: list[InterviewFacts] = field(default_factory=list)
    coverage: tuple[Coverage, ...] = ()
    shield_rows_unknown: tuple[int, ...] = ()
    """Rows of the shield list that name no child of this source."""

    log: FaultLog = field(default_factory=FaultLog)


def read_extract(
    path: Path, mapping: Mapping, context: Context, *, stage: Callable[[str], None] = lambda _: None
) -> Extract:
    """Read a source through a mapping.

    ``stage`` is told the name of each table before it is read.  Raises :class:`InputError` for structural
    faults only; a faulty row is counted, recorded in ``log`` and left out.
    """
    if mapping.role is not None and mapping.role != context.role:
        raise InputError(
            f"mapping: {mapping.name} is for {mapping.role} data, this agency's role is {context.role}",
            hint="choose the mapping that fits the source",
        )
    check_value_maps(mapping)
    return _Reading(Source(path, mapping), mapping, context, stage).extract()


class _Reading:
    """One pass over the tables, each resting on those before it."""

    def __init__(
        self, source: Source, mapping: Mapping, context: Context, stage: Callable[[str], None]
    ) -> None:
        self._source = source
        self._mapping = mapping
        self._context = context
        self._stage = stage
        self._log = FaultLog()
        self._episodes_file = ""

    def extract(self) -> Extract:
        self._stage("children")
        children = read_children(
            self._source.children(self._mapping.children), self._mapping, self._context, self._log
        )
        spells = self._spells(children)
        by_child = _grouped(spells)
        settle_postcodes(
            children, {child: latest_places(own, self._context) for child, own in by_child.items()}
        )
        episodes, left = self._episodes(children, by_child)
        interviews = self._interviews(episodes, left)
        self._compare(episodes, by_child)
        self._compare_years(children)
        kept_spells = [spell for spell in spells if in_period(spell, self._context)]
        return Extract(
            children=self._relevant(children, by_child, episodes),
            care_spells=kept_spells,
            episodes=episodes,
            interviews=interviews,
            coverage=self._coverage(),
            shield_rows_unknown=children.not_found,
            log=self._log,
        )

    def _spells(self, children: Children) -> list[SpellFacts]:
        table = self._mapping.care_spells
        sheet = table and self._source.sheet("care_spells", table.file, optional=table.optional)
        if not table or not sheet:
            return []
        self._stage("care_spells")
        return read_care_spells(sheet, table, children, self._mapping, self._context, self._log)

    def _episodes(
        self, children: Children, spells: dict[str, list[SpellFacts]]
    ) -> tuple[list[EpisodeFacts], LeftOut]:
        table = self._mapping.episodes
        sheet = table and self._source.sheet("episodes", table.file, optional=table.optional)
        if not table or not sheet:
            return [], LeftOut()
        self._stage("episodes")
        reader = EpisodeReader(sheet, table, children, spells, self._mapping, self._context, self._log)
        self._episodes_file = sheet.table.file
        return reader.read(), LeftOut(reader.outside, reader.shielded)

    def _interviews(self, episodes: Sequence[EpisodeFacts], left: LeftOut) -> list[InterviewFacts]:
        table = self._mapping.interviews
        sheet = table and self._source.sheet("interviews", table.file, optional=table.optional)
        if not table or not sheet:
            return []
        self._stage("interviews")
        known = {episode.reference: episode for episode in episodes}
        return InterviewReader(sheet, table, known, left, self._mapping, self._context, self._log).read()

    def _compare(self, episodes: Sequence[EpisodeFacts], spells: dict[str, list[SpellFacts]]) -> None:
        groups: dict[str, list[EpisodeFacts]] = defaultdict(list)
        for episode in episodes:
            groups[episode.child].append(episode)
        for child, own in groups.items():
            compare_rows(own, spells.get(child, ()), file=self._episodes_file, log=self._log)

    def _compare_years(self, children: Children) -> None:
        table = self._mapping.episodes
        if self._context.last_year is None:
            return
        sheet = table and self._source.sheet("episodes", table.file, optional=table.optional)
        if not sheet:
            raise InputError(
                "there are no episodes to compare with last year's", hint="leave --last-year out"
            )
        self._stage("last_year")
        compare_with_last_year(
            self._context.last_year,
            sheet,
            self._mapping,
            shielded=children.shielded,
            log=self._log,
            problem=RULES["576"],
        )

    def _relevant(
        self, children: Children, spells: dict[str, list[SpellFacts]], episodes: Sequence[EpisodeFacts]
    ) -> list[ChildFacts]:
        """Leave out children whose care lies wholly outside the period and who have no episode in it.

        An extract often reaches back for years; a snapshot of one period needs nobody else.
        """
        with_episode = {episode.child for episode in episodes}
        tally = self._log.tally("children")
        relevant: list[ChildFacts] = []
        for child in children.kept.values():
            own = spells.get(child.reference, [])
            if (
                child.reference in with_episode
                or not own
                or any(in_period(spell, self._context) for spell in own)
            ):
                relevant.append(child)
            else:
                tally.kept -= 1
                tally.outside += 1
        return relevant

    def _coverage(self) -> tuple[Coverage, ...]:
        table = self._mapping.coverage
        sheet = table and self._source.sheet("coverage", table.file, optional=table.optional)
        if table and sheet:
            self._stage("coverage")
            return read_coverage(sheet, table, self._mapping, self._context, self._log)
        period = self._context.period
        areas = self._context.areas or self._mapping.areas
        if not areas and self._context.role == "council":
            areas = (self._context.agency,)
        return stated_coverage(areas, period, today=self._context.today) if period else ()


def _grouped(spells: Sequence[SpellFacts]) -> dict[str, list[SpellFacts]]:
    groups: dict[str, list[SpellFacts]] = defaultdict(list)
    for spell in spells:
        groups[spell.child].append(spell)
    return dict(groups)
