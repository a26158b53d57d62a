"""The rows of one child: whether they tell that the child has another name.

Another name may be the one before an adoption.  A child with one has a second row; where a profile pads,
every child has, and the attacker looks at how a child's rows differ: by bits, by the number of bits set, and
by which views exist.  A classifier is taught on people whom the attacker encoded under a key of their own,
which shows as much as the register's key would (shadow models: Shokri, Stronati, Song and Shmatikov,
Membership inference attacks against machine learning models, IEEE Symposium on Security and Privacy 2017;
the classifier is Fisher's linear discriminant, Annals of Eugenics 7, 1936).

The attacker knows: the profile, and names as people have them; no key, and nobody in the data.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.lab.attacks.ranking import Ranking, ranking
from linkage.lab.name_variants import NICKNAMES, SPELLINGS
from linkage.profile import EncodingProfile
from linkage.wire.encodings import HANDLE_BYTES, Encodings

__all__ = ["across_variants"]

_RIDGE: Final = 1e-2


def across_variants(
    profile: EncodingProfile, people: Sequence[Identifiers], key: bytes, rng: np.random.Generator
) -> Ranking:
    """Tell who has another name, half of the people having one, from the rows alone."""
    own = rng.permutation(len(people))
    taught, held = own[: len(own) // 2].tolist(), own[len(own) // 2 :].tolist()
    known, lesson = _features(profile, [people[place] for place in taught], rng.bytes(32), rng)
    asked, seen = _features(profile, [people[place] for place in held], key, rng)
    scores = _discriminant(lesson, known, seen)
    return ranking(scores[asked], scores[~asked])


def _features(
    profile: EncodingProfile, people: Sequence[Identifiers], key: bytes, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Encode people, half of them with another name; return who has one, and how each one's rows differ."""
    named = rng.permutation(len(people)) < len(people) // 2
    surnames = [one.surname for one in people]
    records = [
        PersonRecord(
            number.to_bytes(HANDLE_BYTES, "big"),
            (one, _otherwise(one, surnames, rng)) if named[number] else (one,),
        )
        for number, one in enumerate(people)
    ]
    table = Encoder(profile, EncodingKeys.from_epoch_key(key, profile)).encode(iter(records))
    place = table.handles[:, -4:].copy().view(">u4")[:, 0].astype(np.intp)
    return named, np.stack([_differing(table, place == number) for number in range(len(people))])


def _otherwise(one: Identifiers, surnames: Sequence[str], rng: np.random.Generator) -> Identifiers:
    """Return a person under another name: a nickname, another spelling, or somebody's surname."""
    forenames = (*NICKNAMES.get(one.forename, ()), *SPELLINGS.get(one.forename, ()))
    if forenames and rng.random() < 0.5:
        return replace(one, forename=forenames[int(rng.integers(len(forenames)))])
    return replace(one, surname=surnames[int(rng.integers(len(surnames)))])


def _differing(table: Encodings, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return in numbers how a record's other rows differ from its first; of a single row, nothing does."""
    bits = np.unpackbits(table.bits[rows], axis=2).astype(np.int64)
    views = (table.present[rows, None] >> np.arange(bits.shape[1], dtype=np.uint32)) & 1
    first = int(table.variants[rows].argmin())
    others = np.arange(len(bits)) != first
    if not others.any():
        return np.zeros(1 + 4 * bits.shape[1])
    both = (views[others] & views[first]) == 1
    unlike = np.where(both, (bits[others] != bits[first]).mean(axis=2), 0.5)
    heavier = np.where(both, np.abs(bits[others].sum(axis=2) - bits[first].sum(axis=1)), 0)
    missing = (views[others] != views[first]).mean(axis=0)
    parts = [len(bits)], unlike.min(axis=0), unlike.max(axis=0), heavier.max(axis=0), missing
    return np.concatenate([np.asarray(part, dtype=np.float64) for part in parts])


def _discriminant(
    lesson: NDArray[np.float64], known: NDArray[np.bool_], seen: NDArray[np.float64]
) -> NDArray[np.float64]:
    mean, spread = lesson.mean(axis=0), lesson.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    taught, asked = (lesson - mean) / spread, (seen - mean) / spread
    within = sum(np.cov(taught[who], rowvar=False, bias=True) for who in (known, ~known)) / 2
    between = taught[known].mean(axis=0) - taught[~known].mean(axis=0)
    weights = np.linalg.solve(np.atleast_2d(within) + _RIDGE * np.eye(len(between)), between)
    return np.asarray(asked @ weights)
