"""Who has no key can neither add an act to a custody log nor write one anew without being noticed."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keys.custodian_folder import CustodianFolder
from keys.custody_log import NO_ENTRY, CustodyLog
from keys.digests import labelled_digest
from linkage.wire.canonical import canonical
from tests.support.custody_world import Stages, World, clew_keys, in_the_epoch, refused, stages

__all__ = ["in_the_epoch", "stages"]


def _rewritten(log: CustodyLog, entries: Sequence[dict[str, Any]]) -> None:
    """Write a log of these entries, chained and numbered anew, as anybody can."""
    previous, lines = NO_ENTRY, []
    for number, entry in enumerate(entries, 1):
        line = canonical(entry | {"previous": previous, "sequence": number})
        previous = labelled_digest("clew/custody-log/1", line).hex()
        lines.append(line + b"\n")
    log.path.write_bytes(b"".join(lines))


def _entries(log: CustodyLog) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read().lines]


def _check(world: World) -> tuple[str | Path, ...]:
    return ("log", "check", "--identity", world.path / "asha")


def test_attack_an_act_added_at_the_end(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("wrapped", tmp_path)
    log = CustodyLog(world.path / "asha")
    entries = _entries(log)
    forged = entries[-1] | {"signature": None, "action": "wrapped-for-agency"}
    line = canonical(forged | {"previous": log.read().head.digest, "sequence": len(entries) + 1})
    log.path.write_bytes(log.path.read_bytes() + line + b"\n")
    refused(clew_keys(*_check(world)), f"line {len(entries) + 1} is not signed")


def test_attack_an_act_taken_out_and_the_rest_written_anew(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("wrapped", tmp_path)
    log = CustodyLog(world.path / "asha")
    kept = [entry for entry in _entries(log) if entry["action"] != "wrapped-for-agency"]
    _rewritten(log, [entry | {"signature": None} for entry in kept])
    refused(clew_keys(*_check(world)), "line 1 is not signed")
    exported = world.path / "export.json"
    outcome = clew_keys("log", "export", "--identity", world.path / "asha", "--out", exported)
    assert outcome.code == 0, outcome.err
    refused(clew_keys("log", "check", exported), "line 1 is not signed")


def test_attack_a_log_and_a_card_exchanged_together_show_the_others_fingerprint(
    stages: Stages, tmp_path: Path
) -> None:
    world = stages.at("wrapped", tmp_path)
    own = CustodianFolder(world.path / "asha")
    honest = clew_keys(*_check(world)).err
    for name in ("card.json", "custody-log.jsonl"):
        (own.path / name).write_bytes((world.path / "ben" / name).read_bytes())
    forged = clew_keys(*_check(world)).err
    assert "custody log of Asha, card " in honest
    assert "custody log of Ben, card " in forged


def test_a_line_of_what_takes_no_key_needs_no_signature(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("wrapped", tmp_path)
    log = CustodyLog(world.path / "asha")
    log.append("kept-revocation", {"epoch": "2025-26"}, None)
    assert clew_keys(*_check(world)).code == 0
