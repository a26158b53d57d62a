"""How the names of families of one origin are made up."""

from dataclasses import dataclass

__all__ = ["NameOrigin", "entries"]


def entries(text: str) -> tuple[str, ...]:
    """Split a block of names at white space, first mention first; an underscore stands for a space."""
    return tuple(dict.fromkeys(name.replace("_", " ") for name in text.split()))


@dataclass(frozen=True, slots=True)
class NameOrigin:
    """Names of families of one origin, most frequent first.

    ``share`` is the share of ordinary families, ``uasc_share`` that of unaccompanied asylum-seeking
    children.  A surname comes with probability ``tail`` from ``stems`` + ``endings`` (the many rare names
    of a nation that no list holds), with ``patronymic`` from the boys' names, else from ``surnames``.
    Families of an origin that ``borrows`` take half their forenames from the other origin's.
    """

    name: str
    share: float
    uasc_share: float
    ethnicities: tuple[tuple[str, float], ...]
    girls: tuple[str, ...]
    boys: tuple[str, ...]
    surnames: tuple[str, ...]
    stems: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    tail: float = 0.0
    second_girls: tuple[str, ...] = ()
    second_boys: tuple[str, ...] = ()
    patronymic: float = 0.0
    two_surnames: float = 0.0
    surname_first: bool = False
    borrows: str = ""
