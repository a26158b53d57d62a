"""Reading a result: every field is known, and nothing in it contradicts anything else in it.

Lights, control experiments and the verdict are reckoned again from values and limits; texts are those of this
release, so that a result holds no word of anybody else.  That makes nothing true: who can edit a result can
edit its values.  Whoever relies on one runs the audit again.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from linkage.audited.described import DESCRIBED
from linkage.audited.expected import EXPECTED
from linkage.audited.measures import MEASURES, METHODS, light_of
from linkage.audited.report import AuditReport, Finding, Side
from linkage.audited.setting import (
    GENERAL,
    ONE_VIEW,
    OWN_LIST,
    SETTINGS,
    WITHOUT_ROWS,
    attacked,
    left_out_words,
    measured_sides,
    setting_words,
)
from linkage.errors import InputError, VersionError
from linkage.shipped_profiles import shipped_profiles

__all__ = ["contradictions", "read_audit_report", "shipped_name"]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 120
_OTHERS = (ONE_VIEW, WITHOUT_ROWS, OWN_LIST, GENERAL)
_HINT = "name what clew privacy-audit run --json wrote, as it wrote it; if in doubt run the audit again"


class _Headed(msgspec.Struct):
    """What says which version a file is of."""

    format: str
    version: int


def read_audit_report(data: bytes, *, where: str) -> AuditReport:
    """Read a result; ``where``: what errors call it.

    Raises :class:`InputError` for what is no result, or contradicts itself, and :class:`VersionError` for one
    of another version.
    """
    try:
        head = msgspec.json.decode(data, type=_Headed)
        if head.format == "clew-privacy-audit" and head.version != AuditReport.VERSION:
            raise VersionError(
                f"{where}: version {head.version}, this release reads version {AuditReport.VERSION}",
                hint="use a release of clew that knows this version",
            )
        report = msgspec.json.decode(data, type=AuditReport)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InputError(
            f"{where}: not a result of `clew privacy-audit run --json` of this release", hint=_HINT
        ) from None
    wrong = next(contradictions(report), None)
    if wrong is not None:
        raise InputError(f"{where}: this result contradicts itself or this release: {wrong}", hint=_HINT)
    return report


def shipped_name(digest: str) -> str | None:
    """Return the name of the shipped profile of a digest, if there is one."""
    return next((one.name for one in shipped_profiles().values() if one.digest == digest), None)


def contradictions(report: AuditReport) -> Iterator[str]:
    """Yield what in a result cannot be, in words that hold none of its texts."""
    yield from _of_profile(report)
    yield from _of_setting(report)
    yield from _of_controls(report)
    yield from _of_findings(report)
    for one in report.findings:
        wrong = _of_finding(report, one)
        if wrong:
            yield wrong


def _of_profile(report: AuditReport) -> Iterator[str]:
    name = report.profile
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        yield "the profile's name is no name"
    if not _DIGEST.fullmatch(report.digest):
        yield "the profile's digest is no digest"
    for one in shipped_profiles().values():
        if one.digest == report.digest and (one.name, one.weak) != (name, report.weak):
            yield f"this is the digest of the profile {one.name}, and the result speaks of it otherwise"


def _of_setting(report: AuditReport) -> Iterator[str]:
    if not report.seeds or len(set(report.seeds)) < len(report.seeds) or min(report.seeds) < 0:
        yield "it has no seeds, or one twice"
    if report.setting != setting_words(report.sizes, report.own_people):
        yield "its setting is not that of its sizes"
    if report.attacks != DESCRIBED:
        yield "the attacks are not described as this release describes them"
    others = [one for one in _OTHERS if one in report.left_out]
    if report.left_out != left_out_words(report.sizes, report.own_people, others):
        yield "what it says was left out does not follow from its sizes"
    if (OWN_LIST in others) != (report.own_people is not None) or {OWN_LIST, GENERAL} <= set(others):
        yield "what it says was left out is not so with these people"


def _of_controls(report: AuditReport) -> Iterator[str]:
    wanted = tuple(EXPECTED.values())
    if len(report.controls) != len(wanted):
        yield f"it has {len(report.controls)} control experiments, and there are {len(wanted)}"
        return
    for control, expected in zip(report.controls, wanted, strict=True):
        if control != expected.of(control.value):
            yield f"a control experiment of {expected.attack} did not come to what is said of it"
    if report.broken == all(one.reached for one in report.controls):
        yield "a result is broken if a control experiment failed, and only then"


def _of_findings(report: AuditReport) -> Iterator[str]:
    grouped: dict[tuple[str, Side], list[Finding]] = defaultdict(list)
    for one in report.findings:
        grouped[one.measure, one.side].append(one)
    wanted = measured_sides(attacked(report.sizes, report.own_people), report.left_out)
    asked = {(name, side) for name, sides in wanted.items() for side in sides}
    for name, _ in sorted(asked - grouped.keys()):
        yield f"{name} is missing, and nothing says that it was left out"
    if grouped.keys() - asked:
        yield "it has a measure that an audit of this kind has not"
    for (name, _), some in grouped.items():
        wrong = _of_methods(some)
        if wrong:
            yield f"{name}: {wrong}"


def _of_methods(some: Sequence[Finding]) -> str:
    """Say what is wrong with the methods of one measure, the strongest of which comes first."""
    if [one.strongest for one in some] != [place == 0 for place in range(len(some))]:
        return "one method is the strongest, and comes first"
    if len({one.method for one in some}) < len(some):
        return "a method is there twice"
    values = [one.value for one in some if one.value is not None]
    if values and values[0] != (min(values) if some[0].more_is_better else max(values)):
        return "another method is stronger than the one that is said to be"
    if values and some[0].value is None:
        return "the strongest method has no value"
    return ""


def _of_finding(report: AuditReport, one: Finding) -> str:
    measure = MEASURES.get(one.measure)
    if measure is None:
        return ""  # said above
    said = (one.attack, one.words, one.percent, one.more_is_better, one.green, one.red)
    green, red = measure.limits or (None, None)
    if said != (measure.attack, measure.words, measure.percent, measure.more_is_better, green, red):
        return f"{measure.name}: its words or limits are not those of this release"
    if one.method not in METHODS[measure.attack] or one.setting != SETTINGS[one.side]:
        return f"{measure.name}: its method or setting is none of this release"
    light = light_of(measure, one.value) if one.strongest and one.side == "none" else None
    if one.light != light:
        return (
            f"{measure.name}: its value is {light or 'without light'}, and it says {one.light or 'no light'}"
        )
    return _of_value(report, one)


def _of_value(report: AuditReport, one: Finding) -> str:
    if one.value is None or one.low is None or one.high is None:
        whole = one.value is one.low is one.high is None and not one.seeds
        return "" if whole else f"{one.measure}: it has a value, an interval and seeds, or none of these"
    if not one.low <= one.value <= one.high:
        return f"{one.measure}: the interval does not hold the value"
    if not 1 <= one.seeds <= len(report.seeds):
        return f"{one.measure}: it is of more seeds than the audit, or of none"
    return ""
