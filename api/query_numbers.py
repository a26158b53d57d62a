"""Query numbers of a cycle: how they are made, and which child records stand behind each."""

from collections.abc import Iterator, Mapping, Sequence

from api.store.answers import Query
from linkage.register.questions import Question
from linkage.register.reconcile import AgencyRecords, AgencyResults
from linkage.wire.derivation import keyed_digest

__all__ = ["QueryNumbers"]


class QueryNumbers:
    """Numbers queries, the same in every cycle, and remembers whose episode each number stands for."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._episodes: dict[tuple[str, str], str] = {}

    def number(self, agency: str, child: str, episode: str) -> str:
        """Number a query so that it stays the same over cycles and says nothing about the episode."""
        number = self._number(agency, child, episode)
        self._episodes[agency, number] = episode
        return number

    def question(self, asked: Question) -> str:
        """Number a quality question; it stands for no episode."""
        return self._number("question", asked.agency, asked.kind, *asked.children)

    def lot(self, agency: str, kind: str, children: tuple[str, ...]) -> int:
        """Draw a lot for a question, always the same."""
        said = "\x00".join(("lot", agency, kind, *children)).encode()
        return int.from_bytes(keyed_digest(self._key, said)[:8])

    def _number(self, *parts: str) -> str:
        return "Q-" + keyed_digest(self._key, "\x00".join(parts).encode()).hex()[:10].upper()

    def behind(self, records: Sequence[AgencyRecords], told: Mapping[str, AgencyResults]) -> Iterator[Query]:
        """Yield every query that agencies are told of, with the child record of the episode behind it."""
        wanted = set(self._episodes.values())
        children = {
            (one.agency, episode.handle): episode.child
            for one in records
            for episode in one.payload.episodes
            if episode.handle in wanted
        }
        for agency, results in told.items():
            for one in results.missing:
                episode = self._episodes[agency, one.query]
                yield Query(
                    agency=agency,
                    query=one.query,
                    reconciliation_class=one.reconciliation_class,
                    child=one.child,
                    contact=one.contact,
                    other=children.get((one.contact, episode), ""),
                )
