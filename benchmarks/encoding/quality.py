"""How well encodings link, at the shipped default and at the best threshold, beside plain text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.encoding.plain_text import PlainWorld, ScoredPairs, best_f1, splink_pairs
from linkage.encode.identifiers import Identifiers
from linkage.lab.evaluation import Label, Table, encode_tables, link_tables, score
from linkage.match.linkage import Linkage
from linkage.profile import EncodingProfile

__all__ = ["Quality", "plain_quality", "quality", "tables_of"]

_COLUMNS = ("middle_name", "surname", "date_of_birth", "sex", "postcode", "address", "locality")


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
    labels = [(table.name, rec_id) for table in tables for rec_id in table.rec_ids]
    number = {label: place for place, label in enumerate(labels)}
    place = np.array([number[label] for label in linked.labels], dtype=np.int64)
    found = _best(_scored(linked.linkage, place), world)
    truth: dict[Label, str] = {label: str(world.entity[place]) for label, place in number.items()}
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
        Table(source, tuple(row["rec_id"] for row in rows), tuple(map(_identifiers, rows)))
        for source, rows in world.tables.items()
    ]


def _identifiers(row: Mapping[str, str]) -> Identifiers:
    middle, surname, born, sex, postcode, address, locality = (row.get(name, "") for name in _COLUMNS)
    return Identifiers(row.get("given_name", ""), surname, middle, born, sex, postcode, address, locality)
