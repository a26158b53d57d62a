"""The tables and charts of docs/operations/capacity.md, from the measured points.

    python -m benchmarks.national.page --take FOLDER/result.json [--take …] [--kernel]
    python -m benchmarks.national.page --run 1000000 --agencies 196 --months 36

``--take`` puts results of ``benchmarks.national``, ``benchmarks.scale_linkage`` or ``benchmarks.increments``
(its ``results.jsonl``) among the points of docs/operations/capacity.json, ``--kernel`` measures the kernel
anew; both then write the page's tables and charts.  ``--run`` says how long a simulation would take.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.national.charts import write_charts
from benchmarks.national.costs import COSTS
from benchmarks.national.kernel_rate import measured_kernel
from benchmarks.national.model import Model
from benchmarks.national.points import POINTS, read_points, take, write_points
from linkage.errors import ClewError, InputError
from linkage.match.plan import STRIP_ROWS

__all__ = ["PAGE", "tables", "with_tables"]

PAGE = POINTS.with_name("capacity.md")
_SIZES = (100_000, 1_000_000, 2_000_000, 6_000_000, 10_000_000, 100_000_000)
_CORES = (2, 16, 64, 1024)
_SUBMISSIONS = (1_000, 10_000, 100_000)
_REGISTERS = (1_000_000, 5_000_000, 100_000_000)
_LARGER = 4
"""How many times larger strips may be on a cluster, for the table."""

_BLOCK = re.compile(r"(<!-- table: ([a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)
Row = Sequence[str]


def tables(model: Model) -> dict[str, str]:
    """Return every table of the page by name."""
    return {
        "nation": _nation(model),
        "sweep": "".join(_sweeps(model)),
        "growth": _table(_growth_head(), _growth(model)),
        "increments": _table(("new rows", *(f"against {n:,}" for n in _REGISTERS)), _increments(model)),
        "submissions": _table(_SUBMISSION_HEAD, _submissions(model)),
        "cluster": _table(
            (
                "rows", "strips", "tiles", "rows sent to tiles",
                f"with strips of {_LARGER * STRIP_ROWS:,} rows", "pairs back, at most",
            ),
            _cluster(model),
        ),
        "constants": _table(("what", "a sum of", "fitted"), _constants(model)),
        "run": _table(_RUN_HEAD, _run(model)),
        "months": _table(_MONTH_HEAD, _months(model)),
        "linkages": _table(_LINKAGE_HEAD, _linkages(model)),
        "checks": _table(("what", "predicted", "measured", "error"), _checks(model)),
    }  # fmt: skip


def with_tables(page: str, made: Mapping[str, str]) -> str:
    """Return a page with its tables written anew; raises :class:`InputError` if it has others."""
    named = {name for _, name, _ in _BLOCK.findall(page)}
    if named != set(made):
        raise InputError(f"tables of the page: {sorted(named ^ set(made))} on one side only")
    return _BLOCK.sub(lambda found: f"{found[1]}{made[found[2]]}{found[3]}", page)


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _nation(model: Model) -> str:
    nation = model.nation
    scale, made, machine = nation["scale"], nation["nation"], nation["machine"]
    stages = {name: sum(month["seconds"].get(name, 0) for month in nation["months"]) for name in _WAITED}
    words = [
        f"{scale['children']:,} children with {scale['episodes_a_year']:,} absences a year in",
        f"{scale['agencies']} agencies, {len(nation['months'])} months of submissions in one run:",
        f"{made['records']:,} records of children and {made['reports']:,} reports of absences,",
        f"{nation['database']}, {machine['cores']} cores for the unit and all agencies together.",
        f"Submitting took {_time(stages['submit'])}, waiting for checks {_time(stages['wait for checks'])},",
        f"linkages and reconciliations {_time(stages['cycle'])}.",
    ]
    if statistics := nation.get("statistics"):
        processor, memory = _time(statistics["cpu_seconds"]), _size(statistics["rss_bytes"])
        words.append(f"All tables of all months, with charts: {processor} of processor, {memory}.")
    return " ".join(words) + "\n"


_WAITED = ("submit", "wait for checks", "cycle")


def _sweeps(model: Model) -> Iterator[str]:
    for one in model.points.get("sweeps", []):
        points = ", ".join(
            f"{_size(point['anonymous_bytes'])} where {_power(point['kept_back'])} pairs speak"
            for point in one["points"]
        )
        yield f"Memory against comparisons kept back, {one['rows']:,} rows: {points}: {one['slope']:+.1%}.\n"


def _growth_head() -> Row:
    return ("rows", "comparisons", *(f"{n:,} cores" for n in _CORES), "memory", "encodings as sent")


def _growth(model: Model) -> Iterator[Row]:
    for rows in _SIZES:
        comparisons = model.comparisons(rows)
        yield (
            f"{rows:,}", _power(comparisons),
            *(_time(model.compare_seconds(comparisons, cores)) for cores in _CORES),
            _size(model.linking_memory(rows)), _size(rows * model.shape.wire),
        )  # fmt: skip


def _increments(model: Model) -> Iterator[Row]:
    for new in _SUBMISSIONS:
        seconds = (model.compare_seconds(model.increment(new, rows), 2) for rows in _REGISTERS)
        yield (f"{new:,}", *map(_time, seconds))


_SUBMISSION_HEAD = (
    "rows that stay", "submitted", "compared with all", "comparisons", "comparing",
    "other work on encodings",
    "persons and ledger", "seconds in all", "processor", "memory",
)  # fmt: skip
_OF_PERSONS = ("group clusters", "read persons", "assign persons", "store the run")


def _submissions(model: Model) -> Iterator[Row]:
    for one in model.measured_increments:
        stages, worked = one["stages"], one["worked"]
        comparing, persons = stages["compare"], sum(stages[name] for name in _OF_PERSONS)
        processor = sum(took for name, took in worked.items() if name not in _WITHIN_LINKING)
        yield (
            f"{one['register'] - one['new']:,}", f"{one['submission']:,}", f"{one['new']:,}",
            _power(one["comparisons"]), _time(comparing), _time(one["seconds"] - comparing - persons),
            _time(persons), _time(one["seconds"]), _time(processor), f"{one['memory_gb']} GB",
        )  # fmt: skip


_WITHIN_LINKING = (
    "gather", "name rows, digest them", "load kept, what stands of it", "compare", "join", "save kept",
    "best of lists", "weigh", "cluster", "choices",
)  # fmt: skip


def _cluster(model: Model) -> Iterator[Row]:
    for rows in _SIZES[1:]:
        yield (
            f"{rows:,}", f"{model.strips(rows):,}", f"{model.tiles(rows):,}", _size(model.shuffle(rows)),
            _size(model.shuffle(rows, _LARGER)), _size(model.pairs(rows) * model.shape.pair),
        )  # fmt: skip


def _constants(model: Model) -> Iterator[Row]:
    for cost in COSTS:
        fitted = model.constants[cost.name]
        words = "; ".join(
            f"{_constant(value, cost.unit)} a {_one(name)}" for name, value in fitted.items() if value
        )
        yield (cost.name, ", ".join(fitted), words or "nothing that months tell")
    fixed, each, was_fitted = model.memory
    how = "fitted" if was_fitted else "counted"
    words = f"{_size(fixed)}; {each + model.shape.wire:,.0f} bytes a row, {how}"
    yield ("linking worker: anonymous memory", "rows", words)


_PROCESSES = ("service", "linking worker", "register worker")
_RUN_HEAD = ("what", "a month after a year", "a month after three years", "three years")


def _run(model: Model) -> Iterator[Row]:
    """What a nation of the full size takes, by the constants."""
    early, late = (model.month(number, **_NATION) for number in (12, 36))
    whole = model.run_costs(**_NATION, months=36)
    comparing = (counts["comparisons"] / model.linkage_rate for counts in (early, late))
    yield ("comparing, two cores", *map(_time, comparing), _time(whole["comparing"]))
    for cost in COSTS:
        months = (_amount(model.cost(cost, counts), cost.unit) for counts in (early, late))
        yield (cost.name, *months, _time(whole[cost.name]) if cost.name in whole else "")


_NATION = {"children": 1_000_000, "agencies": 196}
_MONTH_HEAD = (
    "month", "submissions", "rows sent", "to the unit", "checks", "comparisons", "linkage", "reconciliation",
    "request p50 / p99", "memory, three processes", "disk", "precision / recall",
)  # fmt: skip


def _months(model: Model) -> Iterator[Row]:
    months = model.nation["months"]
    every = max(1, len(months) // 6)
    for month in [one for place, one in enumerate(months) if place % every == 0 or place == len(months) - 1]:
        jobs, quality = month["jobs"], month["quality"]
        checks = sum(
            jobs.get(kind, {"seconds": 0})["seconds"] for kind in ("check-encodings", "check-payload")
        )
        put = month["requests"].get("PUT submissions chunks", {"p50": 0.0, "p99": 0.0})
        yield (
            str(month["month"]), str(month["submissions"]), f"{month['rows']:,}",
            _size(month["network"]["up"]), _time(checks),
            _power(month["comparisons"]), _time(jobs["link"]["seconds"]),
            _time(jobs["reconcile"]["seconds"]), f"{1000 * put['p50']:.0f} / {1000 * put['p99']:.0f} ms",
            " + ".join(f"{month['processes'][one]['rss_bytes'] / 1e6:.0f}" for one in _PROCESSES) + " MB",
            _size(sum(month["disk"].values())), f"{quality['precision']:.3f} / {quality['recall']:.3f}",
        )  # fmt: skip


_LINKAGE_HEAD = (
    "load", "comparisons", "done", "wall", "processor", "comparisons a second", "of the kernel's own",
    "anonymous memory", "left, extrapolated", "precision / recall",
)  # fmt: skip


def _linkages(model: Model) -> Iterator[Row]:
    for one in model.points.get("linkages", []):
        load, outcome = one["load"], one["outcome"]
        quality = outcome["quality"] if outcome else None
        share = one.get("share_of_kernel_by_processor")
        recorded = one.get("comparisons_of_sessions", one["comparisons_done"])
        yield (
            f"{load['agencies']} x {load['records']:,}", _power(one["comparisons"]),
            f"{one['comparisons_done'] / one['comparisons']:.0%}",
            _time(one.get("seconds_running", one["seconds"])),
            _time(one["cpu_seconds"] * one["comparisons_done"] / max(recorded, 1)),
            f"{one['comparisons_per_second'] / 1e6:,.0f} million", f"{share:.0%}" if share else "",
            _size(one["peak_anonymous_bytes"]),
            _time(one["extrapolated_seconds_left"]) if one["extrapolated_seconds_left"] else "",
            f"{quality['precision']:.3f} / {quality['recall']:.3f}" if quality else "",
        )  # fmt: skip


def _checks(model: Model) -> Iterator[Row]:
    for check in model.checks():
        predicted, measured = (_amount(value, check.unit) for value in (check.predicted, check.measured))
        yield (check.what, predicted, measured, f"{check.error:+.1%}")


def _amount(value: float, unit: str) -> str:
    if unit == "bytes":
        return _size(value)
    return _power(value) if not unit else _time(value)


def _power(value: float) -> str:
    """A large number, as 1.2 · 10^9."""
    digits = f"{value:.1e}".split("e")
    return f"{digits[0]} · 10^{int(digits[1])}" if value >= 1e6 else f"{value:,.0f}"


def _time(seconds: float) -> str:
    for unit, size in (("years", 365.25 * 86_400), ("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _size(value: float) -> str:
    for unit, size in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{value / size:,.1f} {unit}"
    return f"{value:.0f} bytes"


def _constant(value: float, unit: str) -> str:
    """Write a constant with a unit that suits it."""
    if not unit.startswith("s"):
        return f"{value:,.0f} {unit}"
    for prefix, size in (("", 1.0), ("m", 1e-3), ("µ", 1e-6), ("n", 1e-9)):
        if value >= size:
            return f"{value / size:.3g} {prefix}{unit}"
    return f"{value:.1e} {unit}"


def _one(name: str) -> str:
    """A count's name, for one of them."""
    return re.sub(r"^all |(?<=[nwd])s\b", "", name)


def _taken(path: Path) -> Mapping[str, Any]:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".jsonl":
        found: Mapping[str, Any] = json.loads(text)
        return found
    lines = [json.loads(line) for line in text.splitlines()]
    return {"register": lines[0].get("register") if lines else None, "increments": lines}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--take", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--kernel", action="store_true", help="measure the kernel's own rate anew")
    parser.add_argument("--run", type=int, metavar="CHILDREN", help="say how long a simulation would take")
    parser.add_argument("--agencies", type=int, default=196)
    parser.add_argument("--months", type=int, default=36)
    asked = parser.parse_args()
    try:
        points = read_points()
        if asked.run:
            model = Model(points)
            size = {"children": asked.run, "agencies": asked.agencies, "months": asked.months}
            for name, seconds in model.run_costs(**size).items():
                print(f"{name:<45}{_time(seconds):>12}")
            seconds = model.run_seconds(**size)
            print(f"about {_time(seconds)} on two cores, drawn on from the largest nation simulated")
            return 0
        for path in asked.take:
            print(f"{path}: among the {take(points, _taken(path))}", file=sys.stderr)
        if asked.kernel:
            take(points, measured_kernel())
        write_points(points)
        model = Model(read_points())
        PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), tables(model)), encoding="utf-8")
        write_charts(model)
    except ClewError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
