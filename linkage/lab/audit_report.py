"""What a privacy audit found: the structs that its JSON and its pages are written from.

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
    "Unit",
    "UnitResult",
    "Value",
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

_Count = Annotated[int, Meta(ge=1)]


class Sizes(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many people are attacked, how many of them by graph matching, and how many of one day of birth.

    ``controls``: people of the control experiments.  ``children``: of the simulated agencies whose batches
    are looked at.
    """

    people: Annotated[int, Meta(ge=40)] = 5000
    graph: Annotated[int, Meta(ge=20)] = 800
    dense: Annotated[int, Meta(ge=20)] = 1000
    controls: Annotated[int, Meta(ge=100)] = 600
    children: Annotated[int, Meta(ge=100)] = 2000


class Unit(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One piece of work: an attack, or its control experiment, under one seed.

    ``part``: which part of an attack that is cut into several.
    """

    attack: AttackName
    seed: Annotated[int, Meta(ge=0)]
    part: str = ""
    control: bool = False

    @property
    def name(self) -> str:
        """What the unit is called among all units of one audit."""
        part = f"-{self.part}" if self.part else ""
        return f"{'control-' if self.control else ''}{self.attack}{part}-seed-{self.seed}"


class Value(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one method reached in one unit: ``trials``, if the value is a share of so many guesses."""

    measure: str
    value: float
    method: str = ""
    side: Side = "none"
    trials: _Count | None = None
    chance: float | None = None


class UnitResult(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All values of one unit: what is kept so that an audit can go on where it was interrupted."""

    unit: Unit
    values: tuple[Value, ...]


class Finding(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One measure by one method: its mean over seeds, and the interval that holds it (95 %).

    ``measure``: a metric's name where the profile's measured figures have it.  ``percent``: whether it is a
    share, shown in per cent.  ``side``: what else the attacker saw.  ``strongest``: whether no other method
    reached more with the same knowledge; only such a finding has a light, and only without clear fields.
    ``chance``: what guessing reaches.
    ``green``, ``red``: the limits behind the light.
    """

    attack: AttackName
    measure: str
    words: str
    value: float
    low: float
    high: float
    seeds: _Count
    light: Light | None
    percent: bool
    setting: str
    method: str
    side: Side = "none"
    strongest: bool = True
    chance: float | None = None
    green: float | None = None
    red: float | None = None
    more_is_better: bool = False


class Control(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An experiment whose outcome is known beforehand: an attack that fails it would find nothing anywhere.

    ``at_most``: the value must stay at or below ``must_reach`` instead of reaching it.
    """

    attack: AttackName
    words: str
    value: float
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
    own_people: int | None
    attacks: tuple[Described, ...]
    findings: tuple[Finding, ...]
    controls: tuple[Control, ...]
    left_out: tuple[str, ...]
    broken: bool

    @property
    def red(self) -> tuple[Finding, ...]:
        """The findings whose light is red."""
        return tuple(finding for finding in self.findings if finding.light == "red")
