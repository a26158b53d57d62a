"""An audit runs every attack in units, gives the same figures again, and says when it is broken."""

import pytest

from linkage.audited.described import DESCRIBED
from linkage.audited.measures import MEASURES
from linkage.audited.reading import contradictions
from linkage.audited.report import AuditReport, Sizes
from linkage.errors import InputError
from linkage.lab.audit import assemble, audit, run_unit, units
from linkage.lab.crowds import children
from linkage.shipped_profiles import shipped_profile

SIZES = Sizes(people=240, graph=60, dense=60, controls=260, children=100)


@pytest.fixture(scope="module")
def plain() -> AuditReport:
    """Return an audit whose control experiments were not run: they are those of the other one."""
    profile = shipped_profile("clk-plain")
    work = [unit for unit in units(profile, seeds=(1,), sizes=SIZES) if not unit.control]
    results = [run_unit(profile, unit, sizes=SIZES) for unit in work]
    return assemble(profile, results, seeds=(1,), sizes=SIZES)


@pytest.fixture(scope="module")
def default() -> AuditReport:
    return audit(shipped_profile("child-1"), seeds=(1,), sizes=SIZES)


def value(report: AuditReport, measure: str, side: str = "none") -> float:
    (found,) = (
        one.value
        for one in report.findings
        if (one.measure, one.side, one.strongest) == (measure, side, True)
    )
    return found


def test_all_control_experiments_succeed(default: AuditReport) -> None:
    assert [control.words for control in default.controls if not control.reached] == []
    assert not default.broken
    assert {control.attack for control in default.controls} == {one.attack for one in DESCRIBED}


def test_an_audit_without_control_experiments_is_broken(plain: AuditReport) -> None:
    assert plain.broken
    assert not any(control.reached and not control.at_most for control in plain.controls)


def test_a_plain_filter_is_red_and_the_default_far_from_it(plain: AuditReport, default: AuditReport) -> None:
    red = {finding.measure for finding in plain.red}
    assert {"known-pairs-20", "known-pairs-100", "landmarks-100", "membership-100"} <= red
    assert {"column-entropy", "columns-together", "popcount-correlation", "graph-whole-overlap"} <= red
    assert value(plain, "known-pairs-100") > 0.9 > 0.1 > value(default, "known-pairs-100")
    assert value(plain, "membership-100") > 0.9 > 0.65 > value(default, "membership-100")
    assert value(default, "dictionary-right-key") == value(default, "membership-right-key") == 1.0


def test_every_attack_has_findings_and_every_finding_a_measure(default: AuditReport) -> None:
    assert {finding.attack for finding in default.findings} == {one.attack for one in DESCRIBED}
    for finding in default.findings:
        assert MEASURES[finding.measure].attack == finding.attack
        assert finding.low <= finding.value <= finding.high
        if finding.light is not None:
            assert finding.strongest
            assert finding.side == "none"
    assert {one.attack for one in default.findings if one.side == "payload"} >= {
        "dictionary",
        "known-pairs",
        "landmarks",
        "membership",
        "payload",
    }


def test_clear_fields_alone_are_what_guessing_reaches(default: AuditReport) -> None:
    alone = value(default, "payload-alone", "payload")
    (finding,) = (
        one
        for one in default.findings
        if (one.measure, one.side, one.strongest) == ("dictionary-wrong-key", "payload", True)
    )
    assert finding.chance == pytest.approx(alone)
    assert finding.low <= alone <= finding.high


def test_what_is_left_out_is_said(plain: AuditReport, default: AuditReport) -> None:
    assert any("1,500" in line for line in default.left_out)
    assert any("one view" in line for line in plain.left_out)
    assert not any("one view" in line for line in default.left_out)


def test_no_result_contradicts_itself(plain: AuditReport, default: AuditReport) -> None:
    for report in (plain, default):
        assert list(contradictions(report)) == []


def test_units_give_the_same_again_and_none_may_be_missing() -> None:
    profile = shipped_profile("clk-plain")
    work = units(profile, seeds=(2,), sizes=SIZES)
    chosen = [unit for unit in work if unit.attack in {"landmarks", "cross-variant"} and not unit.control]
    results = [run_unit(profile, unit, sizes=SIZES) for unit in chosen]
    assert results == [run_unit(profile, unit, sizes=SIZES) for unit in chosen]
    with pytest.raises(InputError, match="an audit lacks"):
        assemble(profile, results, seeds=(2,), sizes=SIZES)


def test_people_of_ones_own_and_odd_requests() -> None:
    profile, people = shipped_profile("clk-plain"), children(60, 9).people
    with pytest.raises(InputError, match="says nothing"):
        units(profile, seeds=(1,), sizes=SIZES, people=people[:39])
    with pytest.raises(InputError, match="no two of them alike"):
        units(profile, seeds=(1, 1), sizes=SIZES)
    work = [unit for unit in units(profile, seeds=(1,), sizes=SIZES, people=people) if not unit.control]
    assert {unit.part for unit in work if unit.attack == "known-pairs"} == {"20"}
    results = [run_unit(profile, unit, sizes=SIZES, people=people) for unit in work]
    report = assemble(profile, results, seeds=(1,), sizes=SIZES, people=people)
    assert report.own_people == 60
    assert list(contradictions(report)) == []
    assert {finding.side for finding in report.findings} == {"none"}
    assert any("clear fields" in line for line in report.left_out)
