"""What a pair under review is, in a reviewer's words: what the pictures show, for those who read instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from msgspec import json

from api.console_app.review_pictures import persons_graph, view_picture, weights_picture
from api.store.review import ReviewPair
from api.store.review_evidence import Evidence, SeenView, ViewSpread
from linkage.register.overlap import OverlapShape

__all__ = ["REASON_WORDS", "VERDICT_WORDS", "PairShown", "ViewShown", "shown"]

VERDICT_WORDS = {"link": "Link", "not-a-link": "Not a link", "cannot-tell": "Cannot tell"}

REASON_WORDS = {
    "UNCERTAIN": "its own evidence is between the bounds",
    "RIVAL": "another record fits one of the two nearly as well",
    "NARROW": "it holds together two parts of a person that were joined only just",
    "REFUSED": "only an agency’s declaration, that it holds no child twice, keeps the two apart",
    "OVERRULED": "its own evidence says link, and that of the pairs around it said no",
    "UNSUPPORTED": "its own evidence says not a link, and other records joined the two",
}

_PARTS = {
    "forename-initial": "first letter of the forename",
    "surname-initial": "first letter of the surname",
    "initials": "initials",
    "forename-phonetic": "sound of the forename",
    "surname-phonetic": "sound of the surname",
    "names-phonetic": "sound of both names",
    "postcode": "postcode",
    "sex": "sex",
    "dwelling": "dwelling",
}


_BIRTH = {"year": "year", "month": "month", "day": "day", "month-day": "day and month"}


@dataclass(frozen=True, slots=True)
class ViewShown:
    """One view: its name in words, what it says in words, its picture, its figures."""

    title: str
    said: str
    picture: Markup | None
    seen: SeenView


@dataclass(frozen=True, slots=True)
class PairShown:
    """A pair as its page shows it."""

    agencies: tuple[str, str]
    reasons: list[str]
    summary: str
    views: list[ViewShown]
    weights: list[tuple[str, float]]
    weights_picture: Markup
    graph: Markup
    graph_said: str
    shape: OverlapShape | None
    shape_said: str
    seen: Evidence


def shown(pair: ReviewPair, seen: Evidence, spreads: Sequence[ViewSpread]) -> PairShown:
    """Return what the page of a pair shows."""
    by_view = {one.view: one for one in spreads}
    views = [_view(one, by_view) for one in seen.views]
    steps = [("Share of matches", seen.start), *((one.title, one.seen.weight) for one in views)]
    steps += [
        (name, part) for name, part in (("Numbers", seen.numbers), ("Other pairs", seen.others)) if part
    ]
    shape = None if pair.shape is None else json.decode(pair.shape, type=OverlapShape)
    said = _around(seen)
    return PairShown(
        agencies=(pair.left[0], pair.right[0]),
        reasons=[REASON_WORDS.get(one, one) for one in seen.reasons],
        summary=_summary(seen, views),
        views=views,
        weights=steps,
        weights_picture=weights_picture(
            steps, f"Weights of evidence, which sum to log odds of {seen.log_odds:+.1f}."
        ),
        graph=persons_graph(seen, said),
        graph_said=said,
        shape=shape,
        shape_said=_shape_words(shape),
        seen=seen,
    )


def _view(one: SeenView, spreads: Mapping[str, ViewSpread]) -> ViewShown:
    title = _title(one.rests_on)
    said = _view_words(one)
    spread = spreads.get(one.view)
    picture = None if spread is None else view_picture(one, spread, f"{title}: {said}")
    return ViewShown(title, said, picture, one)


def _title(rests_on: Sequence[str]) -> str:
    birth = ", ".join(_BIRTH[one] for one in rests_on if one in _BIRTH)
    parts = [f"{birth} of birth"] if birth else []
    parts += [_PARTS.get(one, one) for one in rests_on if one not in _BIRTH]
    words = ", ".join(parts) or "whole record"
    return words[0].upper() + words[1:]


def _view_words(one: SeenView) -> str:
    if one.state == "missing":
        return "missing in one of the records; it says nothing."
    if one.state == "silent":
        return f"silent: no more alike than chance, as in {_percent(1 - one.matches.speaks)} of matches."
    said = f"similarity {one.similarity:.2f}; "
    parts = [
        f"more than {_percent(below)} of {kind}"
        for kind, below in (("matches", one.matches.below), ("strangers", one.strangers.below))
        if below is not None
    ]
    return said + " and ".join(parts) + "."


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _summary(seen: Evidence, views: Sequence[ViewShown]) -> str:
    speaking = [one for one in views if one.seen.state == "speaks"]
    said = f"{len(speaking)} of {len(views)} views speak. "
    strongest = max(views, key=lambda one: one.seen.weight, default=None)
    weakest = min(views, key=lambda one: one.seen.weight, default=None)
    if strongest is not None and strongest.seen.weight > 0:
        said += f"Most for a link: {_lower(strongest.title)} ({strongest.seen.weight:+.1f}). "
    if weakest is not None and weakest.seen.weight < 0:
        said += f"Most against: {_lower(weakest.title)} ({weakest.seen.weight:+.1f}). "
    state = "are one person now" if seen.linked else "are two persons now"
    return f"{said}The evidence makes it {_percent(seen.probability)} likely; the two {state}."


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _around(seen: Evidence) -> str:
    links = sum(one.linked for one in seen.edges)
    weakest = sum(one.weakest for one in seen.edges)
    persons = "1 person" if len({one.person for one in seen.records}) == 1 else "2 persons"
    return (
        f"{len(seen.records)} records of {persons}. Pairs found alike: {len(seen.edges)}; within a person: "
        f"{links}; marked as the weakest of those: {weakest}."
    )


def _shape_words(shape: OverlapShape | None) -> str:
    if shape is None:
        return "The episodes have not been compared yet."
    left, right = shape.episodes
    if not left or not right:
        return f"A has {_count(left)}, B has {_count(right)}: there is nothing to compare."
    apart = f"The nearest are {shape.apart_days} days apart" if shape.apart_days else "They touch or overlap"
    return (
        f"A has {_count(left)}, {shape.matched[0]} of which B tells of too; B has {_count(right)}, "
        f"{shape.matched[1]} of which A tells of too. Days missing: {shape.days[0]} and {shape.days[1]}, "
        f"{shape.common_days} of them the same. {apart}."
    )


def _count(episodes: int) -> str:
    return "no episode" if not episodes else "1 episode" if episodes == 1 else f"{episodes} episodes"
