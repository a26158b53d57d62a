"""Formats of a legacy schema: which values a feature takes, and the one spelling each is hashed in.

Formats check and hardly ever change: case, length and pattern are tested and never applied.  Only integers
and dates are rewritten, so that ``+7`` and `` 7`` give one CLK, and so do dates in two layouts.
"""

import re
import warnings
from datetime import datetime
from functools import lru_cache
from typing import ClassVar, Final, Literal

from msgspec import Struct, field

from linkage.encode.legacy.faults import ValueFault

__all__ = ["DateFormat", "EnumFormat", "Format", "IntegerFormat", "TextEncoding", "TextFormat", "encoded"]

TextEncoding = Literal["ascii", "utf-8", "utf-16", "utf-32"]

# clkhash leaves byte order to the machine; every machine it ran on was little-endian.  Written out here,
# CLKs do not change on a big-endian one.
_MARKED: Final[dict[TextEncoding, tuple[bytes, str]]] = {
    "ascii": (b"", "ascii"),
    "utf-8": (b"", "utf-8"),
    "utf-16": (b"\xff\xfe", "utf-16-le"),
    "utf-32": (b"\xff\xfe\x00\x00", "utf-32-le"),
}
_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
_DIRECTIVES: Final = frozenset("aAbBcdfGHIjmMpSuUVwWxXyYzZ%")
_FIRST_YEAR: Final = 1000


def encoded(text: str, encoding: TextEncoding) -> bytes:
    """Return the bytes that are hashed for a token; raises :class:`ValueFault`."""
    mark, codec = _MARKED[encoding]
    try:
        return mark + text.encode(codec)
    except UnicodeEncodeError:
        raise ValueFault(f"has a character that {encoding} cannot write") from None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        # Of a pattern that it may read otherwise one day Python warns with a path of its own.
        warnings.simplefilter("ignore")
        return re.compile(pattern)


class TextFormat(
    Struct, tag_field="type", tag="string", frozen=True, forbid_unknown_fields=True, rename="camel"
):
    """Text: under a pattern, or with case and length checked."""

    encoding: TextEncoding = "utf-8"
    pattern: str | None = None
    case: Literal["upper", "lower", "mixed"] | None = None
    min_length: int | None = None
    max_length: int | None = None
    description: str = ""

    def __post_init__(self) -> None:
        """Refuse a pattern beside other checks, and one that does not compile."""
        checks = (self.case, self.min_length, self.max_length)
        if self.pattern is not None and any(check is not None for check in checks):
            raise ValueError("a pattern stands alone: take out case, minLength and maxLength")
        if (self.min_length or 0) < 0 or (self.max_length is not None and self.max_length < 1):
            raise ValueError("minLength must be 0 or more and maxLength 1 or more")
        try:
            _compiled(self.pattern or "")
        except (re.error, OverflowError, RecursionError):
            raise ValueError("the pattern is not a regular expression that Python can use") from None

    def canonical(self, value: str) -> str:
        """Return the value unchanged; raises :class:`ValueFault` if it does not fit."""
        encoded(value, self.encoding)
        if self.pattern is not None:
            if _compiled(self.pattern).fullmatch(value) is None:
                raise ValueFault("does not match the schema's pattern")
            return value
        self._require_length(len(value))
        if self.case == "upper" and value.upper() != value:
            raise ValueFault("is not in upper case, which the schema asks for")
        if self.case == "lower" and value.lower() != value:
            raise ValueFault("is not in lower case, which the schema asks for")
        return value

    def _require_length(self, length: int) -> None:
        if self.min_length is not None and length < self.min_length:
            raise ValueFault(f"is shorter than the {self.min_length} characters that the schema asks for")
        if self.max_length is not None and length > self.max_length:
            raise ValueFault(f"is longer than the {self.max_length} characters that the schema allows")


class IntegerFormat(Struct, tag_field="type", tag="integer", frozen=True, forbid_unknown_fields=True):
    """Whole numbers in base ten, hashed without sign ``+``, spaces or leading zeros."""

    encoding: ClassVar[TextEncoding] = "utf-8"
    minimum: int | None = None
    maximum: int | None = None
    description: str = ""

    def canonical(self, value: str) -> str:
        """Return the number as Python writes it; raises :class:`ValueFault` if it is none or out of range."""
        encoded(value, "utf-8")
        try:
            number = int(value, base=10)
            text = str(number)
        except ValueError:
            raise ValueFault("is not a whole number") from None
        if self.minimum is not None and number < self.minimum:
            raise ValueFault(f"is below the schema's minimum of {self.minimum}")
        if self.maximum is not None and number > self.maximum:
            raise ValueFault(f"is above the schema's maximum of {self.maximum}")
        return text


class DateFormat(Struct, tag_field="type", tag="date", frozen=True, forbid_unknown_fields=True):
    """Dates in one ``strptime`` layout, hashed as eight digits, year first."""

    encoding: ClassVar[TextEncoding] = "utf-8"
    layout: str = field(name="format")
    description: str = ""

    def __post_init__(self) -> None:
        """Refuse a layout that no date can have."""
        used = [match.group(1) for match in _DIRECTIVE.finditer(self.layout)]
        if any(directive not in _DIRECTIVES for directive in used):
            raise ValueError("the layout has a % directive that strptime does not know")
        named = [directive for directive in used if directive != "%"]
        if len(set(named)) != len(named):
            raise ValueError("the layout has one % directive twice")

    def canonical(self, value: str) -> str:
        """Return the date as ``YYYYMMDD``; raises :class:`ValueFault` if it is none in this layout.

        Years before 1000 are refused: how many digits clkhash hashes for them depends on the operating
        system and on the version of Python.
        """
        encoded(value, "utf-8")
        try:
            date = datetime.strptime(value, self.layout)  # noqa: DTZ007 - only its day is used
        except (ValueError, re.error):
            raise ValueFault(f"is not a date as {self.layout}") from None
        if date.year < _FIRST_YEAR:
            raise ValueFault(
                f"has a year before {_FIRST_YEAR}, which clkhash hashes differently on each platform"
            )
        return f"{date.year}{date.month:02}{date.day:02}"


class EnumFormat(Struct, tag_field="type", tag="enum", frozen=True, forbid_unknown_fields=True):
    """One of the values that the schema lists."""

    encoding: ClassVar[TextEncoding] = "utf-8"
    values: tuple[str, ...]
    description: str = ""

    def canonical(self, value: str) -> str:
        """Return the value unchanged; raises :class:`ValueFault` if the schema does not list it."""
        encoded(value, "utf-8")
        if value not in self.values:
            raise ValueFault("is none of the values that the schema lists")
        return value


Format = TextFormat | IntegerFormat | DateFormat | EnumFormat
