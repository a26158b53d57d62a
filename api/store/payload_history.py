"""The history of one episode: what an agency said of it, from when to when, as far as its snapshots are kept.

Corrections, late ends and withdrawals come as whole snapshots.  A snapshot that a newer one has replaced
stays in the store until the retention schedule takes it (``superseded_days``), and so do the versions of its
records; an erasure takes a record out of every snapshot, and with it this history.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row

from linkage.wire.records import Episode

__all__ = ["EpisodeVersion", "next_of_period", "versions_of"]


@dataclass(frozen=True, slots=True)
class EpisodeVersion:
    """One version of an episode; it stood from ``since`` (stored) until ``until``, or stands still.

    ``withdrawn``: no newer version took its place, the agency's next snapshot no longer held the episode, or
    the operator withdrew the snapshot (then ``until`` is None, and it stands no more all the same).
    """

    episode: Episode
    since: str
    until: str | None
    withdrawn: bool


def versions_of(found: Iterable[EpisodeVersion]) -> list[EpisodeVersion]:
    """Join what was sent again without a change: snapshots in the order in which they were made.

    An episode that was withdrawn and sent again as it was begins a new entry.
    """
    joined: list[EpisodeVersion] = []
    for one in found:
        last = joined[-1] if joined else None
        if last is not None and last.episode == one.episode and not last.withdrawn:
            joined[-1] = replace(one, since=last.since)
            continue
        if last is not None and not last.withdrawn:
            joined[-1] = replace(last, until=one.since)
        joined.append(one)
    return joined


def next_of_period(snapshots: Sequence[Row[Any]]) -> str | None:
    """Return when the next snapshot of the first one's period was stored, or None if there is none."""
    first, *later = snapshots
    period = first.period_start, first.period_end
    return next((one.stored_at for one in later if (one.period_start, one.period_end) == period), None)
