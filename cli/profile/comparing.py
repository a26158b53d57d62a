"""Two profiles side by side: what differs in words, and what each costs."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET
from rich.table import Table

from cli.profile.disagreements import DISAGREEMENTS, survival
from cli.profile.example import filling
from cli.profile.lights import figure_words, lights_summary
from cli.profile.vocabulary import FIELD_WORDS, feature_words
from cli.profile.words import listed, salt_words
from linkage.encode.tokens import fields_of
from linkage.measured import METRICS, measured
from linkage.profile import EncodingProfile, Feature, View
from linkage.weak_profiles import labelled_name

__all__ = ["differences", "side_by_side"]


_LABELS: Final = (
    "views",
    "bytes a record",
    "words compared a pair",
    "tokens a view",
    "bits set before diffusion",
    "bits set after diffusion",
)


def differences(one: EncodingProfile, other: EncodingProfile) -> list[str]:
    """Say in words in what two profiles differ, the second against the first."""
    if one.digest == other.digest:
        same = "they encode alike, bit for bit"
        return [same] if one.decision == other.decision else [f"{same}; only their decision settings differ"]
    return [*_of_whole(one, other), *_of_views(one, other)] or ["only the name, which changes every bit"]


def _of_whole(one: EncodingProfile, other: EncodingProfile) -> Iterator[str]:
    if one.weak != other.weak:
        yield f"{other.name if other.weak else one.name} is weak, the other is not"
    if one.length != other.length:
        yield f"views have {one.length:,} bits, then {other.length:,}"
    if one.diffusion != other.diffusion:
        yield f"each bit is the XOR of {one.diffusion}, then of {other.diffusion}"
    if one.rows != other.rows:
        yield f"records have at least {one.rows} rows, then {other.rows}"
    if one.exact != other.exact:
        before_and_after = (listed([FIELD_WORDS[kind] for kind in p.exact] or ["none"]) for p in (one, other))
        yield f"exact tokens: {', then '.join(before_and_after)}"
    before, after = fields_of(one), fields_of(other)
    added = [words for field, words in FIELD_WORDS.items() if field in after - before]
    gone = [words for field, words in FIELD_WORDS.items() if field in before - after]
    if added:
        yield f"comes in: {listed(added)}"
    if gone:
        yield f"is left out: {listed(gone)}"


def _of_views(one: EncodingProfile, other: EncodingProfile) -> Iterator[str]:
    before, after = ({view.name: view for view in profile.views} for profile in (one, other))
    for name in (name for name in before if name not in after):
        yield f"view {name} is left out: salted by {salt_words(before[name])}"
    for name in (name for name in after if name not in before):
        yield f"view {name} comes in: salted by {salt_words(after[name])}"
    for name in (name for name in before if name in after):
        yield from (f"view {name}: {words}" for words in _of_view(before[name], after[name]))
    common = [name for name in before if name in after]
    if common != [name for name in after if name in before]:
        yield "views stand in another order"


def _of_view(one: View, other: View) -> Iterator[str]:
    if one.salt != other.salt:
        yield f"salted by {salt_words(one)}, then by {salt_words(other)}"
    if one.tiers != other.tiers:
        yield f"carried by the tier {listed(one.tiers)}, then {listed(other.tiers)}"
    if one.diffusion != other.diffusion:
        yield f"diffusion {one.diffusion or 'as the profile'}, then {other.diffusion or 'as the profile'}"
    if one.positions != other.positions:
        yield f"{_positions(one)}, then {_positions(other)}"
    before, after = _features(one), _features(other)
    for key in (*before, *(key for key in after if key not in before)):
        if before.get(key) != after.get(key):
            yield f"{key}: {_change(before.get(key), after.get(key))}"
    if list(before) != list(after) and set(before) == set(after):
        yield "tokens stand in another order"


def _positions(view: View) -> str:
    return (
        "every token has its own bits"
        if view.positions is UNSET
        else f"tokens share {view.positions:,} positions"
    )


def _features(view: View) -> dict[str, int]:
    found: dict[str, int] = {}
    for feature in view.features:
        key = _key(feature)
        found[key] = max(feature.k, found.get(key, 0))
    return found


def _key(feature: Feature) -> str:
    return f"{FIELD_WORDS[feature.field]}, {feature_words(feature)}, label {feature.label}"


def _change(before: int | None, after: int | None) -> str:
    if before is None:
        return f"comes in with {after} bits a token"
    return "is left out" if after is None else f"{before} bits a token, then {after}"


def side_by_side(one: EncodingProfile, other: EncodingProfile) -> Table:
    """Return costs, survival and lights of two profiles in one table."""
    table = Table("", labelled_name(one), labelled_name(other), title="Side by side", title_justify="left")
    for label, left, right in _rows(one, other):
        table.add_row(label, left, right)
    return table


def _rows(one: EncodingProfile, other: EncodingProfile) -> Iterator[tuple[str, str, str]]:
    yield from zip(_LABELS, _costs(one), _costs(other), strict=True)
    survives = [{two.disagreement.words: two.survivors for two in survival(p)} for p in (one, other)]
    for words in (tried.words for tried in DISAGREEMENTS):
        if words in survives[0] or words in survives[1]:
            left, right = (
                f"{found.get(words, len(profile.views))} of {len(profile.views)} views"
                for found, profile in zip(survives, (one, other), strict=True)
            )
            yield f"agree in spite of {words}", left, right
    figures = measured(one), measured(other)
    yield "audit lights", lights_summary(figures[0]), lights_summary(figures[1])
    for metric in METRICS:
        if any(found is not None and metric.name in found.privacy for found in figures):
            yield metric.words, figure_words(metric, figures[0]), figure_words(metric, figures[1])


def _costs(profile: EncodingProfile) -> tuple[str, ...]:
    fillings = [filling(profile, number) for number in range(len(profile.views))]
    return (
        f"{len(profile.views)}",
        f"{len(profile.views) * profile.view_bytes:,}",
        f"{len(profile.views) * profile.length // 64:,}",
        _range([f"{one.tokens}" for one in fillings]),
        _range([f"{one.before:.1%}" for one in fillings]),
        _range([f"{one.after:.1%}" for one in fillings]),
    )


def _range(values: list[str]) -> str:
    distinct = sorted(set(values), key=lambda text: float(text.rstrip("%")))
    return distinct[0] if len(distinct) == 1 else f"{distinct[0]} to {distinct[-1]}"
