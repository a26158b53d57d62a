"""Return interviews: offered, outcome, completed, by whom, and why, all as codes."""

from collections.abc import Collection
from collections.abc import Mapping as MappingType
from dataclasses import dataclass

from cli.sources.children import NO_HANDLE
from cli.sources.codes import NO_VALUE, code_key
from cli.sources.columns import KeyReader, Line, Sheet
from cli.sources.context import Context
from cli.sources.dates import local_day
from cli.sources.episodes import EpisodeFacts
from cli.sources.faults import FaultLog, RowFaults
from cli.sources.fields import Fields
from cli.sources.mapping import InterviewTable, Mapping, by_name
from cli.sources.opening import record_misfits
from linkage.wire.canonical import from_builtins
from linkage.wire.records import ReturnInterview

__all__ = ["InterviewFacts", "InterviewReader", "LeftOut"]

_MOMENTS = ("offered_on", "completed", "shared_with_police_on")


@dataclass(frozen=True, slots=True, repr=False)
class InterviewFacts:
    """A return interview as read; ``episode`` is the agency's own reference."""

    episode: str
    row: int
    record: ReturnInterview


@dataclass(frozen=True, slots=True, repr=False)
class LeftOut:
    """References of episodes that stay behind: those outside the period, those of shielded children."""

    outside: Collection[str] = frozenset()
    shielded: Collection[str] = frozenset()


class InterviewReader:
    """Reads one table of return interviews."""

    def __init__(
        self,
        sheet: Sheet,
        table: InterviewTable,
        episodes: MappingType[str, EpisodeFacts],
        left: LeftOut,
        mapping: Mapping,
        context: Context,
        log: FaultLog,
    ) -> None:
        """``left``: episodes that stay behind; their interviews stay with them."""
        self._sheet = sheet
        self._key = KeyReader(sheet, table.episode, entry="episode")
        self._fields = Fields(sheet, by_name(table.fields), mapping, agency=context.agency, moments=_MOMENTS)
        self._episodes = episodes
        self._names = tuple(by_name(table.fields))
        # A row of the episodes' file is an interview only if it says something of one.
        self._shared = mapping.episodes is not None and _same(mapping.episodes.file, table.file)
        self._left = left
        self._today = context.latest
        self._log = log
        self._seen: dict[str, int] = {}

    def read(self) -> list[InterviewFacts]:
        """Read every interview whose episode travels."""
        if not self._shared:
            record_misfits(self._sheet, self._log)
        tally = self._log.tally(self._sheet.name)
        kept: list[InterviewFacts] = []
        for line in self._sheet.lines():
            if self._shared and not self._says_anything(line):
                continue
            tally.read += 1
            reference = self._key.text(line)
            if reference in self._left.outside:
                tally.outside += 1
                continue
            if reference in self._left.shielded:
                tally.shielded += 1
                continue
            interview = self._interview(line, reference)
            if interview is None:
                tally.quarantined += 1
            else:
                tally.kept += 1
                kept.append(interview)
        return kept

    def _says_anything(self, line: Line) -> bool:
        return any(code_key(self._fields.text(name, line)) not in NO_VALUE for name in self._names)

    def _interview(self, line: Line, reference: str) -> InterviewFacts | None:
        number = line.row.number
        faults = RowFaults(self._log, self._sheet.name, self._sheet.table.file, number, reference)
        episode = self._episode(reference, number, faults)
        record = self._record(line, faults)
        if episode is None or record is None:
            return None
        if record.completed is not None and local_day(record.completed) < episode.first:
            label, text = self._fields.label("completed"), self._fields.text("completed", line)
            faults.warn(label, text, "completed before the episode began", "check both dates")
        return InterviewFacts(reference, number, record)

    def _episode(self, reference: str, number: int, faults: RowFaults) -> EpisodeFacts | None:
        label = self._key.label
        if not reference:
            faults.error(label, "", "no episode's reference", "fill in whose interview it is")
            return None
        first = self._seen.setdefault(reference, number)
        if first != number:
            faults.error(label, reference, f"the same episode as row {first}", "keep one row an episode")
            return None
        episode = self._episodes.get(reference)
        if episode is None:
            faults.error(
                label, reference, "its episode is in quarantine or not there", "mend the episode's row first"
            )
        return episode

    def _record(self, line: Line, faults: RowFaults) -> ReturnInterview | None:
        fields = self._fields
        moments = {name: fields.moment(name, line, faults) for name in _MOMENTS}
        for name, moment in moments.items():
            if moment is not None and local_day(moment) > self._today:
                faults.error(fields.label(name), fields.text(name, line), "in the future", "correct the date")
        content = {
            "type": "return-interview",
            "episode": NO_HANDLE,
            "version": 1,
            "offered": fields.truth("offered", line, faults),
            "outcome": fields.code("outcome", line, faults),
            "interviewer": fields.code("interviewer", line, faults),
            "reasons": fields.codes("reasons", line, faults),
            "harms": fields.codes("harms", line, faults),
            **{name: str(moment) if moment else None for name, moment in moments.items()},
        }
        return None if faults.failed else from_builtins(content, ReturnInterview)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
