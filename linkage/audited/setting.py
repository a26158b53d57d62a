"""Of whom an audit was, what it left out, and how large it was: in words that follow from its sizes alone."""

from collections.abc import Iterator, Sequence
from typing import Final

from linkage.audited.measures import KNOWN, LANDMARKS, MEASURES, Measure
from linkage.audited.report import Side, Sizes

__all__ = [
    "FEW",
    "GENERAL",
    "ONE_VIEW",
    "OWN_LIST",
    "SETTINGS",
    "WITHOUT_ROWS",
    "attacked",
    "left_out_words",
    "measured_sides",
    "reduced",
    "reduced_words",
    "setting_words",
]

ONE_VIEW: Final = "views of one child: the profile has one view"
WITHOUT_ROWS: Final = "other names: a CLK has no rows for them"
OWN_LIST: Final = "clear fields: a list of one's own has none; batches: of made-up agencies, not of the list"
GENERAL: Final = "clear fields: general data has none here"

SETTINGS: Final[dict[Side, str]] = {
    "none": "encodings alone",
    "payload": "with age band, sex, ethnic group and responsible council",
    "appeal": "with these and the day of the first episode",
}
"""What else the attacker sees, as findings say it."""

_USUAL: Final = Sizes()
FEW: Final = (
    "among fewer people the surest guesses are oftener right, and chance speaks louder, so that a light here "
    "may be another than among so many"
)
_SIDED: Final = frozenset({"known-pairs", "landmarks", "graph"})


def attacked(sizes: Sizes, own_people: int | None) -> int:
    """Return how many people are attacked; ``own_people``: how many a list of one's own holds."""
    return sizes.people if own_people is None else min(sizes.people, own_people)


def setting_words(sizes: Sizes, own_people: int | None) -> str:
    """Say whom the encodings are of, and what the attacker knows of them."""
    whose = "made-up people" if own_people is None else "people of your own list"
    return (
        f"{attacked(sizes, own_people):,} {whose}, whom the attacker lists with every attribute, without "
        f"errors; graphs of {sizes.graph:,} people, {sizes.dense:,} of one day; keys thrown away"
    )


def reduced(sizes: Sizes, own_people: int | None) -> bool:
    """Say whether an audit is smaller than the limits of lights were made for."""
    return (
        attacked(sizes, own_people) < _USUAL.people
        or sizes.graph < _USUAL.graph
        or sizes.dense < _USUAL.dense
        or sizes.children < _USUAL.children
    )


def reduced_words(sizes: Sizes, own_people: int | None) -> str:
    """Say of an audit that is reduced what its limits were made for; nothing of another."""
    if not reduced(sizes, own_people):
        return ""
    return (
        f"a reduced audit: limits were made for {_USUAL.people:,} people, graphs of {_USUAL.graph:,} and "
        f"{_USUAL.dense:,} of one day, and this one has {attacked(sizes, own_people):,}, {sizes.graph:,} and "
        f"{sizes.dense:,}; {FEW}"
    )


def left_out_words(sizes: Sizes, own_people: int | None, others: Sequence[str]) -> tuple[str, ...]:
    """Say what could not be run: what needs more people, and of the ``others`` those that hold."""
    return (*_too_few(attacked(sizes, own_people)), *others)


def _too_few(people: int) -> Iterator[str]:
    for count in KNOWN:
        if 2 * count > people:
            yield f"{count:,} known pairs: they need {2 * count:,} people, {people:,} are attacked"
    for count in LANDMARKS:
        if 2 * count > people:
            yield (
                f"{count:,} landmarks, and membership with {count:,} known pairs: they need {2 * count:,} "
                f"people, {people:,} are attacked"
            )


def measured_sides(people: int, left_out: Sequence[str]) -> dict[str, tuple[Side, ...]]:
    """Return every measure that an audit of so many people has, with what the attacker sees in turn."""
    clear = not {OWN_LIST, GENERAL} & set(left_out)
    found = {measure.name: _sides(measure, clear=clear) for measure in MEASURES.values()}
    absent = {
        "cross-view": ONE_VIEW in left_out,
        "cross-variant": WITHOUT_ROWS in left_out,
        "membership-right-key": 2 * LANDMARKS[0] > people,
    }
    return {
        name: sides
        for name, sides in found.items()
        if sides and not absent.get(name) and 2 * _needed(MEASURES[name]) <= people
    }


def _sides(measure: Measure, *, clear: bool) -> tuple[Side, ...]:
    if measure.name.startswith("payload-dates"):
        return ("appeal",) if clear else ()
    if measure.attack == "payload":
        return ("payload", "appeal") if clear else ()
    sided = measure.attack in _SIDED or measure.name == "dictionary-wrong-key"
    sided = sided or (measure.attack == "membership" and measure.name != "membership-right-key")
    return ("none", "payload", "appeal") if sided and clear else ("none",)


def _needed(measure: Measure) -> int:
    """Return how many known pairs or landmarks a measure speaks of."""
    if measure.attack not in {"known-pairs", "landmarks", "membership"}:
        return 0
    last = measure.name.rpartition("-")[2]
    return int(last) if last.isdigit() else 0
