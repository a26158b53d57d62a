"""Cells that a spreadsheet must not take for formulas."""

__all__ = ["guarded"]

_STARTS = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """Return text that no spreadsheet opens as a formula: an apostrophe in front makes it text.

    A reference such as ``=HYPERLINK(…)`` in a CSV would otherwise run when somebody opens the file.
    """
    return f"'{text}" if text.startswith(_STARTS) else text
