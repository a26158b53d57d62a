"""The units of an audit, and what came of each."""

from typing import Annotated

from msgspec import Meta, Struct

from linkage.audited.report import AttackName, Side

__all__ = ["Unit", "UnitResult", "Value"]

_Count = Annotated[int, Meta(ge=1)]


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
    """What one method reached in one unit: ``trials``, if the value is a share of so many guesses.

    No value: it cannot be told of these people.
    """

    measure: str
    value: float | None
    method: str = ""
    side: Side = "none"
    trials: _Count | None = None
    chance: float | None = None


class UnitResult(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All values of one unit: what is kept so that an audit can go on where it was interrupted."""

    unit: Unit
    values: tuple[Value, ...]
