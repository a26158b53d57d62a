"""What keeps keys, and the values that were met, in the process that uses them."""

from typing import NoReturn

__all__ = ["NeverWrittenOut"]


class NeverWrittenOut:
    """Holds keys or identifiers: it cannot be pickled or copied, and its printed form is its name."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not written out, nor is what holds them or identifiers")
