"""Two records of labelled data, and why the linkage took them for one person or for two."""

from collections.abc import Sequence

from linkage.errors import InputError
from linkage.lab.evaluation_linked import EncodedTable, Label, LinkedTables
from linkage.match.explanation import Explainer, PairExplanation
from linkage.profile import EncodingProfile

__all__ = ["PairExplanation", "explain_labels"]


def explain_labels(
    encoded: Sequence[EncodedTable],
    linked: LinkedTables,
    profile: EncodingProfile,
    labels: tuple[Label, Label],
    *,
    population: int | None = None,
) -> PairExplanation:
    """Explain the pair of two labelled records; ``population`` as it was linked with.

    Raises :class:`InputError` for a label that is not there, or was not encodable.
    """
    record = dict(zip(linked.labels, linked.linkage.records, strict=True))
    if not all(label in record for label in labels):
        raise InputError(
            "--explain: one of the two records was not encodable",
            hint="name two records that have values which the profile encodes",
        )
    sources = [table.source for table in encoded]
    explainer = Explainer(sources, profile, linked.linkage, population=population)
    return explainer.pair(record[labels[0]], record[labels[1]])
