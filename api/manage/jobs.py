"""``clew register status`` and ``retry``: how far the work is, and another try for what failed."""

import json
from pathlib import Path
from typing import Any

import click
from msgspec import to_builtins
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from api.clock import utc_now
from api.folders import DataFolder
from api.heartbeats import living, read_beats
from api.manage.epochs import agencies_table, epochs_content
from api.manage.options import data_option, opened_register, say
from api.store import (
    agencies,
    alerts,
    answers,
    jobs,
    persons,
    results,
    revocations,
    submissions,
    successions,
)
from api.worker import progress_words
from linkage.counted import counted
from linkage.errors import InputError
from linkage.weak_profiles import named_by_digest

__all__ = ["retry", "status"]

_LISTED_JOBS = 20


@click.command()
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def status(data: Path, *, as_json: bool) -> None:
    """Show epoch, cycle, custodians, submissions by agency and state, revocations, jobs and workers."""
    with opened_register(data) as (folder, database), database.read() as connection:
        content = _content(connection) | {"workers": _workers(folder)}
    if as_json:
        click.echo(json.dumps(content, indent=2))
        return
    console = Console()
    console.print(
        f"epoch {content['epoch'] or 'none'}, profile {content['profile'] or 'none'}, "
        f"cycle {content['cycle']}, {content['persons']:,} persons"
    )
    if content["alerts"]:
        console.print(f"{counted(content['alerts'], 'alert')}: see `clew register alerts`")
    if content["custodians"]:
        console.print(
            "{threshold} of {custodians} custodians must sign, succession {succession}".format(
                **content["custodians"]
            )
        )
    console.print(_agencies(content))
    if content["revocations"]:
        console.print(_revocations(content))
    console.print(agencies_table(content["encoded_again"]))
    console.print(_jobs(content))
    console.print(_workers_table(content))
    for name in _absent_workers(content):
        say(f"no {name} worker runs: `clew register work {name} --data DIR` starts one")


def _content(connection: Connection) -> dict[str, Any]:
    epoch = agencies.current_epoch(connection)
    queries = answers.totals(connection)
    return {
        "epoch": None if epoch is None else epoch.epoch,
        "profile": None if epoch is None else named_by_digest(epoch.profile_name, epoch.profile_digest),
        "cycle": results.latest_reconciled(connection),
        "persons": persons.count_persons(connection),
        "agencies": [
            {
                "agency": one.code,
                "role": one.role,
                "enrolled": one.enrolled,
                "sequence": one.sequence,
                "submissions": submissions.count_by_state(connection, one.code),
                "queries": queries.get(one.code, (0, 0))[0],
                "answered": queries.get(one.code, (0, 0))[1],
            }
            for one in agencies.all_agencies(connection)
        ],
        "alerts": alerts.open_alerts(connection),
        "custodians": _custodians(connection),
        "revocations": [to_builtins(one) for one in revocations.all_revocations(connection)],
        "encoded_again": epochs_content(connection),
        "jobs": [to_builtins(one) for one in jobs.all_jobs(connection, limit=_LISTED_JOBS)],
    }


def _custodians(connection: Connection) -> dict[str, int] | None:
    pinned = agencies.pinned_custodians(connection)
    if pinned is None:
        return None
    return {
        "threshold": pinned.threshold,
        "custodians": len(pinned.signing_keys),
        "succession": successions.last_serial(connection),
    }


def _agencies(content: dict[str, Any]) -> Table:
    names = ("agency", "role", "sequence", "submissions", "queries answered")
    table = Table(*names, title="Agencies", title_justify="left")
    for one in content["agencies"]:
        counts = ", ".join(f"{count} {state}" for state, count in one["submissions"].items())
        table.add_row(
            one["agency"],
            one["role"],
            str(one["sequence"]),
            counts or "none",
            f"{one['answered']:,} of {one['queries']:,}",
        )
    return table


def _revocations(content: dict[str, Any]) -> Table:
    table = Table("revoked", "name", "decided", "reason", title="Revocations", title_justify="left")
    for one in content["revocations"]:
        table.add_row(one["kind"], one["name"], one["decided"], Text(one["reason"]))
    return table


def _jobs(content: dict[str, Any]) -> Table:
    table = Table("job", "kind", "state", "progress", "tries", "error", title="Jobs", title_justify="left")
    for one in content["jobs"]:
        progress = f"{one['done']:,} of {one['total']:,}" if one["total"] else ""
        table.add_row(str(one["id"]), one["kind"], one["state"], progress, str(one["attempts"]), one["error"])
    return table


def _workers(folder: DataFolder) -> list[dict[str, Any]]:
    """Return what each worker process last said of itself."""
    beats = read_beats(folder.heartbeats)
    fresh = living(beats, now=utc_now())
    return [
        {
            "worker": one.worker,
            "state": one.state if one in fresh else "silent",
            "warm": one.warm,
            "at": one.at,
            "job": one.job or None,
            "kind": one.kind,
            "done": one.done,
            "total": one.total,
            "per_second": one.per_second,
            "seconds_left": one.seconds_left,
        }
        for one in beats
    ]


def _absent_workers(content: dict[str, Any]) -> list[str]:
    return sorted({"linking", "register"} - {one["worker"] for one in content["workers"]})


def _workers_table(content: dict[str, Any]) -> Table:
    table = Table("worker", "state", "last sign of life", "work", title="Workers", title_justify="left")
    for one in content["workers"]:
        what = "comparisons" if one["kind"] == "link" else "steps"
        work = f"job {one['job']}, {one['kind']}" if one["job"] else ""
        if one["total"]:
            work += f": {progress_words(one['done'], one['total'], one['per_second'], what)}"
        table.add_row(one["worker"], one["state"], one["at"], work)
    for name in _absent_workers(content):
        table.add_row(name, "not running", "", "")
    return table


@click.command()
@data_option
@click.argument("job", type=int)
def retry(data: Path, job: int) -> None:
    """Queue the failed job JOB again, once what made it fail is mended."""
    with opened_register(data) as (_, database), database.write() as connection:
        again = jobs.try_again(connection, job, now=utc_now())
        there = jobs.is_there(connection, job)
    if not there:
        raise InputError(f"there is no job {job}", hint="see `clew register status --data DIR`")
    if not again:
        raise InputError(f"job {job} has not failed", hint="see `clew register status --data DIR`")
    say(f"job {job} is queued again")
