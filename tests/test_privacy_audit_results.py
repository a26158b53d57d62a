"""A result is taken only if nothing in it contradicts anything else in it, and says what it leaves open."""

import json
from collections.abc import Callable
from itertools import islice, permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from api.evidence.handed_in import read_handed_in
from cli.privacy_audit.commands import EXIT_BROKEN, EXIT_RED, privacy_audit
from cli.privacy_audit.results import BEGINS, ENDS
from linkage.audited.measures import MEASURES, light_of
from linkage.audited.reading import read_audit_report
from linkage.audited.report import AuditReport, Sizes
from linkage.encode.identifiers import Identifiers
from linkage.errors import InputError, VersionError
from linkage.lab.audit import run_unit
from linkage.lab.audit_results import Unit
from linkage.measured import METRICS, light
from linkage.shipped_profiles import shipped_profile
from tests.support.made_audits import made_audit

Change = Callable[[dict[str, Any]], object]


def finding(found: dict[str, Any], measure: str, place: int = 0) -> dict[str, Any]:
    some: list[dict[str, Any]] = [one for one in found["findings"] if one["measure"] == measure]
    return some[place]


def _drop(part: str, keep: Callable[[dict[str, Any]], bool]) -> Change:
    return lambda found: found.update({part: [one for one in found[part] if keep(one)]})


FORGED: dict[str, tuple[Change, str]] = {
    "green at 99 %": (
        lambda found: finding(found, "known-pairs-100").update(value=0.99, high=0.995, low=0.98),
        "its value is red, and it says green",
    ),
    "red that is green": (lambda found: finding(found, "known-pairs-100").update(light="red"), "says red"),
    "a light beside clear fields": (
        lambda found: finding(found, "known-pairs-100", 2).update(light="green"),
        "says green",
    ),
    "no light": (lambda found: finding(found, "known-pairs-100").update(light=None), "says no light"),
    "other limits": (
        lambda found: finding(found, "known-pairs-100").update(green=0.99),
        "limits are not those",
    ),
    "other words": (lambda found: finding(found, "known-pairs-100").update(words="nobody"), "its words"),
    "a person for a method": (
        lambda found: finding(found, "known-pairs-100").update(method="Amelia"),
        "its method",
    ),
    "an interval elsewhere": (
        lambda found: finding(found, "known-pairs-100").update(low=0.5, high=0.6),
        "does not hold the value",
    ),
    "more seeds": (lambda found: finding(found, "known-pairs-100").update(seeds=6), "more seeds"),
    "no interval": (lambda found: finding(found, "known-pairs-100").update(low=None), "or none of these"),
    "a stronger method": (
        lambda found: finding(found, "known-pairs-100", 1).update(value=0.5, high=0.6),
        "another method is stronger",
    ),
    "a method twice": (
        lambda found: found.update(findings=[*found["findings"], finding(found, "known-pairs-100", 1)]),
        "a method is there twice",
    ),
    "a measure left out": (
        _drop("findings", lambda one: one["attack"] != "graph"),
        "graph-dense-class is missing",
    ),
    "no findings": (_drop("findings", lambda one: False), "is missing"),
    "a failed control that holds": (
        lambda found: found["controls"][0].update(value=0.0),
        "did not come to what is said of it",
    ),
    "a failed control and not broken": (
        lambda found: found["controls"][0].update(value=0.0, reached=False),
        "broken if a control experiment failed",
    ),
    "broken without reason": (lambda found: found.update(broken=True), "and only then"),
    "no controls": (_drop("controls", lambda one: False), "it has 0 control experiments"),
    "a bound that is easily reached": (
        lambda found: found["controls"][0].update(value=0.1, must_reach=0.1),
        "did not come to",
    ),
    "no seeds": (lambda found: found.update(seeds=[]), "no seeds"),
    "one seed twice": (lambda found: found.update(seeds=[1, 1]), "one twice"),
    "a sentence of its own": (lambda found: found.update(setting="Amelia Whitcombe"), "its setting"),
    "left out at will": (lambda found: found.update(left_out=["graph matching"]), "left out"),
    "other papers": (lambda found: found["attacks"][0].update(papers=["x"]), "not described"),
    "another profile's digest": (lambda found: found.update(profile="mine"), "the profile child-1"),
    "a weak default": (lambda found: found.update(weak=True), "the profile child-1"),
    "no digest": (lambda found: found.update(digest="../x"), "no digest"),
    "a control character": (
        lambda found: found.update(profile="child\x1b[2J", digest="0" * 64),
        "no name",
    ),
}


@pytest.mark.parametrize("forged", FORGED)
def test_what_contradicts_itself_is_refused_wherever_it_is_read(forged: str, tmp_path: Path) -> None:
    change, words = FORGED[forged]
    found: dict[str, Any] = msgspec.to_builtins(made_audit())
    change(found)
    path = tmp_path / "result.json"
    path.write_text(json.dumps(found))
    with pytest.raises(InputError) as caught:
        read_audit_report(path.read_bytes(), where="result.json")
    assert words in caught.value.message
    assert caught.value.message.startswith("result.json: ")
    assert "Amelia" not in caught.value.message
    with pytest.raises(InputError, match=r"result\.json"):
        read_handed_in((path,), ())
    document = tmp_path / "document.md"
    document.write_text(f"{BEGINS}\n{ENDS}\n")
    for given in (("show", path), ("table", path, "--write", document)):
        assert isinstance(clew(*given).exception, InputError)
    assert document.read_text() == f"{BEGINS}\n{ENDS}\n"


@pytest.mark.parametrize(
    "content",
    [
        "[" * 200_000,
        "\x00",
        "{}",
        '{"format":"clew-privacy-audit","version":1}',
        json.dumps(msgspec.to_builtins(made_audit()) | {"note": "Amelia Whitcombe 485 777 3456"}),
        msgspec.json.encode(made_audit()).decode().replace('"value":0.0075', '"value":1e999', 1),
        msgspec.json.encode(made_audit()).decode().replace('"value":0.0075', '"value":NaN', 1),
        msgspec.json.encode(made_audit()).decode().replace('"value":0.0075', '"value":7', 1),
    ],
)
def test_what_is_no_result_is_refused_in_a_sentence(content: str) -> None:
    with pytest.raises(InputError, match="not a result"):
        read_audit_report(content.encode(), where="x")


def test_another_version_is_named() -> None:
    found = msgspec.to_builtins(made_audit()) | {"version": 2, "new": True}
    with pytest.raises(VersionError, match="version 2"):
        read_audit_report(json.dumps(found).encode(), where="x")


def clew(*arguments: object) -> Result:
    return CliRunner().invoke(privacy_audit, [str(one) for one in arguments], standalone_mode=False)


def shown(report: AuditReport, folder: Path) -> Result:
    (folder / "result.json").write_bytes(msgspec.json.encode(report))
    return clew("show", folder / "result.json")


def test_true_results_are_read_and_shown(tmp_path: Path) -> None:
    good = shown(made_audit(), tmp_path)
    assert (good.return_value, good.exception) == (0, None)
    assert "0 red" in good.stdout
    red = shown(made_audit(values={"known-pairs-100": 0.5}), tmp_path)
    assert red.return_value == EXIT_RED
    broken = shown(made_audit(controls={"graph-plain": 0.2}), tmp_path)
    assert broken.return_value == EXIT_BROKEN
    assert "graph matching names the people behind a plain CLK" in broken.stdout


def test_what_cannot_be_told_has_no_light_and_is_said(tmp_path: Path) -> None:
    report = made_audit(values={"popcount-correlation": None})
    assert next(one.light for one in report.findings if one.measure == "popcount-correlation") is None
    printed = " ".join(shown(report, tmp_path).stdout.split())
    assert "1 cannot be told" in printed
    assert "number of tokens: cannot be told" in printed


def test_names_of_even_make_leave_a_correlation_untold() -> None:
    """Everybody has as many tokens as everybody else, so that nothing can go with their number."""
    letters = permutations("bcdfghj", 5)
    people = [
        Identifiers(forename="".join(one), surname="klmnp", date_of_birth="2011-04-23", sex="F")
        for one in islice(letters, 220)
    ]
    sizes = Sizes(people=220, graph=20, dense=20, controls=100, children=100)
    unit = Unit(attack="columns", seed=1)
    result = run_unit(shipped_profile("clk-plain"), unit, sizes=sizes, people=people)
    told = {one.measure: one.value for one in result.values}
    assert told["popcount-correlation"] is None
    assert told["bit-frequency-sd"] is not None
    measure = MEASURES["popcount-correlation"]
    assert [light_of(measure, value) for value in (None, float("nan"), float("inf"))] == [None] * 3
    with pytest.raises(ValueError, match="no light"):
        light(METRICS[0], float("nan"))


def test_an_interval_that_reaches_into_another_light_is_said(tmp_path: Path) -> None:
    printed = " ".join(shown(made_audit(values={"known-pairs-100": 0.0195}), tmp_path).stdout.split())
    assert "the interval reaches into amber: more --seeds or --people would tell" in printed
    assert printed.count("reaches into") == 1


def test_an_audit_of_fewer_people_says_for_how_many_its_limits_were_made(tmp_path: Path) -> None:
    small = Sizes(people=400, graph=60, dense=75, children=400)
    printed = " ".join(shown(made_audit(sizes=small), tmp_path).stdout.split())
    assert "a reduced audit: limits were made for 5,000 people" in printed
    assert "this one has 400, 60 and 75" in printed
    assert "500 landmarks" in printed
    assert "reduced" not in shown(made_audit(), tmp_path).stdout
