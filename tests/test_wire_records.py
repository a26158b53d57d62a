"""The payload holds the clear fields and no others, and reads back as written or says where it is wrong."""

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import FormatError, LimitError, VersionError
from linkage.wire.codes import AgeBand, EpisodeKind, EthnicityGroup, LegalStatus, Sex
from linkage.wire.limits import MAX_LINE_BYTES
from linkage.wire.moments import Moment
from linkage.wire.records import (
    CareSpell,
    Child,
    Coverage,
    Episode,
    Payload,
    ReturnInterview,
    payload_lines,
    read_payload,
)

CHILD = "0" * 31 + "1"
SPELL = "0" * 31 + "2"
EPISODE = "0" * 31 + "3"

_days = st.dates(dt.date(1990, 1, 1), dt.date(2040, 1, 1)).map(Moment.day)
_minutes = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2040, 1, 1), timezones=st.just(dt.UTC)).map(
    Moment.minute
)
_moments = _days | _minutes


def _choice(literal: object) -> st.SearchStrategy[str]:
    return st.sampled_from(list(literal.__args__))  # type: ignore[attr-defined]


@st.composite
def payloads(draw: st.DrawFn) -> Payload:
    handles = draw(st.lists(st.binary(min_size=16, max_size=16), unique=True, max_size=6))
    texts = [h.hex() for h in handles]
    children = tuple(
        Child(
            handle=h,
            version=draw(st.integers(1, 9)),
            sex=draw(_choice(Sex)),
            ethnicity=draw(_choice(EthnicityGroup)),
        )
        for h in texts
    )
    spells, episodes = [], []
    for h in texts:
        start = draw(_days)
        end = draw(
            st.none() | st.integers(0, 900).map(lambda n, s=start: Moment.day(s.date + dt.timedelta(n)))
        )
        spells.append(
            CareSpell(
                handle=h[::-1],
                child=h,
                version=1,
                start=start,
                end=end,
                legal_status=draw(_choice(LegalStatus)),
            )
        )
        episodes.append(
            Episode(
                handle=h,
                child=h,
                version=1,
                kind=draw(_choice(EpisodeKind)),
                start=draw(_moments),
                age_band=draw(_choice(AgeBand)),
            )
        )
    interviews = tuple(
        ReturnInterview(episode=h, version=1, offered=draw(st.none() | st.booleans())) for h in texts
    )
    coverage = (Coverage(area="E06000001", month="2025-02"),)
    unique = {s.handle: s for s in spells}
    return Payload(
        agency="E06000001",
        children=children,
        care_spells=tuple(unique.values()),
        episodes=tuple(episodes),
        interviews=interviews,
        coverage=coverage,
    )


@given(payloads())
def test_what_is_written_is_read(payload: Payload) -> None:
    assert read_payload(payload_lines(payload)) == payload


@given(_moments)
def test_moments_keep_their_precision(moment: Moment) -> None:
    assert Moment.parse(str(moment)) == moment


@pytest.mark.parametrize(
    "text", ["", "1 Jan 2025", "2025-02-30", "2025-02-03T25:00Z", "2025-02-03T10:00", "2025-2-3"]
)
def test_what_is_no_moment_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="a moment is written") as caught:
        Moment.parse(text)
    assert not text or text not in str(caught.value)


def _lines(*records: bytes) -> list[bytes]:
    return [next(iter(payload_lines(Payload(agency="E06000001")))), *records]


def _child(**more: object) -> bytes:
    return msgspec.json.encode({"type": "child", "handle": CHILD, "version": 1, **more})


@pytest.mark.parametrize(
    "record",
    [
        _child(name="Ann Example"),
        _child(date_of_birth="2012-03-04"),
        _child(postcode="AB1 2CD"),
        _child(sex="Female"),
        _child(ethnicity="WBRI"),
        msgspec.json.encode({"type": "child", "handle": "case 4711", "version": 1}),
        msgspec.json.encode({"type": "note", "text": "seen at the station"}),
        b"not json",
    ],
)
def test_fields_that_are_not_clear_fields_are_refused_without_repeating_them(record: bytes) -> None:
    with pytest.raises(FormatError) as caught:
        read_payload(_lines(record))
    message = str(caught.value)
    assert "line 2" in message
    for value in ("Ann", "2012", "AB1", "Female", "WBRI", "4711", "station"):
        assert value not in message


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(VersionError):
        read_payload([b'{"agency":"E06000001","format":"clew-payload","version":2}\n'])


def test_a_line_beyond_the_limit_is_refused() -> None:
    with pytest.raises(LimitError):
        read_payload(_lines(b'{"type":"child","handle":"' + b"0" * MAX_LINE_BYTES + b'"}'))


def _payload(**parts: object) -> Payload:
    base: dict[str, object] = {"agency": "E06000001", "children": (Child(handle=CHILD, version=1),)}
    return Payload(**(base | parts))  # type: ignore[arg-type]


def _episode(start: str, end: str | None, child: str = CHILD) -> Episode:
    return Episode(
        handle=EPISODE,
        child=child,
        version=1,
        kind="missing",
        start=Moment.parse(start),
        end=None if end is None else Moment.parse(end),
    )


@pytest.mark.parametrize(
    "payload",
    [
        _payload(children=(Child(handle=CHILD, version=1), Child(handle=CHILD, version=2))),
        _payload(episodes=(_episode("2025-01-02", None, child=SPELL),)),
        _payload(episodes=(_episode("2025-01-02", "2025-01-01"),)),
        _payload(episodes=(_episode("2025-01-02T10:00Z", "2025-01-02T09:59Z"),)),
        _payload(episodes=(_episode("2025-01-02", None), _episode("2025-02-02", None))),
        _payload(interviews=(ReturnInterview(episode=EPISODE, version=1),)),
    ],
    ids=[
        "duplicate child",
        "unknown child",
        "ends before (days)",
        "ends before (minutes)",
        "duplicate episode",
        "unknown episode",
    ],
)
def test_a_payload_that_contradicts_itself_is_refused(payload: Payload) -> None:
    with pytest.raises(FormatError):
        read_payload(payload_lines(payload))


def test_an_end_known_to_the_day_may_fall_on_the_day_of_the_start() -> None:
    payload = _payload(episodes=(_episode("2025-01-02T10:00Z", "2025-01-02"),))
    assert read_payload(payload_lines(payload)) == payload


@pytest.mark.parametrize("handle", [CHILD + "\n", CHILD.upper().replace("0", "A"), CHILD[:-1], " " + CHILD])
def test_a_handle_is_exactly_its_written_form(handle: str) -> None:
    with pytest.raises(FormatError):
        read_payload(_lines(msgspec.json.encode({"type": "child", "handle": handle, "version": 1})))


@pytest.mark.parametrize(
    "text", ["0001-01-01", "0999-05-05", "1899-12-31", "2200-01-01", "9999-12-31T23:59Z"]
)
def test_years_that_nobody_means_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a year lies between"):
        Moment.parse(text)
    with pytest.raises(FormatError):
        read_payload(
            _lines(msgspec.json.encode({"type": "child", "handle": CHILD, "version": 1}), _dated(text))
        )


def _dated(start: str) -> bytes:
    record = {
        "type": "episode",
        "handle": EPISODE,
        "child": CHILD,
        "version": 1,
        "kind": "missing",
        "start": start,
    }
    return msgspec.json.encode(record)


@pytest.mark.parametrize("month", ["0000-01", "9999-12", "1899-12", "2025-13", "2025-00", "2025-01\n"])
def test_months_that_nobody_means_are_refused(month: str) -> None:
    with pytest.raises(FormatError):
        read_payload(_lines(msgspec.json.encode({"type": "coverage", "area": "E06000001", "month": month})))


def test_an_area_and_month_may_be_covered_once() -> None:
    row = msgspec.json.encode({"type": "coverage", "area": "E06000001", "month": "2025-01"})
    with pytest.raises(FormatError, match="twice"):
        read_payload(_lines(row, row))
