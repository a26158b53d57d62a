"""Tables about the unit itself: what it is, who takes part, how it is set."""

from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct, structs

from api.config import Settings
from api.evidence.gathering import Seen
from api.evidence.values import DataTable, Fact, Source, Value, shown, table_of
from api.setting_meanings import SETTING_MEANINGS
from api.store import alerts

__all__ = ["ALERT_WORDS", "setting_rows", "unit_tables"]

ALERT_WORDS: Mapping[str, str] = {
    "amendments": "Records or children amended too often",
    "walking-dates": "A date that went the same way from cycle to cycle",
    "come-and-go": "Records withdrawn that came back",
    "short-lived": "Children who were there for a moment",
    "backdated-children": "Children who came with nothing but old absences",
}
"""Kinds of alert in words."""

_OF_UNIT = (
    "unit_name",
    "unit_fingerprint",
    "built_at",
    "clew_version",
    "python_version",
    "database_kind",
    "epoch_name",
    "profile_name",
    "ledger_entries",
    "ledger_root",
)


def unit_tables(seen: Seen, facts: Mapping[str, Fact]) -> Iterator[DataTable]:
    """Yield the tables."""
    yield table_of(
        "facts-of-unit",
        "This linkage unit when the pack was built",
        [("what", "What"), ("value", "Value", "code")],
        [(facts[one].what[:1].upper() + facts[one].what[1:], facts[one].shown) for one in _OF_UNIT],
        Source("code", "api.evidence.facts"),
    )
    yield table_of(
        "agencies",
        "Agencies that ever were enrolled",
        [
            ("code", "Code"),
            ("name", "Name"),
            ("kind", "Kind"),
            ("state", "State"),
            ("period", "Last accepted snapshot is of"),
            ("sent", "Received", "day"),
        ],
        [
            (
                one.agency.code,
                one.agency.name,
                {"council": "council", "police": "police force"}[one.agency.role],
                "enrolled" if one.agency.enrolled else "removed",
                None if one.accepted is None else f"{one.accepted.period_start} to {one.accepted.period_end}",
                None if one.accepted is None else (one.accepted.committed_at or "")[:10],
            )
            for one in seen.agencies
        ],
        Source("query", "select code, name, role, removed_at from agencies order by code"),
    )
    kinds = Counter((one.kind, one.closed_at is None) for one in alerts.all_alerts(seen.connection))
    yield table_of(
        "alerts",
        "Alerts: what looked like probing for other agencies' records",
        [("kind", "Kind"), ("raised", "Raised", "count"), ("open", "Still open", "count")],
        [
            (ALERT_WORDS.get(kind, kind), kinds[kind, True] + kinds[kind, False], kinds[kind, True])
            for kind in sorted({one for one, _ in kinds})
        ],
        Source(
            "query", "select kind, count(*), sum(closed_at is null) from alerts group by kind order by kind"
        ),
    )
    yield table_of(
        "settings",
        "Settings that are in force, those that nobody set at their defaults",
        [("setting", "Setting", "code"), ("meaning", "What it sets"), ("value", "Value")],
        [(name, SETTING_MEANINGS[name], value) for name, value in setting_rows(seen.settings)],
        Source("file", "unit.toml"),
        note="Addresses, hosts, files and databases are left out: they help an intruder alone.",
    )


_TEXTS = frozenset({"name", "log.form", "linkage.engine", "linkage.candidates", "batches.link"})
"""Settings of words that are shown; any other may be an address, a path or the name of a host."""


def setting_rows(settings: Settings) -> list[tuple[str, str]]:
    """Return every setting by its name in ``unit.toml`` with its value in words."""
    return [row for one in structs.fields(settings) for row in _rows(one.name, getattr(settings, one.name))]


def _rows(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Struct):
        for one in structs.fields(value):
            yield from _rows(f"{name}.{one.name}", getattr(value, one.name))
    elif isinstance(value, bool):
        yield name, "yes" if value else "no"
    elif isinstance(value, int | float) or (isinstance(value, str) and name in _TEXTS):
        plain: Value = value
        yield name, shown(plain)
