"""Tables about what is kept, erased and published."""

from collections import Counter
from collections.abc import Iterator

from msgspec import structs

from api.evidence.gathering import Seen
from api.evidence.values import DataTable, Heads, Source, Value, shown, table_of
from api.overview import keeping
from api.releasing import Proposal, said_of
from api.setting_meanings import SETTING_MEANINGS
from api.store import releases
from linkage.register.statistics.periods import Period

__all__ = ["keeping_tables"]

_SCOPES = {
    "record": "records that an agency asked to have erased",
    "person": "one person's records from one agency",
    "agency": "everything that an agency sent",
    "retention": "what the retention schedule names",
}


def keeping_tables(seen: Seen) -> Iterator[DataTable]:
    """Yield the tables."""
    yield _settings(seen, "retention", "The retention schedule as it is set")
    view = keeping.view_keeping(seen.connection)
    asked = Counter(one.scope for one in view.erasures)
    done = Counter(one.scope for one in view.erasures if one.erased_at is not None)
    signed = Counter(one.scope for one in view.erasures if one.certified)
    yield table_of(
        "erasures",
        "Erasures by what they were of",
        [
            ("scope", "Erased"),
            ("asked", "Asked for", "count"),
            ("erased", "Done", "count"),
            ("certified", "Certified", "count"),
        ],
        [(_SCOPES[one], asked[one], done[one], signed[one]) for one in _SCOPES],
        Source("query", "select scope, count(*), sum(certificate is not null) from erasures group by scope"),
        note="Certificates name no child; the console hands them out one by one.",
    )
    yield table_of(
        "epochs-destroyed",
        "Epochs that were destroyed",
        [
            ("epoch", "Epoch"),
            ("asked_on", "Asked for", "day"),
            ("destroyed_on", "Destroyed", "day"),
            ("certified", "Certified"),
        ],
        [
            (
                one.epoch,
                one.asked_at[:10],
                one.destroyed_at and one.destroyed_at[:10],
                "yes" if one.certified else "no",
            )
            for one in view.destroyed
        ],
        Source("query", "select epoch, asked_at, destroyed_at, certificate from destructions"),
    )
    yield _settings(seen, "disclosure", "The rules of disclosure control as they are set")
    yield table_of(
        "releases",
        "Every release of statistics, and what became of it",
        [
            ("number", "Release", "count"),
            ("state", "State"),
            ("period", "Period"),
            ("area", "Area"),
            ("tables", "Tables", "count"),
            ("proposed_on", "Proposed", "day"),
            ("decided_on", "Decided", "day"),
            ("withdrawn_on", "Withdrawn", "day"),
            ("two_people", "By two people"),
            ("digest", "Digest", "code"),
        ],
        [_release(one) for one in releases.all_releases(seen.connection)],
        Source(
            "query", "select number, state, proposal, proposed_at, decided_at from releases order by number"
        ),
        empty="Nothing was proposed yet.",
    )


def _settings(seen: Seen, part: str, caption: str) -> DataTable:
    own = getattr(seen.settings, part)
    rows: list[tuple[str, str, str]] = []
    for one in structs.fields(own):
        value = getattr(own, one.name)
        words = ("yes" if value else "no") if isinstance(value, bool) else shown(value)
        name = f"{part}.{one.name}"
        rows.append((name, SETTING_MEANINGS[name], words))
    columns: list[Heads] = [("setting", "Setting", "code"), ("meaning", "What it sets"), ("value", "Value")]
    return table_of(part, caption, columns, rows, Source("setting", part))


def _release(one: releases.KeptRelease) -> tuple[Value, ...]:
    said = said_of(one)
    two = None if one.decided_by is None else "yes" if one.decided_by != one.proposed_by else "no"
    return (
        one.number,
        one.state,
        Period(said.first, said.last).code,
        said.area or "all",
        len(said.tables) if isinstance(said, Proposal) else None,
        one.proposed_at[:10],
        one.decided_at and one.decided_at[:10],
        one.withdrawn_at and one.withdrawn_at[:10],
        two,
        one.digest,
    )
