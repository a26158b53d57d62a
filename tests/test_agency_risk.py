"""``clew agency risk`` measures a bundle before it leaves, with the agency's own key, and names nobody."""

import csv
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.agency.bundles import opened_bundle
from cli.agency.inspection import inspect_bundle
from linkage.leakage import column_leak, unique_share, weight_correlation
from tests.support.agency_desk import (
    PROFILE,
    Desk,
    child,
    clew,
    episode,
    interview,
    joined_desk,
    make_epoch,
    make_unit_keys,
    spell,
    write_council,
)

CHILDREN = 130
FORENAMES = ("Olive", "Amira", "Jan", "Bartholomew", "Chi", "Desmond", "Wu", "Persephone", "Tom", "Ifeoluwa")
SURNAMES = ("Ash", "Okonkwo", "Featherstonehaugh", "Li", "Montgomery", "Oak", "Brown")


def _child(number: int) -> dict[str, str]:
    changes = {
        "forename": FORENAMES[number % len(FORENAMES)],
        "surname": SURNAMES[number % len(SURNAMES)] + "abcdefghijklmn"[number // 10],
        "postcode": "" if number == 5 else f"EB{1 + number % 9} {number % 10}QZ",
        "known_as": "Bea" if number == 7 else "",
        "date_of_birth": "2010" if number == 9 else f"{2 + number % 12:02d}/{1 + number % 12:02d}/2010",
        "sex": "F" if number == 11 else "M",
    }
    return child(number, **changes)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    unit = make_unit_keys()
    made = joined_desk(tmp_path_factory.mktemp("risk") / "desk", make_epoch(unit.card), unit.card)
    numbers = range(1, CHILDREN + 1)
    days = {1: "05/06/2025", 2: "06/06/2025"}
    write_council(
        made.path / "source",
        CHILDREN,
        children=[_child(number) for number in numbers],
        episodes=[episode(number, start=days.get(number, "01/06/2025")) for number in numbers],
    )
    outcome = made.encode(made.path / "source", "council-csv")
    assert outcome.code == 0, outcome.err
    return made


@pytest.fixture(scope="module")
def found(desk: Desk) -> Mapping[str, Any]:
    outcome = desk.run("risk", desk.open_bundle, "--source", desk.path / "source", "--json")
    assert outcome.code == 0, outcome.err
    figures: Mapping[str, Any] = json.loads(outcome.out)
    return figures


def test_the_right_key_names_everybody_and_another_nobody(found: Mapping[str, Any]) -> None:
    rows = found["rows"]
    assert rows == CHILDREN + 1  # one child has another forename
    assert found["dictionary"] == {"rows": rows, "found": rows, "by_another_key": 0}


def test_what_shows_from_outside_is_counted(found: Mapping[str, Any]) -> None:
    signs = found["signs"]
    assert (signs["several_rows"], signs["uncertain"]) == (1, 1)
    assert signs["without_view"]["f-p"] == 1
    assert signs["rare"] == 3


def test_the_figures_of_bits_are_those_of_the_bundle(desk: Desk, found: Mapping[str, Any]) -> None:
    """Once more by hand, for one view: the share of ones by column, and bits set against tokens."""
    with opened_bundle(desk.open_bundle) as bundle:
        encodings = inspect_bundle(bundle).encodings
    names = [view.name for view in PROFILE.views]
    number = names.index("y-e-sf")
    rows = [
        r for r in range(len(encodings)) if not encodings.variants[r] and encodings.present[r] >> number & 1
    ]
    bits = [list(np.unpackbits(encodings.bits[r, number])) for r in rows]
    columns = list(zip(*bits, strict=True))
    shares = [sum(map(int, column)) / len(rows) for column in columns]
    mean = sum(shares) / len(shares)
    spread = sum((share - mean) ** 2 for share in shares) / len(shares)
    chance = sum(share * (1 - share) for share in shares) / len(shares) / (len(rows) - 1)
    view = found["views"][number]
    assert view["children"] == len(rows)
    assert view["frequency_sd"] == pytest.approx(max(0.0, spread - chance) ** 0.5, abs=1e-9)
    worst = {one["metric"]: one for one in found["judged"]}
    assert worst["bit-frequency-sd"]["value"] == max(one["frequency_sd"] for one in found["views"])
    assert worst["bit-frequency-sd"]["light"] == "green"
    assert worst["unique-encodings"] == {"metric": "unique-encodings", "value": 1.0, "light": "green"}
    assert worst["popcount-correlation"]["value"] == max(one["token_correlation"] for one in found["views"])


def test_who_shares_a_salt_is_counted_from_the_extract(found: Mapping[str, Any]) -> None:
    """The view salted by year, month and initials, counted from the rows as they were written."""
    children = [_child(number) for number in range(1, CHILDREN + 1) if number != 9]
    salts = Counter(
        (row["date_of_birth"][3:5], *sorted((row["forename"][0], row["surname"][0]))) for row in children
    )
    (view,) = [one for one in found["views"] if one["name"] == "y-m-i"]
    sizes = sorted(size for size in salts.values() for _ in range(size))
    assert view["sharing"]["largest"] == max(sizes)
    assert view["sharing"]["alone"] == sum(size == 1 for size in sizes)
    assert view["sharing"]["typical"] == (sizes[len(sizes) // 2] + sizes[(len(sizes) - 1) // 2]) / 2


def test_who_is_the_only_one_in_the_payload_is_counted(found: Mapping[str, Any]) -> None:
    crowds = {one["facts"]: one for one in found["crowds"]}
    assert (crowds["child"]["alone"], crowds["child"]["smallest"]) == (1, 1)
    assert crowds["child"]["typical"] == CHILDREN - 1
    assert crowds["appeal"]["children"] == CHILDREN
    assert crowds["appeal"]["alone"] == 4  # a girl, one without age, two on days of their own


def test_words_say_what_it_means_and_no_reference(desk: Desk) -> None:
    outcome = desk.run("risk", desk.open_bundle, "--source", desk.path / "source")
    assert outcome.code == 0, outcome.err
    for words in (
        "green     standard deviation of how often each bit is set",
        "names 131 of 131 rows",
        "With another key the same list names nobody",
        "1  without the view f-p",
        "1 of 130 children (1%) is the only one",
    ):
        assert words in outcome.out
    for secret in ("CH0000", "EP0000", "Olive", "Bartholomew", "olive", "EB1", "2010"):
        assert secret not in outcome.out + outcome.err


def test_the_list_names_those_who_stand_out_here_only(desk: Desk, tmp_path: Path) -> None:
    listed = tmp_path / "mine" / "out.csv"
    outcome = desk.run("risk", desk.open_bundle, "--list", listed)
    assert outcome.code == 0, outcome.err
    assert listed.stat().st_mode & 0o777 == 0o600
    with listed.open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["your_reference"]: row for row in csv.DictReader(stream)}
    assert set(rows) == {f"CH{number:07d}" for number in (1, 2, 5, 7, 9, 11)}
    assert rows["CH0000005"]["views_lacking"] == "f-p"
    assert rows["CH0000007"]["rows"] == "2"
    assert rows["CH0000009"]["uncertain_birth"] == "yes"
    assert rows["CH0000011"]["children_alike_in_own_record"] == "1"
    assert rows["CH0000001"]["children_alike_in_an_appeal"] == "1"
    assert "CH0000" not in outcome.out + outcome.err


def test_without_source_no_passphrase_is_needed(desk: Desk) -> None:
    outcome = clew("agency", "risk", desk.open_bundle, "--workspace", desk.workspace)
    assert outcome.code == 0, outcome.err
    assert "not told  correlation of the number of bits set" in outcome.out
    assert "add --source" in outcome.out


def test_few_children_get_no_light(tmp_path: Path) -> None:
    unit = make_unit_keys()
    few = joined_desk(tmp_path / "few", make_epoch(unit.card), unit.card)
    assert few.encode(write_council(few.path / "source", 4), "council-csv").code == 0
    outcome = few.run("risk", few.open_bundle, "--source", few.path / "source", "--json")
    figures = json.loads(outcome.out)
    assert not figures["enough"]
    assert all(one.get("light") is None for one in figures["judged"])
    assert figures["dictionary"]["found"] == figures["dictionary"]["rows"] == 4
    words = few.run("risk", few.open_bundle)
    assert "Fewer than 100 children" in words.out
    assert "green" not in words.out


def test_what_cannot_be_measured_is_refused(desk: Desk, tmp_path: Path) -> None:
    sealed = desk.run("risk", desk.bundle)
    assert (sealed.code, "name the open copy" in sealed.err) == (1, True)
    over = desk.run("risk", desk.open_bundle, "--list", desk.open_bundle)
    assert (over.code, "would write over it" in over.err) == (1, True)
    no_source = desk.run("risk", desk.open_bundle, "--mapping", "council-csv")
    assert (no_source.code, "--source" in no_source.err) == (2, True)
    strangers = write_council(
        tmp_path / "strangers",
        2,
        children=[child(901), child(902)],
        care_spells=[spell(901)],
        episodes=[episode(901)],
        interviews=[interview(901)],
    )
    other = desk.run("risk", desk.open_bundle, "--source", strangers)
    assert (other.code, "none of its children is in this bundle" in other.err) == (1, True)


def test_a_changed_extract_is_not_taken_for_a_safe_bundle(desk: Desk, tmp_path: Path) -> None:
    children = [_child(number) for number in range(1, CHILDREN + 1)]
    children[0]["surname"] = "Changed"
    source = write_council(tmp_path / "later", CHILDREN, children=children)
    outcome = desk.run("risk", desk.open_bundle, "--source", source)
    assert "names 130 of 131 rows" in outcome.out
    assert "changed since" in outcome.out


def test_a_skewed_encoding_shows() -> None:
    """The measures find what is there: columns of unequal share, twins, and weights that follow tokens."""
    draws = np.random.default_rng(5)
    tokens = draws.integers(5, 40, 500)
    even = np.packbits(draws.random((500, 256)) < 0.5, axis=1)
    skewed = np.packbits(draws.random((500, 256)) < np.linspace(0.2, 0.8, 256), axis=1)
    heavy = np.packbits(draws.random((500, 256)) < tokens[:, None] / 80, axis=1)
    assert column_leak(np.unpackbits(even, axis=1)).beyond_chance < 0.01
    assert column_leak(np.unpackbits(skewed, axis=1)).beyond_chance > 0.15
    assert (
        column_leak(np.unpackbits(even, axis=1)).correlation
        < 0.02
        < 0.05
        < column_leak(np.unpackbits(heavy, axis=1)).correlation
    )
    assert (
        column_leak(np.unpackbits(skewed, axis=1)).entropy
        < column_leak(np.unpackbits(even, axis=1)).entropy
        <= 1.0
    )
    assert (weight_correlation(heavy, tokens) or 0) > 0.9 > 0.2 > (weight_correlation(even, tokens) or 0)
    assert unique_share(np.concatenate([even, even[:5]])) == pytest.approx(495 / 505)


def test_few_rows_of_nothing_show_nothing() -> None:
    """What a hundred rows give by chance is taken out: 0.1 for a correlation, 0.05 for a spread."""
    draws = np.random.default_rng(6)
    found = []
    for _ in range(40):
        bits = np.packbits(draws.random((100, 256)) < 0.5, axis=1)
        leak, tokens = column_leak(np.unpackbits(bits, axis=1)), draws.integers(5, 40, 100)
        found.append((leak.beyond_chance, leak.correlation, weight_correlation(bits, tokens) or 0.0))
    spread, columns, weights = np.median(found, axis=0)
    assert spread < 0.01
    assert columns < 0.01
    assert weights < 0.05
