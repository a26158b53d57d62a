"""How strong the encoding is: what was measured of each epoch's profile, by which attack, and what was not.

Figures belong to a profile's digest and come with the release.  A measure without a figure is shown as not
measured, and has no light: silence is no green.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection

from api.store import epochs
from api.store.epochs import Epoch
from linkage.measured import (
    DENSE_WORDS,
    METRICS,
    Figure,
    Light,
    LinkageFigure,
    Metric,
    MetricName,
    light,
    measured,
    possible,
)
from linkage.shipped_profiles import shipped_profiles

__all__ = ["AuditLight", "ProfileAudit", "profile_audits"]

_KNOWN = "attack with known pairs (kriging)"
_GRAPH = "attack by graph matching, without a known pair"
_COUNTED = "counted on the encodings themselves"

_WAYS: Final[Mapping[MetricName, str]] = {
    "known-pairs-20": _KNOWN,
    "known-pairs-100": _KNOWN,
    "known-pairs-500": _KNOWN,
    "most-confident-100": _KNOWN,
    "graph-whole-overlap": _GRAPH,
    "graph-partial-overlap": _GRAPH,
    "graph-dense-class": _GRAPH,
    "bit-frequency-sd": _COUNTED,
    "popcount-correlation": _COUNTED,
    "unique-encodings": _COUNTED,
    "f1-cost": "linkage of the same people both ways",
}


_BY_KNOWN = (
    "Somebody who has the encodings and a list of the children, and knows of {} of them which encoding is "
    "whose, can tell whose some of the others are; no key is needed."
)

_MEANINGS: Final[Mapping[MetricName, str]] = {
    "known-pairs-20": _BY_KNOWN.format(20),
    "known-pairs-100": _BY_KNOWN.format(100),
    "known-pairs-500": _BY_KNOWN.format(500),
    "most-confident-100": (
        "An attacker who knows 100 children can tell which guesses to trust: too many of the surest are "
        "right, and each of those is a child who is recognised."
    ),
    "graph-whole-overlap": (
        "A child can be recognised by somebody who has the encodings and a list of the same children; no key "
        "and not one known child is needed."
    ),
    "graph-partial-overlap": (
        "A child can be recognised by somebody who has the encodings and a list of which no more than a part "
        "is the same children; no key and not one known child is needed."
    ),
    "graph-dense-class": (
        "A child who is born on the same day as many others can be recognised among them by somebody who has "
        "the whole list and all encodings; no key is needed. Real registers hold some two dozen of a day."
    ),
    "bit-frequency-sd": (
        "Some bits are set far more often than others, so that what many children share can show in their "
        "encodings."
    ),
    "popcount-correlation": (
        "Whoever has the encodings can count bits, and so tell about how long a child’s names are: among "
        "those born on one day that is a hint."
    ),
    "unique-encodings": (
        "Some children have the same encoding as another child: nothing tells them apart, and they can be "
        "taken for one."
    ),
    "f1-cost": (
        "More links are missed or wrong than with plain filters: more children stay two persons, or become "
        "one with another."
    ),
}
"""What it means for a child that a measure is not green (docs/profiles.md, docs/limitations.md)."""


@dataclass(frozen=True, slots=True)
class AuditLight:
    """One measure of a profile: what it is, how it is measured, its figure and light if it was."""

    metric: Metric
    way: str
    figure: Figure | None

    @property
    def state(self) -> Light | Literal["not measured"]:
        """The light, or that there is none."""
        return "not measured" if self.figure is None else light(self.metric, self.figure.value)

    @property
    def words(self) -> str:
        """What the figure is; of one day's children there may be fewer than the limits were made for."""
        if self.metric.name == "graph-dense-class":
            return DENSE_WORDS
        gained = self.metric.name == "f1-cost" and self.figure is not None and self.figure.value < 0.0
        return f"{self.metric.words} (below nothing: it links better)" if gained else self.metric.words

    @property
    def meaning(self) -> str:
        """What it means for a child, where the light is red or amber; else nothing."""
        return _MEANINGS[self.metric.name] if self.state in {"red", "amber"} else ""

    @property
    def interval(self) -> tuple[float, float]:
        """The interval of the figure, within what the measure can be."""
        if self.figure is None:
            raise ValueError("what was not measured has no interval")
        return possible(self.metric, self.figure)

    @property
    def limits(self) -> str:
        """From where to where it is green, and beyond what it is red."""
        green, red = (
            _written(one, percent=self.metric.percent) for one in (self.metric.green, self.metric.red)
        )
        below, above = ("at least", "below") if self.metric.more_is_better else ("up to", "above")
        return f"green {below} {green}, red {above} {red}"


@dataclass(frozen=True, slots=True)
class ProfileAudit:
    """What was measured of the profile of some epochs; ``setting`` is empty where nothing was."""

    name: str
    digest: str
    epochs: Sequence[Epoch]
    in_force: bool
    setting: str
    lights: Sequence[AuditLight]
    linkage: Sequence[LinkageFigure]

    @property
    def counted(self) -> Mapping[str, int]:
        """How many lights are of which colour, and how many there are not."""
        found = Counter(one.state for one in self.lights)
        return {one: found[one] for one in ("red", "amber", "green", "not measured") if found[one]}


def profile_audits(connection: Connection) -> list[ProfileAudit]:
    """Return what was measured of every profile that an epoch has, that of the epoch in force first."""
    by_profile: dict[tuple[str, str], list[Epoch]] = {}
    for one in epochs.all_epochs(connection):
        said = one.descriptor
        by_profile.setdefault((said.profile_name, said.profile_digest), []).append(one)
    found = [_audit(name, digest, some) for (name, digest), some in by_profile.items()]
    return sorted(found, key=lambda one: not one.in_force)


def _audit(name: str, digest: str, some: Sequence[Epoch]) -> ProfileAudit:
    # By the digest alone: a name can be given to anything.
    profile = next((one for one in shipped_profiles().values() if one.digest == digest), None)
    known = None if profile is None else measured(profile)
    privacy = {} if known is None else known.privacy
    return ProfileAudit(
        name=name,
        digest=digest,
        epochs=some,
        in_force=any(one.state == "in force" for one in some),
        setting="" if known is None else known.setting,
        lights=[AuditLight(one, _WAYS[one.name], privacy.get(one.name)) for one in METRICS],
        linkage=() if known is None else known.linkage,
    )


def _written(value: float, *, percent: bool) -> str:
    return f"{100 * value:g}\u00a0%" if percent else f"{value:g}"
