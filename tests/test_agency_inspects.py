"""``clew agency inspect`` says exactly what would leave, and refuses a bundle that is not what it says."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import Struct

from cli.agency.bundles import lines, opened_bundle
from cli.agency.field_words import FIELD_WORDS
from cli.agency.inspection import inspect_bundle
from linkage.errors import LimitError
from linkage.wire.records import CareSpell, Child, Coverage, Episode, ReturnInterview
from tests.support.agency_desk import (
    PROFILE,
    Desk,
    child,
    clew,
    joined_desk,
    make_epoch,
    make_unit_keys,
    write_council,
)

RECORDS: tuple[type[Struct], ...] = (Child, CareSpell, Episode, ReturnInterview, Coverage)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    unit = make_unit_keys()
    made = joined_desk(tmp_path_factory.mktemp("inspect") / "desk", make_epoch(unit.card), unit.card)
    children = [child(1, known_as="Bea", uasc="Y"), child(2), child(3, date_of_birth="2010")]
    source = write_council(made.path / "source", 3, children=children)
    assert made.encode(source, "council-csv").code == 0
    return made


def test_every_clear_field_is_explained_and_no_other() -> None:
    explained = {kind: set(words) for kind, words in FIELD_WORDS.items()}
    assert explained == {str(kind.__struct_config__.tag): set(kind.__struct_fields__) for kind in RECORDS}


def test_the_open_copy_is_told_in_words(desk: Desk) -> None:
    outcome = clew("agency", "inspect", desk.open_bundle, "--workspace", desk.workspace)
    assert outcome.code == 0, outcome.err
    words = outcome.out
    with opened_bundle(desk.open_bundle) as bundle:
        manifest, inspection = bundle.manifest, inspect_bundle(bundle)
    for part in manifest.parts:
        assert part.sha256 in words
        assert part.sealed_sha256 in words
        assert f"{part.sealed_size:,}" in words
    for kind, fields in FIELD_WORDS.items():
        assert kind in words
        assert all(meaning in words for meaning in fields.values())
    assert "F ×2 · M ×1" in words
    assert "uasc ×1 · not sent ×2" in words
    assert "to the minute ×3" in words
    assert "What never leaves" in words
    assert inspection.specimen()[0].handle in words
    assert len(inspection.specimen()) == 4
    assert (inspection.with_variants, inspection.uncertain) == (1, 1)
    assert "signed by this workspace's identity" in outcome.err


def test_the_sealed_bundle_tells_its_manifest_only(desk: Desk) -> None:
    outcome = clew("agency", "inspect", desk.bundle)
    assert outcome.code == 0, outcome.err
    assert "sealed form" in outcome.out
    assert "not even this agency can read them" in outcome.out
    assert "specimen" not in outcome.out
    assert "compare it with signing_key in card.json, or add --workspace" in outcome.err


def test_bytes_are_those_of_the_bundle(desk: Desk) -> None:
    outcome = clew("agency", "inspect", desk.open_bundle, "--bytes")
    with opened_bundle(desk.open_bundle) as bundle:
        manifest = bundle.manifest_bytes
        _, _, rest = b"".join(bundle.pieces("encodings")).partition(b"\n")
    manifest_lines, _, row_lines = outcome.out.partition("The first encoding row")
    assert _hex(manifest_lines.partition("The manifest, byte by byte")[2]) == manifest
    row = _hex(row_lines)
    assert rest.startswith(row)
    assert len(row) == 16 + 1 + 1 + 4 + len(PROFILE.views) * PROFILE.view_bytes
    views = [f"view {view.name}" for view in PROFILE.views]
    for meaning in ("record handle", "variant", "tier", "views present", *views):
        assert meaning in row_lines
    sealed = clew("agency", "inspect", desk.bundle, "--bytes").out
    assert _hex(sealed.partition("The manifest, byte by byte")[2]) == manifest


def _hex(text: str) -> bytes:
    """Gather the bytes of a dump again, checking that every line says where it is."""
    data, starts = b"", []
    for line in text.splitlines():
        if line.startswith("    0"):
            offset, middle = line[4:12], line[14:61]
            starts.append(int(offset, 16) == len(data))
            data += bytes.fromhex(middle)
    assert all(starts)
    return data


def test_nothing_that_was_read_shows(desk: Desk) -> None:
    words = clew("agency", "inspect", desk.open_bundle, "--bytes").out
    assert "canary" not in words.casefold()
    assert "CH0000001" not in words
    assert "EP0000001" not in words


Change = Callable[[str, bytes], bytes]


def _changed(desk: Desk, bundle: Path, change: Change, target: Path) -> Path:
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as copy:
        for entry in source.infolist():
            copy.writestr(entry.filename, change(entry.filename, source.read(entry.filename)))
    return target


def _flip(name: str) -> Change:
    return lambda member, data: bytes([data[0] ^ 1]) + data[1:] if member == name else data


def _swap(old: bytes, new: bytes) -> Change:
    return lambda member, data: data.replace(old, new) if member == "manifest.json" else data


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_flip("payload.open"), "part payload: the digest differs"),
        (_flip("encodings.open"), "part encodings: the digest differs"),
        (_swap(b'"sequence":1', b'"sequence":2'), "does not verify"),
        (_swap(b'"sequence":1', b'"sequence": 1'), "not in canonical form"),
        (_swap(b'"version":1', b'"version":7'), "format version 7"),
        (_flip("manifest.sig"), "not valid JSON"),
    ],
)
def test_a_changed_bundle_is_refused(tmp_path: Path, desk: Desk, change: Change, said: str) -> None:
    file = _changed(desk, desk.open_bundle, change, tmp_path / "changed.clew")
    outcome = clew("agency", "inspect", file)
    assert outcome.code == 1
    assert said in outcome.err
    assert "changed.clew" in outcome.err
    assert outcome.out == ""


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a bundle at all" * 100])
def test_what_is_no_bundle_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file.clew"
    file.write_bytes(content)
    outcome = clew("agency", "inspect", file)
    assert outcome.code == 1
    assert "file.clew: not a bundle" in outcome.err


def test_another_workspaces_bundle_is_told_apart(tmp_path: Path, desk: Desk) -> None:
    unit = make_unit_keys()
    other = joined_desk(tmp_path / "other", make_epoch(unit.card), unit.card, "E10")
    outcome = clew("agency", "inspect", desk.open_bundle, "--workspace", other.workspace)
    assert outcome.code == 1
    assert "this bundle is of E09, the workspace is of E10" in outcome.err
    assert "sign" not in outcome.err


def test_lines_are_cut_wherever_the_pieces_break() -> None:
    whole = b"one\ntwo\n\nthree"
    for size in range(1, len(whole) + 1):
        pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
        assert list(lines(pieces)) == [b"one\n", b"two\n", b"\n", b"three"]
    with pytest.raises(LimitError):
        list(lines([b"x" * 5000, b"\n"]))
