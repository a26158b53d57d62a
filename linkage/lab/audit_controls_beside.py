"""Control experiments of the attacks beside dictionary, known pairs, graphs and columns.

Each attack has an encoding, or a crowd, that it must break, and most have one that it must not.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from msgspec.structs import replace

from linkage.lab.attacks.cross_variant import across_variants
from linkage.lab.attacks.cross_view import across_views
from linkage.lab.attacks.knowledge import Encoded
from linkage.lab.attacks.known_pairs import guess, known_pair_scores
from linkage.lab.attacks.landmarks import LANDMARK_METHODS, chosen_landmarks, landmark_scores
from linkage.lab.attacks.membership import members_by_key, membership_from_scores
from linkage.lab.attacks.payload import uniqueness
from linkage.lab.attacks.targets import ProfileTarget, Target
from linkage.lab.attacks.timing import Arrival, crowd_sizes, told_from_sizes
from linkage.lab.audit_report import AttackName
from linkage.lab.crowds import Listed
from linkage.shipped_profiles import shipped_profile

__all__ = [
    "BESIDE_CONTROLS",
    "BESIDE_EXPECTED",
    "KEY",
    "KNOWN",
    "SEED",
    "Expected",
    "Found",
    "plain_clk",
]

SEED: Final = 7
KEY: Final = bytes(range(32))
KNOWN: Final = 100
_FLIPPED: Final = 0.1
_ROW: Final = 700
_DAYS: Final = 60

Found = Iterator[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a control experiment must come to."""

    attack: AttackName
    words: str
    must_reach: float
    at_most: bool = False
    percent: bool = True


BESIDE_EXPECTED: Final[Mapping[str, Expected]] = {
    **{
        f"landmarks-{method}": Expected("landmarks", f"a hundred landmarks open a plain CLK ({method})", 0.95)
        for method in LANDMARK_METHODS
    },
    "landmarks-strangers": Expected(
        "landmarks", "landmarks tell nothing of encodings whose people are shuffled", 0.03, at_most=True
    ),
    "membership-key": Expected(
        "membership",
        "whoever has the key tells members from others",
        1.0,
        percent=False,
    ),
    "membership-plain": Expected(
        "membership", "a hundred known pairs tell members behind a plain CLK", 0.95, percent=False
    ),
    "membership-strangers": Expected(
        "membership",
        "nobody is taken for a member where encodings are of none of those asked for",
        0.6,
        at_most=True,
        percent=False,
    ),
    "cross-view-copied": Expected(
        "cross-view",
        "one encoding written twice, a tenth of its bits changed, is put together",
        0.99,
        percent=False,
    ),
    "cross-view-weights": Expected(
        "cross-view", "two encodings of equal numbers of bits are put together by these", 0.95, percent=False
    ),
    "cross-view-strangers": Expected(
        "cross-view",
        "encodings of different people are not put together",
        0.6,
        at_most=True,
        percent=False,
    ),
    "cross-variant-unpadded": Expected(
        "cross-variant",
        "without rows of padding the number of rows tells who has another name",
        1.0,
        percent=False,
    ),
    "payload-own": Expected("payload", "whoever has clear fields of their own is named", 1.0),
    "payload-shared": Expected(
        "payload", "of people alike in everything nobody is unique", 0.0, at_most=True
    ),
    "timing-alone": Expected("timing", "a child who is alone in each batch is named", 1.0),
    "timing-crowd": Expected(
        "timing", "of fifty children new on one day one is named at a guess", 0.021, at_most=True
    ),
    "sizes-even": Expected("timing", "lengths of batches of equal records tell their number", 1.0),
}


def plain_clk() -> Target:
    """Return the encoding that must fall: neither salted nor diffused."""
    return ProfileTarget(shipped_profile("clk-plain"))


def _landmarks(_target: Target, crowd: Listed) -> Found:
    plain, rng = plain_clk(), np.random.default_rng(SEED)
    views, encoded = plain.knowledge(crowd.people), plain.encode(crowd.people, KEY)
    marks = chosen_landmarks(views, min(KNOWN, len(crowd) // 2))
    others = np.setdiff1d(np.arange(len(crowd)), marks)
    for method in LANDMARK_METHODS:
        scores = landmark_scores(views, encoded, marks, others, method=method)
        yield f"landmarks-{method}", guess(scores, None, rng).reidentified
    strangers = encoded.take(rng.permutation(len(crowd)))
    scores = landmark_scores(views, strangers, marks, others)
    yield "landmarks-strangers", guess(scores, None, rng).reidentified


def _membership(_target: Target, crowd: Listed) -> Found:
    plain = plain_clk()
    views, encoded = plain.knowledge(crowd.people), plain.encode(crowd.people, KEY)
    order = np.random.default_rng(SEED).permutation(len(crowd))
    known, asked = order[:KNOWN], order[KNOWN:]
    held = asked[: len(asked) // 2]
    yield "membership-key", members_by_key(encoded.take(held), encoded.take(asked), len(held)).area
    scores = known_pair_scores(views, encoded, known, asked, held)
    yield "membership-plain", membership_from_scores(scores, len(held), test="margin").area
    others = asked[len(held) :]
    scores = known_pair_scores(views, encoded, known, others, held)
    yield "membership-strangers", membership_from_scores(scores, len(others) // 2, test="margin").area


def _cross_view(_target: Target, crowd: Listed) -> Found:
    rng = np.random.default_rng(SEED)
    once = plain_clk().encode(crowd.people, KEY)
    changed = np.packbits(rng.random((len(crowd), 8 * once.bits.shape[2])) < _FLIPPED, axis=1)
    copied = _two(once, once.bits[:, 0] ^ changed)
    yield "cross-view-copied", _area(copied, "agreement")
    places = rng.permutation(8 * once.bits.shape[2])
    moved = np.packbits(np.unpackbits(once.bits[:, 0], axis=1)[:, places], axis=1)
    yield "cross-view-weights", _area(_two(once, moved), "weights")
    yield "cross-view-strangers", _area(_two(once, once.bits[rng.permutation(len(crowd)), 0]), "agreement")


def _two(once: Encoded, again: np.ndarray) -> Encoded:
    bits = np.stack([once.bits[:, 0], again], axis=1)
    return Encoded(bits, np.repeat(once.present[:, :1], 2, axis=1))


def _area(encoded: Encoded, method: str) -> float:
    found = across_views(encoded, np.random.default_rng(SEED), method)  # type: ignore[arg-type]
    return 0.0 if found is None else found.area


def _cross_variant(_target: Target, crowd: Listed) -> Found:
    profile = replace(shipped_profile("child-1"), rows=1)
    some = crowd.people[:200]
    yield (
        "cross-variant-unpadded",
        across_variants(profile, some, KEY, np.random.default_rng(SEED)).area,
    )


def _payload(_target: Target, crowd: Listed) -> Found:
    yield "payload-own", uniqueness(np.arange(len(crowd))).expected
    yield "payload-shared", uniqueness(np.zeros(len(crowd), dtype=np.int64)).unique


def _timing(_target: Target, _crowd: Listed) -> Found:
    first = dt.date(2026, 1, 5)
    days = [first + dt.timedelta(days=number) for number in range(_DAYS)]
    alone = [Arrival("A", str(number), day, b"") for number, day in enumerate(days)]
    yield "timing-alone", float((1 / crowd_sizes(alone, "daily")).mean())
    crowd = [Arrival("A", str(number), first, b"") for number in range(50)]
    yield "timing-crowd", float((1 / crowd_sizes(crowd, "daily")).mean())
    even = [
        Arrival("A", f"{number} {one}", day, b"")
        for number, day in enumerate(days)
        for one in range(1 + number % 9)
    ]
    yield "sizes-even", told_from_sizes(even, "daily", _ROW).children


BESIDE_CONTROLS: Final[Mapping[AttackName, Callable[[Target, Listed], Found]]] = {
    "landmarks": _landmarks,
    "membership": _membership,
    "cross-view": _cross_view,
    "cross-variant": _cross_variant,
    "payload": _payload,
    "timing": _timing,
}
