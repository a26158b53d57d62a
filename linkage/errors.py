"""One tree for everything that can go wrong with somebody's input.

::

    ClewError                   what a person can mend: always says what, where and how
    ├── InputError              a file or value that a user gave
    ├── ProfileError            an encoding profile that is malformed or unknown
    ├── FormatError             bytes that are not what their format says
    │   ├── VersionError        a format version this release does not know
    │   └── LimitError          larger than a stated size or decompression limit
    ├── VerificationError       a signature, digest, seal or key that does not verify
    └── EpochError              made under another epoch, profile or key

Messages never hold an identifier, a key or a secret: they name the place and the cure.
"""

from typing import ClassVar

__all__ = [
    "ClewError",
    "EpochError",
    "FormatError",
    "InputError",
    "LimitError",
    "ProfileError",
    "VerificationError",
    "VersionError",
]


class ClewError(Exception):
    """Something that a person can mend.

    ``message`` says what is wrong and where; ``hint`` says what to do about it.  Without a hint of its own an
    error has that of its kind, if there is one.
    """

    usual_hint: ClassVar[str] = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.usual_hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class InputError(ClewError):
    """A file or a value that a user gave cannot be used."""


class ProfileError(ClewError):
    """An encoding profile is malformed or unknown."""


class FormatError(ClewError):
    """Bytes are not what their format says."""

    usual_hint = "the file is damaged or was made by something else: get it again from where it came"


class VersionError(FormatError):
    """A format version that this release does not know."""


class LimitError(FormatError):
    """Something is larger than a stated limit."""

    usual_hint = "nothing that clew writes is so large: check that this is the file that you meant"


class VerificationError(ClewError):
    """A signature, digest, seal or key does not verify."""

    usual_hint = "do not use it: ask those who made it, by another way, whether they sent you this"


class EpochError(ClewError):
    """Something was made under another epoch, profile or key."""
