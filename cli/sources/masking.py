"""Masking: enough of a value to find it in its row, too little to know whose it is."""

__all__ = ["masked"]

_LONGEST = 24


def masked(text: str) -> str:
    """Return the shape of a value: digits become 9, of letters only the first stays.

    ``31/02/2010`` becomes ``99/99/9999`` and ``Smith`` becomes ``S••••``.  A first letter outside ASCII
    is masked too, because in some scripts one character is a whole name; whatever is longer than 24
    characters is cut, so that a free-text note shows no more than its beginning's shape.
    """
    shape: list[str] = []
    first = True
    for character in text[:_LONGEST]:
        if character.isalpha() or character.isnumeric():
            kept = character if first and character.isascii() else "•"
            shape.append("9" if character.isnumeric() else kept)
            first = first and character.isnumeric()
        else:
            shape.append(character if character.isprintable() else "·")
    return "".join(shape) + ("…" if len(text) > _LONGEST else "")
