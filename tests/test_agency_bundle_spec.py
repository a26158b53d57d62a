"""docs/spec/bundle-1.md and docs/spec/seal-1.md say what the code does: every field, code, limit and size."""

import re
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import numpy as np
import pytest
from msgspec import Struct

from linkage.wire import codes, encodings, limits, seal
from linkage.wire.encodings import EncodingsHeader
from linkage.wire.manifest import PART_NAMES, Counts, Manifest, Part, Period, part_context
from linkage.wire.moments import Moment
from linkage.wire.records import CareSpell, Child, Coverage, Episode, PayloadHeader, ReturnInterview
from linkage.wire.signing import Signature

SPEC = Path(__file__).parents[1] / "docs" / "spec"
BUNDLE = (SPEC / "bundle-1.md").read_text(encoding="utf-8")
SEAL = (SPEC / "seal-1.md").read_text(encoding="utf-8")
RECORDS: tuple[type[Struct], ...] = (Child, CareSpell, Episode, ReturnInterview, Coverage)
CODES = (
    codes.Role,
    codes.Sex,
    codes.EthnicityGroup,
    codes.AgeBand,
    codes.EpisodeKind,
    codes.CareStatus,
    codes.AreaFlag,
    codes.Risk,
    codes.LegalStatus,
    codes.PlacementProvider,
    codes.Flag,
    codes.Outcome,
    codes.Interviewer,
    codes.ReasonCode,
    codes.HarmCode,
)


def _section(title: str) -> str:
    """Return a section of the bundle's specification, up to the next heading of its rank or above."""
    rank, _, _ = title.partition(" ")
    rest = BUNDLE.partition(f"\n{title}\n")[2]
    assert rest, title
    return re.split(rf"\n#{{1,{len(rank)}}} ", rest)[0]


def _rows(section: str) -> set[str]:
    """Return the names in the first column of a section's tables."""
    cells = (line.split("|")[1] for line in section.splitlines() if line.startswith("|"))
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_has_its_table_with_exactly_its_fields(record: type[Struct]) -> None:
    tag = str(record.__struct_config__.tag)
    assert _rows(_section(f"### `{tag}`")) == {"type", *record.__struct_fields__}


def test_the_manifest_and_the_parts_have_exactly_these_fields() -> None:
    manifest = _section("## 3. Manifest")
    assert _rows(manifest) == set(Manifest.__struct_fields__) | set(Part.__struct_fields__)
    for kind in (Counts, Period, Signature):
        for name in kind.__struct_fields__:
            assert f"`{name}`" in manifest or f'"{name}"' in manifest
    encoded = _section("## 4. Encodings part")
    row = {"handle", "variant", "tier", "present", "bits", "exact"}
    assert _rows(encoded) == set(EncodingsHeader.__struct_fields__) | row
    assert set(encodings._row_type(5, 200, 1).names or ()) == row
    for name in PayloadHeader.__struct_fields__:
        assert f"`{name}`" in _section("## 5. Payload part")


def test_every_code_is_on_the_page() -> None:
    for kind in CODES:
        for code in get_args(kind):
            assert f"`{code}`" in BUNDLE, code


def test_every_limit_is_on_the_page_with_its_value() -> None:
    table = _section("## 7. Limits")
    for name in limits.__all__:
        value = getattr(limits, name)
        (line,) = [line for line in table.splitlines() if f"`{name}`" in line]
        assert f" {value:,} " in line.replace("bytes", " "), line
    assert _named(table, limits) == set(limits.__all__)


def _named(text: str, module: ModuleType) -> set[str]:
    return {name for name in re.findall(r"`(MAX_[A-Z_]+)`", text) if hasattr(module, name)}


def test_defaults_are_those_of_the_code() -> None:
    for record in RECORDS[:-1]:
        section = _section(f"### `{record.__struct_config__.tag}`")
        for line in section.splitlines():
            cells = [cell.strip() for cell in line.split("|")[1:-1]]
            for name in re.findall(r"`([^`]+)`", cells[0]) if len(cells) == 3 else ():
                if name in record.__struct_fields__:
                    assert _default(record, name) == cells[2].partition(":")[0].strip("`"), name


def _default(record: type[Struct], name: str) -> str:
    values: dict[str, Any] = dict(
        zip(reversed(record.__struct_fields__), reversed(record.__struct_defaults__), strict=False)
    )
    given = values.get(name, "")
    required = name not in values or not isinstance(given, str | tuple | bool | None)
    if required:
        return ""
    return {None: "none", (): "empty", False: "false"}.get(given, str(given))


def test_a_row_has_the_width_on_the_page() -> None:
    assert "22 + `views` · `view_bytes` + 16 · (length of `exact`) bytes" in BUNDLE
    for views, width, kinds in ((1, 8, 0), (5, 200, 1), (8, 128, 2)):
        size = encodings.row_bytes(views, width, kinds)
        assert encodings._row_type(views, width, kinds).itemsize == size == 22 + views * width + 16 * kinds
    assert np.dtype("<u4").itemsize == 4


def test_member_names_and_labels_are_on_the_page() -> None:
    for name in (
        "manifest.json",
        "manifest.sig",
        *(f"{n}.{form}" for n in PART_NAMES for form in ("open", "sealed")),
    ):
        assert f"`{name}`" in BUNDLE
    label, *_ = part_context(
        "E09",
        "e1",
        "payload",
        period=Period(start=Moment.parse("2024-04-01"), end=Moment.parse("2025-03-31")),
        sequence=1,
    ).split(b"\x00")
    assert f"`{label.decode()}`" in SEAL


def test_the_seals_sizes_are_on_the_page() -> None:
    head = seal.sealed_size(0) - 16
    assert f"{head:,} + *n* + 16" in SEAL
    assert f"({seal.SEGMENT_BYTES:,} bytes)" in SEAL
    for number in (1120, 48, 11, 1184, 1216, 2432):
        assert f"{number:,}" in SEAL
    assert head == 11 + 1120 + 48
    assert seal._MAGIC == b"clew-seal" + b"\x00\x01"
    key = seal.SealingKey.generate()
    assert (len(key.to_bytes()), len(key.public_text())) == (96, 2432)
    sealed = b"".join(seal.seal([b"x" * 70_000], key.public_text(), context=b"c"))
    assert len(sealed) == head + 70_000 + 16 * 2
