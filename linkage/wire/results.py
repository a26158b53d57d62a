"""What the linkage unit tells an agency: classes of its episodes, episodes that it lacks, and questions."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from linkage.wire.answers import QueryText
from linkage.wire.codes import AgencyCode, HandleText, Month

__all__ = [
    "Difference",
    "Finding",
    "MissingEpisode",
    "OverdueInterview",
    "QualityQuestion",
    "QuestionKind",
    "ReconciliationClass",
    "Results",
]

ReconciliationClass = Literal[
    "MATCHED",
    "MATCHED_START_CONFLICT",
    "MATCHED_END_CONFLICT",
    "OPEN_CLOSED_CONFLICT",
    "COUNCIL_ONLY_M",
    "COUNCIL_ONLY_A",
    "POLICE_ONLY_CLA",
    "POLICE_ONLY_NOT_CLA",
    "POLICE_ONLY_UNLINKED",
    "DUPLICATE_WITHIN_AGENCY",
    "NOT_COMPARABLE",
    "TYPE_CONFLICT",
    "SPLIT_MERGE",
    "OUT_OF_AREA_UNSEEN",
]

Difference = Literal["start", "end", "type", "open"]
"""In what two sides' episodes differ; never how, nor by how much."""

QuestionKind = Literal["date-of-birth", "same-child"]


class Finding(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The class of one of the agency's own episodes, and in what the other side's differs."""

    episode: HandleText
    reconciliation_class: ReconciliationClass
    differs: tuple[Difference, ...] = ()


class MissingEpisode(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An episode of the agency's own child that only another agency holds: no more than this."""

    child: HandleText
    reconciliation_class: ReconciliationClass
    month: Month
    contact: AgencyCode
    query: QueryText


class OverdueInterview(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A return without a completed interview 72 hours later: of an own episode, or of one that is lacked.

    Exactly one of both is given; ``query`` is that of a :class:`MissingEpisode`.
    """

    episode: HandleText | None = None
    query: QueryText | None = None

    def __post_init__(self) -> None:
        if (self.episode is None) == (self.query is None):
            raise ValueError("an overdue interview is of an episode or of a query")


class QualityQuestion(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A question about the agency's own records, asked of good reason or of none: which, is not said."""

    kind: QuestionKind
    children: Annotated[tuple[HandleText, ...], Meta(min_length=1, max_length=2)]
    query: QueryText


class Results(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One agency's results of one cycle.

    Version 1 had neither differences nor overdue interviews nor questions; what agencies keep is still read.
    """

    VERSION: ClassVar[int] = 2
    READS: ClassVar[tuple[int, ...]] = (1, 2)
    format: Literal["clew-results"] = "clew-results"
    version: int = 2
    agency: AgencyCode
    cycle: Annotated[int, Meta(ge=0)]
    findings: tuple[Finding, ...] = ()
    missing: tuple[MissingEpisode, ...] = ()
    overdue: tuple[OverdueInterview, ...] = ()
    questions: tuple[QualityQuestion, ...] = ()

    def __post_init__(self) -> None:
        later = self.overdue or self.questions or any(one.differs for one in self.findings)
        if self.version == 1 and later:
            raise ValueError("results of version 1 hold what came later")
