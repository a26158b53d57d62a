"""One page that tells a reader what privacy audits found: self-contained, without script, of made-up people.

Needs the extra ``lab``, for its charts.
"""

from collections.abc import Iterable, Sequence
from html import escape

from linkage.audited.report import AuditReport, Described, Finding, Side
from linkage.audited.setting import reduced_words
from linkage.audited.words import (
    SIDES,
    command_of,
    control_rows,
    figure,
    findings_of,
    interval_words,
    light_words,
    lights_counted,
    limits_words,
    named,
    number,
    reach_words,
    taken_up_words,
    verdict,
)
from linkage.lab import audit_charts as charts
from linkage.lab.evaluation_page import figure_block, page, section, table_block

__all__ = ["audit_page"]


def audit_page(reports: Sequence[AuditReport]) -> str:
    """Write the page of one audit, or of several of the same seeds and sizes."""
    first = reports[0]
    title = f"Privacy audit of {named(first)}" if len(reports) == 1 else "Privacy audit of encoding profiles"
    parts = [_about(reports), _over_profiles(reports), _pairs(reports)]
    for report in reports:
        parts += [_lights(report), _sides(report), _controls(report), _everything(report)]
    parts.append(_attacks(first.attacks))
    return page(title, [part for part in parts if part])


def _about(reports: Sequence[AuditReport]) -> str:
    first = reports[0]
    rows = [
        ("setting", first.setting),
        ("seeds", ", ".join(f"{seed}" for seed in first.seeds)),
        ("measured again by", command_of(reports)),
    ]
    for said in (reduced_words(first.sizes, first.own_people), *map(taken_up_words, reports)):
        rows += [("", f"{said[0].upper()}{said[1:]}.")] if said else []
    return section(
        "How to read this",
        "Everybody here is made up, or comes from a list that was handed in, and was encoded under keys that "
        "were thrown away. Nothing was taken from a register.",
        "An attack's figure is a lower bound: red is known to fall, green is not known to. In brackets, and "
        "as lines in the charts, stands the interval that holds the figure (95 %).",
        _wide(("", ""), rows, prose=True),
    )


def _over_profiles(reports: Sequence[AuditReport]) -> str:
    rows = [(named(one), one.digest[:16] + "…", verdict(one)) for one in reports]
    return section(
        "The result",
        figure_block(charts.lights_over_profiles(reports), "Number of lights of each colour by profile"),
        _wide(("profile", "digest", "lights"), rows, prose=True),
    )


def _pairs(reports: Sequence[AuditReport]) -> str:
    rows = [
        (named(report), finding.words, figure(finding), light_words(report, finding))
        for report in reports
        for finding in findings_of(report, "none")
        if finding.measure.startswith("known-pairs-")
    ]
    if not rows:
        return ""
    return section(
        "What known pairs open",
        "Somebody who knows whose encoding this is, of some children, learns from them about all others.",
        figure_block(
            charts.by_pairs(reports), "Share of others re-identified over the number of known pairs"
        ),
        _wide(("profile", "", "re-identified", "light"), rows, prose=True),
    )


def _lights(report: AuditReport) -> str:
    kinds = (
        (True, "Shares with their limits: green ends, red begins"),
        (False, "Other figures with their limits"),
    )
    drawn = [
        figure_block(charts.by_light(report, percent=percent), label)
        for percent, label in kinds
        if any(one.light and one.percent == percent for one in findings_of(report, "none"))
    ]
    rows = [
        (one.words, light_words(report, one), _unsettled(one), limits_words(one))
        for one in findings_of(report, "none")
    ]
    return section(
        f"{named(report)}: the encodings alone",
        f"{lights_counted(report)}." if not report.broken else f"{verdict(report)}.",
        *drawn,
        _wide(("", "light", "figure", "limits"), rows),
    )


def _unsettled(one: Finding) -> str:
    reach = reach_words(one)
    return f"{figure(one)}; {reach}" if reach else figure(one)


def _sides(report: AuditReport) -> str:
    rows = [
        (one.words, SIDES[side], figure(one), _chance(one))
        for side in SIDES
        if side != "none"
        for one in findings_of(report, side)
    ]
    if not rows:
        return ""
    return section(
        f"{named(report)}: with what stands in clear",
        "The unit's payload stands beside encodings in clear: age band, sex, ethnic group, responsible "
        "council. Whoever sees both guesses better; the last column is what the clear fields tell alone. "
        "No light: no encoding can mend what stands in clear.",
        figure_block(charts.by_side(report), "What attacks reach with clear fields beside the encodings"),
        _wide(("", "the attacker sees", "figure", "clear fields alone"), rows),
    )


def _controls(report: AuditReport) -> str:
    return section(
        f"{named(report)}: control experiments",
        "Attacks that must succeed, and some that must not. If one comes out otherwise the audit is broken, "
        "and its figures say nothing.",
        _wide(("", "must reach", "reached", ""), control_rows(report)),
    )


def _everything(report: AuditReport) -> str:
    rows = [
        (one.words, one.method, _side(one.side), number(one.value, percent=one.percent), interval_words(one))
        for side in SIDES
        for one in findings_of(report, side, strongest=False)
    ]
    left_out = [f"Not run: {one}." for one in report.left_out]
    return section(
        f"{named(report)}: every method",
        _wide(("", "method", "the attacker sees", "figure", "interval"), rows),
        *left_out,
    )


def _attacks(attacks: Sequence[Described]) -> str:
    rows = [(one.title, one.does, one.knows, "; ".join(one.papers)) for one in attacks]
    return section(
        "The attacks", _wide(("", "what it does", "what it knows", "published in"), rows, prose=True)
    )


def _wide(headings: Sequence[str], rows: Iterable[Sequence[str]], *, prose: bool = False) -> str:
    """Write a table that scrolls by itself where the page is narrow, and leaves the page as wide as it is."""
    table = table_block(headings, rows, prose=prose)
    return f'<div style="overflow-x:auto" tabindex="0">{table}</div>'


def _side(side: Side) -> str:
    return SIDES[side]


def _chance(finding: Finding) -> str:
    return "–" if finding.chance is None else escape(number(finding.chance, percent=finding.percent))
