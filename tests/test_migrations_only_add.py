"""Migrations of this release and of those to come only add: the release before goes on beside them."""

import ast
from pathlib import Path

import pytest

from api.store import migrating

_LAST_THAT_MAY_CHANGE = {"register": 19, "encodings": 1, "payload": 1}
_ADDING = {"add_column", "create_index", "create_table", "get_bind"}

_FILES = [
    path
    for store, last in _LAST_THAT_MAY_CHANGE.items()
    for path in sorted((migrating._MIGRATIONS / store).glob("*.py"))
    if int(path.stem.rpartition("_")[2]) > last
]


def _calls(path: Path, owner: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == owner
    ]


def test_there_are_some() -> None:
    assert {path.stem for path in _FILES} >= {"register_20", "payload_2"}


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_nothing_is_taken_away_or_changed(path: Path) -> None:
    done = {node.func.attr for node in _calls(path, "op") if isinstance(node.func, ast.Attribute)}
    assert done <= _ADDING, "another step that the release before does not know of"


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_a_new_column_of_a_table_that_is_there_may_be_left_out(path: Path) -> None:
    for call in _calls(path, "op"):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add_column":
            column = call.args[1]
            assert isinstance(column, ast.Call)
            given = {one.arg: one.value for one in column.keywords}
            nullable = given.get("nullable")
            may_be_null = nullable is None or (isinstance(nullable, ast.Constant) and nullable.value is True)
            assert may_be_null or "server_default" in given
