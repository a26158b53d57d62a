"""What is handed in to the evidence pack is told at its top, and brings no word of anybody's own with it."""

import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.evidence.building import build_pack
from api.evidence.evaluated import read_evaluation, told
from api.evidence.handed_in import read_handed_in
from api.evidence.tables_given import given_fact, given_tables
from api.evidence.values import Counts, DataTable
from linkage.audited.reading import read_audit_report
from linkage.audited.report import Sizes
from linkage.differences import Comparison, GroupDifference
from linkage.errors import InputError
from linkage.lab.evaluation_differences import sentences
from linkage.lab.names import ORIGINS
from linkage.shares import Interval
from linkage.shipped_profiles import shipped_profile
from tests.support.evidence import Built, audit_figures, evaluation_figures, seen, shared_pack
from tests.support.made_audits import made_audit


@pytest.fixture(scope="module", name="built")
def _built() -> Built:
    return shared_pack()


def test_what_was_handed_in_is_shown_and_written_anew(built: Built) -> None:
    given = (built.folder.parent / "given" / "audit.json").read_bytes()
    kept = built.text("handed-in/audit-1.json")
    assert msgspec.json.decode(kept) == msgspec.json.decode(given)
    assert read_audit_report(kept.encode(), where="x") == read_audit_report(given, where="x")
    told = json.loads(built.text("handed-in/evaluation-1.json"))
    assert [one["pairs"] for one in told["groups"]] == [1200, 700, 490, "c"]
    assert "Encodes a list of people under a key" in built.text("06-privacy-audit.html")
    assert "Of 100 true pairs with sex “F” 81 are found, of others 98" in built.text(
        "07-linkage-quality.html"
    )
    files = built.evidence("select file, in_force, sound, sha256 from handed_in")
    assert [one[:3] for one in files] == [("audit-1.json", "yes", "yes"), ("evaluation-1.json", "yes", None)]
    for name, *_, digest in files:
        assert hashlib.sha256((built.folder / "handed-in" / name).read_bytes()).hexdigest() == digest
    found = built.evidence("select light, settled from audit_given where what like '%from 100 known pairs'")
    assert found[0] == ("green", "yes")


def test_the_result_of_what_was_handed_in_stands_on_top(built: Built, tmp_path: Path) -> None:
    page = built.text("06-privacy-audit.html")
    top = page[: page.index("Measured with this release")]
    assert "comes to red 1, amber 1, green 16" in top
    with given_tables_of(built, tmp_path, sizes=Sizes(people=400, graph=60, dense=75)) as (words, tables):
        assert "It is reduced" in words
        assert "left 3 things out" in words
        said = " ".join(str(row[1]) for row in tables["audit-left-out"].rows)
        assert "limits were made for 5,000 people" in said
        assert "1,500 known pairs" in said
        assert tables["audit-results"].rows[0][8:11] == (400, 60, 75)


def test_an_audit_whose_controls_failed_says_nothing(built: Built, tmp_path: Path) -> None:
    other = shipped_profile("child-1-high")
    with given_tables_of(built, tmp_path, other, controls={"graph-plain": 0.5}) as (words, tables):
        assert "is broken: a control experiment failed, and it says nothing" in words
        assert "not the profile in force" in words
        lights = {row[2] for row in tables["audit-given"].rows}
        assert lights == {"says nothing"}
        (row,) = tables["handed-in"].rows
        assert row[5:7] == ("no", "no: a control experiment failed")
        assert tables["audit-results"].rows[0][3:7] == (None,) * 4


@contextlib.contextmanager
def given_tables_of(
    built: Built, folder: Path, *of: Any, **made: Any
) -> Iterator[tuple[str, dict[str, DataTable]]]:
    (folder / "audit.json").write_bytes(msgspec.json.encode(made_audit(*of, **made)))
    with seen(built.before, read_handed_in((folder / "audit.json",), ())) as one:
        yield str(given_fact(one).value), {table.name: table for table in given_tables(one)}


NAMED = "Amelia Whitcombe"


def test_no_name_that_a_file_brings_with_it_comes_into_the_pack(built: Built, tmp_path: Path) -> None:
    audit, evaluation = tmp_path / f"audit-{NAMED}.json", tmp_path / f"evaluation-{NAMED}.json"
    own = {**audit_figures(profile=NAMED, digest="0" * 64)}
    audit.write_text(json.dumps(own))
    figures: Any = evaluation_figures()
    figures |= {"name": NAMED, "profile": NAMED, "profile_digest": "0" * 64, "sources": [NAMED]}
    figures["groups"] += [
        {**figures["groups"][0], "kind": kind, "name": NAMED} for kind in ("council", NAMED)
    ]
    claim = "are found, of others 98.0; the difference of 27.6 (16.0 to 42.4) is more than chance."
    figures["group_differences"]["sentences"] += [
        f"{NAMED} was linked wrongly.",
        f"Of 100 true pairs of records of persons of council “{NAMED}” 70.5 {claim}",
        f"Of 100 true pairs of records of persons of ethnicity “black” 70.5 {claim}",
    ]
    evaluation.write_text(json.dumps(figures))
    with seen(built.before, read_handed_in((audit,), (evaluation,))) as one:
        pack = build_pack(one)
    for name, content in pack.files.items():
        assert "Amelia" not in name
        assert b"Amelia" not in content, name
        assert b"Whitcombe" not in content, name
        if name.endswith(".docx"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                assert not any(b"Amelia" in archive.read(part) for part in archive.namelist()), name
    told = json.loads(pack.files["handed-in/evaluation-1.json"])
    assert [(one["kind"], one["name"]) for one in told["groups"][4:]] == [
        ("council", "group 1"),
        ("other groups", "group 1"),
    ]
    assert any("council “group 1” 81 are found, of others" in one for one in told["sentences"])
    assert any("of pairs too few for figures here: 1." in one for one in told["sentences"])  # no pairs of it
    assert "70.5" not in json.dumps(told)
    assert told["left_out"] == 1
    (tmp_path / "noted.json").write_text(json.dumps(audit_figures(note=NAMED)))
    with pytest.raises(InputError, match="not a result"):
        read_handed_in((tmp_path / "noted.json",), ())


def test_every_origin_and_ethnicity_of_a_made_up_world_has_its_name_in_the_pack() -> None:
    groups = [("name origin", one.name) for one in ORIGINS]
    groups += [("ethnicity", code) for one in ORIGINS for code, _ in one.ethnicities]
    spans = {"precision_interval": [0.5, 1.0], "recall_interval": [0.5, 1.0]}
    counts = {"true": 100, "found": 100, "correct": 90, "precision": 0.9, "recall": 0.9, "f1": 0.9}
    figures = evaluation_figures()
    figures["groups"] = [{"kind": kind, "name": name, **counts, **spans} for kind, name in set(groups)]
    found = told(read_evaluation(json.dumps(figures).encode(), where="x"), 1, Counts(10, 10))
    assert {(one.kind, one.name) for one in found.groups} == {("all", "all"), *groups}


@pytest.mark.parametrize("outcome", ["recall", "precision"])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("missing", "nothing"),
        ("missing", "date of birth"),
        ("ethnicity", "black"),
        ("age band", "10-15"),
        ("sex", "female"),
        ("source", "E09"),
        ("name origin", "somali"),
    ],
)
def test_sentences_that_an_evaluation_writes_are_known_to_the_pack(
    outcome: str, kind: str, name: str
) -> None:
    spread = Interval(0.71, 0.6, 0.8)
    difference = Interval(-0.27, -0.42, -0.16)
    one = GroupDifference(
        outcome, kind, name, 40, 80.0, spread, Interval(0.98, 0.9, 1.0), difference, 0.001, True
    )
    few = replace(one, chance=None, claimed=False)
    for found in (Comparison(0.05, (one, few), ()), Comparison(0.05, (few,), ())):
        figures: Any = evaluation_figures()
        figures["group_differences"]["sentences"] = sentences(found)
        given = told(read_evaluation(json.dumps(figures).encode(), where="x"), 1, Counts(10, 10))
        assert given.left_out == 0
