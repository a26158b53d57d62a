"""``clew evaluate``: link anybody's labelled data at the shipped defaults, then score the result.

The truth is read after linking has ended, by a function of its own, and handed to the scorer alone.
"""

import csv
import io
import json
import math
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Sheet
from rich.text import Text

from cli.labelled_data import LabelledFolder, open_folder, read_tables, read_truth
from cli.outputs import spare_inputs
from cli.profile.cautions import links_nothing
from cli.profile.choosing import choose_profile, profile_file
from keys.files import replacing
from linkage.errors import InputError
from linkage.lab.evaluation import (
    LinkedTables,
    ScoredPair,
    Scores,
    Table,
    encode_tables,
    link_tables,
    score,
    unused_fields,
)
from linkage.profile import EncodingProfile
from linkage.weak_profiles import labelled_name
from linkage.wire.derivation import KEY_BYTES

__all__ = ["evaluate"]

_OUTPUT = click.Path(dir_okay=False, path_type=Path)


def _finite(_context: click.Context, _parameter: click.Parameter, value: float) -> float:
    if not math.isfinite(value):
        raise click.BadParameter("not a number that weights can be held against.")
    return value


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--profile",
    "chosen",
    default="person-1",
    show_default=True,
    metavar="NAME|FILE",
    help="A shipped encoding profile, or one of your own.",
)
@click.option("--json", "json_file", type=_OUTPUT, help="Write the figures to this file.")
@click.option("--pairs-out", type=_OUTPUT, help="Write the pairs that link, with their weights, as CSV.")
@click.option(
    "--pairs-near",
    type=click.FloatRange(min=0),
    default=0.0,
    callback=_finite,
    help="Add to --pairs-out the pairs that do not link by this much weight at most.",
)
@click.option("--clusters-out", type=_OUTPUT, help="Write the cluster of every record as CSV.")
@click.option("--seed", type=click.IntRange(min=0), help="Fix the throw-away key, to repeat a run exactly.")
def evaluate(
    folder: Path,
    chosen: str,
    json_file: Path | None,
    pairs_out: Path | None,
    pairs_near: float,
    clusters_out: Path | None,
    seed: int | None,
) -> None:
    """Link labelled data at the shipped defaults and score the result.

    FOLDER holds meta.json (sources, mode: link, dedupe or multi), SOURCE.csv or SOURCE.csv.gz for every
    source, with rec_id and any of given_name, middle_name, surname, date_of_birth, sex, address, locality,
    postcode and phone, and truth.csv or truth.csv.gz with source, rec_id and entity_id.
    """
    profile = choose_profile(chosen)
    labelled = open_folder(folder)
    _check_outputs((json_file, pairs_out, clusters_out), [*labelled.paths(), profile_file(chosen)])
    tables = read_tables(labelled)
    _warn_unused(tables, profile)
    if links_nothing(profile):
        click.echo(f"note: profile {labelled_name(profile)} sets no thresholds: no pair will link", err=True)
    linked, seconds = _link(labelled, tables, profile, _throw_away_key(seed))
    scores = score(linked, read_truth(labelled, tables))
    run = _Run(labelled, profile, sum(len(table.rec_ids) for table in tables), linked, scores, seconds)
    _write_outputs(run, json_file, pairs_out, pairs_near, clusters_out)
    _print(run)


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """Everything that one evaluation has to tell; ``seconds``: wall time of each step."""

    labelled: LabelledFolder
    profile: EncodingProfile
    records: int
    linked: LinkedTables
    scores: Scores
    seconds: dict[str, float]


def _check_outputs(outputs: Sequence[Path | None], inputs: Sequence[Path | None]) -> None:
    """Find out before the work and not after it that a result has nowhere to go, or may not go there."""
    for path in outputs:
        if path is not None and not Path(os.path.realpath(path)).parent.is_dir():
            raise InputError(f"{path}: there is no such folder to write to", hint="create the folder first")
    spare_inputs(outputs, inputs)


def _throw_away_key(seed: int | None) -> bytes:
    if seed is None:
        return secrets.token_bytes(KEY_BYTES)
    return sha256(f"clew/evaluate/throw-away-key/{seed}".encode()).digest()


def _warn_unused(tables: list[Table], profile: EncodingProfile) -> None:
    unused = unused_fields(tables, profile)
    if unused:
        click.echo(f"note: profile {labelled_name(profile)} does not use {', '.join(unused)}", err=True)


def _link(
    labelled: LabelledFolder, tables: list[Table], profile: EncodingProfile, key: bytes
) -> tuple[LinkedTables, dict[str, float]]:
    start = time.perf_counter()
    records = sum(len(table.rec_ids) for table in tables)
    with _progress("encoding") as show:
        encoded = encode_tables(tables, profile, key, progress=lambda done: show(done, records))
    middle = time.perf_counter()
    with _progress("comparing") as show:
        linked = link_tables(encoded, labelled.mode, profile, progress=show)
    return linked, {"encode": middle - start, "link": time.perf_counter() - middle}


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal; yields what is to be called with how much is done, and of how much."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _figures(run: _Run) -> dict[str, object]:
    scores, profile = run.scores, run.profile
    return {
        "format": "clew-evaluation",
        "version": 1,
        "name": run.labelled.name,
        "mode": run.labelled.mode,
        "sources": sorted(run.labelled.sources),
        "duplicate_free": sorted(
            name for name, free in run.labelled.sources.items() if free or run.labelled.mode == "link"
        ),
        "profile": profile.name,
        "profile_digest": profile.digest,
        "profile_weak": profile.weak,
        "records": run.records,
        "not_encodable": run.linked.not_encodable,
        "unlabelled": scores.unlabelled,
        "candidate_pairs": len(run.linked.linkage.pairs),
        "pairs": {
            "true": scores.pairs.true,
            "found": scores.pairs.found,
            "correct": scores.pairs.correct,
            "precision": scores.pairs.precision,
            "recall": scores.pairs.recall,
            "f1": scores.pairs.f1,
        },
        "bcubed": {
            "precision": scores.bcubed.precision,
            "recall": scores.bcubed.recall,
            "f1": scores.bcubed.f1,
        },
        "clusters": {
            "true": scores.clusters_true,
            "found": scores.clusters_found,
            "largest_true": scores.largest_true,
            "largest_found": scores.largest_found,
        },
        "seconds": {step: round(value, 3) for step, value in run.seconds.items()},
    }


def _write_outputs(
    run: _Run, json_file: Path | None, pairs_out: Path | None, near: float, clusters_out: Path | None
) -> None:
    if json_file is not None:
        _write(json_file, [json.dumps(_figures(run), indent=2) + "\n"])
    if pairs_out is not None:
        pairs = run.linked.linked_pairs() + (run.linked.near_pairs(near) if near else [])
        _write(pairs_out, _csv(("source_a", "rec_a", "source_b", "rec_b", "score"), map(_pair_row, pairs)))
    if clusters_out is not None:
        rows = ((*label, f"{cluster}") for label, cluster in sorted(run.linked.clusters.items()))
        _write(clusters_out, _csv(("source", "rec_id", "cluster_id"), rows))


def _pair_row(pair: ScoredPair) -> tuple[str, ...]:
    return (*pair.left, *pair.right, f"{pair.score:.4f}")


def _csv(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (header, *rows):
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(row)
        yield line.getvalue()


def _write(path: Path, pieces: Iterable[str]) -> None:
    try:
        with replacing(path) as stream:
            for piece in pieces:
                stream.write(piece.encode())
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise InputError(f"{path}: {reason}", hint="check the path and who may write there") from None


def _print(run: _Run) -> None:
    scores = run.scores
    name = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in run.labelled.name)
    # A Text and no str: in a name "[/red]" is no markup.
    title = Text(f"{name}: {labelled_name(run.profile)}, mode {run.labelled.mode}", style="table.title")
    sheet = Sheet(title=title, title_justify="left")
    for heading in ("", "precision", "recall", "F1"):
        sheet.add_column(heading, justify="right" if heading else "left")
    for name, part in (("pairs", scores.pairs), ("B-cubed", scores.bcubed)):
        sheet.add_row(name, f"{part.precision:.4f}", f"{part.recall:.4f}", f"{part.f1:.4f}")
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    console.print(sheet)
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
    console.print(f"seconds: encode {run.seconds['encode']:.1f}, link {run.seconds['link']:.1f}")
