"""Tables about how strong encodings are: what came measured with the release, and what was handed in."""

from collections.abc import Iterator

from api.evidence.gathering import Seen
from api.evidence.tables_given import given_tables
from api.evidence.values import DataTable, Source, Value, table_of
from api.overview import strength
from api.overview.strength import AuditLight, ProfileAudit

__all__ = ["strength_tables"]


def strength_tables(seen: Seen) -> Iterator[DataTable]:
    """Yield the tables; lights belong to a profile's digest, and a profile without figures has none."""
    audits = strength.profile_audits(seen.connection)
    yield table_of(
        "audit-lights",
        "What attacks on the profile came to when this release was measured",
        [
            ("profile", "Profile"),
            ("measure", "Measure"),
            ("way", "By which attack"),
            ("value", "Value"),
            ("interval", "Interval, 95 %"),
            ("seeds", "Seeds", "count"),
            ("light", "Light"),
            ("limits", "Limits"),
            ("meaning", "What it means for a child"),
        ],
        [_light(audit, one) for audit in audits for one in audit.lights],
        Source("code", "linkage.measured:measured"),
        note="An attack's figure is a lower bound: red is known to fall, green is not known to.",
        empty="No epoch was adopted yet.",
    )
    yield table_of(
        "audit-linkage",
        "How well the profile links, measured with the release",
        [
            ("profile", "Profile"),
            ("world", "Records"),
            ("at", "Threshold"),
            ("f1", "F1", "figure"),
            ("low", "From", "figure"),
            ("high", "To", "figure"),
            ("plain", "F1 of plain text", "figure"),
        ],
        [
            (
                audit.name,
                one.world,
                {"default": "as shipped", "best": "the best in hindsight"}[one.at],
                one.f1.value,
                one.f1.low,
                one.f1.high,
                None if one.plain_text is None else one.plain_text.value,
            )
            for audit in audits
            for one in audit.linkage
        ],
        Source("code", "linkage.measured:measured"),
    )
    yield from given_tables(seen)


def _light(audit: ProfileAudit, one: AuditLight) -> tuple[Value, ...]:
    metric, figure = one.metric, one.figure
    if figure is None:
        return (audit.name, one.words, one.way, None, None, None, one.state, one.limits, None)
    low, high = one.interval
    interval = f"{_number(low, percent=metric.percent)} to {_number(high, percent=metric.percent)}"
    value = _number(figure.value, percent=metric.percent)
    return (audit.name, one.words, one.way, value, interval, figure.seeds, one.state, one.limits, one.meaning)


def _number(value: float, *, percent: bool) -> str:
    return f"{100 * value:.1f}\u00a0%" if percent else f"{value:.3f}"
