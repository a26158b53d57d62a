"""Names for families: household surnames, children's forenames, and what else a child may be called."""

from linkage.lab.draws import Draws, Weighted
from linkage.lab.name_lists_african import AFRICAN
from linkage.lab.name_lists_asian import ASIAN
from linkage.lab.name_lists_british import BRITISH_ISLES
from linkage.lab.name_lists_european import EUROPEAN
from linkage.lab.name_origin import NameOrigin

__all__ = ["ORIGINS", "NameBook", "canary_name"]

ORIGINS: tuple[NameOrigin, ...] = (*BRITISH_ISLES, *ASIAN, *AFRICAN, *EUROPEAN)

_DOUBLE_BARRELLED = 0.03
_SECOND_FORENAME = 0.03
_BORROWED_FORENAME = 0.5
_BORROWED_SURNAME = 0.3
_SYLLABLES = ("zy", "qua", "vex", "ilo", "thu", "mbra", "kwi", "nox", "ja", "rru", "phe", "dza")


class NameBook:
    """Draws names by origin, with the long tail that real names have."""

    def __init__(self) -> None:
        self._by_name = {origin.name: origin for origin in ORIGINS}
        self.families = Weighted((origin, origin.share) for origin in ORIGINS)
        self.uasc = Weighted((origin, origin.uasc_share) for origin in ORIGINS)
        self._girls = {o.name: Weighted.long_tailed(o.girls) for o in ORIGINS}
        self._boys = {o.name: Weighted.long_tailed(o.boys) for o in ORIGINS}
        self._surnames = {o.name: Weighted.long_tailed(o.surnames) for o in ORIGINS}
        self._stems = {o.name: Weighted.long_tailed(o.stems) for o in ORIGINS}
        self._endings = {o.name: Weighted.long_tailed(o.endings) for o in ORIGINS}

    def surname(self, origin: NameOrigin, draws: Draws) -> str:
        """A family's surname."""
        first = self._plain_surname(origin, draws)
        if origin.two_surnames and draws.chance(origin.two_surnames):
            return f"{first} {self._plain_surname(origin, draws)}"
        if origin.name == "british" and draws.chance(_DOUBLE_BARRELLED):
            return f"{first}-{self._plain_surname(origin, draws)}"
        return first

    def _plain_surname(self, origin: NameOrigin, draws: Draws) -> str:
        source = origin
        if origin.borrows and draws.chance(_BORROWED_SURNAME):
            source = self._by_name[origin.borrows]
        if source.tail and draws.chance(source.tail):
            return self._rare_surname(source, draws)
        if source.patronymic and draws.chance(source.patronymic):
            return draws.weighted(self._boys[source.name])
        return draws.weighted(self._surnames[source.name])

    def _rare_surname(self, origin: NameOrigin, draws: Draws) -> str:
        stem = draws.weighted(self._stems[origin.name])
        ending = draws.weighted(self._endings[origin.name])
        joined = stem + ending
        return joined if stem[-1] != ending[0] else stem + ending[1:]

    def forename(self, origin: NameOrigin, sex: str, draws: Draws) -> str:
        """A child's forename."""
        source = origin
        if origin.borrows and draws.chance(_BORROWED_FORENAME):
            source = self._by_name[origin.borrows]
        first = draws.weighted((self._girls if sex == "F" else self._boys)[source.name])
        seconds = source.second_girls if sex == "F" else source.second_boys
        if seconds and draws.chance(_SECOND_FORENAME):
            second = draws.pick(seconds)
            return first if second == first else f"{first}-{second}"
        return first

    def initial_kept(self, origin: NameOrigin, sex: str, initial: str, draws: Draws) -> str:
        """A forename with the same initial as a sibling's, where a few tries find one."""
        for _ in range(12):
            name = self.forename(origin, sex, draws)
            if name[0] == initial:
                return name
        return self.forename(origin, sex, draws)


def canary_name(draws: Draws) -> str:
    """A name that occurs nowhere else, so that finding it anywhere proves a leak."""
    return "".join(draws.pick(_SYLLABLES) for _ in range(6)).capitalize()
