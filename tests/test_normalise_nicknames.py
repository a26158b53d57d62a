"""A nickname stands for the names it is short for, a formal name for itself, and the list is pinned."""

from importlib.metadata import version

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encode.names import read_name
from linkage.encode.nicknames import canonical_forenames, nicknames_digest
from linkage.encode.tables import tables_digest

NAMES = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", max_size=12) | st.sampled_from(
    ["bill", "kate", "jo", "alex", "mo", "ali", "ellie", "robert", "bob", "max", "chris", "lena"]
)


@pytest.mark.parametrize(
    ("nickname", "formal"),
    [
        ("bill", "william"), ("billy", "william"), ("will", "william"), ("bob", "robert"), ("rob", "robert"),
        ("bobby", "robert"), ("kate", "katherine"), ("kate", "catherine"), ("katie", "kathryn"),
        ("cath", "catherine"), ("liz", "elizabeth"), ("lizzie", "elizabeth"), ("beth", "elizabeth"),
        ("beth", "bethany"), ("jim", "james"), ("jimmy", "james"), ("jamie", "james"), ("tony", "anthony"),
        ("alex", "alexander"), ("alex", "alexandra"), ("tom", "thomas"), ("tommy", "thomas"),
        ("mo", "mohammed"), ("mo", "muhammad"), ("sam", "samuel"), ("sam", "samantha"), ("harry", "henry"),
        ("jack", "john"), ("charlie", "charles"), ("charlie", "charlotte"), ("ollie", "oliver"),
        ("steve", "stephen"), ("steve", "steven"), ("mike", "michael"), ("dave", "david"), ("dan", "daniel"),
        ("ben", "benjamin"), ("josh", "joshua"), ("joe", "joseph"), ("nick", "nicholas"), ("matt", "matthew"),
        ("jess", "jessica"), ("becky", "rebecca"), ("izzy", "isabelle"), ("ellie", "eleanor"),
        ("maddie", "madison"), ("gabby", "gabriella"), ("vicky", "victoria"), ("alfie", "alfred"),
        ("freddie", "frederick"), ("teddy", "edward"), ("zac", "zachary"), ("liv", "olivia"),
    ],
)  # fmt: skip
def test_a_nickname_shares_a_formal_name_with_the_name_it_is_short_for(nickname: str, formal: str) -> None:
    assert set(canonical_forenames(nickname)) & set(canonical_forenames(formal))


@pytest.mark.parametrize(
    "family",
    [
        ("catherine", "katherine", "kathryn", "catharine"),
        ("mohammed", "muhammad", "mohamed", "mohammad"),
        ("yusuf", "youssef", "yousuf"),
        ("abdulrahman", "abdurrahman", "abdirahman"),
        ("stephen", "steven"),
        ("sean", "shaun", "shawn"),
        ("sarah", "sara"),
        ("elizabeth", "elisabeth"),
    ],
)
def test_spellings_of_one_name_stand_for_one_name(family: tuple[str, ...]) -> None:
    assert len({canonical_forenames(name) for name in family}) == 1
    assert len(canonical_forenames(family[0])) == 1


@pytest.mark.parametrize(
    "name",
    [
        *("william", "robert", "james", "john", "amelia", "emily", "emma", "anna", "ian", "erin", "jane"),
        *("ali", "leah", "maria", "fiona", "zubaida", "qwrtz", "x"),
    ],
)
def test_a_formal_or_unknown_name_stands_for_itself(name: str) -> None:
    assert canonical_forenames(name) == (name,)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bill", "robert"),
        ("emma", "emily"),
        ("ian", "john"),
        ("ali", "alison"),
        ("erin", "aaron"),
        ("jo", "joe"),
    ],
)
def test_other_names_share_nothing(one: str, other: str) -> None:
    assert not set(canonical_forenames(one)) & set(canonical_forenames(other))


@given(NAMES)
def test_what_a_name_stands_for_is_sorted_normalised_and_formal(name: str) -> None:
    formal = canonical_forenames(name)
    assert formal == tuple(sorted(set(formal)))
    assert bool(formal) == bool(name)
    for one in formal:
        assert canonical_forenames(one) == (one,)
        if one != name:
            assert read_name(one).value == one


def test_the_list_is_pinned_and_another_list_would_show() -> None:
    assert version("nicknames") == "1.0.1"
    assert nicknames_digest() == "e5262d55eb12aabe635d6ca0d98bfcf5242966d9c2716cb2c78d2696a70deaf2"
    assert len(tables_digest()) == 64
