"""A secret under a passphrase opens with that passphrase from an unchanged file, and with nothing else."""

import json
import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import keys.protected
from keys.identity import Identity, create_identity, custodian_card, load_identity, save_identity
from keys.protected import CEILING, COST, FLOOR, open_protected, protect, read_protected
from linkage.errors import ClewError, FormatError, InputError, LimitError, VerificationError, VersionError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard, read_card
from tests.support.custody import CHEAP, PASSPHRASE, flip

SUBJECT = "ab" * 32
SECRET = bytes(range(128))
FILE = protect(SECRET, PASSPHRASE, kind="identity", subject=SUBJECT, cost=CHEAP)


def _open(data: bytes, passphrase: str = PASSPHRASE, kind: str = "identity") -> bytes:
    return open_protected(read_protected(data, kind=kind, floor=CHEAP), passphrase)


@given(st.binary(min_size=1, max_size=2000), st.text(min_size=1, max_size=40))
def test_what_was_protected_comes_back(secret: bytes, passphrase: str) -> None:
    data = protect(secret, passphrase, kind="x", subject=SUBJECT, cost=CHEAP)
    assert _open(data, passphrase, "x") == secret
    assert len(secret) < 8 or (secret not in data and secret.hex().encode() not in data)


@example(bit=FILE.index(b'"lanes":1') * 8 + 8 * len('"lanes":') + 2)  # 5 lanes, too many for so little memory
@given(st.integers(min_value=0))
def test_a_single_flipped_bit_is_refused(bit: int) -> None:
    with pytest.raises(ClewError):
        _open(flip(FILE, bit))


@given(st.integers(0, len(FILE) - 1))
def test_a_file_cut_short_is_refused(length: int) -> None:
    with pytest.raises(FormatError):
        _open(FILE[:length])


@given(st.binary(max_size=300))
def test_bytes_of_any_other_kind_are_refused(data: bytes) -> None:
    with pytest.raises(ClewError):
        _open(data)


@given(st.text(min_size=1, max_size=40).filter(lambda text: text != PASSPHRASE))
def test_a_wrong_passphrase_is_one_error(passphrase: str) -> None:
    with pytest.raises(VerificationError, match="passphrase is wrong or the file is damaged"):
        _open(FILE, passphrase)


def test_a_wrong_passphrase_and_a_damaged_file_are_told_apart_by_nobody() -> None:
    content = json.loads(FILE)
    content["ciphertext"] = "00" * (len(content["ciphertext"]) // 2)
    with pytest.raises(VerificationError) as wrong:
        _open(FILE, "another passphrase")
    with pytest.raises(VerificationError) as damaged:
        _open(canonical(content))
    assert str(wrong.value) == str(damaged.value)


def test_a_wrong_passphrase_costs_as_much_work_as_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    work = []
    stretch = keys.protected._stretch
    monkeypatch.setattr(
        keys.protected, "_stretch", lambda p, kdf: (work.append(kdf.cost), stretch(p, kdf))[1]
    )
    _open(FILE)
    with pytest.raises(VerificationError):
        _open(FILE, "another passphrase")
    assert work == [CHEAP, CHEAP]


def test_one_passphrase_has_one_spelling_whichever_keyboard_typed_it() -> None:
    data = protect(SECRET, "caf\u00e9 au lait", kind="identity", subject=SUBJECT, cost=CHEAP)
    assert _open(data, "cafe\u0301 au lait") == SECRET


def test_an_empty_passphrase_is_refused_on_both_sides() -> None:
    with pytest.raises(InputError, match="empty"):
        protect(SECRET, "", kind="identity", subject=SUBJECT, cost=CHEAP)
    with pytest.raises(InputError, match="empty"):
        _open(FILE, "")


def test_two_files_of_one_secret_share_neither_salt_nor_nonce() -> None:
    other = protect(SECRET, PASSPHRASE, kind="identity", subject=SUBJECT, cost=CHEAP)
    one, two = json.loads(FILE), json.loads(other)
    assert one["kdf"]["salt"] != two["kdf"]["salt"]
    assert one["nonce"] != two["nonce"]
    assert one["ciphertext"] != two["ciphertext"]


def _with_cost(**changes: int) -> bytes:
    content = json.loads(FILE)
    content["kdf"] |= {name: getattr(COST, name) for name in ("memory_kib", "iterations", "lanes")} | changes
    return canonical(content)


@pytest.mark.parametrize(
    "changes",
    [
        {"memory_kib": COST.memory_kib - 1},
        {"memory_kib": 8},
        {"iterations": 2},
        {"iterations": 0},
        {"lanes": 0},
        {"memory_kib": CEILING.memory_kib + 1},
        {"memory_kib": 2**40},
        {"iterations": CEILING.iterations + 1},
        {"iterations": 2**31},
        {"lanes": CEILING.lanes + 1},
        {"lanes": 2**20},
    ],
)
def test_a_hostile_cost_is_refused_before_any_of_it_is_spent(
    changes: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys.protected, "Argon2id", None)
    with pytest.raises(LimitError, match="passphrase protection"):
        read_protected(_with_cost(**changes), kind="identity")


@pytest.mark.parametrize("figure", ["-4", "18446744073709551616", "1e9", "65536.5", "null", '"65536"'])
def test_a_cost_that_is_no_plain_number_is_refused(figure: str) -> None:
    data = _with_cost(memory_kib=COST.memory_kib).replace(
        b'"memory_kib":65536', f'"memory_kib":{figure}'.encode()
    )
    with pytest.raises(FormatError):
        read_protected(data, kind="identity")


def test_the_shipped_cost_is_argon2id_with_64_mib_three_passes_and_four_lanes() -> None:
    assert (COST.memory_kib, COST.iterations, COST.lanes) == (64 * 1024, 3, 4)
    assert FLOOR == COST
    assert (CEILING.memory_kib, CEILING.iterations, CEILING.lanes) == (512 * 1024, 10, 16)
    data = protect(SECRET, PASSPHRASE, kind="identity", subject=SUBJECT)
    assert json.loads(data)["kdf"]["name"] == "argon2id"
    assert open_protected(read_protected(data, kind="identity"), PASSPHRASE) == SECRET


def test_a_cheap_file_is_refused_where_no_test_asks_for_it() -> None:
    with pytest.raises(LimitError):
        read_protected(FILE, kind="identity")


@pytest.mark.parametrize("version", [0, 2, 99])
def test_another_version_is_refused_as_such(version: int) -> None:
    with pytest.raises(VersionError):
        _open(canonical(json.loads(FILE) | {"version": version}))


def test_a_file_of_another_kind_is_refused_as_such() -> None:
    with pytest.raises(FormatError, match="not a protected contribution"):
        _open(FILE, kind="contribution")


def test_a_relabelled_file_does_not_open() -> None:
    for change in ({"kind": "contribution"}, {"subject": "cd" * 32}):
        content = json.loads(FILE) | change
        with pytest.raises(VerificationError):
            _open(canonical(content), kind=content["kind"])


def test_an_identity_comes_back_from_its_file_for_its_owner_only(tmp_path: Path) -> None:
    path, identity = tmp_path / "identity.json", create_identity()
    save_identity(path, identity, PASSPHRASE, cost=CHEAP)
    loaded = load_identity(path, PASSPHRASE, floor=CHEAP)
    assert loaded.public_key == identity.public_key
    assert loaded.sealing.public_text() == identity.sealing.public_text()
    assert loaded.to_bytes() == identity.to_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["identity.json"]


def test_an_identity_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    save_identity(path, create_identity(), PASSPHRASE, cost=CHEAP)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"identity\.json: is there already"):
        save_identity(path, create_identity(), PASSPHRASE, cost=CHEAP)
    assert path.read_bytes() == before


def test_an_identity_under_another_ones_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    secret = create_identity().to_bytes()
    path.write_bytes(protect(secret, PASSPHRASE, kind="identity", subject=SUBJECT, cost=CHEAP))
    with pytest.raises(FormatError, match=r"identity\.json: the identity is not the one"):
        load_identity(path, PASSPHRASE, floor=CHEAP)


@pytest.mark.parametrize("size", [0, 16, 32, 127, 129])
def test_private_bytes_of_another_length_are_refused(size: int) -> None:
    with pytest.raises(FormatError):
        Identity.from_bytes(bytes(size))


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "identity.json", tmp_path):
        with pytest.raises(InputError, match=re.escape(path.name)):
            load_identity(path, PASSPHRASE, floor=CHEAP)


def test_a_full_disk_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="no space left on device"):
        save_identity(tmp_path / "identity.json", create_identity(), PASSPHRASE, cost=CHEAP)
    assert list(tmp_path.iterdir()) == []


def test_an_identity_shows_nothing() -> None:
    identity = create_identity()
    shown = f"{identity!r} {identity} {identity.sealing!r}"
    assert identity.to_bytes().hex()[:16] not in shown
    assert shown.count("…") == 3


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "a\x1b[2Jb", "\u202eflipped", "x" * 121])
def test_a_name_that_cannot_be_shown_makes_no_card(name: str) -> None:
    with pytest.raises(InputError, match="name"):
        custodian_card(create_identity(), name)


def test_a_card_is_signed_by_its_own_identity() -> None:
    identity = create_identity()
    card = read_card(canonical(custodian_card(identity, " Asha ")), CustodianCard)
    assert (card.name, card.signing_key) == ("Asha", identity.public_key)
