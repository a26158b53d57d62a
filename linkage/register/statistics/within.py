"""One area instead of all: which cells of tables by area or force are its."""

from collections.abc import Iterable, Sequence

from linkage.errors import InputError
from linkage.register.areas import AreaDirectory
from linkage.register.counts import Dimension

__all__ = ["Within"]


class Within:
    """A council, region, country or force; None for all areas.

    Raises :class:`InputError` for a code that is in neither the directory nor any record.
    """

    def __init__(self, area: str | None, directory: AreaDirectory, found: Iterable[str]) -> None:
        self.everywhere = area is None
        self._councils = frozenset() if area is None else directory.within(area) or {area} & set(found)
        self._directory = directory
        self._force = area if area in directory.forces() else None
        if area is not None and not self._councils:
            raise InputError(
                "area: not in the directory, and no absence is of that council",
                hint="give the code of a council, region, country or force; see `clew register areas show`",
            )

    def codes(self, name: str, dimension: Dimension) -> Sequence[str]:
        """Return the codes of a dimension that have cells: of areas and forces those within."""
        if self.everywhere or name not in {"area", "force"}:
            return dimension.codes
        if name == "force":
            return [] if self._force is None else [self._force]
        return [code for code in dimension.codes if self._is_within(code)]

    def _is_within(self, code: str) -> bool:
        below = self._directory.within(code) or {code}
        return below <= self._councils
