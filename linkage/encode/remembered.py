"""All that an encoder remembers of the values it met, to be dropped as a whole when it has grown large."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from operator import attrgetter
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.encode.cmac import BLOCK_BYTES
from linkage.encode.identifiers import Identifiers
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import Normaliser
from linkage.encode.padding import MadeUpName
from linkage.encode.positions import Blocks
from linkage.encode.runs import Layout, TokenBlocks, TokenRuns
from linkage.encode.salts import empty_salt, exact_tokens, salt_components
from linkage.encode.secrecy import NeverWrittenOut
from linkage.encode.vocabulary import Column, Growing, Numbers, Reading
from linkage.profile import Component, EncodingProfile, Feature, Field, View

__all__ = ["Batch", "Memory"]

_BIRTH_FIELDS: Final[tuple[Field, ...]] = ("year", "month", "day")
_WORD: Final = np.dtype(np.uint64)


class Memory(NeverWrittenOut):
    """The readings, token hashes and salt hashes of the values met so far, for one profile and its keys."""

    def __init__(self, profile: EncodingProfile, keys: EncodingKeys, normaliser: Normaliser) -> None:
        self._profile = profile
        self._births = Column((*_BIRTH_FIELDS, "tier"), _birth_reader(normaliser))
        self._columns = {field: Column((field,), _reader(normaliser, field)) for field in normaliser.fields}
        # One call for all attributes of a person: there are as many calls as people.
        self._given = attrgetter("date_of_birth", "birth_uncertain", "postcode_shared", *self._columns)
        by_field = {**self._columns, **dict.fromkeys(_BIRTH_FIELDS, self._births)}
        self._empty_salt = empty_salt(keys.salt)
        parts = dict.fromkeys(part for view in profile.views for part in view.salt)
        self._components = salt_components(parts, by_field, keys.salt)
        self._exact = [exact_tokens(kind, self._columns[kind], keys.exact(kind)) for kind in profile.exact]
        self._uncertain = Growing(np.dtype(np.bool_))
        tokens = TokenBlocks(keys.token)
        runs = [(users, TokenRuns(group, by_field, tokens)) for users, group in _shared_groups(profile)]
        self._runs = [each for _, each in runs]
        self._runs_of_view = {
            view.name: [each for users, each in runs if view.name in users] for view in profile.views
        }

    @property
    def full(self) -> bool:
        """Whether so many values were met that it is time to start anew."""
        columns = (self._births, *self._columns.values())
        return any(column.full for column in columns) or any(
            component.full for component in self._components.values()
        )

    @property
    def empty_salt(self) -> Blocks:
        """The one salt block of views without a salt."""
        return self._empty_salt

    def runs(self, view: View) -> list[TokenRuns]:
        """Return where the tokens of a view are kept."""
        return self._runs_of_view[view.name]

    def batch(self, people: Sequence[Identifiers]) -> "Batch":
        """Take in the values of a batch of people."""
        births, marked, shared, *texts = zip(*map(self._given, people), strict=True)
        if any(marked):
            births = tuple((text,) if mark else text for text, mark in zip(births, marked, strict=True))
        numbers = {self._births: self._births.numbers(births)}
        for column, values in zip(self._columns.values(), texts, strict=True):
            numbers[column] = column.numbers(values)
        silent = self._silent(shared)
        return Batch(
            numbers=numbers,
            uncertain=self._uncertain_births().take(numbers[self._births]),
            silent=silent,
            components={part: component.of(numbers) for part, component in self._components.items()},
            layouts={runs: _layout(runs, numbers, silent) for runs in self._runs},
        )

    def _silent(self, shared: Sequence[bool]) -> Mapping[Column, NDArray[np.bool_]]:
        """Return the rows whose postcode many children share: it salts, and says nothing more."""
        if "postcode" not in self._columns or not any(shared):
            return {}
        return {self._columns["postcode"]: np.fromiter(shared, np.bool_, len(shared))}

    def exact(self, batch: "Batch") -> NDArray[np.uint8]:
        """Return each row's exact tokens (rows, kinds, 16), zeros where there is no number."""
        made = np.zeros((len(batch.uncertain), len(self._exact), BLOCK_BYTES), dtype=np.uint8)
        for number, tokens in enumerate(self._exact):
            made[:, number] = tokens.of(batch.numbers)[0].view(np.uint8).reshape(-1, BLOCK_BYTES)
        return made

    def salts(self, view: View, batch: "Batch") -> Blocks:
        """Return the salt block of a view for each row."""
        salts = np.repeat(self.empty_salt, len(batch.uncertain))
        words = salts.view(_WORD)
        for part in dict.fromkeys(view.salt):  # a component named twice would cancel itself
            words ^= batch.components[part][0].view(_WORD)
        return salts

    def present(self, view: View, batch: "Batch") -> NDArray[np.bool_]:
        """Return which rows have a view: its tier, every salt component, and at least one token."""
        there = np.zeros(len(batch.uncertain), dtype=np.bool_)
        for runs in self.runs(view):
            there |= batch.layouts[runs].lengths.any(axis=1)
        for tier, rows in (("certain", ~batch.uncertain), ("uncertain", batch.uncertain)):
            if tier not in view.tiers:
                there &= ~rows
        for part in view.salt:
            there &= batch.components[part][1]
        return there

    def _uncertain_births(self) -> NDArray[np.bool_]:
        tiers = self._births.values("tier", len(self._uncertain))
        self._uncertain.add(np.fromiter((tier == "uncertain" for tier in tiers), np.bool_, len(tiers)))
        return self._uncertain.array


class Batch(NamedTuple):
    """Some rows: the numbers of their values, and what was made of them once for all views.

    ``silent``: of columns that some rows have and give no tokens of, which rows those are.
    """

    numbers: Numbers
    uncertain: NDArray[np.bool_]
    silent: Mapping[Column, NDArray[np.bool_]]
    components: Mapping[Component, tuple[Blocks, NDArray[np.bool_]]]
    layouts: Mapping[TokenRuns, Layout]


def _shared_groups(profile: EncodingProfile) -> list[tuple[frozenset[str], list[Feature]]]:
    """Part the features by number of bits and by the views that have them, so that views can share tokens.

    Returns for each group the names of its views.
    """
    users: dict[Feature, set[str]] = {}
    for view in profile.views:
        for feature in view.features:
            users.setdefault(feature, set()).add(view.name)
    groups: dict[tuple[int, frozenset[str]], list[Feature]] = {}
    for feature, names in users.items():
        groups.setdefault((feature.k, frozenset(names)), []).append(feature)
    return [(names, group) for (_, names), group in groups.items()]


def _layout(runs: TokenRuns, numbers: Numbers, silent: Mapping[Column, NDArray[np.bool_]]) -> Layout:
    layout = runs.layout(numbers)
    for place, column in enumerate(runs.columns):
        if column in silent:
            layout = layout.without(place, silent[column])
    return layout


def _reader(normaliser: Normaliser, field: Field) -> Callable[[Sequence[Hashable]], Reading]:
    def read(texts: Sequence[Hashable]) -> Reading:
        values = normaliser.read(field, map(str, texts))
        if MadeUpName in set(map(type, texts)):
            pairs = zip(texts, values, strict=True)
            values = [text if isinstance(text, MadeUpName) else value for text, value in pairs]
        return (values,)

    return read


def _birth_reader(normaliser: Normaliser) -> Callable[[Sequence[Hashable]], Reading]:
    def read(texts: Sequence[Hashable]) -> Reading:
        # A date that its source marks uncertain comes in a tuple, so that it is not the same text unmarked.
        readings = normaliser.read_births("" if isinstance(text, tuple) else str(text) for text in texts)
        for place, text in enumerate(texts):
            if isinstance(text, tuple):
                readings[place] = normaliser.read_birth(text[0], uncertain=True)
        return list(zip(*readings, strict=True))

    return read
