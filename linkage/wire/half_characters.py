"""Halves of surrogate pairs, which JSON can spell (by an escape) and for which UTF-8 has no bytes."""

import json

__all__ = ["holds_half_characters"]


def holds_half_characters(value: object) -> bool:
    """Say whether a text anywhere in a JSON value, a name in an object included, holds one.

    Raises ``RecursionError`` for a value nested beyond reason.
    """
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
