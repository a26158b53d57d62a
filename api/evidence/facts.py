"""The facts that texts of the pack may name, each with the source from which anybody counts it again."""

import sqlite3
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version

from sqlalchemy import Connection, func, select
from sqlalchemy.sql.selectable import FromClause

from api.evidence.coarse import expected_shares
from api.evidence.gathering import Seen
from api.evidence.tables_given import given_fact
from api.evidence.values import Fact, Source, Value, shown
from api.overview import guarding, quality, strength, viewed
from api.overview.specimen import row_bytes
from api.privacy_settings import LinkWhen
from api.releasing import said_of
from api.store import accounts, alerts, record_tables, releases, schema, schema_audiences
from linkage.register.statistics.periods import Period
from linkage.wire.cards import card_fingerprint

__all__ = ["facts_of"]

_NONE_YET = "none yet"
_COUNT = "select count(*) from"


def facts_of(seen: Seen) -> Iterator[Fact]:
    """Yield every fact that rests on the unit itself."""
    for find in (
        _of_unit,
        _of_ledger,
        _of_epochs,
        _of_agencies,
        _of_linkage,
        _of_people,
        _of_releases,
        _of_keeping,
        _of_audits,
    ):
        yield from find(seen)


def _query(sql: str, *, about_children: bool = False) -> Source:
    return Source("query", sql, "rounded" if about_children else "as it is")


def _counted(connection: Connection, table: FromClause, *conditions: object) -> int:
    query = select(func.count()).select_from(table)
    for one in conditions:
        query = query.where(one)  # type: ignore[arg-type]
    return int(connection.scalar(query) or 0)


def _of_unit(seen: Seen) -> Iterator[Fact]:
    file = Source("file", "unit-card.json: name")
    yield Fact("unit_name", "name of the linkage unit", seen.card.name, file)
    fingerprint = card_fingerprint(seen.card)
    yield Fact(
        "unit_fingerprint", "fingerprint of the unit's card", fingerprint, Source("file", "unit-card.json")
    )
    moment = Source("moment", "the clock of the machine that built the pack")
    yield Fact("built_on", "day of the pack", f"{seen.now.day} {seen.now:%B %Y}", moment)
    yield Fact("built_at", "moment of the pack", f"{seen.now:%Y-%m-%d %H:%M} UTC", moment)
    yield Fact("clew_version", "release of Clew", version("clew"), Source("code", "clew"))
    python = ".".join(str(one) for one in sys.version_info[:3])
    yield Fact("python_version", "release of Python", python, Source("code", "sys.version_info"))
    kind = "SQLite" if seen.settings.database.url("register") is None else "PostgreSQL"
    yield Fact("database_kind", "kind of database", kind, Source("setting", "database.register"))
    when = _LINKED[seen.settings.batches.link]
    yield Fact("linked_when", "when this unit links", when, Source("setting", "batches.link"))
    yield Fact("sqlite_version", "release of SQLite", sqlite3.sqlite_version, Source("code", "sqlite3"))


_LINKED: Mapping[LinkWhen, str] = {
    "arrival": "as soon as a submission arrives",
    "day": "once a day, after midnight",
    "cycle": "with each cycle alone, for which such a child waits, too",
}


def _of_ledger(seen: Seen) -> Iterator[Fact]:
    point, _ = seen.checkpoint
    yield Fact("ledger_entries", "entries of the ledger", point.size, Source("ledger", "size"))
    yield Fact(
        "ledger_root", "root over the entries of the ledger", point.root.hex(), Source("ledger", "root")
    )
    first = seen.connection.scalar(select(func.min(schema.ledger_entries.c.day)))
    sql = "select min(day) from ledger_entries"
    yield Fact("ledger_first_day", "day of the first entry", first or _NONE_YET, _query(sql))
    witnesses = guarding.witnesses(seen.connection, seen.folder, seen.settings)
    source = Source("setting", "service.outside_checkpoints")
    yield Fact("witnesses", "checkpoints kept elsewhere that the settings name", len(witnesses), source)
    good = sum(one.good for one in witnesses)
    yield Fact("witnesses_good", "checkpoints kept elsewhere that the ledger goes on from", good, source)


def _of_epochs(seen: Seen) -> Iterator[Fact]:
    found = next((one for one in seen.epochs if one.state == "in force"), None)
    said = None if found is None else found.descriptor
    sql = "select descriptor from epochs where current"
    words = {
        "epoch_name": ("epoch in force", "epoch"),
        "epoch_opens": ("first moment of the epoch in force", "opens"),
        "epoch_closes": ("last moment of the epoch in force", "closes"),
        "profile_name": ("encoding profile in force", "profile_name"),
        "profile_digest": ("digest of the encoding profile in force", "profile_digest"),
    }
    for name, (what, part) in words.items():
        value = "none" if said is None else str(getattr(said, part))
        yield Fact(name, what, value, Source("query", f"{sql} -- {part}"))
    profile = seen.profile
    code = Source("code", "linkage.shipped_profiles:shipped_profiles")
    yield Fact("profile_views", "views of the profile", None if profile is None else len(profile.views), code)
    yield Fact("profile_length", "bits of a view", None if profile is None else profile.length, code)
    yield Fact("profile_weak", "whether the profile is weak", profile is None or profile.weak, code)
    row = None if profile is None else row_bytes(profile)
    yield Fact("row_bytes", "bytes of one row of encodings", row, code)
    yield Fact("epochs", "epochs ever adopted", len(seen.epochs), _query("select count(*) from epochs"))
    closed = "select count(*) from epochs where closed_at is not null"
    count = sum(one.closed_at is not None for one in seen.epochs)
    yield Fact("epochs_closed", "epochs closed", count, _query(closed))
    gone = "select count(*) from destructions where destroyed_at is not null"
    yield Fact(
        "epochs_destroyed",
        "epochs destroyed",
        sum(one.destroyed_at is not None for one in seen.epochs),
        _query(gone),
    )
    connection = seen.connection
    for name, table, what in (
        ("custodians", schema.custodians, "key custodians pinned"),
        ("successions", schema.successions, "times that custodians changed"),
        ("revocations", schema.revocations, "cards and epochs revoked"),
    ):
        yield Fact(name, what, _counted(connection, table), _query(f"{_COUNT} {table.name}"))
    threshold = connection.scalar(select(schema.trust.c.threshold))
    yield Fact(
        "custodian_threshold", "custodians who must sign", threshold, _query("select threshold from trust")
    )


def _of_agencies(seen: Seen) -> Iterator[Fact]:
    enrolled = [one.agency for one in seen.agencies if one.agency.enrolled]
    sql = "select count(*) from agencies where removed_at is null"
    yield Fact("agencies", "agencies enrolled", len(enrolled), _query(sql))
    for name, role, what in (("councils", "council", "councils"), ("forces", "police", "police forces")):
        count = sum(one.role == role for one in enrolled)
        yield Fact(name, f"{what} enrolled", count, _query(f"{sql} and role = '{role}'"))
    submitted = sum(one.accepted is not None for one in seen.agencies)
    sql = "select count(distinct agency) from submissions where state = 'accepted'"
    yield Fact("agencies_submitted", "agencies with an accepted snapshot", submitted, _query(sql))
    states = [one.states for one in seen.agencies]
    total = sum(sum(one.values()) for one in states)
    yield Fact("submissions", "submissions ever", total, _query("select count(*) from submissions"))
    for state in ("accepted", "refused"):
        sql = f"{_COUNT} submissions where state = '{state}'"
        count = sum(one.get(state, 0) for one in states)
        yield Fact(f"submissions_{state}", f"submissions {state}", count, _query(sql))
    found = alerts.all_alerts(seen.connection)
    yield Fact("alerts", "alerts of probing", len(found), _query("select count(*) from alerts"))
    sql = "select count(*) from alerts where closed_at is null"
    count = sum(one.closed_at is None for one in found)
    yield Fact("alerts_open", "alerts of probing still open", count, _query(sql))


def _of_linkage(seen: Seen) -> Iterator[Fact]:
    cycles = schema.cycles
    rows = seen.connection.execute(
        select(cycles.c.number, cycles.c.closed_at).order_by(cycles.c.number)
    ).all()
    yield Fact("cycles", "cycles of reconciliation", len(rows), _query("select count(*) from cycles"))
    newest = rows[-1] if rows else None
    number = _NONE_YET if newest is None else newest.number
    yield Fact("newest_cycle", "number of the newest cycle", number, _query("select max(number) from cycles"))
    sql = "select substr(max(closed_at), 1, 10) from cycles"
    day = _NONE_YET if newest is None else newest.closed_at[:10]
    yield Fact("newest_cycle_day", "day of the newest cycle", day, _query(sql))
    run = next(iter(quality.recent_runs(seen.connection, 1)), None)
    last = "from link_runs order by id desc limit 1"
    for name in ("records", "persons", "links"):
        value: Value = _NONE_YET if run is None else seen.counts.of(getattr(run, name))
        source = _query(f"select {name} {last}", about_children=True)
        yield Fact(name, f"{name} of the newest linkage", value, source)
    names = ("precision", "precision_low", "precision_high")
    shares = [None if run is None else getattr(run, name) for name in names]
    told = expected_shares(seen.counts, shares, 0 if run is None else run.links)
    for name, share in zip(names, told, strict=True):
        said = "not stated" if share is None else shown(share, "percent")
        what = f"{name.replace('_', ', ')} of its links, as it states".replace("low", "from").replace(
            "high", "to"
        )
        yield Fact(name, what, said, _query(f"select {name} {last}", about_children=True))
    given = sum(quality.count_answers(seen.connection).values())
    sql = "select count(*) from (select distinct agency, query from answers)"
    yield Fact(
        "answers_given",
        "answers of agencies about quality",
        seen.counts.of(given),
        _query(sql, about_children=True),
    )


def _of_people(seen: Seen) -> Iterator[Fact]:
    known = accounts.all_accounts(seen.connection)
    sql = "select count(*) from console_accounts"
    yield Fact("accounts", "accounts of the console", len(known), _query(sql))
    active = sum(one.state == "active" for one in known)
    yield Fact(
        "accounts_active",
        "accounts of the console that are active",
        active,
        _query(f"{sql} where state = 'active'"),
    )
    several = sum(len(one.roles) > 1 for one in known)
    source = _query(f"{sql} where roles like '% %'")
    yield Fact("accounts_several_roles", "accounts with more than one role", several, source)
    approvers = schema_audiences.approvers
    count = _counted(seen.connection, approvers, approvers.c.removed_at.is_(None))
    sql = "select count(*) from approvers where removed_at is null"
    yield Fact("approvers", "approvers enrolled", count, _query(sql))
    count = _counted(seen.connection, schema_audiences.reidentifications)
    sql = "select count(*) from reidentifications"
    yield Fact("reidentifications", "requests ever made to open a pseudonym", count, _query(sql))
    code = Source("code", "api.console_app.permissions:granted")
    pages = seen.addresses
    yield Fact("console_addresses", "addresses of the console", len(pages), code)
    logged = sum(one.logged for one in pages)
    yield Fact("console_addresses_logged", "addresses of the console recorded at every view", logged, code)
    yield Fact(
        "console_files", "addresses of the console that hand out a file", sum(one.file for one in pages), code
    )
    views = viewed.count_views(seen.connection)
    sql = "select count(*) from console_views"
    yield Fact("views_recorded", "views of pages on record", views, _query(sql))
    paths = guarding.path_rights(seen.folder)
    rights = Source("file", "rights of the data folder")
    yield Fact("path_rights", "files and folders that a wall rests on", len(paths), rights)
    open_paths = sum(one.everybody for one in paths)
    yield Fact("path_rights_open", "files and folders of a wall open to every account", open_paths, rights)
    names = ", ".join(one.name for one in paths if one.everybody) or "none"
    yield Fact("path_rights_open_names", "which these are", names, rights)
    written = sum(one.mode[-2] == "w" for one in paths)
    yield Fact("path_rights_written", "of them those that every account may write", written, rights)


def _of_releases(seen: Seen) -> Iterator[Fact]:
    found = releases.all_releases(seen.connection)
    for state in ("approved", "withdrawn"):
        sql = f"{_COUNT} releases where state = '{state}'"
        count = sum(one.state == state for one in found)
        yield Fact(f"releases_{state}", f"releases of statistics that are {state}", count, _query(sql))
    newest = next((one for one in reversed(found) if one.state == "approved"), None)
    sql = "from releases where state = 'approved' order by number desc limit 1"
    said = None if newest is None else said_of(newest)
    period = _NONE_YET if said is None else Period(said.first, said.last).code
    yield Fact(
        "release_newest", "period of the newest approved release", period, _query(f"select proposal {sql}")
    )
    day = _NONE_YET if newest is None or newest.decided_at is None else newest.decided_at[:10]
    source = _query(f"select substr(decided_at, 1, 10) {sql}")
    yield Fact("release_newest_day", "day on which it was approved", day, source)


def _of_keeping(seen: Seen) -> Iterator[Fact]:
    table = record_tables.erasures
    count = _counted(seen.connection, table)
    yield Fact("erasures", "erasures ever asked for", count, _query("select count(*) from erasures"))
    certified = _counted(seen.connection, table, table.c.certificate.is_not(None))
    sql = "select count(*) from erasures where certificate is not null"
    yield Fact("erasures_certified", "erasures with a certificate", certified, _query(sql))
    ran = seen.connection.scalar(select(func.max(record_tables.retention_runs.c.ran_at)))
    sql = "select substr(max(ran_at), 1, 10) from retention_runs"
    day = _NONE_YET if ran is None else ran[:10]
    yield Fact("retention_last_run", "day of the last run of the retention schedule", day, _query(sql))


def _of_audits(seen: Seen) -> Iterator[Fact]:
    audits = strength.profile_audits(seen.connection)
    counted = next((one.counted for one in audits if one.in_force), {})
    source = Source("code", "linkage.measured:measured")
    for light in ("red", "amber", "green", "not measured"):
        name = f"audit_{light}".replace("not measured", "unmeasured")
        yield Fact(name, f"measures of the profile in force that are {light}", counted.get(light, 0), source)
    audit, evaluation = bool(seen.handed_in.audits), bool(seen.handed_in.evaluations)
    yield Fact("audit_given", "whether an audit was handed in", audit, Source("handed in", "--audit"))
    yield given_fact(seen)
    yield Fact(
        "evaluation_given",
        "whether an evaluation was handed in",
        evaluation,
        Source("handed in", "--evaluation"),
    )
