"""The commands of ``clew privacy-audit`` (docs/governance/privacy-audit.md)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, get_args

import click

from cli.charts import check_charts
from cli.options import FILE
from cli.outputs import spare_inputs
from cli.privacy_audit.choosing import FEWEST, chosen_targets, legacy_target, people_for, read_names
from cli.privacy_audit.refusing import refuse_within
from cli.privacy_audit.results import json_paths, read_results, write_document, write_json, write_text
from cli.privacy_audit.running import Job, run_audits
from cli.privacy_audit.words import attack_words, report_words
from cli.profile.choosing import profile_file
from linkage.audited.described import DESCRIBED
from linkage.audited.report import AuditReport, Sizes
from linkage.encode.legacy.profile import FoldReading

__all__ = ["privacy_audit"]

EXIT_RED: Final = 3
EXIT_BROKEN: Final = 4

_USUAL: Final = Sizes()


@click.group("privacy-audit")
def privacy_audit() -> None:
    """Attack encoding profiles with made-up people and throw-away keys."""


def _columns(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    found = dict(one.rpartition("=")[::2] for one in given)
    if "" in found or "" in found.values() or len(found) < len(given):
        raise click.BadParameter("write COLUMN=FIELD, once for each column")
    return found


@privacy_audit.command()
@click.argument("profiles", nargs=-1, metavar="[PROFILE|FILE]...")
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="How many populations to attack.",
)
@click.option(
    "--people",
    type=click.IntRange(FEWEST, 50_000),
    default=_USUAL.people,
    show_default=True,
    help="People in each of them.",
)
@click.option(
    "--graph",
    type=click.IntRange(20, 5_000),
    default=_USUAL.graph,
    show_default=True,
    help="People whom graph matching attacks; a quarter more where all are born on one day.",
)
@click.option(
    "--names",
    type=FILE,
    metavar="FILE",
    help="Attack the people of a list of your own (CSV) instead.  Nobody can tell whether they are real: "
    "give none that are, for you answer for it.",
)
@click.option(
    "--legacy-schema",
    type=FILE,
    metavar="FILE",
    help="Attack CLKs under this linkage schema of clkhash, too.",
)
@click.option(
    "--xor-folds",
    type=click.Choice(get_args(FoldReading)),
    help="How to read the schema's XOR folds.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    callback=_columns,
    metavar="COLUMN=FIELD",
    help="What a column of the schema holds whose name does not say it.  Repeatable.",
)
@click.option(
    "--json",
    "json_path",
    type=FILE,
    metavar="PATH",
    help="Write the result to this file; of several profiles each to its own file of this folder.",
)
@click.option(
    "--html", "html_file", type=FILE, metavar="FILE", help="Write a report with charts to this file."
)
@click.option(
    "--work", type=FILE, metavar="FOLDER", help="Keep finished units here: an interrupted run goes on."
)
@click.option(
    "--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes at a time."
)
def run(
    profiles: tuple[str, ...],
    seeds: int,
    people: int,
    graph: int,
    names: Path | None,
    legacy_schema: Path | None,
    xor_folds: FoldReading | None,
    columns: dict[str, str],
    json_path: Path | None,
    html_file: Path | None,
    work: Path | None,
    processes: int,
) -> int:
    """Attack profiles, all shipped ones by default, in every way that there is here.

    Ends with 3 if anything is red, and with 4 if a control experiment failed: then the audit is broken, and
    its figures say nothing.  No bundle, workspace, register or key is taken, nor a list that lies beside one.
    """
    if legacy_schema is None and (xor_folds or columns):
        raise click.UsageError("--xor-folds and --column: only with --legacy-schema")
    for path in (json_path, html_file, work):
        if path is not None:
            refuse_within(path)
    if html_file is not None:
        check_charts()
    targets = chosen_targets(profiles, others=legacy_schema is not None)
    if legacy_schema is not None:
        targets.append(legacy_target(legacy_schema, xor_folds, columns))
    own = None if names is None else read_names(names)
    outputs = [] if json_path is None else json_paths(json_path, [target.profile.name for target in targets])
    spare_inputs([*outputs, html_file], [names, legacy_schema, *map(profile_file, profiles)])
    sizes = _sizes(people, graph)
    seeded = tuple(range(1, seeds + 1))
    jobs = [Job(target, seeded, sizes, people_for(target, own)) for target in targets]
    reports = run_audits(jobs, processes=processes, work=work)
    for path, report in zip(outputs, reports, strict=False):
        write_json(path, report)
    if html_file is not None:
        write_text(html_file, _page(reports))
    return _shown(reports)


def _sizes(people: int, graph: int) -> Sizes:
    return Sizes(
        people=people,
        graph=min(graph, people),
        dense=min(graph + graph // 4, people),
        children=min(people, _USUAL.children),
    )


def _page(reports: Sequence[AuditReport]) -> str:
    from linkage.lab.audit_page import audit_page  # charts are loaded only where they are drawn

    return audit_page(reports)


def _shown(reports: Sequence[AuditReport]) -> int:
    """Print results; returns what the command ends with."""
    for report in reports:
        click.echo("\n".join((*report_words(report), "")))
    if any(report.broken for report in reports):
        click.echo("error: the audit is broken; its figures say nothing", err=True)
        return EXIT_BROKEN
    return EXIT_RED if any(report.red for report in reports) else 0


@privacy_audit.command()
@click.argument("results", nargs=-1, required=True, type=FILE, metavar="RESULT...")
@click.option(
    "--html", "html_file", type=FILE, metavar="FILE", help="Write a report with charts to this file."
)
def show(results: tuple[Path, ...], html_file: Path | None) -> int:
    """Print results again that ``run --json`` wrote; ends as ``run`` does."""
    reports = read_results(results)
    if html_file is not None:
        check_charts()
        spare_inputs([html_file], results)
        write_text(html_file, _page(reports))
    return _shown(reports)


@privacy_audit.command()
def attacks() -> None:
    """Say of each attack what it does, what it knows, and where it was published."""
    click.echo("\n".join(attack_words(DESCRIBED)))


@privacy_audit.command()
@click.argument("results", nargs=-1, required=True, type=FILE, metavar="RESULT...")
@click.option(
    "--write", "document", required=True, type=FILE, metavar="FILE", help="The document to write into."
)
def table(results: tuple[Path, ...], document: Path) -> None:
    """Put the tables of results into a Markdown document, between its two marks."""
    reports = read_results(results)
    spare_inputs([document], results)
    write_document(document, reports)
    click.echo(
        f"{document.name} shows {len(reports)} {'result' if len(reports) == 1 else 'results'}", err=True
    )
