"""What ``clew evaluate --explain`` shows of one pair of records."""

import sys

import click
from rich.console import Console
from rich.table import Table as Sheet

from linkage.lab.evaluation import Label
from linkage.lab.evaluation_explained import PairExplanation

__all__ = ["print_explanation", "record_names"]


def record_names(
    _context: click.Context, _parameter: click.Parameter, value: tuple[str, ...] | None
) -> tuple[Label, Label] | None:
    """Split two records of labelled data, each given as SOURCE:REC_ID, at their first colons."""
    if not value:
        return None
    (a, b), (c, d) = ((source, rec_id) for source, _, rec_id in (one.partition(":") for one in value))
    if not (a and b and c and d):
        raise click.BadParameter("not of the form SOURCE:REC_ID.")
    return (a, b), (c, d)


def print_explanation(found: PairExplanation) -> None:
    """Print on standard output what a pair's log odds are made of."""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    kept = ", ".join([(found.choice or "").lower(), *map(str.lower, found.reasons)])
    console.print(
        f"explained: log odds {found.log_odds:.2f} (probability {found.probability:.4f}), "
        f"{'joined' if found.linked else 'apart'}; {kept if found.kept else 'not kept by the comparison'}"
    )
    sheet = Sheet(title="weights of evidence, which sum to the log odds", title_justify="left")
    headings = ("", "state", "Dice", "beyond chance", "weight", "matches", "strangers")
    for heading in headings:
        sheet.add_column(heading, justify="right" if heading not in {"", "state"} else "left", no_wrap=True)
    sheet.add_row("start", "", "", "", f"{found.start:+.2f}", "", "")
    for one in found.views:
        among = [f"{part.speaks:.0%} {_number(part.median)}" for part in (one.matches, one.strangers)]
        deviations = "" if one.deviations is None else f"{one.deviations:.1f} sd"
        sheet.add_row(one.view, one.state, _number(one.similarity), deviations, f"{one.weight:+.2f}", *among)
    for name, value in (("numbers", found.numbers), ("other pairs", found.others)):
        if abs(value) > 0.005:
            sheet.add_row(name, "", "", "", f"{value:+.2f}", "", "")
    console.print(sheet)
    console.print("matches and strangers: in how many of them the view speaks, and its median Dice there")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
