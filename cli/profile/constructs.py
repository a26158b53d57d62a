"""Why a profile has what it has: one sentence a construct, with the document that says more."""

from dataclasses import dataclass
from typing import Final

from msgspec import UNSET

from linkage.encode.tokens import COMPONENTS
from linkage.profile import EncodingProfile, Field, View

__all__ = ["Construct", "constructs"]

_SPEC: Final = "docs/spec/encoding-1.md, section"
_DECISION: Final = "docs/decisions/0002-encoding.md"
_OF_BIRTH: Final[frozenset[Field]] = frozenset({"year", "month", "day"})


@dataclass(frozen=True, slots=True)
class Construct:
    """One construct that a profile has, why, and where that is written."""

    words: str
    source: str


def constructs(profile: EncodingProfile) -> list[Construct]:
    """Return the constructs that a profile really has."""
    views = profile.views
    found = [
        Construct(
            "Values are made alike first, so that spelling habits of systems do not count", f"{_SPEC} 2"
        )
    ]
    if any(view.salt for view in views):
        found.append(
            Construct(
                "Salts: equal names have unrelated bits under other salts, so a known child tells of nobody "
                "but the few who share its salt",
                f"{_SPEC} 4",
            )
        )
    if len({view.salt for view in views}) > 1:
        found.append(
            Construct("Several views: an error in one salt leaves those that do not rest on it", _DECISION)
        )
    if any(_by_birth(view) for view in views) and any(view.salt and not _by_birth(view) for view in views):
        found.append(
            Construct(
                "Fallback views without the date of birth: for records whose date is missing, wrong or a "
                "placeholder; the parts of the date are tokens there, for no salt fixes them",
                f"{_SPEC} 4",
            )
        )
    if any(_shares_a_label(view) for view in views):
        found.append(Construct("One label for forename and surname: swapped names still agree", f"{_SPEC} 3"))
    if any(feature.kind == "prefixes" for view in views for feature in view.features):
        found.append(Construct("Beginnings of the postcode: neighbouring areas agree in part", f"{_SPEC} 3"))
    if any(view.positions is not UNSET for view in views):
        found.append(
            Construct(
                "Shared positions: a row draws as many whatever its names, so that the number of bits set "
                "does not tell how long they are",
                f"{_SPEC} 6",
            )
        )
    if any(diffusion > 1 for diffusion in profile.diffusions):
        found.append(
            Construct(
                "Diffusion: no bit of the result belongs to one token, which takes from attackers what they "
                "count",
                f"{_SPEC} 7",
            )
        )
    return found


def _by_birth(view: View) -> bool:
    return any(_OF_BIRTH.intersection(COMPONENTS[part].fields) for part in view.salt)


def _shares_a_label(view: View) -> bool:
    names = [feature for feature in view.features if feature.field in {"forename", "surname"}]
    return any(one.label == other.label and one.field != other.field for one in names for other in names)
