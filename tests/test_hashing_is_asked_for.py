"""Candidates are hashed only where the settings say so, and a linkage says what it promises and finds."""

from pathlib import Path

import pytest
from msgspec import structs

from api.comparison_journal import ComparisonJournal
from api.config import parse_settings, settings_text
from api.link_engine import link_engine
from api.policy_settings import LinkageSettings
from api.secret_files import WorkerKey
from api.spark.settings import SparkSettings
from api.store import persons
from linkage.errors import InputError
from linkage.match.engine import LocalEngine
from linkage.match.hashing import HashedEngine, Hashing
from linkage.match.linkage import link
from linkage.shipped_profiles import shipped_profile
from linkage.wire.seal import SealingKey
from tests.support.served import served_unit
from tests.support.unit import make_sent
from tests.test_match_hashed_candidates import _sources


def _stated(folder: Path, text: str) -> LinkageSettings:
    path = folder / "unit.toml"
    path.write_text(text, encoding="utf-8")
    return parse_settings(path).linkage


@pytest.fixture
def journal(tmp_path: Path) -> ComparisonJournal:
    return ComparisonJournal(tmp_path, WorkerKey(SealingKey.generate().to_bytes()))


def test_everything_is_compared_unless_somebody_asks(tmp_path: Path, journal: ComparisonJournal) -> None:
    stated = _stated(tmp_path, settings_text("Unit"))
    assert (stated.candidates, stated.completeness) == ("exhaustive", 0.99)
    profile = shipped_profile("person-1-open")
    with link_engine(stated, SparkSettings(), journal, profile, print) as (engine, name):
        assert isinstance(engine, LocalEngine)
        assert "hashed" not in name


def test_who_asks_gets_it_for_profiles_without_diffusion_alone(
    tmp_path: Path, journal: ComparisonJournal
) -> None:
    text = settings_text("Unit").replace('candidates = "exhaustive"', 'candidates = "hashed"')
    stated = _stated(tmp_path, text)
    said: list[str] = []
    profile = shipped_profile("person-1-open")
    with link_engine(stated, SparkSettings(), journal, profile, said.append) as (engine, name):
        assert isinstance(engine, HashedEngine)
        assert engine.hashing == Hashing(0.99)
        assert name.endswith("hashed at 0.99")
        link(_sources(profile.name, 60)[0], profile, engine=engine)
    assert len(said) == 2
    assert said[0].startswith("candidates: everything is compared, ")
    for name in ("child-1", "person-1"):
        with (
            pytest.raises(InputError, match="would lose links"),
            link_engine(stated, SparkSettings(), journal, shipped_profile(name), print),
        ):
            pass


def test_a_cluster_compares_everything(tmp_path: Path) -> None:
    text = settings_text("Unit").replace('candidates = "exhaustive"', 'candidates = "hashed"')
    with pytest.raises(InputError, match="which a cluster cannot do"):
        _stated(tmp_path, text.replace('engine = "local"', 'engine = "spark"'))


def test_a_unit_under_a_diffused_profile_gives_its_linkage_up_and_says_why(tmp_path: Path) -> None:
    with served_unit(tmp_path / "data") as served:
        served.client(served.council).submit(make_sent(served.unit, served.council, children=range(5)))
        worker = served.workers.linking
        worker._settings = structs.replace(worker._settings, candidates="hashed")
        served.workers.settle()
        assert any("its view y-e-sf is diffused" in line for line in served.workers.said)
        with served.workers.database.read() as connection:
            assert persons.members(connection) == []
