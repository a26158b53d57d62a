"""Values met, each numbered and read once, so that a batch of records is a few arrays of numbers.

Everything here is keyed by values, never by secrets, lives as long as its encoder and shows nothing.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from linkage.encode.secrecy import NeverWrittenOut

__all__ = ["MOST_VALUES", "Column", "Growing", "Numbers", "Reading", "Remembered"]

MOST_VALUES: Final = 1 << 17
_FIRST_ROOM: Final = 1024

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Item = TypeVar("Item", bound=np.generic)

Reading = Sequence[Sequence[str]]
"""What texts were normalised to: for each of their column's fields a value of every text, or ""."""


class Remembered(NeverWrittenOut, dict[K, V]):
    """What a function gave for every argument asked for; looking one up again costs no call."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[[K], V]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: K) -> V:
        value = self[key] = self._function(key)
        return value


class Growing(Generic[Item]):
    """An array that rows are added to; its room doubles, so adding costs the same however long it is."""

    __slots__ = ("_room", "_used")

    def __init__(self, dtype: np.dtype[Item], width: int = 0) -> None:
        """``width``: of each row, 0 for rows that are single items."""
        shape: tuple[int, ...] = (_FIRST_ROOM, width) if width else (_FIRST_ROOM,)
        self._room: NDArray[Item] = np.empty(shape, dtype=dtype)
        self._used = 0

    def __len__(self) -> int:
        return self._used

    @property
    def array(self) -> NDArray[Item]:
        """The rows so far: valid until rows are added."""
        return self._room[: self._used]

    def add(self, rows: NDArray[Item]) -> None:
        """Add rows at the end."""
        needed = self._used + len(rows)
        if needed > len(self._room):
            room = np.empty((max(needed, 2 * len(self._room)), *self._room.shape[1:]), dtype=self._room.dtype)
            room[: self._used] = self.array
            self._room = room
        self._room[self._used : needed] = rows
        self._used = needed


class Column(NeverWrittenOut):
    """One identifier's distinct readings, numbered from 0 as they appear.

    ``fields``: what a reading gives.  Texts that read alike have one number, so what is made of a reading
    is made once.
    """

    def __init__(self, fields: Sequence[str], read: Callable[[Sequence[Hashable]], Reading]) -> None:
        self._values: dict[str, list[str]] = {field: [] for field in fields}
        self._read = read
        self._of_reading: dict[Hashable, int] = {}
        self._of_text: dict[Hashable, int] = {}

    def __len__(self) -> int:
        """Return the number of readings."""
        return len(self._of_reading)

    @property
    def full(self) -> bool:
        """Whether it has grown so far that its owner should start anew."""
        return len(self._of_text) > MOST_VALUES

    def values(self, field: str, first: int) -> list[str]:
        """Return one field's value in every reading, from the reading numbered ``first`` on."""
        return self._values[field][first:]

    def numbers(self, texts: Sequence[Hashable]) -> NDArray[np.intp]:
        """Return the number of each text's reading."""
        try:
            return self._numbers(texts)
        except KeyError:
            self._take_in([*set(texts).difference(self._of_text)])
            return self._numbers(texts)

    def _numbers(self, texts: Sequence[Hashable]) -> NDArray[np.intp]:
        return np.fromiter(map(self._of_text.__getitem__, texts), dtype=np.intp, count=len(texts))

    def _take_in(self, texts: Sequence[Hashable]) -> None:
        """Read texts that were not met before, all at once: a step for each would cost more than reading."""
        given = self._read(texts)
        readings: Sequence[Hashable] = given[0] if len(given) == 1 else list(zip(*given, strict=True))
        places = dict(zip(readings, range(len(readings)), strict=True))
        new = {reading: place for reading, place in places.items() if reading not in self._of_reading}
        self._of_reading.update(zip(new, range(len(self), len(self) + len(new)), strict=True))
        for known, values in zip(self._values.values(), given, strict=True):
            known.extend(map(values.__getitem__, new.values()))
        self._of_text.update(zip(texts, map(self._of_reading.__getitem__, readings), strict=True))


Numbers = Mapping[Column, NDArray[np.intp]]
"""For each column, the number of every row's reading."""
