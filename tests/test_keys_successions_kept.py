"""What a custodian's folder knows of successions: their order, and which others it refuses."""

from pathlib import Path

import pytest

from keys.kept_successions import KeptSuccessions
from linkage.errors import LimitError
from linkage.wire.custodian_sets import CustodianSet
from linkage.wire.successions import MAX_SUCCESSION_BYTES, Succession
from tests.support.refusals import told
from tests.test_successions_are_signed import FIRST, FULL, PLAIN, SECOND, made, of, signed

ASK = "do not sign; ask the other custodians which is theirs"
THIRD = made(SECOND, ("Asha", "Dev", "Fay"), serial=2)
THIRD_FULL = signed(THIRD, "Ben", "Dev", "Asha", "Fay")


def _kept(folder: Path, *successions: Succession) -> KeptSuccessions:
    folder.mkdir(exist_ok=True)
    kept = KeptSuccessions(folder)
    for one in successions:
        kept.keep(one)
    return kept


def test_they_come_by_number_whatever_their_files_are_called(tmp_path: Path) -> None:
    later = made(of("Ben", "Carol"), ("Esi", "Fay"), serial=10)
    kept = _kept(tmp_path, later, THIRD_FULL, FULL)
    assert [one.serial for one in kept.all()] == [1, 2, 10]
    assert [one.serial for one in kept.complete()] == [1, 2]
    assert kept.next_serial() == 11
    assert kept.has(PLAIN)
    assert not kept.has(made(FIRST, ("Ben", "Dev", "Fay")))
    assert KeptSuccessions(tmp_path / "none").next_serial() == 1


def test_who_came_last_comes_first_and_who_went_is_gone(tmp_path: Path) -> None:
    others: CustodianSet = of("Carol", "Fay")
    kept = _kept(tmp_path, FULL, THIRD_FULL)
    assert kept.change((FIRST, others, SECOND)) == (THIRD.coming, others)
    assert _kept(tmp_path / "new", signed(PLAIN, "Asha")).change((FIRST,)) == (FIRST,)


@pytest.mark.parametrize("unfinished", [False, True])
def test_every_one_that_is_kept_is_asked(tmp_path: Path, unfinished: bool) -> None:
    """Neither the same succession nor an unfinished one in front hides a complete one behind it."""
    front = made(of("Carol", "Fay"), ("Asha", "Ben"), serial=1)
    kept = _kept(tmp_path, front, THIRD_FULL)
    asked = made(SECOND, ("Asha", "Esi", "Fay"), serial=3) if unfinished else front
    reason = (
        "succession 2 has replaced these custodians already"
        if unfinished
        else "it is older than succession 2, which is complete"
    )
    assert told(lambda: kept.refuse_other(asked)) == (reason, ASK)


def test_the_same_again_is_no_other(tmp_path: Path) -> None:
    kept = _kept(tmp_path, FULL, THIRD_FULL)
    assert kept.refuse_other(signed(THIRD, "Ben")) == ()


def test_another_under_one_number_and_one_that_goes_back_are_refused(tmp_path: Path) -> None:
    kept = _kept(tmp_path, FULL)
    other = made(FIRST, ("Ben", "Dev", "Fay"))
    assert told(lambda: kept.refuse_other(other)) == ("you know another succession 1", ASK)
    back = made(SECOND, ("Asha", "Ben", "Carol"), serial=2)
    assert told(lambda: kept.refuse_other(back)) == (
        "the very custodians whom succession 1 replaced would come back",
        "have at least one of them make a new identity",
    )


def test_unfinished_ones_of_the_same_custodians_are_replaced_all_of_them(tmp_path: Path) -> None:
    begun = (made(FIRST, ("Ben", "Dev", "Fay")), made(FIRST, ("Ben", "Esi", "Fay"), serial=2))
    kept = _kept(tmp_path, *begun, made(of("Ben", "Fay"), ("Asha", "Esi"), serial=3))
    assert kept.refuse_other(made(FIRST, ("Ben", "Dev", "Esi"), serial=4)) == (1, 2)


def test_a_file_too_large_is_told_what_it_should_be(tmp_path: Path) -> None:
    (tmp_path / "succession-1.json").write_bytes(b" " * (MAX_SUCCESSION_BYTES + 1))
    message, _ = told(KeptSuccessions(tmp_path).all, LimitError)
    assert message == f"succession succession-1.json: larger than {MAX_SUCCESSION_BYTES} bytes"
