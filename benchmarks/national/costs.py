"""What a simulated month takes, cost by cost: counts, and constants fitted to measured months."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import nnls

from linkage.errors import InputError

__all__ = ["COSTS", "FEWEST_MONTHS", "Cost", "Month", "fitted", "linked_records"]

FEWEST_MONTHS = 3
"""Fewer cannot be fitted to."""

Month = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cost:
    """Something that a month takes: its unit, where a month tells it, and the counts that it is a sum of."""

    name: str
    unit: str
    measured: Callable[[Month], float]
    counts: Mapping[str, Callable[[Month], float]]


def _count(name: str) -> Callable[[Month], float]:
    return lambda month: float(month[name])


def _stored(store: str) -> Callable[[Month], float]:
    return lambda month: float(month["stores"][store]["bytes"])


def _job(kind: str) -> Callable[[Month], float]:
    return lambda month: float(month["jobs"].get(kind, {"seconds": 0.0})["seconds"])


_SUBMISSIONS = {"submissions": _count("submissions")}


def linked_records(month: Month) -> float:
    return float(month["linkage"]["records"])


def _standing_records(month: Month) -> float:
    return float(month["standing"]["records"])


def _looked_through(month: Month) -> float:
    """Each search looks through all records that stand."""
    return float(month["jobs"].get("find-urgent", {"count": 0})["count"]) * _standing_records(month)


COSTS: tuple[Cost, ...] = (
    Cost(
        "agencies: read, encode, seal, submit", "s of processor", _count("agencies_cpu_seconds"),
        {**_SUBMISSIONS, "rows": _count("rows")},
    ),
    Cost(
        "linking worker: check encodings", "s", _job("check-encodings"),
        {**_SUBMISSIONS, "rows": _count("rows")},
    ),
    Cost(
        "register worker: check payload", "s", _job("check-payload"),
        {**_SUBMISSIONS, "records sent": _count("records")},
    ),
    Cost(
        "linkage, beside comparing", "s", lambda month: max(0.0, _job("link")(month) - month["comparing"]),
        {"linkages": lambda month: float(month["jobs"]["link"]["count"]), "records": linked_records},
    ),
    Cost(
        "register worker: open/closed conflicts", "s", _job("find-urgent"),
        {"records looked through": _looked_through},
    ),
    Cost("reconciliation", "s", _job("reconcile"), {"standing records": _standing_records}),
    Cost(
        "to the unit", "bytes", lambda month: float(month["network"]["up"]),
        {**_SUBMISSIONS, "rows": _count("rows"), "records sent": _count("records")},
    ),
    Cost(
        "from the unit", "bytes", lambda month: float(month["network"]["down"]),
        {**_SUBMISSIONS, "standing records": _standing_records},
    ),
    Cost(
        "disk: encodings", "bytes", lambda month: float(month["disk"]["encodings"]),
        {
            "standing rows": lambda month: float(month["standing"]["rows"]),
            "all submissions": _count("all submissions"),
        },
    ),
    Cost(
        "disk: payload", "bytes", _stored("payload"),
        {"all records sent": _count("all records"), "all submissions": _count("all submissions")},
    ),
    Cost(
        "disk: register", "bytes", _stored("register"),
        {
            "records": linked_records,
            "all submissions": _count("all submissions"),
        },
    ),
)  # fmt: skip


def fitted(cost: Cost, months: Sequence[Month]) -> dict[str, float]:
    """Return a cost's constant for each of its counts, by least squares over months, none below zero.

    Raises :class:`InputError` for fewer than three months.
    """
    if len(months) < FEWEST_MONTHS:
        raise InputError(
            f"{cost.name}: {len(months)} months cannot be fitted to", hint="simulate three or more"
        )
    counts = np.array([[count(month) for count in cost.counts.values()] for month in months])
    measured = np.array([cost.measured(month) for month in months])
    # Every column about as large as the next: comparisons are a billion where submissions are a hundred.
    sizes = np.maximum(np.abs(counts).max(axis=0), 1e-12)
    found = nnls(counts / sizes, measured)[0] / sizes
    return dict(zip(cost.counts, found.tolist(), strict=True))
