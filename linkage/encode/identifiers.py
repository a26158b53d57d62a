"""The identifiers of a person as a source wrote them: they live on the agency's machine and nowhere else."""

from dataclasses import dataclass, fields

from linkage.errors import InputError
from linkage.wire.encodings import HANDLE_BYTES
from linkage.wire.limits import MAX_VARIANTS

__all__ = ["Identifiers", "PersonRecord"]


@dataclass(frozen=True, slots=True, repr=False)
class Identifiers:
    """One set of identifiers, as raw text; an empty string is a value that the source does not have.

    ``birth_uncertain``: the source says that the date of birth is estimated, assessed or a placeholder
    (usual for unaccompanied children).  ``postcode_shared``: the agency knows that many children share the
    postcode (a children's home, a hospital), so that it says little about which child this is.  A record
    with several postcodes has a set of identifiers for each.  The printed form shows no value.
    """

    forename: str = ""
    surname: str = ""
    middle_name: str = ""
    date_of_birth: str = ""
    sex: str = ""
    postcode: str = ""
    address: str = ""
    locality: str = ""
    phone: str = ""
    birth_uncertain: bool = False
    nhs_number: str = ""
    upn: str = ""
    postcode_shared: bool = False

    def __repr__(self) -> str:
        return f"<Identifiers, {sum(bool(getattr(self, field.name)) for field in fields(self))} values>"


@dataclass(frozen=True, slots=True, repr=False)
class PersonRecord:
    """One record of a source: a random stable handle and one to sixteen sets of identifiers.

    ``handle``: 16 bytes.  ``variants``: the principal identifiers first, then aliases and former names.
    Raises :class:`InputError` for a handle of another length, or too few or too many variants.
    """

    handle: bytes
    variants: tuple[Identifiers, ...]

    def __post_init__(self) -> None:
        if len(self.handle) != HANDLE_BYTES:
            raise InputError(f"a record handle does not have {HANDLE_BYTES} bytes")
        if not 1 <= len(self.variants) <= MAX_VARIANTS:
            found = len(self.variants)
            raise InputError(f"a record has {found} sets of identifiers, not 1 to {MAX_VARIANTS}")

    def __repr__(self) -> str:
        return f"<PersonRecord, {len(self.variants)} variants>"
