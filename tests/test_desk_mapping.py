"""What the page proposes for a file, and what it says of a form that lacks something."""

from pathlib import Path

import pytest

from cli.desk.mapping_form import Draft, draft_of
from cli.desk.wording import at_time, in_days, table_name
from cli.sources.mapping import parse_mapping
from cli.sources.proposing import propose, tables_in
from linkage.errors import InputError
from tests.support.agency_desk import child, episode, write_table


def _draft(folder: Path, **renamed: str) -> Draft:
    """The draft for two tables, with headings of somebody's own."""
    rows = [child(number) for number in range(1, 4)]
    write_table(folder / "kids.csv", [{renamed.get(name, name): row[name] for name in row} for row in rows])
    write_table(folder / "missing.csv", [episode(number) for number in range(1, 4)])
    tables = tables_in(folder)
    return draft_of(tables, propose(tables), ())


def _form(draft: Draft, **changed: str) -> dict[str, str]:
    """What a browser would send of the form as it stands."""
    sent: dict[str, str] = {}
    for section in draft.forms():
        sent[f"table.{section.name}"] = next(one.value for one in section.tables if one.selected)
        for question in (*section.first, *section.more):
            sent[question.name] = next(one.value for one in question.choices if one.selected)
    return sent | changed


def test_a_table_of_children_is_proposed_whatever_its_reference_is_called(tmp_path: Path) -> None:
    draft = _draft(tmp_path, child_id="Kid no.")
    assert draft.sections["children"].seen.file == "kids.csv"
    assert list(draft.lacking()) == ["reference of the child (children)"]
    with pytest.raises(InputError, match=r"no column was chosen yet for reference of the child \(children\)"):
        draft.text("council")
    draft.choose_columns(_form(draft, **{"children.key": "0"}))
    mapping = parse_mapping(draft.text("council"))
    assert mapping.role == "council"


@pytest.mark.parametrize("needed", ["children.key", "children.sex", "episodes.start", "episodes.child"])
def test_a_form_without_a_column_that_is_needed_says_which(tmp_path: Path, needed: str) -> None:
    draft = _draft(tmp_path)
    draft.choose_columns(_form(draft, **{needed: ""}))
    with pytest.raises(InputError, match="no column was chosen yet for") as refused:
        draft.text("council")
    assert needed.partition(".")[0] in str(refused.value)


def test_names_may_stand_in_one_column_or_apart(tmp_path: Path) -> None:
    draft = _draft(tmp_path, forename="full name")
    assert list(draft.lacking()) == []
    draft.choose_columns(_form(draft, **{"children.full_name": "", "children.surname": ""}))
    assert list(draft.lacking()) == ["first name (children)", "surname (children)"]


def test_a_table_without_a_child_is_not_taken_for_one(tmp_path: Path) -> None:
    write_table(tmp_path / "prices.csv", [{"item": "chair", "price": "4"}])
    tables = tables_in(tmp_path)
    draft = draft_of(tables, propose(tables), ())
    assert draft.sections == {}
    with pytest.raises(InputError, match="a table of children"):
        draft.text("council")


def test_days_times_and_tables_are_written_as_people_write_them() -> None:
    assert in_days("2025-04-01..2026-03-31") == "1 April 2025 to 31 March 2026"
    assert at_time("2026-07-01T23:30Z") == "2 July 2026, 00:30"
    assert at_time("2026-01-01T23:30Z") == "1 January 2026, 23:30"
    assert table_name("book.xlsx#Kids") == "book.xlsx, sheet Kids"
    assert table_name("kids.csv") == "kids.csv"
