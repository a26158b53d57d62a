"""Mappings: which file and column of a source holds what (docs/agency.md explains the file).

A mapping is TOML.  A column is named by its header, by a list of headers of which the first that is there
is taken, or by an inline table with value maps.  ``?`` after a name: the column may be absent.
``names:FORENAME``: column FORENAME of the joined table ``names``.
"""

import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from cli.sources.dates import DateOrder
from cli.sources.tables import header_key
from keys.files import name_of
from linkage.errors import InputError, VersionError
from linkage.wire.codes import AreaCode, Flag, Role

__all__ = [
    "ChildTable",
    "Column",
    "CoverageTable",
    "DateOrders",
    "EpisodeTable",
    "InterviewTable",
    "Join",
    "Key",
    "Mapping",
    "PostcodeColumn",
    "SpellTable",
    "XmlSource",
    "XmlTable",
    "as_column",
    "by_name",
    "choose_mapping",
    "column_names",
    "column_orders",
    "key_columns",
    "parse_mapping",
    "preset_names",
]

MAX_MAPPING_BYTES = 256 * 1024

IdentifierName = Literal[
    "forename",
    "forenames",
    "surname",
    "middle_name",
    "full_name",
    "date_of_birth",
    "birth_uncertain",
    "postcode",
    "address",
    "locality",
    "phone",
    "nhs_number",
    "upn",
]
VariantName = Literal["forename", "surname", "middle_name", "full_name", "date_of_birth"]
ChildField = Literal["sex", "ethnicity", "responsible"]
SpellField = Literal["start", "end", "legal_status", "placement", "provider", "area", "host"]
EpisodeField = Literal[
    "kind",
    "start",
    "end",
    "missing_from",
    "responsible",
    "host",
    "legal_status",
    "placement",
    "provider",
    "risk_initial",
    "risk_highest",
    "risk_final",
]
InterviewField = Literal[
    "offered",
    "offered_on",
    "outcome",
    "completed",
    "interviewer",
    "reasons",
    "harms",
    "shared_with_police_on",
]


_DATES = frozenset(("start", "end", "offered_on", "completed", "shared_with_police_on", "date_of_birth"))
"""Entries whose columns hold dates."""


class Column(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One column: its names, and what its values mean beyond what is known of every source.

    ``otherwise`` is taken where the value has no meaning of its own, ``constant`` where there is no column;
    ``@agency`` stands for the agency's own code.  ``filled``: any value at all counts as yes.
    ``date_order``: of this column's dates, where it is not the mapping's.
    """

    column: str | tuple[str, ...] = ()
    values: dict[str, str] = {}
    otherwise: str | None = None
    constant: str | None = None
    filled: bool = False
    date_order: DateOrder | None = None

    def __post_init__(self) -> None:
        """Refuse an entry that names no column and no constant, or both."""
        if bool(self.column) == (self.constant is not None):
            raise ValueError("an entry names either a column or a constant")


Spec = str | tuple[str, ...] | Column
Key = str | Annotated[tuple[str, ...], Meta(min_length=1, max_length=6)]
FileName = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^/\\]+$")]


class Join(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A second file about the same children, joined on the child's reference."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    file: FileName
    on: str
    optional: bool = False


class PostcodeColumn(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A further postcode of a child, and where there is one the column that says what kind of place it is."""

    postcode: Spec
    place: Spec | None = None


class ChildTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The children; ``repeat`` says what a second row with the same reference is."""

    file: FileName
    key: Key
    repeat: Literal["refuse", "variants"] = "refuse"
    join: tuple[Join, ...] = ()
    identifiers: dict[IdentifierName, Spec]
    variants: tuple[dict[VariantName, Spec], ...] = ()
    postcodes: tuple[PostcodeColumn, ...] = ()
    fields: dict[ChildField, Spec] = {}
    flags: dict[Flag, Spec] = {}


class SpellTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Care spells: one row a placement under one legal status."""

    file: FileName
    key: Key
    child: Key
    optional: bool = False
    postcodes: tuple[PostcodeColumn, ...] = ()
    fields: dict[SpellField, Spec]


class EpisodeTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Missing and away episodes."""

    file: FileName
    key: Key
    child: Key
    optional: bool = False
    fields: dict[EpisodeField, Spec]
    flags: dict[Flag, Spec] = {}


class InterviewTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Return interviews, one row an episode."""

    file: FileName
    episode: Key
    optional: bool = False
    fields: dict[InterviewField, Spec]


class CoverageTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which areas and months the extract holds whole."""

    file: FileName
    optional: bool = False
    area: Spec
    month: Spec


class XmlTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The rows of one file of the mapping in an XML file: the elements that are its rows.

    ``columns`` are there even if no element has them, as where no placement has ended.  ``having``: an
    element is a row only if one of these holds more than a no.
    """

    elements: Annotated[tuple[str, ...], Meta(min_length=1)]
    columns: tuple[str, ...] = ()
    having: tuple[str, ...] = ()


class XmlSource(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How an XML file stands for files of the mapping; the first table is the children's.

    ``child`` is the column of the child's reference, ``rename`` turns names of elements into columns' names.
    """

    child: str
    rename: dict[str, str] = {}
    tables: Annotated[dict[FileName, XmlTable], Meta(min_length=1)]


class Mapping(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From a source's files and columns to identifiers and clear fields."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-mapping"] = "clew-mapping"
    version: Literal[1] = 1
    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    about: str = ""
    role: Role | None = None
    date_order: DateOrder = "dmy"
    encoding: str = ""
    delimiter: Annotated[str, Meta(max_length=1)] = ""
    areas: tuple[AreaCode, ...] = ()
    values: dict[str, dict[str, str]] = {}
    children: ChildTable
    care_spells: SpellTable | None = None
    episodes: EpisodeTable | None = None
    interviews: InterviewTable | None = None
    coverage: CoverageTable | None = None
    xml: XmlSource | None = None


def preset_names() -> tuple[str, ...]:
    """Return the names of the mappings that come with this release."""
    folder = resources.files("cli.sources") / "presets"
    names = (item.name for item in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def choose_mapping(name: str) -> str:
    """Return the text of a mapping: a shipped one by name, otherwise a TOML file by path."""
    if name in preset_names():
        return (resources.files("cli.sources") / "presets" / f"{name}.toml").read_text("utf-8")
    path = Path(name)
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(
            f"mapping {name_of(path)}: {reason}",
            hint=f"name a TOML file or one of the shipped mappings: {', '.join(preset_names())}",
        ) from None
    if len(data) > MAX_MAPPING_BYTES:
        raise InputError(
            f"mapping {path.name}: larger than {MAX_MAPPING_BYTES} bytes", hint="is it the right file?"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"mapping {path.name}: not UTF-8 text", hint="save it as UTF-8") from None


def parse_mapping(text: str) -> Mapping:
    """Read a mapping; raises :class:`InputError` saying where it is wrong."""
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"mapping: {error}", hint="docs/agency.md shows a mapping line by line") from None
    if isinstance(value, dict) and value.get("version", 1) != Mapping.VERSION:
        raise VersionError("mapping: a version that this release does not know", hint="use version = 1")
    return _converted(value, Mapping)


T = TypeVar("T")


def _converted(value: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at ")
        where = path.strip("`").removeprefix("$").lstrip(".") or "the top"
        raise InputError(
            f"mapping: at {where}: {what}", hint="docs/agency.md lists every entry of a mapping"
        ) from None


class DateOrders:
    """Which of a table's columns are dates, and in which order they are written."""

    def __init__(self, order: DateOrder, named: MappingType[str, DateOrder], dates: Iterable[str]) -> None:
        """``named``: the columns whose order is not ``order``, by header.  ``dates``: those of dates."""
        self._order = order
        self._dates = frozenset(map(header_key, dates))
        self._named = {header_key(name): one for name, one in named.items()}

    def of(self, header: str) -> DateOrder:
        """Return the order of one column."""
        return self._named.get(header_key(header), self._order)

    def is_date(self, header: str) -> bool:
        """Tell whether a column holds dates, so that a number in it is a day and no reference."""
        return header_key(header) in self._dates


def by_name(specs: MappingType[Any, Spec]) -> dict[str, Spec]:
    """Return a section's entries by plain name."""
    return {str(name): spec for name, spec in specs.items()}


def as_column(spec: Spec) -> Column:
    """Return an entry in its long form."""
    return spec if isinstance(spec, Column) else Column(column=spec)


def column_names(spec: Spec) -> tuple[str, ...]:
    """Return the headers that an entry may be found under, without their marks."""
    column = as_column(spec).column
    names = (column,) if isinstance(column, str) else column
    return tuple(name.removesuffix("?") for name in names)


def column_orders(specs: MappingType[str, Spec], order: DateOrder) -> DateOrders:
    """Return the date orders of a table's columns, by the entries that name them."""
    columns = {name: as_column(spec) for name, spec in specs.items()}
    named = {
        header: column.date_order
        for column in columns.values()
        if column.date_order is not None
        for header in column_names(column)
    }
    dates = [header for name, column in columns.items() if name in _DATES for header in column_names(column)]
    return DateOrders(order, named, dates)


def key_columns(key: Key) -> tuple[str, ...]:
    """Return the columns that make up a reference."""
    return (key,) if isinstance(key, str) else key
