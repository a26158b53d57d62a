"""Every record has as many rows as the profile says; those of padding look like names and link nothing."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import normalise
from linkage.encode.padding import MadeUpName, Padding
from linkage.encode.tokens import COMPONENTS, tokens
from linkage.match.linkage import Source, link
from linkage.profile import Decision, EncodingProfile, Feature, View
from linkage.shipped_profiles import shipped_profile, shipped_profiles
from linkage.wire.derivation import derive
from linkage.wire.encodings import Encodings
from tests.oracles import encoding_oracle

KEY = bytes(range(32))
WHOLE = Identifiers("Amelia", "Hartley", "Rose", "04/07/2009", "F", "LS6 3HN")
ALIAS = replace(WHOLE, surname="Okafor")
OTHERS = (
    WHOLE,
    replace(WHOLE, forename="", middle_name=""),
    replace(WHOLE, surname=""),
    replace(WHOLE, date_of_birth="2009"),
    replace(WHOLE, postcode="", sex=""),
    Identifiers("", "", "", "04/07/2009", "F", "LS6 3HN"),
    Identifiers("X", "Y", date_of_birth="04/07/2009"),
    replace(WHOLE, postcode_shared=True, nhs_number="943 476 5919"),
)


def _profile(rows: int, name: str = "child-1", **changes: object) -> EncodingProfile:
    return msgspec.structs.replace(shipped_profile(name), rows=rows, **changes)


def _handle(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _encode(
    rows: int, *people: tuple[Identifiers, ...], name: str = "child-1", key: bytes = KEY
) -> Encodings:
    profile = _profile(rows, name)
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(key, profile))
    return encoder.encode(PersonRecord(_handle(n), variants) for n, variants in enumerate(people))


def test_no_shipped_profile_pads() -> None:
    assert {profile.rows for profile in shipped_profiles().values()} == {1}


@pytest.mark.parametrize("name", ["child-1", "child-1-recall", "person-1", "clk-plain"])
@pytest.mark.parametrize("rows", [2, 3, 16])
def test_every_record_has_at_least_so_many_rows_numbered_without_gaps(rows: int, name: str) -> None:
    made = _encode(rows, *((one,) for one in OTHERS), (WHOLE, ALIAS), name=name)
    for handle in np.unique(made.handles, axis=0):
        numbers = made.variants[(made.handles == handle).all(axis=1)]
        assert numbers.tolist() == list(range(rows))


def test_a_record_with_more_names_keeps_them_all() -> None:
    names = tuple(replace(WHOLE, surname=surname) for surname in ("Hartley", "Okafor", "Novak", "Singh"))
    padded, plain = _encode(2, names), _encode(4, names)
    assert padded.variants.tolist() == plain.variants.tolist() == [0, 1, 2, 3]


def test_a_record_without_any_view_gets_no_row() -> None:
    assert not len(_encode(3, (Identifiers("Amelia"),)))


def test_padding_fills_up_for_a_set_of_identifiers_without_a_view() -> None:
    heard: list[tuple[bytes, int, str]] = []
    profile = _profile(3)
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(KEY, profile))
    record = PersonRecord(_handle(1), (Identifiers("Amelia"), WHOLE))
    made = encoder.encode([record], on_refused=lambda *what: heard.append(what))
    assert made.variants.tolist() == [0, 1, 2]
    assert heard == [(_handle(1), 0, "no-view")]


def test_rows_depend_on_record_profile_and_key_only() -> None:
    people = [(one,) for one in OTHERS]
    profile = _profile(3)
    records = [PersonRecord(_handle(n), variants) for n, variants in enumerate(people)]
    expected = _encode(3, *people)
    for size in (1, 2, 5):
        encoder = Encoder(profile, EncodingKeys.from_epoch_key(KEY, profile))
        batches = list(encoder.encode_batches(reversed(records), batch_rows=size))
        joined = Encodings.joined(batches)
        order = np.lexsort((joined.variants, joined.handles[:, 15]))
        for column in ("handles", "variants", "tiers", "present", "bits"):
            assert np.array_equal(getattr(joined, column)[order], getattr(expected, column))


def test_another_handle_or_another_key_gives_other_padding() -> None:
    first, second = _encode(2, (WHOLE,), (WHOLE,)).bits.reshape(2, 2, -1)
    assert not np.array_equal(first[1], second[1])
    names = Padding(derive(KEY, "a"), 2).names(_handle(0), 1, "amelia", "hartley")
    assert names != Padding(derive(KEY, "b"), 2).names(_handle(0), 1, "amelia", "hartley")


def test_padding_carries_the_views_the_tier_and_the_number_of_bits_of_its_record(soak: bool) -> None:
    """Under one key names that are alike share what their tokens are rounded to: several keys are tried."""
    people = [
        (replace(one, surname=f"Hartley{chr(97 + number % 26)}"),) for number, one in enumerate(OTHERS * 8)
    ]
    people = [one for one in people if len(_encode(1, one))]  # what has no view has no row to pad
    named = np.array([bool(one.forename or one.surname) for (one,) in people])
    found = []
    for number in range(32 if soak else 8):
        made = _encode(2, *people, key=derive(KEY, f"{number}"))
        firsts = made.take(np.flatnonzero(made.variants == 0))
        others = made.take(np.flatnonzero(made.variants))
        assert np.array_equal(firsts.tiers, others.tiers)
        assert np.array_equal(firsts.present[named], others.present[named])
        found.append(_fewer_bits(firsts, others))
    differ = np.array(found)
    spread = differ.std(axis=0, ddof=1) / np.sqrt(len(differ)) + 1
    assert (np.abs(differ.mean(axis=0)) < 4 * spread).all()


def _fewer_bits(firsts: Encodings, others: Encodings) -> list[float]:
    """Return for each view how many bits more its first rows have set, on average, than those of padding."""
    means = []
    for view in range(firsts.bits.shape[1]):
        there = (firsts.present & others.present) >> np.uint32(view) & 1 == 1
        set_bits = [np.bitwise_count(part.bits[there, view]).sum(axis=1) for part in (firsts, others)]
        means.append(float(set_bits[0].mean() - set_bits[1].mean()))
    return means


def test_made_up_names_are_as_long_and_of_three_kinds() -> None:
    padding = Padding(derive(KEY, "padding"), 2)
    kinds: dict[str, int] = {"misspelt": 0, "begins alike": 0, "another": 0}
    for number in range(500):
        forename, surname = padding.names(_handle(number), 1, "amelia", "hartley")
        assert (len(forename), len(surname)) == (6, 7)
        ((made_up, whole),) = [
            (made, real)
            for made, real in ((forename, "amelia"), (surname, "hartley"))
            if isinstance(made, MadeUpName)
        ]
        same = [one == other for one, other in zip(made_up, whole, strict=True)]
        assert all(ord(one) >= 0xF0000 for one, kept in zip(made_up, same, strict=True) if not kept)
        if sum(same) == len(whole) - 1 and ord(max(made_up)) >= 0x100000:
            kinds["misspelt"] += 1
            assert whole[same.index(False)] in "aeiy"
        else:
            kept = same.index(False)
            assert not any(same[kept:])
            assert kept == 0 or kept >= len(whole) / 2
            kinds["begins alike" if kept else "another"] += 1
    assert all(110 < count < 230 for count in kinds.values())
    replaced = [isinstance(padding.names(_handle(n), 1, "ab", "cd")[0], MadeUpName) for n in range(400)]
    assert 150 < sum(replaced) < 250


LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)


@given(LETTERS, LETTERS, LETTERS, LETTERS, st.integers(0, 1000))
def test_no_salt_and_no_token_of_padding_is_somebody_elses(
    forename: str, surname: str, other: str, another: str, number: int
) -> None:
    padding = Padding(derive(KEY, "padding"), 3)
    names = padding.names(_handle(number), 1, forename, surname)
    for part in ("initials", "forename-initial", "surname-initial", "names-phonetic", "forename-phonetic"):
        rule = COMPONENTS[part]
        made_up, own, someone = (
            rule.value(*({"forename": pair[0], "surname": pair[1]}[field] for field in rule.fields))
            for pair in (names, (forename, surname), (other, another))
        )
        assert made_up
        assert made_up == own or made_up != someone
    for kind in ("bigrams", "initial", "whole"):
        feature = Feature(field="forename", kind=kind, label="n", k=1)
        shared = set(tokens(feature, other))
        for made, real in zip(names, (forename, surname), strict=True):
            assert shared.intersection(tokens(feature, made)) <= shared.intersection(tokens(feature, real))
            if kind == "bigrams":
                assert len(tokens(feature, made)) >= len(tokens(feature, real))


def test_padding_is_what_the_page_says() -> None:
    profile = _profile(3, "child-1-recall")
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(KEY, profile))
    for number, variants in enumerate([(one,) for one in OTHERS] + [(WHOLE, ALIAS)]):
        handle = _handle(number)
        made = encoder.encode([PersonRecord(handle, variants)])
        sets = [_values(one) for one in variants if encoder.encodable(normalise(one)) is None]
        assert len(made) == (3 if sets else 0)
        if not sets:
            continue
        expected = encoding_oracle.padded_sets(profile, KEY, handle, sets)
        for row, values in enumerate(expected):
            octets = encoding_oracle.encode_row(profile, KEY, values, values["tier"])
            absent = bytes(profile.view_bytes)
            assert [bits.tobytes() for bits in made.bits[row]] == [view or absent for view in octets]


def _values(identifiers: Identifiers) -> dict[str, str]:
    person = normalise(identifiers)
    names = ("forename", "surname", "middle_name", "year", "month", "day", "sex", "postcode", "tier")
    values = {name: getattr(person, name) for name in names}
    return values | {"shared_postcode": "yes" if person.shared_postcode else ""}


NAMES = (
    Feature(field="forename", kind="bigrams", label="g", k=4),
    Feature(field="surname", kind="bigrams", label="s", k=4),
    Feature(field="postcode", kind="prefixes", label="pc", k=4, prefixes=(2, 0)),
)
OWN = EncodingProfile(
    name="own",
    length=2048,
    diffusion=3,
    views=(
        View(name="y-m", salt=("year", "month"), features=NAMES),
        View(name="e-i", salt=("month-day", "initials"), features=NAMES),
        View(name="n", salt=("names-phonetic",), features=NAMES),
    ),
    decision=Decision(noise_z=5.0, thresholds={"y-m": 0.9, "e-i": 0.9, "n": 0.9}),
)


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_padding_links_no_twins_and_loses_no_child(rows: int) -> None:
    profile = msgspec.structs.replace(OWN, rows=rows)
    surnames = ("Hartley", "Okafor", "Novak", "Singh", "Walsh", "Hughes", "Brown", "Clark")
    people = [
        replace(WHOLE, forename=forename, surname=surname)
        for surname in surnames
        for forename in ("Amelia", "Olivia", "Ben")
    ]
    sources = []
    for name, start in (("a", 0), ("b", 100)):
        encoder = Encoder(profile, EncodingKeys.from_epoch_key(KEY, profile))
        records = [PersonRecord(_handle(start + n), (one,)) for n, one in enumerate(people)]
        sources.append(Source(name, encoder.encode(records)))
    found = link(sources, profile, threads=1)
    count = len(people)
    assert found.clusters[:count].tolist() == found.clusters[count:].tolist() == list(range(count))
