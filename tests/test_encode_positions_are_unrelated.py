"""Epochs, profiles, tiers, views, salts and labels give unrelated positions, each of them uniform.

With one whole-value token, one bit per token and no diffusion, an encoding has a single bit: the position.
"""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.profile import EncodingProfile, Feature, View

TOKENS = 4096
LENGTH = 64
CELLS = 16  # positions are compared by fours: 256 cells of about 16
KEY = bytes(range(32))
OTHER_KEY = bytes(reversed(range(32)))


def profile(*, label: str = "l") -> EncodingProfile:
    feature = Feature(field="locality", kind="whole", label=label, k=1)
    views = tuple(
        View(name=name, salt=("postcode",), features=(feature,), tiers=("certain", "uncertain"))
        for name in ("one", "two")
    )
    return EncodingProfile(name="single-bit", length=LENGTH, diffusion=1, views=views)


def positions(
    *, key: bytes = KEY, view: int = 0, label: str = "l", salt: str = "SW1A 1AA", uncertain: bool = False
) -> NDArray[np.intp]:
    made = profile(label=label)
    encoder = Encoder(made, EncodingKeys.from_epoch_key(key, made))
    encodings = encoder.encode(
        PersonRecord(
            number.to_bytes(16, "big"),
            (Identifiers(locality=f"place {number}", postcode=salt, birth_uncertain=uncertain),),
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
    "tier": lambda: positions(uncertain=True),
    "salt": lambda: positions(salt="SW1A 1AB"),
    "label and profile": lambda: positions(label="k"),
}


@pytest.mark.parametrize("context", CONTEXTS)
def test_another_context_gives_unrelated_positions(context: str) -> None:
    joint = np.zeros((CELLS, CELLS), dtype=np.intp)
    np.add.at(joint, (positions() * CELLS // LENGTH, CONTEXTS[context]() * CELLS // LENGTH), 1)
    assert is_plausible(chi_square(joint), CELLS * CELLS - 1)


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
