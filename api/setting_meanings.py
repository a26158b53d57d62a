"""Settings in words, as people read them who answer for them."""

from collections.abc import Mapping

__all__ = ["RETENTION_MEANINGS"]

RETENTION_MEANINGS: Mapping[str, str] = {
    "enabled": "The schedule runs every day",
    "years_after_last_record": "Years after the last day that an agency’s record of a child speaks of",
    "until_age": "Not before the child is surely this old",
    "years_if_missing": "Years that a child who is still missing is kept beyond that",
    "years_without_episode": "Years that a child without any episode is kept",
    "superseded_days": "Days that a replaced snapshot is kept",
    "refused_days": "Days that the registration of a refused submission is kept",
    "open_days": "Days that a submission may stay unfinished",
    "results_cycles": "Cycles whose results are kept",
    "jobs_days": "Days that finished jobs are listed",
}
"""By name; a new one goes by its name until it stands here (docs/operations/erasure.md)."""
