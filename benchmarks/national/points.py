"""Measured points: one file under docs/operations that every figure of the capacity page comes from."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from linkage.errors import InputError

__all__ = ["POINTS", "Points", "read_points", "take", "write_points"]

POINTS = Path(__file__).resolve().parents[2] / "docs" / "operations" / "capacity.json"
_KEPT_OF_A_MONTH = (
    "month", "sessions", "sessions_measured", "submissions", "rows", "children", "episodes", "records",
    "encodings_bytes", "payload_bytes", "encode_seconds", "agencies_cpu_seconds", "seconds", "requests",
    "network", "jobs", "comparisons", "linkage", "standing", "processes", "disk", "quality",
)  # fmt: skip
Points = dict[str, Any]


def read_points(path: Path = POINTS) -> Points:
    """Return all points; raises :class:`InputError` for a file of another version."""
    points: Points = json.loads(path.read_text(encoding="utf-8"))
    if (points.get("format"), points.get("version")) != ("clew-capacity", 1):
        raise InputError(f"{path.name}: not measured points of version 1")
    return points


def write_points(points: Points, path: Path = POINTS) -> None:
    """Write all points."""
    path.write_text(json.dumps(points, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def take(points: Points, result: Mapping[str, Any]) -> str:
    """Put a result among the points, in the place of one of the same size; returns what it is of.

    Results are those of ``benchmarks.national``, ``benchmarks.scale_linkage`` (with ``--sweep`` too) and
    ``benchmarks.increments``, told apart by what they hold.  Raises :class:`InputError` for anything else.
    """
    if "per_second" in result:
        points["kernel"] = dict(result)
        return "kernel"
    for kind, key, reduce in _KINDS:
        if key in result:
            made = reduce(result)
            others = [one for one in points.get(kind, []) if _size(one) != _size(made)]
            points[kind] = sorted([*others, made], key=lambda one: json.dumps(_size(one)))
            return kind
    raise InputError("this is no result of a benchmark of capacity", hint="give its result.json")


def _size(one: Mapping[str, Any]) -> object:
    """What tells results of one kind apart."""
    return {name: one.get(name) for name in ("scale", "database", "load", "rows", "register")}


def _nation(result: Mapping[str, Any]) -> dict[str, Any]:
    months = [{name: month[name] for name in _KEPT_OF_A_MONTH if name in month} for month in result["months"]]
    for short, month in zip(months, result["months"], strict=True):
        short["stores"] = {
            store: {"bytes": each["bytes"], "rows": sum(each["rows"].values())}
            for store, each in month["stores"].items()
        }
    return {**result, "months": months}


def _whole(result: Mapping[str, Any]) -> dict[str, Any]:
    return dict(result)


_KINDS = (
    ("nations", "months", _nation),
    ("linkages", "comparisons_done", _whole),
    ("sweeps", "slope", _whole),
    ("increments", "increments", _whole),
)
