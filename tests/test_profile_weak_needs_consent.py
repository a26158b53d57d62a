"""Nobody uses a weak profile by accident: every party must allow it, and wherever it shows it says weak."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.clock import utc_now
from api.store.database import Database
from api.trust import adopt_epoch
from cli.main import main
from linkage.encode.conformance import conformance_digest
from linkage.errors import ProfileError
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile, shipped_profiles
from linkage.weak_profiles import (
    ALLOW_WEAK_PROFILE,
    is_baseline,
    labelled_name,
    named_by_digest,
    require_epoch_profile,
)
from linkage.wire.canonical import canonical
from linkage.wire.epochs import EpochDescriptor
from linkage.wire.moments import Moment
from tests.support import custody_world
from tests.support.agency_desk import (
    Desk,
    Epoch,
    Outcome,
    UnitKeys,
    make_epoch,
    make_unit_keys,
    write_council,
)
from tests.support.custody_world import CUSTODIANS, Stages, World, in_the_epoch, refused, stages
from tests.support.processes import clew
from tests.support.unit import Unit, make_descriptor, make_unit

__all__ = ["in_the_epoch", "stages"]

WEAK = shipped_profile("person-1-open")
BASELINE = shipped_profile("clk-plain")
KEY = b"\x07" * 32


def test_the_shipped_profiles_that_are_weak_are_known() -> None:
    weak = {name for name, profile in shipped_profiles().items() if profile.weak}
    assert weak == {"person-1-open", "clk-plain"}
    assert [name for name, profile in shipped_profiles().items() if is_baseline(profile)] == ["clk-plain"]


@pytest.mark.parametrize("name", sorted(shipped_profiles()))
def test_who_needs_consent_and_who_never_gets_it(name: str) -> None:
    profile = shipped_profile(name)
    for allow_weak in (False, True):
        if is_baseline(profile):
            expected: str | None = "never for an epoch"
        else:
            expected = "known attacks" if profile.weak and not allow_weak else None
        if expected is None:
            require_epoch_profile(profile, allow_weak=allow_weak)
        else:
            with pytest.raises(ProfileError, match=expected):
                require_epoch_profile(profile, allow_weak=allow_weak)


def test_the_digest_and_not_the_name_says_that_a_profile_is_weak() -> None:
    assert named_by_digest("child-1", WEAK.digest) == "person-1-open (weak)"
    assert named_by_digest("child-1", shipped_profile("child-1").digest) == "child-1"
    assert named_by_digest("child-1", "ab" * 32) == "child-1 (not a profile of this release)"
    assert labelled_name(BASELINE) == "clk-plain (weak)"


# Custodians


@pytest.fixture
def unopened(stages: Stages, tmp_path: Path) -> World:
    return stages.at("prepared", tmp_path)


def _opened(world: World, profile: str, *more: str) -> custody_world.Outcome:
    folder = world.path / "weak-ceremony"
    cards = [part for name in CUSTODIANS for part in ("--custodian", world.path / name / "card.json")]
    terms = ("--epoch", "weak-1", "--profile", profile, "--threshold", "2")
    dates = ("--opens", "2025-04-01", "--closes", "2026-03-31")
    unit = ("--unit", world.path / "unit-card.json", "--folder", folder)
    return world.run("ceremony", "open", *terms, *dates, *unit, *cards, *more)


def test_a_ceremony_for_a_weak_profile_needs_every_custodians_consent(unopened: World) -> None:
    refused(_opened(unopened, "person-1-open"), "person-1-open (weak)", ALLOW_WEAK_PROFILE)
    assert not (unopened.path / "weak-ceremony").exists()
    allowed = _opened(unopened, "person-1-open", ALLOW_WEAK_PROFILE)
    assert allowed.code == 0, allowed.err
    assert "profile person-1-open (weak)" in allowed.err
    shared = unopened.path / "weak-ceremony"
    commit = ("ceremony", "commit", "--folder", shared, *custody_world.read_out(shared))
    own = ("--identity", unopened.path / CUSTODIANS[0])
    refused(unopened.run(*commit, *own), "person-1-open (weak)", ALLOW_WEAK_PROFILE)
    assert not list((unopened.path / "weak-ceremony").glob("commitment-*"))
    committed = unopened.run(*commit, *own, ALLOW_WEAK_PROFILE)
    assert committed.code == 0, committed.err


def test_the_baseline_gets_no_ceremony_at_all(unopened: World) -> None:
    refused(_opened(unopened, "clk-plain", ALLOW_WEAK_PROFILE), "only a baseline to measure against")
    assert not (unopened.path / "weak-ceremony").exists()


def test_a_sound_profile_needs_no_consent(unopened: World) -> None:
    assert _opened(unopened, "child-1-recall").code == 0


# The linkage unit


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return make_unit(tmp_path / "data")


@pytest.fixture
def database(unit: Unit) -> Iterator[Database]:
    opened = unit.database()
    yield opened
    opened.close()


def _descriptor(unit: Unit, profile: EncodingProfile) -> EpochDescriptor:
    later = Moment.day((utc_now() + dt.timedelta(days=1)).date())
    return make_descriptor(
        unit.card,
        unit.custodians,
        epoch="weak-1",
        opens=later,
        profile_name=profile.name,
        profile_digest=profile.digest,
    )


def _adopt(unit: Unit, database: Database, profile: EncodingProfile, *, allow_weak: bool) -> bool:
    with database.write() as connection:
        _, new = adopt_epoch(
            connection,
            unit.card,
            canonical(_descriptor(unit, profile)),
            custodians=(),
            threshold=None,
            now=utc_now(),
            allow_weak_profile=allow_weak,
        )
    return new


def test_the_unit_adopts_a_weak_epoch_only_with_consent(unit: Unit, database: Database) -> None:
    with pytest.raises(ProfileError, match="known attacks"):
        _adopt(unit, database, WEAK, allow_weak=False)
    with pytest.raises(ProfileError, match="never for an epoch"):
        _adopt(unit, database, BASELINE, allow_weak=True)
    assert _adopt(unit, database, WEAK, allow_weak=True)


def test_the_operators_commands_refuse_adopt_and_show_it(unit: Unit, tmp_path: Path) -> None:
    file = tmp_path / "weak.json"
    file.write_bytes(canonical(_descriptor(unit, WEAK)))
    command = ("register", "epoch", "adopt", "--data", unit.folder.root, "--descriptor", file)
    done = clew(*command)
    assert done.returncode == 1
    assert "person-1-open (weak)" in done.stderr
    assert ALLOW_WEAK_PROFILE in done.stderr
    status = json.loads(clew("register", "status", "--data", unit.folder.root, "--json").stdout)
    assert (status["epoch"], status["profile"]) == ("e1", "child-1")
    done = clew(*command, ALLOW_WEAK_PROFILE)
    assert done.returncode == 0, done.stderr
    assert "profile person-1-open (weak)" in done.stderr
    status = clew("register", "status", "--data", unit.folder.root).stdout
    assert "epoch weak-1, profile person-1-open (weak)" in status


# The agency


@pytest.fixture(scope="module")
def unit_keys() -> UnitKeys:
    return make_unit_keys()


def _epoch(unit: UnitKeys, profile: EncodingProfile) -> Epoch:
    return make_epoch(
        unit.card,
        key=KEY,
        profile_name=profile.name,
        profile_digest=profile.digest,
        conformance=conformance_digest(profile, KEY),
    )


def _join(desk: Desk, *more: str) -> Outcome:
    files = (desk.path / "epoch.json", "--wrapped-key", desk.path / "wrapped.json")
    return desk.run("join", *files, "--unit", desk.path / "unit.json", *more)


def test_an_agency_joins_and_encodes_under_a_weak_profile_only_with_consent(
    tmp_path: Path, unit_keys: UnitKeys
) -> None:
    epoch = _epoch(unit_keys, WEAK)
    desk = Desk(tmp_path / "desk", "E09", "council")
    assert desk.init(epoch).code == 0
    outcome = desk.join(epoch, unit_keys.card)
    assert outcome.code == 1
    assert "person-1-open (weak)" in outcome.err
    assert ALLOW_WEAK_PROFILE in outcome.err
    assert not (desk.workspace / "epoch.json").exists()
    outcome = _join(desk, ALLOW_WEAK_PROFILE)
    assert outcome.code == 0, outcome.err
    assert "profile person-1-open (weak)" in outcome.err

    source = write_council(tmp_path / "source", 2)
    outcome = desk.encode(source, "council-csv")
    assert outcome.code == 1
    assert "person-1-open (weak)" in outcome.err
    assert not desk.bundle.exists()
    outcome = desk.encode(source, "council-csv", ALLOW_WEAK_PROFILE)
    assert outcome.code == 0, outcome.err
    for bundle in (desk.bundle, desk.open_bundle):
        assert desk.run("inspect", bundle, secret=False).code == 0
        assert "profile          person-1-open (weak)" in desk.outputs[-1].out


def test_an_agency_never_joins_the_baseline(tmp_path: Path, unit_keys: UnitKeys) -> None:
    epoch = _epoch(unit_keys, BASELINE)
    desk = Desk(tmp_path / "desk", "E09", "council")
    assert desk.init(epoch).code == 0
    assert desk.join(epoch, unit_keys.card).code == 1
    outcome = _join(desk, ALLOW_WEAK_PROFILE)
    assert outcome.code == 1
    assert "only a baseline to measure against" in outcome.err


# Evaluation: under a throw-away key, so naming the profile is consent enough


@pytest.mark.parametrize("name", ["clk-plain", "child-1"])
def test_evaluate_says_that_a_profile_is_weak(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = "rec_id,given_name,surname,date_of_birth\n"
    (tmp_path / "meta.json").write_text(json.dumps({"mode": "link", "sources": ["A", "B"]}))
    for source in "AB":
        (tmp_path / f"{source}.csv").write_text(f"{header}1,Amelia,Thornbury,2009-03-14\n")
    (tmp_path / "truth.csv").write_text("source,rec_id,entity_id\nA,1,E\nB,1,E\n")
    figures = tmp_path / "figures.json"
    assert main(["evaluate", str(tmp_path), "--profile", name, "--json", str(figures)]) == 0
    assert (f"{name} (weak)" in capsys.readouterr().out) == shipped_profile(name).weak
    content = json.loads(figures.read_text())
    assert (content["profile"], content["profile_weak"]) == (name, shipped_profile(name).weak)


def test_evaluate_takes_a_profile_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = "rec_id,given_name,surname,date_of_birth,postcode\n"
    row = "1,Amelia,Thornbury,2009-03-14,ZA1 1AA\n"
    (tmp_path / "meta.json").write_text(json.dumps({"mode": "link", "sources": ["A", "B"]}))
    for source in "AB":
        (tmp_path / f"{source}.csv").write_text(header + row)
    (tmp_path / "truth.csv").write_text("source,rec_id,entity_id\nA,1,E\nB,1,E\n")
    assert main(["profile", "show", "child-1", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    content |= {"name": "own", "length": content["length"] + 64, "decision": {}}
    own = tmp_path / "own.json"
    own.write_text(json.dumps(content))
    figures = tmp_path / "figures.json"
    arguments = ["evaluate", str(tmp_path), "--profile", str(own), "--json", str(figures)]
    assert main(arguments) == 0
    assert "note: profile own sets no thresholds: no pair will link" in capsys.readouterr().err
    assert json.loads(figures.read_text())["pairs"]["found"] == 0
    content["decision"] = {"thresholds": {content["views"][0]["name"]: 0.7}}
    own.write_text(json.dumps(content))
    assert main(arguments) == 0
    assert "thresholds" not in capsys.readouterr().err
    assert json.loads(figures.read_text())["pairs"]["correct"] == 1
    own.write_text("{}")
    assert main(arguments) == 1
    assert 'own.json: "name" is missing' in capsys.readouterr().err
