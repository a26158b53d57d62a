"""The field dictionary: what is encoded, what travels in clear, what never leaves; why, and for how long.

What is encoded follows from the profile, and what may travel in clear from the wire types.  Here are the
reasons; a test compares both with what there is.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from api.config import Settings
from api.evidence.gathering import Seen
from api.evidence.values import DataTable, Fact, Source, table_of
from api.overview.specimen import clear_records
from linkage.profile import Component, EncodingProfile, Field
from linkage.wire.manifest import Counts

__all__ = ["CLEAR", "ENCODED", "NEVER", "dictionary_facts", "dictionary_tables"]

ENCODED: Final[Mapping[Field, tuple[str, str]]] = {
    "forename": (
        "Forename, with nicknames and aliases",
        "agencies spell it differently; its pieces are compared",
    ),
    "surname": ("Surname, with former names", "agencies spell it differently; its pieces are compared"),
    "middle_name": ("Middle names", "tell apart children of the same name"),
    "year": ("Year of birth", "part of what tells children of one name apart"),
    "month": ("Month of birth", "so that a wrong day or year does not hide a match"),
    "day": ("Day of birth", "so that a wrong month or year does not hide a match"),
    "sex": ("Sex, as recorded", "tells apart siblings of one name; a wrong one hides no match"),
    "postcode": (
        "Postcodes: home, placement, missing from",
        "names and dates alone do not suffice where they are common",
    ),
    "address": ("Address", "tells apart people of one name where no date of birth is held"),
    "locality": ("Town", "tells apart people of one name where no date of birth is held"),
    "phone": ("Telephone number", "tells apart people of one name where no date of birth is held"),
    "nhs_number": ("NHS number", "the surest match; off by default, for a holder of the key can invert it"),
    "upn": ("Unique pupil number", "the surest match; off by default, for a holder of the key can invert it"),
}
"""By field of a profile: what it is in words, and why it is encoded at all."""

_OF_SALTS: Final[Mapping[Component, tuple[Field, ...]]] = {
    "year": ("year",),
    "month": ("month",),
    "day": ("day",),
    "month-day": ("month", "day"),
    "forename-initial": ("forename",),
    "surname-initial": ("surname",),
    "initials": ("forename", "surname"),
    "forename-phonetic": ("forename",),
    "surname-phonetic": ("surname",),
    "names-phonetic": ("forename", "surname"),
    "postcode": ("postcode",),
    "sex": ("sex",),
    "dwelling": ("address",),
}

_HANDLE = "a random number, so that an agency can be told about its own record; it says nothing of the child"
_VERSION = "a counter, so that a later correction is told from an earlier one"
_AREA_OF_CARE = "the register tells the responsible council from the one where the child lives"
_CARE = "published figures are by legal status and placement, as the national return's are"
_RISK = "published figures are by risk grade, at first, at its highest and at the end"
_DATES = "absences are compared by the hour, or by day where one has no time, and counted by length"

CLEAR: Final[Mapping[tuple[str, str], str]] = {
    ("child", "handle"): _HANDLE,
    ("child", "version"): _VERSION,
    ("child", "sex"): "published figures are by sex",
    ("child", "ethnicity"): "published figures are by ethnic group: six groups, never the detailed code",
    ("child", "responsible"): _AREA_OF_CARE,
    ("child", "flags"): "published figures tell exploitation, trafficking and unaccompanied children apart",
    ("child", "dummy"): "marks a made-up child, sent as cover, so that nobody counts it",
    ("care-spell", "handle"): _HANDLE,
    ("care-spell", "child"): "joins the spell to its child",
    ("care-spell", "version"): _VERSION,
    ("care-spell", "start"): "tells whether a child was looked after on the day of an absence",
    ("care-spell", "end"): "tells whether a child was looked after on the day of an absence",
    ("care-spell", "legal_status"): _CARE,
    ("care-spell", "placement"): _CARE,
    ("care-spell", "provider"): _CARE,
    ("care-spell", "area"): "published figures tell placements outside the council's area apart",
    ("care-spell", "host"): _AREA_OF_CARE,
    ("episode", "handle"): _HANDLE,
    ("episode", "child"): "joins the absence to its child",
    ("episode", "version"): _VERSION,
    ("episode", "kind"): "missing and away are counted apart, and compared apart",
    ("episode", "start"): _DATES,
    ("episode", "end"): _DATES,
    ("episode", "age_band"): "published figures are by age band; no date of birth and no age ever travels",
    ("episode", "missing_from"): "published figures tell home, care and supported accommodation apart",
    ("episode", "responsible"): _AREA_OF_CARE,
    ("episode", "host"): _AREA_OF_CARE,
    ("episode", "legal_status"): _CARE,
    ("episode", "placement"): _CARE,
    ("episode", "provider"): _CARE,
    ("episode", "risk_initial"): _RISK,
    ("episode", "risk_highest"): _RISK,
    ("episode", "risk_final"): _RISK,
    ("episode", "flags"): "published figures tell exploitation, trafficking and repeated absences apart",
    ("return-interview", "episode"): "joins the interview to its absence",
    ("return-interview", "version"): _VERSION,
    ("return-interview", "offered"): "published figures say how many children were offered one",
    ("return-interview", "offered_on"): "published figures say how soon",
    ("return-interview", "outcome"): "published figures say how many children accepted",
    ("return-interview", "completed"): "published figures say how many were held within 72 hours",
    ("return-interview", "interviewer"): "published figures tell independent interviewers apart",
    ("return-interview", "reasons"): "published figures say why children go missing: codes, never words",
    ("return-interview", "harms"): "published figures say what harm children met: codes, never words",
    ("return-interview", "shared_with_police_on"): "published figures say whether the police were told",
    ("coverage", "area"): "only areas and months that both sides sent are compared",
    ("coverage", "month"): "only areas and months that both sides sent are compared",
}
"""By record and field: why it travels in clear."""

NEVER: Final = (
    ("Names, former names, aliases", "compared as encodings; nobody outside the agency needs them"),
    ("Date of birth, age", "compared as encodings; figures are by age band"),
    ("Address, postcode, telephone number", "compared as encodings; places are shown by council alone"),
    ("NHS number, unique pupil number", "not sent at all by the shipped profiles"),
    ("Local case number, custody or incident number", "the agency joins results to them on its own machine"),
    ("Free text of any kind", "nobody can tell what stands in it"),
    ("Detailed ethnic code, religion, nationality", "figures are by six ethnic groups"),
    ("Health, disability, offences", "the register does not count them"),
    ("Names of staff, parents, carers, friends", "the register is not about them"),
    ("What a child said in a return interview", "codes of reasons and harms alone travel"),
)
"""What never leaves an agency, and why."""


def dictionary_facts(seen: Seen) -> Iterator[Fact]:
    """Yield how many fields there are of each sort."""
    encoded = 0 if seen.profile is None else len(_used(seen.profile))
    code = "api.evidence.dictionary"
    yield Fact("fields_encoded", "fields that are encoded", encoded, Source("code", f"{code}:encoded"))
    yield Fact("fields_clear", "fields that travel in clear", len(CLEAR), Source("code", f"{code}:CLEAR"))
    yield Fact(
        "fields_never", "sorts of fields that never leave", len(NEVER), Source("code", f"{code}:NEVER")
    )


def dictionary_tables(seen: Seen) -> Iterator[DataTable]:
    """Yield the three parts of the dictionary."""
    used = {} if seen.profile is None else _used(seen.profile)
    keeping = _until(seen.settings)
    yield table_of(
        "fields-encoded",
        "Fields that are encoded on the agency's machine and leave it as bits alone",
        [
            ("field", "Field"),
            ("what", "What it is"),
            ("why", "Why"),
            ("views", "In views", "code"),
            ("kept", "Kept"),
        ],
        [
            (
                name,
                ENCODED[name][0],
                ENCODED[name][1],
                ", ".join(views),
                f"{keeping}; no longer than the epoch",
            )
            for name, views in used.items()
        ],
        Source("code", "linkage.shipped_profiles:shipped_profiles"),
        note=_kept_words(seen.settings),
        empty="No epoch is in force, so that nothing is encoded.",
    )
    yield table_of(
        "fields-clear",
        "Fields that travel in clear, sealed to the register worker",
        [
            ("record", "Record"),
            ("field", "Field"),
            ("may_hold", "What it may hold"),
            ("why", "Why"),
            ("kept", "Kept"),
        ],
        [
            (
                record.name,
                field.name,
                field.may_hold,
                CLEAR[record.name, field.name],
                _kept(record.name, keeping),
            )
            for record in clear_records(
                Counts(rows=0, children=0, care_spells=0, episodes=0, interviews=0, coverage=0)
            )
            for field in record.fields
        ],
        Source("code", "linkage.wire.records"),
        note=_kept_words(seen.settings),
    )
    yield table_of(
        "fields-never",
        "What never leaves an agency",
        [("what", "What"), ("why", "Why not")],
        NEVER,
        Source("code", "api.evidence.dictionary:NEVER"),
    )


def _used(profile: EncodingProfile) -> dict[Field, list[str]]:
    """Return every field that a profile reads, with the views that it is in."""
    found: dict[Field, list[str]] = {}
    for view in profile.views:
        fields = {one.field for one in view.features}
        for part in view.salt:
            fields.update(_OF_SALTS[part])
        for name in fields:
            found.setdefault(name, []).append(view.name)
    for number in profile.exact:
        found.setdefault(number, []).append("exact token")
    return {name: found[name] for name in ENCODED if name in found}


def _until(settings: Settings) -> str:
    kept = settings.retention
    if not kept.enabled:
        return "until it is erased"
    return f"{kept.years_after_last_record} years; until {kept.until_age}"


def _kept_words(settings: Settings) -> str:
    """Say what the short form of :func:`_until` means."""
    kept = settings.retention
    if not kept.enabled:
        return "The retention schedule is switched off: what is kept goes only when somebody erases it."
    return (
        f"“{_until(settings)}”: {kept.years_after_last_record} years after the last day that any record of "
        f"the child from that agency speaks of, and not before the child is surely {kept.until_age}."
    )


def _kept(record: str, keeping: str) -> str:
    return "with its snapshot" if record == "coverage" else keeping
