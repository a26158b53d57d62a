"""Everything that a linkage compiles, compiled before the first records come."""

from linkage.match import clustering, hashing, hashing_blocks, kernel, linkage, neighbours, persons

__all__ = ["warm_up"]

_USED = (hashing, linkage, persons)
"""Loaded here, so that the first linkage does not wait for its modules either."""


def warm_up() -> None:
    """Compile every function that :func:`linkage.match.linkage.link` may call, or load it from its cache.

    Compiled code depends on types and not on widths, counts or threads: whatever profile, sources and records
    come later, nothing is compiled again.
    """
    kernel.warm_up()
    clustering.warm_up()
    neighbours.warm_up()
    hashing_blocks.warm_up()
