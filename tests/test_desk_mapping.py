"""What the page proposes for a file, and what it says of a form that lacks something."""

from collections import Counter
from pathlib import Path

import pytest

from cli.desk.mapping_form import Draft, draft_of
from cli.desk.meanings import given_meanings, not_asked, unmeant_values, with_meanings
from cli.desk.wording import at_time, in_days, table_name, words_for_page
from cli.sources.faults import FaultLog
from cli.sources.mapping import choose_mapping, parse_mapping
from cli.sources.proposing import propose, tables_in
from cli.sources.value_uses import ValueUse
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


def _log(field: str = "missing_from", /, **words: int) -> FaultLog:
    """What a check found, with words that have no meaning for where a child went missing from."""
    uses = {ValueUse("episodes", "From", field, word, "", known=False): rows for word, rows in words.items()}
    return FaultLog(values=Counter(uses))


def test_words_of_ones_own_are_asked_about_and_kept(tmp_path: Path) -> None:
    values = unmeant_values(_log(nan=7, granny=6))
    assert [(one.value, one.rows) for one in values] == [("nan", 7), ("granny", 6)]
    given = given_meanings(values, {"meaning.0": "home", "meaning.1": ""})
    text = with_meanings(choose_mapping("council-csv"), given)
    assert parse_mapping(text).values["missing_from"]["nan"] == "home"
    again = with_meanings(text, {"missing_from": {'gran "x" \\ \x7f': "home"}, "sex": {"f.": "F"}})
    assert parse_mapping(again).values["missing_from"] == {"nan": "home", 'gran "x" \\ \x7f': "home"}
    assert parse_mapping(again).values["sex"] == {"f.": "F"}


@pytest.mark.parametrize("field", ["kind", "missing_from", "sex"])
def test_a_list_of_codes_is_asked_about_whole_however_rare_or_long_a_word_is(field: str) -> None:
    long = "gone, and the carer knows where to"
    log = _log(field, **{long: 1, "gone": 9})
    assert [one.value for one in unmeant_values(log)] == ["gone", long]
    assert not_asked(log) == []
    code = unmeant_values(log)[1].codes[0]
    text = with_meanings(
        choose_mapping("council-csv"), given_meanings(unmeant_values(log), {"meaning.1": code})
    )
    assert parse_mapping(text).values[field] == {long: code}


def test_what_may_be_a_note_is_not_asked_about_nor_shown() -> None:
    reasons = _log("reasons", shoplifting=7, secret=2)
    assert [one.value for one in unmeant_values(reasons)] == ["shoplifting"]
    assert [(one.value, one.rows) for one in not_asked(reasons)] == [("s•••••", 2)]
    notes = _log(**{f"at an address, number {number}": 1 for number in range(21)}, nan=7)
    assert [one.value for one in unmeant_values(notes)] == ["nan"]
    assert sum(one.rows for one in not_asked(notes)) == 21


@pytest.mark.parametrize("form", [{}, {"meaning.0": ""}, {"meaning.0": "a note"}, {"meaning.7": "home"}])
def test_a_form_of_meanings_that_says_nothing_or_something_else_is_refused(form: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"no meaning was chosen|not one of those to choose from"):
        given_meanings(unmeant_values(_log(nan=7)), form)


def test_a_mapping_written_otherwise_is_left_as_it_is(tmp_path: Path) -> None:
    text = choose_mapping("council-csv") + '\n[values]\nmissing_from = { nan = "home" }\n'
    parse_mapping(text)
    with pytest.raises(InputError, match="cannot be added to your mapping"):
        with_meanings(text, {"missing_from": {"granny": "home"}})


def test_days_times_and_tables_are_written_as_people_write_them() -> None:
    assert in_days("2025-04-01..2026-03-31") == "1 April 2025 to 31 March 2026"
    assert at_time("2026-07-01T23:30Z") == "2 July 2026, 00:30"
    assert at_time("2026-01-01T23:30Z") == "1 January 2026, 23:30"
    assert table_name("book.xlsx#Kids") == "book.xlsx, sheet Kids"
    assert table_name("kids.csv") == "kids.csv"
    said = words_for_page("its child is in quarantine (row 2 of Log v3 (2).xlsx#Kids)")
    assert said == "its child is left out (row 2 of Log v3 (2).xlsx, sheet Kids)"
