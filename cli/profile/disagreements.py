"""In what two agencies differ about one child, and which views survive it."""

from dataclasses import dataclass, replace
from typing import Any, Final

from cli.profile.example import EXAMPLE, Agreement, agreement, read
from linkage.encode.identifiers import Identifiers
from linkage.profile import EncodingProfile

__all__ = ["DISAGREEMENTS", "Disagreement", "Survival", "survival"]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One way in which the other agency wrote the child down."""

    words: str
    other: Identifiers


_CHANGES: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("day and month of birth swapped", {"date_of_birth": "07/04/2009"}),
    ("another day of birth", {"date_of_birth": "05/07/2009"}),
    ("another month of birth", {"date_of_birth": "04/08/2009"}),
    ("another year of birth", {"date_of_birth": "04/07/2010"}),
    ("a date of birth wrong throughout", {"date_of_birth": "23/11/2011"}),
    ("no date of birth at one agency", {"date_of_birth": ""}),
    ("only the year of birth at one agency", {"date_of_birth": "2009"}),
    ("forename and surname swapped", {"forename": "Hartley", "surname": "Amelia"}),
    ("forename misspelt, sounding alike", {"forename": "Ameliah"}),
    ("forename misspelt, sounding otherwise", {"forename": "Amekia"}),
    ("a short form with another first letter", {"forename": "Millie"}),
    ("surname misspelt, sounding alike", {"surname": "Hartly"}),
    ("surname misspelt, sounding otherwise", {"surname": "Harkley"}),
    ("another surname", {"surname": "Okafor"}),
    ("no middle name at one agency", {"middle_name": ""}),
    ("another sex", {"sex": "M"}),
    ("no sex at one agency", {"sex": ""}),
    ("no postcode at one agency", {"postcode": ""}),
    ("one character of the postcode wrong", {"postcode": "LS6 3HM"}),
    ("another house of the same street", {"address": "14 Kingsmill Street"}),
    (
        "the child moved far away",
        {"postcode": "PL4 8RT", "address": "88 Beaumont Road", "locality": "Plymouth"},
    ),
)

DISAGREEMENTS: Final = tuple(Disagreement(words, replace(EXAMPLE, **changes)) for words, changes in _CHANGES)


@dataclass(frozen=True, slots=True)
class Survival:
    """What one disagreement does to each view, in the profile's order."""

    disagreement: Disagreement
    views: tuple[Agreement, ...]

    @property
    def survivors(self) -> int:
        """Number of views that still agree."""
        return sum(view.outcome == "agrees" for view in self.views)


def survival(profile: EncodingProfile) -> tuple[Survival, ...]:
    """Return what each disagreement does, leaving out those that change nothing this profile encodes."""
    own = read(EXAMPLE)
    undisturbed = _agreements(profile, EXAMPLE)
    found = [
        Survival(one, _agreements(profile, one.other)) for one in DISAGREEMENTS if read(one.other) != own
    ]
    return tuple(one for one in found if one.views != undisturbed)


def _agreements(profile: EncodingProfile, other: Identifiers) -> tuple[Agreement, ...]:
    one, second = read(EXAMPLE), read(other)
    return tuple(agreement(profile, number, one, second) for number in range(len(profile.views)))
