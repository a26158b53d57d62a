"""Control experiments: what each must come to, or the audit is broken and says nothing of its profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from linkage.audited.measures import METHODS
from linkage.audited.report import AttackName, Control

__all__ = ["EXPECTED", "Expected"]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a control experiment must come to."""

    attack: AttackName
    words: str
    must_reach: float
    at_most: bool = False
    percent: bool = True

    def of(self, value: float | None) -> Control:
        """Return the experiment with what it came to; with nothing it did not run."""
        return Control(
            attack=self.attack,
            words=self.words,
            value=value,
            must_reach=self.must_reach,
            reached=value is not None
            and (value <= self.must_reach if self.at_most else value >= self.must_reach),
            percent=self.percent,
            at_most=self.at_most,
        )


EXPECTED: Final[Mapping[str, Expected]] = {
    "dictionary-own-key": Expected(
        "dictionary", "the key holder's dictionary names everybody who is encoded uniquely", 1.0
    ),
    "dictionary-wrong-key": Expected(
        "dictionary", "a dictionary under a wrong key finds no equal encoding", 0.0, at_most=True
    ),
    **{
        f"known-pairs-{method}": Expected(
            "known-pairs", f"a hundred known pairs open a plain CLK ({method})", 0.95
        )
        for method in METHODS["known-pairs"]
    },
    "known-pairs-strangers": Expected(
        "known-pairs", "known pairs tell nothing of encodings whose people are shuffled", 0.03, at_most=True
    ),
    "graph-plain": Expected("graph", "graph matching names the people behind a plain CLK", 0.9),
    "graph-strangers": Expected(
        "graph",
        "graph matching names nobody where list and encodings have nobody in common",
        0.0,
        at_most=True,
    ),
    "columns-frequency": Expected(
        "columns", "a plain CLK's bits are set unequally often", 0.06, percent=False
    ),
    "columns-popcount": Expected(
        "columns", "a plain CLK's weight tells the number of tokens", 0.9, percent=False
    ),
    "columns-together": Expected("columns", "a plain CLK's columns are set together", 0.03, percent=False),
    **{
        f"landmarks-{method}": Expected("landmarks", f"a hundred landmarks open a plain CLK ({method})", 0.95)
        for method in METHODS["landmarks"]
    },
    "landmarks-strangers": Expected(
        "landmarks", "landmarks tell nothing of encodings whose people are shuffled", 0.03, at_most=True
    ),
    "membership-key": Expected(
        "membership",
        "whoever has the key tells members from others",
        1.0,
        percent=False,
    ),
    "membership-plain": Expected(
        "membership", "a hundred known pairs tell members behind a plain CLK", 0.95, percent=False
    ),
    "membership-strangers": Expected(
        "membership",
        "nobody is taken for a member where encodings are of none of those asked for",
        0.6,
        at_most=True,
        percent=False,
    ),
    "cross-view-copied": Expected(
        "cross-view",
        "one encoding written twice, a tenth of its bits changed, is put together",
        0.99,
        percent=False,
    ),
    "cross-view-weights": Expected(
        "cross-view", "two encodings of equal numbers of bits are put together by these", 0.95, percent=False
    ),
    "cross-view-strangers": Expected(
        "cross-view",
        "encodings of different people are not put together",
        0.6,
        at_most=True,
        percent=False,
    ),
    "cross-variant-unpadded": Expected(
        "cross-variant",
        "without rows of padding the number of rows tells who has another name",
        1.0,
        percent=False,
    ),
    "payload-own": Expected("payload", "whoever has clear fields of their own is named", 1.0),
    "payload-shared": Expected(
        "payload", "of people alike in everything nobody is unique", 0.0, at_most=True
    ),
    "timing-alone": Expected("timing", "a child who is alone in each batch is named", 1.0),
    "timing-crowd": Expected(
        "timing", "of fifty children new on one day one is named at a guess", 0.021, at_most=True
    ),
    "sizes-even": Expected("timing", "lengths of batches of equal records tell their number", 1.0),
}
