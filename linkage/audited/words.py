"""A privacy audit in words and in tables: figures with intervals, lights, control experiments, a verdict."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from linkage.audited.described import DESCRIBED
from linkage.audited.measures import MEASURES, light_of
from linkage.audited.report import AttackName, AuditReport, Control, Finding, Side
from linkage.audited.setting import reduced_words
from linkage.measured import LIGHTS, Light

__all__ = [
    "NOT_TOLD",
    "NO_LIGHT",
    "SIDES",
    "command_of",
    "control_rows",
    "counted",
    "figure",
    "findings_of",
    "interval_words",
    "light_words",
    "lights_counted",
    "limits_words",
    "markdown",
    "named",
    "number",
    "reach_words",
    "taken_up_words",
    "titled",
    "verdict",
]

SIDES: Final[dict[Side, str]] = {
    "none": "encodings alone",
    "payload": "encodings and clear payload",
    "appeal": "encodings, clear payload and a public appeal",
}
NO_LIGHT: Final = "no light"
NOT_TOLD: Final = "cannot be told"
_BROKEN: Final = "says nothing"
_TITLES: Final = {one.attack: one.title for one in DESCRIBED}


def named(report: AuditReport) -> str:
    """Return the profile's name, with the word weak beside it if it is."""
    return f"{report.profile} (weak)" if report.weak else report.profile


def titled(attack: AttackName) -> str:
    """Return what an attack is called."""
    return _TITLES[attack]


def number(value: float | None, *, percent: bool) -> str:
    """Return a figure as people read it."""
    if value is None:
        return NOT_TOLD
    return f"{100 * value:.2f} %" if percent else f"{value:.3f}"


def interval_words(finding: Finding) -> str:
    """Return the interval that holds a figure; nothing where there is no figure."""
    if finding.value is None:
        return ""
    low, high = (number(value, percent=finding.percent) for value in (finding.low, finding.high))
    return f"{low} to {high}"


def figure(finding: Finding) -> str:
    """Return a figure with its interval."""
    told, spread = number(finding.value, percent=finding.percent), interval_words(finding)
    return f"{told} ({spread})" if spread else told


def reach_words(finding: Finding) -> str:
    """Say into which other lights the interval of a figure reaches; nothing where it reaches into none.

    Then its light is not settled: more seeds, or more people, make the interval narrower.
    """
    if finding.light is None:
        return ""
    beyond = _reached(finding)
    return f"the interval reaches into {' and '.join(beyond)}" if beyond else ""


def _reached(finding: Finding) -> list[Light]:
    ends = [light_of(MEASURES[finding.measure], end) for end in (finding.low, finding.high)]
    places = sorted(LIGHTS.index(one) for one in (finding.light, *ends) if one is not None)
    return [one for one in LIGHTS[places[0] : places[-1] + 1] if one != finding.light] if places else []


def limits_words(finding: Finding) -> str:
    """Say from where to where a figure is green, and beyond what it is red."""
    if finding.green is None or finding.red is None:
        return "none"
    green, red = (number(value, percent=finding.percent) for value in (finding.green, finding.red))
    if finding.more_is_better:
        return f"green from {green}, red below {red}"
    return f"green to {green}, red above {red}"


def light_words(report: AuditReport, finding: Finding) -> str:
    """Return a finding's light, in a word; a broken audit has none, nor has what cannot be told."""
    if report.broken:
        return _BROKEN
    if finding.value is None:
        return NOT_TOLD
    return finding.light or NO_LIGHT


def findings_of(report: AuditReport, side: Side, *, strongest: bool = True) -> Iterator[Finding]:
    """Yield the findings with the same knowledge: those of the strongest methods, or all."""
    for finding in report.findings:
        if finding.side == side and (finding.strongest or not strongest):
            yield finding


def lights_counted(report: AuditReport) -> str:
    """Say how many lights there are of each colour, and how many there should be and cannot be told."""
    found = counted(report)
    told = ", ".join(f"{found[light]} {light}" for light in LIGHTS)
    return f"{told}, {found[NOT_TOLD]} cannot be told" if found[NOT_TOLD] else told


def counted(report: AuditReport) -> dict[str, int]:
    """Count lights by colour, and measures with limits that cannot be told."""
    lights = [finding.light for finding in report.findings]
    untold = [
        one
        for one in findings_of(report, "none")
        if one.value is None and MEASURES[one.measure].limits is not None
    ]
    return {**{light: lights.count(light) for light in LIGHTS}, NOT_TOLD: len(untold)}


def taken_up_words(report: AuditReport) -> str:
    """Say what an earlier run had finished; nothing where this one ran everything."""
    told = ", ".join(f"{count} of {titled(attack)}" for attack, count in sorted(report.taken_up.items()))
    return f"taken up from an earlier run, and not run again: units, {told}" if told else ""


def verdict(report: AuditReport) -> str:
    """Say in a sentence or two what an audit came to."""
    if report.broken:
        failed = [control.words for control in report.controls if not control.reached]
        return f"the audit is broken: {'; '.join(failed)} did not come out; its figures say nothing"
    told = lights_counted(report)
    if report.red:
        red = ", ".join(finding.measure for finding in report.red)
        return f"{told}; red: {red}"
    return f"{told}; nothing is red: no attack tried here got as far as that, which is no proof that none can"


def control_rows(report: AuditReport) -> list[tuple[str, str, str, str]]:
    """Return every control experiment: in words, what had to come out, what came out, and whether it did."""
    return [
        (control.words, _wanted(control), _came(control), "as it must" if control.reached else "FAILED")
        for control in report.controls
    ]


def _wanted(control: Control) -> str:
    bound = number(control.must_reach, percent=control.percent)
    return f"{'at most' if control.at_most else 'at least'} {bound}"


def _came(control: Control) -> str:
    return "did not run" if control.value is None else number(control.value, percent=control.percent)


def command_of(reports: Sequence[AuditReport]) -> str:
    """Return the command that measures the same again; a list of one's own is given to it again."""
    sizes, own = reports[0].sizes, " --names FILE" if reports[0].own_people is not None else ""
    profiles = " ".join(report.profile for report in reports)
    return (
        f"clew privacy-audit run {profiles} --seeds {len(reports[0].seeds)} "
        f"--people {sizes.people} --graph {sizes.graph}{own}"
    )


def markdown(reports: Sequence[AuditReport]) -> str:
    """Write audits as tables for a document: a column for each profile, the command, and the controls."""
    first = reports[0]
    seeds = ", ".join(f"{seed}" for seed in first.seeds)
    reduced = reduced_words(first.sizes, first.own_people)
    lines = [
        f"Setting: {first.setting}. Seeds {seeds}; in brackets the interval that holds the figure (95 %).",
        *(["", f"This is {reduced}."] if reduced else []),
        "",
        "```",
        f"$ {command_of(reports)}",
        "```",
        "",
        *_table(
            ("encodings alone", "limits", *map(named, reports)),
            _measure_rows(reports, "none"),
        ),
    ]
    for side in ("payload", "appeal"):
        rows = list(_measure_rows(reports, side))
        if rows:
            lines += ["", *_table((SIDES[side], "limits", *map(named, reports)), rows)]
    controls = [
        (*row[:2], *(_outcome(report, place) for report in reports))
        for place, row in enumerate(control_rows(first))
    ]
    lines += ["", *_table(("control experiment", "must reach", *map(named, reports)), controls)]
    described = [
        (f"{one.title} (`{one.attack}`)", one.does, one.knows, "; ".join(one.papers)) for one in first.attacks
    ]
    lines += ["", *_table(("attack", "what it does", "what the attacker knows", "published in"), described)]
    for report in reports:
        lines += ["", f"**{named(report)}** (`{report.digest[:16]}…`): {verdict(report)}."]
        lines += [f"Not run: {one}." for one in report.left_out]
        unsettled = [one.measure for one in report.findings if reach_words(one)]
        if unsettled and not report.broken:
            lines.append(f"Not settled, for the interval reaches into another light: {', '.join(unsettled)}.")
        lines += [f"{one[0].upper()}{one[1:]}." for one in (taken_up_words(report),) if one]
    return "\n".join(lines) + "\n"


def _outcome(report: AuditReport, place: int) -> str:
    _, _, came, how = control_rows(report)[place]
    return f"{came} {how}"


def _measure_rows(reports: Sequence[AuditReport], side: Side) -> Iterator[tuple[str, ...]]:
    """Yield a row for each measure that any of the audits has."""
    found = [{finding.measure: finding for finding in findings_of(report, side)} for report in reports]
    names = {name: finding for one in found for name, finding in one.items()}
    for name, finding in names.items():
        cells = (
            _cell(report, one[name]) if name in one else "–"
            for report, one in zip(reports, found, strict=True)
        )
        yield finding.words, limits_words(finding) if side == "none" else "none", *cells


def _cell(report: AuditReport, finding: Finding) -> str:
    light = light_words(report, finding)
    coloured = f"**{light}** " if finding.light or report.broken else ""
    return coloured + figure(finding)


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    head = list(headings)
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
