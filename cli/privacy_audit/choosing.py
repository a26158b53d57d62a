"""What is attacked: profiles by name or file, a legacy schema, and people of one's own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from cli.labelled_data import read_rows
from cli.privacy_audit.refusing import refuse_columns, refuse_list, refuse_real
from cli.profile.choosing import choose_profile, profile_file
from keys.files import name_of, read_limited
from linkage.encode.identifiers import Identifiers
from linkage.encode.legacy.profile import FoldReading, LegacyProfile
from linkage.encode.legacy.reading import MAX_SCHEMA_BYTES, read_schema
from linkage.errors import ClewError, InputError
from linkage.lab.attacks.targets import LegacyTarget, Target, target_of
from linkage.lab.crowds import children, persons
from linkage.shipped_profiles import shipped_profiles

__all__ = ["FEWEST", "chosen_targets", "legacy_target", "people_for", "read_names"]

FEWEST: Final = 200
"""People: with fewer chance speaks louder than any encoding."""

_FILLED: Final = 2000
_SEED: Final = 1
_NAMES: Final = ("forename", "surname")
_OTHERS: Final = ("date_of_birth", "sex", "postcode")


def chosen_targets(names: Sequence[str], *, others: bool) -> list[Target]:
    """Return the profiles of the names or files; with no name all shipped ones, unless there are ``others``.

    Raises :class:`linkage.errors.ClewError`.
    """
    shipped = shipped_profiles()
    if not names and not others:
        return [target_of(profile) for profile in shipped.values()]
    refuse_real(path for path in map(profile_file, names) if path is not None)
    return [target_of(choose_profile(name)) for name in names]


def legacy_target(path: Path, reading: FoldReading | None, columns: Mapping[str, str]) -> Target:
    """Return CLKs under a linkage schema of clkhash; raises :class:`InputError` naming the file."""
    refuse_real([path])
    data = read_limited(path, limit=MAX_SCHEMA_BYTES, what="linkage schema")
    try:
        profile = LegacyProfile(schema=read_schema(data), name=path.stem, reading=reading)
        target = LegacyTarget(profile, tuple(columns.items()))
        target.knowledge([Identifiers()])  # a column that nothing is known to be in is found here
    except ClewError as error:
        hint = error.hint.replace("choose the reading", "--xor-folds:").replace(
            "say which", "--column says which"
        )
        raise InputError(f"{name_of(path)}: {error.message}", hint=hint) from None
    return target


def read_names(path: Path) -> tuple[Identifiers, ...]:
    """Read a list of names: CSV with forename and surname, and any of date_of_birth, sex and postcode.

    Whether its people are real cannot be told; what tells of a real system is refused, and for the rest its
    caller answers.

    Raises :class:`InputError` naming file and line, never a value.
    """
    refuse_list(path)
    people: list[Identifiers] = []
    for line, row in read_rows(path, required=_NAMES):
        if not people:
            refuse_columns(path, row)
        where = f"{name_of(path)}, line {line}"
        if not row["forename"] or not row["surname"]:
            raise InputError(f"{where}: forename or surname is empty", hint="leave such people out")
        born = row.get("date_of_birth", "")
        if born and not _is_date(born):
            raise InputError(f"{where}: date_of_birth is no date", hint="write it as 2010-05-31")
        held = {column: row[column] for column in (*_NAMES, *_OTHERS) if column in row}
        people.append(replace(Identifiers(), **held))  # type: ignore[arg-type]
    if len(people) < FEWEST:
        raise InputError(
            f"{name_of(path)}: an audit of {len(people)} people says nothing",
            hint=f"give {FEWEST} people or more",
        )
    return tuple(people)


def people_for(target: Target, own: Sequence[Identifiers] | None) -> tuple[Identifiers, ...] | None:
    """Return the people to attack: one's own, with made-up values where the list has none."""
    if own is None:
        return None
    made = (persons if target.general else children)(min(len(own), _FILLED), _SEED).people
    return tuple(_filled(one, made[place % len(made)]) for place, one in enumerate(own))


def _filled(one: Identifiers, made: Identifiers) -> Identifiers:
    lacking = {column: getattr(made, column) for column in _OTHERS if not getattr(one, column)}
    return replace(one, **lacking)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
