"""What was decided in a register's years: clerical review, known links, erasures, releases."""

import datetime as dt
import json
import secrets
from collections.abc import Sequence

import numpy as np
from msgspec import json as wire_json
from sqlalchemy import Connection

from api.asking_for_persons import LIFE
from api.audiences import OPERATOR
from api.clock import stamp
from api.disclosing import policy_set
from api.folders import DataFolder
from api.policy_settings import DisclosureSettings
from api.publisher_seal import PublisherSeal, ShownPart, make_releases_key
from api.publishing.files import publication
from api.release_formats import (
    digest_of,
    files_of,
    manifest_of,
    outputs_of,
    packed,
)
from api.releasing import Proposal, enter, published_before
from api.store import ledger, person_sheets, record_tables, releases, schema_audiences, schema_review
from api.store.person_evidence import PersonEvidence, SeenPair
from api.store.review_evidence import Evidence, Neighbour, Seen, SeenEdge, SeenView, Spread, ViewSpread
from benchmarks.console_rows import Filled, insert_all
from benchmarks.made_up_register import MadeUpRegister
from linkage.profile import EncodingProfile
from linkage.register.counts import CountTable
from linkage.register.disclosure.disclosing import DisclosureFigures
from linkage.register.released import ReleasedCell, ReleasedTable
from linkage.register.statistics.covering import AreaMonths
from linkage.register.statistics.facts import gather_facts
from linkage.register.statistics.periods import Period
from linkage.register.statistics.published import Beside, LinkQuality
from linkage.register.statistics.tables import count_tables, found_areas
from linkage.register.timelines import MonthSpan, Timeline
from linkage.wire.canonical import canonical
from tests.support.unit import PROFILE

__all__ = ["ASKED", "fill_decided", "fill_releases", "fill_reviews", "prepare_sheets"]

ASKED = 300
"""So many possible links a linkage leaves for reviewers at most (:data:`api.review_cases.MOST`)."""

_REVIEWERS = 6


def fill_reviews(connection: Connection, filled: Filled, profile: EncodingProfile) -> None:
    """Pairs that are asked about and that were settled, the latter each with a decision that holds."""
    settled = filled.sizes.encodings // 100
    records = list(filled.some(2 * (settled + ASKED)))
    pairs = [tuple(sorted(records[at : at + 2])) for at in range(0, len(records), 2)]
    evidence = _evidence(filled.random, profile, [one.code for one in filled.desks]).text()
    rows, around, verdicts, known = [], [], [], []
    for number, (left, right) in enumerate(dict.fromkeys(pairs), start=1):
        asked = number <= ASKED
        ends = {
            "left_agency": left[0],
            "left_handle": left[1],
            "right_agency": right[0],
            "right_handle": right[1],
        }
        seen = {"place": number, "evidence": evidence} if asked else {"place": None, "evidence": None}
        came = (
            {"outcome": None, "taken_at": None} if asked else {"outcome": "link", "taken_at": filled.at(0.9)}
        )
        rows.append(
            {"id": number, **ends, "epoch": filled.epoch, "run": filled.runs[-1], **seen, "shape": None}
            | {"question": True, "value": 1 / number, "added_at": filled.at(0.8), **came}
        )
        if asked:
            around += [{"pair": number, "agency": one[0], "handle": one[1]} for one in (left, right)]
            continue
        known.append(
            {"id": number, **ends, "same": True, "reason": "two reviewers", "decided_at": filled.at(0.9)}
        )
        verdicts += [
            {"pair": number, "reviewer": f"person.{(number + seat) % _REVIEWERS}", "seat": seat}
            | {"verdict": ("link", "not-a-link")[seat == 2 and number % 9 == 0]}
            | {"given_at": filled.at(0.85), "fixed_at": filled.at(0.9)}
            for seat in (1, 2)
        ]
    insert_all(connection, schema_review.review_pairs, rows)
    insert_all(connection, schema_review.review_records, around)
    insert_all(connection, schema_review.review_verdicts, verdicts)
    insert_all(connection, record_tables.known_links, known)
    spreads = [
        {"position": place, "epoch": filled.epoch, "body": wire_json.encode(_spread(one.name)).decode()}
        for place, one in enumerate(profile.views)
    ]
    insert_all(connection, schema_review.review_views, spreads)


def _evidence(random: np.random.Generator, profile: EncodingProfile, codes: Sequence[str]) -> Evidence:
    seen = Seen(speaks=0.9, low=0.6, median=0.9, high=1.0, below=0.2)
    views = tuple(
        SeenView(
            view=one.name,
            rests_on=one.salt,
            state="speaks",
            similarity=round(float(random.random()), 2),
            deviations=2.0,
            weight=1.5,
            matches=seen,
            strangers=seen,
        )
        for one in profile.views
    )
    records = tuple(Neighbour(agency=codes[place % len(codes)], person=place % 2) for place in range(8))
    edges = tuple(
        SeenEdge(left=place, right=place + 1, log_odds=3.0, linked=True, weakest=place == 3)
        for place in range(7)
    )
    numbers = {"log_odds": 0.1, "probability": 0.52, "start": -9.0, "numbers": 0.0, "others": 0.0}
    return Evidence(
        method="neighbours", linked=False, reasons=(), views=views, records=records, edges=edges, **numbers
    )


def _spread(view: str) -> ViewSpread:
    spread = Spread(silent=0.1, shares=(0.05,) * 20)
    return ViewSpread(view=view, matches=spread, strangers=spread)


def prepare_sheets(connection: Connection, persons: Sequence[str], *, now: dt.datetime) -> None:
    """Let the sheets of some persons be there as the workers prepare them, for as long as they stay."""
    random, views = np.random.default_rng(7), PROFILE.views
    for person in persons:
        at = stamp(now)
        person_sheets.add_sheet(connection, person, by="benchmark", now=at, expires=stamp(now + LIFE))
        sheet = person_sheets.sheet_of(connection, person, now=at)
        members = person_sheets.members_of(connection, person)
        if sheet is None:
            raise LookupError("a sheet that was just added is gone")
        codes = [agency for agency, _ in members]
        evidence = _evidence(random, PROFILE, codes)
        whole = PersonEvidence(
            places=tuple(range(len(members))),
            agencies=tuple(codes),
            edges=tuple(
                SeenEdge(left=place - 1, right=place, log_odds=3.0, linked=True, weakest=place == 1)
                for place in range(1, len(members))
            ),
            pairs=tuple(
                SeenPair(left=place - 1, right=place, evidence=evidence) for place in range(1, len(members))
            ),
            spreads=tuple(_spread(one.name) for one in views),
        )
        person_sheets.fill_sheet(connection, sheet, "evidence", whole.text(), run=1)
        spans = tuple(
            MonthSpan(record=place, first="2025-05", last="2025-06", open=False, told=1)
            for place in range(len(members))
        )
        lines = Timeline(held=tuple(range(len(members))), episodes=spans)
        person_sheets.fill_sheet(connection, sheet, "timeline", lines.text())


def fill_decided(connection: Connection, filled: Filled) -> None:
    """Withdrawn and shielded records, erasures, what retention did, requests to open a pseudonym."""
    few = max(10, filled.sizes.encodings // 1000)
    keys = list(filled.some(few))
    withdrawn = (
        {"agency": one, "handle": other, "sequence": 1, "withdrawn_at": filled.at(0.9)} for one, other in keys
    )
    insert_all(connection, record_tables.withdrawals, withdrawn)
    shielded = (
        {"agency": one, "handle": other, "shielded_at": filled.at(0.9)} for one, other in keys[: few // 2]
    )
    insert_all(connection, record_tables.shields, shielded)
    buried = (
        {"worker": "register", "agency": one, "digest": secrets.token_hex(32), "erased_at": filled.at(0.9)}
        for one, _ in keys
    )
    insert_all(connection, record_tables.tombstones, buried)
    erasures = (
        {"name": secrets.token_hex(16), "scope": "record", "agency": keys[place % few][0], "records": 1}
        | {"asked_at": filled.at(0.5), "confirmed_at": filled.at(0.51), "erased_at": filled.at(0.52)}
        | {"payload_counts": json.dumps({"payload-children": 1}), "encodings_counts": json.dumps({"rows": 1})}
        | {"forgotten_at": filled.at(0.52), "certificate": '{"format":"benchmark"}'}
        for place in range(max(5, few // 2))
    )
    insert_all(connection, record_tables.erasures, erasures)
    codes = [one.code for one in filled.desks]
    forecast = json.dumps({code: {f"2031-{month:02d}": 12 for month in range(1, 13)} for code in codes})
    runs = (
        {"job": place, "ran_at": filled.at(place / 150), "erasure": None, "removed": '{"jobs":3}'}
        | {"forecast": forecast}
        for place in range(1, 151)
    )
    insert_all(connection, record_tables.retention_runs, runs)
    asked = (
        {"number": f"R-{place:010d}", "audience": OPERATOR, "person": secrets.token_hex(16), "document": "{}"}
        | {"state": "requested", "requested_at": filled.at(0.9), "expires_at": filled.at(0.95)}
        for place in range(40)
    )
    insert_all(connection, schema_audiences.reidentifications, asked)


def fill_releases(
    connection: Connection, filled: Filled, folder: DataFolder, register: MadeUpRegister, *, count: int
) -> None:
    """Releases of every table for every area, all but the last approved; symbols stand for small numbers.

    The tables have the size that so many areas give them.  Disclosure control itself is not run, and what the
    register worker keeps for itself is left out: neither is the console's.
    """
    first, last = dt.date(2025, 4, 1), dt.date(2026, 3, 31)
    period = Period(first, last)
    facts = gather_facts(register.records, register.person_of, register.directory)
    counted = count_tables(facts, register.directory, period)
    coverage = AreaMonths(facts.calendar, register.directory, period, found_areas(facts))
    quality = LinkQuality(records=1000, links=400, possible=10, precision=0.98, low=0.97, high=0.99)
    beside = Beside(period, register.directory, coverage, quality, filled.sizes.months)
    make_releases_key(folder.releases_key)
    seal = PublisherSeal.read(folder.releases_key)
    policy, zero = policy_set(DisclosureSettings()), dict.fromkeys(DisclosureFigures.__struct_fields__, 0)
    files: dict[str, bytes] = {}
    for number in range(1, count + 1):
        tables = [_released(one, hidden=10 + 5 * number) for one in counted]
        files = files or dict(publication(tables, beside))
        outputs, size = outputs_of(tables), ledger.size_of(connection)
        proposal = Proposal(
            proposed_by="person.1",
            first=first,
            last=last,
            area=None,
            tables=(),
            cycle=filled.sizes.months,
            ledger_entries=size,
            ledger_root=ledger.root_of(connection, size).hex(),
            policy=policy,
            policy_digest=policy.digest,
            code="benchmark",
            inputs="ab" * 32,
            released=digest_of(outputs),
            files=manifest_of(files),
            earlier=tuple((one.number, one.digest) for one in published_before(connection)),
            figures=DisclosureFigures(**zero),
        )
        shown: dict[ShownPart, bytes] = {
            "shown-tables": packed(outputs),
            "shown-files": packed(files_of(files.items())),
        }
        digest, at = digest_of(proposal), filled.at(number / count)
        place = releases.add_release(
            connection, digest=digest, proposal=canonical(proposal).decode(), proposed_by="person.1", now=at
        )
        parts = {part: seal.sealed(place, part, content) for part, content in shown.items()}
        releases.add_contents(connection, place, parts)
        if number < count:
            releases.set_release(connection, place, state="approved", decided_by="person.2", decided_at=at)
        enter(connection, "proposed", place, digest, filled.end, parts=list(parts))


def _released(table: CountTable, *, hidden: int) -> ReleasedTable:
    cells = {
        key: ReleasedCell("c", None)
        if 0 < cell.value < hidden
        else ReleasedCell(f"{cell.value:,}", cell.value)
        for key, cell in table.cells.items()
    }
    return ReleasedTable(
        number=table.number,
        title=table.title,
        measure=table.measure,
        dimensions=table.dimensions,
        cells=cells,
    )
