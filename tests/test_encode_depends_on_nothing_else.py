"""An encoding depends on its record, the profile and the key: not on order, batches, neighbours or caches."""

import datetime
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linkage.encode import tables, vocabulary
from linkage.encode.dates import DateOrder
from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import Normaliser, normalise
from linkage.encode.tokens import CHARACTER_BITS, bigram_codes, cut, cut_all
from linkage.profile import Feature, Kind
from linkage.shipped_profiles import shipped_profile
from linkage.wire.encodings import Encodings
from tests.vectors.make_encoding_vectors import people

KEY = bytes(range(32))
MIXED_DATES = ["", "04/07/2009", "15/08/2008", "01/01/2010", "2011", "03/2012", "age 9", "31/02/2009", "soon"]
PROFILE = shipped_profile("child-1")
RECORDS = [
    PersonRecord(bytes((7 * number % 256, number)) * 8, (person,)) for number, person in enumerate(people())
]


def encoder() -> Encoder:
    return Encoder(PROFILE, EncodingKeys.from_epoch_key(KEY, PROFILE))


def same(left: Encodings, right: Encodings) -> bool:
    columns = ("handles", "variants", "tiers", "present", "bits")
    return all(np.array_equal(getattr(left, column), getattr(right, column)) for column in columns)


EXPECTED = encoder().encode(RECORDS)
USED = encoder()


@given(st.permutations(RECORDS))
def test_the_order_of_records_changes_nothing(records: list[PersonRecord]) -> None:
    assert same(USED.encode(records), EXPECTED)


@given(st.lists(st.sampled_from(RECORDS), min_size=1, max_size=4, unique_by=lambda record: record.handle))
def test_other_records_change_nothing(records: list[PersonRecord]) -> None:
    wanted = {record.handle for record in records}
    rows = np.flatnonzero([handle.tobytes() in wanted for handle in EXPECTED.handles])
    assert same(USED.encode(records), EXPECTED.take(rows))


@pytest.mark.parametrize("batch_rows", [1, 2, 7, 63, 64, 65, 1000])
def test_the_size_of_batches_changes_nothing(batch_rows: int) -> None:
    for batch in encoder().encode_batches(RECORDS, batch_rows=batch_rows):
        assert len(batch) <= batch_rows
        rows = [EXPECTED.handle_texts().index(handle) for handle in batch.handle_texts()]
        assert same(batch, EXPECTED.take(np.array(rows, dtype=np.intp)))


def test_what_the_encoder_met_before_changes_nothing() -> None:
    used = encoder()
    used.encode(RECORDS)
    assert same(used.encode(reversed(RECORDS)), EXPECTED)


def test_forgetting_values_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "MOST_VALUES", 3)
    forgetful = encoder()
    forgotten = [forgetful.encode([record]) for record in RECORDS]
    rows = [row for encodings in forgotten for row in encodings.bits]
    assert sorted(row.tobytes() for row in rows) == sorted(row.tobytes() for row in EXPECTED.bits)


def test_other_threads_change_nothing() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda part: encoder().encode(RECORDS[part:]), [0] * 8))
    assert all(same(one, EXPECTED) for one in made)


def test_a_record_among_very_many_is_encoded_as_alone() -> None:
    others = [
        PersonRecord(
            ((1 << 120) + number).to_bytes(16, "little"),
            (Identifiers(f"Name{number % 700}", f"Other {number}", postcode=f"AB{number % 90} 1CD"),),
        )
        for number in range(5000)
    ]
    among = encoder().encode([*others[:2500], *RECORDS, *others[2500:]])
    wanted = {handle: row for row, handle in enumerate(EXPECTED.handle_texts())}
    rows = [row for row, handle in enumerate(among.handle_texts()) if handle in wanted]
    assert same(among.take(np.array(rows)), EXPECTED)


def test_another_process_gives_the_same() -> None:
    script = (
        "import hashlib; from tests.test_encode_depends_on_nothing_else import EXPECTED;"
        "print(hashlib.sha256(EXPECTED.bits.tobytes()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            capture_output=True,
            cwd=Path(__file__).parents[1],
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


WORDS = st.sampled_from(
    sorted(word for name in tables.__all__ if name.isupper() for word in getattr(tables, name))
)
CASED = st.tuples(
    st.one_of(
        WORDS,
        st.text("abxyo", max_size=5),
        st.text("aanxxbyof '-", max_size=14),
        st.from_regex(r"[A-Za-z' ()-]{0,12}", fullmatch=True),
    ),
    st.sampled_from([str, str.upper, str.title]),
).map(lambda drawn: drawn[1](drawn[0]))
CODES = st.from_regex(r"(ZZ99|[A-Za-z]{0,2}[0-9O]?[A-Z0-9]?) ?[0-9IO][A-Z0-9]{0,2}", fullmatch=True)


@given(
    forename=CASED,
    surname=CASED,
    postcode=st.one_of(CODES, WORDS),
    born=st.sampled_from(MIXED_DATES),
    marked=st.booleans(),
)
def test_a_text_read_alone_reads_as_it_does_in_its_record(
    forename: str, surname: str, postcode: str, born: str, marked: bool
) -> None:
    alone = Normaliser()
    whole = normalise(Identifiers(forename, surname, surname, born, "F", postcode, birth_uncertain=marked))
    assert alone.read("forename", [forename]) == [whole.forename]
    assert alone.read("surname", [surname]) == [whole.surname]
    assert alone.read("middle_name", [surname]) == [whole.middle_name]
    assert alone.read("postcode", [postcode]) == [whole.postcode]
    expected = (whole.year, whole.month, whole.day, whole.tier)
    assert alone.read_birth(born, uncertain=marked) == expected
    assert marked or alone.read_births([born]) == [expected]


LAYOUTS = st.sampled_from(
    [
        "%Y-%m-%d",
        "%Y/%m/%d",
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%d-%m-%Y",
        "%d.%m.%Y",
        "%Y-%d-%m",
        "%d/%m-%Y",
        "%Y%m%d00",
    ]
)


@given(
    st.dates(datetime.date(1890, 1, 1), datetime.date(2110, 1, 1)),
    LAYOUTS,
    st.sampled_from(["dmy", "mdy"]),
    st.none() | st.dates(datetime.date(1990, 1, 1), datetime.date(2030, 1, 1)),
)
@example(datetime.date(2010, 1, 1), "%d/%m/%Y", "dmy", None)
@example(datetime.date(1900, 1, 1), "%Y-%m-%d", "dmy", None)
@example(datetime.date(2012, 2, 29), "%Y-%m-%d", "mdy", None)
@example(datetime.date(2012, 3, 4), "%Y-%m-%d", "dmy", datetime.date(2012, 3, 4))
@example(datetime.date(2012, 3, 4), "%Y-%m-%d", "dmy", datetime.date(2012, 3, 3))
def test_a_plain_date_reads_as_any_date_does(
    born: datetime.date, layout: str, order: DateOrder, today: datetime.date | None
) -> None:
    normaliser = Normaliser(date_order=order, today=today)
    text = born.strftime(layout)
    whole = normaliser(Identifiers(date_of_birth=text))
    assert normaliser.read_births([text]) == [(whole.year, whole.month, whole.day, whole.tier)]


@given(st.lists(CASED), st.lists(st.one_of(CODES, WORDS)))
@example(["aa aa", "nn n", "Zz-zz", "aa'aa", "x x", "ba byof smith", "Ann Anna"], [])
def test_texts_read_together_read_as_each_does_alone(names: list[str], codes: list[str]) -> None:
    normaliser = Normaliser()
    assert normaliser.read("surname", names) == [
        normaliser(Identifiers(surname=one)).surname for one in names
    ]
    assert normaliser.read("postcode", codes) == [
        normaliser(Identifiers(postcode=one)).postcode for one in codes
    ]


@given(
    st.sampled_from(["bigrams", "prefixes", "initial", "whole"]),
    st.lists(
        st.from_regex(
            r"([a-z0-9]{1,6}( [a-z0-9]{1,4}){0,2})?|[a-c]?[\U000f0000-\U000f0003]{0,3}", fullmatch=True
        )
    ),
    st.sampled_from([(2, 3, 0), (0,), (4, 1)]),
)
def test_values_cut_together_are_cut_as_each_is_alone(
    kind: Kind, values: list[str], prefixes: tuple[int, ...]
) -> None:
    feature = Feature(field="surname", kind=kind, label="s", k=1, prefixes=prefixes)
    texts, counts = cut_all(feature, values)
    alone = [cut(feature, value) for value in values]
    assert (texts, counts.tolist()) == (list(chain.from_iterable(alone)), list(map(len, alone)))
    if kind == "bigrams" and (found := bigram_codes(values)):
        codes, counts = found
        assert [
            chr(code >> CHARACTER_BITS) + chr(code % (1 << CHARACTER_BITS)) for code in codes.tolist()
        ] == texts
        assert counts.tolist() == list(map(len, alone))


SPELLINGS = st.sampled_from(
    [
        (Identifiers("Zoë", "O'Brien"), Identifiers("ZOE", "o brien")),
        (Identifiers("JosÃ©", "al-Hassan"), Identifiers("Mr José", "Alhassan")),
        (Identifiers("Kate aka Katy", "Smith née Jones"), Identifiers("kate", "SMITH")),
    ]
)
DATES = st.sampled_from(
    [("04/07/2009", "2009-07-04"), ("1 Jan 2009", "2009"), ("15/08/08", "20080815"), ("", " ")]
)
POSTCODES = st.sampled_from([("SW1A 1AA", "sw1a1aa"), ("M1 1AE", "M11AE"), ("ZZ99 3VZ", "")])


@given(SPELLINGS, DATES, POSTCODES, st.sampled_from([("F", "2"), ("U", "")]))
def test_equal_after_normalisation_is_equal_when_encoded(
    names: tuple[Identifiers, Identifiers],
    dates: tuple[str, str],
    postcodes: tuple[str, str],
    sexes: tuple[str, str],
) -> None:
    left, right = (
        Identifiers(name.forename, name.surname, "", date, sex, postcode)
        for name, date, sex, postcode in zip(names, dates, sexes, postcodes, strict=True)
    )
    assert normalise(left).identifiers() == normalise(right).identifiers()
    first, second = (USED.encode([PersonRecord(bytes(16), (person,))]) for person in (left, right))
    assert same(first, second)
