"""Whatever happens to a register, and in whatever order: its clusters are those of clustering all at once."""

from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from linkage.errors import ClewError, InputError
from linkage.match.incremental import Clusters, Statements, WeighedPairs
from linkage.match.rows import RecordId
from tests.oracles import cluster_oracle
from tests.oracles.cluster_oracle import Pair

RECORDS = [RecordId(source, f"{number:02x}") for source in "ABC" for number in range(4)]
WEIGHTS = st.integers(-24, 24).map(lambda value: value / 4)
SOME = st.lists(st.sampled_from(RECORDS), min_size=1, max_size=4, unique=True)
TWO = st.lists(st.sampled_from(RECORDS), min_size=2, max_size=2, unique=True)


class Register(RuleBasedStateMachine):
    """Keeps what was given beside the state under test, in plain dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.state = Clusters()
        self.weights: dict[Pair, float] = {}
        self.there: set[RecordId] = set()
        self.same: set[Pair] = set()
        self.different: set[Pair] = set()
        self.declared: set[str] = set()

    @initialize(data=st.data())
    def first(self, data: st.DataObject) -> None:
        self.add(data, data.draw(st.lists(st.sampled_from(RECORDS), min_size=4, unique=True)))

    def _draw_pairs(
        self, data: st.DataObject, chosen: list[RecordId]
    ) -> list[tuple[RecordId, RecordId, float]]:
        others = sorted(self.there | set(chosen))
        everything = [(a, b) for a in chosen for b in others if a != b and not (b in chosen and b < a)]
        kept = data.draw(st.lists(st.sampled_from(everything), unique=True)) if everything else []
        return [(a, b, data.draw(WEIGHTS)) for a, b in kept]

    def _given(self, pairs: list[tuple[RecordId, RecordId, float]]) -> None:
        self.weights.update({frozenset((a, b)): weight for a, b, weight in pairs})

    def _refused(self, change: Callable[[], Any]) -> bool:
        """Try a change; if it is refused, it is so in words, and nothing has changed."""
        before = Clusters(
            self.state.records,
            self.state.left.copy(),
            self.state.right.copy(),
            self.state.weights.copy(),
            self.state.statements,
            self.state.labels.copy(),
        )
        refusal = None
        try:
            self.state = change()
        except ClewError as error:
            refusal = error
        if refusal is None:
            return False
        assert isinstance(refusal, InputError)
        assert refusal.message
        assert refusal.hint
        assert self.state == before
        return True

    @rule(data=st.data(), records=SOME)
    def add(self, data: st.DataObject, records: list[RecordId]) -> None:
        pairs = self._draw_pairs(data, records)
        refused = self._refused(lambda: self.state.add(records, WeighedPairs.of(pairs)))
        assert refused == (not self.there.isdisjoint(records))
        if not refused:
            self.there.update(records)
            self._given(pairs)

    @rule(data=st.data(), records=SOME)
    def correct(self, data: st.DataObject, records: list[RecordId]) -> None:
        pairs = self._draw_pairs(data, records)
        refused = self._refused(lambda: self.state.correct(records, WeighedPairs.of(pairs)))
        assert refused == (not self.there.issuperset(records))
        if not refused:
            self._forget(records)
            self._given(pairs)

    @rule(records=SOME)
    def withdraw(self, records: list[RecordId]) -> None:
        refused = self._refused(lambda: self.state.withdraw(records))
        assert refused == (not self.there.issuperset(records))
        if not refused:
            self._forget(records)
            self.there.difference_update(records)

    def _forget(self, records: list[RecordId]) -> None:
        self.weights = {pair: weight for pair, weight in self.weights.items() if pair.isdisjoint(records)}

    @rule(pair=TWO)
    def join(self, pair: list[RecordId]) -> None:
        if not self._refused(lambda: self.state.join(*pair)):
            self.same.add(frozenset(pair))

    @rule(pair=TWO)
    def keep_apart(self, pair: list[RecordId]) -> None:
        if not self._refused(lambda: self.state.keep_apart([(pair[0], pair[1])])):
            self.different.add(frozenset(pair))

    @rule(record=st.sampled_from(RECORDS))
    def take_out(self, record: RecordId) -> None:
        mates = set(self.state.members(record)) - {record} if record in self.there else set()
        if not self._refused(lambda: self.state.take_out(record)):
            assert self.state.members(record) == (record,) or mates.isdisjoint(self.state.members(record))
            self.different.update(frozenset((record, mate)) for mate in mates)

    @precondition(lambda self: self.same or self.different)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        pair = data.draw(st.sampled_from(sorted(map(sorted, self.same | self.different))))
        self.state = self.state.take_back(*pair)
        self.same.discard(frozenset(pair))
        self.different.discard(frozenset(pair))

    @rule(source=st.sampled_from("ABC"), duplicate_free=st.booleans())
    def declare(self, source: str, duplicate_free: bool) -> None:
        if not self._refused(lambda: self.state.declare(source, duplicate_free=duplicate_free)):
            self.declared = self.declared - {source} | ({source} if duplicate_free else set())

    @rule(data=st.data(), records=SOME)
    def a_batch_that_is_withdrawn_leaves_no_trace(self, data: st.DataObject, records: list[RecordId]) -> None:
        fresh = [record for record in records if record not in self.there]
        added = self.state.add(fresh, WeighedPairs.of(self._draw_pairs(data, fresh)))
        assert added.withdraw(fresh) == self.state

    @invariant()
    def clusters_are_those_of_the_oracle(self) -> None:
        expected = cluster_oracle.persons(
            self.there,
            self.weights,
            same=self.same,
            different=self.different,
            duplicate_free=self.declared,
        )
        assert {frozenset(group) for group in self.state.groups()} == expected

    @invariant()
    def the_state_is_that_of_everything_at_once(self) -> None:
        pairs = [(*sorted(pair), weight) for pair, weight in self.weights.items()]
        said = Statements.of(map(sorted, self.same), map(sorted, self.different), self.declared)  # type: ignore[arg-type]
        assert self.state == Clusters.at_once(self.there, WeighedPairs.of(pairs), said)


TestRegister = Register.TestCase
TestRegister.settings = settings(stateful_step_count=20)
