"""A made-up register of any size, and what a linkage of it would have kept.

Filters are those of ``child-1`` in shape alone: 6 views of 896 bits, 7 in 16 of them set, as in encodings of
children (.42 to .45; of filters with half of their bits set, what a stranger's agreement by chance is worth
would be estimated too high).  Of each record's bits a quarter are drawn anew, so that two records of one
person differ in a fifth.  There are no households or namesakes.

To compare 5 million rows with each other for the sake of a benchmark would take days, so what is kept of the
register is put together: the pairs of one person with their true distances, and as many pairs of strangers as
comparing everything finds by chance, whose rows are drawn and whose distance is set to what just counts.  Its
size and shape are those of the true one; its strangers are not.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.candidates import Candidates
from linkage.match.keeping import terms_of
from linkage.match.kept import RESERVE, Compared, Kept, Standing, joined
from linkage.match.kept_rows import names_of
from linkage.match.kernel import noise_limit, score_limit
from linkage.match.linkage import comparison_for
from linkage.match.rows import Rows, Source
from linkage.profile import EncodingProfile
from linkage.wire.encodings import COLUMNS, Encodings

__all__ = ["MadeUp", "by_chance", "kept_of", "submission"]

AGENCIES: Final = 196
PERSONS: Final = 0.6
"""Persons to rows: most are in one agency or two."""

_CHUNK: Final = 1 << 14
_COLUMNS: Final = ("agency", "person", "handles", "bits")
_NEW: Final = 0.8
"""Of a submission's rows so many are new records; the others are corrections."""


@dataclass(frozen=True)
class MadeUp:
    """Rows of a register: their ``agency`` and ``person`` (n,), and their ``rows``, in the order of names."""

    agency: NDArray[np.int32]
    person: NDArray[np.int64]
    rows: Encodings

    def sources(self) -> list[Source]:
        """Return the rows by agency."""
        cuts = np.searchsorted(self.agency, np.arange(AGENCIES + 1)).tolist()
        columns = [getattr(self.rows, name) for name in COLUMNS]
        return [
            Source(code, Encodings(*(column[cuts[place] : cuts[place + 1]] for column in columns)))
            for place, code in enumerate(codes())
        ]

    @classmethod
    def draw(cls, count: int, views: int, view_bytes: int, *, seed: int = 1) -> "MadeUp":
        """Draw a register of so many rows."""
        draws = np.random.default_rng(seed)
        persons = max(int(count * PERSONS), 1)
        person = np.concatenate([np.arange(persons), draws.integers(0, persons, count - persons)])
        agency = draws.integers(0, AGENCIES, count).astype(np.int32)
        handles = draws.integers(0, 256, (count, 16), dtype=np.uint8)
        order = np.lexsort((*handles.T[::-1], agency))
        agency, person, handles = agency[order], person[order], handles[order]
        bits = np.empty((count, views, view_bytes), dtype=np.uint8)
        for start in range(0, count, _CHUNK):
            some = slice(start, start + _CHUNK)
            bits[some] = encoded(person[some], views, view_bytes, draws)
        return cls(agency, person, _rows(handles, bits))

    def save(self, folder: Path) -> None:
        """Write it, to be loaded by the next run."""
        folder.mkdir()
        columns = (self.agency, self.person, self.rows.handles, self.rows.bits)
        for name, column in zip(_COLUMNS, columns, strict=True):
            np.save(folder / f"{name}.npy", column)

    @classmethod
    def load(cls, folder: Path) -> "MadeUp":
        """Read what was saved; filters stay on the disk until they are looked at."""
        agency, person, handles = (np.load(folder / f"{name}.npy") for name in _COLUMNS[:3])
        return cls(agency, person, _rows(handles, np.load(folder / f"{_COLUMNS[3]}.npy", mmap_mode="r")))


def codes() -> list[str]:
    """Return the agencies' codes, sorted."""
    return [f"A{number:03}" for number in range(AGENCIES)]


def encoded(
    person: NDArray[np.int64], views: int, view_bytes: int, draws: np.random.Generator
) -> NDArray[np.uint8]:
    """Return filters (n, views, bytes) of persons, a quarter of whose bits are drawn anew."""
    words = views * view_bytes // 8
    places: NDArray[np.uint64] = np.arange(4 * words, dtype=np.uint64)
    numbers: NDArray[np.uint64] = person.astype(np.uint64)[:, None] * np.uint64(4 * words) + places
    own = _filled(_mixed(numbers).reshape(len(person), 4, words))
    fresh = _filled(draws.integers(0, 1 << 64, (len(person), 4, words), dtype=np.uint64))
    first, second = draws.integers(0, 1 << 64, (2, len(person), words), dtype=np.uint64)
    anew = first & second
    found = np.asarray((own & ~anew) | (fresh & anew))
    return found.view(np.uint8).reshape(len(person), views, view_bytes)


def _filled(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return words (n, words) with 7 in 16 bits set, of four (n, 4, words) with half of theirs set."""
    return np.asarray(words[:, 0] & (words[:, 1] | words[:, 2] | words[:, 3]))


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a word for each number, as good as drawn (the finaliser of SplitMix64)."""
    mixed = (numbers + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _rows(handles: NDArray[np.uint8], bits: NDArray[np.uint8]) -> Encodings:
    count, views = bits.shape[:2]
    nothing = np.zeros(count, dtype=np.uint8)
    present = np.full(count, (1 << views) - 1, dtype=np.uint32)
    return Encodings(handles, nothing, nothing, present, bits)


def submission(register: MadeUp, count: int, *, seed: int) -> MadeUp:
    """Return the register after a submission of so many rows: most of them new, the others corrections."""
    draws = np.random.default_rng((seed, count))
    size, (views, view_bytes) = len(register.person), register.rows.bits.shape[1:]
    new = int(count * _NEW)
    corrected = draws.choice(size, count - new, replace=False)
    mended = encoded(register.person[corrected], views, view_bytes, draws)
    persons = int(register.person.max()) + 1
    person = draws.integers(0, persons + new, new)
    handles = draws.integers(0, 256, (new, 16), dtype=np.uint8)
    agency = np.full(new, int(draws.integers(0, AGENCIES)), dtype=np.int32)
    fresh = encoded(person, views, view_bytes, draws)
    agency, person, handles = (
        np.concatenate(both)
        for both in (
            (register.agency, agency),
            (register.person, person),
            (register.rows.handles, handles),
        )
    )
    order = np.lexsort((*handles.T[::-1], agency))
    bits = _in_order(order, register.rows.bits, fresh)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    bits[place[corrected]] = mended
    return MadeUp(agency[order], person[order], _rows(handles[order], bits))


def _in_order(order: NDArray[np.int64], old: NDArray[np.uint8], new: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the filters of two tables, one after the other, in another order, without a copy of either."""
    bits = np.empty((len(order), *old.shape[1:]), dtype=np.uint8)
    for start in range(0, len(order), _CHUNK):
        some = order[start : start + _CHUNK]
        is_old = some < len(old)
        part = bits[start : start + _CHUNK]
        part[is_old], part[~is_old] = old[some[is_old]], new[some[~is_old] - len(old)]
    return bits


def by_chance(length: int, views: int, noise_z: float) -> float:
    """Return the share of pairs of strangers of whom a view speaks, by binomial law, half of the bits set."""
    limit = noise_limit(length, noise_z)
    most = (limit - 1) // (2 * length)
    logs = np.cumsum(np.log(np.arange(1, length + 1)))
    places = np.arange(most + 1)
    factorial = np.concatenate([[0.0], logs])
    chosen = factorial[length] - factorial[places] - factorial[length - places] - length * np.log(2.0)
    return views * float(np.exp(chosen).sum())


def kept_of(rows: Rows, register: MadeUp, profile: EncodingProfile) -> Kept:
    """Put together what a linkage of everything would have kept; see the module."""
    draws = np.random.default_rng(7)
    longer = comparison_for(profile, len(rows))
    longer = replace(longer, nearest=longer.nearest + RESERVE)
    share = by_chance(rows.length, len(rows.words), longer.noise_z)
    own = Candidates.of(rows, _of_one_person(register.person))
    others = Candidates.of(rows, _strangers(len(rows), share, draws))
    view = draws.integers(0, len(rows.words), len(others))
    just = _just_counting(rows, others.pairs, view, longer.noise_z)
    others.distances[np.arange(len(others)), view] = just
    before = Standing.of_nothing(names_of(rows))
    kept = Kept(
        terms_of(rows, longer, profile.digest),
        score_limit(rows.length, longer.noise_z),
        rows.length,
        longer.nearest,
        before.rows,
        before.compared,
        before.depths,
    )
    return joined(before, Compared.of(Candidates.joined([own, others])), kept)


def _of_one_person(person: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return all pairs of rows of one person, the smaller first, sorted."""
    order = np.argsort(person, kind="stable")
    found = [_apart(order, person[order], by) for by in range(1, int(np.bincount(person).max()))]
    pairs = np.concatenate([np.zeros((0, 2), np.int64), *found])
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _apart(order: NDArray[np.int64], person: NDArray[np.int64], by: int) -> NDArray[np.int64]:
    same = person[by:] == person[:-by]
    return np.sort(np.stack([order[:-by][same], order[by:][same]], axis=1), axis=1)


def _strangers(count: int, share: float, draws: np.random.Generator) -> NDArray[np.int64]:
    drawn = draws.integers(0, count, (int(draws.poisson(share * count * (count - 1) / 2)), 2))
    pairs = np.sort(drawn[drawn[:, 0] != drawn[:, 1]], axis=1)
    keys = np.unique(pairs[:, 0] * count + pairs[:, 1])
    return np.stack([keys // count, keys % count], axis=1)


def _just_counting(
    rows: Rows, pairs: NDArray[np.int64], view: NDArray[np.int64], noise_z: float
) -> NDArray[np.int64]:
    """Return the largest distances (m,) that count, each in a view."""
    a, b = (rows.length - 2 * rows.weights[view, pairs[:, side]].astype(np.int64) for side in (0, 1))
    return np.asarray((noise_limit(rows.length, noise_z) - 1 - a * b) // (2 * rows.length))
