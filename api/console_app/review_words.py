"""What a pair under review is, in a reviewer's words: what the pictures show, for those who read instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from msgspec import json, structs

from api.console_app.review_pictures import persons_graph, view_picture, weights_picture
from api.console_app.showing import signed
from api.store.review import ReviewPair
from api.store.review_evidence import Evidence, SeenEdge, SeenView, ViewSpread
from linkage.register.overlap import OverlapShape

__all__ = [
    "REASON_WORDS",
    "VERDICT_WORDS",
    "PairShown",
    "ViewShown",
    "shown",
    "steps_of",
    "summary_of",
    "view_title",
    "views_shown",
    "waterfall",
]

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


_SEEN = 0.05
"""A weight below is written as 0.0."""

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
    short: list[tuple[str, str]]
    views: list[ViewShown]
    weights: list[tuple[str, float]]
    weights_picture: Markup
    graph: Markup
    graph_said: str
    shape: OverlapShape | None
    seen: Evidence


def shown(pair: ReviewPair, seen: Evidence, spreads: Sequence[ViewSpread]) -> PairShown:
    """Return what the page of a pair shows."""
    seen = structs.replace(seen, edges=_marked(seen))
    views = views_shown(seen, spreads)
    steps = steps_of(seen, views)
    shape = None if pair.shape is None else json.decode(pair.shape, type=OverlapShape)
    said = _around(seen)
    return PairShown(
        agencies=(pair.left[0], pair.right[0]),
        reasons=[REASON_WORDS.get(one, one) for one in seen.reasons],
        short=_in_short(seen, views, shape),
        views=views,
        weights=steps,
        weights_picture=waterfall(seen, steps),
        graph=persons_graph(seen, said),
        graph_said=said,
        shape=shape,
        seen=seen,
    )


def _marked(seen: Evidence) -> tuple[SeenEdge, ...]:
    """Return the pairs around; where all of a person's are marked as its weakest, none is."""
    persons = [seen.records[one.left].person for one in seen.edges]
    told = {person for one, person in zip(seen.edges, persons, strict=True) if one.linked and not one.weakest}
    return tuple(
        structs.replace(one, weakest=one.weakest and person in told)
        for one, person in zip(seen.edges, persons, strict=True)
    )


def views_shown(seen: Evidence, spreads: Sequence[ViewSpread]) -> list[ViewShown]:
    """Return every view of a pair: its name, words, picture and figures."""
    by_view = {one.view: one for one in spreads}
    return [_view(one, by_view) for one in seen.views]


def steps_of(seen: Evidence, views: Sequence[ViewShown]) -> list[tuple[str, float]]:
    """Return the weights of evidence by name, which sum to the log odds."""
    steps = [("Share of matches", seen.start), *((one.title, one.seen.weight) for one in views)]
    rest = (("Numbers", seen.numbers), ("Other pairs", seen.others))
    return [*steps, *((name, part) for name, part in rest if part)]


def waterfall(seen: Evidence, steps: Sequence[tuple[str, float]]) -> Markup:
    """Draw the weights of evidence."""
    return weights_picture(steps, f"Weights of evidence, which sum to log odds of {signed(seen.log_odds)}.")


def _view(one: SeenView, spreads: Mapping[str, ViewSpread]) -> ViewShown:
    title = view_title(one.rests_on)
    said = _view_words(one)
    spread = spreads.get(one.view)
    picture = None if spread is None else view_picture(one, spread, f"{title}: {said}")
    return ViewShown(title, said, picture, one)


def view_title(rests_on: Sequence[str]) -> str:
    """Name a view for what two records must share for it to speak."""
    birth = ", ".join(_BIRTH[one] for one in rests_on if one in _BIRTH)
    parts = [f"{birth} of birth"] if birth else []
    parts += [_PARTS.get(one, one) for one in rests_on if one not in _BIRTH]
    words = ", ".join(parts) or "whole record"
    return words[0].upper() + words[1:]


def _view_words(one: SeenView) -> str:
    if one.state == "missing":
        said = "missing in one of the records, so nothing is compared."
        if abs(one.weight) < _SEEN:
            return said
        # A weight tells how a pair differs from others (linkage.match.explanation_shares).
        side, does = ("against", "is spared") if one.weight > 0 else ("for", "lacks")
        return f"{said} On the whole it speaks {side} a link in other pairs; this one {does} that."
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


def summary_of(seen: Evidence, views: Sequence[ViewShown], *, state: str) -> str:
    """Say in short what speaks for a link and what against; ``state``: how the two stand now."""
    speaking = [one for one in views if one.seen.state == "speaks"]
    said = f"{len(speaking)} of {len(views)} views speak. "
    strongest = max(views, key=lambda one: one.seen.weight, default=None)
    weakest = min(views, key=lambda one: one.seen.weight, default=None)
    if strongest is not None and strongest.seen.weight > 0:
        said += f"Most for a link: {_lower(strongest.title)} ({signed(strongest.seen.weight)}). "
    if weakest is not None and weakest.seen.weight < 0:
        said += f"Most against: {_lower(weakest.title)} ({signed(weakest.seen.weight)}). "
    return f"{said}The evidence makes it {_likely(seen.probability)} likely; the two {state}."


def _likely(probability: float) -> str:
    """Say how likely something is; nothing that weights say is certain."""
    if probability > 0.99:
        return "more than 99%"
    return "less than 1%" if probability < 0.01 else _percent(probability)


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _around(seen: Evidence) -> str:
    links = sum(one.linked for one in seen.edges)
    weakest = sum(one.weakest for one in seen.edges)
    persons = "1 person" if len({one.person for one in seen.records}) == 1 else "2 persons"
    return (
        f"{len(seen.records)} records of {persons}. Pairs found alike: {len(seen.edges)}; within a person: "
        f"{links}" + (f"; marked as the weakest of those: {weakest}." if weakest else ".")
    )


def _in_short(
    seen: Evidence, views: Sequence[ViewShown], shape: OverlapShape | None
) -> list[tuple[str, str]]:
    """Return what a practised reviewer decides most pairs by: few words, each always in its place."""
    by_weight = sorted(views, key=lambda one: one.seen.weight)
    state = "one person" if seen.linked else "two persons"
    said = [("One child", f"{_likely(seen.probability)} likely; {state} now")]
    if by_weight and by_weight[-1].seen.weight > 0:
        said.append(("Most for it", _weighed(by_weight[-1])))
    if by_weight and by_weight[0].seen.weight < 0:
        said.append(("Most against", _weighed(by_weight[0])))
    silent = sum(one.seen.state != "speaks" for one in views)
    said.append(("Views", f"{len(views) - silent} of {len(views)} speak"))
    return [*said, ("Episodes", _shape_words(shape))]


def _weighed(view: ViewShown) -> str:
    return f"{_lower(view.title)} ({signed(view.seen.weight)})"


def _shape_words(shape: OverlapShape | None) -> str:
    if shape is None:
        return "not compared yet"
    left, right = shape.episodes
    if not left or not right:
        return f"A has {left or 'none'}, B has {right or 'none'}"
    apart = f"; the nearest {shape.apart_days} days apart" if shape.apart_days else ""
    return f"{shape.matched[0]} of A’s {left} and {shape.matched[1]} of B’s {right} are the same{apart}"
