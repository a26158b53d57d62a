"""How often things happen in the simulated world, and how often agencies write them down differently."""

import math
from dataclasses import dataclass, field, fields, replace
from typing import Self

from linkage.errors import InputError

__all__ = ["NOISE_LEVELS", "Rates", "per_record"]

NOISE_LEVELS = {"none": 0.0, "usual": 1.0, "heavy": 2.0}
"""By how much each noise level multiplies the rates of recording errors."""

_MOST = 0.9


def _error(rate: float) -> float:
    """Make a field that holds the rate of a recording error: a noise level scales it."""
    return field(default=rate, metadata={"recording_error": True})


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares between 0 and 1, grouped by what they are a share *of*.

    The published figures on how identifiers differ compare two data sets, so every rate named ``…_differs``
    is the share of *pairs* of records of one child in two agencies that disagree; each record is changed at
    :func:`per_record` of it.  ``heavy`` doubles it, which is nearly the same as reading it per record.
    """

    # of children
    looked_after: float = 0.70
    uasc: float = 0.07
    """Of looked-after children: unaccompanied asylum-seeking."""
    twins: float = 0.015
    moves_council: float = 0.02
    leaves_care: float = 0.28
    enters_care: float = 0.30
    out_of_area: float = 0.30
    host_knows: float = 0.15
    """Of children placed out of area: also in the host council's case system."""
    host_reports: float = 0.5
    """Of absences of children whom the host council knows: it writes them down, too."""
    goes_missing_under_10: float = 0.006
    goes_missing_10_15: float = 0.18
    goes_missing_16_plus: float = 0.28
    """Of looked-after children in a year; nationally about 0.11 over all ages, here 0.15, so that small
    worlds hold enough links to measure."""

    # of true events
    away: float = 0.15
    """Of absences from care: type A, whereabouts known, which police do not record."""
    no_apparent_risk: float = 0.05
    """Of absences while not looked after: graded no apparent risk by police, thus not missing."""
    still_missing: float = 0.02
    """Of a child's last absences: no end within the period."""
    elsewhere: float = 0.08
    """Of absences: begun in another council's area than the child's home or placement."""

    # of pairs of records of one child in two agencies
    surname_differs: float = _error(0.08)
    forename_differs: float = _error(0.06)
    names_swapped: float = _error(0.01)
    birth_date_differs: float = _error(0.02)
    birth_date_differs_uasc: float = _error(0.20)
    sex_differs: float = _error(0.005)
    postcode_differs: float = _error(0.45)
    ethnicity_differs: float = _error(0.06)

    # of records
    nickname: float = 0.5
    """Of changed forenames: a nickname, where the name has one."""
    birth_date_placeholder: float = _error(0.01)
    birth_date_placeholder_uasc: float = _error(0.25)
    postcode_absent: float = _error(0.10)
    no_fixed_abode: float = _error(0.01)
    alias: float = _error(0.10)
    middle_name_absent: float = _error(0.30)
    diacritics_lost: float = _error(0.40)
    mojibake: float = _error(0.03)
    second_record: float = _error(0.02)
    """Of children in an agency: under two local references."""

    # of agencies
    everything_missing: float = _error(1 / 3)
    """Of councils, rounded down: record every absence as type M."""
    surnames_in_capitals: float = _error(0.5)
    """Of police forces."""

    # of areas and months
    months_not_submitted: float = _error(0.04)

    # of absences of type M
    council_forgets: float = _error(0.20)
    police_not_told: float = _error(0.17)
    recorded_after_care: float = _error(0.08)
    """Of absences while not looked after, of children whom a council knows: the council holds them too."""
    second_report: float = _error(0.02)
    """Of reports that leave room for one: reported twice to the same agency."""
    date_drifts: float = _error(0.12)
    """Of council dates: a day off, which reconciliation tolerates."""

    # of absences that both sides hold
    start_conflict: float = _error(0.07)
    end_conflict: float = _error(0.07)
    open_closed_conflict: float = _error(0.10)
    """Of a child's last absence only: an open episode must not swallow a later one."""
    graded_no_risk: float = _error(0.03)
    """Police see no apparent risk, where the council holds the child as missing."""
    away_reported: float = _error(0.05)
    """Of absences of type A: police hold the child as missing."""
    split_in_two: float = _error(0.30)
    """Of those of four days or more: one side holds two, with days between."""

    def __post_init__(self) -> None:
        for each in fields(self):
            if not 0.0 <= getattr(self, each.name) <= 1.0:
                raise InputError(f"rates: {each.name} is not between 0 and 1", hint="give it as a share")

    def at(self, noise: str) -> Self:
        """These rates at a noise level: the recording errors multiplied, the world itself unchanged.

        Raises :class:`InputError` for an unknown level.
        """
        if noise not in NOISE_LEVELS:
            raise InputError("simulator: unknown noise level", hint=f"use one of {', '.join(NOISE_LEVELS)}")
        factor = NOISE_LEVELS[noise]
        errors = [each.name for each in fields(self) if each.metadata.get("recording_error")]
        return replace(self, **{name: min(_MOST, factor * getattr(self, name)) for name in errors})


def per_record(pair_rate: float, repeats: float = 0.0) -> float:
    """The rate per record at which two records of one child disagree with ``pair_rate``.

    ``repeats`` is the chance that two changed records were changed alike (both hold the placement's
    postcode).  Solves pair_rate = 1 - (1 - p)² - repeats·p².
    """
    if pair_rate <= 0.0:
        return 0.0
    root = max(0.0, 1.0 - (1.0 + repeats) * min(pair_rate, _MOST))
    return (1.0 - math.sqrt(root)) / (1.0 + repeats)
