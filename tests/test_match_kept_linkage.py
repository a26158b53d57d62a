"""A linkage that goes on from what was kept is the linkage of everything, and compares only what is new."""

from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs
from numpy.typing import NDArray

from linkage.match.hashing import HashedEngine
from linkage.match.kept import Kept
from linkage.match.linkage import Linkage, Source, link
from linkage.profile import Decision
from linkage.wire.encodings import Encodings
from tests.oracles import match_oracle
from tests.test_match_linkage_is_deterministic import PROFILE

_PEOPLE, _SOURCES = 60, ("A", "B", "C")


class _Keeper:
    """Keeps in memory, and notes what was planned."""

    def __init__(self) -> None:
        self.kept: Kept | None = None
        self.plans: list[tuple[int, int]] = []

    def load(self) -> Kept | None:
        return self.kept

    def planned(self, new: int, rows: int, comparisons: int) -> None:
        assert (comparisons == 0) == (new == 0)
        self.plans.append((new, rows))

    def save(self, kept: Kept) -> None:
        self.kept = kept


def _encoded() -> dict[str, list[Encodings]]:
    """Return each source's records twice, as they were and as they are after a correction."""
    both = {}
    for seed, name in enumerate(_SOURCES):
        was, now = (
            match_oracle.made_up_encodings(
                list(range(_PEOPLE)), views=2, view_bytes=64, seed=seed, noise=noise, fill=0.12, diffusion=2
            )
            for noise in (0.2, 0.3)
        )
        both[name] = [was, replace(now, handles=was.handles)]
    return both


def _month(both: dict[str, list[Encodings]], seed: int) -> list[Source]:
    """Draw who is there in a month and whose record was corrected; the same seed says the same."""
    draws = np.random.default_rng(seed)
    there: NDArray[np.bool_] = draws.random((len(_SOURCES), _PEOPLE)) < 0.8
    corrected = draws.random((len(_SOURCES), _PEOPLE)) < 0.1
    sources = []
    for place, (name, (was, now)) in enumerate(both.items()):
        rows = [
            one.take(np.flatnonzero(there[place] & (corrected[place] == later)))
            for later, one in ((False, was), (True, now))
        ]
        if name != "B" or seed % 3:
            sources.append(Source(name, Encodings.joined(rows)))
    return sources


def _same(one: Linkage, other: Linkage) -> bool:
    columns = ("left", "right", "score", "link", "choice", "reasons")
    return (
        one.records == other.records
        and one.method == other.method
        and np.array_equal(one.clusters, other.clusters)
        and all(np.array_equal(getattr(one.pairs, name), getattr(other.pairs, name)) for name in columns)
    )


def test_months_of_changes_end_as_linking_everything_would() -> None:
    both, keeper = _encoded(), _Keeper()
    for seed in (1, 2, 2, 3, 4, 5):
        sources = _month(both, seed)
        found = link(sources, PROFILE, keeper=keeper, threads=1)
        assert len(found.pairs)
        assert _same(found, link(sources, PROFILE, threads=1))
    new, rows = zip(*keeper.plans, strict=True)
    assert new[0] == rows[0]
    assert new[2] == 0  # nothing changed, and nothing is compared
    assert all(0 < some < of for some, of in zip(new[3:], rows[3:], strict=True))


def test_what_was_kept_on_other_terms_is_not_believed() -> None:
    both, keeper = _encoded(), _Keeper()
    sources = _month(both, 1)
    quieter = structs.replace(PROFILE, decision=Decision(noise_z=6.0, thresholds={"a": 0.7, "b": 0.7}))
    declared = [replace(sources[0], duplicate_free=True), *sources[1:]]
    steps = (
        (PROFILE, sources),
        (PROFILE, declared),
        (PROFILE, sources),
        (quieter, sources),
        (PROFILE, sources),
    )
    for profile, given in steps:
        found = link(given, profile, keeper=keeper, threads=1)
        assert _same(found, link(given, profile, threads=1))
    # Where less counts than before, all of it is known; where more does, not.
    assert [new == rows for new, rows in keeper.plans] == [True, True, True, False, True]
    assert keeper.plans[3][0] == 0


def test_nothing_is_kept_of_an_engine_that_hashes() -> None:
    open_profile, keeper = structs.replace(PROFILE, diffusion=1), _Keeper()
    sources = _month(_encoded(), 1)
    with pytest.raises(ValueError, match="hashing"):
        link(sources, open_profile, engine=HashedEngine(open_profile), keeper=keeper)
    assert keeper.kept is None
    assert not keeper.plans
