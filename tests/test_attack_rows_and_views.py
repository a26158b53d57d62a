"""Views and rows of one child: what was made alike is put together, what was not is not."""

from dataclasses import replace as changed

import numpy as np
import pytest
from msgspec.structs import replace

from linkage.lab.attacks.cross_variant import across_variants
from linkage.lab.attacks.cross_view import CROSS_METHODS, CrossMethod, across_views
from linkage.lab.attacks.entropy import column_pairs
from linkage.lab.attacks.knowledge import Encoded
from linkage.lab.attacks.targets import target_of
from linkage.lab.crowds import Listed, children
from linkage.shipped_profiles import shipped_profile

KEY = bytes(range(32))


@pytest.fixture(scope="module")
def crowd() -> Listed:
    return children(600, 6)


def encoded(name: str, crowd: Listed) -> Encoded:
    return target_of(shipped_profile(name)).encode(crowd.people, KEY)


def two(first: np.ndarray, second: np.ndarray) -> Encoded:
    return Encoded(np.stack([first, second], axis=1), np.ones((len(first), 2), dtype=np.bool_))


def area(held: Encoded, method: CrossMethod) -> float:
    found = across_views(held, np.random.default_rng(1), method)
    assert found is not None
    return found.area


def test_one_encoding_in_two_views_is_put_together(crowd: Listed) -> None:
    plain = encoded("clk-plain", crowd).bits[:, 0]
    rng = np.random.default_rng(2)
    noise = np.packbits(rng.random((len(plain), 8 * plain.shape[1])) < 0.1, axis=1)
    assert area(two(plain, plain ^ noise), "agreement") > 0.99
    moved = np.packbits(np.unpackbits(plain, axis=1)[:, rng.permutation(8 * plain.shape[1])], axis=1)
    assert area(two(plain, moved), "weights") > 0.95
    assert area(two(plain, moved), "agreement") < 0.95


@pytest.mark.parametrize("method", CROSS_METHODS)
def test_the_default_s_views_show_nothing_of_each_other(crowd: Listed, method: CrossMethod) -> None:
    assert area(encoded("child-1", crowd), method) < 0.62


def test_a_profile_of_one_view_has_nothing_to_put_together(crowd: Listed) -> None:
    assert across_views(encoded("clk-plain", crowd), np.random.default_rng(1), "agreement") is None


def test_rows_without_padding_tell_who_has_another_name(crowd: Listed) -> None:
    unpadded = replace(shipped_profile("child-1"), rows=1)
    assert across_variants(unpadded, crowd.people[:200], KEY, np.random.default_rng(1)).area == 1.0


def test_rows_of_padding_hide_some_of_it(crowd: Listed) -> None:
    padded = replace(shipped_profile("child-1"), rows=3)
    found = across_variants(padded, crowd.people[:300], KEY, np.random.default_rng(1))
    assert found.area < 0.95


def test_columns_of_a_plain_filter_are_uneven_and_set_together(crowd: Listed) -> None:
    plain, hardened = (column_pairs(encoded(name, crowd)) for name in ("clk-plain", "child-1"))
    assert plain.entropy < 0.7 < 0.9 < hardened.entropy
    assert plain.together > 0.03 > 0.015 > hardened.together


def test_bits_of_a_fair_coin_are_even_and_apart() -> None:
    fair = np.random.default_rng(1).integers(0, 256, (800, 1, 64), dtype=np.uint8)
    held = Encoded(fair, np.ones((800, 1), dtype=np.bool_))
    found = column_pairs(held)
    assert found.entropy > 0.99
    assert found.together < 0.01
    twice = Encoded(np.concatenate([fair, fair], axis=2), held.present)
    assert column_pairs(twice).together > 0.02
    with pytest.raises(ValueError, match="rows"):
        column_pairs(changed(held, present=np.zeros((800, 1), dtype=np.bool_)))
