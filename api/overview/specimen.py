"""What left an agency, as a specimen: form, counts and sizes of its last submission, and made-up values.

Form and limits come from the wire types themselves, so that the page cannot say less than what may travel.
Values are made up and written by the same writer that agencies have; the console could not read a record if
it wanted to: both parts are sealed to keys that it does not hold.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct, inspect
from sqlalchemy import Connection, select

from api.overview.agencies import agency_views
from api.store import schema
from linkage.errors import ProfileError
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profiles
from linkage.wire.canonical import canonical
from linkage.wire.encodings import EXACT_BYTES, EncodingsHeader
from linkage.wire.manifest import Counts, Manifest, read_manifest
from linkage.wire.moments import Moment
from linkage.wire.records import CareSpell, Child, Coverage, Episode, Record, ReturnInterview

__all__ = [
    "ClearField",
    "ClearRecord",
    "Left",
    "RowField",
    "clear_records",
    "left_by",
    "row_bytes",
    "row_fields",
]

_ROW_HEAD: Final = (("handle", 16), ("variant", 1), ("tier", 1), ("present", 4))
"""Fields before the views, with their bytes (docs/spec/bundle-1.md, section 4)."""

_HEAD_WORDS: Final = {
    "handle": "random number of the record, the same in the payload",
    "variant": "0 for the principal names, then one for each other name or row of padding",
    "tier": "0, or 1 where the date of birth is uncertain",
    "present": "which views the row has, a bit for each",
}

_CHILD, _EPISODE, _SPELL = (hashlib.sha256(f"specimen {one}".encode()).hexdigest()[:32] for one in "ces")

_MADE_UP: Final[tuple[Record, ...]] = (
    Child(handle=_CHILD, version=3, sex="F", ethnicity="mixed", responsible="X99", flags=("cse", "repeat")),
    CareSpell(
        handle=_SPELL,
        child=_CHILD,
        version=1,
        start=Moment.parse("2000-01-03"),
        end=Moment.parse("2000-06-30"),
        legal_status="C2",
        placement="K2",
        provider="PR1",
        area="out",
        host="X98",
    ),
    Episode(
        handle=_EPISODE,
        child=_CHILD,
        version=2,
        kind="missing",
        start=Moment.parse("2000-02-01T21:30Z"),
        end=Moment.parse("2000-02-02T06:10Z"),
        age_band="10-15",
        missing_from="care",
        responsible="X99",
        host="X98",
        legal_status="C2",
        placement="K2",
        provider="PR1",
        risk_initial="medium",
        risk_highest="high",
        risk_final="medium",
        flags=("cse",),
    ),
    ReturnInterview(
        episode=_EPISODE,
        version=1,
        offered=True,
        offered_on=Moment.parse("2000-02-02"),
        outcome="accepted",
        completed=Moment.parse("2000-02-04"),
        interviewer="independent",
        reasons=("friends",),
        harms=("none",),
        shared_with_police_on=Moment.parse("2000-02-05"),
    ),
    Coverage(area="X99", month="2000-02"),
)
"""Every field of every record once, with values that no agency could send: its area is nobody's."""


@dataclass(frozen=True, slots=True)
class ClearField:
    """One field of the payload: what it may hold, and whether it must be there."""

    name: str
    may_hold: str
    default: str


@dataclass(frozen=True, slots=True)
class ClearRecord:
    """One kind of record of the payload; ``count``: how many there were; ``line``: a made-up one."""

    name: str
    count: int
    fields: Sequence[ClearField]
    line: str


@dataclass(frozen=True, slots=True)
class RowField:
    """One field of an encoding row: where it begins, its bytes, what it is, and a made-up value."""

    name: str
    start: int
    size: int
    words: str
    made_up: str


@dataclass(frozen=True, slots=True)
class Left:
    """What an agency's last accepted submission was made of; ``received`` when the unit had all of it.

    ``profile`` None: no release's profile has that digest, so that the shape of a row is not known here.
    ``row_bytes``: of one encoding row; ``head_bytes``: of the line before them; ``as_computed``: whether both
    make exactly the bytes that the manifest states, so that there was room for nothing else.
    """

    submission: str
    manifest: Manifest
    received: str | None
    profile: str | None
    row: Sequence[RowField]
    row_bytes: int
    head_bytes: int
    as_computed: bool
    header: str
    records: Sequence[ClearRecord]


def left_by(connection: Connection, agency: str) -> Left | None:
    """Return what the last accepted submission of an agency was made of, or None if it has none."""
    row = next((one.accepted for one in agency_views(connection, agency)), None)
    if row is None:
        return None
    table = schema.submissions
    text = connection.scalar(select(table.c.manifest).where(table.c.id == row.id)) or ""
    manifest = read_manifest(text.encode())
    profile = _profile_of(manifest.profile_digest)
    header = b"" if profile is None else canonical(_header(manifest, profile)) + b"\n"
    fields = [] if profile is None else list(row_fields(profile))
    width = sum(one.size for one in fields)
    return Left(
        submission=row.id,
        manifest=manifest,
        received=row.committed_at,
        profile=None if profile is None else profile.name,
        row=fields,
        row_bytes=width,
        head_bytes=len(header),
        as_computed=manifest.part("encodings").size == len(header) + width * manifest.counts.rows,
        header=header.decode().strip(),
        records=list(clear_records(manifest.counts)),
    )


def _profile_of(digest: str) -> EncodingProfile | None:
    try:
        return next((one for one in shipped_profiles().values() if one.digest == digest), None)
    except ProfileError:
        return None


def _header(manifest: Manifest, profile: EncodingProfile) -> EncodingsHeader:
    return EncodingsHeader(
        agency=manifest.agency,
        profile_digest=manifest.profile_digest,
        rows=manifest.counts.rows,
        views=len(profile.views),
        view_bytes=profile.view_bytes,
        exact=profile.exact,
    )


def row_bytes(profile: EncodingProfile) -> int:
    """Return how many bytes one row of encodings has."""
    return sum(one.size for one in row_fields(profile))


def row_fields(profile: EncodingProfile) -> Iterator[RowField]:
    """Yield the fields of one row of encodings in order, with made-up values."""
    start = 0
    made_up = {"handle": _CHILD, "variant": "00", "tier": "00"}
    made_up["present"] = ((1 << len(profile.views)) - 1).to_bytes(4, "little").hex()
    for name, size in _ROW_HEAD:
        yield RowField(name, start, size, _HEAD_WORDS[name], made_up[name])
        start += size
    for view in profile.views:
        salt = ", ".join(view.salt) or "nothing"
        words = f"filter of the view, salted by {salt}: bits, and nothing that reads as text"
        yield RowField(view.name, start, profile.view_bytes, words, _noise(view.name, profile.view_bytes))
        start += profile.view_bytes
    for kind in profile.exact:
        yield RowField(kind, start, EXACT_BYTES, "keyed token of the number", _noise(kind, EXACT_BYTES))
        start += EXACT_BYTES


def _noise(name: str, size: int) -> str:
    """Make up the first bytes of something that looks like bits drawn at random."""
    shown = hashlib.sha256(f"specimen {name}".encode()).hexdigest()[: 2 * min(size, 12)]
    return shown if size <= len(shown) // 2 else f"{shown} …"


def clear_records(counts: Counts) -> Iterator[ClearRecord]:
    """Yield every kind of record of the payload with what each field may hold; ``counts``: how many."""
    each = (counts.children, counts.care_spells, counts.episodes, counts.interviews, counts.coverage)
    for one, count in zip(_MADE_UP, each, strict=True):
        name = str(type(one).__struct_config__.tag)
        yield ClearRecord(name, count, list(_clear_fields(type(one))), canonical(one).decode())


def _clear_fields(kind: type[Struct]) -> Iterator[ClearField]:
    hints = get_type_hints(kind)
    for one in cast("inspect.StructType", inspect.type_info(kind)).fields:
        order = list(_literals(hints[one.name]))
        yield ClearField(one.encode_name, _may_hold(one.type, order), _default(one))


def _literals(hint: object) -> Iterator[object]:
    """Yield the literals of a hint in the order in which they are written, which msgspec forgets."""
    for one in get_args(hint):
        if get_origin(hint) is Literal:
            yield one
        else:
            yield from _literals(one)


def _default(one: inspect.Field) -> str:
    if one.required:
        return "must be there"
    value = one.default
    if value is msgspec.NODEFAULT or value in (None, (), False):
        return "left out if not known" if value is not False else "left out if false"
    return f"left out if {value}"


_PATTERNS: Final = {
    r"^[0-9a-f]{32}\Z": "record handle: 32 random hex digits",
    r"^[A-Z0-9]{2,12}\Z": "code of a council’s area",
    r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])\Z": "month",
    r"^([A-Z][0-9]{1,2}|unknown)\Z": "placement code: a letter and one or two digits, or unknown",
}


def _may_hold(one: inspect.Type, order: Sequence[object]) -> str:
    """Say what values a type lets by; raises ``TypeError`` for one that nobody has put in words."""
    if isinstance(one, inspect.LiteralType):
        return ", ".join(str(value) for value in sorted(one.values, key=order.index))
    if isinstance(one, inspect.StrType) and one.pattern in _PATTERNS:
        return _PATTERNS[one.pattern]
    if isinstance(one, inspect.IntType):
        return "a number from 1"
    if isinstance(one, inspect.BoolType):
        return "true or false"
    if isinstance(one, inspect.CustomType) and one.cls is Moment:
        return "day, or day and minute"
    if isinstance(one, inspect.VarTupleType):
        return f"list of: {_may_hold(one.item_type, order)}"
    if isinstance(one, inspect.UnionType):
        known: list[Any] = [each for each in one.types if not isinstance(each, inspect.NoneType)]
        return " or ".join(_may_hold(each, order) for each in known)
    raise TypeError(f"a clear field of a type without words: {one}")
