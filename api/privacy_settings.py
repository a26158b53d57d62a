"""Settings of what is batched, of budgets per agency and of cover; parts of ``unit.toml``.

docs/operations/privacy.md argues every default.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

__all__ = ["PRIVACY_TEXT", "BatchSettings", "BudgetSettings", "CoverSettings", "LinkWhen"]

LinkWhen = Literal["arrival", "cycle", "day"]
"""When what was submitted is linked: as it comes, with the cycle alone, or once a day."""

Calls = Annotated[int, Meta(ge=1, le=1_000_000)]
Records = Annotated[int, Meta(ge=0, le=8_000_000)]


class BatchSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When submissions take effect, and how often an agency may send snapshots."""

    link: LinkWhen = "day"
    snapshot_days: Annotated[int, Meta(ge=1, le=92)] = 7
    snapshots: Annotated[int, Meta(ge=1, le=1000)] = 2
    period_days: Annotated[int, Meta(ge=1, le=366)] = 28


class BudgetSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much one agency may ask and cause in a cycle, and of its records in a year."""

    submissions: Calls = 100
    results: Calls = 200
    urgent: Calls = 1000
    answers: Calls = 10_000
    openings: Calls = 500
    questions: Calls = 50
    withdrawals: Records = 200
    shields: Records = 200
    erasures: Records = 500
    amendments: Records = 500
    share: Annotated[float, Meta(ge=0, le=1)] = 0.1
    warn_percent: Annotated[int, Meta(ge=1, le=99)] = 80


class CoverSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From how little cover in a council's newest snapshot on the operator is told."""

    children_at_least: Annotated[int, Meta(ge=0, le=100_000)] = 100
    episode_share: Annotated[float, Meta(ge=0, le=1)] = 0.5


PRIVACY_TEXT = """
[batches]
# When what was submitted is linked: "arrival", as it comes; "day", what came until midnight (UTC) together;
# "cycle", with the cycle alone. A cycle links all that is there. Open/closed conflicts of children who are
# linked already wait for none of it.
link = "day"
# In so many days an agency may commit snapshots so many times, whatever their periods: once, and to correct.
# Refused ones do not count; the others wait, or you raise `snapshots` with `clew register budgets raise`.
snapshot_days = 7
snapshots = 2
# Snapshots of one day count once if their periods do not overlap and each has at least so many days.
period_days = 28

[budgets]
# What one agency may ask in one cycle; beyond it the answer is 429 until the next, or until you raise it with
# `clew register budgets raise`. Submissions registered:
submissions = 100
# Results pulled, conflicts still open on one side pulled, answers given, and requests to open a pseudonym
# looked at or answered.
results = 200
urgent = 1000
answers = 10000
openings = 500
# Quality questions that the console's people want asked about records of one agency.
questions = 50
# Records of one agency that requests name in a year (UTC): withdrawn, shielded. At least so many, ...
withdrawals = 200
shields = 200
# ... and, told to you and never refused: records erased, and amendments counted from cycle to cycle.
erasures = 500
amendments = 500
# ... or this share of the agency's children in the register, dummies left out, if that is more.
share = 0.1
# From how many per cent of a budget on you are told.
warn_percent = 80

[cover]
# A council's newest snapshot has too little cover with fewer children than this, dummies among them, ...
children_at_least = 100
# ... or with more episodes than this share of its children. You are told; nothing is refused.
episode_share = 0.5
"""
