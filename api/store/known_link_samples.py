"""Links that were known before anybody looked at the linkage, and whether it finds them untold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from api.store.persons import RecordKey
from api.store.record_tables import known_links
from api.store.schema_quality import known_link_samples

__all__ = ["SampledLink", "add_sample", "sampled_decisions", "sampled_links", "set_found"]


@dataclass(frozen=True, slots=True)
class SampledLink:
    """Two records known to be one child, and whether the newest linkage would have joined them by itself."""

    left: RecordKey
    right: RecordKey
    found: bool


def add_sample(connection: Connection, decision: int) -> None:
    """Note that a decision was known before anybody looked at the linkage."""
    connection.execute(insert(known_link_samples).values(decision=decision))


def sampled_decisions(connection: Connection) -> frozenset[int]:
    """Return the decisions that were known before anybody looked at the linkage."""
    return frozenset(connection.scalars(select(known_link_samples.c.decision)))


def set_found(connection: Connection, found: Mapping[int, bool], run: int) -> None:
    """Keep which of these a linkage finds without being told; of the others nothing is known any more."""
    connection.execute(update(known_link_samples).values(found=None, run=None))
    for decision, joined in found.items():
        where = known_link_samples.c.decision == decision
        connection.execute(update(known_link_samples).where(where).values(found=joined, run=run))


def sampled_links(connection: Connection) -> Iterator[SampledLink]:
    """Yield the links that the newest linkage has tried to find."""
    query = (
        select(known_links, known_link_samples.c.found)
        .join(known_link_samples, known_link_samples.c.decision == known_links.c.id)
        .where(known_link_samples.c.found.is_not(None), known_links.c.same)
        .order_by(known_links.c.id)
    )
    for row in connection.execute(query):
        left, right = (row.left_agency, row.left_handle), (row.right_agency, row.right_handle)
        yield SampledLink(left, right, bool(row.found))
