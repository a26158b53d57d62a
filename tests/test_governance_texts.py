"""What a reviewer is given holds together: what it cites is there, and what people must write is marked.

The texts are those of the evidence pack and of docs/governance; that pages can be made of them is shown
elsewhere.  Nothing is called anonymous, and no differential privacy is claimed.
"""

import re
from pathlib import Path

import pytest

from tests.support.reading_age import grade, reading_age, syllables, without_markup
from tests.support.texts import (
    ROOT,
    TEXTS,
    anchors,
    headings,
    paths_named,
    section,
    table_rows,
    text_of_item,
)

DOCUMENTS = [
    *TEXTS,
    *sorted((ROOT / "docs" / "governance").glob("*.md")),
    ROOT / "docs" / "threat-model.md",
    ROOT / "docs" / "limitations.md",
]
_ITEM = re.compile(r"\]\(item:(\d+)(?:#([a-z0-9-]+))?\)")
_BLANK = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_ITEMS = 16
_QUESTIONS = 17

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: str(one.relative_to(ROOT)))
each_text = pytest.mark.parametrize("text", TEXTS, ids=lambda one: one.name)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _item(number: int) -> str:
    found = text_of_item(number)
    assert found is not None, number
    return _read(found)


@each_document
def test_every_file_that_is_cited_is_there(document: Path) -> None:
    for named in paths_named(_read(document)):
        if "NN" not in named:
            assert any(ROOT.glob(named.rstrip("/"))), f"{document.name} names {named}"


@each_document
def test_every_numbered_section_that_is_cited_is_there(document: Path) -> None:
    cited = re.findall(r"`(docs/[^`]+\.md)`, sections? (\d+)(?: (?:to|and) (\d+))?", _read(document))
    for path, *numbers in cited:
        there = headings(_read(ROOT / path))
        for number in filter(None, numbers):
            assert any(re.match(rf"{number}\.? ", one) for one in there), f"{path} has no section {number}"


@each_text
def test_every_part_and_heading_of_the_pack_that_is_cited_is_there(text: Path) -> None:
    for number, heading in _ITEM.findall(_read(text)):
        assert 1 <= int(number) <= _QUESTIONS, f"{text.name} leads to part {number}"
        if heading:
            cited = text_of_item(int(number))
            assert cited is not None, f"{text.name} leads to {number}#{heading}"
            assert heading in anchors(_read(cited)), f"{text.name} leads to {number}#{heading}"


@each_document
def test_nothing_is_called_anonymous_and_no_differential_privacy_claimed(document: Path) -> None:
    said = re.sub(r"\s+", " ", re.sub(r"[*_]", "", _read(document)))
    for sentence in re.split(r"(?<=[.?!|])", said):
        if re.search(r"anonym", sentence, re.IGNORECASE):
            # The title of a paper is not what we say.
            said_not = r"\b(?:never|not) anonymous\b|Is this anonymous\?|k-anonymity: a model"
            assert re.search(said_not, sentence), sentence
        if re.search(r"differential(?:ly)? priva", sentence, re.IGNORECASE):
            assert "No differential privacy is claimed" in sentence, sentence
        assert not re.search(r"\bfully compliant\b|\bcannot be re-identified\b|GDPR[- ]compliant", sentence)


@each_text
def test_what_people_must_write_is_marked_and_says_who_and_what(text: Path) -> None:
    said = _read(text)
    for blank in _BLANK.findall(said):
        who, colon, what = blank.partition(":")
        assert who.strip(), blank
        assert colon, blank
        assert what.strip(), blank
    rest = _BLANK.sub("", said)
    assert "[[" not in rest
    assert "]]" not in rest
    assert not re.search(
        r"\bTODO\b|\bTBC\b|\bTBD\b|\bXXX\b|\bto be confirmed\b|\blorem\b|<[a-z][^>]*>|_{3,}", rest
    )


@pytest.mark.parametrize("number", [1, 4, 12, 13, 14, 15])
def test_parts_that_a_program_cannot_know_have_places_for_people(number: int) -> None:
    assert len(_BLANK.findall(_item(number))) >= 3


def test_the_assessment_has_the_seven_steps_in_order_and_leaves_the_decision_to_people() -> None:
    said = _item(1)
    steps = [one for one in headings(said) if one.startswith("Step ")]
    assert [one.partition(":")[0] for one in steps] == [f"Step {number}" for number in range(1, 8)]
    for step in (steps[2], steps[3], steps[4], steps[6]):
        assert _BLANK.search(section(said, step)), step


def test_every_risk_of_the_assessment_has_measures_and_every_measure_is_used() -> None:
    said = _item(1)
    risks = table_rows(section(said, "Step 5: identify and assess risks"), "no.")
    measures = table_rows(section(said, "Step 6: identify measures to mitigate the risks"), "measure")
    levels = {"low", "medium", "high"}
    named = set()
    for row in risks:
        assert {row[2], row[3], row[5]} <= levels, row
        assert row[6].split(":")[0].split(",")[0] in levels, row
        named |= set(row[4].split())
    assert named == {row[0] for row in measures}
    for row in measures:
        file, *shown = paths_named(row[2])
        assert not file.startswith("tests/"), row
        assert shown, row
        assert all(path.startswith("tests/") for path in shown), row


def test_the_map_has_all_ten_steps_all_five_safes_and_all_sixteen_parts() -> None:
    said = _item(_ITEMS)
    steps = table_rows(section(said, "Ten steps for sharing information to safeguard children"), "step")
    assert [row[0] for row in steps] == [str(number) for number in range(1, 11)]
    safes = table_rows(section(said, "The Five Safes"), "safe")
    assert [row[0] for row in safes] == ["projects", "people", "settings", "data", "outputs"]
    parts = table_rows(section(said, "The sixteen parts of this pack"), "number")
    assert [row[0] for row in parts] == [str(number) for number in range(1, _ITEMS + 1)]


def test_the_sceptics_questions_are_twenty() -> None:
    asked = [one for one in headings(_item(_QUESTIONS)) if re.match(r"\d+\. ", one)]
    assert [int(one.split(".")[0]) for one in asked] == list(range(1, 21))
    assert all(one.endswith("?") for one in asked)


@pytest.mark.parametrize("number", range(1, 21))
def test_every_answer_is_short_and_cites_a_part_a_heading_and_a_test(number: int) -> None:
    said = _item(_QUESTIONS)
    asked = next(one for one in headings(said) if one.startswith(f"{number}. "))
    answer, _, where = section(said, asked).partition("Look at:")
    sentences = re.findall(r"[.?!](?:\*\*)?(?:\s|$)", answer)
    assert 2 <= len(sentences) <= 5, f"{len(sentences)} sentences"
    assert _ITEM.search(where), asked
    tests = [path for path in paths_named(where) if path.startswith("tests/")]
    assert tests, asked
    files = [path for path in paths_named(where) if not path.startswith("tests/")]
    cited = re.findall(r"`([^`]+\.md)`, \*([^*]+)\*", where)
    for path, heading in cited:
        assert heading in headings(_read(ROOT / path)), f"{path} has no heading {heading}"
    assert files, asked
    assert cited or "item" in where


def test_every_answer_in_bad_news_says_so_first() -> None:
    said = _item(_QUESTIONS)
    assert section(said, "1. Is this anonymous?").strip().startswith("**No.**")


def _notices() -> tuple[str, str]:
    said = _item(13)
    return section(said, "For children"), section(said, "For young people, parents and carers")


def test_a_child_of_ten_can_read_the_childrens_notice() -> None:
    children, older = _notices()
    assert reading_age(children) <= 9
    assert reading_age(older) <= 13
    assert max(len(one.split()) for one in re.split(r"[.?!]\s", without_markup(children))) <= 25


def test_the_childrens_notice_says_what_a_child_must_be_told() -> None:
    children, older = _notices()
    for word in ("secret key", "police", "council", "wrong", "Childline", "0800 1111"):
        assert word in children, word
    for word in ("Information Commissioner", "month", "six ethnic groups", "consent", "figures"):
        assert word in older, word


def test_the_formula_of_reading_age_tells_easy_from_hard() -> None:
    counted = {
        "cat": 1,
        "table": 2,
        "missing": 2,
        "police": 2,
        "council": 2,
        "asked": 1,
        "wanted": 2,
        "houses": 2,
    }
    assert {word: syllables(word) for word in counted} == counted
    easy = "The cat sat on the mat. It was a big cat. The dog ran to it."
    hard = "Pseudonymisation of identifiers necessitates considerable organisational preparation beforehand."
    assert grade(easy) < 2
    assert grade(hard) > 15
    # worked by hand: 13 words, 1 sentence, 17 syllables
    known = "The Australian platypus is seemingly a hybrid of a mammal and reptilian creature."
    assert grade(known) == pytest.approx(11.3, abs=1.5)


def test_the_accessibility_statement_says_what_was_not_tried() -> None:
    said = _item(12)
    not_tried = section(said, "What was not tested, and what we know is wrong")
    for word in ("screen reader", "Windows", "disability"):
        assert word in not_tried, word
    assert "partially compliant" in said


def test_the_weightiest_limitations_come_first() -> None:
    said = _read(ROOT / "docs" / "limitations.md")
    assert headings(said)[1] == "The weightiest"
    bold = re.findall(
        r"^- \*\*(.*?)\*\*|^- (Python cannot wipe memory)", section(said, "The weightiest"), re.M
    )
    first = ["".join(one) for one in bold]
    assert first[0] == "Encodings are personal data."
    assert first[1].startswith("One agency insider")
    assert "Python cannot wipe memory" in first[:4]


def test_reviewers_are_led_to_every_text() -> None:
    said = _read(ROOT / "docs" / "governance" / "README.md")
    for text in TEXTS:
        if text.name.startswith(("01", "04", "11", "12", "13", "14", "15", "16", "17")):
            assert f"texts/{text.name}" in said, text.name
