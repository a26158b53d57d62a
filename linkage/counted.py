"""Numbers of things in words: one record, and two of them."""

__all__ = ["counted"]


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with the word for so many things; ``many`` only where it is not ``one`` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
