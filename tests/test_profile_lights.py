"""A light is shown only for what was measured, and by the thresholds of the targets."""

import importlib.util
import math
import re
from pathlib import Path

import msgspec
import pytest

from cli.main import main
from cli.profile.lights import lights_summary, lights_words
from linkage import measured as measured_module
from linkage.measured import (
    METRICS,
    Figure,
    LinkageFigure,
    Measured,
    MetricName,
    light,
    measured,
    measured_source,
    possible,
    read_measured,
)
from linkage.shipped_profiles import shipped_profile, shipped_profiles

BY_NAME = {metric.name: metric for metric in METRICS}
PROFILE = shipped_profile("child-1")


def _figure(value: float, seeds: int = 5) -> Figure:
    low, high = round(value - 0.001, 6), round(value + 0.001, 6)
    return Figure(value=value, low=low, high=high, seeds=seeds)


MADE_UP = Measured(
    setting='Made up: an attacker with a "list" of nobody, who knows every attribute of nobody at all',
    privacy={
        "known-pairs-20": _figure(0.004),
        "known-pairs-100": _figure(0.05),
        "known-pairs-500": _figure(0.6),
        "unique-encodings": _figure(0.998, seeds=1),
    },
    linkage=(
        LinkageFigure(world="nowhere", at="best", f1=_figure(0.98), plain_text=_figure(0.97)),
        LinkageFigure(world="elsewhere", at="default", f1=_figure(0.9)),
    ),
)


@pytest.mark.parametrize(
    ("name", "green", "amber", "red"),
    [
        ("known-pairs-20", 0.01, 0.02, 0.0201),
        ("known-pairs-100", 0.02, 0.10, 0.1001),
        ("known-pairs-500", 0.10, 0.50, 0.5001),
        ("most-confident-100", 0.10, 0.25, 0.2501),
        ("graph-whole-overlap", 0.01, 0.05, 0.0501),
        ("graph-partial-overlap", 0.01, 0.05, 0.0501),
        ("graph-dense-class", 0.02, 0.25, 0.2501),
        ("bit-frequency-sd", 0.04, 0.10, 0.1001),
        ("popcount-correlation", 0.1999, 0.2, 0.6),
        ("unique-encodings", 0.995, 0.97, 0.9699),
        ("f1-cost", 0.005, 0.02, 0.0201),
        ("f1-cost", -0.1, 0.0051, 1.0),
    ],
)
def test_lights_change_where_the_targets_say(
    name: MetricName, green: float, amber: float, red: float
) -> None:
    metric = BY_NAME[name]
    assert [light(metric, value) for value in (green, amber, red)] == ["green", "amber", "red"]


def test_every_metric_has_its_limits_in_the_right_order() -> None:
    assert len(BY_NAME) == len(METRICS) == 11
    for metric in METRICS:
        assert (metric.green > metric.red) == metric.more_is_better


def test_without_figures_no_light_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measured_module, "MEASURED", {})
    for name in shipped_profiles():
        assert main(["profile", "show", name]) == 0
        shown = capsys.readouterr().out.split("Audit lights")[1]
        assert "not measured" in shown
        assert "python -m benchmarks.encoding --write" in shown
        assert not any(colour in shown.split() for colour in ("green", "amber", "red"))
    assert main(["profile", "compare", "child-1", "person-1"]) == 0
    assert not any(colour in capsys.readouterr().out for colour in ("green", "amber"))


def test_figures_are_shown_with_light_interval_seeds_and_limits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measured_module, "MEASURED", {PROFILE.digest: msgspec.to_builtins(MADE_UP)})
    assert main(["profile", "show", "child-1"]) == 0
    shown = " ".join(capsys.readouterr().out.split("Audit lights")[1].split())
    assert (
        "green other records re-identified from 20 known pairs: "
        "0.40 % (0.30 % to 0.50 %, 5 seeds); green up to 1.00 %, red above 2.00 %"
    ) in shown
    assert "red other records re-identified from 500 known pairs: 60.00 %" in shown
    assert "(99.70 % to 99.90 %, 1 seed); green from 99.50 %, red below 97.00 %" in shown
    assert "not measured the same among 1,000 children born on one day" in shown
    assert "nowhere, at the best threshold in hindsight: F1 0.9800" in shown
    assert "5 seeds); plain text 0.9700" in shown
    assert "elsewhere, at its default: F1 0.9000" in shown
    assert main(["profile", "compare", "child-1", "person-1"]) == 0
    compared = " ".join(capsys.readouterr().out.split())
    assert "red 60.00 % │ not measured" in compared


def test_a_change_of_the_profile_leaves_it_without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measured_module, "MEASURED", {PROFILE.digest: msgspec.to_builtins(MADE_UP)})
    assert measured(PROFILE) == MADE_UP
    assert measured(msgspec.structs.replace(PROFILE, length=PROFILE.length + 64)) is None


def test_the_summary_counts_what_is_missing_too() -> None:
    assert lights_summary(MADE_UP) == "2 green, 1 amber, 1 red, 7 not measured"
    assert lights_summary(None) == "not measured"
    assert not any("green" in line for line in lights_words(None))


@pytest.mark.parametrize(
    "changes", [{"value": 0.5}, {"low": math.nan}, {"value": math.nan}, {"high": 2.0}, {"seeds": 0}]
)
def test_figures_that_cannot_be_are_refused(changes: dict[str, float]) -> None:
    content = {"value": 0.1, "low": 0.09, "high": 0.11, "seeds": 5} | changes
    with pytest.raises(msgspec.ValidationError):
        read_measured({"ab": {"setting": "x", "privacy": {"f1-cost": content}}})


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    file = tmp_path / "written.py"
    file.write_text(measured_source([(PROFILE, MADE_UP)]), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("written", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert read_measured(module.MEASURED) == {PROFILE.digest: MADE_UP}


def test_the_shipped_figures_are_well_formed_and_of_shipped_profiles() -> None:
    found = read_measured(measured_module.MEASURED)
    assert set(found) <= {profile.digest for profile in shipped_profiles().values()}


def test_a_cost_below_nothing_is_told_as_a_gain_and_no_interval_goes_beyond_what_can_be() -> None:
    found = measured(shipped_profile("child-1"))
    assert found is not None
    told = " ".join(" ".join(lights_words(found)).split())
    assert re.search(r"F1 lost against a plain CLK of the same data: [0-9.]+ points better \(", told)
    assert not re.search(r"[ (]-[0-9]", told)
    wide = Figure(value=0.973, low=0.909, high=1.0, seeds=2)
    for metric in METRICS:
        low, high = possible(metric, msgspec.structs.replace(wide, low=-0.1))
        assert (low, high) == ((-0.1 if metric.name == "f1-cost" else 0.0), 1.0)
