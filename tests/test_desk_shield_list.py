"""A shield list that was once chosen on the page is not lost by choosing something else."""

import re
from pathlib import Path

from tests.support.agency_desk import (  # noqa: F401 (fixtures)
    Desk,
    desk,
    epoch,
    unit,
    write_council,
)
from tests.support.desk_page import PERIOD, Files, Forms, client_of, desk_page, upload

_LIST: Files = [("shield", ("shield.txt", b"CH0000002\n"))]
_CHILDREN = re.compile(r">Children</th>(?:<td[^>]*>([0-9,]+)</td>)(?:<td[^>]*>([0-9,]+)</td>){3}")
"""How many children were read, and how many of them are shielded."""


def _shielded(forms: Forms) -> tuple[str, ...]:
    found = _CHILDREN.search(forms.send("/check"))
    assert found is not None
    return found.groups()


def test_it_stays_until_it_is_given_up_in_words(tmp_path: Path, desk: Desk) -> None:  # noqa: F811
    files = upload(write_council(tmp_path / "source", 3))
    with desk_page(desk.workspace) as served, client_of(served) as client:
        forms = Forms(client, served.origin)
        forms.send("/source", [*files, *_LIST], **PERIOD)
        forms.send("/mapping", act="shipped", shipped="council-csv")
        assert _shielded(forms) == ("3", "1")
        forms.send("/source", **PERIOD | {"last-year": "2027"})
        assert "Shield list chosen now: <strong>shield.txt" in client.get("/source").text
        assert _shielded(forms) == ("3", "1"), "only the period was changed"
        forms.send("/source", files, **PERIOD)
        assert _shielded(forms) == ("3", "1"), "a mended file was chosen"
        refused = forms.send("/source", [*files, *_LIST], **PERIOD, **{"no-shield": "yes"})
        assert "There is a problem" in refused
        assert _shielded(forms) == ("3", "1")
        forms.send("/source", **PERIOD, **{"no-shield": "yes"})
        assert _shielded(forms) == ("3", "0")
