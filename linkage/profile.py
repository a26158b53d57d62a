"""Encoding profiles: everything that decides which bits an encoding has.

A profile is data.  Its digest covers whatever changes a bit and travels with every bundle, so that two
agencies which would encode differently find out before anything is compared.  The decision settings
(thresholds) change no bit and are outside the digest.
"""

import hashlib
from typing import Annotated, ClassVar, Literal

import msgspec
import rfc8785
from msgspec import UNSET, Meta, Struct, UnsetType

__all__ = [
    "Component",
    "Decision",
    "EncodingProfile",
    "ExactKind",
    "Feature",
    "Field",
    "View",
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
    "nhs_number",
    "upn",
]

Component = Literal[
    "year",
    "month",
    "day",
    "month-day",  # the unordered pair: survives a swap of day and month
    "forename-initial",
    "surname-initial",
    "initials",  # the unordered pair: survives swapped names
    "forename-phonetic",  # Soundex
    "surname-phonetic",
    "names-phonetic",  # the unordered pair of Soundex codes of forename and surname
    "postcode",
    "sex",
    "dwelling",  # house number and the Soundex code of the longest address word
]

Kind = Literal["bigrams", "prefixes", "initial", "whole", "canonical"]
ExactKind = Literal["nhs_number", "upn"]
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

    ``salt``: without any component the view is one plain filter for everybody, which makes a profile weak.
    ``tiers`` names the tiers whose rows carry the view: records with an uncertain date of birth carry only
    views that do not rest on it.  ``diffusion``: the view's own, where it differs from the profile's.
    ``positions``: what all tokens of a row share out among themselves in proportion to their k, so that the
    number of bits set does not tell how many tokens there are; without it every token has its k.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}\Z")]
    salt: Annotated[tuple[Component, ...], Meta(max_length=4)]
    features: Annotated[tuple[Feature, ...], Meta(min_length=1, max_length=32)]
    tiers: tuple[Tier, ...] = ("certain",)
    diffusion: Annotated[int, Meta(ge=1, le=16)] | None = None
    positions: Annotated[int, Meta(ge=1, le=65536)] | UnsetType = UNSET


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
    is the XOR of; 1 means no diffusion.  ``rows``: rows that every record has at least, so that the number
    of rows does not tell who has another name; 1 means no padding.  ``exact``: numbers of which a row
    carries a keyed token; none unless a register decides otherwise, for whoever has the key can invert them
    all in minutes.  Source: docs/spec/encoding-1.md.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-profile"] = "clew-profile"
    version: int = 1
    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,63}\Z")]
    normaliser: Literal[1] = 1
    length: Annotated[int, Meta(ge=64, le=65536, multiple_of=64)]
    diffusion: Annotated[int, Meta(ge=1, le=16)]
    views: Annotated[tuple[View, ...], Meta(min_length=1, max_length=32)]
    rows: Annotated[int, Meta(ge=1, le=16)] = 1
    exact: tuple[ExactKind, ...] = ()
    decision: Decision = Decision()

    def __post_init__(self) -> None:
        """Refuse views with one name, and thresholds for views that are not there."""
        names = [view.name for view in self.views]
        if len(set(names)) != len(names):
            raise ValueError("two views have the same name")
        if len(set(self.exact)) != len(self.exact):
            raise ValueError("two exact tokens are of the same number")
        if set(self.decision.thresholds) - set(names):
            raise ValueError("a threshold is set for a view that the profile does not have")

    @property
    def diffusions(self) -> tuple[int, ...]:
        """How many input bits each output bit is the XOR of, view by view."""
        return tuple(self.diffusion if view.diffusion is None else view.diffusion for view in self.views)

    @property
    def weak(self) -> bool:
        """Whether a view is unsalted or undiffused: known attacks then succeed, and it must be opted into."""
        return any(not view.salt for view in self.views) or min(self.diffusions) == 1

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
