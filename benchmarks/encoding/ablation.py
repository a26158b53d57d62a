"""What each parameter of ``child-1`` is worth: one change at a time, linkage beside privacy."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec
import numpy as np

from benchmarks.encoding.plain_text import child_world
from benchmarks.encoding.quality import tables_of
from linkage.lab.attacks.graph import graph_attack
from linkage.lab.attacks.knowledge import encode_people, knowledge
from linkage.lab.attacks.known_pairs import known_pair_attack
from linkage.lab.crowds import children, one_day
from linkage.lab.evaluation import encode_tables, labels_of
from linkage.lab.evaluation_thresholds import best_f1
from linkage.lab.learning import children_world, learn
from linkage.match.experience import WEIGHING_Z, Experience
from linkage.match.kernel import candidate_pairs
from linkage.match.rows import gather
from linkage.match.similarity import similarities
from linkage.profile import Component, EncodingProfile, Feature, View

__all__ = ["Ablation", "ablations", "measure"]

Change = Callable[[Feature], Feature | None]

_LENGTHS = (512, 768, 1280, 1536, 2048)
_DIFFUSIONS = (1, 4, 6, 10, 12)
_BITS = (2, 4)


@dataclass(frozen=True, slots=True)
class Ablation:
    """One variant: F1 at the best threshold by noise level, and three attacks, all between 0 and 1."""

    variant: str
    record_bytes: int
    usual: float
    heavy: float
    known_pairs: float
    most_confident: float
    graph: float
    dense: float


def ablations(base: EncodingProfile) -> Iterator[tuple[str, EncodingProfile]]:
    """Name and make every variant of a profile, itself first."""
    yield "as shipped", base
    for length in _LENGTHS:
        yield f"L = {length}", _changed(base, length=length)
    for diffusion in _DIFFUSIONS:
        yield f"t = {diffusion}", _changed(base, diffusion=diffusion)
    for bits in _BITS:
        yield f"k = {bits} for names and postcode", _with_features(base, partial(_with_bits, bits))
    for view in base.views:
        yield f"without {view.name}", _changed(base, views=tuple(v for v in base.views if v is not view))
    yield "one (y, e) view, no sound of a name", _plain_days(base)
    yield "middle name by its initial", _with_features(base, _initial)
    yield "no middle name", _with_features(base, lambda one: None if one.field == "middle_name" else one)
    yield "no postcode tokens", _with_features(base, lambda one: None if one.field == "postcode" else one)
    yield "no shared name label", _with_features(base, lambda one: None if one.label == "n" else one)
    yield "nicknames as tokens", _changed(base, views=tuple(_with_nicknames(view) for view in base.views))
    yield "sex in the salt of days", _changed(base, views=tuple(map(_with_sex, base.views)))
    yield "certain tier only", _changed(base, views=tuple(map(_certain_only, base.views)))


def _changed(base: EncodingProfile, **changes: object) -> EncodingProfile:
    return msgspec.structs.replace(base, **changes)


def _with_features(base: EncodingProfile, change: Change) -> EncodingProfile:
    views = []
    for view in base.views:
        kept = tuple(made for feature in view.features if (made := change(feature)) is not None)
        views.append(msgspec.structs.replace(view, features=kept))
    return _changed(base, views=tuple(views))


def _with_bits(bits: int, feature: Feature) -> Feature:
    named = feature.field in ("forename", "surname", "postcode")
    return msgspec.structs.replace(feature, k=bits) if named else feature


def _initial(feature: Feature) -> Feature:
    if feature.field != "middle_name":
        return feature
    return msgspec.structs.replace(feature, kind="initial", k=3)


def _with_nicknames(view: View) -> View:
    nicknames = Feature(field="forename", kind="canonical", label="c", k=6)
    return msgspec.structs.replace(view, features=(*view.features, nicknames))


def _with_sex(view: View) -> View:
    salt: tuple[Component, ...] = (*view.salt, "sex") if view.name.startswith("y-e") else view.salt
    return msgspec.structs.replace(view, salt=salt)


def _certain_only(view: View) -> View:
    return msgspec.structs.replace(view, tiers=("certain",))


def _plain_days(base: EncodingProfile) -> EncodingProfile:
    day = msgspec.structs.replace(base.views[0], name="y-e", salt=("year", "month-day"))
    return _changed(base, views=(day, *base.views[2:]))


def measure(
    variant: str, profile: EncodingProfile, *, people: int, graph: int, worlds: int, seeds: Sequence[int]
) -> Ablation:
    """Measure a variant: learned from other made-up worlds, means over the seeds."""
    key = np.random.default_rng(903).bytes(32)
    learned = learn(
        profile, [children_world(worlds, 901, "usual"), children_world(worlds, 902, "heavy")], key
    )
    usual = [_best(profile, learned, worlds, seed, "usual", key) for seed in seeds]
    heavy = [_best(profile, learned, worlds, seed, "heavy", key) for seed in seeds]
    attacks = np.mean([_attacks(profile, people, graph, seed) for seed in seeds], axis=0).tolist()
    size = len(profile.views) * profile.view_bytes
    return Ablation(variant, size, float(np.mean(usual)), float(np.mean(heavy)), *attacks)


def _best(
    profile: EncodingProfile, learned: Experience, children: int, seed: int, noise: str, key: bytes
) -> float:
    world = child_world(children, seed, noise)
    encoded = encode_tables(tables_of(world), profile, key)
    rows = gather([table.source for table in encoded], profile)
    pairs = candidate_pairs(rows, noise_z=profile.decision.noise_z)
    found = similarities(rows, pairs, diffusions=profile.diffusions, noise_z=WEIGHING_Z)
    kinds = learned.densities(found) + np.log(learned.shares)
    odds = kinds[:, 0] - np.logaddexp.reduce(kinds[:, 1:], axis=1)
    place = world.places(labels_of(encoded, rows.ids))
    left, right = place[rows.record[pairs[:, 0]]], place[rows.record[pairs[:, 1]]]
    return best_f1(left, right, odds, world.entity, mode="multi").pairs.f1


def _attacks(profile: EncodingProfile, people: int, graph: int, seed: int) -> tuple[float, ...]:
    key = np.random.default_rng(seed).bytes(32)
    listed = children(people, 50 + seed)
    views, encoded = knowledge(profile, listed.people), encode_people(profile, listed.people, key)
    rng = np.random.default_rng(seed)
    guesses = known_pair_attack(views, encoded, rng.choice(people, 100, replace=False), rng=rng)
    crowd = children(graph, 80 + seed)
    shares = []
    for each in (crowd, one_day(crowd)):
        views, encoded = knowledge(profile, each.people), encode_people(profile, each.people, key)
        shares.append(graph_attack(views, encoded, np.arange(graph), rng.permutation(graph)))
    return guesses.reidentified, guesses.most_confident, *shares
