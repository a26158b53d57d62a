"""Episodes: each absence as the agency recorded it, with the placement it was from where that is known."""

import datetime as dt
from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass

from cli.sources.belonging import Belonging, ChildRows
from cli.sources.care_spells import SpellFacts, covering
from cli.sources.children import NO_HANDLE, Children
from cli.sources.codes import NO_VALUE, code_key
from cli.sources.columns import Sheet
from cli.sources.context import Context
from cli.sources.dates import age_band, local_day
from cli.sources.doubts import ADULT, duration_doubts
from cli.sources.faults import FaultLog
from cli.sources.fields import Fields, FlagFields
from cli.sources.mapping import EpisodeTable, Mapping, by_name
from linkage.wire.canonical import from_builtins
from linkage.wire.moments import Moment
from linkage.wire.records import CareSpell, Episode

__all__ = ["EpisodeFacts", "EpisodeReader"]

_SUPPORTED = frozenset({"K3"})
_FROM_SPELL = ("legal_status", "placement", "provider")
_RISKS = ("risk_initial", "risk_highest", "risk_final")


@dataclass(frozen=True, slots=True, repr=False)
class EpisodeFacts:
    """An episode as read, under the agency's own references."""

    reference: str
    child: str
    row: int
    record: Episode

    @property
    def first(self) -> dt.date:
        """The day on which it began."""
        return local_day(self.record.start)

    @property
    def last(self) -> dt.date:
        """The day on which it ended; the end of time while it is open."""
        return local_day(self.record.end) if self.record.end else dt.date.max


class EpisodeReader:
    """Reads one table of episodes."""

    def __init__(
        self,
        sheet: Sheet,
        table: EpisodeTable,
        children: Children,
        spells: MappingType[str, Sequence[SpellFacts]],
        mapping: Mapping,
        context: Context,
        log: FaultLog,
    ) -> None:
        """``spells``: by child's reference, to take placement and legal status from where a row has none."""
        self._rows = ChildRows(
            sheet,
            key=table.key,
            child=table.child,
            children=children,
            log=log,
        )
        self._fields = Fields(
            sheet, by_name(table.fields), mapping, agency=context.agency, moments=("start", "end")
        )
        self._flags = FlagFields(sheet, by_name(table.flags), mapping, agency=context.agency)
        self._spells = spells
        self._context = context
        self._log = log
        self._tally = log.tally(sheet.name)
        self.outside: set[str] = set()
        """References of episodes that lie outside the period."""

    @property
    def shielded(self) -> set[str]:
        """References of episodes of children on the shield list."""
        return self._rows.shielded

    def read(self) -> list[EpisodeFacts]:
        """Read every episode of the children that are not in quarantine; those outside the period go."""
        kept: list[EpisodeFacts] = []
        for row in self._rows:
            episode = self._episode(row)
            if episode is None:
                self._rows.quarantine()
            elif rule := self._rule_outside(episode):
                self._tally.outside += 1
                self._log.outside.setdefault(rule, []).append(episode.row)
                self.outside.add(episode.reference)
            else:
                self._tally.kept += 1
                kept.append(episode)
        return kept

    def _rule_outside(self, episode: EpisodeFacts) -> str:
        """Return the rule by which an episode is outside: begun after the period, or over before it."""
        period = self._context.period
        if period is None:
            return ""
        return "570" if episode.first > period.end.date else "571" if episode.last < period.start.date else ""

    def _episode(self, row: Belonging) -> EpisodeFacts | None:
        start, end = self._times(row)
        kind = self._kind(row)
        if start is not None:
            self._check_times(row, start, end)
        if self._rows.lacks_reference(row) or start is None or row.faults.failed:
            return None
        for problem, cure in duration_doubts(start, end, row.child.born, today=self._context.today):
            name = "end" if end is not None else "start"
            row.faults.warn(self._fields.label(name), self._fields.text(name, row.line), problem, cure)
        content = {**self._content(row, local_day(start)), "kind": kind, **_span(start, end)}
        number = row.line.row.number
        return EpisodeFacts(row.reference, row.child.reference, number, from_builtins(content, Episode))

    def _times(self, row: Belonging) -> tuple[Moment | None, Moment | None]:
        """Read start and end (rules 1004, 1005); a type without a start is rule 564."""
        text = self._fields.text("start", row.line)
        blank = code_key(text) in NO_VALUE
        rule = "564" if blank and self._fields.text("kind", row.line) else "1004"
        start = self._fields.moment("start", row.line, row.faults, rule=rule, required=True)
        return start, self._fields.moment("end", row.line, row.faults, rule="1005")

    def _kind(self, row: Belonging) -> str:
        """Read the type; a start without one is rule 565."""
        kind = self._fields.code("kind", row.line, row.faults)
        if kind == "unknown":
            text = self._fields.text("kind", row.line)
            row.faults.error(
                self._fields.label("kind"),
                text,
                "neither missing (M) nor away (A)" if text else "no type",
                "correct it, or add it to [values.kind] in the mapping"
                if text
                else "give the episode's type",
                rule="" if text or not self._fields.text("start", row.line) else "565",
            )
        return kind

    def _check_times(self, row: Belonging, start: Moment, end: Moment | None) -> None:
        label, text = self._fields.label("end"), self._fields.text("end", row.line)
        if end is not None and _ends_before(start, end):
            row.faults.error(label, text, "ends before it starts", "correct one of them", rule="567")
        if end is not None and local_day(end) > self._context.latest:
            row.faults.error(label, text, "ends in the future", "leave it blank if it is open", rule="571")
        first = local_day(start)
        if first > self._context.latest:
            label, text = self._fields.label("start"), self._fields.text("start", row.line)
            row.faults.error(label, text, "starts in the future", "correct it", rule="570")
        else:
            self._check_age(row, first)

    def _check_age(self, row: Belonging, first: dt.date) -> None:
        born = row.child.born
        label, text = self._fields.label("start"), self._fields.text("start", row.line)
        if born is None:
            return
        if first < born:
            row.faults.error(
                label,
                text,
                "starts before the date of birth",
                "correct the start or the child's date of birth",
                rule="586",
            )
        elif first.year - born.year - ((first.month, first.day) < (born.month, born.day)) >= ADULT:
            row.faults.warn(label, text, "the child was 18 or older", "check the date of birth")

    def _content(self, row: Belonging, day: dt.date) -> dict[str, object]:
        line, faults, fields = row.line, row.faults, self._fields
        content: dict[str, object] = {
            "type": "episode",
            "handle": NO_HANDLE,
            "child": NO_HANDLE,
            "version": 1,
            "age_band": age_band(row.child.born, day),
            "responsible": fields.area("responsible", line, faults) or self._own_council(row),
            "host": fields.area("host", line, faults),
            "flags": self._flags.read(line, faults),
            **{name: fields.code(name, line, faults) for name in (*_FROM_SPELL, "missing_from", *_RISKS)},
        }
        spell = covering(self._spells.get(row.child.reference, ()), day)
        return _completed(content, spell.record) if spell else content

    def _own_council(self, row: Belonging) -> str | None:
        """A council answers for its children; police may leave unsaid who does, and it stays unsaid."""
        return row.child.record.responsible if self._context.role == "council" else None


def _completed(content: dict[str, object], spell: CareSpell) -> dict[str, object]:
    """Fill in what the row does not say from the care spell of that day."""
    filled = {name: getattr(spell, name) for name in _FROM_SPELL if content[name] == "unknown"}
    if content["missing_from"] == "unknown":
        supported = spell.placement in _SUPPORTED
        filled["missing_from"] = "supported-accommodation" if supported else "care"
    return {**content, **filled, "host": content["host"] or spell.host}


def _span(start: Moment, end: Moment | None) -> dict[str, str | None]:
    """Write start and end so that a reader who compares days in UTC finds them in order.

    A day and a time just after that day's midnight in summer would seem reversed: the end is then given as
    its day only.
    """
    if end is not None and end.date < start.date and "day" in (start.precision, end.precision):
        end = Moment.day(local_day(end))
    return {"start": str(start), "end": str(end) if end else None}


def _ends_before(start: Moment, end: Moment) -> bool:
    if "day" in (start.precision, end.precision):
        return local_day(end) < local_day(start)
    return end.at < start.at
