"""What the linking worker leaves of a linkage as a whole: its scores with the thresholds, its groups."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from api.store.link_figures import BINS, FIRST, WIDTH, GroupFigures, LinkFigures, ScoreFigures
from linkage.match.choices import Choice
from linkage.match.linkage import Known, Linkage, Source
from linkage.match.quality import calibration_error_of
from linkage.match.quality_groups import GroupQuality, RecordGroup, quality_of_groups
from linkage.profile import EncodingProfile
from linkage.wire.codes import Role

__all__ = ["groups_of", "link_figures"]

_UNCERTAIN = 1
"""The tier of a row whose date of birth is uncertain (docs/spec/bundle-1.md)."""


def link_figures(
    sources: Sequence[Source],
    profile: EncodingProfile,
    linkage: Linkage,
    *,
    known: Iterable[Known],
    roles: Mapping[str, Role],
) -> LinkFigures:
    """Describe a finished linkage; ``sources``, ``profile`` and ``known`` as they were given to it."""
    groups = quality_of_groups(linkage, groups_of(sources, profile, linkage, roles), known=known)
    return LinkFigures(
        method=linkage.method,
        calibration_error=calibration_error_of(linkage),
        noise=profile.decision.noise_z,
        scores=_scores(linkage),
        groups=tuple(_figures(one) for one in groups),
    )


def _scores(linkage: Linkage) -> ScoreFigures:
    pairs, (low, high) = linkage.pairs, linkage.costs.bounds
    classes = np.clip(np.floor((pairs.score - FIRST) / WIDTH), 0, BINS - 1).astype(np.int64)
    counted = {one: np.bincount(classes[pairs.choice == one], minlength=BINS).tolist() for one in Choice}
    return ScoreFigures(
        low=round(low, 3),
        cut=round(linkage.costs.cut, 3),
        high=round(high, 3),
        apart=tuple(counted[Choice.NONE]),
        possible=tuple(counted[Choice.POSSIBLE]),
        linked=tuple(counted[Choice.LINK]),
    )


def _figures(one: GroupQuality) -> GroupFigures:
    precision = one.precision
    return GroupFigures(
        kind=one.kind,
        name=one.name,
        records=one.records,
        linked=one.linked,
        links=one.links,
        possible=one.possible,
        precision=round(precision.value, 5),
        low=round(precision.low, 5),
        high=round(precision.high, 5),
    )


def groups_of(
    sources: Sequence[Source], profile: EncodingProfile, linkage: Linkage, roles: Mapping[str, Role]
) -> Iterator[RecordGroup]:
    """Yield the groups that encodings tell apart: agencies, kinds of agency, what records lack.

    Sex, age and ethnicity are payload, which the linking worker never sees.
    """
    names = sorted({source.name for source in sources})
    number = {name: place for place, name in enumerate(names)}
    agency = np.array([number[record.source] for record in linkage.records], dtype=np.int32)
    yield RecordGroup("all", "all", np.ones(len(agency), dtype=np.bool_))
    for place, name in enumerate(names):
        yield RecordGroup("agency", name, agency == place)
    role = {place: roles[names[place]] for place in np.unique(agency).tolist()}
    for first, second in combinations_with_replacement(sorted({*role.values()}), 2):
        one, other = (np.isin(agency, [at for at in role if role[at] == kind]) for kind in (first, second))
        yield RecordGroup("kind of agency", f"{first} and {second}", one, other)
    whole, uncertain = _completeness(sources, profile)
    yield RecordGroup("record", "everything given", whole & ~uncertain)
    yield RecordGroup("record", "something missing", ~whole & ~uncertain)
    yield RecordGroup("record", "date of birth uncertain", uncertain)


def _completeness(
    sources: Sequence[Source], profile: EncodingProfile
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell of each record, in the order of a linkage, if a row has every view of its tier; if no day is sure.

    A record of several rows, for several names, is whole if one of them is.
    """
    certain, unsure = (
        sum(1 << place for place, view in enumerate(profile.views) if tier in view.tiers)
        for tier in ("certain", "uncertain")
    )
    parts: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]] = []
    for source in sorted(sources, key=lambda one: one.name):
        rows = source.encodings
        handles, record = np.unique(rows.handles, axis=0, return_inverse=True)
        record = record.reshape(-1)
        uncertain_row = rows.tiers == _UNCERTAIN
        wanted = np.where(uncertain_row, unsure, certain).astype(np.uint32)
        whole, uncertain = np.zeros((2, len(handles)), dtype=np.bool_)
        whole[record[(rows.present & wanted) == wanted]] = True
        uncertain[record[uncertain_row]] = True
        parts.append((whole, uncertain))
    empty = np.zeros(0, dtype=np.bool_)
    return (
        np.concatenate([empty, *(whole for whole, _ in parts)]),
        np.concatenate([empty, *(uncertain for _, uncertain in parts)]),
    )
