"""Encoding profiles: everything that decides which bits an encoding has.

A profile is data.  Its digest covers whatever changes a bit and travels with every bundle, so that two
agencies which would encode differently find out before anything is compared.  The decision settings
(thresholds) change no bit and are outside the digest.
"""

import hashlib
from typing import Annotated, ClassVar, Literal

import msgspec
import rfc8785
from msgspec import Meta, Struct

from linkage.errors import ProfileError

__all__ = [
    "Component",
    "Decision",
    "EncodingProfile",
    "Feature",
    "Field",
    "View",
    "shipped_profile",
    "shipped_profiles",
]

Field = Literal[
    "forename",
    "surname",
    "middle_name",
    "year",
    "month",
    "day",
    "sex",
    "postcode",
    "address",
    "locality",
    "phone",
]

Component = Literal[
    "year",
    "month",
    "day",
    "month-day",  # the unordered pair: survives a swap of day and month
    "forename-initial",
    "surname-initial",
    "initials",  # the unordered pair: survives swapped names
    "names-phonetic",  # the unordered pair of Soundex codes of forename and surname
    "postcode",
    "dwelling",  # house number and the Soundex code of the longest address word
]

Kind = Literal["bigrams", "prefixes", "initial", "whole"]
Tier = Literal["certain", "uncertain"]


class Feature(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Tokens of one field: how they are cut, under which label they are hashed, how many bits each sets.

    Two features with one label share their tokens' positions: forename and surname bigrams under a shared
    label survive swapped names.  ``prefixes`` lists prefix lengths, 0 meaning the whole value.
    """

    field: Field
    kind: Kind
    label: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,15}\Z")]
    k: Annotated[int, Meta(ge=1, le=32)]
    prefixes: tuple[Annotated[int, Meta(ge=0, le=32)], ...] = ()


class View(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One filter of a record, salted by some of its values; it exists only if every component does.

    ``tiers`` names the tiers whose rows carry the view: records with an uncertain date of birth carry only
    views that do not rest on it.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}\Z")]
    salt: Annotated[tuple[Component, ...], Meta(min_length=1, max_length=4)]
    features: Annotated[tuple[Feature, ...], Meta(min_length=1, max_length=32)]
    tiers: tuple[Tier, ...] = ("certain",)


class Decision(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How similarities become links, until a linkage calibrates itself.

    ``noise_z``: a view speaks only if its residual agreement exceeds this many standard deviations of the
    noise between unrelated records.  ``thresholds``: per view, the Dice estimate at which it links.
    """

    noise_z: Annotated[float, Meta(ge=0, le=20)] = 6.5
    thresholds: dict[str, Annotated[float, Meta(ge=0, le=1)]] = {}


class EncodingProfile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A frozen, versioned encoding profile.

    ``length``: bits of a view (a multiple of 64).  ``diffusion``: number of input bits that each output bit
    is the XOR of; 1 means no diffusion.  Source: docs/spec/encoding-1.md.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-profile"] = "clew-profile"
    version: int = 1
    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,63}\Z")]
    normaliser: Literal[1] = 1
    length: Annotated[int, Meta(ge=64, le=65536, multiple_of=64)]
    diffusion: Annotated[int, Meta(ge=1, le=16)]
    views: Annotated[tuple[View, ...], Meta(min_length=1, max_length=32)]
    decision: Decision = Decision()

    def __post_init__(self) -> None:
        """Refuse views with one name, and thresholds for views that are not there."""
        names = [view.name for view in self.views]
        if len(set(names)) != len(names):
            raise ValueError("two views have the same name")
        if set(self.decision.thresholds) - set(names):
            raise ValueError("a threshold is set for a view that the profile does not have")

    @property
    def view_bytes(self) -> int:
        """Width of one view in bytes."""
        return self.length // 8

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical form of everything that changes a bit, in hex."""
        content = msgspec.to_builtins(self)
        del content["decision"]
        return hashlib.sha256(b"clew/profile/1\x00" + rfc8785.dumps(content)).hexdigest()


def shipped_profile(name: str) -> EncodingProfile:
    """Return a profile that comes with this release; raises :class:`ProfileError` naming those there are."""
    profiles = shipped_profiles()
    if name not in profiles:
        known = ", ".join(sorted(profiles))
        raise ProfileError("no encoding profile of that name is shipped", hint=f"choose one of: {known}")
    return profiles[name]


def shipped_profiles() -> dict[str, EncodingProfile]:
    """Return every shipped profile by name."""
    return {profile.name: profile for profile in (_child_1(), _person_1())}


_POSTCODE_PREFIXES = (2, 3, 0)


def _names(k: int) -> tuple[Feature, ...]:
    """Return the name features that every view has: own labels, and a shared one that survives swaps."""
    return (
        Feature(field="forename", kind="bigrams", label="g", k=k),
        Feature(field="surname", kind="bigrams", label="s", k=k),
        Feature(field="forename", kind="bigrams", label="n", k=k),
        Feature(field="surname", kind="bigrams", label="n", k=k),
        Feature(field="middle_name", kind="initial", label="mi", k=k),
    )


def _postcode(k: int) -> Feature:
    return Feature(field="postcode", kind="prefixes", label="pc", k=k, prefixes=_POSTCODE_PREFIXES)


def _birth_and_sex(k: int) -> tuple[Feature, ...]:
    """Return the tokens that only fallback views may hold.

    In a view salted by the date of birth they are constant within a salt class, and one known child then
    fingerprints the whole class.
    """
    return (
        Feature(field="year", kind="whole", label="y", k=k),
        Feature(field="month", kind="whole", label="m", k=k),
        Feature(field="day", kind="whole", label="d", k=k),
        Feature(field="sex", kind="whole", label="x", k=k),
    )


def _child_1() -> EncodingProfile:
    names = (*_names(4), _postcode(4))
    fallback = (*_names(4), *_birth_and_sex(6))
    return EncodingProfile(
        name="child-1",
        length=1600,
        diffusion=8,
        views=(
            View(name="y-e", salt=("year", "month-day"), features=names),
            View(name="y-m-i", salt=("year", "month", "initials"), features=names),
            View(name="y-d-i", salt=("year", "day", "initials"), features=names),
            View(name="e-i", salt=("month-day", "initials"), features=names),
            View(
                name="f-p",
                salt=("forename-initial", "postcode"),
                features=fallback,
                tiers=("certain", "uncertain"),
            ),
        ),
        decision=Decision(
            noise_z=5.0,
            thresholds={"y-e": 0.75, "y-m-i": 0.75, "y-d-i": 0.75, "e-i": 0.75, "f-p": 0.75},
        ),
    )


def _person_1() -> EncodingProfile:
    general = (
        Feature(field="address", kind="bigrams", label="a", k=1),
        Feature(field="locality", kind="bigrams", label="l", k=1),
    )
    dated = (*_names(4), _postcode(4), *general)
    fallback = (*dated, *_birth_and_sex(6))
    by_postcode = (*_names(4), *general, *_birth_and_sex(6))
    both: tuple[Tier, ...] = ("certain", "uncertain")
    return EncodingProfile(
        name="person-1",
        length=1024,
        diffusion=3,
        views=(
            View(name="y-m", salt=("year", "month"), features=dated),
            View(name="y-d", salt=("year", "day"), features=dated),
            View(name="e-i", salt=("month-day", "initials"), features=dated),
            View(name="n", salt=("names-phonetic",), features=fallback, tiers=both),
            View(name="f-p", salt=("forename-initial", "postcode"), features=by_postcode, tiers=both),
            View(name="h-p", salt=("surname-initial", "postcode"), features=by_postcode, tiers=both),
            View(name="f-a", salt=("forename-initial", "dwelling"), features=fallback, tiers=both),
            View(name="h-a", salt=("surname-initial", "dwelling"), features=fallback, tiers=both),
        ),
        decision=Decision(
            noise_z=5.0,
            thresholds=dict.fromkeys(("y-m", "y-d", "e-i", "n", "f-p", "h-p", "f-a", "h-a"), 0.75),
        ),
    )
