"""One thing that needs somebody's attention."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Notice", "Weight"]

Weight = Literal["now", "soon", "to know"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to look at; ``place``: the page that shows it, by its name in :data:`PLACES`."""

    weight: Weight
    title: str
    words: str
    place: str
