"""What a record's texts say of other names and postcodes becomes variants: distinct, bounded, in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.names import other_names, read_name
from linkage.encode.normalise import normalise
from linkage.encode.variants import variants_of
from linkage.wire.limits import MAX_VARIANTS
from tests.test_normalise_is_total_and_idempotent import PEOPLE


@pytest.mark.parametrize(
    ("text", "first", "others"),
    [
        ("Tom (Tommy)", "tom", ("tommy",)),
        ("Tom [Tommy]", "tom", ("tommy",)),
        ("Tom (Tommy", "tom", ("tommy",)),
        ('Thomas "Tommy"', "thomas", ("tommy",)),
        ("Thomas “Tommy”", "thomas", ("tommy",)),
        ("Thomas 'Tommy'", "thomas", ("tommy",)),
        ("Thomas ‘Tommy’", "thomas", ("tommy",)),
        ("Kate also known as Katy", "kate", ("katy",)),
        ("Kate known as Katy", "kate", ("katy",)),
        ("Kate (known as Katy)", "kate", ("katy",)),
        ("Kate a.k.a. Katy", "kate", ("katy",)),
        ("Kate aka Katy aka Kit", "kate", ("katy", "kit")),
        ("Kate (Katy/Kit)", "kate", ("katy", "kit")),
        ("Kate (Katy) (Kit) (Katy)", "kate", ("katy", "kit")),
        ("Kate (Ka-ty) aka Kit / Katy", "kate", ("ka-ty", "kit")),
        ("Annaâšªakaâšªannie", "anna", ("annie",)),
        ("Jane (prefers Jay)", "jane", ("jay",)),
        ("Smith née Jones", "smith", ("jones",)),
        ("Smith (formerly Jones)", "smith", ("jones",)),
        ("Smith (was Jones)", "smith", ("jones",)),
        ("Tom/Tommy", "tom", ("tommy",)),
        ("Tom / Tommy", "tom", ("tommy",)),
        ("Smith; Jones | Brown", "smith", ("jones", "brown")),
        ("Unknown/Tom", "tom", ()),
        ("Tom (Tom)", "tom", ()),
        ("Tom (unknown)", "tom", ()),
        ("Tom (twin)", "tom", ()),
        ("Tom (twin 2)", "tom", ()),
        ("Sam (he/him)", "sam", ()),
        ("Tom (see file note)", "tom", ()),
        ("Tom (lives with his aunt in Leeds)", "tom", ()),
        ("Tom (Jr)", "tom", ()),
        ("(Tom)", "tom", ()),
        ("'Tom'", "tom", ()),
        ("O'Brien", "obrien", ()),
        ('O"Brien', "obrien", ()),
        ("Na", "na", ()),
        ("Ravi s/o Kumar", "ravi", ()),
        ("Tom", "tom", ()),
        ("", "", ()),
    ],
)
def test_a_text_says_what_the_other_names_are(text: str, first: str, others: tuple[str, ...]) -> None:
    assert read_name(text).value == first
    assert other_names(text, forename=True) == others


def test_the_principal_comes_first_as_it_was_given_and_each_other_changes_one_thing() -> None:
    given_ = Identifiers(
        "Tom (Tommy)", "Smith née Jones", date_of_birth="04/07/2009", postcode="SW1A 1AA; M1 1AE"
    )
    principal, *others = variants_of(given_)
    assert principal is given_
    people = [normalise(one) for one in others]
    assert [(one.forename, one.surname, one.postcode) for one in people] == [
        ("tommy", "smith", "SW1A1AA"),
        ("tom", "jones", "SW1A1AA"),
        ("tom", "smith", "M11AE"),
    ]
    assert {one.day for one in people} == {"04"}


def test_a_surname_after_a_mentioned_forename_is_not_part_of_it() -> None:
    _, other = variants_of(Identifiers("Tom known as Tommy Smith-Jones", "Smith Jones"))
    assert normalise(other).forename == "tommy"


def test_a_record_has_no_more_variants_than_may_be_sent() -> None:
    many = " ".join(f"(Name{chr(97 + number)})" for number in range(25))
    variants = variants_of(Identifiers(f"Tom {many}", "Lee"))
    assert len(variants) == MAX_VARIANTS
    assert PersonRecord(bytes(16), variants).variants[0].surname == "Lee"


@given(PEOPLE)
def test_variants_of_any_text_are_distinct_bounded_and_stable(identifiers: Identifiers) -> None:
    variants = variants_of(identifiers)
    assert variants[0] is identifiers
    assert 1 <= len(variants) <= MAX_VARIANTS
    people = [normalise(one) for one in variants]
    keys = [(one.forename, one.surname, one.postcode) for one in people]
    assert len(set(keys)) == len(keys)
    assert variants_of(identifiers) == variants
    assert all(
        (one.tier, one.year, one.sex) == (people[0].tier, people[0].year, people[0].sex) for one in people
    )


@given(st.text(alphabet="abc ()\"'/|;. aka nee", max_size=30))
def test_other_names_are_names_and_never_the_first_one(text: str) -> None:
    first = read_name(text).value
    values = [read_name(name).value for name in other_names(text)]
    assert first not in values or not values
    assert all(values)
    assert len(set(values)) == len(values)
