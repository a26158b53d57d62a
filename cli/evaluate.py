"""``clew evaluate``: link anybody's labelled data at the shipped defaults, then score the result.

The truth is read after linking has ended, by a function of its own, and handed to the scorer alone.
"""

import csv
import io
import json
import math
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.charts import check_charts
from cli.evaluate_explained import print_explanation, record_names
from cli.evaluate_words import Run, facts, figures, print_run
from cli.labelled_data import open_folder, read_tables, read_truth
from cli.outputs import spare_inputs
from cli.profile.cautions import links_nothing
from cli.profile.choosing import choose_profile, profile_file
from keys.files import replacing
from linkage.errors import InputError
from linkage.lab.evaluation import (
    DEFAULT_COSTS,
    Costs,
    EncodedTable,
    Label,
    LinkedTables,
    ScoredPair,
    Table,
    encode_tables,
    link_tables,
    unused_fields,
)
from linkage.lab.evaluation_explained import explain_labels
from linkage.lab.evaluation_report import evaluate_linkage
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
@click.option("--html", "html_file", type=_OUTPUT, help="Write a report with charts to this file.")
@click.option("--pairs-out", type=_OUTPUT, help="Write the pairs that link, with their weights, as CSV.")
@click.option(
    "--pairs-near",
    type=click.FloatRange(min=0),
    default=0.0,
    callback=_finite,
    help="Add to --pairs-out the pairs that do not link by this much weight at most.",
)
@click.option("--clusters-out", type=_OUTPUT, help="Write the cluster of every record as CSV.")
@click.option(
    "--costs",
    "stated",
    type=float,
    nargs=3,
    metavar="FALSE MISSED REVIEW",
    help="What a false link, a missed link and one review cost; only ratios count.  [default: 2 1 0.1]",
)
@click.option(
    "--population",
    type=click.IntRange(min=1),
    help="How many people the records are drawn from, where they are few.",
)
@click.option(
    "--explain",
    "explained",
    nargs=2,
    callback=record_names,
    metavar="SOURCE:REC_ID SOURCE:REC_ID",
    help="Show what the log odds of two records are made of.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Fix the throw-away key, to repeat a run exactly.")
def evaluate(
    folder: Path,
    chosen: str,
    json_file: Path | None,
    html_file: Path | None,
    pairs_out: Path | None,
    pairs_near: float,
    clusters_out: Path | None,
    stated: tuple[float, float, float] | None,
    population: int | None,
    explained: tuple[Label, Label] | None,
    seed: int | None,
) -> None:
    """Link labelled data at the shipped defaults and score the result.

    FOLDER holds meta.json (sources, mode: link, dedupe or multi), SOURCE.csv or SOURCE.csv.gz for every
    source, with rec_id and any of given_name, middle_name, surname, date_of_birth, sex, address, locality,
    postcode and phone, and truth.csv or truth.csv.gz with source, rec_id and entity_id.  Results are also
    told apart by the columns name_origin, ethnicity, uasc, age_band, council and noise where they are there,
    and it is said which groups fare otherwise than all others by more than chance.
    """
    profile = choose_profile(chosen)
    costs = Costs(*stated) if stated else DEFAULT_COSTS
    labelled = open_folder(folder)
    if html_file is not None:
        check_charts()
    _check_outputs((json_file, html_file, pairs_out, clusters_out), [*labelled.paths(), profile_file(chosen)])
    tables = read_tables(labelled)
    _check_named(tables, explained)
    _warn_unused(tables, profile)
    if links_nothing(profile):
        click.echo(f"note: profile {labelled_name(profile)} sets no thresholds: no pair will link", err=True)
    link = partial(link_tables, mode=labelled.mode, profile=profile, costs=costs, population=population)
    encoded, linked, seconds = _link(tables, profile, _throw_away_key(seed), link)
    start = time.perf_counter()
    evaluation = evaluate_linkage(linked, tables, read_truth(labelled, tables), profile=profile)
    seconds["evaluate"] = time.perf_counter() - start
    run = Run(labelled, profile, sum(len(table.rec_ids) for table in tables), linked, evaluation, seconds)
    _write_figures(run, json_file, html_file)
    _write_links(linked, pairs_out, pairs_near, clusters_out)
    print_run(run)
    if explained:
        print_explanation(explain_labels(encoded, linked, profile, explained, population=population))


def _check_outputs(outputs: Sequence[Path | None], inputs: Sequence[Path | None]) -> None:
    """Find out before the work and not after it that a result has nowhere to go, or may not go there."""
    for path in outputs:
        if path is not None and not Path(os.path.realpath(path)).parent.is_dir():
            raise InputError(f"{path}: there is no such folder to write to", hint="create the folder first")
    spare_inputs(outputs, inputs)


def _check_named(tables: Sequence[Table], named: tuple[Label, Label] | None) -> None:
    """Find out before the work that a record which is to be explained is not there."""
    there = {(table.name, rec_id) for table in tables for rec_id in table.rec_ids}
    if named and (named[0] == named[1] or not there.issuperset(named)):
        raise InputError(
            "--explain: one of the two records is not there, or both are one",
            hint="name two records of the folder, as SOURCE:REC_ID",
        )


def _throw_away_key(seed: int | None) -> bytes:
    if seed is None:
        return secrets.token_bytes(KEY_BYTES)
    return sha256(f"clew/evaluate/throw-away-key/{seed}".encode()).digest()


def _warn_unused(tables: list[Table], profile: EncodingProfile) -> None:
    unused = unused_fields(tables, profile)
    if unused:
        click.echo(f"note: profile {labelled_name(profile)} does not use {', '.join(unused)}", err=True)


def _link(
    tables: list[Table], profile: EncodingProfile, key: bytes, link: Callable[..., LinkedTables]
) -> tuple[list[EncodedTable], LinkedTables, dict[str, float]]:
    start = time.perf_counter()
    records = sum(len(table.rec_ids) for table in tables)
    with _progress("encoding") as show:
        encoded = encode_tables(tables, profile, key, progress=lambda done: show(done, records))
    middle = time.perf_counter()
    with _progress("comparing") as show:
        linked = link(encoded, progress=show)
    return encoded, linked, {"encode": middle - start, "link": time.perf_counter() - middle}


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal; yields what is to be called with how much is done, and of how much."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _write_figures(run: Run, json_file: Path | None, html_file: Path | None) -> None:
    page = _page(run) if html_file is not None else ""
    if json_file is not None:
        _write(json_file, [json.dumps(figures(run), indent=2) + "\n"])
    if html_file is not None:
        _write(html_file, [page])


def _page(run: Run) -> str:
    from linkage.lab.evaluation_page import evaluation_page  # an extra that others do not need

    return evaluation_page(run.evaluation, name=run.labelled.name, facts=facts(run))


def _write_links(
    linked: LinkedTables, pairs_out: Path | None, near: float, clusters_out: Path | None
) -> None:
    if pairs_out is not None:
        pairs = linked.linked_pairs() + (linked.near_pairs(near) if near else [])
        _write(pairs_out, _csv(("source_a", "rec_a", "source_b", "rec_b", "score"), map(_pair_row, pairs)))
    if clusters_out is not None:
        rows = ((*label, f"{cluster}") for label, cluster in sorted(linked.clusters.items()))
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
