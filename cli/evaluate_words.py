"""What ``clew evaluate`` tells: on the terminal, and as figures for other programs."""

import sys
from dataclasses import dataclass
from typing import Final

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table as Sheet
from rich.text import Text

from cli.labelled_data import LabelledFolder
from linkage.lab.evaluation import Declaration, LinkedTables
from linkage.lab.evaluation_differences import sentences
from linkage.lab.evaluation_intervals import Share
from linkage.lab.evaluation_report import Estimate, Evaluation, figures_of
from linkage.profile import EncodingProfile
from linkage.weak_profiles import labelled_name

__all__ = ["Run", "facts", "figures", "print_run"]

_METHODS: Final = {
    "decoys": "pairs within sources free of duplicates, or nearly so, show what noise is like",
    "valley": "the place between strangers and matches where pairs are fewest",
    "surroundings": "how pairs stand among their neighbours, learned in made-up worlds",
    "experience": "kinds of pairs learned in made-up worlds, their shares from these records",
    "vectors": "all views together, as these records' persons show them, held to what made-up worlds taught",
    "thresholds": "the profile's own, for nobody has learned from its pairs",
}
"""In a reader's words, how weights of evidence were found."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Everything that one evaluation has to tell; ``seconds``: wall time of each step."""

    labelled: LabelledFolder
    profile: EncodingProfile
    records: int
    linked: LinkedTables
    evaluation: Evaluation
    seconds: dict[str, float]


def figures(run: Run) -> dict[str, object]:
    """Return every figure, as ``--json`` writes them."""
    profile = run.profile
    return {
        "format": "clew-evaluation",
        "version": 1,
        "name": run.labelled.name,
        "mode": run.labelled.mode,
        "sources": sorted(run.labelled.sources),
        "duplicate_free": sorted(run.linked.duplicate_free),
        "profile": profile.name,
        "profile_digest": profile.digest,
        "profile_weak": profile.weak,
        "records": run.records,
        "not_encodable": run.linked.not_encodable,
        "unlabelled": run.evaluation.scores.unlabelled,
        "candidate_pairs": len(run.linked.linkage.pairs),
        "method": run.linked.linkage.method,
        "declarations": {
            one.source: {
                "tested": one.tested,
                "duplicates": round(one.duplicates, 1),
                "share": one.share,
                "error": one.error,
                "refuted": one.refuted,
            }
            for one in run.linked.linkage.declarations
        },
        **figures_of(run.evaluation),
        "seconds": {step: round(value, 3) for step, value in run.seconds.items()},
    }


def facts(run: Run) -> list[tuple[str, str]]:
    """Return what a reader of the report needs to know of the run."""
    return [
        ("profile", labelled_name(run.profile)),
        ("mode", run.labelled.mode),
        ("sources", f"{len(run.labelled.sources)}"),
        ("records", f"{run.records}"),
        ("of them not encodable", f"{run.linked.not_encodable}"),
        ("of them not in the truth", f"{run.evaluation.scores.unlabelled}"),
        ("weighed by", run.linked.linkage.method),
        *(("declaration refuted", _refutation(one)) for one in _refuted(run)),
    ]


def print_run(run: Run) -> None:
    """Print results on standard output."""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    console.print(_results(run))
    scores = run.evaluation.scores
    console.print(
        f"records {run.records}, of them not encodable {run.linked.not_encodable}, "
        f"not in the truth {scores.unlabelled}"
    )
    console.print(
        f"pairs: true {scores.pairs.true}, found {scores.pairs.found}, correct {scores.pairs.correct}"
    )
    console.print(
        f"persons: true {scores.clusters_true} (largest {scores.largest_true}), "
        f"found {scores.clusters_found} (largest {scores.largest_found})"
    )
    method = run.linked.linkage.method
    console.print(f"weighed by {method}: {_METHODS[method]}")
    for one in _refuted(run):
        console.print(Text(f"declaration refuted: {_refutation(one)}"))
    _print_beside(run.evaluation, console)
    if run.evaluation.groups:
        console.print(_groups(run.evaluation))
        for said in sentences(run.evaluation.differences):
            console.print(Text(_printable(said)))
    console.print("seconds: " + ", ".join(f"{step} {value:.1f}" for step, value in run.seconds.items()))


def _refuted(run: Run) -> list[Declaration]:
    return [one for one in run.linked.linkage.declarations if one.refuted]


def _refutation(one: Declaration) -> str:
    return (
        f"{_printable(one.source)} is not free of duplicates: about {one.duplicates:.0f} of its records "
        f"repeat others ({one.share:.1%}, give or take {2 * one.error:.1%}); it was linked as one with some"
    )


def _results(run: Run) -> Sheet:
    scores, best = run.evaluation.scores, run.evaluation.oracle.best.pairs
    name = _printable(run.labelled.name)
    # A Text and no str: in a name "[/red]" is no markup.
    title = Text(f"{name}: {labelled_name(run.profile)}, mode {run.labelled.mode}", style="table.title")
    sheet = Sheet(title=title, title_justify="left")
    for heading in ("", "precision", "recall", "F1"):
        sheet.add_column(heading, justify="right" if heading else "left")
    for what, part in (
        ("pairs", scores.pairs),
        ("B-cubed", scores.bcubed),
        ("pairs, oracle: truth seen", best),
    ):
        sheet.add_row(what, f"{part.precision:.4f}", f"{part.recall:.4f}", f"{part.f1:.4f}")
    return sheet


def _print_beside(evaluation: Evaluation, console: Console) -> None:
    """Say what stands beside the default's result: the oracle's, its own estimate, its calibration."""
    best, implied, pairs = evaluation.oracle.best, evaluation.estimated.implied, evaluation.scores.pairs
    console.print(
        f"oracle threshold (truth seen): log odds {best.threshold:.2f}; the default falls short of it by "
        f"{100 * (best.pairs.f1 - pairs.f1):.2f} points of F1"
    )
    held = "holds" if implied.precision.holds(pairs.precision) else "does not hold"
    console.print(
        f"estimated without the truth: precision {_interval(implied.precision, 4)}, which {held} the true "
        f"one; recall {_interval(implied.recall, 4)}; false pairs {_interval(implied.false, 0)}"
    )
    everything, doubtful = evaluation.calibration, evaluation.doubtful
    console.print(
        f"calibration: expected error {everything.error:.4f} and Brier score {everything.brier:.4f} over "
        f"{everything.pairs} weighed pairs; {doubtful.error:.4f} and {doubtful.brier:.4f} over "
        f"{doubtful.pairs} in doubt"
    )
    _print_choices(evaluation, console)


def _print_choices(evaluation: Evaluation, console: Console) -> None:
    costs, reckoned, true = evaluation.costs, evaluation.reckoned, evaluation.charged
    console.print(
        f"choices at costs {costs.false_link:g} (false link), {costs.missed_link:g} (missed link), "
        f"{costs.review:g} (review): {reckoned.links} links, {reckoned.possible} possible links in "
        f"{reckoned.questions} questions, {reckoned.none} non-links"
    )
    console.print(
        f"expected cost {reckoned.cost:.1f} (true {true.cost:.1f}); if nobody reviewed "
        f"{reckoned.unreviewed:.1f} (true {true.unreviewed:.1f})"
    )
    for refusal in evaluation.refusals:
        console.print(f"should not go by itself: {refusal.value}")


def _groups(evaluation: Evaluation) -> Sheet:
    sheet = Sheet(
        title="by group, with 95 % intervals", title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0)
    )
    for heading in ("", "true", "precision", "recall"):
        sheet.add_column(heading, justify="right" if heading else "left", no_wrap=bool(heading))
    for one in evaluation.groups:
        shares = (_interval(share, 3) if share.whole else "–" for share in (one.precision, one.recall))
        sheet.add_row(Text(_printable(f"{one.kind}: {one.name}")), f"{one.pairs.true}", *shares)
    return sheet


def _interval(one: Estimate | Share, digits: int) -> str:
    return f"{one.value:.{digits}f} ({one.low:.{digits}f}–{one.high:.{digits}f})"


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
