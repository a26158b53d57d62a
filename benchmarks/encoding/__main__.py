"""``python -m benchmarks.encoding``: linkage and privacy of every shipped profile, in one run.

Writes ``bench-results/encoding-*.json`` and a table; ``--write`` puts the figures into the module that
``clew profile show`` reads, and ``--parts`` chooses what is measured.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import click
import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import t

from benchmarks.encoding.ablation import ablations, measure
from benchmarks.encoding.national import forced_threshold, loudest_views, recall_beyond
from benchmarks.encoding.plain_text import PlainWorld, child_world, labelled_world
from benchmarks.encoding.privacy import privacy
from benchmarks.encoding.quality import plain_quality, quality
from linkage import measured_data
from linkage.lab.audit_report import Sizes
from linkage.measured import METRICS, Figure, LinkageFigure, Measured, Metric, measured_source
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profiles

_RESULTS = Path(__file__).resolve().parent.parent.parent / "bench-results"
_KEY = np.random.default_rng(903).bytes(32)
_NOISES = ("usual", "heavy")
_AT: tuple[Literal["default", "best"], ...] = ("default", "best")
_THRESHOLDS = (4.0, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 9.0)
PARTS = ("quality", "privacy", "national", "ablation")


def measure_privacy(profiles: Iterable[str], seeds: Iterable[int], sizes: Sizes) -> list[dict[str, Any]]:
    """Attack every profile in every population; two processes at a time."""
    jobs = [(name, seed) for seed in seeds for name in profiles]
    with ProcessPoolExecutor(2) as pool:
        found = [pool.submit(privacy, shipped_profiles()[name], seed, sizes) for name, seed in jobs]
        rows = []
        for (name, seed), one in zip(jobs, found, strict=True):
            rows.append({"profile": name, "seed": seed, **one.result()})
            _say(f"attacked {name}, seed {seed}")
    return rows


def measure_quality(
    profiles: Iterable[str], seeds: Iterable[int], children: int, folder: Path | None
) -> list[dict[str, Any]]:
    """Link every world under every profile, and in plain text, one after another."""
    rows = []
    for name, seed, world in _worlds(seeds, children, folder):
        plain = plain_quality(world)
        rows.append({"world": name, "seed": seed, "profile": "plain text (Splink)", **_fields(plain)})
        for profile in profiles:
            if not _out_of_place(profile, name):
                found = quality(shipped_profiles()[profile], world, _KEY)
                rows.append({"world": name, "seed": seed, "profile": profile, **_fields(found)})
        _say(f"linked {name}, seed {seed}")
    return rows


def _worlds(
    seeds: Iterable[int], children: int, folder: Path | None
) -> Iterable[tuple[str, int, PlainWorld]]:
    for noise in _NOISES:
        for seed in seeds:
            yield f"children, {noise} noise", seed, child_world(children, seed, noise)
    for name in ("febrl4p", "febrl3"):
        if folder is not None and (folder / name).exists():
            yield name, 0, labelled_world(folder / name)


def _out_of_place(profile: str, world: str) -> bool:
    """Profiles of children have no address, and those of general data are not for worlds without one."""
    return profile.startswith("child" if not world.startswith("children") else "person")


def _fields(found: Any) -> dict[str, float | None]:
    return {} if found is None else asdict(found)


def measure_national(profiles: Iterable[str], seeds: Iterable[int], children: int) -> list[dict[str, Any]]:
    """Recall by the threshold that unrelated pairs force, for clean and for dirty records."""
    rows = []
    for name in profiles:
        profile = shipped_profiles()[name]
        views = len(profile.views)
        forced = {f"10^{power}": forced_threshold(10.0**power, views) for power in (10, 11, 12)}
        for noise in ("none", *_NOISES):
            worlds = [child_world(children, seed, noise) for seed in seeds]
            loudest = np.concatenate([loudest_views(profile, world, _KEY) for world in worlds])
            rows.append(
                {
                    "profile": name,
                    "noise": noise,
                    "pairs": len(loudest),
                    "recall": {f"{z}": recall_beyond(loudest, z) for z in _THRESHOLDS},
                    "forced": {key: [z, recall_beyond(loudest, z)] for key, z in forced.items()},
                }
            )
        _say(f"national thresholds of {name}")
    return rows


def measure_ablation(seeds: list[int], people: int, graph: int, worlds: int) -> list[dict[str, Any]]:
    """Every variant of ``child-1``, one change at a time."""
    variants = list(ablations(shipped_profiles()["child-1"]))
    with ProcessPoolExecutor(2) as pool:
        jobs = [
            pool.submit(measure, name, profile, people=people, graph=graph, worlds=worlds, seeds=seeds)
            for name, profile in variants
        ]
        rows = []
        for job in jobs:
            rows.append(asdict(job.result()))
            _say(f"measured {rows[-1]['variant']}")
    return rows


def figures(
    attacked: list[dict[str, Any]], linked: list[dict[str, Any]], sizes: Sizes
) -> list[tuple[EncodingProfile, Measured]]:
    """Sum up what was measured of each profile."""
    found = []
    for name, profile in shipped_profiles().items():
        mine = [row for row in attacked if row["profile"] == name]
        values = {metric.name: _strongest(metric, mine) for metric in METRICS}
        cost = _costs(name, linked)
        if cost:
            values["f1-cost"] = cost
        setting = (
            f"{sizes.people} made-up people, whom the attacker lists with every attribute, without errors; "
            f"the strongest method; graphs of {sizes.graph} people, {sizes.dense} of one day; no payload"
        )
        shares = {metric: figure(each) for metric, each in values.items() if each}
        found.append((profile, Measured(setting=setting, privacy=shares, linkage=_linkage(name, linked))))
    return found


def _strongest(metric: Metric, rows: list[dict[str, Any]]) -> list[float]:
    """Return what the method that reached most on average reached in each population."""
    methods: dict[str, list[float]] = {}
    for row in rows:
        for name, value in row.items():
            measure, _, method = name.partition("/")
            if measure == metric.name:
                methods.setdefault(method, []).append(value)
    worst = min if metric.more_is_better else max
    return worst(methods.values(), key=np.mean, default=[])


def _costs(name: str, linked: list[dict[str, Any]]) -> list[float]:
    """Return by how much F1 is lower than a plain CLK's, world by world."""
    plain = {(row["world"], row["seed"]): row["best"] for row in linked if row["profile"] == "clk-plain"}
    mine = [row for row in linked if row["profile"] == name and (row["world"], row["seed"]) in plain]
    return [plain[row["world"], row["seed"]] - row["best"] for row in mine] if name != "clk-plain" else []


def _linkage(name: str, linked: list[dict[str, Any]]) -> tuple[LinkageFigure, ...]:
    made: list[LinkageFigure] = []
    for world in dict.fromkeys(row["world"] for row in linked):
        here = [row for row in linked if row["world"] == world and "best" in row]
        mine = [row for row in here if row["profile"] == name]
        text = [row["best"] for row in here if "Splink" in row["profile"]]
        plain = figure(text) if text else None
        if mine:
            made += [
                LinkageFigure(world=world, at=at, f1=figure([row[at] for row in mine]), plain_text=plain)
                for at in _AT
            ]
    return tuple(made)


def figure(values: list[float]) -> Figure:
    """Return the mean and its 95 % interval (Student's t over seeds; of one seed, the value itself)."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return Figure(value=mean, low=mean, high=mean, seeds=1)
    half = float(t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return Figure(value=mean, low=max(mean - half, -1.0), high=min(mean + half, 1.0), seeds=len(values))


def _summary(rows: list[dict[str, Any]], by: tuple[str, ...], title: str) -> Table:
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(str(row[name]) for name in by), []).append(row)
    columns = [name for name in rows[0] if name not in (*by, "seed", "recall", "forced")]
    table = Table(*by, *columns, title=title)
    for group, members in groups.items():
        table.add_row(*group, *(_mean(members, name) for name in columns))
    return table


def _lights(rows: list[dict[str, Any]]) -> Table:
    """Return a table of what the strongest method reached, a measure a row and a profile a column."""
    names = list(dict.fromkeys(row["profile"] for row in rows))
    table = Table("measure", *names, title="privacy")
    for metric in METRICS:
        cells = [_told(_strongest(metric, [row for row in rows if row["profile"] == name])) for name in names]
        table.add_row(metric.words, *cells)
    return table


def _mean(members: list[dict[str, Any]], name: str) -> str:
    return _told([float(row[name]) for row in members if isinstance(row.get(name), int | float)])


def _told(values: list[float]) -> str:
    if not values:
        return "-"
    found = figure(values)
    return f"{found.value:.4f} ±{found.high - found.value:.4f}" if len(values) > 1 else f"{found.value:.4f}"


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


@click.command()
@click.option("--parts", default="quality,privacy,national", help=f"Any of {', '.join(PARTS)}.")
@click.option("--profiles", default=",".join(shipped_profiles()), help="Shipped profiles.")
@click.option("--seeds", default=5, help="Populations and keys.")
@click.option("--people", default=5000, help="People attacked with known pairs.")
@click.option("--graph", default=800, help="People of a graph, and of one day.")
@click.option("--children", default=10000, help="Children of a world that is linked.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder with febrl4p and febrl3.")
@click.option("--write", is_flag=True, help="Write the module that `clew profile show` reads.")
def main(
    parts: str,
    profiles: str,
    seeds: int,
    people: int,
    graph: int,
    children: int,
    data: Path | None,
    write: bool,  # noqa: FBT001 - click passes an option by name
) -> None:
    """Measure the shipped profiles."""
    chosen, numbers = profiles.split(","), list(range(1, seeds + 1))
    sizes = Sizes(people=people, graph=graph, dense=graph)
    work: Mapping[str, Callable[[], list[dict[str, Any]]]] = {
        "quality": lambda: measure_quality(chosen, numbers, children, data),
        "privacy": lambda: measure_privacy(chosen, numbers, sizes),
        "national": lambda: measure_national(
            [name for name in chosen if name.startswith("child")], numbers[:3], children
        ),
        "ablation": lambda: measure_ablation(numbers, people, graph, children),
    }
    titles = {"quality": ("world", "profile"), "ablation": ("variant",)}
    _RESULTS.mkdir(exist_ok=True)
    for part in parts.split(","):
        rows = work[part]()
        (_RESULTS / f"encoding-{part}.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
        if part in titles:
            Console(width=240).print(_summary(rows, titles[part], part))
        elif part == "privacy":
            Console(width=240).print(_lights(rows))
        else:
            Console(width=240).print_json(json.dumps(rows))
    if write:
        stored = {
            part: json.loads((_RESULTS / f"encoding-{part}.json").read_text(encoding="utf-8"))
            for part in ("privacy", "quality")
        }
        source = measured_source(figures(stored["privacy"], stored["quality"], sizes))
        Path(measured_data.__file__).write_text(source, encoding="utf-8")


if __name__ == "__main__":
    main()
