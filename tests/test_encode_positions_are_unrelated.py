"""Epochs, profiles, views, salts, labels and components give unrelated positions, each of them uniform.

With one whole-value token, one bit per token and no diffusion, an encoding has a single bit: the position.
"""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.positions import BLOCK, PositionHash
from linkage.profile import Component, EncodingProfile, Feature, View

TOKENS = 4096
LENGTH = 64
CELLS = 16  # positions are compared by fours: 256 cells of about 16
KEY = bytes(range(32))
OTHER_KEY = bytes(reversed(range(32)))


def profile(
    *, label: str = "l", components: tuple[Component, ...] = ("postcode",), digest: str = "single-bit"
) -> EncodingProfile:
    feature = Feature(field="locality", kind="whole", label=label, k=1)
    views = tuple(
        View(name=name, salt=components, features=(feature,), tiers=("certain", "uncertain"))
        for name in ("one", "two")
    )
    return EncodingProfile(name=digest, length=LENGTH, diffusion=1, views=views)


def positions(
    *,
    key: bytes = KEY,
    view: int = 0,
    salt: str = "SW1A 1AA",
    uncertain: bool = False,
    made: EncodingProfile | None = None,
) -> NDArray[np.intp]:
    made = made or profile()
    encoder = Encoder(made, EncodingKeys.from_epoch_key(key, made))
    encodings = encoder.encode(
        PersonRecord(
            number.to_bytes(16, "big"),
            (Identifiers(locality=f"place {number}", postcode=salt, sex="F", birth_uncertain=uncertain),),
        )
        for number in range(TOKENS)
    )
    bits = np.unpackbits(encodings.bits[:, view], axis=1)
    assert (bits.sum(axis=1) == 1).all()
    return bits.argmax(axis=1)


def chi_square(counts: NDArray[np.intp]) -> float:
    expected = counts.sum() / counts.size
    return float(((counts - expected) ** 2 / expected).sum())


def is_plausible(statistic: float, freedom: int) -> bool:
    """Whether a statistic lies within five standard deviations of what chance gives."""
    return abs(statistic - freedom) < 5 * (2 * freedom) ** 0.5


CONTEXTS: dict[str, Callable[[], NDArray[np.intp]]] = {
    "epoch": lambda: positions(key=OTHER_KEY),
    "view": lambda: positions(view=1),
    "salt": lambda: positions(salt="SW1A 1AB"),
    "profile": lambda: positions(made=profile(digest="another")),
    "no salt": lambda: positions(made=profile(components=())),
    "one more component": lambda: positions(made=profile(components=("postcode", "sex"))),
    "label and profile": lambda: positions(made=profile(label="k")),
}


@pytest.mark.parametrize("context", CONTEXTS)
def test_another_context_gives_unrelated_positions(context: str) -> None:
    joint = np.zeros((CELLS, CELLS), dtype=np.intp)
    np.add.at(joint, (positions() * CELLS // LENGTH, CONTEXTS[context]() * CELLS // LENGTH), 1)
    assert is_plausible(chi_square(joint), CELLS * CELLS - 1)


def test_fields_and_labels_of_one_view_give_unrelated_positions() -> None:
    """Two one-bit fields with one value each time: by label they fall together or independently."""
    for labels, together in ((("a", "a"), True), (("a", "b"), False)):
        features = tuple(
            Feature(field=field, kind="whole", label=label, k=1)
            for field, label in zip(("address", "locality"), labels, strict=True)
        )
        view = View(name="one", salt=("postcode",), features=features)
        made = EncodingProfile(name="two-bits", length=LENGTH, diffusion=1, views=(view,))
        encodings = Encoder(made, EncodingKeys.from_epoch_key(KEY, made)).encode(
            PersonRecord(
                number.to_bytes(16, "big"),
                (Identifiers(address=f"a {number}", locality=f"a {number}", postcode="SW1A 1AA"),),
            )
            for number in range(TOKENS)
        )
        weights = np.unpackbits(encodings.bits[:, 0], axis=1).sum(axis=1)
        once = np.count_nonzero(weights == 1)
        expected = TOKENS if together else TOKENS / LENGTH
        assert abs(once - expected) <= (0 if together else 5 * expected**0.5)


def test_a_tier_shares_the_views_it_carries() -> None:
    assert np.array_equal(positions(), positions(uncertain=True))


def test_the_positions_of_one_token_are_unrelated_to_each_other() -> None:
    blocks = np.random.default_rng(0).integers(0, 256, (TOKENS, 16), dtype=np.uint8).reshape(-1).view(BLOCK)
    found = PositionHash(KEY, length=LENGTH)(blocks, 6).astype(np.intp)
    for first in range(6):
        for second in range(first):
            joint = np.zeros((CELLS, CELLS), dtype=np.intp)
            np.add.at(joint, (found[:, first] * CELLS // LENGTH, found[:, second] * CELLS // LENGTH), 1)
            assert is_plausible(chi_square(joint), CELLS * CELLS - 1)


@pytest.mark.parametrize("length", [64, 1600, 3_000_000_000])
def test_positions_are_uniform_for_any_length(length: int) -> None:
    blocks = np.random.default_rng(1).integers(0, 256, (TOKENS, 16), dtype=np.uint8).reshape(-1).view(BLOCK)
    found = PositionHash(KEY, length=length)(blocks, 4).astype(np.int64).reshape(-1)
    assert is_plausible(chi_square(np.bincount(found * 64 // length, minlength=64)), 63)


def test_positions_are_uniform() -> None:
    assert is_plausible(chi_square(np.bincount(positions(), minlength=LENGTH)), LENGTH - 1)


def test_the_test_would_notice_related_positions() -> None:
    joint = np.zeros((CELLS, CELLS), dtype=np.intp)
    np.add.at(joint, (positions() * CELLS // LENGTH, positions() * CELLS // LENGTH), 1)
    assert not is_plausible(chi_square(joint), CELLS * CELLS - 1)


def test_tokens_under_a_shared_label_agree_across_fields() -> None:
    shared = tuple(Feature(field=field, kind="bigrams", label="n", k=4) for field in ("forename", "surname"))
    view = View(name="y", salt=("year",), features=shared)
    made = EncodingProfile(name="swapped", length=256, diffusion=3, views=(view,))
    encoder = Encoder(made, EncodingKeys.from_epoch_key(KEY, made))
    encodings = encoder.encode(
        PersonRecord(bytes((number,)) * 16, (Identifiers(forename, surname, date_of_birth="04/07/2009"),))
        for number, (forename, surname) in enumerate([("Daniel", "Tesfay"), ("Tesfay", "Daniel")])
    )
    assert np.array_equal(encodings.bits[0], encodings.bits[1])
