"""Filters as anonlink takes them; beside the scripts that run in the peers' environments."""

from bitarray import bitarray


def filters(packed):
    """Return bit arrays of packed filters (n, bytes)."""
    made = []
    for row in packed:
        bits = bitarray()
        bits.frombytes(row.tobytes())
        made.append(bits)
    return made
