"""Written by ``python -m benchmarks.encoding --write``: measure again instead of editing."""

MEASURED: dict[str, object] = {}
