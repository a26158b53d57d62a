"""Tables about how strong encodings are: what came measured with the release, and what was handed in."""

from collections.abc import Iterator

from api.evidence.gathering import Seen
from api.evidence.handed_in import PrivacyAudit
from api.evidence.values import DataTable, Heads, Source, Value, table_of
from api.overview import strength
from api.overview.strength import AuditLight, ProfileAudit

__all__ = ["strength_tables"]

_GIVEN: tuple[Heads, ...] = (
    ("profile", "Profile"),
    ("attack", "Attack"),
    ("what", "What it reached"),
    ("side", "What else the attacker knows"),
    ("value", "Value"),
    ("interval", "Interval, 95 %"),
    ("seeds", "Seeds", "count"),
    ("light", "Light"),
    ("method", "Method"),
)
_SIDES = {
    "none": "nothing more",
    "payload": "the coarse clear fields",
    "dates": "the coarse clear fields and dates",
}


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
    given = seen.handed_in.audits
    yield table_of(
        "audit-given",
        "The privacy audit that was handed in, attack by attack",
        _GIVEN,
        [row for file, audit in given for row in _findings(audit)],
        Source("handed in", "--audit: " + ", ".join(file.name for file, _ in given) if given else "--audit"),
        empty="No audit of this installation was handed in.",
    )
    yield table_of(
        "audit-controls",
        "Control experiments of that audit: attacks that must succeed, or the audit says nothing",
        [
            ("profile", "Audit of profile"),
            ("attack", "Attack"),
            ("what", "Experiment"),
            ("value", "Value"),
            ("must", "Must reach"),
            ("outcome", "Outcome"),
        ],
        [
            (
                audit.profile,
                one.attack,
                one.words,
                _number(one.value, percent=one.percent),
                ("at most " if one.at_most else "") + _number(one.must_reach, percent=one.percent),
                "as it must" if one.reached else "failed",
            )
            for _, audit in given
            for one in audit.controls
        ],
        Source("handed in", "--audit"),
        empty="No audit of this installation was handed in.",
    )
    yield table_of(
        "audit-attacks",
        "Attacks of that audit, in words",
        [
            ("attack", "Attack"),
            ("title", "Title"),
            ("does", "What it does"),
            ("knows", "What the attacker knows"),
            ("papers", "Whose attack it is"),
        ],
        [
            (one.attack, one.title, one.does, one.knows, "; ".join(one.papers))
            for one in {one.attack: one for _, audit in given for one in audit.attacks}.values()
        ],
        Source("handed in", "--audit"),
        empty="No audit of this installation was handed in.",
    )
    yield table_of(
        "handed-in",
        "Files that were measured elsewhere and handed in",
        [
            ("file", "File", "code"),
            ("kind", "What it is"),
            ("profile", "Profile"),
            ("setting", "Of whom"),
            ("seeds", "Seeds"),
            ("in_force", "Of the profile in force"),
            ("sound", "Sound"),
            ("sha256", "SHA-256", "code"),
        ],
        list(_files(seen)),
        Source("handed in", "--audit and --evaluation"),
        empty="None was handed in.",
    )


def _light(audit: ProfileAudit, one: AuditLight) -> tuple[Value, ...]:
    metric, figure = one.metric, one.figure
    if figure is None:
        return (audit.name, one.words, one.way, None, None, None, one.state, one.limits, None)
    low, high = one.interval
    interval = f"{_number(low, percent=metric.percent)} to {_number(high, percent=metric.percent)}"
    value = _number(figure.value, percent=metric.percent)
    return (audit.name, one.words, one.way, value, interval, figure.seeds, one.state, one.limits, one.meaning)


def _findings(audit: PrivacyAudit) -> Iterator[tuple[Value, ...]]:
    for one in audit.findings:
        if one.strongest:
            interval = f"{_number(one.low, percent=one.percent)} to {_number(one.high, percent=one.percent)}"
            value = _number(one.value, percent=one.percent)
            light = "says nothing: the audit is broken" if audit.broken else one.light
            side = _SIDES.get(one.side, one.side)
            yield (audit.profile, one.attack, one.words, side, value, interval, one.seeds, light, one.method)


def _files(seen: Seen) -> Iterator[tuple[Value, ...]]:
    in_force = None if seen.profile is None else seen.profile.digest
    for file, one in seen.handed_in.audits:
        sound = "no: its control experiments failed" if one.broken else "yes"
        said = (one.profile, one.setting, ", ".join(f"{seed}" for seed in one.seeds))
        yield file.name, "privacy audit", *said, "yes" if one.digest == in_force else "no", sound, file.sha256
    for file, two in seen.handed_in.evaluations:
        current = "yes" if two.profile_digest == in_force else "no"
        yield file.name, "evaluation", two.profile, two.name, None, current, "yes", file.sha256


def _number(value: float, *, percent: bool) -> str:
    return f"{100 * value:.1f}\u00a0%" if percent else f"{value:.3f}"
