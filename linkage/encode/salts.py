"""Salt components, hashed once for each value, and put together by exclusive or.

The salt block S of a view is the exclusive or of the keyed hashes of its components, each hashed with its
name.  Hashes of different components are independent, so S differs whenever one of them does, except with
the odds of a random 128-bit collision; and hashing components instead of their combinations is what makes
salts cheap, for there are few years and months but nearly as many combinations as records.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from linkage.encode import vocabulary
from linkage.encode.framing import KeyedBlocks
from linkage.encode.hashed import Hashed
from linkage.encode.positions import BLOCK, Blocks
from linkage.encode.secrecy import NeverWrittenOut
from linkage.encode.tokens import COMPONENTS, ComponentRule
from linkage.encode.vocabulary import Column, Growing, Numbers, Remembered
from linkage.profile import Component, ExactKind, Field

__all__ = ["SaltComponent", "empty_salt", "exact_tokens", "salt_components"]

_FLAG: Final = np.dtype(np.bool_)
_NUMBER: Final = np.dtype(np.intp)
_NOTHING: Final = BLOCK.type(0)
"""For rows without the component, and so without the view."""
_PART_BITS: Final = 32
_PART_MASK: Final = (1 << _PART_BITS) - 1


class SaltComponent(Protocol):
    """One component of salts, for any number of rows."""

    @property
    def full(self) -> bool:
        """Whether it has grown so far that its owner should start anew."""

    def of(self, numbers: Numbers) -> tuple[Blocks, NDArray[np.bool_]]:
        """Return each row's block of the component, and whether the row has it at all."""


def empty_salt(key: bytes) -> Blocks:
    """Return the one block that every salt begins with, and that is the whole of an empty one."""
    return np.frombuffer(KeyedBlocks(key, "salt").of([""]), dtype=BLOCK)


def salt_components(
    components: Iterable[Component], columns: Mapping[Field, Column], key: bytes
) -> dict[Component, SaltComponent]:
    """Return what makes each component's blocks from the columns that hold its fields."""
    parts: dict[Callable[[str], str], Remembered[str, str]] = {}
    made = {}
    for component in components:
        rule = COMPONENTS[component]
        # The sound of a name is in several components: it is worked out once.
        part = parts.setdefault(rule.part, Remembered(rule.part))
        made[component] = _salt_component(component, replace(rule, part=part.__getitem__), columns, key)
    return made


def _salt_component(
    component: Component, rule: ComponentRule, columns: Mapping[Field, Column], key: bytes
) -> SaltComponent:
    sources = [columns[field] for field in rule.fields]
    keyed = KeyedBlocks(key, "salt", component)
    if len(set(sources)) == 1:
        return _WithinColumn(sources[0], rule, keyed)
    return _AcrossColumns(sources, rule, keyed)


def exact_tokens(kind: ExactKind, column: Column, key: bytes) -> SaltComponent:
    """Return what makes a number's exact tokens: made like a component, once for each value."""
    return _WithinColumn(column, ComponentRule((kind,)), KeyedBlocks(key, "exact", kind))


class _WithinColumn(NeverWrittenOut):
    """A component that rests on one identifier: one block for each of its readings."""

    def __init__(self, column: Column, rule: ComponentRule, keyed: KeyedBlocks) -> None:
        self._column = column
        self._rule = rule
        self._hashed = Hashed(keyed.of)
        self._blocks = Growing(BLOCK)
        self._there = Growing(_FLAG)

    @property
    def full(self) -> bool:
        return False  # it grows with its column

    def of(self, numbers: Numbers) -> tuple[Blocks, NDArray[np.bool_]]:
        if len(self._blocks) < len(self._column):
            self._grow()
        chosen = numbers[self._column]
        return self._blocks.array.take(chosen), self._there.array.take(chosen)

    def _grow(self) -> None:
        known = len(self._blocks)
        values = self._rule.values(*(self._column.values(field, known) for field in self._rule.fields))
        there = np.fromiter(map(bool, values), dtype=_FLAG, count=len(values))
        blocks = np.full(len(values), _NOTHING)
        blocks[there] = self._hashed.of([*filter(None, values)])
        self._blocks.add(blocks)
        self._there.add(there)


class _AcrossColumns(NeverWrittenOut):
    """A component that is an unordered pair of parts of two identifiers: one block for each pair met."""

    def __init__(self, columns: Sequence[Column], rule: ComponentRule, keyed: KeyedBlocks) -> None:
        self._rule = rule
        self._parts = [""]
        self._number: Remembered[str, int] = Remembered(self._add_part)
        self._number[""] = 0
        self._of_reading = [
            (column, field, Growing(_NUMBER)) for column, field in zip(columns, rule.fields, strict=True)
        ]
        self._keyed = keyed
        self._hashed = Hashed(self._hash_pairs)

    @property
    def full(self) -> bool:
        return len(self._hashed) > vocabulary.MOST_VALUES

    def of(self, numbers: Numbers) -> tuple[Blocks, NDArray[np.bool_]]:
        first, second = (self._numbers(*source, numbers) for source in self._of_reading)
        lower, upper = np.minimum(first, second), np.maximum(first, second)
        there = lower > 0
        pairs, where = np.unique((lower << _PART_BITS | upper)[there], return_inverse=True)
        blocks = np.full(len(there), _NOTHING)
        blocks[there] = self._hashed.of(pairs.tolist()).take(where)
        return blocks, there

    def _numbers(
        self, column: Column, field: Field, known: Growing[np.intp], numbers: Numbers
    ) -> NDArray[np.intp]:
        """Return the number of each row's part of one of the two identifiers."""
        if len(known) < len(column):
            parts = list(map(self._rule.part, column.values(field, len(known))))
            known.add(np.fromiter(map(self._number.__getitem__, parts), dtype=_NUMBER, count=len(parts)))
        return known.array.take(numbers[column])

    def _add_part(self, part: str) -> int:
        self._parts.append(part)
        return len(self._parts) - 1

    def _hash_pairs(self, pairs: Sequence[int]) -> bytes:
        ends = [(self._parts[pair >> _PART_BITS], self._parts[pair & _PART_MASK]) for pair in pairs]
        return self._keyed.of([f"{a} {b}" if a < b else f"{b} {a}" for a, b in ends])
