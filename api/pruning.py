"""Taking lines out of an agency's results when what they rest on is erased."""

from collections.abc import Collection

from msgspec import structs

from linkage.wire.results import Finding, MissingEpisode, Results

__all__ = ["pruned"]


def pruned(
    told: Results,
    findings: tuple[Finding, ...],
    missing: tuple[MissingEpisode, ...],
    *,
    children: Collection[tuple[str, str]],
) -> Results:
    """Return results with what is left of findings and missing episodes, in the form of this release.

    With a line goes the overdue interview that names it; with one of the ``children`` (agency, handle) every
    question about it.
    """
    episodes, queries = {one.episode for one in findings}, {one.query for one in missing}
    gone = {handle for agency, handle in children if agency == told.agency}
    return structs.replace(
        told,
        version=Results.VERSION,
        findings=findings,
        missing=missing,
        overdue=tuple(one for one in told.overdue if one.episode in episodes or one.query in queries),
        questions=tuple(one for one in told.questions if gone.isdisjoint(one.children)),
    )
