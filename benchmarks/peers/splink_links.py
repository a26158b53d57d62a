"""Runs in Splink's environment: score the pairs of a linkage world on plain text with Splink 5.

Usage: ``splink_links.py MODE OUTPUT [TABLES]``.  MODE is ``link`` (two sources free of duplicates),
``dedupe`` (one source) or ``multi`` (sources with duplicates).  TABLES, or standard input, is JSON: source to
a list of records: ``rec_id``, names and date of birth, and any of the other columns below.  Every pair above
a low match weight goes to OUTPUT, as JSON in columns; the last line on standard output says how many there
are and what it took.

The model follows what Splink's documentation recommends: term frequency adjustments, Jaro-Winkler levels, a
level for reversed columns, u by random sampling, m by expectation maximisation over several blocking rules.
It sees no truth; only its threshold is chosen with it, by whoever reads the pairs.
"""

import contextlib
import json
import logging
import re
import sys
import time
import unicodedata
from pathlib import Path
from typing import Any

import duckdb  # type: ignore[import-not-found]
import pyarrow  # type: ignore[import-not-found]
import splink.comparison_level_library as levels  # type: ignore[import-not-found]
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.comparison_library import CustomComparison  # type: ignore[import-not-found]

LINK_TYPES = {"link": "link_only", "dedupe": "dedupe_only", "multi": "link_and_dedupe"}
LOWEST_WEIGHT = -25.0
UNLIKE_FORENAMES = 0.003
"""Share of matches whose forenames are quite unlike: about one in twenty of those that differ at all."""
REVERSED = (
    "given_name_joined_l = surname_joined_r and given_name_joined_r = surname_joined_l "
    "and given_name_joined_l <> surname_joined_l"
)
SECTOR = "length(postcode_l) > 4 and left(postcode_l, -2) = left(postcode_r, -2)"
PAIRS_FOR_U = 2e6
SEED = 1
EXPECTED_RECALL_OF_CERTAIN_RULES = 0.7

NAMES = ("given_name", "middle_name", "surname")
WORDS = ("address", "locality")
EXACT = ("sex", "state")
_LETTERS = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe"})
_SEX_UNKNOWN = ("u", "x", "unknown", "0", "9")
_NO_FIXED_ABODE = "zz99"
_PLACEHOLDER_DAYS = "('01', '15')"


def plain(text: str) -> str:
    """Standardise as Splink's documentation asks: lower case, no diacritics, no punctuation."""
    with contextlib.suppress(UnicodeError):
        text = text.encode("cp1252").decode("utf-8")
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    kept = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^a-z0-9 ]", "", re.sub(r"[-/,.]", " ", kept)).split())


def cleaned(record: dict[str, str], columns: list[str]) -> dict[str, Any]:
    """Return one record's columns, standardised, with None for what is absent."""
    row: dict[str, Any] = {name: plain(record.get(name) or "") or None for name in columns}
    row["date_of_birth"] = (record.get("date_of_birth") or "").strip() or None
    postcode = (row.get("postcode") or "").replace(" ", "")
    if "postcode" in columns:
        row["postcode"] = None if postcode.startswith(_NO_FIXED_ABODE) else postcode or None
    if row.get("sex") in _SEX_UNKNOWN:
        row["sex"] = None
    for name in NAMES:
        if name in columns:
            words = (row[name] or "").split()
            row[f"{name}_words"] = [word for word in words if len(word) > 2]
            row[f"{name}_joined"] = "".join(words) or None
    return row


def alike(name: str) -> str:
    """SQL: one of two names begins with the other, or they share a word."""
    joined = f"{name}_joined"
    return (
        f"((starts_with({joined}_l, {joined}_r) or starts_with({joined}_r, {joined}_l)) "
        f"and least(length({joined}_l), length({joined}_r)) >= 3 "
        f"or list_has_any({name}_words_l, {name}_words_r))"
    )


def given_name_comparison(*, fix_unlike: bool) -> CustomComparison:
    """Twins share all but the forename, so that expectation maximisation takes them for one person.

    Hence with ``fix_unlike`` the share of matches whose forenames are unlike is set, not learned.
    """
    joined, unlike = "given_name_joined", levels.ElseLevel()
    # Reversed names speak once, with the surname: counted here too, they would outweigh any other date.
    silent = f"{joined}_l is null or {joined}_r is null or ({REVERSED})"
    if fix_unlike:
        unlike = unlike.configure(m_probability=UNLIKE_FORENAMES, fix_m_probability=True)
    return CustomComparison(
        output_column_name="given_name",
        comparison_levels=[
            levels.CustomLevel(silent, "Absent or reversed").configure(is_null_level=True),
            levels.ExactMatchLevel(joined, term_frequency_adjustments=True),
            levels.JaroWinklerLevel(joined, 0.92),
            levels.CustomLevel(alike("given_name"), "Alike"),
            levels.JaroWinklerLevel(joined, 0.85),
            levels.CustomLevel(
                f"left({joined}_l, 1) = left({joined}_r, 1) "
                f"and (jaro_winkler_similarity({joined}_l, {joined}_r) >= 0.75 "
                f"or least(length({joined}_l), length({joined}_r)) = 1)",
                "Same initial and somewhat alike",
            ),
            unlike,
        ],
    )


def surname_comparison() -> CustomComparison:
    joined = "surname_joined"
    return CustomComparison(
        output_column_name="surname",
        comparison_levels=[
            levels.NullLevel(joined),
            levels.ExactMatchLevel(joined, term_frequency_adjustments=True),
            levels.CustomLevel(REVERSED, "Names reversed"),
            levels.JaroWinklerLevel(joined, 0.92),
            levels.CustomLevel(alike("surname"), "Alike"),
            levels.JaroWinklerLevel(joined, 0.85),
            levels.ElseLevel(),
        ],
    )


def household_comparison() -> CustomComparison:
    """Surname and postcode in one: families share both, so that counting each by itself counts twice."""
    exact = "surname_joined_l = surname_joined_r"
    near = f"(jaro_winkler_similarity(surname_joined_l, surname_joined_r) >= 0.9 or {alike('surname')})"
    same, absent = "postcode_l = postcode_r", "(postcode_l is null or postcode_r is null)"
    close = f"damerau_levenshtein(postcode_l, postcode_r) <= 1 or {SECTOR}"

    def rare(sql: str, label: str) -> Any:
        return levels.CustomLevel(sql, label).configure(
            tf_adjustment_column="surname_joined", disable_tf_exact_match_detection=True
        )

    return CustomComparison(
        output_column_name="household",
        comparison_levels=[
            levels.NullLevel("surname_joined"),
            levels.CustomLevel(f"{exact} and {same}", "Same surname and postcode"),
            rare(f"{exact} and ({close})", "Same surname, postcodes close"),
            rare(f"{exact} and {absent}", "Same surname, a postcode absent"),
            rare(exact, "Same surname, other postcodes"),
            levels.CustomLevel(REVERSED, "Names reversed"),
            levels.CustomLevel(f"{near} and {same}", "Surnames alike, same postcode"),
            levels.CustomLevel(near, "Surnames alike"),
            levels.CustomLevel(same, "Same postcode only"),
            levels.CustomLevel(absent, "Other surnames, a postcode absent"),
            levels.ElseLevel(),
        ],
    )


def middle_name_comparison() -> CustomComparison:
    return CustomComparison(
        output_column_name="middle_name",
        comparison_levels=[
            levels.NullLevel("middle_name_joined"),
            levels.ExactMatchLevel("middle_name_joined", term_frequency_adjustments=True),
            levels.JaroWinklerLevel("middle_name_joined", 0.88),
            levels.CustomLevel(
                "left(middle_name_joined_l, 1) = left(middle_name_joined_r, 1)", "Same initial"
            ),
            levels.ElseLevel(),
        ],
    )


def date_of_birth_comparison() -> CustomComparison:
    """Levels for exchanged day and month, and for each part that alone may differ."""

    def part(name: str, side: str) -> str:
        start, length = {"year": (1, 4), "month": (6, 2), "day": (9, 2)}[name]
        return f"substr(date_of_birth_{side}, {start}, {length})"

    def same(name: str) -> str:
        return f"{part(name, 'l')} = {part(name, 'r')}"

    swapped = (
        f"{same('year')} and {part('month', 'l')} = {part('day', 'r')} "
        f"and {part('day', 'l')} = {part('month', 'r')}"
    )
    placeholder = f"({part('day', 'l')} in {_PLACEHOLDER_DAYS} or {part('day', 'r')} in {_PLACEHOLDER_DAYS})"
    one_letter = "damerau_levenshtein(date_of_birth_l, date_of_birth_r) <= 1"
    year_apart = f"abs(try_cast({part('year', 'l')} as int) - try_cast({part('year', 'r')} as int)) = 1"
    return CustomComparison(
        output_column_name="date_of_birth",
        comparison_levels=[
            levels.NullLevel("date_of_birth"),
            levels.ExactMatchLevel("date_of_birth", term_frequency_adjustments=True),
            levels.CustomLevel(swapped, "Day and month exchanged"),
            levels.CustomLevel(
                f"{same('month')} and {same('day')} and {year_apart}", "Same month and day, a year apart"
            ),
            levels.CustomLevel(one_letter, "One digit or one exchange"),
            levels.CustomLevel(
                f"{same('year')} and {same('month')} and {placeholder}", "Same year and month, a placeholder"
            ),
            levels.CustomLevel(f"{same('year')} and {placeholder}", "Same year, a placeholder"),
            levels.CustomLevel(
                f"({same('month')} and {same('day')}) "
                f"or ({same('year')} and ({same('month')} or {same('day')}))",
                "Two of three parts",
            ),
            levels.ElseLevel(),
        ],
    )


def postcode_comparison() -> CustomComparison:
    """Without the space: all but the last two characters are a British sector, all but three a district."""
    district = "length(postcode_l) > 4 and left(postcode_l, -3) = left(postcode_r, -3)"
    return CustomComparison(
        output_column_name="postcode",
        comparison_levels=[
            levels.NullLevel("postcode"),
            levels.ExactMatchLevel("postcode", term_frequency_adjustments=True),
            levels.DamerauLevenshteinLevel("postcode", 1),
            levels.CustomLevel(SECTOR, "Same sector"),
            levels.CustomLevel(district, "Same district"),
            levels.ElseLevel(),
        ],
    )


def words_comparison(name: str) -> CustomComparison:
    return CustomComparison(
        output_column_name=name,
        comparison_levels=[
            levels.NullLevel(name),
            levels.ExactMatchLevel(name, term_frequency_adjustments=True),
            levels.JaroWinklerLevel(name, 0.95),
            levels.JaroWinklerLevel(name, 0.88),
            levels.JaccardLevel(name, 0.8),
            levels.JaroWinklerLevel(name, 0.75),
            levels.ElseLevel(),
        ],
    )


def exact_comparison(name: str) -> CustomComparison:
    return CustomComparison(
        output_column_name=name,
        comparison_levels=[levels.NullLevel(name), levels.ExactMatchLevel(name), levels.ElseLevel()],
    )


def comparisons(columns: list[str]) -> list[CustomComparison]:
    """Return a comparison for every column that is there."""
    household = "postcode" in columns and "address" not in columns
    found = [
        given_name_comparison(fix_unlike=household),
        household_comparison() if household else surname_comparison(),
    ]
    if "middle_name" in columns:
        found.append(middle_name_comparison())
    found.append(date_of_birth_comparison())
    if "postcode" in columns and not household:
        found.append(postcode_comparison())
    found += [words_comparison(name) for name in WORDS if name in columns]
    found += [exact_comparison(name) for name in EXACT if name in columns]
    return found


def blocking_rules(columns: list[str]) -> list[Any]:
    """Many rules, so that blocking costs next to no link."""
    year, month, day = (f"substr(date_of_birth, {place})" for place in ("1, 4", "6, 2", "9, 2"))
    initials = "left(given_name, 1)", "left(surname, 1)"
    rules: list[Any] = [
        block_on("given_name_joined", "surname_joined"),
        block_on("left(given_name_joined, 3)", "left(surname_joined, 3)"),
        "l.given_name_joined = r.surname_joined and r.given_name_joined = l.surname_joined",
        "left(l.date_of_birth, 4) = left(r.date_of_birth, 4) and l.given_name_joined = r.surname_joined",
        block_on("date_of_birth"),
        block_on("surname_joined", year),
        block_on("given_name_joined", year),
        block_on("given_name_joined", month, day),
        block_on("surname_joined", month, day),
        *(block_on(year, month, initial) for initial in initials),
        *(block_on(year, day, initial) for initial in initials),
        *(block_on(month, day, initial) for initial in initials),
    ]
    if "postcode" in columns:
        rules.append(block_on("postcode"))
        rules += [block_on("left(postcode, 3)", initial) for initial in initials]
    rules += [block_on(name, initial) for name in WORDS if name in columns for initial in initials]
    if "address" in columns:
        rules.append(block_on("address"))
    return rules


def train(linker: Linker, columns: list[str]) -> None:
    certain = [block_on("given_name_joined", "surname_joined", "date_of_birth")]
    if "postcode" in columns:
        certain.append(block_on("surname_joined", "date_of_birth", "postcode"))
    linker.training.estimate_probability_two_random_records_match(
        certain, recall=EXPECTED_RECALL_OF_CERTAIN_RULES
    )
    linker.training.estimate_u_using_random_sampling(
        max_pairs=PAIRS_FOR_U, seed=SEED, min_count_per_level=None
    )
    # Dates are learned where namesakes are rare: those would pass for one person with another date.
    with_dates = (
        ("postcode", "given_name_joined")
        if "postcode" in columns
        else ("given_name_joined", "surname_joined")
    )
    for rule in (block_on("date_of_birth"), block_on(*with_dates)):
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True
        )


def scored(mode: str, tables: dict[str, list[dict[str, str]]]) -> dict[str, list[Any]]:
    present = {name for rows in tables.values() for row in rows for name, value in row.items() if value}
    known = (*NAMES, "date_of_birth", "postcode", *WORDS, *EXACT)
    columns = [name for name in known if name in present]
    database = DuckDBAPI(duckdb.connect(config={"threads": 2}))
    inputs: list[Any] = []
    first = 0
    for rows in tables.values():
        ready = [{"unique_id": first + number, **cleaned(row, columns)} for number, row in enumerate(rows)]
        first += len(rows)
        sheet = pyarrow.Table.from_pylist(ready)
        inputs.append(database.register(sheet, dataset_display_name=f"source_{len(inputs)}"))
    settings = SettingsCreator(
        link_type=LINK_TYPES[mode],
        comparisons=comparisons(columns),
        blocking_rules_to_generate_predictions=blocking_rules(columns),
        retain_matching_columns=False,
        max_iterations=100,
        em_convergence=1e-4,
    )
    linker = Linker(inputs if len(inputs) > 1 else inputs[0], settings, log_level=logging.ERROR)
    train(linker, columns)
    found = linker.inference.predict(threshold_match_weight=LOWEST_WEIGHT).as_dict()
    labels = [(source, row["rec_id"]) for source, rows in tables.items() for row in rows]
    left, right = found["unique_id_l"], found["unique_id_r"]
    return {
        "left_source": [labels[number][0] for number in left],
        "left_rec_id": [labels[number][1] for number in left],
        "right_source": [labels[number][0] for number in right],
        "right_rec_id": [labels[number][1] for number in right],
        "match_weight": [float(weight) for weight in found["match_weight"]],
    }


def main() -> None:
    mode, output, *rest = sys.argv[1:]
    tables = json.loads(Path(rest[0]).read_text(encoding="utf-8") if rest else sys.stdin.read())
    begun = time.perf_counter()
    pairs = scored(mode, tables)
    seconds = time.perf_counter() - begun
    Path(output).write_text(json.dumps(pairs), encoding="utf-8")
    print(json.dumps({"seconds": seconds, "pairs": len(pairs["match_weight"])}))


if __name__ == "__main__":
    main()
