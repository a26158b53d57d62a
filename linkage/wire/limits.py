"""Sizes beyond which nothing is read, so that a hostile or broken file costs little.

docs/spec/bundle-1.md repeats them; a test holds the two together.
"""

__all__ = [
    "MAX_BUNDLE_BYTES",
    "MAX_CARD_BYTES",
    "MAX_CHUNKS",
    "MAX_CHUNK_BYTES",
    "MAX_LINE_BYTES",
    "MAX_MANIFEST_BYTES",
    "MAX_PART_BYTES",
    "MAX_RECORDS",
    "MAX_VARIANTS",
    "MAX_VIEWS",
]

MAX_CARD_BYTES = 16 * 1024
MAX_MANIFEST_BYTES = 64 * 1024
MAX_CHUNK_BYTES = 4 * 1024 * 1024
MAX_CHUNKS = 4096
MAX_PART_BYTES = 8 * 1024**3
MAX_BUNDLE_BYTES = 2 * MAX_PART_BYTES
MAX_RECORDS = 8_000_000
MAX_LINE_BYTES = 4 * 1024
MAX_VARIANTS = 16
MAX_VIEWS = 32
