"""What the operator reads on a terminal of eighty columns holds every date and every number whole."""

import io

import pytest
from rich.console import Console

from api.manage.epochs import epochs_table

EPOCH = {
    "epoch": "2025-26",
    "opens": "2026-04-01",
    "closes": "2027-03-31",
    "re_encode_by": "2026-11-22",
    "records": 1234567,
    "quarantined": 133,
}


@pytest.mark.parametrize("state", ["in force", "overlapping", "closed", "destroyed"])
def test_a_list_of_epochs_cuts_nothing_off(state: str) -> None:
    console = Console(file=io.StringIO(), width=80)
    console.print(epochs_table({"epochs": [EPOCH | {"state": state}]}))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "…" not in shown
    for whole in ("2026-04-01", "2027-03-31", "2026-11-22", "1,234,567", "133"):
        assert whole in shown
