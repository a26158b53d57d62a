"""When the epoch in force should be rotated, from the public appeals counted and what was measured of it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from api.store import agencies, appeals
from linkage.measured import METRICS, Measured, measured
from linkage.register.rotation_advice import Advice, CurveName, Curves, KnownPoint, advise
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
        "Two things are looked at, and the one that ends first decides: how many others are named, and how "
        "often an attacker's surest 5 % of guesses are right. Between numbers of known pairs with a figure "
        "lines are drawn. Appeals go on coming as they came."
    ),
    (
        "The surest guesses have a figure at 100 known pairs alone: beyond it the advice takes them for too "
        "often right. Attacks with 500 and 1,500 pairs were made (decision 0036), on fewer people, and found "
        "them so; nothing is measured beyond 1,500 pairs, nor of more than 5,000 people."
    ),
)
"""What the advice rests on."""

_CURVES: Mapping[str, CurveName] = {"known-pairs-": "share", "most-confident-": "surest"}
_WORDS: Mapping[CurveName, str] = {
    "share": "the share of others that is named",
    "surest": "the share of the surest guesses that is right",
}
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
    def end(self) -> str:
        """What is beyond the pairs that the epoch bears."""
        if self.advice is None:
            return ""
        bears = self.advice.capacity
        ends = "is beyond green" if bears.why == "limit" else "has no figure, and is taken for beyond green"
        return f"{_WORDS[bears.curve]} {ends}"

    @property
    def sentence(self) -> str:
        """The advice in a sentence."""
        if self.advice is None:
            return self.why_not
        said = self.advice
        rest = (
            f"about {said.pairs:.0f} known pairs by now; beyond {said.capacity.pairs:.0f} {self.end}, "
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
    curves: Curves = {} if figures is None else known_pair_curves(figures)
    month, advice, why_not = f"{now:%Y-%m}", None, ""
    if not curves:
        why_not = "no attack with known pairs was measured of this profile: nothing can be advised"
    else:
        months, a_year = appeals.by_month(connection), appeals.estimate_of_year(connection)
        advice = advise(curves, months, a_year, opened=str(epoch.opens)[:7], now=month)
        if advice is None:
            why_not = "no public appeals are counted; clew register appeals adds or estimates them"
    return RotationView(
        epoch=epoch.epoch,
        profile=epoch.profile_name,
        closes=str(epoch.closes)[:10],
        advice=advice,
        why_not=why_not,
        month=month,
    )


def known_pair_curves(figures: Measured) -> Curves:
    """Return what each attack with known pairs reached at which number of them, with the green limits."""
    found: dict[CurveName, list[KnownPoint]] = defaultdict(list)
    for metric in METRICS:
        start = next((one for one in _CURVES if metric.name.startswith(one)), None)
        figure = figures.privacy.get(metric.name)
        if start is not None and figure is not None:
            point = KnownPoint(
                int(metric.name[len(start) :]), figure.value, figure.low, figure.high, metric.green
            )
            found[_CURVES[start]].append(point)
    return found


def _months(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7])
