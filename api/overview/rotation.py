"""When the epoch in force should be rotated, from the public appeals counted and what was measured of it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from api.store import agencies, appeals
from linkage.measured import METRICS, Measured, measured
from linkage.register.rotation_advice import Advice, KnownPoint, advise
from linkage.shipped_profiles import shipped_profiles

__all__ = ["ASSUMPTIONS", "RotationView", "known_pair_curves", "rotation_view"]

ASSUMPTIONS = (
    (
        "Every public appeal counts as one child whose encoding becomes known. No other way is counted: not "
        "what people inside an agency know, nor families, nor what courts publish."
    ),
    (
        "Attackers list every child with every attribute, without errors; attacks are lower bounds, so a "
        "better one brings the month forward."
    ),
    (
        "Between measured numbers of known pairs lines are drawn; beyond the largest nothing is known, and "
        "there the advice ends. Appeals go on coming as they came."
    ),
)
"""What the advice rests on."""

_CURVES = ("known-pairs-", "most-confident-")
_SOON_MONTHS = 6


@dataclass(frozen=True, slots=True)
class RotationView:
    """The advice for the epoch in force; ``why_not`` says why there is none."""

    epoch: str
    profile: str
    closes: str
    advice: Advice | None
    why_not: str
    month: str

    @property
    def pressing(self) -> bool:
        """Say whether the month is there, or at most half a year ahead."""
        by = None if self.advice is None else self.advice.by
        return by is not None and _months(by) - _months(self.month) <= _SOON_MONTHS

    @property
    def before_closing(self) -> bool:
        """Say whether the month comes before the epoch closes by itself."""
        by = None if self.advice is None else self.advice.by
        return by is not None and by < self.closes[:7]

    @property
    def sentence(self) -> str:
        """The advice in a sentence."""
        if self.advice is None:
            return self.why_not
        said = self.advice
        ends = "the green limit is passed" if said.capacity.why == "limit" else "nothing is measured any more"
        rest = (
            f"about {said.pairs:.0f} known pairs by now; beyond {said.capacity.pairs:.0f} {ends}, "
            f"{said.margin:.0f} are left"
        )
        if said.by is None:
            return f"no rotation within fifty years by the appeals counted: {rest}"
        first = "" if self.before_closing else f"the epoch closes first, on {self.closes}; else "
        months = f"{said.earliest} to {said.latest or 'later than can be said'}"
        return f"{first}rotate by {said.by} ({months}): {rest}"


def rotation_view(connection: Connection, *, now: dt.datetime) -> RotationView | None:
    """Return the advice for the epoch in force, or None where there is no epoch."""
    epoch = agencies.current_epoch(connection)
    if epoch is None:
        return None
    profile = next((one for one in shipped_profiles().values() if one.digest == epoch.profile_digest), None)
    figures = None if profile is None else measured(profile)
    curves = [] if figures is None else known_pair_curves(figures)
    month, advice, why_not = f"{now:%Y-%m}", None, ""
    if not curves:
        why_not = "no attack with known pairs was measured of this profile: nothing can be advised"
    else:
        months, a_year = appeals.by_month(connection), appeals.estimate_of_year(connection)
        advice = advise(curves, months, a_year, opened=str(epoch.opens)[:7], now=month)
        if advice is None:
            why_not = "no public appeals are counted: `clew register appeals add` or `estimate`"
    return RotationView(
        epoch=epoch.epoch,
        profile=epoch.profile_name,
        closes=str(epoch.closes)[:10],
        advice=advice,
        why_not=why_not,
        month=month,
    )


def known_pair_curves(figures: Measured) -> list[Sequence[KnownPoint]]:
    """Return what each attack with known pairs reached at which number of them, with the green limits."""
    found: dict[str, list[KnownPoint]] = defaultdict(list)
    for metric in METRICS:
        start = next((one for one in _CURVES if metric.name.startswith(one)), None)
        figure = figures.privacy.get(metric.name)
        if start is not None and figure is not None:
            point = KnownPoint(
                int(metric.name[len(start) :]), figure.value, figure.low, figure.high, metric.green
            )
            found[start].append(point)
    return list(found.values())


def _months(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7])
