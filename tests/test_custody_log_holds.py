"""A custody log tells who did what with which key, and shows any line changed, removed or moved."""

import json
import os
import random
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from keys import custody_log
from keys.custody_log import NO_ENTRY, CustodyLog, Head, LogEntry, check_lines, read_export
from keys.identity import Identity, create_identity, custodian_card
from linkage.errors import ClewError, InputError, VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.signing import sign
from tests.oracles.keys_oracle import labelled
from tests.support.custody_world import CUSTODIANS, PHRASE, Stages, clew_keys, in_the_epoch, refused, stages

__all__ = ["in_the_epoch", "stages"]

OWNER = create_identity()
OTHER = create_identity()
CARD = custodian_card(OWNER, "Asha")


def _made(folder: Path, lines: int = 8, identity: Identity | None = OWNER) -> CustodyLog:
    log = CustodyLog(folder)
    for number in range(lines):
        log.append("committed", {"ceremony": f"{number:064x}", "epoch": "2025-26"}, identity)
    return log


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, ...]:
    return _made(tmp_path_factory.mktemp("log")).read().lines


def _broken(lines: list[bytes], match: str) -> None:
    with pytest.raises(VerificationError, match=match):
        check_lines(lines, OWNER.public_key)


# The chain


def test_a_line_in_another_form_is_none_even_where_it_says_the_same(tmp_path: Path) -> None:
    log = _made(tmp_path, 2)
    first, second = log.read().lines
    spaced = second.replace(b'","', b'", "', 1)
    assert json.loads(spaced) == json.loads(second)
    with pytest.raises(VerificationError) as caught:
        check_lines([first, spaced], OWNER.public_key)
    assert caught.value.hint == (
        "keep the file as it is, compare it with the last export, and tell the other custodians"
    )


def test_lines_are_canonical_numbered_chained_and_signed(tmp_path: Path) -> None:
    log = _made(tmp_path, 3)
    previous = NO_ENTRY
    for number, line in enumerate(log.read().lines, 1):
        content = json.loads(line)
        assert canonical(content) == line
        assert (content["sequence"], content["previous"]) == (number, previous)
        assert content["signature"]["key"] == OWNER.public_key
        previous = labelled("clew/custody-log/1", line).hex()
    assert log.check(OWNER.public_key) == Head(entries=3, digest=previous)
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_a_folder_without_a_log_has_an_empty_one(tmp_path: Path) -> None:
    assert CustodyLog(tmp_path).check(OWNER.public_key) == Head(entries=0, digest=NO_ENTRY)
    assert list(tmp_path.iterdir()) == []


def test_an_entry_without_an_open_identity_is_not_signed_but_chained(tmp_path: Path) -> None:
    log = CustodyLog(tmp_path)
    log.append("sheet-printed", {"epoch": "2025-26"}, None)
    log.append("committed", {"epoch": "2025-26"}, OWNER)
    log.check(OWNER.public_key)
    first, second = log.read().lines
    changed = first.replace(b"2025-26", b"2026-27")
    _broken([changed, second], "line 2: what stands before it was changed")


def _edit(lines: list[bytes], draw: random.Random) -> list[bytes]:
    place = draw.randrange(len(lines))
    line = bytearray(lines[place])
    bit = draw.randrange(8 * len(line))
    line[bit // 8] ^= 1 << bit % 8
    return [*lines[:place], bytes(line), *lines[place + 1 :]]


def _delete(lines: list[bytes], draw: random.Random) -> list[bytes]:
    place = draw.randrange(len(lines))
    return lines[:place] + lines[place + 1 :]


def _insert(lines: list[bytes], draw: random.Random) -> list[bytes]:
    place = draw.randrange(len(lines) + 1)
    return [*lines[:place], draw.choice(lines), *lines[place:]]


def _swap(lines: list[bytes], draw: random.Random) -> list[bytes]:
    one, other = draw.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return lines


@pytest.mark.parametrize("how", [_edit, _delete, _insert, _swap])
def test_any_edit_deletion_insertion_or_swap_of_lines_is_found(
    lines: tuple[bytes, ...], how: Callable[[list[bytes], random.Random], list[bytes]], tmp_path: Path
) -> None:
    head = Head(entries=len(lines), digest=labelled("clew/custody-log/1", lines[-1]).hex())
    for seed in range(500):
        changed = how(list(lines), random.Random(seed))
        log = CustodyLog(tmp_path)
        log.path.write_bytes(b"".join(line + b"\n" for line in changed))
        with pytest.raises(VerificationError, match=r"line|end was cut"):
            log.check(OWNER.public_key, against=head)
        if changed != list(lines[:-1]):  # the end cut off shows against a head only
            with pytest.raises(VerificationError, match="line"):
                log.check(OWNER.public_key)


def test_the_first_wrong_line_is_named_with_how(lines: tuple[bytes, ...]) -> None:
    whole = list(lines)
    _broken(whole[:2] + whole[3:], "line 3: entries 3 to 3 were removed")
    _broken(whole[2:], "line 1: entries 1 to 2 were removed")
    _broken([whole[0], whole[2], whole[1], *whole[3:]], "line 2: reordered: entry 2 stands further down")
    _broken([*whole[:4], whole[1], *whole[4:]], "line 5: reordered, or inserted: it is entry 2")
    changed = whole[3].replace(b"2025-26", b"2026-27")
    _broken([*whole[:3], changed, *whole[4:]], "line 4: changed after it was signed")
    _broken([*whole[:3], whole[3][:-1], *whole[4:]], "line 4: changed: LogEntry: not valid JSON")
    _broken([*whole[:3], b"", *whole[3:]], "line 4: changed")


def test_attack_a_line_signed_by_somebody_else(lines: tuple[bytes, ...]) -> None:
    entry = structs.replace(parse(lines[-1], LogEntry, limit=4096), signature=None)
    theirs = structs.replace(entry, signature=sign(OTHER.signing, canonical(entry), domain=entry.format))
    _broken([*lines[:-1], canonical(theirs)], f"line {len(lines)}: a foreign signature")
    elsewhere = structs.replace(entry, signature=sign(OWNER.signing, canonical(entry), domain="clew-epoch"))
    _broken([*lines[:-1], canonical(elsewhere)], f"line {len(lines)}: changed after it was signed")


def test_a_log_written_anew_shows_against_an_earlier_head(tmp_path: Path) -> None:
    log = _made(tmp_path, 4)
    head = log.check(OWNER.public_key)
    log.path.unlink()
    _made(tmp_path, 3)
    log.append("contributed", {"epoch": "2025-26"}, OWNER)
    log.check(OWNER.public_key)
    with pytest.raises(VerificationError, match="line 4: not the line that was exported"):
        log.check(OWNER.public_key, against=head)


# A command killed while it wrote


@pytest.mark.parametrize("left", [1, 40, -1])
def test_a_torn_last_line_is_told_and_hides_nothing_before_it(tmp_path: Path, left: int) -> None:
    log = _made(tmp_path, 3)
    whole = log.path.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    log.path.write_bytes(whole + last[:left])
    assert len(log.read().lines) == 3
    with pytest.raises(VerificationError, match=r"line 4 is torn.*the 3 lines before it hold"):
        log.check(OWNER.public_key)
    assert log.export(CARD).head.entries == 3
    log.append("contributed", {"epoch": "2025-26"}, OWNER)
    assert log.check(OWNER.public_key).entries == 5
    actions = [(entry.action, entry.subjects.get("bytes")) for entry in log.read().entries()]
    torn = len(last[:left])
    assert actions[3:] == [("torn-line", str(torn)), ("contributed", None)]
    assert log.path.read_bytes().startswith(whole)


def test_a_disk_that_takes_only_part_of_a_line_keeps_none_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = _made(tmp_path, 2)
    before = log.path.read_bytes()

    def full(descriptor: int, data: bytes) -> int:
        if len(data) < 200:
            raise OSError(28, "No space left on device")
        return _write(descriptor, data[:150])

    _write = os.write
    monkeypatch.setattr(custody_log.os, "write", full)
    with pytest.raises(InputError, match=r"custody-log\.jsonl: not written: no space left"):
        log.append("committed", {"epoch": "2025-26"}, OWNER)
    assert log.path.read_bytes() == before


def test_several_processes_write_one_chain(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from keys.custody_log import CustodyLog\n"
        "for n in range(25): CustodyLog(pathlib.Path(sys.argv[1])).append('drill', {'epoch': 'e1'}, None)"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)]) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert CustodyLog(tmp_path).check(OWNER.public_key).entries == 75


def test_what_cannot_be_an_entry_is_not_written(tmp_path: Path) -> None:
    log = CustodyLog(tmp_path)
    for action, subjects in (("Not an action", {}), ("drill", {"epoch": "x" * 201}), ("drill", {"": "x"})):
        with pytest.raises(ClewError):
            log.append(action, subjects, OWNER)
    assert log.read().lines == ()


# Commands


def _actions(folder: Path) -> list[str]:
    return [entry.action for entry in CustodyLog(folder).read().entries()]


def test_every_act_of_a_ceremony_is_in_a_log(stages: Stages) -> None:
    world = stages.stages["wrapped"]
    begun = ["identity-made", "committed", "contributed"]
    assert _actions(world.path / "asha") == [*begun, "signed-descriptor", "wrapped-for-agency"]
    assert _actions(world.path / "ben") == [*begun, "signed-descriptor", "wrapped-for-agency"]
    assert _actions(world.path / "carol") == begun
    assert _actions(world.shared) == ["ceremony-opened", "ceremony-closed"]
    last = CustodyLog(world.path / "asha").read().entries()[-1]
    assert last.subjects == {"agency": "E06", "epoch": "2025-26", "holder": world.agency.public_key}
    for folder in (*(world.path / name for name in CUSTODIANS), world.shared):
        outcome = clew_keys("log", "check", "--identity", folder)
        assert outcome.code == 0, outcome.err
        count = len(_actions(folder))
        assert outcome.out.startswith(f"{count}\t")


def test_a_log_holds_no_secret(stages: Stages) -> None:
    world = stages.stages["wrapped"]
    for name in CUSTODIANS:
        text = (world.path / name / "custody-log.jsonl").read_text()
        secret = world.identity(name).to_bytes().hex()
        pieces = {secret[start : start + 32] for start in range(0, len(secret), 32)}
        assert PHRASE not in text
        assert not any(piece in text for piece in pieces)


def test_what_is_repeated_without_effect_is_not_logged_again(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("contributed", tmp_path)
    before = world.files()
    assert world.step("commit", "asha").code == 0
    assert world.step("contribute", "asha").code == 0
    assert world.files() == before


def test_what_cannot_be_logged_is_not_signed(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("closed", tmp_path)
    log = world.path / "asha" / "custody-log.jsonl"
    log.unlink()
    log.mkdir()
    before = world.files()
    refused(world.sign(world.descriptor, "asha"), "custody-log.jsonl: not written", "nothing is done")
    assert world.files() == before


def test_showing_prints_one_line_for_each_act(stages: Stages) -> None:
    outcome = clew_keys("log", "show", "--identity", stages.stages["wrapped"].path / "asha")
    assert outcome.code == 0
    lines = [line.split("\t") for line in outcome.out.splitlines()]
    assert [line[0] for line in lines] == ["1", "2", "3", "4", "5"]
    assert "agency E06, epoch 2025-26, holder " in lines[-1][3]
    assert {line[4] for line in lines} == {"signed"}


def test_an_export_is_checked_without_any_key(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("wrapped", tmp_path)
    export = tmp_path / "export.json"
    made = clew_keys("log", "export", "--identity", world.path / "asha", "--out", export)
    assert made.code == 0, made.err
    assert made.out.strip() == str(export)
    away = tmp_path / "reviewer" / "log.json"
    away.parent.mkdir()
    away.write_bytes(export.read_bytes())
    outcome = clew_keys("log", "check", away)
    assert outcome.code == 0
    assert outcome.out == clew_keys("log", "check", "--identity", world.path / "asha").out
    assert "custody log of Asha" in outcome.err
    assert "--against" in outcome.err
    refused(
        clew_keys("log", "export", "--identity", world.path / "asha", "--out", export), "is there already"
    )


def test_an_end_cut_off_shows_against_an_earlier_export(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("wrapped", tmp_path)
    asha, export = world.path / "asha", tmp_path / "export.json"
    assert clew_keys("log", "export", "--identity", asha, "--out", export).code == 0
    log = asha / "custody-log.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-2]))
    assert clew_keys("log", "check", "--identity", asha).code == 0  # nobody could tell
    against = ("--against", export)
    refused(clew_keys("log", "check", "--identity", asha, *against), "the end was cut off: 3 lines", "5")
    shorter = tmp_path / "shorter.json"
    assert clew_keys("log", "export", "--identity", asha, "--out", shorter).code == 0
    refused(clew_keys("log", "check", shorter, *against), "shorter.json: the end was cut off")
    assert clew_keys("log", "check", export, "--against", shorter).code == 0
    refused(clew_keys("log", "check", "--identity", world.path / "ben", *against), "another custodian's log")


def test_a_changed_export_is_refused(stages: Stages, tmp_path: Path) -> None:
    export = tmp_path / "export.json"
    folder = stages.stages["wrapped"].path / "asha"
    assert clew_keys("log", "export", "--identity", folder, "--out", export).code == 0
    content = json.loads(export.read_bytes())
    other = json.loads(canonical(custodian_card(OTHER, "Asha")))
    changes = [
        {"card": other},
        {"entries": content["entries"][:-1]},
        {"entries": content["entries"][1:]},
        {"head": {"digest": "0" * 64, "entries": 5}},
        {"head": content["head"] | {"entries": 4}},
        {"version": 2},
    ]
    for change in changes:
        export.write_bytes(canonical(content | change))
        refused(clew_keys("log", "check", export), "export.json: ")
    draw = random.Random(7)
    good = canonical(content)
    for _ in range(500):
        bit = draw.randrange(8 * len(good))
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ClewError):
            read_export(bytes(data))


def test_a_folder_without_a_log_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for command in ("show", "check"):
        refused(clew_keys("log", command, "--identity", tmp_path / "empty"), "empty: there is no custody log")
        refused(clew_keys("log", command), "which log?")
    file = tmp_path / "export.json"
    refused(clew_keys("log", "check", file), "export.json: no such file")
    refused(clew_keys("log", "check", file, "--identity", tmp_path), "one log at a time")
