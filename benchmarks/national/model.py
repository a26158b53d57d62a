"""The growth model: what a linkage unit needs, as formulas of rows, submissions, agencies, views and bits.

What is counted is exact (comparisons of a plan, bytes of a row, rows that travel to tiles).  What takes time
or room is a sum of such counts, each times a constant that was fitted to measured months of the largest
simulated nation (:mod:`benchmarks.national.costs`), or measured by itself (the kernel's rate).  Checks are of
a fit that leaves out the last third of months, and is judged by the last one.

Anything beyond what was measured is an extrapolation: constants stay constant by assumption.
"""

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.optimize import nnls

from benchmarks.national.costs import COSTS, FEWEST_MONTHS, Cost, Month, fitted, linked_records
from benchmarks.national.points import Points
from linkage.errors import InputError
from linkage.match.kernel_sections import pairs_among
from linkage.match.linkage import NEAREST
from linkage.match.plan import MOST_BY_NOISE, STRIP_ROWS
from linkage.match.rows import RecordId, Rows, Source, gather
from linkage.match.size import work_size
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile
from linkage.wire.encodings import Encodings, row_bytes

__all__ = ["Check", "Model", "Shape"]

_LEFT_OUT = 1 / 3
_PAIR_BYTES = 16
_POINTER_BYTES = 8
_COUNT_BYTES = 4
_FAR_APART = 10


@dataclass(frozen=True, slots=True)
class Shape:
    """What a profile makes of a row, in bytes: as it travels, as it is compared, as a pair of two."""

    views: int
    wire: int
    compared: int
    pair: int

    @classmethod
    def of(cls, profile: EncodingProfile) -> "Shape":
        """Return the shape of a profile's rows, taken from one of them."""
        one = _one_row(profile)
        rows = gather([one], profile)
        views = len(profile.views)
        return cls(
            views,
            row_bytes(views, profile.view_bytes, len(profile.exact)),
            _bytes(rows),
            _PAIR_BYTES + 2 * views,
        )


def _one_row(profile: EncodingProfile) -> Source:
    views, width = len(profile.views), profile.view_bytes
    encodings = Encodings(
        handles=np.zeros((1, 16), np.uint8),
        variants=np.zeros(1, np.uint8),
        tiers=np.zeros(1, np.uint8),
        present=np.full(1, (1 << views) - 1, np.uint32),
        bits=np.zeros((1, views, width), np.uint8),
    )
    return Source("A", encodings)


def _bytes(rows: Rows) -> int:
    """Bytes of the arrays that comparing a row takes."""
    arrays = (rows.words, rows.weights, rows.present, rows.record, rows.apart, rows.source, rows.tiers)
    return sum(array.nbytes for array in arrays) // len(rows)


@dataclass(frozen=True, slots=True)
class Check:
    """A prediction beside what was measured."""

    what: str
    unit: str
    predicted: float
    measured: float

    @property
    def error(self) -> float:
        """The relative error of the prediction."""
        return self.predicted / self.measured - 1 if self.measured else math.inf


class Model:
    """The model of measured points, for rows of one profile."""

    def __init__(self, points: Points, profile: str = "child-1") -> None:
        self.points = points
        self.profile = shipped_profile(profile)
        self.shape = Shape.of(self.profile)

    # What is counted.

    def comparisons(self, rows: int) -> int:
        """Return comparisons of a full linkage, where every row has every view."""
        return self.shape.views * int(pairs_among(rows))

    def increment(self, new: int, rows: int) -> int:
        """Return comparisons of new rows with each other and with all rows that were there."""
        return self.shape.views * (int(pairs_among(new)) + new * rows)

    def strips(self, rows: int) -> int:
        """Return how many strips a plan cuts rows into."""
        return -(-rows // STRIP_ROWS)

    def tiles(self, rows: int) -> int:
        """Return how many tiles a full linkage has."""
        return int(pairs_among(self.strips(rows) + 1))

    def strips_sent(self, rows: int, side: int = 1) -> int:
        """Return how many strips travel to workers that compare squares of ``side`` by ``side`` strips.

        A tile needs both of its strips.  Who compares a square of tiles needs those of its two sides once,
        and a tile of larger strips is such a square.
        """
        return self.strips(rows) * self._sides(rows, side)

    def shuffle(self, rows: int, side: int = 1) -> int:
        """Return the bytes of rows that travel to the workers of a cluster."""
        return rows * self._sides(rows, side) * self.shape.compared

    def _sides(self, rows: int, side: int) -> int:
        """How often each strip travels: once for each square that it is a side of, or both sides of."""
        return -(-self.strips(rows) // side)

    def pairs(self, rows: int) -> int:
        """Return about how many pairs a full linkage keeps: those of persons and, at most, those by noise."""
        return round(rows * min(self.pairs_per_row + MOST_BY_NOISE, NEAREST))

    # What was measured by itself.

    @cached_property
    def pairs_per_row(self) -> float:
        """Pairs kept for each row where noise hardly speaks: of the largest measured linkage, else none."""
        whole = [one for one in self.points.get("linkages", []) if one["outcome"]]
        if not whole:
            return 0.0
        last = max(whole, key=lambda one: one["estimate"]["rows"])
        return float(last["outcome"]["candidates"] / last["estimate"]["rows"])

    def kernel_rate(self, cores: int) -> float:
        """Return comparisons a second; beyond the cores that were measured, so many times one of those."""
        measured = {int(threads): rate for threads, rate in self.points["kernel"]["per_second"].items()}
        if cores in measured:
            return float(measured[cores])
        most = max(measured)
        return float(measured[most]) / most * cores

    @cached_property
    def share_of_kernel(self) -> float:
        """The engine's rate as a share of the kernel's own, by the largest linkage that was measured."""
        found = [one for one in self.points.get("linkages", []) if one.get("tiles_measured_twice")]
        if not found:
            return 1.0
        last = max(found, key=lambda one: one["estimate"]["rows"])
        return min(1.0, float(last["share_of_kernel_by_processor"]))

    @cached_property
    def linkage_rate(self) -> float:
        """Comparisons a second of the largest linkage that was measured, whatever else the machine did."""
        found = [one for one in self.points.get("linkages", []) if one["comparisons_per_second"]]
        if not found:
            return self.kernel_rate(max(int(cores) for cores in self.points["kernel"]["per_second"]))
        return float(max(found, key=lambda one: one["estimate"]["rows"])["comparisons_per_second"])

    def compare_seconds(self, comparisons: int, cores: int) -> float:
        """Return how long comparing takes."""
        return comparisons / (self.kernel_rate(cores) * self.share_of_kernel)

    def memory_said(self, rows: int) -> int:
        """Return the bytes that the linking worker's log names as the most, before a linkage."""
        none = work_size([], self.profile).memory
        return none + rows * (work_size([_one_row(self.profile)], self.profile).memory - none)

    def counted_memory(self, *, mapped: bool = False) -> int:
        """Return bytes a row that linking holds at its fullest: bits, lists, names, and the parts as opened.

        ``mapped``: what agencies sent is a file that is mapped, as in ``benchmarks.scale_linkage``.
        """
        name = RecordId("E06009001", "0" * 32)
        names = sys.getsizeof(name) + sys.getsizeof(name.handle) + _POINTER_BYTES
        lists = 2 * (_POINTER_BYTES * NEAREST + _COUNT_BYTES)
        return self.shape.compared + names + lists + (0 if mapped else self.shape.wire)

    @cached_property
    def memory(self) -> tuple[float, float, bool]:
        """Anonymous bytes of linking without any row, bytes for each, and whether those were fitted.

        They are where linkages of at least ten times different sizes were measured; else they are counted.
        """
        found = [
            (one["estimate"]["rows"], one["peak_anonymous_bytes"])
            for one in self.points.get("linkages", [])
            if one["whole"]
        ]
        if not found:
            return float(work_size([], self.profile).memory), float(self.counted_memory(mapped=True)), False
        rows, used = (np.array(each, dtype=np.float64) for each in zip(*found, strict=True))
        if rows.max() < _FAR_APART * rows.min():
            each = self.counted_memory(mapped=True)
            return float(max(0.0, (used - each * rows).mean())), float(each), False
        columns = np.stack([np.full(len(rows), rows.max()), rows], axis=1)
        fixed, each = nnls(columns, used)[0]
        return float(fixed * rows.max()), float(each), True

    def linking_memory(self, rows: int, *, mapped: bool = False) -> float:
        """Return the anonymous bytes of the process that links so many rows."""
        fixed, each, _ = self.memory
        return fixed + (each + (0 if mapped else self.shape.wire)) * rows

    # What was fitted to a simulated nation.

    @cached_property
    def nation(self) -> Mapping[str, Any]:
        """The largest nation simulated."""
        nations = self.points.get("nations", [])
        if not nations:
            raise InputError("no nation was simulated", hint="python -m benchmarks.national --folder FOLDER")
        found: Mapping[str, Any] = max(
            nations, key=lambda one: (one["scale"]["children"], len(one["months"]))
        )
        return found

    @cached_property
    def months(self) -> list[dict[str, Any]]:
        """Its months, each with what came before it as well."""
        found, submissions, records = [], 0, 0
        for month in self.nation["months"]:
            submissions, records = submissions + month["submissions"], records + month["records"]
            comparing = month["comparisons"] / self.linkage_rate
            more = {"all submissions": submissions, "all records": records, "comparing": comparing}
            found.append({**month, **more})
        return found

    @cached_property
    def constants(self) -> dict[str, dict[str, float]]:
        """The constants of every cost, by all months."""
        return {cost.name: fitted(cost, self.months) for cost in COSTS}

    def cost(self, cost: Cost, counts: Mapping[str, float]) -> float:
        """Return a cost of counts by name; one that is not given counts as none."""
        constants = self.constants[cost.name]
        return sum(constants[name] * counts.get(name, 0.0) for name in constants)

    def month(self, number: int, *, children: int, agencies: int) -> dict[str, float]:
        """Return the counts of a month of a nation of another size.

        In proportion to children and agencies; months beyond those simulated go on as the last of them grew.
        Comparisons grow with the square of children and of records.
        """
        scale = self.nation["scale"]
        more, wider = children / scale["children"], agencies / scale["agencies"]
        factors = {"submissions": wider, "all submissions": wider, "linkages": 1.0}
        count_of = {name: count for cost in COSTS for name, count in cost.counts.items()}
        found = {name: self._at(count, number) * factors.get(name, more) for name, count in count_of.items()}
        last = self.months[min(number, len(self.months)) - 1]
        grown = self._at(linked_records, number) / max(linked_records(last), 1.0)
        return {**found, "comparisons": last["comparisons"] * (more * grown) ** 2}

    def _at(self, count: Callable[[Month], float], number: int) -> float:
        """Return a count of a month, drawn on from the last two where it is later than those simulated."""
        values = [count(month) for month in self.months]
        if number <= len(values):
            return values[number - 1]
        growth = values[-1] - values[-2] if len(values) > 1 else 0.0
        return values[-1] + growth * (number - len(values))

    def run_costs(self, *, children: int, agencies: int, months: int) -> dict[str, float]:
        """Return about how many seconds each cost takes over all months of a nation.

        Comparing goes at the rate of the largest linkage that was measured, on all cores that it had;
        everything else is seconds of one core.
        """
        timed = [cost for cost in COSTS if cost.unit.startswith("s")]
        found = dict.fromkeys(("comparing", *(cost.name for cost in timed)), 0.0)
        for number in range(1, months + 1):
            counts = self.month(number, children=children, agencies=agencies)
            found["comparing"] += counts["comparisons"] / self.linkage_rate
            for cost in timed:
                found[cost.name] += self.cost(cost, counts)
        return found

    def run_seconds(self, *, children: int, agencies: int, months: int, cores: int = 2) -> float:
        """Return about how long simulating a nation takes, on so many cores for the unit and all agencies.

        All but comparing shares the cores evenly, which a worker of one thread at a month's end does not.
        """
        costs = self.run_costs(children=children, agencies=agencies, months=months)
        return costs["comparing"] + (sum(costs.values()) - costs["comparing"]) / cores

    def checks(self) -> list[Check]:
        """Return predictions beside measured points: each cost of the last month, fitted without its third.

        Then comparisons, memory and time of every linkage that was measured.
        """
        months = self.months
        used = months[: len(months) - round(_LEFT_OUT * len(months))]
        last = months[-1]
        found = []
        for cost in COSTS if len(used) >= FEWEST_MONTHS else ():
            constants = fitted(cost, used)
            predicted = sum(constants[name] * count(last) for name, count in cost.counts.items())
            found.append(Check(cost.name, cost.unit, predicted, cost.measured(last)))
        found += [check for one in self.points.get("linkages", []) for check in self._linkage(one)]
        return found + [check for one in self.measured_increments for check in self._increment(one)]

    @property
    def measured_increments(self) -> list[Mapping[str, Any]]:
        """Submissions to large registers that ``benchmarks.increments`` measured."""
        return [
            one
            for register in self.points.get("increments", [])
            for one in sorted(register["increments"], key=lambda one: one["submission"])
            if one["submission"]
        ]

    def _increment(self, one: Mapping[str, Any]) -> Iterator[Check]:
        held = one["register"] - one["new"]
        name = f"{one['submission']:,} to {held:,}: comparisons"
        yield Check(name, "", self.increment(one["new"], held), one["comparisons"])

    def _linkage(self, one: Mapping[str, Any]) -> Iterator[Check]:
        rows, load = one["estimate"]["rows"], one["load"]
        name = f"{load['agencies']} x {load['records']:,}"
        yield Check(f"{name}: comparisons", "", self.comparisons(rows), one["comparisons"])
        if one["estimate"]["seconds"] and one["comparisons_per_second"]:
            needed = one["comparisons"] / one["comparisons_per_second"]
            yield Check(f"{name}: comparing, said before", "s", one["estimate"]["seconds"], needed)
        if one["comparisons_per_second"]:
            needed = one["comparisons"] / one["comparisons_per_second"]
            seconds = self.compare_seconds(one["comparisons"], one["threads"])
            yield Check(f"{name}: comparing, by the kernel's rate", "s", seconds, needed)
        if one["whole"] and sum(other["whole"] for other in self.points["linkages"]) > 1:
            yield Check(
                f"{name}: memory",
                "bytes",
                self.linking_memory(rows, mapped=True),
                one["peak_anonymous_bytes"],
            )
