"""Too little cover is told on the agency's machine and to the operator; nothing is refused for it."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy import select

from api.clock import utc_now
from api.config import read_settings
from api.overview.attention_privacy import privacy_notices
from api.overview.cover import little_cover
from api.privacy_settings import CoverSettings
from api.store import schema
from cli.agency.cover import CHILDREN_AT_LEAST, EPISODE_SHARE, cover_remarks
from cli.agency.workspace import Workspace
from cli.sources.extract import Extract
from tests.support.serving import serving
from tests.support.signing_client import SigningClient
from tests.support.unit import Desk, Unit, make_sent, make_unit


def _workspace(folder: Path, role: str, *, dummies: bool = False) -> Workspace:
    file = folder / "dummies.sealed"
    if dummies:
        file.write_bytes(b"sealed")
    card = SimpleNamespace(role=role)
    return cast("Workspace", SimpleNamespace(card=lambda: card, dummies_file=file))


def _extract(children: int, missing: int) -> Extract:
    def some(number: int) -> list[SimpleNamespace]:
        return [SimpleNamespace(child=f"c{one}", reference=f"c{one}") for one in range(number)]

    twice = [*some(missing), *some(missing)]  # two absences of a child are one child
    return cast("Extract", SimpleNamespace(children=some(children), episodes=twice))


def test_the_limits_on_both_sides_are_the_same() -> None:
    unit = CoverSettings()
    assert (unit.children_at_least, unit.episode_share) == (CHILDREN_AT_LEAST, EPISODE_SHARE)


@pytest.mark.parametrize(
    ("children", "missing", "dummies", "words"),
    [
        (100, 50, 0, []),
        (99, 10, 0, ["99 children give little cover"]),
        (99, 10, 1, []),
        (200, 101, 0, ["50% of the children have an episode"]),
        (40, 40, 0, ["40 children give little cover", "100% of the children have an episode"]),
        (0, 0, 0, []),
    ],
)
def test_a_council_is_warned_of_few_children_and_of_many_who_are_missing(
    tmp_path: Path, children: int, missing: int, dummies: int, words: list[str]
) -> None:
    extract = _extract(children, missing)
    said = list(cover_remarks(extract, _workspace(tmp_path, "council"), dummies=dummies))
    assert [one[: len(two)] for one, two in zip(said, words, strict=True)] == words
    assert all("clew agency dummies on" in one for one in said)
    assert list(cover_remarks(extract, _workspace(tmp_path, "police"))) == []


def test_with_dummies_on_the_advice_is_another(tmp_path: Path) -> None:
    (said,) = cover_remarks(_extract(20, 1), _workspace(tmp_path, "council", dummies=True))
    assert "dummies go along" in said


def test_the_operator_is_told_of_the_newest_snapshot_that_stands(tmp_path: Path) -> None:
    unit: Unit = make_unit(tmp_path / "data")
    council, police = unit.enrol(Desk("E09", "council")), unit.enrol(Desk("P01", "police"))
    with serving(unit.folder.root) as url:
        for desk in (council, police):
            with SigningClient(url, desk.key) as client:
                client.submit(make_sent(unit, desk, children=(1, 2, 3, 4)))
    database = unit.database()
    some = CoverSettings(children_at_least=4, episode_share=1.0)
    with database.write() as connection:
        assert little_cover(connection, CoverSettings()) == []  # nothing stands yet
        connection.execute(schema.submissions.update().values(state="accepted"))
    with database.read() as connection:
        assert len(connection.scalars(select(schema.submissions.c.id)).all()) == 2
        (found,) = little_cover(connection, CoverSettings())
        assert (found.agency, found.children, found.episodes, found.dummies) == ("E09", 4, 4, 0)
        assert little_cover(connection, some) == []
        assert len(little_cover(connection, CoverSettings(children_at_least=0))) == 1
        settings = read_settings(unit.folder.settings)
        titles = [one.title for one in privacy_notices(connection, settings, utc_now())]
    database.close()
    assert "1 council with little cover" in titles
