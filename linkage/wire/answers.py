"""What an agency answers to a query number of its own results: a code of a closed list, and nothing else.

Free text would carry names.  What an answer says of the link behind the query is evidence for the quality of
linkage (:func:`link_holds`); it changes no decision by itself.
"""

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta, Struct

__all__ = ["ANSWER_WORDS", "MAX_ANSWER_BYTES", "AnswerCode", "QueryAnswer", "QueryText", "link_holds"]

QueryText = Annotated[str, Meta(pattern=r"^Q-[0-9A-F]{10}\Z")]

AnswerCode = Literal[
    "recorded-now",
    "recorded-elsewhere",
    "error-corrected",
    "not-ours",
    "no-absence",
    "same-child",
    "not-same-child",
    "cannot-tell",
    "record-right",
]

ANSWER_WORDS: Final[dict[AnswerCode, str]] = {
    "recorded-now": "the absence was not recorded here; it is now, and comes with the next snapshot",
    "recorded-elsewhere": "the absence is recorded here, under another record, date or type",
    "error-corrected": "an error in our own record was the reason; it is corrected",
    "not-ours": "the child is known here, but was not ours to record on that day",
    "no-absence": "we asked the other side: there was no such absence",
    "same-child": "we asked the other side: it is the same child; nothing else is known yet",
    "not-same-child": "we asked the other side: it is another child",
    "cannot-tell": "we asked, and it cannot be found out",
    "record-right": "we looked at our own record: it is right as it is",
}
"""Every code in words; the agency's commands and the documents show these."""

_LINK: Final[dict[AnswerCode, bool]] = {
    "recorded-now": True,
    "recorded-elsewhere": True,
    "error-corrected": True,
    "same-child": True,
    "not-same-child": False,
}

MAX_ANSWER_BYTES: Final = 1024


class QueryAnswer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of ``PUT /v1/answers/{query}``, and what the unit answers: what it keeps."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-answer"] = "clew-answer"
    version: int = 1
    query: QueryText
    answer: AnswerCode


def link_holds(answer: AnswerCode) -> bool | None:
    """Say what an answer means for the link between the two child records, or None if it says nothing."""
    return _LINK.get(answer)
