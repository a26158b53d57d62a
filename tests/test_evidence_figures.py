"""Every figure of the evidence pack has a source, and counted again from there it is the same.

The counting here is slow and plain: SQL on the register's file, the settings file, raw measured figures.
"""

import hashlib
import json
import math
import re
import sqlite3
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from importlib.metadata import version
from typing import Any

import pytest
from scipy.stats import binomtest

from api.config import settings_text
from api.console_app.roles import ROLES
from api.evidence.database import is_figure
from api.evidence.texts import read_texts
from api.setting_meanings import SETTING_MEANINGS
from linkage.measured import METRICS
from linkage.measured_data import MEASURED
from linkage.shipped_profiles import shipped_profiles
from linkage.wire import records
from tests.support.console import needs_assets
from tests.support.evidence import NOW, Built, audit_figures, evaluation_figures, shared_pack
from tests.support.unit import PROFILE

pytestmark = needs_assets


@pytest.fixture(scope="module", name="built")
def _built() -> Built:
    return shared_pack()


@pytest.fixture(scope="module", name="register")
def _register(built: Built) -> Iterator[sqlite3.Connection]:
    """The register as it was when the pack was built."""
    with closing(sqlite3.connect(built.before.register_database)) as connection:
        yield connection


def rounded(count: int) -> str:
    """Round to tens, a five goes up; counts from 1 to 10 are not told."""
    return "c" if 0 < count <= 10 else f"{math.floor(count / 10 + 0.5) * 10:,}"


def test_every_figure_of_a_text_comes_out_again(built: Built, register: sqlite3.Connection) -> None:
    found = built.evidence("select name, value, source_kind, source, rule from facts")
    printed = {row[0] for row in built.evidence("select name from facts_of_items")}
    assert len(printed) > 40
    wrong = []
    for name, value, kind, source, rule in found:
        again = _again(built, register, name, kind, source)
        if name.startswith("precision"):
            assert rule == "rounded"
            links = register.execute("select links from link_runs order by id desc limit 1").fetchone()[0]
            again = "c" if rounded(links) == "c" else "not looked at: few links"
            assert links <= 10
        elif rule == "rounded":
            again = rounded(int(again))
        if again != value:
            wrong.append((name, value, again))
    assert wrong == []


def _again(built: Built, register: sqlite3.Connection, name: str, kind: str, source: str) -> str:
    if kind == "query":
        return _queried(register, name, source)
    if kind == "setting":
        linked = tomllib.loads(built.before.settings.read_text()).get("batches", {}).get("link", "day")
        words = {"arrival": "as soon as a submission arrives", "day": "once a day, after midnight"}
        known = {"database.register": "SQLite", "service.outside_checkpoints": "0"}
        return {**known, "batches.link": words[linked]}[source]
    if kind == "ledger":
        leaves = _leaves(register)
        return f"{len(leaves):,}" if source == "size" else _root(leaves).hex()
    if kind == "moment":
        return {"built_on": "23 November 2026", "built_at": f"{NOW:%Y-%m-%d %H:%M} UTC"}[name]
    if kind == "handed in":
        return _given_words() if name == "audit_given_words" else "1"
    return _FROM[name](built)


def _queried(register: sqlite3.Connection, name: str, source: str) -> str:
    sql, _, part = source.partition(" -- ")
    row = register.execute(sql).fetchone()
    value = None if row is None else row[0]
    if part:
        return str(json.loads(value)[part])
    if name == "release_newest":
        return "none yet" if value is None else str(json.loads(value)["first"])
    if name.startswith("precision"):
        return f"{100 * value:.1f}\u00a0%"
    if value is None:
        return "none yet"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _leaves(register: sqlite3.Connection) -> list[bytes]:
    rows = register.execute("select commitment, day, kind from ledger_entries order by entry")
    made = [
        {"commitment": one, "day": day, "format": "clew-ledger-leaf", "kind": kind, "version": 1}
        for one, day, kind in rows
    ]
    return [json.dumps(one, separators=(",", ":")).encode() for one in made]


def _root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + _root(leaves[:k]) + _root(leaves[k:])).digest()


def _card(built: Built) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(built.before.unit_card.read_text())
    return found


def _fingerprint(built: Built) -> str:
    card = _card(built)
    card["signature"] = None
    digest = hashlib.sha256(json.dumps(card, separators=(",", ":"), sort_keys=True).encode()).hexdigest()
    return " ".join(digest[:40][at : at + 4] for at in range(0, 40, 4))


def _paths(built: Built) -> list[Any]:
    names = ("receipts", "ledger", "linking", "register", "releases")
    root = built.before.root
    listed = [root / "secrets" / f"{one}.key" for one in names]
    listed += [
        root / one
        for one in (
            "secrets/audiences",
            "intake/encodings",
            "intake/payload",
            "encodings",
            "payload",
            "register.db",
            "unit.toml",
        )
    ]
    return [one for one in listed if one.exists()]


def _matrix(built: Built, what: str) -> list[Any]:
    return [row for row in built.evidence(f"select address, {what} from permissions") if row[1] == "yes"]


def _lights(light: str) -> Callable[[Built], str]:
    return lambda built: f"{built.evidence('select count(*) from audit_lights where light = ?', light)[0][0]}"


def _row_bytes(_: Built) -> str:
    return f"{16 + 1 + 1 + 4 + len(PROFILE.views) * PROFILE.length // 8}"


def _clear(_: Built) -> str:
    kinds = (records.Child, records.CareSpell, records.Episode, records.ReturnInterview, records.Coverage)
    return f"{sum(len(one.__struct_fields__) for one in kinds)}"


def _components(built: Built) -> list[dict[str, Any]]:
    bill = json.loads(built.text("sbom.cdx.json"))
    return [one for one in bill["components"] if one.get("scope") == "required"]


_FROM: dict[str, Callable[[Built], str]] = {
    "unit_name": lambda built: _card(built)["name"],
    "unit_fingerprint": _fingerprint,
    "clew_version": lambda _: version("clew"),
    "python_version": lambda _: sys.version.split()[0],
    "sqlite_version": lambda _: sqlite3.sqlite_version,
    "profile_views": lambda _: f"{len(PROFILE.views)}",
    "profile_length": lambda _: f"{PROFILE.length:,}",
    "profile_weak": lambda _: "0",
    "row_bytes": _row_bytes,
    "console_addresses": lambda built: f"{built.evidence('select count(*) from permissions')[0][0]:,}",
    "console_addresses_logged": lambda built: f"{len(_matrix(built, 'recorded')):,}",
    "console_files": lambda built: f"{len(_matrix(built, 'file'))}",
    "path_rights": lambda built: f"{len(_paths(built))}",
    "path_rights_open": lambda built: f"{sum(bool(one.stat().st_mode & 0o006) for one in _paths(built))}",
    "path_rights_open_names": lambda _: "unit.toml",
    "path_rights_written": lambda built: f"{sum(bool(one.stat().st_mode & 0o002) for one in _paths(built))}",
    "audit_red": _lights("red"),
    "audit_amber": _lights("amber"),
    "audit_green": _lights("green"),
    "audit_unmeasured": _lights("not measured"),
    "fields_encoded": lambda built: f"{built.evidence('select count(*) from fields_encoded')[0][0]}",
    "fields_clear": _clear,
    "fields_never": lambda built: f"{built.evidence('select count(*) from fields_never')[0][0]}",
    "sbom_components": lambda built: f"{len(_components(built))}",
    "sbom_locked": lambda built: f"{sum('externalReferences' in one for one in _components(built))}",
    "items": lambda built: f"{built.evidence('select count(*) from items where item <= 16')[0][0]}",
    "blanks": lambda _: f"{sum(one.text.count('[[') for one in read_texts())}",
}
"""By fact: from code or a file, counted another way than the pack does."""


def test_settings_that_texts_print_are_those_of_the_file(built: Built) -> None:
    own = tomllib.loads(built.before.settings.read_text())
    asked = {name for item in built.pack.gathered.items for name in item.settings}
    assert asked
    told = dict(built.evidence("select setting, value from settings"))
    for name in asked:
        part, _, rest = name.partition(".")
        value = own[part][rest]
        assert told[name] == ("yes" if value is True else f"{value:,}"), name
    known = tomllib.loads(settings_text("x"))
    for part, values in known.items():
        if isinstance(values, dict) and part not in {"database", "metrics", "service", "console", "spark"}:
            assert {f"{part}.{one}" for one in values} <= told.keys(), part


Rows = list[list[Any]]


def _share(value: float, *, percent: bool) -> str:
    return f"{100 * value:.1f}\u00a0%" if percent else f"{value:.3f}"


def _in_force(register: sqlite3.Connection) -> Any:
    text = register.execute("select descriptor from epochs where current").fetchone()[0]
    return MEASURED[json.loads(text)["profile_digest"]]


def _audit_lights(register: sqlite3.Connection) -> Rows:
    digest = json.loads(register.execute("select descriptor from epochs where current").fetchone()[0])[
        "profile_digest"
    ]
    known: Any = MEASURED[digest]
    rows = []
    for metric in METRICS:
        name, percent = metric.name, metric.percent
        if name not in known["privacy"]:
            continue
        one = known["privacy"][name]
        low, high = one["low"], one["high"]
        if name != "f1-cost":
            low, high = max(low, 0.0), min(high, 1.0)
        interval = f"{_share(low, percent=percent)} to {_share(high, percent=percent)}"
        rows.append([_share(one["value"], percent=percent), interval, one["seeds"]])
    return rows


def _audit_linkage(register: sqlite3.Connection) -> Rows:
    digest = json.loads(register.execute("select descriptor from epochs where current").fetchone()[0])[
        "profile_digest"
    ]
    known: Any = MEASURED[digest]
    return [
        [one["f1"]["value"], one["f1"]["low"], one["f1"]["high"], one.get("plain_text", {}).get("value")]
        for one in known["linkage"]
    ]


def _audit_given(_: sqlite3.Connection) -> Rows:
    found: Any = audit_figures()["findings"]
    rows = []
    for one in found:
        if one["strongest"]:
            low, value, high = (
                f"{100 * one[name]:.2f}\u00a0%" if one["percent"] else f"{one[name]:.3f}"
                for name in ("low", "value", "high")
            )
            rows.append([value, f"{low} to {high}", one["seeds"]])
    return rows


def _given_lights() -> dict[str, int]:
    found: Any = audit_figures()["findings"]
    return Counter(one["light"] for one in found if one["light"])


def _given_words() -> str:
    found = _given_lights()
    return (
        f"The audit of {PROFILE.name} comes to red {found['red']}, amber {found['amber']}, "
        f"green {found['green']}."
    )


def _audit_results(_: sqlite3.Connection) -> Rows:
    audit: Any = audit_figures()
    found, sizes = _given_lights(), audit["sizes"]
    shape = [sizes["people"], sizes["graph"], sizes["dense"], len(audit["seeds"])]
    return [[found["red"], found["amber"], found["green"], 0, *shape]]


def _runs(register: sqlite3.Connection) -> Rows:
    sql = "select id, records, links, possible, persons, precision, precision_low, precision_high"
    rows = register.execute(f"{sql} from link_runs order by id desc").fetchall()
    return [
        [row[0], *(_number(rounded(one)) for one in row[1:5]), *_expected(row[5:], row[2])] for row in rows
    ]


def _expected(shares: Sequence[float | None], links: int) -> list[float | None]:
    """Shares of a rounded count, in whole per cent; the ends rounded outwards."""
    whole = _number(rounded(links))
    if not whole:
        return [None] * 3
    right = [None if one is None else max(0.0, 100 - (1 - one) * links / whole * 100) for one in shares]
    share, low, high = right
    return [
        None if share is None else math.floor(share + 0.5 + 1e-9) / 100,
        None if low is None else math.floor(low + 1e-9) / 100,
        None if high is None else math.ceil(high - 1e-9) / 100,
    ]


def _number(text: str) -> int | None:
    """A count as the database of the pack has it; None where it is suppressed."""
    return None if text == "c" else int(text.replace(",", ""))


def _groups(register: sqlite3.Connection) -> Rows:
    body = json.loads(register.execute("select body from review_views where position = -1").fetchone()[0])
    rows = []
    for one in body["groups"]:
        counts = [_number(rounded(one[name])) for name in ("records", "links", "possible")]
        if (one["kind"], one["name"]) == ("agency", "E09"):  # beside the only agency with few possible links
            counts[2] = None
        rows.append([*counts, *_expected([one["precision"], one["low"], one["high"]], one["links"])])
    return rows


def _evaluation(_: sqlite3.Connection) -> Rows:
    """Shares, and Wilson's intervals, of rounded counts; of few pairs nothing."""
    rows: list[list[Any]] = []
    for true, found, correct in _evaluated():
        if true <= 10:
            rows.append([])
            continue
        shares = []
        for whole, lost in ((found, found - correct), (true, true - correct)):
            of, part = (_number(rounded(one)) or 0 for one in (whole, lost))
            shares += [(of - part) / of, *_wilson(of - part, of)]
        rows.append([_number(rounded(true)), *(round(one, 4) for one in shares)])
    return rows


def _differences(_: sqlite3.Connection) -> Rows:
    (all_true, all_found, all_correct), *groups = _evaluated()
    rows: list[list[Any]] = []
    for place, every in ((0, all_true), (1, all_found)):
        for group in groups:
            of, lost, whole, part = (
                _number(rounded(one)) or 0
                for one in (group[place], group[place] - group[2], every, every - all_correct)
            )
            if group[place] > 10:
                ends = [
                    _wilson(count - miss, count) for count, miss in ((of, lost), (whole - of, part - lost))
                ]
                own, rest = 1 - lost / of, 1 - (part - lost) / (whole - of)
                down = math.hypot(own - ends[0][0], ends[1][1] - rest)
                up = math.hypot(ends[0][1] - own, rest - ends[1][0])
                rows.append([round(one, 4) for one in (own - rest, own - rest - down, own - rest + up)])
    return rows


def _wilson(part: int, whole: int) -> tuple[float, float]:
    found = binomtest(part, whole).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def _evaluated() -> list[tuple[int, int, int]]:
    given: Any = evaluation_figures()
    parts = (given["pairs"], *given["groups"])
    return [(one["true"], one["found"], one["correct"]) for one in parts]


def _kinds(register: sqlite3.Connection) -> Rows:
    found = Counter(row[0] for row in register.execute("select kind from ledger_entries"))
    return [[found[one]] for one in sorted(found)]


def _log(register: sqlite3.Connection) -> Rows:
    words = (
        "custodians",
        "succession",
        "epoch",
        "agency-enrolled",
        "agency-removed",
        "revocation",
        "audience-key",
    )
    rows = register.execute("select entry, kind from ledger_entries order by entry")
    return [[entry] for entry, kind in rows if kind.startswith(words)]


def _epochs(register: sqlite3.Connection) -> Rows:
    rows = register.execute("select descriptor from epochs order by opens desc")
    return [[len(json.loads(row[0])["signatures"])] for row in rows]


def _accounts(register: sqlite3.Connection) -> Rows:
    found = Counter(register.execute("select roles, state from console_accounts").fetchall())
    return [[found[one]] for one in sorted(found, key=lambda one: (tuple(one[0].split()), one[1]))]


def _alerts(register: sqlite3.Connection) -> Rows:
    rows = register.execute("select kind, closed_at from alerts").fetchall()
    kinds = sorted({row[0] for row in rows})
    return [[sum(row[0] == one for row in rows), sum(row == (one, None) for row in rows)] for one in kinds]


def _erasures(register: sqlite3.Connection) -> Rows:
    rows = register.execute("select scope, erased_at, certificate from erasures").fetchall()
    scopes = ("record", "person", "agency", "retention")
    return [
        [
            sum(row[0] == one for row in rows),
            sum(row[0] == one and row[1] is not None for row in rows),
            sum(row[0] == one and row[2] is not None for row in rows),
        ]
        for one in scopes
    ]


def _releases(register: sqlite3.Connection) -> Rows:
    return [
        [row[0], int(json.loads(row[1])["first"][:4])]
        for row in register.execute("select number, proposal from releases")
    ]


def _row(_: sqlite3.Connection) -> Rows:
    sizes = [16, 1, 1, 4, *(PROFILE.length // 8 for _ in PROFILE.views)]
    return [[sum(sizes[:place]), size] for place, size in enumerate(sizes)]


COUNTED: dict[str, Callable[[sqlite3.Connection], Rows]] = {
    "accounts": _accounts,
    "alerts": _alerts,
    "audit-given": _audit_given,
    "audit-results": _audit_results,
    "audit-lights": _audit_lights,
    "audit-linkage": _audit_linkage,
    "custody-log": _log,
    "epochs": _epochs,
    "erasures": _erasures,
    "evaluation": _evaluation,
    "evaluation-differences": _differences,
    "ledger-kinds": _kinds,
    "quality-groups": _groups,
    "quality-runs": _runs,
    "specimen-row": _row,
}
"""By table: its figures, row by row, counted from the source; None where none may be told."""

ELSEWHERE = {
    "audit-controls": "the file that is handed in",
    "disclosure": "the settings file",
    "facts-of-unit": "facts, which are counted above",
    "group-captures": "the page of governance, whose rows they are",
    "group-differences": "the page of governance, whose rows they are",
    "group-findings": "the page of governance, whose sentences they are",
    "group-quality": "the page of governance, whose rows they are",
    "handed-in": "seeds, which the file that is handed in has",
    "permissions-by-part": "the permission matrix, below",
    "releases": "below",
    "retention": "the settings file",
    "roles": "the permission matrix, below",
    "settings": "the settings file",
    "sbom": "versions, which the test of the bill compares",
}


def test_every_figure_of_a_table_comes_out_again(built: Built, register: sqlite3.Connection) -> None:
    told: dict[str, dict[int, list[str]]] = {}
    for name, value in built.evidence(
        "select name, value from figures where name not like 'fact.%' order by rowid"
    ):
        table, row, _ = name.split(".")
        told.setdefault(table, {}).setdefault(int(row), []).append(value)
    assert told.keys() <= COUNTED.keys() | ELSEWHERE.keys(), "a table with figures that nothing here counts"
    assert {"quality-groups", "audit-lights", "ledger-kinds"} <= told.keys()
    for table in sorted(told.keys() & COUNTED.keys()):
        counted = [[str(one) for one in row if one is not None] for row in COUNTED[table](register)]
        assert [told[table][row] for row in sorted(told[table])] == [row for row in counted if row], table


def test_tables_of_settings_are_those_of_the_file(built: Built) -> None:
    own = tomllib.loads(built.before.settings.read_text())
    meanings = dict(built.evidence("select setting, meaning from settings"))
    assert meanings == dict(SETTING_MEANINGS)
    for part in ("retention", "disclosure"):
        told = dict(built.evidence(f"select setting, value from {part}"))
        wanted = {
            f"{part}.{name}": "yes" if value is True else f"{value:,}" for name, value in own[part].items()
        }
        assert told == wanted


def test_roles_are_counted_from_the_matrix(built: Built) -> None:
    rows = built.evidence("select address, method, who, confirmed, file from permissions")
    words = {
        "operator": "Operator",
        "reviewer": "Clerical reviewer",
        "governance": "Information governance",
        "publisher": "Publisher",
    }
    assert words.keys() == set(ROLES)
    counted = []
    for role in ROLES:
        own = [row for row in rows if words[role] in row[2].split(", ")]
        posted = [row for row in own if row[1] == "POST"]
        acts = [row for row in posted if re.match("/(operator|review|governance|publisher)", row[0])]
        confirmed = sum(row[3] == "yes" for row in acts)
        files = sum(row[4] == "yes" for row in own)
        elsewhere = len(posted) - len(acts)
        counted.append((words[role], len(own) - len(posted), len(acts), confirmed, elsewhere, files))
    assert built.evidence("select role, pages, acts, confirmed, own_acts, files from roles") == counted
    own_acts = {row[0] for row in rows if row[1] == "POST" and row[0].startswith("/governance")}
    assert own_acts == {"/governance/checkpoints"}, "the note under the table speaks of one act"
    parts = built.evidence('select part, "all" from permissions_by_part')
    assert dict(parts) == Counter(f"/{row[0].split('/')[1]}" for row in rows)


def test_the_release_log_says_what_was_asked_for(built: Built, register: sqlite3.Connection) -> None:
    rows = register.execute("select number, state, digest, proposed_at from releases").fetchall()
    told = built.evidence("select number, state, digest, proposed_on from releases")
    assert told == [(*row[:3], row[3][:10]) for row in rows]
    assert told


def test_no_number_stands_in_a_table_without_being_a_figure(built: Built) -> None:
    shown = {name for item in built.pack.gathered.items for name in item.tables}
    figures = {row[0] for row in built.evidence("select name from figures")}
    for name in shown:
        table = built.pack.gathered.tables[name]
        assert table.source.where, name
        for number, row in enumerate(table.rows, start=1):
            for column, value in zip(table.columns, row, strict=True):
                assert is_figure(value, column.kind) == (f"{name}.{number}.{column.name}" in figures)
    sources = {row[0] for row in built.evidence("select source from figures")}
    assert "" not in sources


def test_profiles_are_measured_where_lights_are_shown() -> None:
    assert PROFILE.digest in MEASURED
    assert PROFILE.digest in {one.digest for one in shipped_profiles().values()}
