"""XOR folds: the two halves of a filter laid over each other, bit against bit."""

__all__ = ["folded"]


def folded(bits: int, length: int, folds: int) -> int:
    """Return a filter of ``length`` / 2^``folds`` bits.

    ``bits`` is a filter as a number of ``length`` bits, bit 0 the most significant; ``length`` must divide
    by 2^``folds``.  Source: Schnell and Borgs, XOR-folding for Bloom filter-based encryptions for
    privacy-preserving record linkage, 2016.
    """
    for _ in range(folds):
        length //= 2
        bits = (bits >> length) ^ (bits & ((1 << length) - 1))
    return bits
