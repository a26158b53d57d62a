"""What a linkage as a whole says of itself, in words and pictures for whoever answers for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.console_app.linkage_pictures import Dot, dots_picture, scores_picture, spread_picture
from api.console_app.review_words import view_title
from api.console_app.showing import signed
from api.overview.groups import GroupShare, wilson
from api.store.link_figures import BINS, FIRST, WIDTH, GroupFigures, LinkFigures
from api.store.review_evidence import ViewSpread
from linkage.shipped_profiles import shipped_profiles

__all__ = [
    "GroupRow",
    "ScoresShown",
    "SpreadShown",
    "group_rows",
    "groups_picture",
    "lowest_said",
    "scores_said",
    "shares_picture",
    "shown_scores",
    "shown_spreads",
]

_KINDS: Mapping[str, str] = {
    "all": "The whole linkage",
    "agency": "Links of an agency’s records",
    "kind of agency": "Links between kinds of agency",
    "record": "Links of records by what they hold",
}


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group as a row of a table; ``share``: of its records that are linked, ``low`` to ``high``."""

    heading: str
    name: str
    seen: GroupFigures
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class ScoresShown:
    """The scores of a linkage: a picture, the same in words, and class by class."""

    picture: Markup
    said: str
    classes: Sequence[tuple[str, int, int, int]]


@dataclass(frozen=True, slots=True)
class SpreadShown:
    """How one view is spread: its name in words, a picture, a sentence, and classes that are not empty."""

    title: str
    picture: Markup
    said: str
    classes: Sequence[tuple[str, float, float]]


def group_rows(found: LinkFigures, names: Mapping[str, str]) -> list[GroupRow]:
    """Return every group with the name that people know, agencies by ``names``."""
    rows = []
    for one in found.groups:
        share = one.linked / one.records if one.records else None
        low, high = (None, None) if share is None else wilson(share, one.records)
        name = names.get(one.name, one.name) if one.kind == "agency" else one.name
        rows.append(GroupRow(_KINDS.get(one.kind, one.kind), name, one, share, low, high))
    return rows


def groups_picture(rows: Sequence[GroupRow]) -> tuple[Markup, str] | None:
    """Draw the precision of every group that has links, and say the lowest; None where there is none."""
    with_links = [one for one in rows if one.seen.links]
    if not with_links:
        return None
    dots = [Dot(one.heading, one.name, one.seen.precision, one.seen.low, one.seen.high) for one in with_links]
    said = lowest_said(rows)
    return dots_picture(dots, f"Precision of links, group by group. {said}"), said


def lowest_said(rows: Sequence[GroupRow]) -> str:
    """Say of which group least is certain; nothing where no group has a link."""
    with_links = [one for one in rows if one.seen.links]
    if not with_links:
        return ""
    lowest = min(with_links, key=lambda one: (one.seen.low, one.name))
    seen = lowest.seen
    return (
        f"The interval that reaches lowest is that of “{lowest.name}”: {_percent(seen.precision)} of "
        f"{seen.links:,} links are expected to be right, {_percent(seen.low)} at its lower end."
    )


def shares_picture(shares: Sequence[GroupShare]) -> tuple[Markup, str] | None:
    """Draw of which groups both sides hold how many children, and say where it is least."""
    dots = [
        Dot(one.kind[:1].upper() + one.kind[1:], one.name, one.share, one.low, one.high)
        for one in shares
        if one.share is not None and one.low is not None and one.high is not None
    ]
    if not dots:
        return None
    least = min(dots, key=lambda one: (one.value, one.name))
    said = f"It is least for {least.heading.lower()} “{least.name}”, with {_percent(least.value)}."
    return dots_picture(dots, f"Children whom both councils and police hold. {said}"), said


def shown_scores(found: LinkFigures) -> ScoresShown:
    """Return the scores of a linkage for people."""
    said = scores_said(found)
    return ScoresShown(scores_picture(found.scores, said), said, _classes(found))


def scores_said(found: LinkFigures) -> str:
    """Say how many pairs are what, and from where on."""
    one = found.scores
    linked, possible, apart = (sum(counts) for counts in (one.linked, one.possible, one.apart))
    said = f"{linked:,} pairs are links, {possible:,} possible links, {apart:,} non-links."
    if one.low == one.high:
        return f"{said} The threshold lies at log odds of {signed(one.low)}: nobody is asked to review."
    bounds = f"a possible link from log odds of {signed(one.low)} on, and a link from {signed(one.high)} on"
    return f"{said} A pair is {bounds}."


def _classes(found: LinkFigures) -> list[tuple[str, int, int, int]]:
    """Return each class of log odds that holds a pair, in words, with its counts."""
    one, rows = found.scores, []
    for place, counts in enumerate(zip(one.apart, one.possible, one.linked, strict=True)):
        low = FIRST + place * WIDTH
        words = f"{signed(low, 0)} to {signed(low + WIDTH, 0)}"
        if place == 0:
            words = f"below {signed(low + WIDTH, 0)}"
        elif place == BINS - 1:
            words = f"{signed(low, 0)} and more"
        if any(counts):
            rows.append((words, *counts))
    return rows


def shown_spreads(spreads: Sequence[ViewSpread], profile_digest: str) -> list[SpreadShown]:
    """Return how each view of the profile with a digest is spread, for people."""
    profile = next((one for one in shipped_profiles().values() if one.digest == profile_digest), None)
    salts = {} if profile is None else {one.name: one.salt for one in profile.views}
    return [_spread(one, view_title(salts.get(one.view, ()))) for one in spreads]


def _spread(one: ViewSpread, title: str) -> SpreadShown:
    matches, strangers = one.matches, one.strangers
    speaks = [_percent(1 - one.silent) for one in (matches, strangers)]
    said = f"It speaks in {speaks[0]} of matches and in {speaks[1]} of strangers."
    classes = [("silent", matches.silent, strangers.silent)]
    for place, shares in enumerate(zip(matches.shares, strangers.shares, strict=True)):
        if any(shares):
            low, high = (number / len(matches.shares) for number in (place, place + 1))
            classes.append((f"{low:.2f} to {high:.2f}", *shares))
    return SpreadShown(title, spread_picture(one, f"{title}. {said}"), said, classes)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}\u00a0%"
