"""How well encodings link, at the shipped default and at the best threshold, beside plain text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.encoding.plain_text import PlainWorld, splink_pairs
from linkage.lab.evaluation import Label, Table, encode_tables, labelled_identifiers, link_tables, score
from linkage.lab.evaluation_thresholds import ScoredPairs, best_f1
from linkage.match.linkage import Linkage
from linkage.profile import EncodingProfile

__all__ = ["Quality", "plain_quality", "quality", "tables_of"]


@dataclass(frozen=True, slots=True)
class Quality:
    """Pairs F1, each between 0 and 1.

    ``best``: at the threshold that is best in hindsight, of pairs as scored; ``joined``: the same after
    one-to-one matching or over components; ``default``: as shipped, truth unseen, if there is such a thing.
    """

    best: float
    precision: float
    recall: float
    joined: float
    default: float | None = None


def quality(profile: EncodingProfile, world: PlainWorld, key: bytes) -> Quality:
    """Encode and link a world under a profile."""
    tables = tables_of(world)
    encoded = encode_tables(tables, profile, key)
    linked = link_tables(encoded, world.mode, profile)
    found = _best(_scored(linked.linkage, world.places(linked.labels)), world)
    labels = [(table.name, rec_id) for table in tables for rec_id in table.rec_ids]
    truth: dict[Label, str] = dict(zip(labels, map(str, world.entity.tolist()), strict=True))
    return Quality(**found, default=score(linked, truth).pairs.f1)


def plain_quality(world: PlainWorld) -> Quality | None:
    """Link a world's plain text with Splink at its best threshold; None where Splink is not installed."""
    pairs = splink_pairs(world.tables, world.mode)
    return None if pairs is None else Quality(**_best(pairs, world))


def _scored(linkage: Linkage, place: np.ndarray) -> ScoredPairs:
    pairs = linkage.pairs
    return ScoredPairs(place[pairs.left], place[pairs.right], pairs.score)


def _best(pairs: ScoredPairs, world: PlainWorld) -> dict[str, float]:
    found = best_f1(pairs.left, pairs.right, pairs.score, world.entity, mode=world.mode, source=world.source)
    joined = found.one_to_one or found.components or found.pairs
    return {
        "best": found.pairs.f1,
        "precision": found.pairs.precision,
        "recall": found.pairs.recall,
        "joined": joined.f1,
    }


def tables_of(world: PlainWorld) -> Sequence[Table]:
    """Return a world's sources as the laboratory takes them."""
    return [
        Table(source, tuple(row["rec_id"] for row in rows), tuple(map(labelled_identifiers, rows)))
        for source, rows in world.tables.items()
    ]
