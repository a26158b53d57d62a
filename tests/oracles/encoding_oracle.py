"""Encodes one record bit by bit, as docs/spec/encoding-1.md says it, without numpy and without our encoder.

Only AES itself comes from a library.  It starts from normalised values: a mapping from field to text, absent
values missing or empty.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from linkage.profile import EncodingProfile, Feature, View

Values = Mapping[str, str]
Keys = Mapping[str, bytes]


def encode_row(
    profile: EncodingProfile, epoch_key: bytes, values: Values, tier: str = "certain"
) -> list[bytes | None]:
    """Return each view's octets in the profile's order, None for a view that the record does not have."""
    digest = profile.digest
    return [
        _view_octets(profile, view, view_keys(epoch_key, digest, view.name, tier), values)
        if tier in view.tiers
        else None
        for view in profile.views
    ]


def filter_bits(profile: EncodingProfile, view: View, keys: Keys, values: Values) -> list[int] | None:
    """Return a view's Bloom filter before diffusion as a list of bits."""
    components = [(name, component(name, values)) for name in view.salt]
    cut = [(feature, token) for feature in view.features for token in tokens(feature, values)]
    if not all(value for _, value in components) or not cut:
        return None
    salt = salt_block(keys, components)
    bits = [0] * profile.length
    for feature, token in cut:
        block = token_block(keys, feature.label, token)
        for position in token_positions(keys, salt, block, feature.k, profile.length):
            bits[position] = 1
    return bits


def salt_block(keys: Keys, components: list[tuple[str, str]]) -> bytes:
    message = lp("salt") + b"".join(lp(name) + lp(value) for name, value in components)
    return mac(keys["salt"], message)[:16]


def token_block(keys: Keys, label: str, token: str) -> bytes:
    return mac(keys["token"], lp("token") + lp(label) + lp(token))[:16]


def token_positions(keys: Keys, salt: bytes, token: bytes, k: int, length: int) -> list[int]:
    words: list[int] = []
    counter = 0
    while len(words) < k:
        number = int.from_bytes(token, "little") ^ int.from_bytes(salt, "little") ^ counter
        block = aes(keys["position"], number.to_bytes(16, "little"))
        words += [int.from_bytes(block[:8], "little"), int.from_bytes(block[8:], "little")]
        counter += 1
    return [word % length for word in words[:k]]


@cache
def diffusion_inputs(length: int, count: int, key: bytes) -> list[list[int]]:
    """Return which input bits each output bit is the XOR of."""
    words = _keystream_words(key)
    largest = 2**32 - 2**32 % length
    chosen = []
    for _ in range(length):
        inputs: list[int] = []
        while len(inputs) < count:
            word = next(words)
            if word < largest and word % length not in inputs:
                inputs.append(word % length)
        chosen.append(inputs)
    return chosen


def _keystream_words(key: bytes) -> Iterator[int]:
    counter = 0
    while True:
        block = aes(key, counter.to_bytes(16, "big"))
        for start in (0, 4, 8, 12):
            yield int.from_bytes(block[start : start + 4], "little")
        counter += 1


def _view_octets(profile: EncodingProfile, view: View, keys: Keys, values: Values) -> bytes | None:
    bits = filter_bits(profile, view, keys, values)
    if bits is None:
        return None
    if profile.diffusion > 1:
        inputs = diffusion_inputs(profile.length, profile.diffusion, keys["diffusion"])
        bits = [sum(bits[position] for position in chosen) % 2 for chosen in inputs]
    octets = bytearray(profile.length // 8)
    for number, bit in enumerate(bits):
        octets[number // 8] |= bit << (7 - number % 8)
    return bytes(octets)


@cache
def view_keys(epoch_key: bytes, digest: str, view: str, tier: str = "certain") -> Keys:
    """Return a view's keys by use: HKDF-Expand of RFC 5869 for one block of output."""
    prefix = "uncertain/" if tier == "uncertain" else ""
    uses = ("salt", "token", "position", "diffusion")
    labels = {use: f"{prefix}{use}/{digest}/{view}" for use in uses}
    return {
        use: mac(epoch_key, b"clew/derive/1\x00" + label.encode() + b"\x01") for use, label in labels.items()
    }


def mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def lp(text: str) -> bytes:
    octets = text.encode("utf-8")
    return len(octets).to_bytes(4, "big") + octets


def aes(key: bytes, block: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)


def tokens(feature: Feature, values: Values) -> set[str]:
    value = values.get(feature.field, "")
    if not value:
        return set()
    if feature.kind == "whole":
        return {value}
    if feature.kind == "initial":
        return {value[0]}
    if feature.kind == "prefixes":
        lengths = [length or len(value) for length in feature.prefixes]
        return {value[:length] for length in lengths if length <= len(value)}
    found = set()
    for word in value.split():
        padded = "_" + word + "_"
        found |= {first + second for first, second in pairwise(padded)}
    return found


def component(name: str, values: Values) -> str:
    """Return a salt component's value, "" if it is missing."""
    forename, surname = values.get("forename", ""), values.get("surname", "")
    pairs = {
        "month-day": (values.get("month", ""), values.get("day", "")),
        "initials": (forename[:1], surname[:1]),
        "names-phonetic": (soundex(forename), soundex(surname)),
    }
    if name in pairs:
        first, second = sorted(pairs[name])
        return first + " " + second if first and second else ""
    if name == "forename-initial":
        return forename[:1]
    if name == "surname-initial":
        return surname[:1]
    if name == "dwelling":
        return dwelling(values.get("address", ""))
    return values.get(name, "")


def dwelling(address: str) -> str:
    numbers, runs = [], []
    for word in address.split():
        digits = ""
        for character in word:
            if not character.isdigit():
                break
            digits += character
        if digits:
            numbers.append(digits)
        runs += "".join(c if c.isalpha() else " " for c in word).split()
    longest = ""
    for run in runs:
        if len(run) > len(longest):
            longest = run
    return f"{numbers[0]} {soundex(longest)}" if numbers and len(longest) > 1 else ""


def soundex(word: str) -> str:
    """Soundex by its textbook steps: code every letter, drop h and w, merge repeats, drop vowels."""
    if not word:
        return ""
    groups = ("bfpv", "cgjkqsxz", "dt", "l", "mn", "r")

    def code(letter: str) -> str:
        return next((str(number) for number, group in enumerate(groups, 1) if letter in group), "0")

    codes = [code(word[0])] + [code(letter) for letter in word[1:] if letter not in "hw"]
    merged = [codes[0]]
    for following in codes[1:]:
        if following != merged[-1]:
            merged.append(following)
    digits = [digit for digit in merged[1:] if digit != "0"]
    return word[0].upper() + ("".join(digits) + "000")[:3]
