"""Where the tokens of a row share positions, the number of bits set does not tell how many tokens there are."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from linkage.encode.identifiers import Identifiers
from linkage.lab.attacks.columns import column_measures
from linkage.lab.attacks.knowledge import encode_people, knowledge
from linkage.lab.learning import children_world
from linkage.measured import METRICS, light
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile
from tests.oracles import encoding_oracle as oracle

KEY = bytes(range(32))
CHILDREN = ("child-1", "child-1-recall", "child-1-high")
(COUNTED,) = (metric for metric in METRICS if metric.name == "popcount-correlation")


@pytest.fixture(scope="module")
def people() -> tuple[Identifiers, ...]:
    tables = children_world(2500, 35, "none").tables
    return max((table.identifiers for table in tables), key=len)[:1200]


def _without_positions(profile: EncodingProfile) -> EncodingProfile:
    views = tuple(msgspec.structs.replace(view, positions=UNSET) for view in profile.views)
    return msgspec.structs.replace(profile, views=views)


def _correlation(profile: EncodingProfile, people: tuple[Identifiers, ...]) -> float:
    found = column_measures(knowledge(profile, people), encode_people(profile, people, KEY))
    return found.popcount_correlation


@pytest.mark.parametrize("name", CHILDREN)
def test_of_shipped_profiles_for_children_the_light_is_green(
    name: str, people: tuple[Identifiers, ...]
) -> None:
    assert light(COUNTED, _correlation(shipped_profile(name), people)) == "green"


@pytest.mark.parametrize("name", CHILDREN)
def test_without_shares_the_same_profile_is_red(name: str, people: tuple[Identifiers, ...]) -> None:
    assert light(COUNTED, _correlation(_without_positions(shipped_profile(name)), people)) == "red"


@given(
    positions=st.integers(1, 65_536),
    k=st.integers(1, 32),
    others=st.lists(st.integers(1, 32), max_size=40),
    token=st.binary(min_size=16, max_size=16),
)
def test_a_share_is_the_whole_number_below_or_above_what_is_due(
    positions: int, k: int, others: list[int], token: bytes
) -> None:
    due = k * positions / (k + sum(others))
    assert int(due) <= oracle.share(positions, k, k + sum(others), token) <= int(due) + 1


@given(positions=st.integers(1, 2000), ks=st.lists(st.integers(1, 32), min_size=1, max_size=40))
def test_shares_sum_to_the_positions_on_average(positions: int, ks: list[int]) -> None:
    """Over all hashes; each share falls short by less than a 65,536th."""
    halves = np.arange(0, 65_536, 64)
    hashes = [int(half).to_bytes(2, "little") for half in halves]
    mean = sum(np.mean([oracle.share(positions, k, sum(ks), one) for one in hashes]) for k in ks)
    assert abs(mean - positions) <= 0.001 * len(ks) + 1e-9


@given(smaller=st.integers(1, 30), more=st.integers(0, 30), token=st.binary(min_size=16, max_size=16))
def test_a_token_has_no_fewer_positions_in_a_row_of_less_weight(
    smaller: int, more: int, token: bytes
) -> None:
    assert oracle.share(99, 3, 3 * (smaller + more), token) <= oracle.share(99, 3, 3 * smaller, token)
