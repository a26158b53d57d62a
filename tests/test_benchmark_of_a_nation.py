"""The simulated nation is what was asked for, and a run that was killed goes on as if it had not been."""

import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.national.agencies import Asked, Month
from benchmarks.national.case_systems import CaseSystems, as_of
from benchmarks.national.linkage_unit import database_urls, job_times
from benchmarks.national.meters import Meter, disk_bytes
from benchmarks.national.nation import Cohort, Nation, Scale
from benchmarks.national.quality import measured_quality, pair_quality
from benchmarks.national.simulation import Simulation, request_figures
from linkage.errors import InputError
from linkage.lab.extracts import Table
from tests.support.processes import ROOT

SMALL = Scale(children=250, episodes_a_year=80, agencies=9, months=36, seed=3, cohort=100)


@pytest.fixture(scope="module")
def cohorts() -> list[Cohort]:
    return list(Nation(SMALL).cohorts())


def test_children_and_absences_are_as_many_as_were_asked_for(cohorts: list[Cohort]) -> None:
    assert [one.children for one in cohorts] == [100, 100, 50]
    assert sum(one.absences for one in cohorts) == SMALL.episodes == 3 * 80
    agencies = Nation(SMALL).agencies
    assert Counter(one.role for one in agencies) == {"council": 7, "police": 2}


def test_no_child_and_no_reference_is_in_two_cohorts(cohorts: list[Cohort]) -> None:
    children = [set(one.entity_of.values()) for one in cohorts]
    assert all(each <= set(range(100 * n, 100 * n + 100)) for n, each in enumerate(children))
    references = Counter(key for one in cohorts for key in one.entity_of)
    assert max(references.values()) == 1
    for column, name in (("episodes", "report_ref"), ("episodes", "episode_id")):
        seen: Counter[tuple[str, str]] = Counter()
        for one in cohorts:
            for extract in one.extracts:
                table = extract.tables[column]
                if name in table.columns:
                    place = table.columns.index(name)
                    seen.update((extract.agency.code, row[place]) for row in table.rows)
        assert max(seen.values()) == 1


def test_a_cohort_is_the_same_whatever_was_made_before(cohorts: list[Cohort]) -> None:
    assert Nation(SMALL).cohort(1) == cohorts[1]
    assert next(Nation(SMALL).cohorts(2)) == cohorts[2]


def test_cohorts_are_made_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real = Nation.cohort
    monkeypatch.setattr(Nation, "cohort", lambda self, number: (made.append(number), real(self, number))[1])
    each = Nation(SMALL).cohorts()
    next(each)
    assert made == [0]


def test_some_children_are_known_to_several_agencies_and_some_go_missing_often(
    cohorts: list[Cohort],
) -> None:
    holders: dict[int, set[str]] = {}
    reports: Counter[tuple[str, str]] = Counter()
    for one in cohorts:
        for (agency, _), child in one.entity_of.items():
            holders.setdefault(child, set()).add(agency)
        for extract in one.extracts:
            table = extract.tables["episodes"]
            whose = table.columns.index("child_id" if "child_id" in table.columns else "child_ref")
            reports.update((extract.agency.code, row[whose]) for row in table.rows)
    assert max(map(len, holders.values())) > 2
    assert max(reports.values()) > 3 * sum(reports.values()) / len(reports)


def test_a_nation_that_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="absences cannot be had"):
        Nation(Scale(children=100, episodes_a_year=100_000, agencies=9, months=12)).cohort(0)
    with pytest.raises(InputError, match="agencies: too few"):
        Scale(children=100, episodes_a_year=10, agencies=1, months=12)


def test_case_systems_go_on_after_the_last_whole_cohort(tmp_path: Path) -> None:
    nation, words = Nation(SMALL), []
    whole = CaseSystems(tmp_path / "whole", nation)
    whole.make(words.append)
    assert words[-1] == "250 of 250 children made"

    broken = CaseSystems(tmp_path / "broken", nation)

    def stop(message: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken.make(stop)
    (half,) = (tmp_path / "broken").glob("E06009001/children.csv")
    with half.open("ab") as stream:
        stream.write(b"HALF,A,ROW")
    (tmp_path / "broken" / "E06009001" / "more.csv").write_text("begun\n")
    broken.make(words.append)
    files = {path.relative_to(whole.folder) for path in whole.folder.rglob("*.csv")}
    assert files == {path.relative_to(broken.folder) for path in broken.folder.rglob("*.csv")}
    for path in files:
        assert (whole.folder / path).read_bytes() == (broken.folder / path).read_bytes()
    assert whole.totals == broken.totals
    with pytest.raises(InputError, match="another scale"):
        CaseSystems(tmp_path / "whole", Nation(Scale(300, 80, 9, 36))).make(words.append)


SPELLS = Table(("child_id", "start", "end"), [("a", "01/02/2024", "10/06/2024"), ("b", "20/05/2024", "")])
EPISODES = Table(
    ("episode_id", "child_id", "start", "end"),
    [
        ("1", "a", "30/04/2024", "02/05/2024"),
        ("2", "b", "01/06/2024", "02/06/2024"),
        ("3", "c", "01/03/2024", "05/03/2024"),
    ],
)  # fmt: skip
INTERVIEWS = Table(("episode_id", "offered_date", "completed"), [("1", "03/05/2024", "07/05/2024 10:00")])
CHILDREN = Table(("child_id", "forename"), [("a", "A"), ("b", "B"), ("c", "C")])
COVERAGE = Table(("area", "month"), [("E1", f"2024-{month:02d}") for month in range(1, 13)])
COUNCIL = {
    "care_spells": SPELLS, "episodes": EPISODES, "interviews": INTERVIEWS,
    "children": CHILDREN, "coverage": COVERAGE,
}  # fmt: skip


OPEN = ("a", "01/02/2024", "")


@pytest.mark.parametrize(
    ("last", "spells", "episodes", "interviews", "children"),
    [
        (dt.date(2024, 4, 29), [OPEN], [], [], ["a"]),
        (dt.date(2024, 4, 30), [OPEN], [("1", "a", "30/04/2024", "")], [], ["a"]),
        (dt.date(2024, 5, 31), [OPEN, SPELLS.rows[1]], [EPISODES.rows[0]], [INTERVIEWS.rows[0]], ["a", "b"]),
        (dt.date(2024, 6, 30), SPELLS.rows, EPISODES.rows[:2], [INTERVIEWS.rows[0]], ["a", "b"]),
    ],
)
def test_an_export_knows_what_had_happened_by_its_day(
    last: dt.date,
    spells: list[tuple[str, ...]],
    episodes: list[tuple[str, ...]],
    interviews: list[tuple[str, ...]],
    children: list[str],
) -> None:
    found = as_of(COUNCIL, dt.date(2024, 4, 1), last)
    assert found["care_spells"].rows == spells
    assert found["episodes"].rows == episodes
    assert found["interviews"].rows == interviews
    assert [row[0] for row in found["children"].rows] == children
    assert [row[1] for row in found["coverage"].rows] == [f"2024-{m:02d}" for m in range(4, last.month + 1)]


def test_police_export_reports_alone() -> None:
    reports = Table(
        ("report_ref", "last_seen", "found"),
        [("1", "2024-04-30T10:00", "2024-05-01T09:00"), ("2", "2024-05-02T10:00", "")],
    )
    found = as_of({"episodes": reports, "coverage": COVERAGE}, dt.date(2024, 4, 1), dt.date(2024, 4, 30))
    assert set(found) == {"episodes", "coverage"}
    assert found["episodes"].rows == [("1", "2024-04-30T10:00", "")]


@given(st.integers(1, 120))
def test_months_follow_each_other(number: int) -> None:
    scale = Scale(1, 1, 2, 120)
    month = Month.of(scale, number)
    assert (month.last + dt.timedelta(days=1)).day == 1
    assert month.first <= month.last <= month.period.end.date
    assert month.period.end.date - month.first in {dt.timedelta(days=364), dt.timedelta(days=365)}
    if number > 1:
        before = Month.of(scale, number - 1)
        assert 28 <= (month.last - before.last).days <= 31


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=30))
def test_quality_is_what_counting_pairs_one_by_one_gives(records: list[tuple[int, int]]) -> None:
    persons, children = (np.array(each, dtype=np.int64) for each in zip(*records, strict=True))
    found = pair_quality(persons, children)
    pairs = [(a, b) for n, a in enumerate(records) for b in records[n + 1 :]]
    said = [pair for pair in pairs if pair[0][0] == pair[1][0]]
    true = [pair for pair in pairs if pair[0][1] == pair[1][1]]
    right = [(a, b) for a, b in said if a[1] == b[1]]
    assert found.precision == (len(right) / len(said) if said else 1.0)
    assert found.recall == (len(right) / len(true) if true else 1.0)
    whole = {
        child
        for _, child in records
        if len({p for p, c in records if c == child}) == 1
        and {c for p, c in records if p in {q for q, d in records if d == child}} == {child}
    }
    assert found.whole == len(whole) / len({child for _, child in records})


def test_a_record_that_the_truth_does_not_know_is_no_small_matter() -> None:
    with pytest.raises(KeyError):
        measured_quality([("E1", "00" * 16, "p")], {"E1": {}})


def test_a_job_begins_when_its_worker_has_ended_the_one_before() -> None:
    def at(second: int) -> str:
        return f"2026-01-01T00:00:{second:02d}.000000Z"

    found = job_times(
        [
            ("check-payload", "register", at(0), at(2)),
            ("check-encodings", "linking", at(1), at(3)),
            ("check-payload", "register", at(0), at(5)),
            ("link", "linking", at(10), at(14)),
        ]
    )
    assert (found["check-payload"].count, found["check-payload"].seconds) == (2, 5.0)
    assert (found["check-encodings"].seconds, found["link"].seconds) == (2.0, 4.0)


def test_requests_are_told_by_kind_with_what_was_refused() -> None:
    asked = [Asked("PUT chunks", n / 100, 10, 20, 200 if n else 503) for n in range(100)]
    found = request_figures([*asked, Asked("GET results", 1.0, 1, 1, 200)])
    assert found["PUT chunks"] == {"count": 100, "p50": 0.5, "p99": 0.99, "most": 0.99, "refused": 1}
    assert found["GET results"]["p99"] == 1.0


def test_meters_see_what_a_process_and_its_children_use(tmp_path: Path) -> None:
    held = """if True:
        import time
        x = bytearray(b"1") * 50_000_000
        while time.process_time() < 0.3:
            pass
        print(1, flush=True)
        time.sleep(60)"""
    process = subprocess.Popen([sys.executable, "-c", held], stdout=subprocess.PIPE)
    try:
        meter = Meter({"one": process.pid, "gone": 2**22 - 1})
        assert process.stdout is not None
        process.stdout.readline()
        meter.look()
    finally:
        process.kill()
        process.communicate()
    assert meter.used["one"].anonymous_bytes > 50_000_000
    assert meter.used["one"].rss_bytes >= meter.used["one"].anonymous_bytes
    assert meter.used["gone"].rss_bytes == 0
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"123")
    assert disk_bytes(tmp_path) == {"a": 3}


def test_three_databases_need_three_urls() -> None:
    assert database_urls(None) is None
    urls = database_urls("postgresql+psycopg://clew@/x_{store}")
    assert urls is not None
    assert urls["payload"] == "postgresql+psycopg://clew@/x_payload"
    with pytest.raises(InputError, match="three databases"):
        database_urls("postgresql+psycopg://clew@/x")


TINY = ("--children", "60", "--episodes-a-year", "12", "--agencies", "3", "--months", "2", "--cohort", "40")


def _run(*words: str | Path) -> "subprocess.Popen[bytes]":
    command = [
        sys.executable,
        "-m",
        "benchmarks.national",
        *map(str, words),
        "--no-statistics",
        "--senders",
        "1",
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)


def _children_of(process: "subprocess.Popen[bytes]") -> Iterator[int]:
    from benchmarks.national.meters import own_tree

    return (one for one in own_tree(process.pid) if one != process.pid)


@contextlib.contextmanager
def _running(*words: str | Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run it, and let nothing of it be left over."""
    process = _run(*words)
    try:
        yield process
    finally:
        _kill(process)
        process.communicate()


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill it and all that it started, as with the machine: nobody tidies up."""
    for one in [process.pid, *_children_of(process)] if process.poll() is None else []:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def test_a_run_that_is_killed_goes_on(tmp_path: Path, soak: bool) -> None:
    if not soak:
        pytest.skip("half a minute's work: run with --soak")
    folder = tmp_path / "nation"
    sent = folder / "months" / "001" / "sent.jsonl"
    with _running("--folder", folder, *TINY) as first:
        while not (sent.exists() and sent.read_text()):
            assert first.poll() is None, first.communicate()[1].decode()
            time.sleep(0.02)
        _kill(first)
    with sent.open("a") as stream:
        stream.write('{"agency": "E0600')  # a line that was being written
    with _running("--resume", folder) as again:
        out, err = again.communicate()
    assert again.returncode == 0, err.decode()
    whole = json.loads(out)
    assert whole == json.loads((folder / "result.json").read_text())
    one, two = whole["months"]
    assert (one["sessions"], one["sessions_measured"]) == (2, 1)
    assert (two["sessions"], two["sessions_measured"]) == (1, 1)
    assert 0 < one["submissions"] <= two["submissions"] <= 3
    members = two["stores"]["register"]["rows"]["memberships"]
    assert two["linkage"]["records"] == two["quality"]["records"] == members
    assert two["comparisons"] > 0
    assert two["network"]["up"] > two["encodings_bytes"]
    assert two["jobs"]["link"]["count"] == two["jobs"]["reconcile"]["count"] == 1
    assert two["quality"]["precision"] > 0.9
    with pytest.raises(InputError, match="no simulation"):
        Simulation.resumed(tmp_path / "nowhere")
