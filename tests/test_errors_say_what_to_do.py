"""Every error about a file's content says what to do, also where the place that found it does not."""

import pytest

from linkage.counted import counted
from linkage.errors import ClewError, FormatError, LimitError, VerificationError, VersionError


@pytest.mark.parametrize("kind", [FormatError, LimitError, VersionError, VerificationError])
def test_without_a_hint_an_error_has_that_of_its_kind(kind: type[ClewError]) -> None:
    assert len(kind("bundle: it is damaged").hint.split()) > 5
    assert kind("bundle: it is damaged", hint="encode again").hint == "encode again"


def test_a_kind_has_its_own() -> None:
    assert FormatError("a").hint != LimitError("a").hint != VerificationError("a").hint
    assert ClewError("a").hint == ""
    assert str(ClewError("a")) == "a"
    assert str(LimitError("a", hint="b")) == "a; b"


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 records"), (1, "1 record"), (2, "2 records"), (1234, "1,234 records")]
)
def test_one_thing_is_not_told_as_many(number: int, words: str) -> None:
    assert counted(number, "record") == words
    assert counted(number, "child", "children").endswith("child" if number == 1 else "children")
