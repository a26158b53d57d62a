"""What a valid profile should not do all the same: what leaks, what drowns, what costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from msgspec import UNSET

from cli.profile.example import filling, residual_after
from linkage.encode.tokens import COMPONENTS
from linkage.profile import Component, EncodingProfile, Field, View
from linkage.shipped_profiles import shipped_profiles
from linkage.weak_profiles import is_baseline

__all__ = ["LEAST_SALT_BITS", "Caution", "cautions", "links_nothing", "salt_bits"]

Kind = Literal[
    "baseline",
    "constant-token",
    "decision",
    "exact-token",
    "few-values-by-birth-date",
    "counted-tokens",
    "fill-high",
    "fill-low",
    "length",
    "low-entropy-salt",
    "uncertain-tier",
    "undiffused",
    "unsalted",
]

_OF_BIRTH: Final[frozenset[Field]] = frozenset({"year", "month", "day"})
_LOST_BY_PLACEHOLDERS: Final[frozenset[Field]] = frozenset({"month", "day"})
_FEW_VALUES: Final[frozenset[Field]] = _OF_BIRTH | {"sex"}
_ENTROPY: Final[dict[Component, float]] = {
    "year": 4.1,
    "month": 3.6,
    "day": 4.9,
    "month-day": 8.1,
    "forename-initial": 4.1,
    "surname-initial": 4.2,
    "initials": 7.4,
    "forename-phonetic": 7.0,
    "surname-phonetic": 8.0,
    "names-phonetic": 14.0,
    "sex": 1.0,
    "postcode": 16.0,
    "dwelling": 12.0,
}
"""About how many bits of surprise a part of a salt has among children: eighteen years of birth, twelve
months, first letters as unevenly spread as they are."""

_INSIDE: Final[tuple[tuple[Component, tuple[Component, ...]], ...]] = (
    ("month", ("month-day",)),
    ("day", ("month-day",)),
    ("forename-initial", ("initials", "forename-phonetic", "names-phonetic")),
    ("surname-initial", ("initials", "surname-phonetic", "names-phonetic")),
    ("initials", ("names-phonetic",)),
    ("forename-phonetic", ("names-phonetic",)),
    ("surname-phonetic", ("names-phonetic",)),
)
"""Parts that others of the same salt as good as contain: they add no surprise."""

LEAST_SALT_BITS: Final = 7.5
"""Views of children's names salted by the year of birth alone (4 bits) were measured to fall to 500 known
pairs; by two parts of the date, or year and month (7.7 bits), they held."""

_LEAST_FILL_AFTER: Final = 0.25
_FAINT_DICE: Final = 0.7
_REGISTER_BITS: Final = 512


@dataclass(frozen=True, slots=True)
class Caution:
    """One thing to think about; ``place``: a view, or "" for the whole profile; ``mend``: what to do."""

    kind: Kind
    place: str
    words: str
    mend: str

    def __str__(self) -> str:
        return f'view "{self.place}": {self.words}' if self.place else self.words


def cautions(profile: EncodingProfile) -> list[Caution]:
    """Return everything to think about before a profile is used, what leaks first."""
    found = [*_of_profile(profile)]
    for number, view in enumerate(profile.views):
        found += _of_salt(view)
        found += _of_tokens(view)
        found += _of_fill(profile, number)
    return [*found, *_of_cost(profile)]


def links_nothing(profile: EncodingProfile) -> bool:
    """Return whether no pair can link: nothing was learned of the profile, and it sets no thresholds."""
    shipped = {one.digest for one in shipped_profiles().values()}
    return not profile.decision.thresholds and profile.digest not in shipped


def salt_bits(view: View) -> float:
    """Return about how many bits of surprise a view's salt has among children."""
    salt = set(view.salt)
    inside = {part for part, others in _INSIDE if salt.intersection(others)}
    return sum(_ENTROPY.get(part, 0.0) for part in salt - inside)


def _of_profile(profile: EncodingProfile) -> Iterator[Caution]:
    if is_baseline(profile):
        yield Caution(
            "baseline",
            "",
            "a view is neither salted nor diffused: a hundred known children give away all others",
            "it can be measured, and never be an epoch's; salt and diffuse every view",
        )
    if profile.exact:
        yield Caution(
            "exact-token",
            "",
            "exact tokens: anybody who has the epoch's key tries all 10^9 numbers in minutes and then knows "
            "the number behind every token",
            "leave exact out unless every agency's key is as safe as the numbers themselves",
        )
    if not any("uncertain" in view.tiers for view in profile.views):
        yield Caution(
            "uncertain-tier",
            "",
            "no view for children whose date of birth is uncertain: they cannot be linked with anybody",
            'give a view whose salt holds no month and no day the tier "uncertain"',
        )


def _of_salt(view: View) -> Iterator[Caution]:
    bits = salt_bits(view)
    if not view.salt:
        yield Caution(
            "unsalted",
            view.name,
            "no salt: equal values have equal bits in all records, which makes the profile weak",
            "salt it by values of which few people share all",
        )
    elif bits < LEAST_SALT_BITS:
        yield Caution(
            "low-entropy-salt",
            view.name,
            f"the salt has about {bits:.0f} bits of surprise: what is learned of one child tells of the many "
            "who share it",
            f"add a part to the salt; {LEAST_SALT_BITS} bits is the least that was seen to hold",
        )
    if "uncertain" in view.tiers and _fields(view) & _LOST_BY_PLACEHOLDERS:
        yield Caution(
            "uncertain-tier",
            view.name,
            "records with an uncertain date of birth seldom have the month or the day that salt it",
            'leave "uncertain" to views whose salt holds no month and no day',
        )


def _fields(view: View) -> set[Field]:
    return {field for part in view.salt for field in COMPONENTS[part].fields}


def _of_tokens(view: View) -> Iterator[Caution]:
    # Among children of one year whose names both sound alike such a token was measured to tell nobody apart.
    by_birth_date = bool(_fields(view) & _OF_BIRTH) and "names-phonetic" not in view.salt
    told = {"month", "day"} if "month-day" in view.salt else set()
    told |= set(view.salt)
    for field in sorted({feature.field for feature in view.features}):
        if field in told:
            yield Caution(
                "constant-token",
                view.name,
                f"the salt tells the {field} already: its tokens say nothing, and one known child "
                "fingerprints everybody with that salt",
                f"leave {field} out of this view",
            )
        elif by_birth_date and field in _FEW_VALUES:
            yield Caution(
                "few-values-by-birth-date",
                view.name,
                f"{field} has few values in a view salted by the date of birth: one known child "
                "fingerprints everybody born then",
                f"leave {field} to views whose salt holds no part of the date of birth",
            )


def _of_fill(profile: EncodingProfile, number: int) -> Iterator[Caution]:
    view, diffusion, found = profile.views[number], profile.diffusions[number], filling(profile, number)
    if view.positions is UNSET:
        yield Caution(
            "counted-tokens",
            view.name,
            "every token sets bits of its own: the number of bits set tells how long the names are",
            f"give the view positions for its tokens to share, such as {found.positions:.0f}",
        )
    if diffusion == 1:
        yield Caution(
            "undiffused",
            view.name,
            "no diffusion: every bit can be traced to its tokens, which makes the profile weak",
            "give it a diffusion of 5 or more",
        )
    elif found.after < _LEAST_FILL_AFTER:
        yield Caution(
            "fill-low",
            view.name,
            f"only {found.after:.0%} of the bits are set after diffusion by {diffusion}: which "
            "ones are still shows single tokens",
            "raise k or the diffusion, or shorten the view",
        )
    beyond = residual_after(profile, number, _FAINT_DICE)
    if beyond < profile.decision.noise_z:
        yield Caution(
            "fill-high",
            view.name,
            f"{found.before:.0%} of the bits are set before diffusion by {diffusion}: two records that share "
            f"{_FAINT_DICE:.0%} of their tokens agree by {beyond:.1f} standard deviations, within noise",
            "lower k or the diffusion, or lengthen the view",
        )


def _of_cost(profile: EncodingProfile) -> Iterator[Caution]:
    if profile.length % _REGISTER_BITS:
        lower = profile.length // _REGISTER_BITS * _REGISTER_BITS
        lengths = " or ".join(f"{length:,}" for length in (lower, lower + _REGISTER_BITS) if length)
        yield Caution(
            "length",
            "",
            f"{profile.length:,} bits leave part of the last register empty in every comparison",
            f"{lengths} bits would fill it; a cost in speed alone",
        )
    if links_nothing(profile):
        yield Caution(
            "decision",
            "",
            "no thresholds, and nothing was learned of this profile: no pair will link",
            "set decision.thresholds for the views that may link by themselves, such as 0.8",
        )
