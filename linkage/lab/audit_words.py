"""A privacy audit in words and in tables: figures with intervals, lights, control experiments, a verdict."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from linkage.lab.audit_report import AuditReport, Control, Finding, Side

__all__ = [
    "NO_LIGHT",
    "SIDES",
    "command_of",
    "control_rows",
    "figure",
    "findings_of",
    "interval_words",
    "light_words",
    "lights_counted",
    "limits_words",
    "markdown",
    "named",
    "number",
    "verdict",
]

SIDES: Final[dict[Side, str]] = {
    "none": "encodings alone",
    "payload": "encodings and clear payload",
    "appeal": "encodings, clear payload and a public appeal",
}
NO_LIGHT: Final = "no light"
_BROKEN: Final = "says nothing"


def named(report: AuditReport) -> str:
    """Return the profile's name, with the word weak beside it if it is."""
    return f"{report.profile} (weak)" if report.weak else report.profile


def number(value: float, *, percent: bool) -> str:
    """Return a figure as people read it."""
    return f"{100 * value:.2f} %" if percent else f"{value:.3f}"


def interval_words(finding: Finding) -> str:
    """Return the interval that holds a figure."""
    low, high = (number(value, percent=finding.percent) for value in (finding.low, finding.high))
    return f"{low} to {high}"


def figure(finding: Finding) -> str:
    """Return a figure with its interval."""
    return f"{number(finding.value, percent=finding.percent)} ({interval_words(finding)})"


def limits_words(finding: Finding) -> str:
    """Say from where to where a figure is green, and beyond what it is red."""
    if finding.green is None or finding.red is None:
        return "none"
    green, red = (number(value, percent=finding.percent) for value in (finding.green, finding.red))
    if finding.more_is_better:
        return f"green from {green}, red below {red}"
    return f"green to {green}, red above {red}"


def light_words(report: AuditReport, finding: Finding) -> str:
    """Return a finding's light, in a word; a broken audit has none."""
    if report.broken:
        return _BROKEN
    return finding.light or NO_LIGHT


def findings_of(report: AuditReport, side: Side, *, strongest: bool = True) -> Iterator[Finding]:
    """Yield the findings with the same knowledge: those of the strongest methods, or all."""
    for finding in report.findings:
        if finding.side == side and (finding.strongest or not strongest):
            yield finding


def lights_counted(report: AuditReport) -> str:
    """Say how many lights there are of each colour."""
    found = [finding.light for finding in report.findings if finding.light]
    return ", ".join(f"{found.count(light)} {light}" for light in ("green", "amber", "red"))


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
    return number(control.value, percent=control.percent)


def command_of(reports: Sequence[AuditReport]) -> str:
    """Return the command that measures the same again."""
    sizes = reports[0].sizes
    profiles = " ".join(report.profile for report in reports)
    return (
        f"clew privacy-audit run {profiles} --seeds {len(reports[0].seeds)} "
        f"--people {sizes.people} --graph {sizes.graph}"
    )


def markdown(reports: Sequence[AuditReport]) -> str:
    """Write audits as tables for a document: a column for each profile, the command, and the controls."""
    first = reports[0]
    seeds = ", ".join(f"{seed}" for seed in first.seeds)
    lines = [
        f"Setting: {first.setting}. Seeds {seeds}; in brackets the interval that holds the figure (95 %).",
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
