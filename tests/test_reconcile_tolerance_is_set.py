"""How far moments may differ is the operator's to set, and takes effect when the worker starts again."""

from dataclasses import replace
from pathlib import Path

from msgspec import structs

from api.clock import utc_now
from api.register_worker import RegisterWorker
from linkage.wire.canonical import parse
from linkage.wire.moments import Moment
from linkage.wire.results import Results
from tests.support.served import Served, served_unit
from tests.support.unit import make_payload, make_sent


def _classes(served: Served) -> set[str]:
    content = served.client(served.council).call("GET", "/v1/results").content
    return {one.reconciliation_class for one in parse(content, Results, limit=1 << 20).findings}


def test_hours_that_are_set_decide_what_agrees(tmp_path: Path) -> None:
    with served_unit(tmp_path / "data") as served:
        plain = make_payload(served.council, (1, 2))
        late = tuple(structs.replace(one, start=Moment.parse("2024-06-03T17:00Z")) for one in plain.episodes)
        council = structs.replace(plain, episodes=late)
        served.client(served.police).submit(make_sent(served.unit, served.police, children=(1, 2)))
        sent = make_sent(served.unit, served.council, children=(1, 2), payload=council)
        served.client(served.council).submit(sent)
        served.workers.cycle()
        assert _classes(served) == {"MATCHED_START_CONFLICT"}
        path = served.unit.folder.settings
        text = path.read_text()
        assert "\nhours = 6\n" in text
        path.write_text(text.replace("\nhours = 6\n", "\nhours = 8\n"))
        again = RegisterWorker(served.unit.folder, served.workers.database, utc_now)
        replace(served.workers, register=again).cycle()
        assert _classes(served) == {"MATCHED"}
        again.close()
