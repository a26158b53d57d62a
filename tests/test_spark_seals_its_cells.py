"""What a linkage lays down for a cluster nobody else reads or changes, and only its own code opens."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.spark.cells import Cells
from api.spark.same_code import code_archive, code_digest, require_same_code
from api.spark.tasks import chunk_name, chunks_of, compare_tile, reduce_strip, table_of
from linkage.errors import VerificationError, VersionError
from linkage.match.candidates import Candidates
from linkage.match.engine import LocalEngine
from linkage.match.plan import Comparison, plan_tiles
from linkage.match.rows import RecordId, Rows


def _rows(count: int) -> Rows:
    draws = np.random.default_rng(count)
    words = draws.integers(0, 2**64, (2, count, 2), dtype=np.uint64)
    source = np.sort(draws.integers(0, 3, count)).astype(np.int32)
    return Rows(
        ids=tuple(RecordId("abc"[one], f"{place:04}") for place, one in enumerate(source)),
        words=words,
        weights=np.bitwise_count(words).sum(axis=2, dtype=np.int32),
        present=draws.random((2, count)) < 0.9,
        tiers=np.zeros(count, np.uint8),
        record=np.arange(count, dtype=np.int32),
        apart=np.where(source == 1, np.int32(1), np.int32(-1)),
        source=source,
    )


def test_a_sealed_cell_shows_nothing_of_its_arrays_and_opens_to_them() -> None:
    cells, rows = Cells.fresh(), _rows(60)
    (arrays,) = chunks_of(rows, np.arange(60, dtype=np.int32))
    sealed = cells.seal("rows 0/0", arrays)
    for view in rows.words:
        for words in view:
            assert words[:1].tobytes() not in sealed
    opened = cells.open("rows 0/0", sealed)
    assert opened.keys() == arrays.keys()
    for name, array in arrays.items():
        assert opened[name].dtype == array.dtype
        assert (opened[name] == array).all()


@given(st.data())
def test_a_changed_cell_another_name_or_another_key_opens_nothing(data: st.DataObject) -> None:
    cells = Cells.fresh()
    sealed = cells.seal("rows 1/2", {"a": np.arange(5)})
    place = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[place] ^= data.draw(st.integers(1, 255))
    short = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    for name, cell in (("rows 1/2", bytes(changed)), ("rows 1/2", short), ("rows 2/1", sealed)):
        with pytest.raises(VerificationError, match="was changed"):
            cells.open(name, cell)
    with pytest.raises(VerificationError):
        Cells.fresh().open("rows 1/2", sealed)


def test_a_key_is_in_no_text_of_what_holds_it() -> None:
    cells = Cells.fresh()
    assert cells.key.hex() not in repr(cells)
    assert repr(cells.key) not in repr(cells)


def test_arrays_of_objects_are_never_opened() -> None:
    cells = Cells.fresh()
    with pytest.raises(ValueError, match=r"[Oo]bject"):
        cells.seal("x", {"a": np.array([{}], dtype=object)})


@pytest.mark.parametrize("strip_rows", [40, 70, 200])
def test_tasks_by_themselves_find_what_one_process_finds(strip_rows: int) -> None:
    rows, comparison = _rows(200), Comparison(noise_z=0.5, nearest=3)
    plan, cells, code = plan_tiles(rows, strip_rows=strip_rows), Cells.fresh(), code_digest()
    staged = {
        (strip, chunk): cells.seal(chunk_name(strip, chunk), arrays)
        for strip, numbers in enumerate(plan.strips)
        for chunk, arrays in enumerate(chunks_of(rows, numbers))
    }
    columns = "strip int, chunk int, cell binary, task int, left int, right int"
    found = []
    for task, (left, right) in enumerate(plan.tiles()):
        chunks = [
            {"strip": strip, "chunk": chunk, "cell": cell, "task": task, "left": left, "right": right}
            for (strip, chunk), cell in staged.items()
            if strip in (left, right)
        ]
        batches = table_of(columns, chunks[::-1]).to_batches(max_chunksize=1)
        made = compare_tile(batches, cells=cells, comparison=comparison, code=code)
        found += [row for batch in made for row in batch.to_pylist()]
    parts = []
    for strip in range(len(plan.strips)):
        mine = [row for row in found if row["strip"] == strip]
        batches = table_of("strip int, tile int, piece int, cell binary", mine).to_batches()
        for batch in reduce_strip(batches, cells=cells, nearest=3, code=code):
            (row,) = batch.to_pylist()
            arrays = cells.open(f"reduced {strip}/{row['piece']}", row["cell"])
            parts.append(Candidates(arrays["pairs"].astype(np.int64), arrays["distances"]))  # type: ignore[arg-type]
    joined, expected = Candidates.joined(parts), LocalEngine(1).candidates(rows, plan, comparison)
    assert (joined.pairs == expected.pairs).all()
    assert (joined.distances == expected.distances).all()
    assert joined.distances.dtype == expected.distances.dtype


def test_a_task_with_other_code_refuses() -> None:
    require_same_code(code_digest())
    with pytest.raises(VersionError, match="another release of Clew"):
        require_same_code("0" * 64)
    with pytest.raises(VersionError):
        next(iter(compare_tile([], cells=Cells.fresh(), comparison=Comparison(0.0, 1), code="")))


def test_the_archive_is_all_that_tasks_need_and_nothing_of_the_service(tmp_path: Path) -> None:
    archive = code_archive()
    assert archive == code_archive()
    names = zipfile.ZipFile(io.BytesIO(archive)).namelist()
    assert not [
        name for name in names if name.startswith(("linkage/encode", "linkage/lab", "linkage/register"))
    ]
    assert {name for name in names if name.startswith("api")} == {
        "api/__init__.py",
        *(f"api/spark/{name}.py" for name in ("__init__", "cells", "same_code", "tasks")),
    }
    (tmp_path / "clew.zip").write_bytes(archive)
    probe = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import api.spark.tasks, linkage\n"
        "from api.spark.same_code import code_digest\n"
        "assert linkage.__file__.startswith(sys.argv[1]), linkage.__file__\n"
        "print(code_digest(), *sorted(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", probe, str(tmp_path / "clew.zip")],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env={"PYTHONPATH": _site_packages(), "PATH": "/usr/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    digest, *modules = done.stdout.split()
    assert digest == code_digest()
    never = {
        "flask",
        "sqlalchemy",
        "pyspark",
        "pandas",
        "api.store",
        "api.config",
        "api.spark.engine",
    }
    assert never & set(modules) == set()


def _site_packages() -> str:
    return str(Path(np.__file__).parents[1])
