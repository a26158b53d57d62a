"""What travels in clear: child, care spell, episode, return interview, coverage.

The payload is JSON Lines (docs/spec/bundle-1.md): a header, then one record a line, each with its ``type``.
These types *are* the list of clear fields; a test compares them with the field dictionary in the docs.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar

import msgspec
from msgspec import Struct

from linkage.errors import FormatError, LimitError
from linkage.wire.canonical import canonical, decoder, explain, parse
from linkage.wire.codes import (
    AgeBand,
    AgencyCode,
    AreaCode,
    AreaFlag,
    CareStatus,
    EpisodeKind,
    EthnicityGroup,
    Flag,
    HandleText,
    HarmCode,
    Interviewer,
    LegalStatus,
    Month,
    Outcome,
    PlacementProvider,
    PlacementType,
    ReasonCode,
    RecordVersion,
    Risk,
    Sex,
)
from linkage.wire.limits import MAX_LINE_BYTES, MAX_RECORDS
from linkage.wire.moments import Moment

__all__ = [
    "AnyRecord",
    "CareSpell",
    "Child",
    "Coverage",
    "Episode",
    "Payload",
    "PayloadHeader",
    "Record",
    "ReturnInterview",
    "payload_lines",
    "read_payload",
]


class Record(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", omit_defaults=True):
    """A record of the payload; ``omit_defaults`` keeps unknown values off the wire altogether."""


class Child(Record, frozen=True, kw_only=True, tag="child"):
    """A child as one agency knows them: the handle under which its encodings travel, and coarse facts.

    ``dummy``: made up, as cover for the encodings; no episode is theirs, and nothing may count them.
    """

    handle: HandleText
    version: RecordVersion
    sex: Sex = "U"
    ethnicity: EthnicityGroup = "unknown"
    responsible: AreaCode | None = None
    flags: tuple[Flag, ...] = ()
    dummy: bool = False


class CareSpell(Record, frozen=True, kw_only=True, tag="care-spell"):
    """A time during which a council looked after a child in one placement under one legal status."""

    handle: HandleText
    child: HandleText
    version: RecordVersion
    start: Moment
    end: Moment | None = None
    legal_status: LegalStatus = "unknown"
    placement: PlacementType = "unknown"
    provider: PlacementProvider = "unknown"
    area: AreaFlag = "unknown"
    host: AreaCode | None = None


class Episode(Record, frozen=True, kw_only=True, tag="episode"):
    """One absence as one agency recorded it; an open episode has no end."""

    handle: HandleText
    child: HandleText
    version: RecordVersion
    kind: EpisodeKind
    start: Moment
    end: Moment | None = None
    age_band: AgeBand = "unknown"
    missing_from: CareStatus = "unknown"
    responsible: AreaCode | None = None
    host: AreaCode | None = None
    legal_status: LegalStatus = "unknown"
    placement: PlacementType = "unknown"
    provider: PlacementProvider = "unknown"
    risk_initial: Risk = "unknown"
    risk_highest: Risk = "unknown"
    risk_final: Risk = "unknown"
    flags: tuple[Flag, ...] = ()


class ReturnInterview(Record, frozen=True, kw_only=True, tag="return-interview"):
    """Whether a child was offered and had an interview after an episode, as codes only."""

    episode: HandleText
    version: RecordVersion
    offered: bool | None = None
    offered_on: Moment | None = None
    outcome: Outcome = "unknown"
    completed: Moment | None = None
    interviewer: Interviewer = "unknown"
    reasons: tuple[ReasonCode, ...] = ()
    harms: tuple[HarmCode, ...] = ()
    shared_with_police_on: Moment | None = None


class Coverage(Record, frozen=True, kw_only=True, tag="coverage"):
    """A statement that this agency's snapshot holds every episode of an area that began in a month."""

    area: AreaCode
    month: Month


AnyRecord = Child | CareSpell | Episode | ReturnInterview | Coverage
_DECODER = decoder(AnyRecord)


class PayloadHeader(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first line of a payload part."""

    VERSION: ClassVar[int] = 1
    format: str = "clew-payload"
    version: int = 1
    agency: AgencyCode


class Payload(Struct, frozen=True, kw_only=True):
    """A snapshot's clear content, referentially whole."""

    agency: str
    children: tuple[Child, ...] = ()
    care_spells: tuple[CareSpell, ...] = ()
    episodes: tuple[Episode, ...] = ()
    interviews: tuple[ReturnInterview, ...] = ()
    coverage: tuple[Coverage, ...] = ()

    def counts(self) -> dict[str, int]:
        """Number of records of each kind, as the manifest states them."""
        return {
            "care_spells": len(self.care_spells),
            "children": len(self.children),
            "coverage": len(self.coverage),
            "dummies": sum(child.dummy for child in self.children),
            "episodes": len(self.episodes),
            "interviews": len(self.interviews),
        }


def payload_lines(payload: Payload) -> Iterator[bytes]:
    """Write a payload part line by line, each line in canonical form with its line feed."""
    yield canonical(PayloadHeader(agency=payload.agency)) + b"\n"
    groups: tuple[Iterable[Record], ...] = (
        payload.children,
        payload.care_spells,
        payload.episodes,
        payload.interviews,
        payload.coverage,
    )
    for group in groups:
        for record in group:
            yield canonical(record) + b"\n"


def read_payload(lines: Iterable[bytes]) -> Payload:
    """Read a payload part, checking every record and every reference between records.

    Raises :class:`FormatError` naming the line, or :class:`LimitError`.
    """
    iterator = iter(lines)
    header = parse(next(iterator, b""), PayloadHeader, limit=MAX_LINE_BYTES)
    if header.format != "clew-payload":
        raise FormatError("payload: the first line is not a payload header")
    records = [_read_line(line, number) for number, line in enumerate(iterator, start=2)]
    payload = Payload(
        agency=header.agency,
        children=tuple(r for r in records if isinstance(r, Child)),
        care_spells=tuple(r for r in records if isinstance(r, CareSpell)),
        episodes=tuple(r for r in records if isinstance(r, Episode)),
        interviews=tuple(r for r in records if isinstance(r, ReturnInterview)),
        coverage=tuple(r for r in records if isinstance(r, Coverage)),
    )
    check_references(payload)
    return payload


def _read_line(line: bytes, number: int) -> AnyRecord:
    if len(line) > MAX_LINE_BYTES:
        raise LimitError(f"payload line {number}: longer than {MAX_LINE_BYTES} bytes")
    if number > MAX_RECORDS:
        raise LimitError(f"payload: more than {MAX_RECORDS} records")
    try:
        record: AnyRecord = _DECODER.decode(line)
    except msgspec.ValidationError as error:
        raise FormatError(f"payload line {number}: {explain(error)}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise FormatError(f"payload line {number}: not valid JSON") from None
    return record


def check_references(payload: Payload) -> None:
    """Refuse duplicate handles, references that lead nowhere or to dummies, and ends before starts."""
    children = _unique([c.handle for c in payload.children], "child")
    episodes = _unique([e.handle for e in payload.episodes], "episode")
    _unique([s.handle for s in payload.care_spells], "care spell")
    _unique([i.episode for i in payload.interviews], "return interview for an episode")
    _known([s.child for s in payload.care_spells], children, "care spell", "child")
    _known([e.child for e in payload.episodes], children, "episode", "child")
    dummies = frozenset(child.handle for child in payload.children if child.dummy)
    if dummies.intersection([*(s.child for s in payload.care_spells), *(e.child for e in payload.episodes)]):
        raise FormatError("payload: a dummy has a care spell or an episode", hint="dummies are made up")
    _known([i.episode for i in payload.interviews], episodes, "return interview", "episode")
    if len(frozenset(payload.coverage)) != len(payload.coverage):
        raise FormatError("payload: an area and month is covered twice", hint="each may be stated once")
    _refuse_backwards([(s.start, s.end) for s in payload.care_spells], "care spell")
    _refuse_backwards([(e.start, e.end) for e in payload.episodes], "episode")


def _refuse_backwards(spans: list[tuple[Moment, Moment | None]], what: str) -> None:
    for number, (start, end) in enumerate(spans, start=1):
        if end is not None and _ends_before(start, end):
            raise FormatError(f"payload: {what} {number} ends before it starts")


def _ends_before(start: Moment, end: Moment) -> bool:
    if "day" in (start.precision, end.precision):
        return end.date < start.date
    return end.at < start.at


def _unique(handles: list[str], what: str) -> frozenset[str]:
    found = frozenset(handles)
    if len(found) != len(handles):
        raise FormatError(f"payload: two records are the same {what}", hint="each handle may occur once")
    return found


def _known(references: list[str], known: frozenset[str], what: str, target: str) -> None:
    for number, reference in enumerate(references, start=1):
        if reference not in known:
            raise FormatError(f"payload: {what} {number} refers to a {target} that is not in the payload")
