"""The ways in which tables divide: each a tree of codes, and which of them a fact falls under."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from linkage.register.areas import AreaDirectory
from linkage.register.counts import Dimension
from linkage.register.statistics.facts import NOT_STATED
from linkage.register.statistics.periods import Period, quarter_of, year_of

__all__ = ["TOTAL", "UNKNOWN_REGION", "Division", "areas", "flat", "forces", "grouped", "times"]

TOTAL = "total"
UNKNOWN_REGION = "region-unknown"

Depth = Literal["region", "council"]


class Division(NamedTuple):
    """A dimension, and where each value of a fact lies in it.

    ``place``: from a value to its code, where they differ; ``other``: the code of a value that is in neither.
    ``one_each``: a child has one value only;
    ``several``: an absence may have several.
    """

    dimension: Dimension
    place: Mapping[str, str] = {}
    one_each: bool = False
    several: bool = False
    other: str | None = None

    def of(self, measure: str) -> Dimension:
        """Return the dimension for a measure: whether its parts sum depends on what is counted."""
        sums = not self.several and (self.one_each or measure != "children")
        return self.dimension if sums else _not_additive(self.dimension)


def _not_additive(dimension: Dimension) -> Dimension:
    return Dimension(
        name=dimension.name,
        title=dimension.title,
        codes=dimension.codes,
        parents=dimension.parents,
        labels=dimension.labels,
        additive=False,
    )


def flat(
    name: str, title: str, labels: Mapping[str, str], *, one_each: bool = False, several: bool = False
) -> Division:
    """Make a dimension of one total and its parts."""
    return grouped(name, title, labels, {}, one_each=one_each, several=several)


def grouped(
    name: str,
    title: str,
    labels: Mapping[str, str],
    parents: Mapping[str, str],
    *,
    place: Mapping[str, str] | None = None,
    one_each: bool = False,
    several: bool = False,
    other: str | None = None,
) -> Division:
    """Make a dimension whose codes, in order, are those of ``labels``; without a parent, of the total."""
    dimension = Dimension(
        name=name,
        title=title,
        codes=(TOTAL, *labels),
        parents={code: parents.get(code, TOTAL) for code in labels},
        labels={TOTAL: "All", **labels},
    )
    return Division(dimension, place or {}, one_each, several, other)


def areas(name: str, title: str, directory: AreaDirectory, found: Iterable[str], depth: Depth) -> Division:
    """Make the tree of all areas, down to regions or councils.

    A directory of one country is that country; of several, the total is all of them.  Councils that are
    found and not listed lie in a region of their own, and what names no council lies beside.
    """
    countries = directory.countries()
    total = countries[0] if len(countries) == 1 else TOTAL
    tree: dict[str, str] = {}
    place: dict[str, str] = {}
    for country in countries:
        if country != total:
            tree[country] = total
        for region in directory.regions(country):
            tree[region] = country
            _add_councils(tree, place, region, directory.councils(region), depth)
    unlisted = sorted(set(found) - set(directory.areas) - {NOT_STATED})
    if unlisted:
        tree[UNKNOWN_REGION] = total
        _add_councils(tree, place, UNKNOWN_REGION, unlisted, depth)
    tree[NOT_STATED] = total
    labels = {code: directory.names.get(code, code) for code in tree}
    labels |= {UNKNOWN_REGION: "Region not known", NOT_STATED: "Council not stated"}
    whole = directory.names.get(total, "All areas")
    dimension = Dimension(
        name=name,
        title=title,
        codes=(total, *tree),
        parents=tree,
        labels={total: whole, **{code: labels[code] for code in tree}},
    )
    return Division(dimension, place)


def _add_councils(
    tree: dict[str, str], place: dict[str, str], region: str, councils: Sequence[str], depth: Depth
) -> None:
    for council in councils:
        if depth == "council":
            tree[council] = region
        else:
            place[council] = region


def forces(directory: AreaDirectory, found: Iterable[str]) -> Division:
    """Make the dimension of police forces, listed and found."""
    codes = sorted({*directory.forces(), *found} - {NOT_STATED})
    labels = {code: directory.names.get(code, code) for code in codes}
    return flat("force", "Police force", {**labels, NOT_STATED: "Force not stated"})


def times(period: Period, *, months: bool) -> Division:
    """Make the tree of a period's months, in quarters and years; without ``months`` the period alone."""
    total = period.code
    tree: dict[str, str] = {}
    for month in period.months if months else ():
        above = total
        for code in (year_of(month), quarter_of(month), month):
            if code != total and not _spans(code, period):
                tree.setdefault(code, above)
                above = code
    labels = {code: code for code in (total, *tree)}
    ordered = (total, *tree)
    dimension = Dimension(name="time", title="Time", codes=ordered, parents=tree, labels=labels)
    return Division(dimension, {} if months else dict.fromkeys(period.months, total))


def _spans(code: str, period: Period) -> bool:
    """Tell whether a year or quarter holds all of the period: it then divides nothing."""
    return all(code in (year_of(month), quarter_of(month)) for month in period.months)
