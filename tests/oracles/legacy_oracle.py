"""A slow, obvious second implementation of legacy CLKs, a bit at a time, from the standard library alone.

It reads the JSON of a version 3 schema directly and shares no line with ``linkage.encode.legacy``.
"""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int, name: str) -> bytes:
    """RFC 5869."""
    size = hashlib.new(name).digest_size
    key = hmac.new(salt or bytes(size), secret, name).digest()
    output, block, number = b"", b"", 0
    while len(output) < length:
        number += 1
        block = hmac.new(key, block + info + bytes([number]), name).digest()
        output += block
    return output[:length]


def clk(schema: dict[str, Any], secret: str, row: list[str], folds: int = 0) -> bytes:
    """Return one CLK, padded with zero bits to whole bytes."""
    config, features = schema["clkConfig"], schema["features"]
    derivation = config["kdf"]
    size = derivation.get("keySize", 64)
    keys = hkdf(
        secret.encode(),
        base64.b64decode(derivation.get("salt", "")),
        base64.b64decode(derivation.get("info", "")),
        2 * len(features) * size,
        derivation.get("hash", "SHA256").lower(),
    )
    length = config["l"] * 2**folds
    bits = [0] * length
    for number, (feature, value) in enumerate(zip(features, row, strict=True)):
        if not feature.get("ignored"):
            first = keys[2 * number * size : (2 * number + 1) * size]
            second = keys[(2 * number + 1) * size : (2 * number + 2) * size]
            for position in feature_positions(feature, value, first, second, length):
                bits[position] = 1
    for _ in range(folds):
        half = len(bits) // 2
        bits = [bits[place] ^ bits[half + place] for place in range(half)]
    bits += [0] * (-len(bits) % 8)
    return bytes(int("".join(map(str, bits[at : at + 8])), 2) for at in range(0, len(bits), 8))


def feature_positions(
    feature: dict[str, Any], value: str, first: bytes, second: bytes, length: int
) -> list[int]:
    """Return every position that a value sets."""
    hashing = feature["hashing"]
    tokens = tokens_of(hashing["comparison"], spelled(feature, value))
    codec = feature["format"].get("encoding", "utf-8")
    kind = hashing.get("hash", {"type": "blakeHash"})
    found = []
    for number, token in enumerate(tokens):
        octets = token.encode(codec)
        if "bitsPerToken" in hashing["strategy"]:
            count = hashing["strategy"]["bitsPerToken"]
        else:
            budget = hashing["strategy"]["bitsPerFeature"]
            count = budget // len(tokens) + (number < budget % len(tokens))
        for insertion in range(count):
            if kind["type"] == "blakeHash":
                salt = str(insertion // 32).encode()
                digest = hashlib.blake2b(octets, key=first, salt=salt).digest()
                at = 2 * (insertion % 32)
                found.append((digest[at] + 256 * digest[at + 1]) % length)
            else:
                start = int(hmac.new(first, octets, "sha1").hexdigest(), 16)
                step = int(hmac.new(second, octets, "md5").hexdigest(), 16)
                again = 0
                while kind.get("prevent_singularity") and step % length == 0:
                    step = int(hmac.new(second, octets + chr(again).encode(), "md5").hexdigest(), 16)
                    again += 1
                found.append((start % length + insertion * (step % length)) % length)
    return found


def spelled(feature: dict[str, Any], value: str) -> str:
    """Return what is cut into tokens."""
    missing = feature["hashing"].get("missingValue")
    if missing and missing["sentinel"] == value:
        return str(missing.get("replaceWith", value))
    form = feature["format"]
    if form["type"] == "integer":
        return str(int(value))
    if form["type"] == "date":
        return datetime.strptime(value, form["format"]).strftime("%Y%m%d")
    return value


def tokens_of(comparison: dict[str, Any], word: str) -> list[str]:
    """Return the tokens of n-gram and exact comparisons, and of numeric ones of whole numbers."""
    if not word:
        return []
    if comparison["type"] == "exact":
        return [word]
    if comparison["type"] == "numeric":
        distance, resolution = comparison["thresholdDistance"], comparison["resolution"]
        point = int(word) * 2 * resolution
        # The nearest multiple of the distance; halfway between two the higher one.
        below = point - point % distance
        nearest = below if 2 * (point - below) < distance else below + distance
        return [str(nearest + step * distance) for step in range(-resolution, resolution + 1)]
    n = comparison["n"]
    padded = " " * (n - 1) + word + " " * (n - 1)
    grams = []
    for start in range(len(padded) - n + 1):
        gram = padded[start : start + n]
        grams.append(f"{start + 1} {gram}" if comparison.get("positional") else gram)
    return grams
