"""The encoding profiles that come with a release, and why each has what it has: docs/decisions/."""

from linkage.errors import ProfileError
from linkage.profile import Component, Decision, EncodingProfile, Feature, Tier, View

__all__ = ["shipped_profile", "shipped_profiles"]


def shipped_profile(name: str) -> EncodingProfile:
    """Return a profile that comes with this release; raises :class:`ProfileError` naming those there are."""
    profiles = shipped_profiles()
    if name not in profiles:
        known = ", ".join(sorted(profiles))
        raise ProfileError("no encoding profile of that name is shipped", hint=f"choose one of: {known}")
    return profiles[name]


def shipped_profiles() -> dict[str, EncodingProfile]:
    """Return every shipped profile by name."""
    made = (_child_1(), _child_1_recall(), _child_1_high(), _person_1(), _person_1_open(), _clk_plain())
    return {profile.name: profile for profile in made}


_POSTCODE_PREFIXES = (2, 3, 0)
_BOTH: tuple[Tier, ...] = ("certain", "uncertain")
_PLAIN = 5
_WHOLE = 6
_NAMES_OF_A_CHILD = 30
"""Bigrams of a usual child's names under all labels; those of a middle name count for less."""
_SPEAKS = Decision(noise_z=5.0)


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


def _birth_and_sex(k: int) -> tuple[Feature, Feature, Feature, Feature]:
    """Return year, month, day and sex as tokens; no view may hold one that its salt fixes.

    Such a token is constant within a salt class, and one known child then fingerprints the whole class.
    """
    return (
        Feature(field="year", kind="whole", label="y", k=k),
        Feature(field="month", kind="whole", label="m", k=k),
        Feature(field="day", kind="whole", label="d", k=k),
        Feature(field="sex", kind="whole", label="x", k=k),
    )


def _child_1() -> EncodingProfile:
    return EncodingProfile(name="child-1", length=896, diffusion=8, views=_child_views(3), decision=_SPEAKS)


def _child_1_recall() -> EncodingProfile:
    """Return the views of ``child-1`` and two that find more, and that tell more of a small crowd."""
    names = (*_child_names(3), _postcode(3))
    nicknamed = _child_view(3, "y-e-ss", ("year", "month-day", "surname-phonetic"), names)
    namesakes = _child_view(3, "n", ("names-phonetic",), (*names, *_birth_and_sex(_WHOLE)), _BOTH)
    return EncodingProfile(
        name="child-1-recall",
        length=1536,
        diffusion=6,
        views=(*_child_views(3), nicknamed, namesakes),
        decision=_SPEAKS,
    )


def _child_1_high() -> EncodingProfile:
    return EncodingProfile(
        name="child-1-high", length=1024, diffusion=10, views=_child_views(4), decision=_SPEAKS
    )


def _child_views(k: int) -> tuple[View, ...]:
    """Return the views of children, each for another kind of disagreement between two agencies.

    Where the whole date of birth salts, so does the sound of the forename: among the children of one day,
    only those whose forenames sound alike can be compared at all, so that twins do not stand out.
    """
    names = (*_child_names(k), _postcode(k))
    year, month, day, sex = _birth_and_sex(_WHOLE)
    in_care = (*_child_names(k), year, month, day, sex)
    return (
        _child_view(k, "y-e-sf", ("year", "month-day", "forename-phonetic"), names),
        _child_view(k, "y-m-i", ("year", "month", "initials"), names),
        _child_view(k, "y-d-i", ("year", "day", "initials"), names),
        _child_view(k, "y-n", ("year", "names-phonetic"), (*names, month, day, sex), _BOTH),
        _child_view(k, "e-n", ("month-day", "names-phonetic"), (*names, year, sex)),
        _child_view(k, "f-p", ("forename-initial", "postcode"), in_care, _BOTH),
    )


def _child_view(
    k: int,
    name: str,
    salt: tuple[Component, ...],
    features: tuple[Feature, ...],
    tiers: tuple[Tier, ...] = ("certain",),
) -> View:
    """Return a view whose tokens share out as many positions as those of most children would set."""
    drawn = {"bigrams": _NAMES_OF_A_CHILD * k, "prefixes": len(_POSTCODE_PREFIXES) * k, "whole": 0}
    whole = sum(feature.k for feature in features if feature.kind == "whole")
    positions = whole + sum(drawn[kind] for kind in {feature.kind for feature in features})
    return View(name=name, salt=salt, features=features, tiers=tiers, positions=positions)


def _child_names(k: int) -> tuple[Feature, ...]:
    """Return the names of a child: as :func:`_names`, with the whole middle name at fewer bits."""
    middle = Feature(field="middle_name", kind="bigrams", label="mm", k=2)
    return (*_names(k)[:-1], middle)


def _person_1() -> EncodingProfile:
    views = (
        View(name="y-m", salt=("year", "month"), features=_dated(3, 3, 1)),
        View(name="y-d", salt=("year", "day"), features=_dated(3, 3, 1)),
        View(name="e-i", salt=("month-day", "initials"), features=_dated(3, 3, 1)),
        *_undated_views(3, 3, 1),
    )
    return EncodingProfile(name="person-1", length=1024, diffusion=4, views=views, decision=_SPEAKS)


def _person_1_open() -> EncodingProfile:
    views = (
        View(name="y-m", salt=("year", "month"), features=_dated(3, 6, 2)),
        View(name="y-d", salt=("year", "day"), features=_dated(3, 6, 2)),
        View(name="e", salt=("month-day",), features=_dated(3, 6, 2)),
        *_undated_views(3, 6, 2),
        View(name="a", salt=("dwelling",), features=(*_dated(3, 6, 2), *_birth_and_sex(6)), tiers=_BOTH),
    )
    return EncodingProfile(name="person-1-open", length=1024, diffusion=1, views=views, decision=_SPEAKS)


def _undated_views(names: int, postcode: int, general: int) -> tuple[View, ...]:
    """Return the views of general data whose salts hold no date of birth."""
    fallback = (*_dated(names, postcode, general), *_birth_and_sex(6))
    by_postcode = (*_names(names), *_general(general), *_birth_and_sex(6))
    return (
        View(name="n", salt=("names-phonetic",), features=fallback, tiers=_BOTH),
        View(name="f-p", salt=("forename-initial", "postcode"), features=by_postcode, tiers=_BOTH),
        View(name="h-p", salt=("surname-initial", "postcode"), features=by_postcode, tiers=_BOTH),
        View(name="f-a", salt=("forename-initial", "dwelling"), features=fallback, tiers=_BOTH),
        View(name="h-a", salt=("surname-initial", "dwelling"), features=fallback, tiers=_BOTH),
    )


def _dated(names: int, postcode: int, general: int) -> tuple[Feature, ...]:
    return (*_names(names), _postcode(postcode), *_general(general))


def _general(k: int) -> tuple[Feature, ...]:
    return (
        Feature(field="address", kind="bigrams", label="a", k=k),
        Feature(field="locality", kind="bigrams", label="l", k=k),
    )


def _clk_plain() -> EncodingProfile:
    """Return one unsalted, undiffused filter of every field: only the baseline to measure others against."""
    features = (
        Feature(field="forename", kind="bigrams", label="g", k=_PLAIN),
        Feature(field="middle_name", kind="bigrams", label="mi", k=_PLAIN),
        Feature(field="surname", kind="bigrams", label="s", k=_PLAIN),
        *_birth_and_sex(_PLAIN),
        Feature(field="postcode", kind="bigrams", label="pc", k=_PLAIN),
        *_general(_PLAIN),
    )
    view = View(name="clk", salt=(), features=features, tiers=_BOTH)
    return EncodingProfile(name="clk-plain", length=1024, diffusion=1, views=(view,), decision=_SPEAKS)
