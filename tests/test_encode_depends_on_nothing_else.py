"""An encoding depends on its record, the profile and the key: not on order, batches, neighbours or caches."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encode import vocabulary
from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import normalise
from linkage.profile import shipped_profile
from linkage.wire.encodings import Encodings
from tests.vectors.make_encoding_vectors import people

KEY = bytes(range(32))
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
    monkeypatch.setattr(vocabulary, "_MOST_VALUES", 3)
    forgetful = encoder()
    forgotten = [forgetful.encode([record]) for record in RECORDS]
    rows = [row for encodings in forgotten for row in encodings.bits]
    assert sorted(row.tobytes() for row in rows) == sorted(row.tobytes() for row in EXPECTED.bits)


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
