"""Mangled files are read right or refused with file, row or column, and cure; nothing is lost silently.

200 seeded sources with ``--soak``, otherwise 40 of them.  The same source unmangled says what right is.
"""

from pathlib import Path

import pytest

from cli.sources.context import Context
from cli.sources.extract import Extract, read_extract
from cli.sources.mapping import choose_mapping, parse_mapping
from linkage.errors import ClewError
from tests.support import mangler
from tests.support.agency_desk import PERIOD, Desk, joined_desk, make_epoch, make_unit_keys
from tests.support.extracts import TODAY, YEAR, balanced
from tests.support.made_sources import ROWS, Source, made, write

ALL, SOME = 200, 40
_MAPPINGS = {"council": "council-csv", "police": "police-csv", "ssda903": "ssda903"}
_TABLES = {"header": "children", "episodes": "care_spells", "missing": "episodes"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        count = ALL if metafunc.config.getoption("--soak") else SOME
        metafunc.parametrize("seed", range(count))


def _read(source: Source, folder: Path) -> Extract:
    role = "police" if source.kind == "police" else "council"
    context = Context("E09", role, TODAY, YEAR, ("E09",))
    return read_extract(folder, parse_mapping(choose_mapping(_MAPPINGS[source.kind])), context)


def _children(extract: Extract) -> dict[str, object]:
    return {one.reference: (one.variants, one.record) for one in extract.children}


def _episodes(extract: Extract) -> dict[str, object]:
    return {
        one.reference: (one.child, one.record.kind, one.record.start, one.record.end, one.record.age_band)
        for one in extract.episodes
    }


def test_a_mangled_source_is_read_right_or_refused_with_a_cure(tmp_path: Path, seed: int) -> None:
    plain = made(mangler.mangled(seed).kind, seed)
    right = _read(plain, write(plain, tmp_path / "plain"))
    assert len(right.children) == len(right.episodes) == ROWS
    source = mangler.mangled(seed)
    folder = write(source, tmp_path / "mangled")
    found = _outcome(source, folder)
    if isinstance(found, ClewError):
        assert source.owed != "same", (source.form, source.done, str(found))
        _helps(found, source, folder)
        return
    assert source.owed != "refused", (source.form, source.done)
    _is_right(found, right, source)
    _accounts_for_every_row(found, source)


def _outcome(source: Source, folder: Path) -> Extract | ClewError:
    try:
        return _read(source, folder)
    except ClewError as refused:
        return refused


def _helps(refused: ClewError, source: Source, folder: Path) -> None:
    """The message names the file, and has a cure; no cell of it stands there."""
    files = {path.name for path in folder.iterdir()}
    assert any(name in refused.message for name in files), str(refused)
    assert refused.hint, str(refused)
    cells = {str(cell) for sheet in source.sheets.values() for row in sheet.rows for cell in row}
    assert not [cell for cell in cells if len(cell) > 5 and cell in str(refused)]


def _is_right(found: Extract, right: Extract, source: Source) -> None:
    """What is kept is what the plain source says; a last row that was cut may differ if it is warned of."""
    cut = any("line end" in fault.problem for fault in found.log.warnings())
    for mine, theirs in ((_children(found), _children(right)), (_episodes(found), _episodes(right))):
        wrong = [reference for reference, record in mine.items() if theirs.get(reference) != record]
        assert len(wrong) <= cut, (source.form, source.done, wrong)
        if source.owed == "same":
            assert set(mine) == set(theirs), (source.form, source.done)


def _accounts_for_every_row(found: Extract, source: Source) -> None:
    assert balanced(found)
    cut = "cut" in source.done
    for name, rows in source.counts.items():
        table = _TABLES.get(name, "") if source.kind == "ssda903" else name
        if not table:  # names are joined
            continue
        tally = found.log.tallies[table]
        # A child's row that says the same again is no child more.
        again = table == "children" and source.kind == "council" and "references_twice" in source.done
        right = tally.read in (rows, rows - again) or (cut and tally.read <= rows)
        assert right, (source.form, source.done, table)
        kept = {"children": found.children, "episodes": found.episodes, "care_spells": found.care_spells}
        assert len(kept[table]) + tally.quarantined + tally.outside + tally.shielded == tally.read
    for fault in found.log.faults:
        assert fault.file
        assert fault.row
        assert fault.problem
        assert fault.cure
    quarantined = sum(tally.quarantined for tally in found.log.tallies.values())
    assert len({(one.table, one.row) for one in found.log.errors()}) >= quarantined


def test_the_mangler_does_everything_that_it_can() -> None:
    done = {name for seed in range(ALL) for name in mangler.mangled(seed).done}
    able = {one.__name__.strip("_") for group in mangler.EVERY for one in group}
    assert done == able
    owed = [mangler.mangled(seed).owed for seed in range(ALL)]
    assert min(owed.count(one) for one in ("same", "part", "refused")) > ALL // 8


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    unit = make_unit_keys()
    return joined_desk(tmp_path_factory.mktemp("mangled") / "desk", make_epoch(unit.card), unit.card)


def test_the_command_never_ends_in_a_traceback(desk: Desk, tmp_path: Path, soak: bool) -> None:
    told = 0
    for seed in range(ALL if soak else 12):
        source = mangler.mangled(seed)
        if source.kind == "police":
            continue
        folder = write(source, tmp_path / str(seed))
        outcome = desk.check(folder, _MAPPINGS[source.kind], "--period", PERIOD)
        assert outcome.code in (0, 1), outcome.err
        assert "Traceback" not in outcome.err
        assert outcome.code == 0 or "hint:" in outcome.err
        told += 1
    assert told
