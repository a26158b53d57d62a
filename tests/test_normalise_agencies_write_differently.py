"""The ways in which two agencies write one child's details differently give values that agree, or nearly."""

import pytest

from linkage.encode.identifiers import Identifiers
from linkage.encode.names import read_name
from linkage.encode.nicknames import canonical_forenames
from linkage.encode.normalise import normalise
from linkage.encode.variants import variants_of

EQUAL = [
    # hyphen, space or joined
    ("surname", "Smith-Jones", "Smith Jones"),
    ("surname", "Smith - Jones", "SmithJones"),
    # O', Mc, Mac
    ("surname", "O'Connor", "O Connor"),
    ("surname", "O’Connor", "Oconnor"),
    ("surname", "Mc Donald", "McDonald"),
    ("surname", "Mac Donald", "MacDonald"),
    # particles
    ("surname", "al-Hassan", "Al Hassan"),
    ("surname", "el-Sayed", "Elsayed"),
    ("surname", "bin Said", "Bin-Said"),
    ("surname", "van der Berg", "Vanderberg"),
    ("surname", "de la Cruz", "De La Cruz"),
    # transliteration: joined or split
    ("forename", "Abdul Rahman", "Abdul-Rahman"),
    ("forename", "Abdul Rahman", "Abdulrahman"),
    # diacritics and mojibake
    ("forename", "José", "JosÃ©"),
    ("forename", "Zoë", "Zoe"),
    ("forename", "Siân", "SiÃ¢n"),
    ("surname", "Nguyễn", "Nguyen"),
    ("surname", "Łukasiewicz", "Lukasiewicz"),
    ("surname", "Çelik", "Celik"),
    ("surname", "Þórðarson", "Thordarson"),
    # initials, full stops, double spaces, capitals, titles, numerals
    ("forename", "J. P.", "JP"),
    ("forename", "J.P.", "j p"),
    ("forename", "Mary  Ann", "MARY ANN"),
    ("forename", "Miss Mary-Ann", "maryann"),
    ("surname", "Smith III", "Smith"),
    ("surname", "Smith 2nd", "Smith"),
    ("surname", "Smith, Jr.", "Smith"),
    # known as
    ("forename", "Tom (Tommy)", "Tom"),
    ("forename", "Tom known as Tommy", "Tom"),
    ("surname", "Smith née Jones", "Smith"),
    # dates
    ("date_of_birth", "04/07/2009", "2009-07-04"),
    ("date_of_birth", "4.7.09", "04 July 2009"),
    ("date_of_birth", "39998", "04/07/2009"),
    ("date_of_birth", "04/07/2009 00:00:00", "2009-07-04T00:00:00+01:00"),
    ("date_of_birth", "20090704000000", "2009-07-04Z"),
    ("date_of_birth", "'04/07/2009", "４／７／２００９"),
    ("date_of_birth", "13/07/2009", "07/13/2009"),
    ("date_of_birth", "29/02/2009", "31/02/2009"),
    # postcodes
    ("postcode", "SW1A 1AA", "sw1a1aa"),
    ("postcode", "SW1A IAA", "SW1A 1AA"),
    ("postcode", "SW1A 1AA; M1 1AE", "SW1A 1AA"),
    ("postcode", "ZZ99 3VZ", "No fixed abode"),
    # numbers
    ("nhs_number", "943 476 5870", "9434765870"),
    ("upn", "b801200005001", "B801200005001"),
    ("upn", "UN3", ""),
]


@pytest.mark.parametrize(("field", "one", "other"), EQUAL)
def test_both_ways_of_writing_give_one_value(field: str, one: str, other: str) -> None:
    first, second = (normalise(Identifiers(**{field: text})) for text in (one, other))
    read = (field,) if field != "date_of_birth" else ("year", "month", "day", "tier")
    assert [getattr(first, name) for name in read] == [getattr(second, name) for name in read]


@pytest.mark.parametrize(
    ("one", "other", "least"),
    [
        ("Smith-Jones", "Smith", 0.55),  # one half of a double name
        ("McDonald", "MacDonald", 0.75),
        ("al-Hassan", "Hassan", 0.75),
        ("bin Said", "Said", 0.5),
        ("van der Berg", "Berg", 0.4),
        ("Chowdhury", "Choudhury", 0.7),
        ("Gebremedhin", "Ghebremedhin", 0.8),
        ("Müller", "Mueller", 0.75),
        ("Shevchenko", "Шевченко", 0.8),
        ("Yohannes", "ዮሐንስ", 0.3),
    ],
)
def test_what_differs_still_shares_most_bigrams(one: str, other: str, least: float) -> None:
    first, second = (_bigrams(read_name(text).value) for text in (one, other))
    assert 2 * len(first & second) / (len(first) + len(second)) >= least


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mohammed", "Muhammad"),
        ("Yusuf", "Youssef"),
        ("Abdul Rahman", "Abdirahman"),
        ("Aisha", "Ayesha"),
        ("Katherine", "Katie"),
        ("Jakub", "Jacob"),
        ("Seán", "Shaun"),
    ],
)
def test_other_spellings_and_nicknames_share_a_formal_name(one: str, other: str) -> None:
    first, second = (set(canonical_forenames(read_name(text).value)) for text in (one, other))
    assert first & second


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Thi Lan", "Nguyen"), ("Nguyen", "Thi Lan")),  # Vietnamese order
        (("Wei", "Zhang"), ("Zhang", "Wei")),  # Chinese order
        (("Selam", "Tesfay"), ("Tesfay", "Selam")),  # Eritrean: father's name second
    ],
)
def test_swapped_names_have_the_same_values_in_each_others_place(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    first, second = normalise(Identifiers(*one)), normalise(Identifiers(*other))
    assert (first.forename, first.surname) == (second.surname, second.forename)


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("01/01/2009", "uncertain"),
        ("2009", "uncertain"),
        ("age 15", "uncertain"),
        ("15/07/2009", "certain"),
        ("30/02/2009", "certain"),
        ("01/01/1900", "certain"),
    ],
)
def test_placeholders_decide_on_the_tier(text: str, tier: str) -> None:
    assert normalise(Identifiers(date_of_birth=text)).tier == tier


def test_twins_siblings_and_changed_names_stay_different_records() -> None:
    twin = Identifiers("Adam", "Lee", date_of_birth="04/07/2009", sex="M", postcode="LS6 3HN")
    other = Identifiers("Aaron", "Lee", date_of_birth="04/07/2009", sex="M", postcode="LS6 3HN")
    assert normalise(twin) != normalise(other)
    adopted = Identifiers("Adam", "Lee (formerly Shaw)", date_of_birth="04/07/2009")
    assert [normalise(one).surname for one in variants_of(adopted)] == ["lee", "shaw"]


def _bigrams(name: str) -> set[str]:
    padded = f"_{name}_"
    return {padded[place : place + 2] for place in range(len(padded) - 1)}
