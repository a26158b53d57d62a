"""The successions in a custodian's folder: those that this custodian signed, or took in once complete.

One that is not complete yet changes nothing; it is kept so that its signer signs no other under its number.
"""

from pathlib import Path

from keys.storing import read_as, store_public
from linkage.errors import VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.custodian_sets import CustodianSet
from linkage.wire.epochs import signed_bytes
from linkage.wire.successions import MAX_SUCCESSION_BYTES, Succession, read_succession, require_complete

__all__ = ["KeptSuccessions"]


class KeptSuccessions:
    """Reads and writes the files ``succession-<number>.json`` of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> tuple[Succession, ...]:
        """Return what is kept, by number, complete or not."""
        paths = self._folder.glob("succession-*.json")
        found = [
            read_as(path, read_succession, what="succession", limit=MAX_SUCCESSION_BYTES) for path in paths
        ]
        return tuple(sorted(found, key=lambda one: one.serial))

    def complete(self) -> tuple[Succession, ...]:
        """Return those that everybody signed who must, by number."""
        return tuple(one for one in self.all() if _is_complete(one))

    def next_serial(self) -> int:
        """Return the number of the next one: above all that are known here."""
        return max((one.serial for one in self.all()), default=0) + 1

    def has(self, succession: Succession) -> bool:
        """Say whether this very succession is kept, with whichever signatures."""
        return any(signed_bytes(one) == signed_bytes(succession) for one in self.all())

    def keep(self, succession: Succession) -> None:
        """Keep a succession; one with more signatures takes its own place."""
        store_public(self._folder / f"succession-{succession.serial}.json", canonical(succession))

    def refuse_other(self, succession: Succession) -> tuple[int, ...]:
        """Refuse what contradicts a kept succession; returns the numbers of unfinished ones that it replaces.

        Two successions of one set would split agencies between two sets of custodians.  A set that was
        succeeded never comes back whole: otherwise the succession that it made then could be replayed.
        """
        replaced = []
        for known in self.all():
            if signed_bytes(known) == signed_bytes(succession):
                continue
            if known.serial == succession.serial:
                _refuse(f"you know another succession {known.serial}", _ASK)
            if not _is_complete(known):
                replaced += [known.serial] * (known.outgoing == succession.outgoing)
                continue
            if succession.serial < known.serial:
                _refuse(f"it is older than succession {known.serial}, which is complete", _ASK)
            if known.outgoing == succession.outgoing:
                _refuse(f"succession {known.serial} has replaced these custodians already", _ASK)
            if known.outgoing == succession.coming:
                _refuse(
                    f"the very custodians whom succession {known.serial} replaced would come back",
                    "have at least one of them make a new identity",
                )
        return tuple(replaced)

    def change(self, sets: tuple[CustodianSet, ...]) -> tuple[CustodianSet, ...]:
        """Return sets of custodians with those who came, the latest first, and without those who went."""
        complete = self.complete()
        came = tuple(one.coming for one in reversed(complete))
        gone = {one.outgoing for one in complete}
        return tuple(one for one in dict.fromkeys((*came, *sets)) if one not in gone)


_ASK = "do not sign; ask the other custodians which is theirs"


def _is_complete(succession: Succession) -> bool:
    try:
        require_complete(succession)
    except VerificationError:
        return False
    return True


def _refuse(message: str, hint: str) -> None:
    raise VerificationError(message, hint=hint)
