"""A nation's load on a real linkage unit, and what it says of larger ones (docs/operations/capacity.md)."""
