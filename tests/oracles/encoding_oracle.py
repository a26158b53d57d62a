"""Encodes one record bit by bit, as docs/spec/encoding-1.md says it, without numpy and without our encoder.

Only AES and CMAC come from a library.  It starts from normalised values: a mapping from field to text, absent
values missing or empty.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from msgspec import UNSET

from linkage.encode.nicknames import canonical_forenames
from linkage.profile import EncodingProfile, Feature, View

Values = Mapping[str, str]
Keys = Mapping[str, bytes]


def encode_row(
    profile: EncodingProfile, epoch_key: bytes, values: Values, tier: str = "certain"
) -> list[bytes | None]:
    """Return each view's octets in the profile's order, None for a view that the record does not have."""
    digest = profile.digest
    return [
        _view_octets(profile, view, view_keys(epoch_key, digest, view.name), values)
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
    weight = sum(feature.k * len(pieces(feature, values)) for feature in view.features)
    for feature, token in cut:
        block = token_block(keys, feature.label, token)
        count = feature.k if view.positions is UNSET else share(view.positions, feature.k, weight, block)
        for position in token_positions(keys, salt, block, count, profile.length):
            bits[position] = 1
    return bits


def share(positions: int, k: int, weight: int, token: bytes) -> int:
    """Return how many of a view's positions a token has among tokens of so much weight."""
    return (k * positions * 65536 // weight + int.from_bytes(token[:2], "little")) // 65536


def salt_block(keys: Keys, components: list[tuple[str, str]]) -> bytes:
    block = code(keys["salt"], ["salt"], "")
    for name, value in dict(components).items():
        one = code(keys["salt"], ["salt", name], value)
        block = bytes(a ^ b for a, b in zip(block, one, strict=True))
    return block


def token_block(keys: Keys, label: str, token: str) -> bytes:
    return code(keys["token"], ["token", label], token)


def token_positions(keys: Keys, salt: bytes, token: bytes, k: int, length: int) -> list[int]:
    found: list[int] = []
    counter = 0
    while len(found) < k:
        number = int.from_bytes(token, "little") ^ int.from_bytes(salt, "little") ^ counter
        block = aes(keys["position"], number.to_bytes(16, "little"))
        words = [int.from_bytes(block[start : start + 4], "little") for start in (0, 4, 8, 12)]
        found += [word % length for word in words if word < 2**32 // length * length]
        counter += 1
    return found[:k]


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
    diffusion = profile.diffusion if view.diffusion is None else view.diffusion
    if diffusion > 1:
        inputs = diffusion_inputs(profile.length, diffusion, keys["diffusion"])
        bits = [sum(bits[position] for position in chosen) % 2 for chosen in inputs]
    octets = bytearray(profile.length // 8)
    for number, bit in enumerate(bits):
        octets[number // 8] |= bit << (7 - number % 8)
    return bytes(octets)


@cache
def view_keys(epoch_key: bytes, digest: str, view: str) -> Keys:
    """Return the keys that a view uses: HKDF-Expand of RFC 5869 for one block of output."""
    labels = {
        "salt": f"salt/{digest}",
        "token": f"token/{digest}",
        "position": f"position/{digest}/{view}",
        "diffusion": f"diffusion/{digest}/{view}",
    }
    return {use: _derived(epoch_key, label) for use, label in labels.items()}


def exact_token(profile: EncodingProfile, epoch_key: bytes, kind: str, value: str) -> bytes:
    """Return the exact token of a number, zeros for none."""
    key = _derived(epoch_key, f"exact/{profile.digest}/{kind}")
    return code(key, ["exact", kind], value) if value else bytes(16)


def padded_sets(
    profile: EncodingProfile, epoch_key: bytes, handle: bytes, sets: Sequence[Values]
) -> list[Values]:
    """Return the values behind all rows of a record, padding included, in the order of their numbers.

    ``sets``: those of the record that have a view, in their order.
    """
    key = _derived(epoch_key, f"padding/{profile.digest}")
    padding = range(1, profile.rows - len(sets) + 1)
    others = [*sets[1:], *(_with_made_up_name(key, handle, number, sets[0]) for number in padding)]
    ranks = [mac(key, lp("padding") + lp("order") + handle + bytes([place])) for place in range(len(others))]
    return [sets[0], *(others[ranks.index(rank)] for rank in sorted(ranks))]


def _with_made_up_name(key: bytes, handle: bytes, number: int, values: Values) -> Values:
    stream = _keystream(mac(key, lp("padding") + lp("name") + handle + bytes([number])))
    coin, beginning = next(stream), next(stream)
    field = "surname" if coin % 2 else "forename"
    if not values[field]:
        field = "forename" if values["forename"] else "surname"
    name = values[field]
    length = len(name) if name else 6
    vowels = [place for place in range(1, len(name)) if name[place] in "aeiouy"]
    if beginning >= 176 and vowels:
        place = vowels[_number(stream) % len(vowels)]
        made_up = name[:place] + chr(0x100000 + _number(stream)) + name[place + 1 :]
        return {**values, field: made_up}
    made_up = "" if beginning < 80 or len(name) < 2 else name[: (length + 1) // 2 + beginning % (length // 2)]
    while len(made_up) < length:
        made_up += chr(0xF0000 + _number(stream))
    return {**values, field: made_up}


def _number(stream: Iterator[int]) -> int:
    return next(stream) + 256 * next(stream)


def _keystream(key: bytes) -> Iterator[int]:
    counter = 0
    while True:
        yield from aes(key, counter.to_bytes(16, "big"))
        counter += 1


def _derived(epoch_key: bytes, label: str) -> bytes:
    return mac(epoch_key, b"clew/derive/1\x00" + label.encode() + b"\x01")


def mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def code(key: bytes, purpose: list[str], text: str) -> bytes:
    """AES-CMAC of a text under a key of its own for the purpose."""
    cmac = CMAC(algorithms.AES(purpose_key(key, purpose)))
    cmac.update(text.encode("utf-8"))
    return cmac.finalize()


def purpose_key(key: bytes, purpose: list[str]) -> bytes:
    return mac(key, b"".join(lp(part) for part in purpose))


def lp(text: str) -> bytes:
    octets = text.encode("utf-8")
    return len(octets).to_bytes(4, "big") + octets


def aes(key: bytes, block: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)


def tokens(feature: Feature, values: Values) -> set[str]:
    return set(pieces(feature, values))


def pieces(feature: Feature, values: Values) -> list[str]:
    """Return what a value is cut into, a token that occurs twice twice."""
    value = values.get(feature.field, "")
    if not value or (feature.field == "postcode" and values.get("shared_postcode")):
        return []
    if feature.kind == "whole":
        return [value]
    if feature.kind == "initial":
        return [value[0]]
    if feature.kind == "canonical":
        return list(canonical_forenames(value))
    if feature.kind == "prefixes":
        lengths = [length or len(value) for length in feature.prefixes]
        return [value[:length] for length in lengths if length <= len(value)]
    return [first + second for word in value.split() for first, second in pairwise("_" + word + "_")]


def component(name: str, values: Values) -> str:
    """Return a salt component's value, "" if it is missing."""
    forename, surname = values.get("forename", ""), values.get("surname", "")
    pairs = {
        "month-day": (values.get("month", ""), values.get("day", "")),
        "initials": (forename[:1], surname[:1]),
        "names-phonetic": (phonetic(forename), phonetic(surname)),
    }
    if name in pairs:
        first, second = sorted(pairs[name])
        return first + " " + second if first and second else ""
    singles = {
        "forename-initial": forename[:1],
        "surname-initial": surname[:1],
        "forename-phonetic": phonetic(forename),
        "surname-phonetic": phonetic(surname),
    }
    if name in singles:
        return singles[name]
    if name == "dwelling":
        return dwelling(values.get("address", ""))
    return values.get(name, "")


def phonetic(name: str) -> str:
    """Soundex, and of a name made up to sound otherwise also its first made-up character."""
    otherwise = [character for character in name if 0xF0000 <= ord(character) <= 0xFFFFF]
    letters = "".join(character for character in name if character not in otherwise)
    return soundex(letters) + "".join(otherwise[:1])


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
