"""What a unit must hold after any sequence of requests: a model of it in dictionaries."""

from collections import defaultdict
from dataclasses import dataclass, field

from tests.support.senders import Cut

MOST_OPEN = 4


@dataclass
class Bundle:
    """One bundle: what its agency made of it, and how it must stand."""

    agency: str
    sequence: int
    epoch: str
    children: frozenset[int]
    cut: Cut
    state: str = ""  # not registered
    withdrawn: bool = False
    arrived: set[str] = field(default_factory=set)
    receipt: bytes = b""

    @property
    def digests(self) -> set[str]:
        return {digest for _, digest, _ in self.cut.pieces}


@dataclass
class Model:
    """Bundles by the order in which they were made, epochs by name, and which child was last linked when."""

    epoch: str
    bundles: list[Bundle] = field(default_factory=list)
    cycles: int = 0
    members: dict[tuple[str, int], str] = field(default_factory=dict)
    erased: set[tuple[str, int]] = field(default_factory=set)
    erasures: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, agency: str) -> list[Bundle]:
        return [one for one in self.bundles if one.agency == agency]

    def next_sequence(self, agency: str) -> int:
        return 1 + max((one.sequence for one in self.of(agency)), default=0)

    def committed_sequence(self, agency: str) -> int:
        return max((one.sequence for one in self.of(agency) if one.receipt), default=0)

    def register(self, bundle: Bundle) -> tuple[int, str]:
        """Return the status and the problem that the unit must answer with, and make it so."""
        if bundle.state:
            return 200, ""
        if bundle.epoch != self.epoch:
            return 409, "other-epoch"
        if bundle.sequence <= self.committed_sequence(bundle.agency):
            return 409, "sequence-behind"
        if sum(one.state == "open" for one in self.of(bundle.agency)) >= MOST_OPEN:
            return 409, "too-many-open"
        bundle.state = "open"
        return 201, ""

    def put(self, bundle: Bundle, digest: str) -> tuple[int, str]:
        if not bundle.state:
            return 404, "not-found"
        if bundle.state == "open":
            bundle.arrived.add(digest)
        return 204, ""

    def commit(self, bundle: Bundle) -> tuple[int, str]:
        if not bundle.state:
            return 404, "not-found"
        if bundle.receipt or bundle.state == "committed":
            return 200, ""
        if bundle.state != "open":
            return 409, "not-open"
        if bundle.arrived != bundle.digests:
            return 409, "chunks-missing"
        bundle.state = "committed"
        bundle.receipt = b"given, not seen"
        for one in self.of(bundle.agency):
            if one.state == "open" and one.sequence < bundle.sequence:
                one.state = "refused"
        return 200, ""

    def withdraw(self, bundle: Bundle) -> bool:
        """Take a bundle out as the operator does; returns whether it is one that can be."""
        if bundle.state not in {"committed", "accepted"}:
            return False
        bundle.state = "refused" if bundle.state == "committed" else "superseded"
        bundle.withdrawn = True
        return True

    def erase(self, agency: str, children: frozenset[int], name: str) -> None:
        """Erase children for good, whether anything of them was sent or not."""
        self.erased |= {(agency, child) for child in children}
        self.erasures.setdefault((agency, name), "under way")

    def erasures_of(self, agency: str) -> list[tuple[str, str]]:
        """Return an agency's erasures by name, and how far each is."""
        return [(name, state) for (code, name), state in self.erasures.items() if code == agency]

    def work(self) -> None:
        """Let both workers do all there is: checks, then one linkage."""
        for one in self.bundles:
            if one.state == "committed":
                same = [other for other in self.of(one.agency) if other.epoch == one.epoch]
                standing = [other for other in same if other.state == "accepted"]
                newer = [other for other in standing if other.sequence > one.sequence]
                one.state = "superseded" if newer else "accepted"
                for other in [] if newer else standing:
                    other.state = "superseded"
        self.erasures = dict.fromkeys(self.erasures, "done")
        self._link()

    def _link(self) -> None:
        held: dict[tuple[str, int], set[str]] = defaultdict(set)
        again: set[str] = set()
        for one in self.bundles:
            if one.state == "accepted":
                for child in one.children:
                    if (one.agency, child) not in self.erased:
                        held[one.agency, child].add(one.epoch)
                again |= {one.agency} if one.epoch == self.epoch else set()
        for key in list(self.members):
            older = held[key] - {self.epoch}
            stays = older and not (key[0] in again and self.members[key] == self.epoch)
            if self.epoch not in held[key] and not stays:
                del self.members[key]
        for key, epochs in held.items():
            if self.epoch in epochs:
                self.members[key] = self.epoch
