"""Checks this installation against encoding-1.json.

Run ``python -m tests.vectors.check_encoding_vectors [FILE]``.  It needs what an agency installs and nothing
else, prints how many vectors of each kind there are and which disagree, and ends with 1 if any does.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.vectors.encoding_makers import Maker, makers
from tests.vectors.encoding_oracle_makers import oracle_makers

__all__ = ["disagreements"]

FILE: Final = Path(__file__).with_name("encoding-1.json")
_MOST_SHOWN: Final = 10
_MOST_CHARACTERS: Final = 200


def disagreements(vectors: Mapping[str, Any], known: Mapping[str, Maker]) -> Iterator[str]:
    """Yield where a vector and what is made of its input disagree."""
    for kind, make in known.items():
        for number, vector in enumerate(vectors.get(kind, ())):
            for name, made in make(vector).items():
                if vector.get(name) != made:
                    wanted = _shown(vector.get(name))
                    yield f"{kind}[{number}].{name}: {wanted} in the file, {_shown(made)} here"


def _shown(value: Any) -> str:
    text = str(value)
    return f"{text[:_MOST_CHARACTERS]}..." if len(text) > _MOST_CHARACTERS else text


def main(arguments: list[str]) -> int:
    """Check the vectors of a file; returns 1 if any disagrees."""
    file = Path(arguments[0]) if arguments else FILE
    vectors = json.loads(file.read_text(encoding="utf-8"))
    wrong = 0
    for maker, known in (("encoder", makers(vectors)), ("oracle", oracle_makers(vectors))):
        for kind in known:
            found = list(disagreements(vectors, {kind: known[kind]}))
            wrong += len(found)
            print(f"{maker}: {kind}: {len(vectors.get(kind, ()))} checked, {len(found)} disagree")
            print(*(f"  {line}" for line in found[:_MOST_SHOWN]), sep="\n", end="\n" if found else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
