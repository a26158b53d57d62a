"""Rounding, what a rounded count leaves open, and percentages that are made of nothing else."""

from linkage.register.disclosure.policy import DisclosurePolicy
from linkage.register.released import ReleasedCell

__all__ = ["preimage", "published", "rounded", "whole_percentage"]


def rounded(value: int, base: int) -> int:
    """Return the nearest multiple of an even base; a half goes up."""
    return (value + base // 2) // base * base


def preimage(text: int, threshold: int, base: int) -> tuple[int, int]:
    """Return the lowest and the highest count that is published as this multiple of the base.

    0 is published for 0 and for nothing else; whatever is up to the threshold is not published at all.
    """
    if text == 0:
        return 0, 0
    return max(text - base // 2, threshold + 1), text + base // 2 - 1


def published(value: int, policy: DisclosurePolicy) -> ReleasedCell:
    """Return a count as it is printed where it may be."""
    shown = rounded(value, policy.base)
    return ReleasedCell(str(shown), shown)


def whole_percentage(part: ReleasedCell, whole: ReleasedCell) -> ReleasedCell:
    """Return what is printed of a share: made from printed cells alone, it says nothing that they do not.

    ``k`` stands for more than nothing and less than half a per cent; a share of nothing is not applicable.
    """
    for cell in (whole, part):
        if cell.value is None:
            return ReleasedCell(cell.text, None)
    if not whole.value:
        return ReleasedCell("z", None)
    share, half = min(part.value or 0, whole.value) * 200, whole.value
    if 0 < share < half:
        return ReleasedCell("k", None)
    percent = (share + half) // (2 * half)
    return ReleasedCell(str(percent), percent)
