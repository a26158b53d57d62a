"""Where and when a row is about, in the columns of the Explore Education Statistics open data."""

import calendar
from collections.abc import Mapping

from linkage.register.areas import AreaDirectory
from linkage.register.statistics.facts import NOT_STATED
from linkage.register.statistics.periods import Period
from linkage.register.statistics.trees import UNKNOWN_REGION

__all__ = ["GEOGRAPHY", "TIME", "force_columns", "geography", "time_columns"]

TIME = ("time_period", "time_identifier")
GEOGRAPHY = (
    "geographic_level",
    "country_code",
    "country_name",
    "region_code",
    "region_name",
    "new_la_code",
    "la_name",
    "pfa_code",
    "pfa_name",
)


def time_columns(code: str, period: Period) -> tuple[str, str]:
    """Return period and identifier: ``202526`` ``Financial year``, ``2025`` ``April``, or days as given."""
    if ".." in code:
        return code, "Period"
    if " Q" in code:
        year, quarter = code.split()
        return _year(year), f"Financial year {quarter}"
    if code in period.months:
        return code[:4], calendar.month_name[int(code[5:])]
    return _year(code), "Financial year"


def _year(code: str) -> str:
    return code.replace("/", "")


def geography(code: str, directory: AreaDirectory) -> Mapping[str, str]:
    """Return the geographic columns of an area's code of any level; codes that stand for none are words."""
    found = dict.fromkeys(GEOGRAPHY, "")
    area = directory.areas.get(code)
    if area is not None:
        return found | {
            "geographic_level": "Local authority",
            "country_code": area.country_code,
            "country_name": area.country_name,
            "region_code": area.region_code,
            "region_name": area.region_name,
            "new_la_code": code,
            "la_name": area.area_name,
        }
    if code in directory.country_of:
        country = directory.country_of[code]
        return found | {
            "geographic_level": "Regional",
            "country_code": country,
            "country_name": directory.names[country],
            "region_code": code,
            "region_name": directory.names[code],
        }
    if code in directory.countries():
        return found | {
            "geographic_level": "National",
            "country_code": code,
            "country_name": directory.names[code],
        }
    return found | _unlisted(code)


def _unlisted(code: str) -> dict[str, str]:
    if code == UNKNOWN_REGION:
        return {"geographic_level": "Regional", "region_code": "x", "region_name": "Region not known"}
    if code == NOT_STATED:
        return {"geographic_level": "Local authority", "new_la_code": "x", "la_name": "Council not stated"}
    if code.isupper():
        return {"geographic_level": "Local authority", "new_la_code": code, "la_name": code}
    return {"geographic_level": "National", "country_name": "All areas"}


def force_columns(code: str, label: str, *, total: bool) -> Mapping[str, str]:
    """Return the geographic columns of a police force's row."""
    found = dict.fromkeys(GEOGRAPHY, "")
    if total:
        return found | {"geographic_level": "National", "country_name": "All areas"}
    shown = "x" if code == NOT_STATED else code
    return found | {"geographic_level": "Police force area", "pfa_code": shown, "pfa_name": label}
