"""Published files read back by somebody who has nothing else: what each figure is about, and its parts.

How tables are divided is no secret: it is what the tables of a register without any child show.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from api.publishing.places import GEOGRAPHY, TIME, force_columns, geography, time_columns
from linkage.register.areas import AreaDirectory
from linkage.register.counts import CountTable, Dimension
from linkage.register.statistics.facts import gather_facts
from linkage.register.statistics.periods import Period
from linkage.register.statistics.tables import count_tables

__all__ = ["for_attacker", "rows_of", "shapes_of"]

Columns = tuple[str, ...]


def shapes_of(directory: AreaDirectory, period: Period) -> list[CountTable]:
    """Return how the tables of a period are divided."""
    return count_tables(gather_facts([], {}, directory), directory, period)


def rows_of(content: str) -> list[dict[str, str]]:
    """Return the rows of a published table."""
    return list(csv.DictReader(io.StringIO(content, newline="")))


def for_attacker(files: Mapping[str, str], directory: AreaDirectory, period: Period) -> dict[str, str]:
    """Turn published tables, by file name, into the attacker's: a file for each measure, and one of codes."""
    shapes: dict[str, list[CountTable]] = {}
    for shape in shapes_of(directory, period):
        shapes.setdefault(shape.number.lower(), []).append(shape)
    found: dict[str, str] = {}
    codes: list[Sequence[str]] = [("table", "measure", "dimension", "code", "parent", "additive")]
    for name, content in files.items():
        measures = shapes.get(name.split("_")[0], ())
        rows = rows_of(content) if measures else []
        for shape in measures:
            table = f"{shape.number}-{shape.measure}"
            found[f"{table}.csv"] = _written(_cells(shape, rows, directory, period))
            codes += _codes(table, shape)
    return {**found, "codes.csv": _written(codes)}


def _written(rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue()


def _codes(table: str, shape: CountTable) -> Iterator[Sequence[str]]:
    for one in shape.dimensions:
        for code in one.codes:
            yield table, shape.measure, one.name, code, one.parents.get(code, ""), str(one.additive)


def _cells(
    shape: CountTable, rows: Sequence[Mapping[str, str]], directory: AreaDirectory, period: Period
) -> Iterator[Sequence[str]]:
    yield *(one.name for one in shape.dimensions), "value"
    readings = [_reading(one, directory, period) for one in shape.dimensions]
    for row in rows:
        codes = [found[tuple(row[column] for column in columns)] for columns, found in readings]
        yield *codes, row[shape.measure]


def _reading(
    dimension: Dimension, directory: AreaDirectory, period: Period
) -> tuple[Columns, Mapping[Columns, str]]:
    """Return the columns that name a dimension's code, and the code of everything that they may say."""
    if dimension.name == "time":
        return TIME, {time_columns(code, period): code for code in dimension.codes}
    if dimension.name in {"area", "force"}:
        places = {
            tuple(_place(dimension, code, directory)[column] for column in GEOGRAPHY): code
            for code in dimension.codes
        }
        return GEOGRAPHY, places
    labels = {
        ("Total" if code == dimension.total else dimension.labels.get(code, code),): code
        for code in dimension.codes
    }
    assert len(labels) == len(dimension.codes), f"{dimension.name}: two codes have one label"
    return (dimension.name,), labels


def _place(dimension: Dimension, code: str, directory: AreaDirectory) -> Mapping[str, str]:
    if dimension.name == "area":
        return geography(code, directory)
    return force_columns(code, dimension.labels.get(code, code), total=code == dimension.total)
