"""The demonstration's closing table: the register beside the truth."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.demo.rotation import Rotation, read_pseudonyms
from cli.demo.scoring import (
    ClassCount,
    LinkageEffect,
    PairScore,
    compare_classes,
    linkage_effect,
    read_columns,
    score_persons,
)
from cli.demo.stages import ENCODE, RECONCILE, SUBMIT, Cast
from linkage.lab.world import World
from linkage.wire.bundle import Bundle
from linkage.wire.manifest import Counts

__all__ = ["Outcome", "Timing", "gather", "show"]


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a stage took, in seconds."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything the demonstration found out."""

    seed: int
    counts: dict[str, dict[str, int]]
    persons: int
    entities: int
    pairs: PairScore
    classes: list[ClassCount]
    effect: LinkageEffect
    figures: dict[str, Any]
    truth: dict[str, int]
    timings: list[Timing]
    peaks: dict[str, float]
    reports: dict[str, Path]
    rotation: Rotation | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as plain JSON values."""
        plain = asdict(self)
        plain["reports"] = {name: str(path) for name, path in self.reports.items()}
        plain["pairs"] |= {"precision": self.pairs.precision, "recall": self.pairs.recall}
        return plain


def gather(world: World, cast: Cast) -> Outcome:
    """Read what the parties hold and compare it with the truth; what it took is added when all is over."""
    figures = json.loads(cast.unit.run("register", "figures", "--data", cast.data, "--json"))
    pseudonym = read_pseudonyms(cast)
    person_of = {
        (desk.code, reference): pseudonym[desk.code, handle]
        for desk in cast.desks
        for kind, reference, handle in read_columns(desk.references, "kind", "local_reference", "handle")
        if kind == "child" and (desk.code, handle) in pseudonym
    }
    lines = [
        ((desk.code, episode), (desk.code, child), name)
        for desk in cast.desks
        for episode, child, name in read_columns(
            desk.report.with_suffix(".csv"), "episode_reference", "child_reference", "reconciliation_class"
        )
    ]
    told = {episode: name for episode, _, name in lines}
    child_of = {episode: child for episode, child, _ in lines}
    truth = world.truth
    return Outcome(
        seed=world.seed,
        counts={desk.code: _counts(desk.bundle) for desk in cast.desks},
        persons=len(set(person_of.values())),
        entities=len(set(world.truth.entity_of.values())),
        pairs=score_persons(person_of, world.truth.entity_of),
        classes=compare_classes(told, truth.episode_class),
        effect=linkage_effect(person_of, truth.entity_of, child_of, told, truth.episode_class),
        figures=figures,
        truth=asdict(world.truth.figures),
        timings=[],
        peaks={},
        reports={desk.extract.agency.name: desk.report for desk in cast.desks},
    )


def _counts(bundle: Path) -> dict[str, int]:
    """Read how many records of each kind left in a bundle, from its manifest."""
    with bundle.open("rb") as stream:
        counts = Bundle(stream).manifest.counts
    return {name: getattr(counts, name) for name in Counts.__struct_fields__}


def show(outcome: Outcome, console: Console, *, kept: bool) -> None:
    """Print the closing tables."""
    console.print()
    console.print(_sent(outcome))
    console.print(_linkage(outcome))
    console.print(_national(outcome))
    console.print(_classes(outcome))
    if outcome.rotation is not None:
        console.print(_rotation(outcome.rotation))
    console.print(_costs(outcome))
    if kept:
        console.print("Each agency's report, joined with its own references:")
        for name, path in outcome.reports.items():
            console.print(f"  {name}: {path}", soft_wrap=True)
    else:
        console.print(
            "Each agency's report was written and, with the world, removed again; --keep DIR keeps them."
        )


def _table(title: str, *columns: str, caption: str = "") -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", caption=caption, caption_justify="left"
    )
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def _sent(outcome: Outcome) -> Table:
    table = _table("What left each agency", "agency", "children", "encoding rows", "care spells", "episodes")
    for agency, counts in outcome.counts.items():
        table.add_row(
            agency, *(f"{counts[name]:,}" for name in ("children", "rows", "care_spells", "episodes"))
        )
    return table


def _linkage(outcome: Outcome) -> Table:
    table = _table(
        "Persons, against the truth",
        "",
        "figure",
        caption="a pair: two records of one child; precision: share of linked pairs that are right",
    )
    table.add_row("children in the world", f"{outcome.entities:,}")
    table.add_row("persons in the register", f"{outcome.persons:,}")
    table.add_row("precision of linked pairs", f"{outcome.pairs.precision:.4f}")
    table.add_row("recall of linked pairs", f"{outcome.pairs.recall:.4f}")
    return table


def _national(outcome: Outcome) -> Table:
    table = _table(
        "The national figure: who would have said what",
        "source",
        "children",
        "episodes",
        caption="children missing with whereabouts not known; links that are missed count a child twice",
    )
    for label, key, children, episodes in (
        ("the councils' books added up", "missing_by_councils", "child_records", "reports"),
        ("the police's books added up", "missing_by_police", "child_records", "reports"),
        ("the register", "missing_by_register", "children", "episodes"),
    ):
        figure = outcome.figures[key]
        table.add_row(label, f"{figure[children]:,}", f"{figure[episodes]:,}")
    truth = outcome.truth
    table.add_section()
    table.add_row(
        "truth: recorded by anybody", f"{truth['recorded_children']:,}", f"{truth['recorded_events']:,}"
    )
    table.add_row("truth: what happened", f"{truth['children']:,}", f"{truth['events']:,}")
    return table


def _classes(outcome: Outcome) -> Table:
    table = _table(
        "Episodes by reconciliation class",
        "class",
        "told",
        "truth",
        "right",
        caption="told: to the agency that holds the episode; right: told what is true;"
        " what each class means: docs/reconciliation.md",
    )
    for row in outcome.classes:
        table.add_row(row.name, f"{row.register:,}", f"{row.truth:,}", f"{row.both:,}")
    register = sum(row.register for row in outcome.classes)
    truth = sum(row.truth for row in outcome.classes)
    table.add_section()
    table.add_row("all", f"{register:,}", f"{truth:,}", f"{sum(row.both for row in outcome.classes):,}")
    effect = outcome.effect
    right = effect.rightly - effect.rightly_other_class
    table.add_row("of children linked rightly", f"{effect.rightly:,}", f"{effect.rightly:,}", f"{right:,}")
    right = effect.wrongly - effect.wrongly_other_class
    table.add_row("of the others: linkage", f"{effect.wrongly:,}", f"{effect.wrongly:,}", f"{right:,}")
    return table


def _rotation(rotation: Rotation) -> Table:
    table = _table(
        "The key rotated",
        "",
        "records of children",
        caption="left out: on purpose, so that something is quarantined and then erased",
    )
    table.add_row("in the register before", f"{rotation.before:,}")
    table.add_row("left out of the fresh extracts", f"{rotation.left_out:,}")
    table.add_row("pseudonyms changed", f"{rotation.pseudonyms_changed:,}")
    table.add_row("quarantined when the old epoch closed", f"{rotation.quarantined:,}")
    table.add_row("in the register after it was destroyed", f"{rotation.after:,}")
    return table


def _costs(outcome: Outcome) -> Table:
    table = _table("What it took", "stage or service", "seconds", "records/s", "peak MiB of a process")
    records = sum(counts["rows"] for counts in outcome.counts.values())
    rates = {ENCODE: records, SUBMIT: records, RECONCILE: sum(row.register for row in outcome.classes)}
    for timing in outcome.timings:
        rate = f"{rates[timing.stage] / timing.seconds:,.0f}" if timing.stage in rates else ""
        peak = outcome.peaks.get(timing.stage)
        table.add_row(timing.stage, f"{timing.seconds:.1f}", rate, f"{peak:,.0f}" if peak else "")
    table.add_section()
    for name, peak in outcome.peaks.items():
        if name not in {timing.stage for timing in outcome.timings}:
            table.add_row(name, "", "", f"{peak:,.0f}")
    table.add_section()
    table.add_row("all", f"{sum(timing.seconds for timing in outcome.timings):.1f}", "", "")
    return table
