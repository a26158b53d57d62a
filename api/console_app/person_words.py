"""What a person's page says: why its records are one, and when its episodes were."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from msgspec import json

from api.console_app.person_pictures import timeline_picture
from api.console_app.review_pictures import records_graph
from api.console_app.review_words import ViewShown, steps_of, summary_of, views_shown, waterfall
from api.overview.people import DecisionView, MemberView
from api.store.person_evidence import PersonEvidence, SeenPair
from api.store.review_evidence import Evidence, SeenEdge
from linkage.register.timelines import MonthSpan, Timeline

__all__ = [
    "METHOD_WORDS",
    "EpisodeRow",
    "LinkShown",
    "TimelineShown",
    "TogetherShown",
    "link_shown",
    "month_words",
    "timeline_shown",
    "together_shown",
]

METHOD_WORDS = {
    "decoys": "weighed against made-up pairs of strangers",
    "valley": "weighed where few pairs lie between matches and strangers",
    "surroundings": "weighed by the pairs around it",
    "experience": "weighed by what is known of such pairs",
    "vectors": "weighed by what all views say together",
    "thresholds": "weighed by the profile’s thresholds",
}


@dataclass(frozen=True, slots=True)
class LinkShown:
    """Why two records are one person.  ``number``: from 1; ``places``: of the two among the members."""

    number: int
    places: tuple[int, int]
    summary: str
    decided: str
    decision: DecisionView | None
    views: list[ViewShown]
    weights: list[tuple[str, float]]
    weights_picture: Markup
    method: str
    seen: Evidence


@dataclass(frozen=True, slots=True)
class TogetherShown:
    """The records as a graph; ``said`` tells it in words; ``edges``: by places of members."""

    graph: Markup | None
    said: str
    edges: list[SeenEdge]
    left_out: int


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """One episode: the member by place, and what is known of its time."""

    place: int
    first: str
    last: str
    open: bool
    told: int


@dataclass(frozen=True, slots=True)
class TimelineShown:
    """A person's episodes: a picture, its words, its rows."""

    picture: Markup | None
    said: str
    rows: list[EpisodeRow]


def together_shown(found: PersonEvidence, members: Sequence[MemberView]) -> TogetherShown:
    """Return how a person's records hang together."""
    edges = [
        SeenEdge(
            left=found.places[one.left],
            right=found.places[one.right],
            log_odds=one.log_odds,
            linked=one.linked,
            weakest=one.weakest,
        )
        for one in found.edges
    ]
    weakest = sum(one.weakest for one in edges)
    said = (
        f"{len(found.places)} records were compared. Pairs found alike or holding the person together: "
        f"{len(edges)}; marked as the weakest of those that hold it: {weakest}."
    )
    names = [str(place + 1) for place in found.places]
    graph = records_graph(found.agencies, names, found.edges, said) if len(found.places) > 1 else None
    return TogetherShown(graph, said, edges, len(members) - len(found.places))


def link_shown(
    found: PersonEvidence,
    number: int,
    members: Sequence[MemberView],
    decisions: Sequence[DecisionView],
    *,
    pictures: bool,
) -> LinkShown:
    """Return one of the pairs that hold a person together; ``pictures``: with those of every view."""
    pair: SeenPair = found.pairs[number - 1]
    places = found.places[pair.left], found.places[pair.right]
    one, other = members[places[0]], members[places[1]]
    seen = pair.evidence
    views = views_shown(seen, found.spreads if pictures else ())
    steps = steps_of(seen, views)
    ends = {(one.agency, one.handle), (other.agency, other.handle)}
    decision = next((each for each in decisions if {each.link.left, each.link.right} == ends), None)
    later = max(one, other, key=lambda each: each.since_run)
    return LinkShown(
        number=number,
        places=places,
        summary=summary_of(seen, views, state="are one person now"),
        decided=f"linkage number {later.since_run}, on {_day(later.since)}",
        decision=decision,
        views=views,
        weights=steps,
        weights_picture=waterfall(seen, steps),
        method=METHOD_WORDS.get(seen.method, seen.method),
        seen=seen,
    )


def _day(stamped: str) -> str:
    return f"{dt.datetime.fromisoformat(stamped):%-d %B %Y}"


def timeline_shown(text: str, members: Sequence[MemberView], names: Mapping[str, str]) -> TimelineShown:
    """Return a person's episodes by record."""
    found = json.decode(text, type=Timeline)
    episodes = [one for one in found.episodes if one.record < len(members)]
    rows = [EpisodeRow(one.record, one.first, one.last, one.open, one.told) for one in episodes]
    labels = [
        (place, f"{place + 1}  {_short(names.get(one.agency, one.agency))}")
        for place, one in enumerate(members)
    ]
    said = _timeline_words(episodes, members, names)
    return TimelineShown(timeline_picture(labels, episodes, said), said, rows)


def _short(name: str) -> str:
    return name if len(name) <= 26 else name[:25] + "…"


def _timeline_words(
    episodes: Sequence[MonthSpan], members: Sequence[MemberView], names: Mapping[str, str]
) -> str:
    if not episodes:
        return "None of these records has an episode that counts."
    first, last = min(one.first for one in episodes), max(one.last for one in episodes)
    by_agency: dict[str, int] = {}
    for one in episodes:
        agency = members[one.record].agency
        by_agency[agency] = by_agency.get(agency, 0) + 1
    counted = ", ".join(f"{names.get(code, code)} {count}" for code, count in by_agency.items())
    alone = sum(not one.told for one in episodes)
    still = sum(one.open for one in episodes)
    when = (
        f"in {month_words(first)}" if first == last else f"from {month_words(first)} to {month_words(last)}"
    )
    return (
        f"{len(episodes)} {'episode' if len(episodes) == 1 else 'episodes'} {when}: {counted}. "
        f"Told by another agency too: {len(episodes) - alone}; by one agency alone: {alone}; "
        f"still open: {still}."
    )


def month_words(month: str) -> str:
    """Return a month as people write it."""
    return f"{dt.date(int(month[:4]), int(month[5:7]), 1):%B %Y}"
