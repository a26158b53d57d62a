"""The shipped default may have no red light, neither measured here nor in the figures it is shipped with."""

import pytest

from linkage.audited.report import AuditReport, Sizes
from linkage.lab.audit import audit
from linkage.measured import METRICS, light, measured
from linkage.shipped_profiles import shipped_profile

DEFAULT = "child-1"
REDUCED = (Sizes(people=1000, graph=200, dense=250, controls=400, children=400), (1,))
FULL = (Sizes(people=2000, graph=400, dense=500), (1, 2, 3))


def audited(name: str, *, soak: bool) -> AuditReport:
    sizes, seeds = FULL if soak else REDUCED
    return audit(shipped_profile(name), seeds=seeds, sizes=sizes)


@pytest.fixture(scope="module")
def soak(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--soak"))


@pytest.fixture(scope="module")
def default(soak: bool) -> AuditReport:
    return audited(DEFAULT, soak=soak)


def test_every_control_experiment_comes_out(default: AuditReport) -> None:
    assert [control.words for control in default.controls if not control.reached] == []
    assert not default.broken


def test_the_default_is_nowhere_red(default: AuditReport) -> None:
    assert sum(finding.light is not None for finding in default.findings) >= 10
    assert [(one.measure, one.method, one.value) for one in default.red] == []


def test_the_figures_that_the_default_is_shipped_with_are_nowhere_red() -> None:
    found = measured(shipped_profile(DEFAULT))
    assert found is not None, "the shipped default has no figures: measure it"
    lights = {
        metric.name: light(metric, found.privacy[metric.name].value)
        for metric in METRICS
        if metric.name in found.privacy
    }
    assert len(lights) >= 10
    assert [name for name, one in lights.items() if one == "red"] == []


def test_the_same_audit_finds_a_plain_clk_red(soak: bool) -> None:
    found = audited("clk-plain", soak=soak)
    red = {one.measure for one in found.red}
    assert {"known-pairs-20", "known-pairs-100", "graph-whole-overlap", "bit-frequency-sd"} <= red
    assert not found.broken
