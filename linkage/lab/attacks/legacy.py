"""What an attacker knows of CLKs under a legacy schema of clkhash: its tokens and lengths, and no salts.

A schema is handed to every party, so it is no secret; only the secret word is.  A token inserted c times
sets the same positions as the first c insertions of any other c' > c, so that counts nest.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix

from linkage.encode.identifiers import Identifiers
from linkage.encode.legacy.encoder import LegacyEncoder
from linkage.encode.legacy.faults import ValueFault
from linkage.encode.legacy.formats import DateFormat, EnumFormat, TextFormat
from linkage.encode.legacy.profile import LegacyProfile
from linkage.encode.legacy.schema import Hashing
from linkage.encode.normalise import Normalised, Normaliser
from linkage.errors import InputError
from linkage.lab.attacks.knowledge import Encoded, ViewKnowledge

__all__ = ["encode_legacy", "legacy_fields", "legacy_knowledge", "legacy_rows"]

_IGNORED: Final = ""
_PLACEHOLDER: Final = ("1900", "01", "01")
"""What is written for a date, or a part of one, where nobody knows it and a column must have one."""

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "forename": ("forename", "forenames", "givenname", "firstname", "first", "given", "fname"),
    "surname": ("surname", "lastname", "familyname", "last", "family", "lname"),
    "middle_name": ("middlename", "middlenames", "middle"),
    "date_of_birth": ("dob", "dateofbirth", "birthdate", "birthday", "datebirth"),
    "year": ("yearofbirth", "birthyear", "dobyear", "doby", "year", "yob"),
    "month": ("monthofbirth", "birthmonth", "dobmonth", "dobm", "month"),
    "day": ("dayofbirth", "birthday", "dobday", "dobd", "day"),
    "sex": ("sex", "gender"),
    "postcode": ("postcode", "zip", "zipcode", "postalcode"),
    "address": ("address", "address1", "street", "addressline1", "streetaddress"),
    "locality": ("locality", "city", "town", "suburb", "address2"),
    "phone": ("phone", "phonenumber", "telephone", "mobile"),
}
_FIELDS: Final = {name: field for field, names in _NAMES.items() for name in names}


def legacy_fields(profile: LegacyProfile, given: Mapping[str, str]) -> tuple[str, ...]:
    """Return which of a person's values each column holds, "" for an ignored one.

    ``given``: for some columns the field by name.  Raises :class:`InputError` naming a column that nothing
    is known to be in.
    """
    found = []
    for feature in profile.schema.features:
        name = "".join(filter(str.isalnum, feature.identifier.lower()))
        field = given.get(feature.identifier, _FIELDS.get(name))
        if feature.hashing is None:
            found.append(_IGNORED)
        elif field in _NAMES:
            found.append(str(field))
        else:
            raise InputError(
                f"linkage schema: nothing says what column {feature.identifier} holds",
                hint=f"say which it is of: {', '.join(_NAMES)}",
            )
    return tuple(found)


def legacy_rows(
    profile: LegacyProfile, fields: Sequence[str], people: Sequence[Identifiers]
) -> list[list[str]]:
    """Write people as rows of the schema, each value as its format wants it.

    Raises :class:`InputError` naming a column whose format takes no spelling of somebody's value.
    """
    normalise = Normaliser()
    features = profile.schema.features
    return [
        [
            _spelt(feature.hashing, field, normalised, feature.identifier) if feature.hashing else ""
            for feature, field in zip(features, fields, strict=True)
        ]
        for normalised in map(normalise, people)
    ]


def _spelt(hashing: Hashing, field: str, person: Normalised, column: str) -> str:
    for spelling in _spellings(hashing, field, person):
        try:
            hashing.text(spelling)
        except ValueFault:
            continue
        return spelling
    raise InputError(
        f"linkage schema: column {column} takes no spelling of somebody's value",
        hint="attack made-up people, or give people whose values the schema takes",
    )


def _spellings(hashing: Hashing, field: str, person: Normalised) -> list[str]:
    """Return how a value may be written, the likeliest first, and last what stands for a missing one."""
    missing = [hashing.missing.sentinel] if hashing.missing else [""]
    if field == "date_of_birth":
        known = person.year, person.month, person.day
        if hashing.missing and not all(known):
            return missing
        parts = [part or usual for part, usual in zip(known, _PLACEHOLDER, strict=True)]
        form = hashing.format
        layout = form.layout if isinstance(form, DateFormat) else "%Y-%m-%d"
        dated = date(*map(int, parts)).strftime(layout)
        return [dated, "".join(parts), *missing]
    value = str(getattr(person, field))
    if not value:
        return missing
    if isinstance(hashing.format, EnumFormat):
        whole = {one.lower(): one for one in hashing.format.values}
        initial = {one[:1].lower(): one for one in hashing.format.values}
        return [*(found[value] for found in (whole, initial) if value in found), *missing]
    upper = isinstance(hashing.format, TextFormat) and hashing.format.case == "upper"
    return [value.upper() if upper else value, value, value.upper(), value.title(), *missing]


def legacy_knowledge(profile: LegacyProfile, rows: Sequence[Sequence[str]]) -> ViewKnowledge:
    """Work out what is known of the CLKs of some rows: all share the one salt that there is."""
    held = [_insertions(profile, row) for row in rows]
    counts: dict[tuple[int, str], set[int]] = {}
    for inserted in held:
        for token, count in inserted.items():
            counts.setdefault(token, set()).add(count)
    number, weights = 0, []
    steps: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for token, some in counts.items():
        below = 0
        for count in sorted(some):
            steps.setdefault(token, []).append((count, number))
            weights.append(count - below)
            below, number = count, number + 1
    places = [
        (row, column)
        for row, inserted in enumerate(held)
        for token, count in inserted.items()
        for level, column in steps[token]
        if level <= count
    ]
    across, down = np.array(places, dtype=np.int64).reshape(-1, 2).T
    shape = len(rows), max(number, 1)
    incidence = csr_matrix((np.ones(len(across), np.float32), (across, down)), shape)
    bits = np.array(weights or [0], dtype=np.float32)
    salt = np.zeros(len(rows), dtype=np.int64)
    scale = np.ones(len(rows), dtype=np.float32)
    return ViewKnowledge(salt, incidence, bits, scale, profile.hashed_length, 1 << profile.folds)


def _insertions(profile: LegacyProfile, row: Sequence[str]) -> dict[tuple[int, str], int]:
    """Return how often each token of each feature is inserted."""
    found: dict[tuple[int, str], int] = {}
    for place, (feature, value) in enumerate(zip(profile.schema.features, row, strict=True)):
        if feature.hashing is not None:
            cut = feature.hashing.comparison.tokens(feature.hashing.text(value))
            for token, count in zip(cut, feature.hashing.strategy.insertions(len(cut)), strict=True):
                label = place, token
                found[label] = max(found.get(label, 0), count)
    return found


def encode_legacy(profile: LegacyProfile, encoder: LegacyEncoder, rows: Sequence[Sequence[str]]) -> Encoded:
    """Encode rows, each a view that everybody has."""
    bits = encoder.encode([list(row) for row in rows])
    return Encoded(bits[:, None, :], np.ones((len(rows), 1), dtype=np.bool_), profile.length)
