"""Connected components by walking from every record to all that it reaches."""

from collections.abc import Iterable


def components(count: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """Return for each record the smallest one that it is connected with."""
    around: list[set[int]] = [set() for _ in range(count)]
    for a, b in edges:
        around[a].add(b)
        around[b].add(a)
    found = [-1] * count
    for first in range(count):
        if found[first] >= 0:
            continue
        waiting = [first]
        while waiting:
            one = waiting.pop()
            if found[one] < 0:
                found[one] = first
                waiting += around[one]
    return found
