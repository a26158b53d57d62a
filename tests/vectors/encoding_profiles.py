"""The profiles whose rows are vectors: those that are shipped, and small odd ones that reach every rule."""

from typing import Final, get_args

from linkage.profile import Component, EncodingProfile, Feature, Field, Tier, View
from linkage.shipped_profiles import shipped_profiles

__all__ = ["EXAMPLE_PROFILE", "SKIPPING_PROFILE", "vector_profiles"]

_BOTH: Final[tuple[Tier, ...]] = ("certain", "uncertain")
_FORENAME: Final = Feature(field="forename", kind="bigrams", label="g", k=2)
_SURNAME: Final = Feature(field="surname", kind="bigrams", label="s", k=3)
_POSTCODE: Final = Feature(field="postcode", kind="prefixes", label="pc", k=4, prefixes=(2, 3, 0))
_EVERY_KIND: Final = (
    _FORENAME,
    Feature(field="forename", kind="canonical", label="c", k=5),
    Feature(field="forename", kind="initial", label="i", k=1),
    Feature(field="middle_name", kind="initial", label="i", k=8),  # the same label with another k
    Feature(field="surname", kind="whole", label="w", k=7),
    Feature(field="surname", kind="prefixes", label="g", k=6, prefixes=(1, 4, 32, 0)),
    Feature(field="address", kind="bigrams", label="a", k=1),
    Feature(field="sex", kind="whole", label="x", k=32),
)

EXAMPLE_PROFILE: Final = EncodingProfile(
    name="worked-example",
    length=64,
    diffusion=2,
    views=(
        View(
            name="y",
            salt=("year",),
            features=(Feature(field="forename", kind="bigrams", label="g", k=2),),
        ),
    ),
)
"""The profile of the specification's worked example."""

SKIPPING_PROFILE: Final = EncodingProfile(
    name="odd-skipping",
    length=65_472,  # 2^32 leaves a remainder of 4,096: one number of a million is skipped
    diffusion=1,
    views=(
        View(
            name="day",
            salt=("year", "month", "day"),
            features=(Feature(field="forename", kind="bigrams", label="g", k=32),),
        ),
    ),
)
"""A profile under which a number is skipped often enough to find a date of birth where one is."""


def vector_profiles() -> list[EncodingProfile]:
    """Return every shipped profile and the odd ones."""
    return [*shipped_profiles().values(), EXAMPLE_PROFILE, SKIPPING_PROFILE, *_odd()]


def _odd() -> tuple[EncodingProfile, ...]:
    return (
        EncodingProfile(name="odd-plain", length=64, diffusion=1, views=(_view("all", *_EVERY_KIND),)),
        EncodingProfile(name="odd-unsalted", length=192, diffusion=3, views=(_view("all", *_EVERY_KIND),)),
        EncodingProfile(
            name="odd-own-diffusion",
            length=320,
            diffusion=4,
            views=(
                View(name="none", salt=("year",), features=_EVERY_KIND, diffusion=1),
                View(name="two", salt=("year",), features=_EVERY_KIND, diffusion=2),
                View(name="the-profiles", salt=("year",), features=_EVERY_KIND),
                View(name="most", salt=(), features=_EVERY_KIND, diffusion=16, tiers=_BOTH),
            ),
        ),
        EncodingProfile(
            name="odd-shared-positions",
            length=192,
            diffusion=2,
            views=(
                View(name="few", salt=("year",), features=_EVERY_KIND, positions=9),
                View(name="many", salt=(), features=_EVERY_KIND, positions=500, tiers=_BOTH, diffusion=1),
                View(name="most", salt=("sex",), features=(_SURNAME,), positions=65_536, tiers=_BOTH),
                View(name="a-token", salt=("sex",), features=(_FORENAME,), positions=1, tiers=_BOTH),
            ),
        ),
        EncodingProfile(
            name="odd-components",
            length=128,
            diffusion=2,
            views=tuple(map(_salted, range(17), _components())),
        ),
        EncodingProfile(
            name="odd-fields", length=64, diffusion=2, views=tuple(map(_of_field, get_args(Field)))
        ),
        EncodingProfile(
            name="odd-exact",
            length=64,
            diffusion=2,
            views=(View(name="sex", salt=("sex",), features=(_SURNAME,), tiers=_BOTH),),
            exact=("upn", "nhs_number"),
        ),
        EncodingProfile(
            name="odd-padded",
            length=128,
            diffusion=2,
            views=(
                View(name="all", salt=(), features=_EVERY_KIND, tiers=_BOTH),
                View(name="names", salt=("names-phonetic",), features=(_SURNAME,), tiers=_BOTH),
                View(name="initials", salt=("initials", "year"), features=(_FORENAME, _POSTCODE)),
            ),
            rows=4,
            exact=("nhs_number",),
        ),
        EncodingProfile(
            name="odd-padded-surname",
            length=64,
            diffusion=1,
            views=(View(name="surname", salt=("surname-initial",), features=(_SURNAME,), tiers=_BOTH),),
            rows=16,
        ),
        EncodingProfile(
            name="odd-tiers",
            length=64,
            diffusion=16,
            views=(
                View(name="certain", salt=("sex",), features=(_FORENAME,)),
                View(name="uncertain", salt=("sex",), features=(_FORENAME,), tiers=("uncertain",)),
                View(name="both", salt=("sex",), features=(_FORENAME, _POSTCODE), tiers=_BOTH),
                View(name="postcode-alone", salt=("forename-initial",), features=(_POSTCODE,), tiers=_BOTH),
            ),
        ),
        EncodingProfile(
            name="odd-most-views",
            length=64,
            diffusion=1,
            views=tuple(
                View(name=f"v-{number}", salt=_components()[number % 13], features=(_FORENAME, _SURNAME))
                for number in range(32)
            ),
        ),
        EncodingProfile(
            name="odd-long-words-" + "x" * 49,
            length=1088,
            diffusion=5,
            views=(
                View(
                    name="v" * 32,
                    salt=("names-phonetic", "sex", "month-day", "dwelling"),
                    features=(Feature(field="surname", kind="bigrams", label="l" * 16, k=9),),
                    tiers=_BOTH,
                ),
            ),
        ),
    )


def _view(name: str, *features: Feature) -> View:
    return View(name=name, salt=(), features=features, tiers=_BOTH)


def _components() -> list[tuple[Component, ...]]:
    """Return salts of every single component, and of some together."""
    singly: list[tuple[Component, ...]] = [(component,) for component in get_args(Component)]
    together: list[tuple[Component, ...]] = [
        ("year", "month-day"),
        ("month-day", "year"),
        ("initials", "year", "month"),
        ("dwelling", "surname-phonetic", "sex", "day"),
    ]
    return [*singly, *together]


def _salted(number: int, salt: tuple[Component, ...]) -> View:
    return View(name=f"s-{number}", salt=salt, features=(_FORENAME, _SURNAME))


def _of_field(field: Field) -> View:
    whole = Feature(field=field, kind="whole", label="w", k=3)
    bigrams = Feature(field=field, kind="bigrams", label="b", k=1)
    return View(name=field.replace("_", "-"), salt=(), features=(whole, bigrams), tiers=_BOTH)
