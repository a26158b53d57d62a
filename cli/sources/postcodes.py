"""Every postcode of a child: home, placement, missing from; and which of them many children share.

Police often know a looked-after child's placement as the home address, so one postcode is not enough.  A
children's home says little about which child lives there: its postcode is marked as shared.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cli.sources.codes import code_key
from cli.sources.columns import Accessor, Line, Sheet
from cli.sources.faults import RowFaults
from cli.sources.mapping import PostcodeColumn
from cli.sources.remarks import NOTHING_TO_MEND, cure, problem
from linkage.encode.identifiers import Identifiers
from linkage.encode.places import other_postcodes, read_postcode
from linkage.encode.reasons import refusal
from linkage.wire.limits import MAX_VARIANTS

__all__ = [
    "MOST_CHILDREN",
    "MOST_POSTCODES",
    "PlacePostcode",
    "PostcodeReader",
    "shared_postcodes",
    "with_postcodes",
    "with_shared_marked",
]

MOST_POSTCODES = 4
"""Sets of identifiers that postcodes alone may make of one child: every one more is compared, and shows."""

MOST_CHILDREN = 4
"""Children of one extract that may have one postcode before it counts as shared: more than most families."""

_SHARED_PLACES = frozenset(
    (
        *("h5", "k1", "k2", "k3", "r1", "r2", "r3", "r5", "s1"),  # homes, hostels, hospitals, schools
        *("care home", "children's home", "childrens home", "residential", "residential care"),
        *("supported accommodation", "semi-independent", "hostel", "hospital", "school", "secure unit"),
    )
)
"""What kinds of places many children share, as the children-looked-after return and police write them."""


@dataclass(frozen=True, slots=True, repr=False)
class PlacePostcode:
    """A postcode as the encoder reads it, and whether its place is of a kind that many children share."""

    code: str
    shared: bool = False


class PostcodeReader:
    """Reads a row's further postcodes; columns are resolved when it is made."""

    def __init__(self, sheet: Sheet, columns: Sequence[PostcodeColumn]) -> None:
        self._columns = [
            (sheet.find(column.postcode, entry="postcodes postcode"), _place(sheet, column))
            for column in columns
        ]

    def read(self, line: Line, faults: RowFaults) -> tuple[PlacePostcode, ...]:
        """Return the row's postcodes in the mapping's order; what is none is a warning."""
        found: list[PlacePostcode] = []
        for column, place in self._columns:
            if column is None or not (text := column.text(line)):
                continue
            shared = place is not None and code_key(place.text(line)) in _SHARED_PLACES
            found += (PlacePostcode(code, shared) for code in _codes(text))
            _judge(column.label, text, faults)
        return tuple(found)


def _place(sheet: Sheet, column: PostcodeColumn) -> Accessor | None:
    return sheet.find(column.place, entry="postcodes place") if column.place is not None else None


def _codes(text: str) -> Iterator[str]:
    if first := read_postcode(text).value:
        yield from (first, *other_postcodes(text))


def _judge(label: str, text: str, faults: RowFaults) -> None:
    refused = read_postcode(text).refused
    if refused and refused not in NOTHING_TO_MEND:
        faults.warn(label, text, problem(refused), cure(refusal("postcode", refused).hint))


def with_postcodes(
    variants: Sequence[Identifiers], places: Iterable[PlacePostcode]
) -> tuple[Identifiers, ...]:
    """Add a set of identifiers for each further postcode of a child; ``places`` has the latest first.

    Only the principal names are repeated.  Where they have no postcode, they take the first of ``places``
    instead.  At most :data:`MOST_POSTCODES` sets differ by postcode, and all sets are at most MAX_VARIANTS.
    """
    principal, *others = variants
    known = _code(principal.postcode)
    found = [code for code in dict.fromkeys(place.code for place in places) if code != known]
    if found and not known:
        principal = replace(principal, postcode=found.pop(0))
    added = [replace(principal, postcode=code) for code in found[: MOST_POSTCODES - 1]]
    return (principal, *others, *added)[:MAX_VARIANTS]


def shared_postcodes(
    records: Iterable[Sequence[Identifiers]], places: Iterable[PlacePostcode]
) -> frozenset[str]:
    """Return the postcodes that more than MOST_CHILDREN records have, or whose place is of a shared kind."""
    counts = Counter(code for variants in records for code in {_code(one.postcode) for one in variants})
    crowded = {code for code, children in counts.items() if code and children > MOST_CHILDREN}
    return frozenset(crowded | {place.code for place in places if place.shared})


def with_shared_marked(variants: Sequence[Identifiers], shared: frozenset[str]) -> tuple[Identifiers, ...]:
    """Mark the sets of identifiers whose postcode is shared."""
    return tuple(
        replace(one, postcode_shared=True) if _code(one.postcode) in shared else one for one in variants
    )


def _code(text: str) -> str:
    return read_postcode(text).value
