"""The kernel keeps exactly the pairs that agree beyond noise, whatever widths, tiles and threads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from linkage.errors import FormatError, InputError, LimitError
from linkage.match.kernel import TileSize, candidate_pairs, noise_limit, warm_up
from linkage.match.rows import RecordId, Rows, Source, gather
from linkage.profile import EncodingProfile, Feature, View
from linkage.wire.encodings import Encodings
from tests.oracles import match_oracle


def _profile(views: int, view_bytes: int, diffusion: int = 1) -> EncodingProfile:
    feature = Feature(field="surname", kind="bigrams", label="s", k=4)
    return EncodingProfile(
        name="made-up",
        length=view_bytes * 8,
        diffusion=diffusion,
        views=tuple(View(name=f"v{i}", salt=("year",), features=(feature,)) for i in range(views)),
    )


def _rows(
    seed: int,
    count: int,
    views: int,
    words: int,
    *,
    tiers: int = 2,
    sources: int = 3,
    records: int | None = None,
) -> Rows:
    """Make rows with empty, full, sparse and dense filters, near copies and absent views."""
    draws = np.random.default_rng(seed)
    fills = draws.choice(
        [0.0, 0.05, 0.3, 0.5, 0.95, 1.0], (views, count, 1), p=[0.05, 0.2, 0.25, 0.3, 0.15, 0.05]
    )
    bits = draws.random((views, count, words * 64)) < fills
    for row in range(1, count):
        if draws.random() < 0.5:
            flips = draws.random((views, words * 64)) < draws.choice([0.0, 0.05, 0.2])
            bits[:, row] = bits[:, draws.integers(0, row)] ^ flips
    present = draws.random((views, count)) < 0.8
    bits &= present[:, :, None]
    packed = np.packbits(bits, axis=2).view(np.uint64)
    record = np.sort(draws.integers(0, records or max(count * 2 // 3, 1), count)).astype(np.int32)
    apart = draws.integers(-1, sources - 1, int(record.max(initial=0)) + 1).astype(np.int32)
    return Rows(
        ids=tuple(RecordId("A", str(number)) for number in range(int(record.max(initial=0)) + 1)),
        words=packed,
        weights=np.bitwise_count(packed).sum(axis=2, dtype=np.int32),
        present=present,
        tiers=draws.integers(0, tiers, count).astype(np.uint8),
        record=record,
        apart=apart[record],
    )


def _as_pairs(found: NDArray[np.int64]) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in found]


@pytest.mark.parametrize("words", [*range(1, 18), 21, 25, 32, 64])
def test_every_width_keeps_what_the_oracle_keeps(words: int) -> None:
    rows = _rows(words, 40, 2, words)
    assert _as_pairs(candidate_pairs(rows, noise_z=3.0)) == match_oracle.candidates(rows, 3.0)


@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 40),
    views=st.integers(1, 3),
    words=st.integers(1, 4),
    noise_z=st.one_of(st.floats(0, 8), st.sampled_from([0.0, 2.0, 4.0, 20.0])),
    tile=st.tuples(st.integers(1, 24), st.integers(1, 24)),
    threads=st.integers(1, 2),
)
def test_any_rows_tiles_and_threads_keep_what_the_oracle_keeps(
    seed: int, count: int, views: int, words: int, noise_z: float, tile: tuple[int, int], threads: int
) -> None:
    rows = _rows(seed, count, views, words)
    found = candidate_pairs(rows, noise_z=noise_z, tile=TileSize(*tile), threads=threads)
    assert _as_pairs(found) == match_oracle.candidates(rows, noise_z)


@given(seed=st.integers(0, 2**32), count=st.integers(1, 40), share=st.floats(0, 1))
def test_new_rows_meet_the_register_and_each_other_only(seed: int, count: int, share: float) -> None:
    rows = _rows(seed, count, 2, 2)
    new = np.random.default_rng(seed).random(count) < share
    found = candidate_pairs(rows, noise_z=2.0, new=new, tile=TileSize(8, 8))
    assert _as_pairs(found) == match_oracle.candidates(rows, 2.0, new)


def test_a_batch_added_to_a_register_finds_what_comparing_everything_finds() -> None:
    rows = _rows(5, 120, 2, 4)
    new = np.arange(120) % 3 == 0
    everything = set(_as_pairs(candidate_pairs(rows, noise_z=3.0)))
    added = set(_as_pairs(candidate_pairs(rows, noise_z=3.0, new=new)))
    before = set(_as_pairs(candidate_pairs(rows, noise_z=3.0, new=~new))) - added
    assert {pair for pair in everything if new[list(pair)].any()} == added
    assert {pair for pair in everything if not new[list(pair)].any()} == before


def test_empty_and_full_filters_never_speak_above_noise() -> None:
    rows = _rows(1, 30, 1, 4, tiers=1, sources=1, records=30)
    rows.words[...] = 0
    rows.words[:, ::2] = ~np.uint64(0)
    rows.present[...] = True
    rows.weights[...] = np.bitwise_count(rows.words).sum(axis=2)
    assert len(candidate_pairs(rows, noise_z=0.1)) == 0


def test_one_tile_with_more_hits_than_its_first_buffer_loses_none() -> None:
    rows = _rows(2, 150, 1, 2, tiers=1, sources=1, records=100)
    rows.words[...] = 0x5555
    rows.present[...] = True
    rows.weights[...] = np.bitwise_count(rows.words).sum(axis=2)
    expected = match_oracle.candidates(rows, 1.0)
    assert len(expected) > 10_000
    assert _as_pairs(candidate_pairs(rows, noise_z=1.0)) == expected


@pytest.mark.parametrize("tile", [TileSize(7, 11), TileSize(11, 7), TileSize(4, 8), TileSize()])
@pytest.mark.parametrize("some", [True, False])
def test_progress_counts_every_comparison_of_a_total_known_beforehand(tile: TileSize, some: bool) -> None:
    rows = _rows(3, 90, 3, 2)
    new = np.arange(90) < 30 if some else np.ones(90, dtype=np.bool_)
    calls: list[tuple[int, int]] = []
    candidate_pairs(
        rows,
        noise_z=3.0,
        new=new if some else None,
        tile=tile,
        progress=lambda done, total: calls.append((done, total)),
    )
    total = 0
    for there in rows.present:
        numbers = np.flatnonzero(there)
        total += sum(bool(new[a] or new[b]) for place, a in enumerate(numbers) for b in numbers[:place])
    assert calls[0] == (0, total)
    assert calls[-1] == (total, total)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert {of for _, of in calls} == {total}


def test_more_pairs_than_allowed_are_refused_not_swallowed() -> None:
    rows = _rows(4, 100, 1, 2, tiers=1, sources=1, records=100)
    with pytest.raises(LimitError, match="more than 10 pairs"):
        candidate_pairs(rows, noise_z=0.0, max_pairs=10)


def test_warming_up_compiles_without_data() -> None:
    warm_up()
    assert noise_limit(64, 0.0) == 64 * 64


def test_gathering_keeps_bits_presence_and_records_whatever_the_order_of_rows() -> None:
    profile = _profile(3, 16)
    part = match_oracle.made_up_encodings(range(20), views=3, view_bytes=16, seed=1)
    part = Encodings(part.handles, part.variants, part.tiers, np.arange(20, dtype=np.uint32) % 8, part.bits)
    shuffled = part.take(np.random.default_rng(1).permutation(20))
    rows = gather([Source("B", shuffled, duplicate_free=True), Source("A", part)], profile)
    assert [record.source for record in rows.ids] == ["A"] * 20 + ["B"] * 20
    assert list(rows.ids) == sorted(rows.ids)
    for row in range(40):
        place = row % 20
        assert rows.ids[rows.record[row]].handle == part.handles[place].tobytes().hex()
        assert rows.words[:, row].tobytes() == part.bits[place].tobytes()
        assert rows.present[:, row].tolist() == [bool(part.present[place] >> view & 1) for view in range(3)]
    assert (rows.apart[:20] == -1).all()
    assert (rows.apart[20:] == 1).all()


def test_rows_of_another_shape_or_a_source_twice_are_refused() -> None:
    part = match_oracle.made_up_encodings(range(3), views=2, view_bytes=16, seed=1)
    with pytest.raises(FormatError, match="2 views of 16 bytes"):
        gather([Source("A", part)], _profile(2, 24))
    with pytest.raises(InputError, match="same name"):
        gather([Source("A", part), Source("A", part)], _profile(2, 16))
