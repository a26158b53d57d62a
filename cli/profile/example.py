"""What a profile does with a made-up child: tokens, bits, fill, and how well two rows of the child agree.

Everything here is computed with the encoder's own rules, so that the explanation of a profile cannot differ
from what the profile does.  Nothing is encoded, and no key is needed.
"""

import datetime
import math
from dataclasses import dataclass
from typing import Final, Literal

from msgspec import UNSET

from linkage.encode.identifiers import Identifiers
from linkage.encode.normalise import Normalised, normalise
from linkage.encode.tokens import COMPONENTS, cut
from linkage.profile import EncodingProfile, View

__all__ = [
    "EXAMPLE",
    "Agreement",
    "Filling",
    "Outcome",
    "agreement",
    "filling",
    "read",
    "residual_after",
]

EXAMPLE: Final = Identifiers(
    forename="Amelia",
    surname="Hartley",
    middle_name="Rose",
    date_of_birth="04/07/2009",
    sex="F",
    postcode="LS6 3HN",
    address="12 Kingsmill Street",
    locality="Ashford",
    phone="01632 960123",
)
"""Nobody: a child with every identifier, whose names are as long as names mostly are."""

_TODAY: Final = datetime.date(2025, 1, 31)

Outcome = Literal["agrees", "faint", "other-salt", "absent"]
"""What becomes of a view: it agrees beyond noise; it agrees, but no more than noise may; the two rows have
different salts and so unrelated bits; or one of them does not have the view."""


@dataclass(frozen=True, slots=True)
class Filling:
    """The expected content of a view.

    ``tokens``: distinct ones; ``positions``: what they draw together; ``before``, ``after``: share of bits
    set before and after diffusion.
    """

    tokens: int
    positions: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How one view of two rows of the same child agrees; ``dice``: of the tokens, before diffusion."""

    outcome: Outcome
    dice: float = 0.0


def read(identifiers: Identifiers) -> Normalised:
    """Normalise as an agency would, on a fixed day."""
    return normalise(identifiers, today=_TODAY)


def filling(profile: EncodingProfile, number: int) -> Filling:
    """Return what the example child puts into a view."""
    held = _held(profile.views[number], read(EXAMPLE))
    positions = sum(held.values())
    before = 1.0 - _still_zero(positions, profile.length)
    after = (1.0 - (1.0 - 2.0 * before) ** profile.diffusions[number]) / 2.0
    return Filling(len(held), positions, before, after)


def agreement(profile: EncodingProfile, number: int, one: Normalised, other: Normalised) -> Agreement:
    """Return how two rows agree in a view, as the linking worker may expect to see it."""
    view = profile.views[number]
    salts = [_salt(view, person) for person in (one, other)]
    if None in salts:
        return Agreement("absent")
    if salts[0] != salts[1]:
        return Agreement("other-salt")
    held = [_held(view, person) for person in (one, other)]
    both = sum(min(bits, held[1].get(token, 0.0)) for token, bits in held[0].items())
    sizes = [sum(tokens_.values()) for tokens_ in held]
    beyond = _residual(profile.length, profile.diffusions[number], sizes[0], sizes[1], both)
    dice = 2.0 * both / max(1, sum(sizes))
    return Agreement("agrees" if beyond > profile.decision.noise_z else "faint", dice)


def residual_after(profile: EncodingProfile, number: int, dice: float) -> float:
    """Return by how many standard deviations two rows of a Dice coefficient exceed unrelated ones."""
    size = sum(_held(profile.views[number], read(EXAMPLE)).values())
    return _residual(profile.length, profile.diffusions[number], size, size, size * dice)


def _residual(length: int, diffusion: int, one: float, other: float, both: float) -> float:
    """Return the expected agreement beyond that of unrelated rows, in standard deviations of its noise.

    ``one``, ``other``, ``both``: bits drawn by either row's tokens, and by those they share.  Diffusion takes
    an agreement to its t-th power (Armknecht, Heng and Schnell, PoPETs 2023).
    """
    zero_one, zero_other = _still_zero(one, length), _still_zero(other, length)
    differing = zero_one + zero_other - 2.0 * _still_zero(one + other - both, length)
    related = (1.0 - 2.0 * differing) ** diffusion
    unrelated = ((2.0 * zero_one - 1.0) * (2.0 * zero_other - 1.0)) ** diffusion
    return (related - unrelated) * math.sqrt(length)


def _still_zero(drawn: float, length: int) -> float:
    return math.exp(drawn * math.log1p(-1.0 / length))


def _held(view: View, person: Normalised) -> dict[tuple[str, str], float]:
    """Return the tokens of a view by label, each with the number of bits it sets, or is expected to.

    Of features that give one token under one label the largest number counts: the smaller set of bits is the
    beginning of the larger.
    """
    found = [(feature, cut(feature, getattr(person, feature.field))) for feature in view.features]
    weight = sum(feature.k * len(pieces) for feature, pieces in found)
    scale = 1.0 if view.positions is UNSET else view.positions / max(weight, 1)
    held: dict[tuple[str, str], float] = {}
    for feature, pieces in found:
        for token in pieces:
            key = (feature.label, token)
            held[key] = max(feature.k * scale, held.get(key, 0.0))
    return held


def _salt(view: View, person: Normalised) -> tuple[str, ...] | None:
    """Return the values of a view's salt, or None if the row does not have the view."""
    rules = [COMPONENTS[component] for component in view.salt]
    values = tuple(rule.value(*(getattr(person, field) for field in rule.fields)) for rule in rules)
    if person.tier not in view.tiers or "" in values or not _held(view, person):
        return None
    return values
