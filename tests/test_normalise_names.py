"""Names that agencies write differently give one value, and what is no name is refused with a reason."""

import pytest

from linkage.encode.identifiers import Identifiers
from linkage.encode.latin import fold
from linkage.encode.names import MAX_VALUE, read_name
from linkage.encode.normalise import normalise


@pytest.mark.parametrize(
    ("spellings", "value"),
    [
        (("O'Brien", "OBrien", "O Brien", "o’brien", "O`BRIEN", "OʼBrien", "Obrien "), "obrien"),
        (("al-Hassan", "Al Hassan", "Alhassan", "AL–HASSAN"), "alhassan"),
        (("van der Berg", "Van-der-Berg", "vanderberg"), "vanderberg"),
        (("José", "Jose", "JosÃ©", "JOSÉ", "JOSÃ‰", "JosÃƒÂ©", "Jose\u0301"), "jose"),
        (("Zoë", "ZoÃ«", "Zoe"), "zoe"),
        (("Łukasz", "Lukasz", "Å\x81ukasz"), "lukasz"),
        (("Straße", "Strasse"), "strasse"),
        (("Þór", "Thor"), "thor"),
        (("İbrahim", "Ibrahim", "ıbrahim"), "ibrahim"),
        (("ＡＬＩ", "Ali", "Ali\u200b", "\ufeffAli", "A\u00adli"), "ali"),
        (("Иван", "ivan"), "ivan"),
        (("مُحَمَّد", "محمد"), "mhmd"),
        (("王", "Wang"), "wang"),
        (("Mr John", "Mr. John", "mr.john", "Dr Mr John", "John Jr"), "john"),
        (("Kate known as Katy", "Kate aka Katy", "Kate a.k.a. Katy", "KATE (Katy)", 'Kate "Katy"'), "kate"),
        (("Smith née Jones", "Smith", "Smith (formerly Jones)"), "smith"),
        (("J.-P.", "JP", "J P"), "jp"),
    ],
)
def test_spellings_of_one_name_agree(spellings: tuple[str, ...], value: str) -> None:
    assert {read_name(spelling).value for spelling in spellings} == {value}


@pytest.mark.parametrize(
    "name", ["Na", "Master", "Nee", "Alias", "Child", "Baby", "Lady", "Xi", "Prince", "X Æ"]
)
def test_names_that_look_like_something_else_are_names(name: str) -> None:
    assert read_name(name).value
    assert read_name(name).refused == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("unknown", "placeholder"),
        ("UNKNOWN ", "placeholder"),
        ("Not Known", "placeholder"),
        ("n/k", "placeholder"),
        ("N/A", "placeholder"),
        ("xxx", "placeholder"),
        ("X", "placeholder"),
        ("zzzz", "placeholder"),
        ("Test", "placeholder"),
        ("test 1", "placeholder"),
        ("baby of Sarah", "placeholder"),
        ("???", "no-letters"),
        ("-", "no-letters"),
        ("123", "no-letters"),
        ("😀", "no-letters"),
        ("Mrs", "title-only"),
        ("a" * 5000, "too-long"),
        ("ab" * MAX_VALUE, "too-long"),
    ],
)
def test_what_is_no_name_is_refused_with_a_reason(text: str, reason: str) -> None:
    reading = read_name(text)
    assert (reading.value, reading.refused) == ("", reason)


@pytest.mark.parametrize("text", ["Baby", "baby girl", "Twin 1", "Child", "infant"])
def test_an_unnamed_child_is_refused_as_a_forename_and_not_as_a_surname(text: str) -> None:
    assert read_name(text, forename=True).refused == "placeholder"
    assert read_name(text).value


def test_nothing_is_said_of_an_empty_name() -> None:
    person = normalise(Identifiers(forename="  ", surname=""))
    assert (person.forename, person.refusals, person.notices) == ("", (), ())


def test_reasons_name_the_field_and_the_cure_and_never_the_value() -> None:
    person = normalise(Identifiers(forename="Unknown", surname="JosÃ©"))
    (refusal,) = person.refusals
    assert (refusal.field, refusal.reason) == ("forename", "placeholder")
    assert "enter the real one" in refusal.hint
    (notice,) = person.notices
    assert (notice.field, notice.reason) == ("surname", "mojibake-repaired")
    assert "Unknown" not in repr(person.refusals)
    assert "jos" not in repr(person.notices).lower()


def test_text_that_only_looks_like_mojibake_is_left_alone() -> None:
    assert fold("Müller Ãberg") == "muller aberg"
    assert fold("Françoise JosÃ©") == "francoise jose"
