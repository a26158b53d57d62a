"""Checkpoints are C2SP checkpoints in C2SP signed notes; published notes verify and are reproduced."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import ClewError, FormatError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.checkpoints import (
    Checkpoint,
    make_ledger_card,
    read_checkpoint,
    read_ledger_card,
    sign_checkpoint,
)
from linkage.wire.notes import note_key, open_note, read_note_key, sign_note
from linkage.wire.signing import public_text

# The example of the documentation of golang.org/x/mod/sumdb/note, the format's reference implementation.
GO_PRIVATE = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
GO_NOTE = (
    GO_TEXT + "\n\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of the specification itself, c2sp.org/signed-note.
SPEC_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n"
    "\n\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OWN = note_key("unit/1", KEY)
POINT = Checkpoint(origin="unit/1", size=7, root=bytes(range(32)))


def test_the_examples_of_the_reference_and_of_the_specification_verify() -> None:
    assert open_note(GO_NOTE, read_note_key(GO_KEY)) == GO_TEXT
    assert open_note(SPEC_NOTE, read_note_key(SPEC_KEY)) == "This is an example message.\n"


def test_the_reference_example_is_reproduced_byte_for_byte() -> None:
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(GO_PRIVATE)[1:])
    assert str(note_key("PeterNeumann", private)) == GO_KEY
    assert sign_note(GO_TEXT, "PeterNeumann", private) == GO_NOTE


def test_a_checkpoint_comes_back() -> None:
    note = sign_checkpoint(POINT, KEY)
    assert note.startswith(f"unit/1\n7\n{base64.b64encode(POINT.root).decode()}\n\n\u2014 unit/1 ")
    assert read_checkpoint(note, OWN) == POINT
    assert read_note_key(str(OWN)) == OWN


def test_signatures_of_others_beside_ours_say_nothing() -> None:
    note = sign_checkpoint(POINT, KEY)
    other = sign_note("x\n", "witness", Ed25519PrivateKey.generate()).split("\n")[-2]
    assert read_checkpoint(f"{note}{other}\n", OWN) == POINT
    with pytest.raises(VerificationError, match="not signed"):
        read_checkpoint(note, note_key("unit/1", Ed25519PrivateKey.generate()))


@given(at=st.integers(0, 400), byte=st.integers(0, 127))
def test_a_note_that_was_changed_is_refused(at: int, byte: int) -> None:
    note = sign_checkpoint(POINT, KEY)
    changed = note[: at % len(note)] + chr(byte) + note[at % len(note) + 1 :]
    if changed == note:
        return
    with pytest.raises(ClewError):
        read_checkpoint(changed, OWN)


@given(st.text(max_size=300))
def test_any_text_is_refused_with_an_error_of_ours(text: str) -> None:
    for read in (lambda: read_checkpoint(text, OWN), lambda: read_note_key(text)):
        with pytest.raises(ClewError):
            read()


@pytest.mark.parametrize("size", ["007", "-1", "+7", "", "7 ", "1e3"])
def test_a_size_has_one_form(size: str) -> None:
    root = base64.b64encode(POINT.root).decode()
    with pytest.raises(FormatError, match="not a checkpoint"):
        read_checkpoint(sign_note(f"unit/1\n{size}\n{root}\n", "unit/1", KEY), OWN)


def test_a_checkpoint_of_another_origin_is_refused() -> None:
    root = base64.b64encode(POINT.root).decode()
    with pytest.raises(VerificationError, match="another ledger"):
        read_checkpoint(sign_note(f"unit/2\n7\n{root}\n", "unit/1", KEY), OWN)


def test_the_ledgers_card_is_believed_for_the_units_signature_alone() -> None:
    unit = Ed25519PrivateKey.generate()
    card = make_ledger_card("unit/1", KEY, unit)
    signing_key = public_text(unit.public_key())
    assert read_ledger_card(canonical(card), signing_key=signing_key).note_key == OWN
    forged = make_ledger_card("unit/1", KEY, Ed25519PrivateKey.generate())
    with pytest.raises(VerificationError):
        read_ledger_card(canonical(forged), signing_key=signing_key)
