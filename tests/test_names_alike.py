"""Every usual way to make an account's name of a person's name is told; other people's names are not."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.names_alike import look_like_one, may_be_one
from api.short_names import one_forename

FORENAMES = ("Paul", "Asha", "Robert", "Zoë", "Jürgen", "Mary-Ann", "Siân", "Chukwuemeka", "Al", "Anne")
SURNAMES = (
    "Smith",
    "Patel",
    "O'Brien",
    "Müller",
    "Mac Donald",
    "Smith-Jones",
    "Łukasz",
    "Li",
    "García",
    "Ng",
)
SCHEMES = (
    *(
        "{f}.{s}",
        "{s}.{f}",
        "{f}{s}",
        "{s}{f}",
        "{f}_{s}",
        "{i}.{s}",
        "{i}{s}",
        "{s}{i}",
        "{s}.{i}",
        "{f}{j}",
    ),
    *("{f}.{j}", "{f}", "{i}-{s}", "{f}-{s}"),
)
AROUND = ("{}", "{}1", "{}2026", "adm-{}", "{}.admin", "{}-ext")


def _account(scheme: str, forename: str, surname: str, around: str) -> str:
    f, s = ("".join(filter(str.isalpha, one.lower())) for one in (forename, surname))
    return around.format(scheme.format(f=f, s=s, i=f[0], j=s[0]))


@settings(max_examples=300, deadline=None)
@given(*map(st.sampled_from, (FORENAMES, SURNAMES, SCHEMES, AROUND)))
def test_every_usual_way_to_make_an_account_of_a_name_is_told(
    forename: str, surname: str, scheme: str, around: str
) -> None:
    account, name = _account(scheme, forename, surname, around), f"{forename} {surname}"
    assert look_like_one(account, name)
    assert look_like_one(name, account)
    assert may_be_one(account, name)


@settings(max_examples=200, deadline=None)
@given(*map(st.sampled_from, (FORENAMES[:6], SURNAMES[:6], SCHEMES, SCHEMES)))
def test_two_accounts_of_one_person_are_told(forename: str, surname: str, one: str, other: str) -> None:
    left, right = (_account(scheme, forename, surname, "{}") for scheme in (one, other))
    whole = {"{s}" in one or one in {"{f}", "{f}{j}", "{f}.{j}"}, "{s}" in other}
    if min(len(left), len(right)) < 6 or not all(whole) or {one, other} & {"{f}", "{f}{j}", "{f}.{j}"}:
        return  # paul and p.smith have nothing in common that is seen
    assert look_like_one(left, right), (left, right)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("psmith", "Paul Smith"), ("smithp", "Paul Smith"), ("pauls", "Paul Smith")),
        *(("PaulSmith1", "Paul Smith"), ("psmi7h", "Paul Smith"), ("pau1.smith", "Paul Smith")),
        *(("bob.smith", "Robert Smith"), ("bobsmith", "Robert Smith"), ("liz.obrien", "Elizabeth O'Brien")),
        *(("j.mueller", "Jürgen Müller"), ("jmuller", "Jürgen Mueller"), ("soren.oe", "Søren Ø")),
        *(("\u0420\u0430ul Smith", "Paul Smith"), ("\u0420\u0430ul", "Paul")),
        *(("\u041f\u0430\u0432\u0435\u043b \u041b\u0438", "Pavel Li"), ("pjsmith", "Paul Smith")),
        *(("pjsmith", "Paul James Smith"), ("aj.smith", "Anna Jane Smith"), ("psmithso", "Paul Smithson")),
        *(
            ("adm-psmith", "paul.smith"),
            ("psmith", "smith.paul"),
            ("psmith", "smithp"),
            ("psmith", "paulsmith"),
        ),
        *(("vandenbergp", "Paul van den Berg"), ("pvandenberg", "Paul van den Berg")),
    ],
)
def test_what_was_missed_is_told(one: str, other: str) -> None:
    assert look_like_one(one, other)
    assert look_like_one(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("maria.lopez", "Paul Smith"), ("p.s", "Paul Smith"), ("Paul Smith", "Paula Smith")),
        *(("Ann Cook", "Ann Cookson"), ("ann.smith", "Nadia Smith"), ("al.smith", "Lee Smith")),
        *(("asha.patel", "Hari Patel"), ("h.patel", "Asha Patel"), ("ian.smith", "John Smith")),
        *(("paul", "petra"), ("Samuel Lee", "Samantha Lee"), ("mlopez", "Paul Smith"), ("--", "Paul Smith")),
    ],
)
def test_names_of_two_people_are_two(one: str, other: str) -> None:
    assert not look_like_one(one, other)
    assert not look_like_one(other, one)


def test_names_written_out_differ_however_they_are_written() -> None:
    """Nobody is refused who follows the hint: of these names, each is another's nobody."""
    people = [f"{forename} {surname}" for forename in FORENAMES[:7] for surname in SURNAMES[:6]]
    for one, other in itertools.combinations(people, 2):
        if "Smith-Jones" not in one + other:
            assert not look_like_one(one, other), (one, other)


def test_a_long_name_is_compared_in_no_time() -> None:
    letters = [chr(ord("a") + at % 26) for at in range(40)]
    assert not look_like_one(" ".join(letters), " ".join([*letters[1:], "zz"]))
    assert look_like_one("ab" * 32, "ab" * 32)


def test_short_forms_are_of_one_forename_and_forenames_of_themselves() -> None:
    assert one_forename("bob", "robert")
    assert one_forename("rob", "bobby")
    assert one_forename("sam", "samantha")
    assert not one_forename("samuel", "samantha")
    assert not one_forename("nobody", "nobody")
