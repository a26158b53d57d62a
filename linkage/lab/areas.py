"""Regions of the country that does not exist, as an operator would list them for the register."""

from collections.abc import Iterable, Sequence

from linkage.lab.agencies import Agency
from linkage.register.areas import Area

__all__ = ["made_up_areas"]

_COUNTRY = ("E92900001", "Merrowland")
_REGIONS = ("North", "East", "South", "West", "Middle")
_COUNCILS_PER_REGION = 5
_FEWEST_REGIONS = 2


def made_up_areas(agencies: Iterable[Agency]) -> list[Area]:
    """List every council's area: neighbours, by code, lie in one of two to five regions."""
    listed = sorted(agencies, key=lambda agency: agency.code)
    councils = [agency for agency in listed if agency.role == "council"]
    forces = [agency for agency in listed if agency.role == "police"]
    wanted = min(len(_REGIONS), max(_FEWEST_REGIONS, len(councils) // _COUNCILS_PER_REGION))
    return [
        _area(council, number * wanted // len(councils), forces) for number, council in enumerate(councils)
    ]


def _area(council: Agency, region: int, forces: Sequence[Agency]) -> Area:
    force = next(one for one in forces if council.code in one.areas)
    return Area(
        area_code=council.code,
        area_name=council.name,
        region_code=f"E1290000{region + 1}",
        region_name=f"{_REGIONS[region]} {_COUNTRY[1]}",
        country_code=_COUNTRY[0],
        country_name=_COUNTRY[1],
        force_code=force.code,
        force_name=force.name,
    )
