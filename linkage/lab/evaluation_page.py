"""One page that tells a reader what an evaluation found: self-contained, without script, without identifiers.

Needs the extra ``lab``, for its charts.
"""

from collections.abc import Iterable, Sequence
from html import escape

from linkage.differences import GroupDifference
from linkage.lab import evaluation_charts as charts
from linkage.lab.evaluation_calibration import BINS, FEW_BINS
from linkage.lab.evaluation_differences import sentences
from linkage.lab.evaluation_intervals import Share
from linkage.lab.evaluation_report import DOUBTFUL, Evaluation
from linkage.lab.evaluation_scores import PairScores
from linkage.match.quality import Estimate

__all__ = ["evaluation_page", "figure_block", "page", "section", "table_block"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1d1d1d; background: #fff; max-width: 54rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .2rem .7rem; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; }
.seen { background: #fbeeea; }
.prose th, .prose td { text-align: left; vertical-align: top; }
"""


def evaluation_page(evaluation: Evaluation, *, name: str, facts: Sequence[tuple[str, str]]) -> str:
    """Write the page; ``name`` of the data, and ``facts`` about the run as pairs of what and how much."""
    sections = (
        table_block(("", ""), facts),
        _results(evaluation),
        _own_account(evaluation),
        _choices(evaluation),
        _threshold(evaluation),
        _distributions(evaluation),
        _calibration(evaluation),
        _groups(evaluation),
        _differences(evaluation),
        _clusters(evaluation),
    )
    return page(f"Evaluation of {_printable(name)}", sections)


def page(title: str, sections: Iterable[str]) -> str:
    """Write a page of sections that fetches nothing and runs nothing."""
    heading = escape(_printable(title))
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{heading}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{heading}</h1>\n"
        + "\n".join(sections)
        + "\n</body>\n</html>\n"
    )


def _results(evaluation: Evaluation) -> str:
    scores, best = evaluation.scores, evaluation.oracle.best
    bcubed = scores.bcubed
    rows = [
        ("default, pairs", *_of_pairs(scores.pairs)),
        ("default, B-cubed", *(_share(one) for one in (bcubed.precision, bcubed.recall, bcubed.f1))),
        ("oracle threshold, pairs: truth seen", *_of_pairs(best.pairs)),
    ]
    gap = best.pairs.f1 - scores.pairs.f1
    return section(
        "The result at the default",
        f"Nobody told the linkage the truth. It found {scores.pairs.found} pairs of records; "
        f"{scores.pairs.correct} of them are one person, of {scores.pairs.true} that truly are.",
        table_block(("", "precision", "recall", "F1"), rows, seen=2),
        f"The last line is no result: its threshold was chosen with the truth, which nobody has who links. "
        f"The default falls short of it by {100 * gap:.2f} points of F1.",
    )


def _own_account(evaluation: Evaluation) -> str:
    estimated, pairs = evaluation.estimated, evaluation.scores.pairs
    implied = estimated.implied
    wrong = pairs.found - pairs.correct
    rows = [
        ("precision", *_of_estimate(implied.precision), _share(pairs.precision)),
        ("recall", *_of_estimate(implied.recall), _share(pairs.recall)),
        ("false pairs", *_of_estimate(implied.false, count=True), f"{wrong}"),
        ("missed pairs", *_of_estimate(implied.missed, count=True), f"{pairs.true - pairs.correct}"),
    ]
    held = "lies" if implied.precision.holds(pairs.precision) else "does not lie"
    return section(
        "What the linkage says of itself, without the truth",
        table_block(("", "estimated", "from", "to", "true"), rows),
        f"The intervals are meant to hold the true figure {100 * estimated.level:.0f} times in 100. The true "
        f"precision {held} in its own. True pairs that agree in no view beyond noise are invisible to the "
        "estimate, so the true recall may be lower." + _unlabelled(evaluation),
    )


def _choices(evaluation: Evaluation) -> str:
    costs, reckoned, true = evaluation.costs, evaluation.reckoned, evaluation.charged
    rows = [
        ("links that are false", f"{reckoned.false:.1f}", f"{true.false:.0f}"),
        ("non-links that are missed", f"{reckoned.missed:.1f}", f"{true.missed:.0f}"),
        ("cost, with reviews", f"{reckoned.cost:.1f}", f"{true.cost:.1f}"),
        ("cost if nobody reviewed", f"{reckoned.unreviewed:.1f}", f"{true.unreviewed:.1f}"),
    ]
    refused = "; ".join(refusal.value for refusal in evaluation.refusals)
    return section(
        "What is left to people, and what it costs",
        f"A false link costs {costs.false_link:g}, a missed one {costs.missed_link:g} and a review "
        f"{costs.review:g}. At these costs {reckoned.links} of the weighed pairs are links, {reckoned.none} "
        f"non-links and {reckoned.possible} possible links; {reckoned.questions} questions would settle "
        "those.",
        table_block(("", "expected", "true"), rows),
        "Of possible links those that are more likely one person than not are joined for the time being; the "
        "last line is what they and all else would cost if that stayed so. Pairs that agree in no view "
        "beyond noise are in neither column."
        + (f" This linkage should not go by itself: {refused}." if refused else ""),
    )


def _unlabelled(evaluation: Evaluation) -> str:
    count = evaluation.scores.unlabelled
    return f" The truth does not name {count} of the records; the estimate is of all." if count else ""


def _threshold(evaluation: Evaluation) -> str:
    tried = (
        "Every score was tried as the threshold."
        if evaluation.oracle.exact
        else "The linkage's own clustering was run anew at every threshold of a grid."
    )
    return section(
        "Precision and recall over the threshold (truth seen)",
        figure_block(
            charts.by_threshold(evaluation.oracle, evaluation.scores.pairs),
            "Precision and recall over the cut",
        ),
        f"The lines show what other thresholds of the same scores would have given. {tried} The points are "
        f"the default's. Where the lines are flat about it, the threshold hardly matters.",
    )


def _distributions(evaluation: Evaluation) -> str:
    weighed = evaluation.weighed
    same = int(weighed.same.sum())
    return section(
        "How well the scores tell pairs apart",
        figure_block(
            charts.score_distributions(weighed), "Log odds of pairs of one person and of two persons"
        ),
        f"{len(weighed.same)} pairs agreed beyond noise and were weighed: {same} of one person, "
        f"{len(weighed.same) - same} of two. Where the two colours overlap, no threshold is right for all.",
    )


def _calibration(evaluation: Evaluation) -> str:
    everything, doubtful = evaluation.calibration, evaluation.doubtful
    rows = [
        ("all weighed pairs", f"{everything.pairs}", f"{everything.error:.4f}", f"{everything.brier:.4f}"),
        (
            f"probability between {DOUBTFUL[0]} and {DOUBTFUL[1]}",
            f"{doubtful.pairs}",
            f"{doubtful.error:.4f}",
            f"{doubtful.brier:.4f}",
        ),
    ]
    return section(
        "Whether probabilities mean what they say",
        figure_block(
            charts.reliability_curve(doubtful), "Share of pairs that are one person over stated probability"
        ),
        "The curve is of the pairs in doubt. On the dashed line, of pairs given 80 % exactly 80 in 100 are "
        "one person; points above it were stated too low, points below it too high.",
        table_block(("", "pairs", "expected calibration error", "Brier score"), rows),
        f"Expected calibration error: pairs are put into {BINS} bins of equal numbers by their probability "
        f"(those in doubt into {FEW_BINS}); the difference between the mean probability of a bin and its "
        "share of pairs that are one person, averaged over pairs. Over all pairs it is small wherever most "
        "are beyond doubt.",
    )


def _groups(evaluation: Evaluation) -> str:
    if not evaluation.groups:
        return section("By group", "The data tell no groups apart.")
    rows = [
        (
            f"{_printable(one.kind)}: {_printable(one.name)}",
            f"{one.pairs.true}",
            *_of_share(one.precision),
            *_of_share(one.recall),
        )
        for one in evaluation.groups
    ]
    headings = ("", "true pairs", "precision", "from", "to", "recall", "from", "to")
    return section(
        "By group",
        figure_block(charts.by_group(evaluation.groups), "Precision and recall by group, with intervals"),
        "A pair belongs to a group if one of its persons does by any record, or, for missing fields and "
        "noise, if one of its records does. Bars are Wilson's intervals: two groups whose bars overlap "
        "widely may not differ.",
        table_block(headings, rows),
    )


def _differences(evaluation: Evaluation) -> str:
    found = evaluation.differences
    tested = [one for one in found.groups if one.difference is not None]
    heading = "Whether groups fare differently"
    said = [_printable(one) for one in sentences(found)]
    if not tested:
        return section(heading, *said)
    figure = figure_block(charts.by_difference(tested), "Each group's share less that of all others")
    rows = [
        (
            f"{one.outcome}, {_printable(one.kind)}: {_printable(one.name)}",
            f"{one.units}",
            *(_share(each.value) for each in (one.share, one.others) if each is not None),
            *_of_difference(one),
        )
        for one in tested
    ]
    headings = ("", "persons", "share", "all others", "difference", "from", "to", "chance", "")
    return section(
        heading,
        *said,
        figure,
        "Here the unit is a person, and each group is held against everybody else. Chance: how often some "
        "group of its kind would stand out as much if the labels had been dealt by lot, all kinds "
        "considered; a difference is claimed where that is at most "
        f"{100 * found.level:g} %. Intervals are of each difference by itself.",
        table_block(headings, rows),
    )


def _of_difference(one: GroupDifference) -> tuple[str, ...]:
    if one.difference is None or one.chance is None:
        return ()
    values = (one.difference.value, one.difference.low, one.difference.high)
    verdict = "more than chance" if one.claimed else ""
    return (*(f"{value:+.4f}" for value in values), f"{one.chance:.3f}", verdict)


def _clusters(evaluation: Evaluation) -> str:
    scores = evaluation.scores
    mixed = sum(one.persons > 1 for one in evaluation.largest)
    return section(
        "The largest clusters",
        figure_block(
            charts.largest_clusters(evaluation.largest), "Records and persons of the largest clusters"
        ),
        f"The largest cluster holds {scores.largest_found} records; the person with most records has "
        f"{scores.largest_true}. Of the {len(evaluation.largest)} clusters shown {mixed} hold more than one "
        "person.",
    )


def section(heading: str, *parts: str) -> str:
    """Write a section of blocks, and of paragraphs where a part is plain text."""
    written = [part if part.startswith("<") else f"<p>{escape(part)}</p>" for part in parts]
    return f"<section>\n<h2>{escape(heading)}</h2>\n" + "\n".join(written) + "\n</section>"


def figure_block(svg: str, label: str) -> str:
    """Write a chart with what it shows in words."""
    return f'<figure role="img" aria-label="{escape(label)}">{svg}</figure>'


def table_block(
    headings: Sequence[str], rows: Iterable[Sequence[str]], *, seen: int = -1, prose: bool = False
) -> str:
    """Write a table; ``seen``: the row that knew the truth.  ``prose``: cells are sentences."""
    head = "".join(f"<th>{escape(one)}</th>" for one in headings) if any(headings) else ""
    body = "".join(
        f"<tr{' class=seen' if number == seen else ''}>"
        + "".join(f"<td>{escape(_printable(cell))}</td>" for cell in row)
        + "</tr>\n"
        for number, row in enumerate(rows)
    )
    kind = " class=prose" if prose else ""
    return f"<table{kind}>\n" + (f"<tr>{head}</tr>\n" if head else "") + f"{body}</table>"


def _of_pairs(pairs: PairScores) -> tuple[str, str, str]:
    return _share(pairs.precision), _share(pairs.recall), _share(pairs.f1)


def _of_estimate(one: Estimate, *, count: bool = False) -> tuple[str, str, str]:
    values = (one.value, one.low, one.high)
    first, low, high = (f"{value:.0f}" if count else _share(value) for value in values)
    return first, low, high


def _of_share(one: Share) -> tuple[str, str, str]:
    return (_share(one.value), _share(one.low), _share(one.high)) if one.whole else ("–", "–", "–")


def _share(value: float) -> str:
    return f"{value:.4f}"


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
