"""What a privacy audit found: the structs that its JSON, its pages and the evidence pack are written from.

An attack's figure is a lower bound: red is known to fall, green is not known to.  An audit whose control
experiments fail says nothing of its profile, and is ``broken``.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from linkage.measured import Light

__all__ = [
    "AttackName",
    "AuditReport",
    "Control",
    "Described",
    "Finding",
    "Side",
    "Sizes",
]

AttackName = Literal[
    "dictionary",
    "known-pairs",
    "landmarks",
    "graph",
    "columns",
    "cross-view",
    "cross-variant",
    "membership",
    "payload",
    "timing",
]

Side = Literal["none", "payload", "appeal"]
"""What else the attacker sees of everybody: nothing, the coarse clear fields, or these and the day on which
the first episode began, which a public appeal tells."""

_Share = Annotated[float, Meta(ge=0, le=1)]
"""Every figure of an audit lies between 0 and 1, shares, areas, correlations and entropies alike."""

_MOST = 10_000_000


class Sizes(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many people are attacked, how many of them by graph matching, and how many of one day of birth.

    ``controls``: people of the control experiments.  ``children``: of the simulated agencies whose batches
    are looked at.  The limits of lights were made for what stands here.
    """

    people: Annotated[int, Meta(ge=40, le=_MOST)] = 5000
    graph: Annotated[int, Meta(ge=20, le=_MOST)] = 800
    dense: Annotated[int, Meta(ge=20, le=_MOST)] = 1000
    controls: Annotated[int, Meta(ge=100, le=_MOST)] = 600
    children: Annotated[int, Meta(ge=100, le=_MOST)] = 2000


class Finding(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One measure by one method: its mean over seeds, and the interval that holds it (95 %).

    ``measure``: a metric's name where the profile's measured figures have it.  ``percent``: whether it is a
    share, shown in per cent.  ``side``: what else the attacker saw.  ``strongest``: whether no other method
    reached more with the same knowledge; only such a finding has a light, and only without clear fields.
    ``chance``: what guessing reaches.  ``green``, ``red``: the limits behind the light.  What could not be
    told of any population has no value, no interval and no light; ``seeds``: of how many it could.
    """

    attack: AttackName
    measure: str
    words: str
    value: _Share | None
    low: _Share | None
    high: _Share | None
    seeds: Annotated[int, Meta(ge=0)]
    light: Light | None
    percent: bool
    setting: str
    method: str
    side: Side = "none"
    strongest: bool = True
    chance: _Share | None = None
    green: float | None = None
    red: float | None = None
    more_is_better: bool = False


class Control(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An experiment whose outcome is known beforehand: an attack that fails it would find nothing anywhere.

    ``at_most``: the value must stay at or below ``must_reach`` instead of reaching it.  One that did not run
    has no value, and did not reach anything.
    """

    attack: AttackName
    words: str
    value: _Share | None
    must_reach: float
    reached: bool
    percent: bool = True
    at_most: bool = False


class Described(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An attack in words: what it does, what the attacker knows, and whose attack it is."""

    attack: AttackName
    title: str
    does: str
    knows: str
    papers: tuple[str, ...]


class AuditReport(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything an audit found of one profile.

    ``setting``: what the attacker knew and whom the encodings are of, in words.  ``own_people``: how many
    people the caller gave in place of made-up ones.  ``left_out``: what could not be run, and why.
    ``taken_up``: how many units of each attack an earlier run had finished, and this one did not run again.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-privacy-audit"] = "clew-privacy-audit"
    version: int = 1
    profile: str
    digest: str
    weak: bool
    setting: str
    seeds: tuple[int, ...]
    sizes: Sizes
    own_people: Annotated[int, Meta(ge=1, le=_MOST)] | None
    attacks: tuple[Described, ...]
    findings: tuple[Finding, ...]
    controls: tuple[Control, ...]
    left_out: tuple[str, ...]
    broken: bool
    taken_up: dict[AttackName, Annotated[int, Meta(ge=1)]] = {}

    @property
    def red(self) -> tuple[Finding, ...]:
        """The findings whose light is red."""
        return tuple(finding for finding in self.findings if finding.light == "red")
