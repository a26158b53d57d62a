"""The sets of identifiers that one written set stands for: the principal one, other names and postcodes."""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Final

from linkage.encode.identifiers import Identifiers
from linkage.encode.names import other_names, read_name
from linkage.encode.normalise import Normalised, normalise
from linkage.encode.places import other_postcodes
from linkage.wire.limits import MAX_VARIANTS

__all__ = ["variants_of"]

_WHO: Final = tuple(
    field.name for field in fields(Normalised) if field.name not in ("tier", "refusals", "notices")
)


def variants_of(identifiers: Identifiers) -> tuple[Identifiers, ...]:
    """Return the sets of identifiers that a written set stands for; never raises.

    The principal one comes first and is the one given.  After it come other forenames, other surnames and
    other postcodes that the texts themselves mention ("Kate known as Katy", "Smith née Jones", "SW1A 1AA; M1
    1AE"), one change at a time.  All differ after normalisation, and there are at most
    :data:`~linkage.wire.limits.MAX_VARIANTS`.
    """
    others = tuple(_others(identifiers))
    if not others:  # nearly every record: normalising it here would only be repeated by the encoder
        return (identifiers,)
    distinct: dict[tuple[str, ...], Identifiers] = {_who(identifiers): identifiers}
    for other in others:
        distinct.setdefault(_who(other), other)
        if len(distinct) == MAX_VARIANTS:
            break
    return tuple(distinct.values())


def _others(identifiers: Identifiers) -> Iterator[Identifiers]:
    for name in other_names(identifiers.forename, forename=True):
        yield replace(identifiers, forename=_without(name, read_name(identifiers.surname).value))
    for name in other_names(identifiers.surname):
        yield replace(identifiers, surname=name)
    for postcode in other_postcodes(identifiers.postcode):
        yield replace(identifiers, postcode=postcode)


def _without(name: str, surname: str) -> str:
    """Return a mentioned forename without the surname that follows it ("Tom known as Tommy Smith")."""
    words = name.split()
    for cut in range(1, len(words)):
        if surname and "".join(read_name(word).value for word in words[cut:]) == surname:
            return " ".join(words[:cut])
    return name


def _who(identifiers: Identifiers) -> tuple[str, ...]:
    normalised = normalise(identifiers)
    return tuple(str(getattr(normalised, name)) for name in _WHO)
