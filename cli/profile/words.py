"""An encoding profile in plain words: what it encodes, how, why, and what it costs."""

from collections.abc import Iterable, Iterator
from textwrap import wrap

from msgspec import UNSET

from cli.profile.cautions import cautions
from cli.profile.constructs import constructs
from cli.profile.disagreements import Survival, survival
from cli.profile.example import filling
from cli.profile.lights import lights_words
from cli.profile.vocabulary import COMPONENT_WORDS, FIELD_WORDS, NEVER_LEAVES, feature_words
from linkage.encode.tokens import fields_of
from linkage.measured import measured
from linkage.profile import EncodingProfile, Feature, View
from linkage.weak_profiles import labelled_name
from linkage.wire.encodings import EXACT_BYTES

__all__ = ["explained", "listed", "salt_words"]

_WIDTH = 100


def explained(profile: EncodingProfile) -> Iterator[str]:
    """Say everything there is to say about a profile."""
    survivals = survival(profile)
    yield f"Encoding profile {labelled_name(profile)}"
    yield f"  digest  {profile.digest}"
    yield from _encoded_words(profile)
    yield from _view_words(profile, survivals)
    yield from _row_words(profile)
    yield from _survival_words(profile, survivals)
    yield from _title("What never leaves the agency")
    yield from _bullets(NEVER_LEAVES)
    yield from _title("Why it is made so")
    yield from _bullets(f"{one.words} ({one.source})" for one in constructs(profile))
    yield from _cost_words(profile)
    yield from _title("Audit lights")
    yield from lights_words(measured(profile))
    found = cautions(profile)
    if found:
        yield from _title("What to think about before using it")
        yield from _bullets(f"{one}; {one.mend}" for one in found)


def listed(words: Iterable[str]) -> str:
    """Join words as a sentence lists them."""
    *front, last = words
    return f"{', '.join(front)} and {last}" if front else last


def salt_words(view: View) -> str:
    """Say what salts a view."""
    return listed(COMPONENT_WORDS[part] for part in view.salt) if view.salt else "nothing"


def _title(text: str) -> Iterator[str]:
    yield ""
    yield text


def _bullets(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from wrap(text, _WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _encoded_words(profile: EncodingProfile) -> Iterator[str]:
    used = fields_of(profile)
    yield from _title("What is encoded")
    yield from _bullets(
        f"{words}: {_uses(profile, field)}" for field, words in FIELD_WORDS.items() if field in used
    )
    unused = [words for field, words in FIELD_WORDS.items() if field not in used]
    if unused:
        yield from _bullets([f"not used: {listed(unused)}"])


def _uses(profile: EncodingProfile, field: str) -> str:
    cuts = dict.fromkeys(
        feature_words(feature)
        for view in profile.views
        for feature in view.features
        if feature.field == field
    )
    whole = ["a keyed token of the whole number"] if field in profile.exact else []
    return "; ".join([*cuts, *whole]) or "only in salts"


def _view_words(profile: EncodingProfile, survivals: tuple[Survival, ...]) -> Iterator[str]:
    yield from _title(f"How: {_views(len(profile.views))}")
    for number, view in enumerate(profile.views):
        tiers = "uncertain dates of birth too" if "uncertain" in view.tiers else "certain dates of birth only"
        yield f"  {view.name}"
        yield from _labelled("salted by", salt_words(view))
        yield from _labelled("holds", _held(view))
        yield from _labelled("bits", _positions_words(view))
        yield from _labelled("carried by", f"records with {tiers}")
        yield from _labelled("diffusion", _diffusion_words(profile.diffusions[number]))
        kept = [one.disagreement.words for one in survivals if one.views[number].outcome == "agrees"]
        lost = [one.disagreement.words for one in survivals if one.views[number].outcome != "agrees"]
        yield from _labelled("survives", "; ".join(kept) or "nothing of what is tried here")
        yield from _labelled("falls to", "; ".join(lost) or "nothing of what is tried here")


def _row_words(profile: EncodingProfile) -> Iterator[str]:
    if profile.exact or profile.rows > 1:
        yield from _title("Besides the views")
    if profile.exact:
        numbers = listed(FIELD_WORDS[kind] for kind in profile.exact)
        words = (
            f"every row carries a token of 16 bytes of the {numbers}, where there is one with a right check: "
        )
        yield from _bullets([words + "equal numbers have equal tokens, whatever else the records say"])
    if profile.rows > 1:
        words = f"every record has at least {profile.rows} rows: one with fewer names is filled up with rows "
        words += (
            "that look like other names of the same child, so that their number does not tell who has one"
        )
        yield from _bullets([words])


def _views(count: int) -> str:
    return "1 view" if count == 1 else f"{count} views"


def _labelled(label: str, text: str) -> list[str]:
    return wrap(text, _WIDTH, initial_indent=f"    {label:<11}", subsequent_indent=" " * 15)


def _held(view: View) -> str:
    """Say which fields a view holds, with the bits of each token; fields under a shared label say so."""
    return "; ".join(f"{listed(fields)} ({cut})" for cut, fields in _grouped(view.features).items())


def _grouped(features: Iterable[Feature]) -> dict[str, list[str]]:
    features = list(features)
    grouped: dict[str, list[str]] = {}
    for feature in features:
        sharing = {one.field for one in features if one.label == feature.label} - {feature.field}
        shared = ", under one label" if sharing else ""
        cut = f"{feature_words(feature)}, {feature.k} each{shared}"
        grouped.setdefault(cut, []).append(FIELD_WORDS[feature.field])
    return grouped


def _positions_words(view: View) -> str:
    if view.positions is UNSET:
        return "every token sets as many as it says here; long names set more than short ones"
    return f"{view.positions:,} positions, which the tokens of a row share out as their numbers here stand"


def _diffusion_words(diffusion: int) -> str:
    return "none" if diffusion == 1 else f"every bit is the XOR of {diffusion} that the key chooses"


def _survival_words(profile: EncodingProfile, survivals: tuple[Survival, ...]) -> Iterator[str]:
    yield from _title("What two agencies may disagree in, and how many views still agree")
    for one in survivals:
        names = [
            view.name
            for view, found in zip(profile.views, one.views, strict=True)
            if found.outcome == "agrees"
        ]
        counted = f"{len(names)} of {len(profile.views)}"
        yield f"  {one.disagreement.words:<42} {counted}: {', '.join(names) or 'none'}"
    yield from wrap(
        "Worked out for one made-up child with everything else equal: a view agrees where both rows have it, "
        "under one salt, and share enough tokens to rise above noise.",
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
    )


def _cost_words(profile: EncodingProfile) -> Iterator[str]:
    views, width = len(profile.views), profile.view_bytes
    yield from _title("What it costs")
    size = f"{views * width + EXACT_BYTES * len(profile.exact):,} bytes"
    exact = f" and {len(profile.exact)} exact tokens" if profile.exact else ""
    yield f"  {size} for each of a record's names: {_views(views)} of {profile.length:,} bits{exact}"
    if profile.rows > 1:
        yield f"  at least {profile.rows} rows for each record"
    yield f"  {views * profile.length // 64:,} words of 64 bits to compare a pair of records"
    yield f"  {'view':<12} {'tokens':>6} {'bits set before diffusion':>26} {'and after':>10}   typical child"
    for number, view in enumerate(profile.views):
        found = filling(profile, number)
        yield f"  {view.name:<12} {found.tokens:>6} {found.before:>26.1%} {found.after:>10.1%}"
