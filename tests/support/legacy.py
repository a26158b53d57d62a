"""Legacy schemas for tests, short to write."""

import json
from pathlib import Path
from typing import Any

from linkage.encode.legacy.profile import FoldReading, LegacyProfile
from linkage.encode.legacy.reading import read_schema

Json = dict[str, Any]

SECRET = "a secret made up for tests"
BIGRAMS: Json = {"type": "ngram", "n": 2}


def feature(name: str = "value", **changes: Any) -> Json:
    """Return a version 3 feature: bigrams of text, ten bits for each, unless changed."""
    form = changes.pop("format", {"type": "string"})
    hashing = {"comparison": BIGRAMS, "strategy": {"bitsPerToken": 10}, **changes}
    return {"identifier": name, "format": form, "hashing": hashing}


def ignored(name: str = "ignored") -> Json:
    return {"identifier": name, "ignored": True}


def schema(*features: Json, length: int = 1024, kdf: Json | None = None, **config: Any) -> Json:
    """Return a version 3 schema."""
    derivation = {"type": "HKDF", **(kdf or {})}
    return {"version": 3, "clkConfig": {"l": length, "kdf": derivation, **config}, "features": list(features)}


def profile(written: Json, reading: FoldReading | None = None) -> LegacyProfile:
    return LegacyProfile(read_schema(json.dumps(written)), reading=reading)


def write_linkage(folder: Path, written: Json, secret: str) -> tuple[Path, Path]:
    """Write a schema and a secret for its owner only; returns their files."""
    files = folder / "schema.json", folder / "secret.txt"
    files[0].write_text(json.dumps(written), encoding="utf-8")
    files[1].write_text(f"{secret}\n", encoding="utf-8")
    files[1].chmod(0o600)
    return files
