"""What the command line says of the shield list.

Apart from :mod:`cli.agency.shielding`, which reads it: commands that read no source need not load what does.
"""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["NO_SHIELD", "ShieldChoice"]


@dataclass(frozen=True, slots=True)
class ShieldChoice:
    """The list's file, or that there is none any more."""

    path: Path | None = None
    given_up: bool = False


NO_SHIELD = ShieldChoice()
