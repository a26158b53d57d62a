"""A session held at a distance with the real commands, for three agencies."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from keys.identity import Identity, create_identity
from keys.messages import short_name
from keys.session import Session, read_session
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, CustodianCard, card_fingerprint, read_card
from tests.support.custody import agency_card
from tests.support.custody_world import (
    Outcome,
    Stages,
    World,
    clew_keys,
    in_the_epoch,
)

__all__ = ["CODES", "SHARE", "Apart", "all_hand_over", "apart", "in_the_epoch"]

CODES = ("E06", "E07", "E09")
SHARE = "share-2025-26.json"


@dataclass
class Apart:
    """A world whose custodians hold a session for three agencies."""

    world: World
    agencies: dict[str, Identity]
    folder: Path

    def card(self, code: str) -> AgencyCard:
        return agency_card(self.agencies[code], code)

    def card_file(self, code: str) -> Path:
        path = self.world.path / f"{code}.json"
        path.write_bytes(canonical(self.card(code)))
        return path

    def _given(self, code: str) -> tuple[str | Path, ...]:
        return "--agency", self.card_file(code)

    def open(self, *codes: str, folder: Path | None = None, more: tuple[str | Path, ...] = ()) -> Outcome:
        cards: list[str | Path] = [word for code in codes or CODES for word in self._given(code)]
        return self.world.run(
            *("session", "open", "--epoch", self.world.descriptor, *cards),
            *("--folder", folder or self.folder, "--identity", self.world.path / "asha", *more),
        )

    @property
    def session(self) -> Session:
        return read_session((self.folder / "session.json").read_bytes())

    def heard(self, **changes: str) -> list[str]:
        """Return the fingerprints that a custodian heard from the agencies of the session."""
        heard = {card.agency: card_fingerprint(self.card(card.agency)) for card in self.session.agencies}
        return [
            word for code, text in (heard | changes).items() for word in ("--fingerprint", f"{code}={text}")
        ]

    def hand_over(
        self,
        name: str,
        *,
        folder: Path | None = None,
        session: str | None = None,
        heard: list[str] | None = None,
    ) -> Outcome:
        return self.world.run(
            *(
                "session",
                "hand-over",
                "--folder",
                folder or self.folder,
                "--identity",
                self.world.path / name,
            ),
            *("--session", session or self.session.fingerprint, *(self.heard() if heard is None else heard)),
        )

    def status(self, name: str = "asha") -> Outcome:
        return clew_keys("session", "status", "--folder", self.folder, "--identity", self.world.path / name)

    def close(self, *more: str | Path) -> Outcome:
        return self.world.run(
            *("session", "close", "--folder", self.folder, "--identity", self.world.path / "asha", *more)
        )

    def handed(self, name: str) -> Path:
        card = read_card((self.world.path / name / "card.json").read_bytes(), CustodianCard)
        return self.folder / f"handed-{short_name(card)}.json"

    @property
    def wrapped(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("wrapped-*.json"))

    @property
    def one_time_key(self) -> Path:
        return self.folder / "one-time-key.json"


@pytest.fixture
def apart(stages: Stages, tmp_path: Path) -> Apart:
    world = stages.at("signed", tmp_path)
    assert world.sign(world.descriptor, "carol").code == 0
    made = Apart(world, {code: create_identity() for code in CODES}, tmp_path / "session")
    assert made.open().code == 0
    return made


def all_hand_over(apart: Apart, *names: str) -> None:
    for name in names:
        outcome = apart.hand_over(name)
        assert outcome.code == 0, outcome.err
        assert outcome.out == f"{apart.handed(name)}\n"
