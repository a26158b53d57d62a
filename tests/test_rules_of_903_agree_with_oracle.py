"""Every rule flags exactly the rows of a made-up return that a slow second reading of its files flags."""

import csv
import datetime as dt
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from cli.sources.rules import RULES
from tests.oracles import rules_oracle
from tests.support.extracts import TODAY, YEAR, balanced, read

FIRST, LAST = dt.date(2025, 4, 1), dt.date(2026, 3, 31)
HEADER = ("CHILD", "SEX", "DOB", "ETHNIC", "UPN")
EPISODES = ("CHILD", "DECOM", "LS", "PLACE", "PLACE_PROVIDER", "DEC")
MISSING = ("CHILD", "DOB", "MISSING", "MIS_START", "MIS_END")
WRONG = ("31/02/2025", "soon", "2025", "00/00/0000", "01/06/2062", "")


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])


class _Return:
    """A made-up return in which about a third of everything is wrong."""

    def __init__(self, seed: int, children: int) -> None:
        self.chance = random.Random(seed)
        self.children = [str(1000 + number) for number in range(children)]

    def day(self, first: dt.date, days: int) -> dt.date:
        return first + dt.timedelta(days=self.chance.randrange(days))

    def one(self, share: float) -> bool:
        return self.chance.random() < share

    def written(self, day: dt.date | None) -> str:
        if day is None:
            return ""
        return self.chance.choice(WRONG) if self.one(0.04) else day.strftime("%d/%m/%Y")

    def header(self) -> list[tuple[str, ...]]:
        births = [dt.date(2031, 5, 5) if self.one(0.05) else self.day(dt.date(2008, 2, 2), 3000)
                  for _ in self.children]  # fmt: skip
        return [
            (child, "1", born.strftime("%d/%m/%Y"), "WBRI", "UN1")
            for child, born in zip(self.children, births, strict=True)
        ]

    def episodes(self) -> list[tuple[str, ...]]:
        rows = []
        for child in self.children:
            start = self.day(dt.date(2024, 1, 1), 500)
            for _ in range(self.chance.randrange(4)):
                end = start + dt.timedelta(days=self.chance.randrange(1, 250))
                open_now = self.one(0.4)
                rows.append((child, start.strftime("%d/%m/%Y"), "C2", "U1", "PR1",
                             "" if open_now else end.strftime("%d/%m/%Y")))  # fmt: skip
                if open_now:
                    break
                start = end + dt.timedelta(days=self.chance.choice((0, 0, 60)))
        return rows

    def missing(self, first: dt.date) -> list[tuple[str, ...]]:
        rows = []
        for child in self.children:
            for _ in range(self.chance.randrange(5)):
                start = self.day(first - dt.timedelta(days=120), 600)
                if self.one(0.03):
                    start = dt.date(2005, 5, 5)
                end = None if self.one(0.25) else start + dt.timedelta(days=self.chance.randrange(-2, 40))
                kind = "" if self.one(0.06) else self.chance.choice("MA")
                rows.append((child, "", kind, self.written(start), self.written(end)))
        return rows


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_rule_agrees_with_the_oracle(tmp_path: Path, seed: int, soak: bool) -> None:
    made = _Return(seed, 2000 if soak else 250)
    _write(tmp_path / "header.csv", HEADER, made.header())
    _write(
        tmp_path / "names.csv", ("CHILD", "FORENAME", "SURNAME"), [(c, "Ada", "Lee") for c in made.children]
    )
    _write(tmp_path / "episodes.csv", EPISODES, made.episodes())
    rows = made.missing(FIRST)
    _write(tmp_path / "missing.csv", MISSING, rows)
    before = [row for row in made.missing(dt.date(2024, 4, 1)) if row[3]]
    _write(tmp_path / "before.csv", MISSING, [*before, *rows[:20]])
    extract = read(tmp_path, "ssda903", during=YEAR, last_year=tmp_path / "before.csv")
    assert balanced(extract)
    mine = extract.log.rule_rows()
    theirs = rules_oracle.flagged(tmp_path, FIRST, LAST, TODAY, tmp_path / "before.csv")
    assert set(theirs) == set(RULES)
    for rule, flagged in theirs.items():
        assert {row for _, row in mine.get(rule, ())} == flagged, rule
        assert flagged, f"no row breaks rule {rule}: the set does not test it"
