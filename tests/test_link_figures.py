"""A linkage leaves what it says of itself as a whole, and that goes with the records and the epoch."""

from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy import select

from api.console_app.app import create_console
from api.console_app.service import open_console
from api.link_figures import groups_of
from api.store import review, schema
from api.store.link_figures import BINS, FIRST, WIDTH, LinkFigures, read_figures
from linkage.match.choices import Costs
from linkage.match.linkage import RecordId, Source, link
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile
from linkage.wire.encodings import TIER_UNCERTAIN, Encodings
from tests.support.console import client_of, needs_assets
from tests.support.reviewable import COUNCIL, POLICE, relink, reviewable_unit
from tests.support.served import Served
from tests.support.unit import PROFILE, handle, make_encodings


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with reviewable_unit(tmp_path_factory.mktemp("unit") / "data") as opened:
        yield opened


def figures(served: Served) -> LinkFigures:
    with served.workers.database.read() as connection:
        found = review.link_figures(connection)
    assert found is not None
    return found


def test_every_pair_of_a_linkage_is_in_one_class_and_every_agency_a_group(served: Served) -> None:
    found, runs = figures(served), schema.link_runs
    with served.workers.database.read() as connection:
        run = connection.execute(select(runs).order_by(runs.c.id.desc())).first()
        views = review.spreads(connection)
    assert run is not None
    scores = found.scores
    assert sum(scores.possible) == run.possible > 0
    assert sum(map(sum, (scores.apart, scores.possible, scores.linked))) == run.pairs
    assert (scores.low, scores.high) == pytest.approx(Costs().bounds, abs=0.001)
    groups = {(one.kind, one.name): one for one in found.groups}
    whole = groups["all", "all"]
    assert (whole.records, whole.links, whole.possible) == (run.records, run.links, run.possible)
    assert (whole.precision, whole.low, whole.high) == pytest.approx(
        (run.precision, run.precision_low, run.precision_high), abs=0.02
    )
    assert {name for kind, name in groups if kind == "agency"} == {"E09", "E10", "P01"}
    assert groups["agency", "E09"].records == len(COUNCIL)
    assert groups["agency", "P01"].records == len(POLICE)
    across = groups["kind of agency", "council and police"]
    assert groups["kind of agency", "council and council"].links + across.links == whole.links
    assert [one.view for one in views] == [one.name for one in PROFILE.views]
    assert groups["record", "everything given"].records == run.records


@needs_assets
def test_the_console_shows_them(served: Served) -> None:
    service = open_console(served.unit.folder.root)
    try:
        client = client_of(service, create_console(service), "governance")
        scores, quality = (
            client.get(f"/governance/{one}", base_url="http://localhost") for one in ("scores", "quality")
        )
        found = figures(served).scores
        assert f"{sum(found.linked):,} pairs are links, {sum(found.possible):,} possible links" in scores.text
        assert scores.text.count('<svg class="clew-picture"') == 1 + len(PROFILE.views)
        assert "Precision of links, group by group" in quality.text
    finally:
        service.close()


def test_they_are_of_the_newest_linkage_and_go_with_a_record_and_the_epoch(served: Served) -> None:
    before = figures(served)
    relink(served, 2)
    assert figures(served).scores.low == before.scores.low
    database, epoch = served.workers.database, served.unit.epoch.epoch
    erased = {"E10": [handle("E10", 20)]}
    for sequence, forget in (
        (3, lambda connection: review.forget_records(connection, erased)),
        (4, lambda connection: review.forget_epoch(connection, epoch)),
    ):
        with database.write() as connection:
            forget(connection)
            assert review.link_figures(connection) is None
        relink(served, sequence)
        assert figures(served).groups


def test_what_is_kept_holds_no_handle_and_no_score_of_a_pair(served: Served) -> None:
    text = figures(served).text()
    handles = [handle(code, child) for code in ("E09", "E10", "P01") for child in (*COUNCIL, 20)]
    assert not [one for one in handles if one in text]
    found = read_figures(text)
    assert all(
        len(counts) == BINS for counts in (found.scores.apart, found.scores.possible, found.scores.linked)
    )
    assert FIRST + BINS * WIDTH == 20.0


def _thinned(encodings: Encodings, profile: EncodingProfile) -> Encodings:
    """Take a view from the first row, and let the second be of an uncertain date of birth."""
    present, tiers, bits = encodings.present.copy(), encodings.tiers.copy(), encodings.bits.copy()
    present[0] &= ~np.uint32(1)
    bits[0, 0] = 0
    unsure = sum(1 << place for place, one in enumerate(profile.views) if "uncertain" in one.tiers)
    present[1], tiers[1] = np.uint32(unsure), TIER_UNCERTAIN
    bits[1, [place for place in range(len(profile.views)) if not unsure >> place & 1]] = 0
    return Encodings(encodings.handles, encodings.variants, tiers, present, bits)


def test_records_are_told_apart_by_what_they_lack() -> None:
    profile = shipped_profile("child-1")
    rows = {name: {handle(name, one): one for one in range(6)} for name in ("P01", "E09")}
    made = {name: make_encodings(sorted(some.items())) for name, some in rows.items()}
    sources = [Source("P01", made["P01"]), Source("E09", _thinned(made["E09"], profile))]
    linkage = link(sources, profile)
    roles = {"P01": "police", "E09": "council"}
    groups = {
        (one.kind, one.name): one
        for one in groups_of(sources, profile, linkage, roles)  # type: ignore[arg-type]
    }
    texts = made["E09"].handle_texts()

    def records(name: str) -> list[RecordId]:
        return [linkage.records[place] for place in np.flatnonzero(groups["record", name].records)]

    assert records("something missing") == [RecordId("E09", texts[0])]
    assert records("date of birth uncertain") == [RecordId("E09", texts[1])]
    assert len(records("everything given")) == 10
    council = groups["agency", "E09"].records
    assert [linkage.records[place].source for place in np.flatnonzero(council)] == ["E09"] * 6
