"""What is kept of a comparison and joined with what is new is what comparing everything would bring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.match.candidates import Candidates
from linkage.match.kept import WHOLE, Compared, Kept, Standing, best_of, joined, quieter, standing
from linkage.match.kept_rows import names_of
from linkage.match.kernel import candidate_pairs, score_limit
from linkage.match.rows import Rows, Source, gather
from linkage.wire.encodings import Encodings
from tests.oracles import match_oracle
from tests.test_match_comparison_is_exact import _profile

_VIEWS, _BYTES = 2, 8
_PROFILE = _profile(_VIEWS, _BYTES)

Row = tuple[int, int, int]
"""Source, record, variant."""


@dataclass(frozen=True)
class _Bits:
    """What stands in a row: the seeds of its views, 0 for one that is absent."""

    views: tuple[int, ...]


def _view(seed: int) -> np.ndarray:
    """Few filters, so that many rows are alike and many pairs equally good."""
    draws = np.random.default_rng(seed // 4)
    bits = (draws.random(_BYTES * 8) < 0.4).astype(np.uint8)
    bits[: seed % 4] ^= 1
    return np.packbits(bits)


def _rows(world: Mapping[Row, _Bits]) -> Rows:
    """Lay rows out in the order of their names, as a linkage does."""
    sources = []
    for source in sorted({row[0] for row in world}):
        mine = sorted(row for row in world if row[0] == source)
        bits = np.zeros((len(mine), _VIEWS, _BYTES), dtype=np.uint8)
        for place, row in enumerate(mine):
            for view, seed in enumerate(world[row].views):
                bits[place, view] = _view(seed) if seed else 0
        encodings = Encodings(
            handles=np.array([[0] * 14 + [row[1], 0] for row in mine], dtype=np.uint8),
            variants=np.array([row[2] for row in mine], dtype=np.uint8),
            tiers=np.zeros(len(mine), dtype=np.uint8),
            present=np.array(
                [sum(1 << view for view, seed in enumerate(world[row].views) if seed) for row in mine],
                dtype=np.uint32,
            ),
            bits=bits,
        )
        sources.append(Source(f"S{source}", encodings))
    return gather(sources, _PROFILE)


def _compare(rows: Rows, noise_z: float, nearest: int, new: np.ndarray | None) -> Compared:
    pairs = candidate_pairs(rows, noise_z=noise_z, nearest=nearest, new=new, threads=1)
    return Compared.of(Candidates.of(rows, pairs))


_bits = st.tuples(*[st.integers(0, 11)] * _VIEWS).map(_Bits)
_row = st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 1))
_step = st.dictionaries(_row, st.one_of(st.none(), _bits), max_size=8)
_start = st.dictionaries(_row, _bits, min_size=1, max_size=30)


@given(
    start=_start,
    steps=st.lists(_step, max_size=4),
    quiet=st.lists(st.sampled_from([-50.0, 0.0, 0.5, 1.0, 2.0]), min_size=5, max_size=5).map(sorted),
    nearest=st.integers(1, 4),
    reserve=st.integers(0, 2),
)
def test_any_history_ends_as_comparing_everything_would(
    start: dict[Row, _Bits],
    steps: Sequence[Mapping[Row, _Bits | None]],
    quiet: Sequence[float],
    nearest: int,
    reserve: int,
) -> None:
    world = dict(start)
    kept: Kept | None = None
    for step, noise_z in zip([{}, *steps], quiet, strict=False):
        for row, bits in step.items():
            if bits is None:
                world.pop(row, None)
            else:
                world[row] = bits
        if not world:
            return
        rows = _rows(world)
        kept = _next(kept, rows, noise_z, nearest, reserve)
        best = best_of(kept.rows, kept.compared, kept.length, nearest)
        everything = _compare(rows, noise_z, nearest, None)
        assert best.pairs.tolist() == everything.pairs.tolist()
        assert best.distances.tolist() == everything.distances.tolist()
        assert everything.pairs.tolist() == [
            list(one) for one in match_oracle.nearest(rows, noise_z, nearest)
        ]


def _next(kept: Kept | None, rows: Rows, noise_z: float, nearest: int, reserve: int) -> Kept:
    names, length = names_of(rows), nearest + reserve
    if kept is None:
        before = Standing.of_nothing(names)
        kept = Kept(
            "", score_limit(rows.length, noise_z), rows.length, length, names, before.compared, before.depths
        )
    else:
        kept = quieter(kept, score_limit(rows.length, noise_z))
        before = standing(kept, names, least=nearest)
    return joined(before, _compare(rows, noise_z, length, before.new), kept)


def kept_of_people(people: int, *, terms: str = "", nearest: int = 3) -> Kept:
    """Compare so many rows of two sources and keep it."""
    draws = np.random.default_rng(people)
    world = {
        (number % 2, number // 2, 0): _Bits(tuple(draws.integers(0, 40, _VIEWS).tolist()))
        for number in range(people)
    }
    rows = _rows(world)
    return replace(_next(None, rows, 0.0, nearest, 0), terms=terms)


def test_a_list_that_loses_fewer_than_its_reserve_is_not_compared_anew() -> None:
    everybody = {(0, number, 0): _Bits((1, 1)) for number in range(12)}
    gone = {row: bits for row, bits in everybody.items() if row[1] not in (0, 1)}
    for reserve, new in ((1, 10), (2, 0)):
        kept = _next(None, _rows(everybody), -50.0, 3, reserve)
        assert standing(kept, names_of(_rows(gone)), least=3).new.sum() == new


def test_a_row_with_other_bits_is_another_row_and_leaves_the_lists_it_was_in() -> None:
    world = {(0, number, 0): _Bits((1, 1)) for number in range(6)}
    kept = _next(None, _rows(world), -50.0, 30, 0)
    changed = _rows(world | {(0, 2, 0): _Bits((5, 1))})
    before = standing(kept, names_of(changed), least=30)
    assert np.flatnonzero(before.new).tolist() == [2]
    assert not (before.compared.pairs == 2).any()
    assert (before.depths == WHOLE).all()


def test_rows_out_of_order_are_refused() -> None:
    rows = _rows({(0, number, 0): _Bits((1, 1)) for number in range(3)})
    with pytest.raises(ValueError, match="order"):
        names_of(replace(rows, record=rows.record[::-1].copy()))
