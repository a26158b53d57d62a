"""The specification lists every reason and notice of the normaliser with its cure, and no others."""

import re
from pathlib import Path

import pytest

from linkage.encode.reasons import NO_VIEW, notice, refusal

SPEC = (Path(__file__).parents[1] / "docs" / "spec" / "encoding-1.md").read_text(encoding="utf-8")
SOURCE = Path(__file__).parents[1] / "linkage" / "encode"
REFUSED, NOTICED = (
    dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", part, flags=re.MULTILINE))
    for part in SPEC.partition("### 2.7 Reasons")[2].partition("## 3")[0].split("Notices on values")
)


def _codes(pattern: str) -> set[str]:
    texts = [file.read_text(encoding="utf-8") for file in SOURCE.glob("*.py") if file.name != "reasons.py"]
    return {code for text in texts for code in re.findall(pattern, text)}


@pytest.mark.parametrize("reason", sorted(set(REFUSED) - {NO_VIEW}))
def test_a_listed_reason_has_the_cure_that_is_listed(reason: str) -> None:
    assert refusal("surname", reason).hint == REFUSED[reason]


@pytest.mark.parametrize("reason", sorted(NOTICED))
def test_a_listed_notice_has_the_cure_that_is_listed(reason: str) -> None:
    assert notice("surname", reason).hint == NOTICED[reason]


def test_every_reason_that_the_normaliser_gives_is_listed() -> None:
    given = _codes(r'refused="([a-z-]+)"') | _codes(r'return "([a-z]+(?:-[a-z]+)+)"')
    assert {"placeholder", "not-a-upn", "no-letters", "impossible-date"} <= given <= set(REFUSED)
    assert NO_VIEW in REFUSED
