"""Cases on which clkhash and the legacy import must agree: a schema, a secret, random rows.

One case for every kind of feature x hash x strategy x version of schema that can say it, and some of several
features with every setting of the key derivation.  Rows come from a seed: names, digits, dates and words in
several scripts, with repeated values, empty ones and missing-value sentinels among them.
"""

import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Case", "cases"]

Schema = dict[str, Any]
Draw = Callable[[random.Random], str]

_NAME_PARTS = ("an", "bel", "cor", "da", "el", "fi", "gwen", "ha", "is", "jo", "kir", "lu", "ma", "ni", "ost")
_SCRIPTS = ("Ælfrēd", "Zoë", "Łukasz", "Дмитрий", "محمد", "李小龍", "नेहा", "O’Neill", "𝒳", "e\u0301")
_DATE_LAYOUTS = ("%Y-%m-%d", "%d/%m/%Y", "%d %b %Y", "%Y%m%d", "%d.%m.%y")


@dataclass(frozen=True)
class Case:
    """One schema with rows; ``kind``, ``hash``, ``strategy`` and ``version`` name it in the table."""

    kind: str
    hash: str
    strategy: str
    version: int
    schema: Schema
    secret: str = field(repr=False)
    rows: list[list[str]] = field(repr=False)


@dataclass(frozen=True)
class _Kind:
    name: str
    form: Schema
    comparison: Schema
    draw: Draw
    missing: Schema | None = None

    @property
    def ngram(self) -> bool:
        return bool(self.comparison["type"] == "ngram")


def _name(source: random.Random) -> str:
    return "".join(source.choices(_NAME_PARTS, k=source.randint(1, 4)))


def _scripts(source: random.Random) -> str:
    return source.choice(_SCRIPTS) + source.choice((" ", "-", "")) + _name(source)


def _printable(source: random.Random) -> str:
    return "".join(source.choices(string.printable, k=source.randint(0, 14)))


def _integer(source: random.Random) -> str:
    number = source.choice((source.randint(-99, 99), source.randint(0, 10**10), -source.getrandbits(70)))
    return source.choice(("", " ", "00" if number >= 0 else "", "+" if number >= 0 else "")) + str(number)


def _decimal(source: random.Random) -> str:
    number = source.uniform(-1, 1) * 10 ** source.randint(-3, 15)
    return source.choice((str(number), f"{number:.3f}", f"{number:.6e}", str(int(number)), ""))


def _date(layout: str) -> Draw:
    def draw(source: random.Random) -> str:
        year, month, day = source.randint(1970, 2024), source.randint(1, 12), source.randint(1, 28)
        names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        written = layout.replace("%Y", f"{year:04}").replace("%y", f"{year % 100:02}")
        return written.replace("%m", f"{month:02}").replace("%d", f"{day:02}").replace("%b", names[month - 1])

    return draw


def _ngram(n: int, *, positional: bool = False) -> Schema:
    return {"type": "ngram", "n": n, "positional": positional}


def _numeric(distance: float, resolution: int, precision: int) -> Schema:
    return {
        "type": "numeric",
        "thresholdDistance": distance,
        "resolution": resolution,
        "fractional_precision": precision,
    }


def _kinds() -> Iterator[_Kind]:
    text: Schema = {"type": "string", "encoding": "utf-8"}
    yield from (_Kind(f"{n}-grams", text, _ngram(n), _name) for n in (1, 2, 3))
    yield from (_Kind(f"positional {n}-grams", text, _ngram(n, positional=True), _name) for n in (1, 2))
    yield _Kind("2-grams, any ASCII", {"type": "string", "encoding": "ascii"}, _ngram(2), _printable)
    for encoding in ("utf-8", "utf-16", "utf-32"):
        yield _Kind(f"2-grams, {encoding}", {"type": "string", "encoding": encoding}, _ngram(2), _scripts)
    yield _Kind("pattern", {"type": "string", "pattern": "[a-z]*"}, _ngram(2), _name)
    yield _Kind(
        "case and lengths", {**text, "case": "lower", "minLength": 1, "maxLength": 40}, _ngram(2), _name
    )
    yield _Kind("integer", {"type": "integer"}, _ngram(1, positional=True), _integer)
    for layout in _DATE_LAYOUTS:
        form: Schema = {"type": "date", "format": layout}
        yield _Kind(f"date {layout}", form, _ngram(1, positional=True), _date(layout))
    enum: Schema = {"type": "enum", "values": ["M", "F", "unknown", ""]}
    yield _Kind("enum", enum, _ngram(1), lambda source: source.choice(("M", "F", "unknown", "")))
    yield _Kind("exact", text, {"type": "exact"}, _name)
    yield _Kind("numeric, whole", {"type": "integer"}, _numeric(20, 6, 0), _integer)
    yield _Kind("numeric, decimal", text, _numeric(0.75, 10, 2), _decimal)
    yield _Kind("numeric, coarse", text, _numeric(1e6, 1, 0), _decimal)
    yield from _kinds_with_missing_values()


def _kinds_with_missing_values() -> Iterator[_Kind]:
    def sometimes(sentinel: str, draw: Draw) -> Draw:
        return lambda source: sentinel if source.random() < 0.2 else draw(source)

    text: Schema = {"type": "string", "case": "lower"}
    replaced: Schema = {"sentinel": "N/A", "replaceWith": "Ünknown NAME"}
    yield _Kind("missing, replaced", text, _ngram(2), sometimes("N/A", _name), replaced)
    yield _Kind("missing, kept", text, _ngram(2), sometimes("N/A", _name), {"sentinel": "N/A"})
    empty: Schema = {"sentinel": "", "replaceWith": "nobody"}
    yield _Kind("missing, empty", text, _ngram(2, positional=True), sometimes("", _name), empty)
    date: Schema = {"type": "date", "format": "%Y-%m-%d"}
    unwritten: Schema = {"sentinel": "0000-00-00", "replaceWith": "1900-01-01"}
    drawn = sometimes("0000-00-00", _date("%Y-%m-%d"))
    yield _Kind("missing date", date, _ngram(1, positional=True), drawn, unwritten)
    number: Schema = {"sentinel": "-", "replaceWith": "42"}
    yield _Kind("missing number", {"type": "integer"}, _numeric(8, 2, 0), sometimes("-", _integer), number)


_HASHES: tuple[tuple[str, Schema], ...] = (
    ("blakeHash", {"type": "blakeHash"}),
    ("doubleHash", {"type": "doubleHash"}),
    ("doubleHash, not singular", {"type": "doubleHash", "prevent_singularity": True}),
)


def _config(source: random.Random, length: int) -> Schema:
    derivation: Schema = {"type": "HKDF"}
    if source.random() < 0.5:
        derivation |= {"hash": source.choice(("SHA256", "SHA512")), "keySize": source.choice((8, 32, 64))}
    if source.random() < 0.5:
        derivation |= {"salt": "c29tZSBzYWx0", "info": "c2NoZW1hX2V4YW1wbGU="}
    return {"l": length, "kdf": derivation}


def _hashing(kind: _Kind, version: int, hashed: Schema, strategy: str, bits: int) -> Schema | None:
    """Return how a version says it, or None if it cannot."""
    hashing: Schema = {"missingValue": kind.missing} if kind.missing else {}
    if version == 3:
        return {**hashing, "comparison": kind.comparison, "strategy": {strategy: bits}, "hash": hashed}
    if not kind.ngram or (version == 1 and strategy == "bitsPerFeature"):
        return None
    hashing |= {"ngram": kind.comparison["n"], "positional": kind.comparison["positional"]}
    if version == 1:
        return {**hashing, "weight": bits / 10}
    return {
        **hashing,
        "strategy": {{"bitsPerToken": "k", "bitsPerFeature": "numBits"}[strategy]: bits},
        "hash": hashed,
    }


def _schema(version: int, config: Schema, hashed: Schema, features: list[Schema]) -> Schema:
    if version == 1:
        config = {**config, "k": 10, "hash": hashed}
    return {"version": version, "clkConfig": config, "features": features}


def _repeating(source: random.Random, draw: Draw) -> Draw:
    """Draw some values again and again, as real columns do, so that caches are met too."""
    often = [draw(source) for _ in range(50)]
    return lambda again: again.choice(often) if again.random() < 0.3 else draw(again)


def _single(source: random.Random, kind: _Kind, version: int, hashing: Schema, hashed: Schema) -> Schema:
    # BLAKE2b needs a power of two; double hashing takes any length, also one that ends within a byte.
    length = (
        source.choice((256, 512, 1024)) if hashed["type"] == "blakeHash" else source.choice((250, 1000, 1024))
    )
    feature: Schema = {"identifier": "value", "format": kind.form, "hashing": hashing}
    return _schema(version, _config(source, length), hashed, [feature])


def cases(rows: int, seed: int = 1) -> Iterator[Case]:
    """Yield every case with so many random rows, always the same for one seed."""
    for kind in _kinds():
        for name, hashed in _HASHES:
            for strategy, bits in (("bitsPerToken", 15), ("bitsPerFeature", 137)):
                for version in (1, 2, 3):
                    hashing = _hashing(kind, version, hashed, strategy, bits)
                    if hashing is None:
                        continue
                    source = random.Random(f"{seed} {kind.name} {name} {strategy} {version}")
                    schema = _single(source, kind, version, hashing, hashed)
                    draw = _repeating(source, kind.draw)
                    values = [[draw(source)] for _ in range(rows)]
                    yield Case(kind.name, name, strategy, version, schema, "made up for comparing", values)
    yield from _people(rows, seed)


def _people(rows: int, seed: int) -> Iterator[Case]:
    """Yield cases of many features, an ignored one among them, with and without either key for folds."""
    for fold_key, length in (("", 1024), ("xor_folds", 512), ("xorFolds", 1024)):
        for name, hashed in _HASHES:
            for version in (1, 2, 3):
                source = random.Random(f"{seed} people {fold_key} {name} {version}")
                config = _config(source, length)
                if fold_key:
                    config[fold_key] = 2
                yield _person_case(source, fold_key, name, hashed, version, config, rows)


def _person_case(
    source: random.Random,
    fold_key: str,
    name: str,
    hashed: Schema,
    version: int,
    config: Schema,
    rows: int,
) -> Case:
    # Six columns: with all of them a filter would be nearly full, and full filters agree whatever is wrong.
    kinds = source.sample([kind for kind in _kinds() if version == 3 or kind.ngram], k=6)
    features: list[Schema] = [{"identifier": "row", "ignored": True}]
    draws: list[Draw] = [_printable]
    strategy = "both" if version > 1 else "bitsPerToken"
    for number, kind in enumerate(kinds):
        way = "bitsPerFeature" if version > 1 and number % 2 else "bitsPerToken"
        hashing = _hashing(kind, version, hashed, way, source.randint(5, 40))
        features.append({"identifier": f"column {number}", "format": kind.form, "hashing": hashing})
        draws.append(_repeating(source, kind.draw))
    values = [[draw(source) for draw in draws] for _ in range(rows)]
    kind_name = f"people, {fold_key} 2" if fold_key else "people"
    schema = _schema(version, config, hashed, features)
    return Case(kind_name, name, strategy, version, schema, "made up for comparing, Ünïcode", values)
