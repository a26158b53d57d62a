"""What has changed between two reports: what was wrong and is now right, what is new, what is gone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cli.agency.class_words import NOTHING_FROM, class_words, lacked_words
from cli.agency.crosswalk import Reference
from linkage.wire.codes import Role
from linkage.wire.results import Finding, MissingEpisode, Results

__all__ = ["ChangeLine", "changes_of"]

_RIGHT, _NEW, _OTHER, _GONE = "now right", "new", "changed", "no longer yours"


@dataclass(frozen=True, slots=True, repr=False)
class ChangeLine:
    """One line that is not what it was; ``query`` names an episode that the agency lacks, or lacked."""

    what: str
    episode: str
    child: str
    query: str
    was: str
    now: str
    action: str
    order: int


def changes_of(
    results: Results, previous: Results, references: Mapping[str, Reference], role: Role
) -> list[ChangeLine]:
    """Compare two reports of an agency, the most urgent first and what is now right last."""
    found = [*_own(results, previous, references, role), *_lacked(results, previous, references, role)]
    return sorted(found, key=lambda one: (one.order, one.child, one.episode, one.query))


def _own(
    results: Results, previous: Results, references: Mapping[str, Reference], role: Role
) -> Iterator[ChangeLine]:
    before = {one.episode: one for one in previous.findings}
    after = {one.episode: one for one in results.findings}
    for episode in {**after, **before}:
        own, was, now = references.get(episode), before.get(episode), after.get(episode)
        if own is None or (was and now and _said(was) == _said(now)):
            continue
        words = class_words((now or was or results.findings[0]).reconciliation_class, role)
        child = references.get(own.parent or "")
        yield ChangeLine(
            what=_what(was, now, role),
            episode=own.reference,
            child=child.reference if child else "",
            query="",
            was=_said(was),
            now=_said(now),
            action=words.action if now else "Nothing to do: it is in no snapshot of yours any more.",
            order=words.order if now else NOTHING_FROM,
        )


def _what(was: Finding | None, now: Finding | None, role: Role) -> str:
    if now is None:
        return _GONE
    if was is None:
        return _NEW
    before, after = (class_words(one.reconciliation_class, role).order for one in (was, now))
    return _RIGHT if after >= NOTHING_FROM > before else _OTHER


def _said(finding: Finding | None) -> str:
    if finding is None:
        return ""
    return finding.reconciliation_class + (f" ({', '.join(finding.differs)})" if finding.differs else "")


def _lacked(
    results: Results, previous: Results, references: Mapping[str, Reference], role: Role
) -> Iterator[ChangeLine]:
    before = {one.query: one for one in previous.missing}
    after = {one.query: one for one in results.missing}
    for query in {**after, **before}:
        one = after.get(query) or before[query]
        child = references.get(one.child)
        if child is not None and (query in before) != (query in after):
            yield _lacked_line(one, child.reference, role, new=query in after)


def _lacked_line(one: MissingEpisode, child: str, role: Role, *, new: bool) -> ChangeLine:
    words = lacked_words(one.reconciliation_class, role)
    return ChangeLine(
        what=_NEW if new else _RIGHT,
        episode="",
        child=child,
        query=one.query,
        was="" if new else f"missing from your records: {one.month}",
        now=f"missing from your records: {one.month}" if new else "",
        action=words.action if new else "Nothing to do.",
        order=words.order if new else NOTHING_FROM,
    )
