"""Settings of what links cost, of which moments agree, of how long what is kept; parts of ``unit.toml``."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

__all__ = [
    "POLICY_TEXT",
    "DisclosureSettings",
    "LinkageSettings",
    "ReconciliationSettings",
    "RetentionSettings",
]

Cost = Annotated[float, Meta(gt=0, le=1_000_000)]
Years = Annotated[int, Meta(ge=0, le=30)]
Days = Annotated[int, Meta(ge=1, le=3650)]


class LinkageSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who links, what errors and reviews cost, from how many people records are drawn, what is kept.

    ``population`` 0: not known.  ``candidates``: whether everything is compared; ``completeness``: what
    hashing promises to find.
    """

    engine: Literal["local", "spark"] = "local"
    false_link: Cost = 2.0
    missed_link: Cost = 1.0
    review: Annotated[float, Meta(ge=0, le=1_000_000)] = 0.1
    population: Annotated[int, Meta(ge=0, le=100_000_000_000)] = 0
    candidates: Literal["exhaustive", "hashed"] = "exhaustive"
    completeness: Annotated[float, Meta(ge=0.5, le=0.9999)] = 0.99
    keep_comparisons: bool = True

    def __post_init__(self) -> None:
        """Refuse hashing on a cluster, which compares everything."""
        if self.engine == "spark" and self.candidates == "hashed":
            raise ValueError(
                'linkage.candidates is "hashed", which a cluster cannot do: set engine = "local"'
            )


class ReconciliationSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How far two agencies' moments may differ and still agree, and how much stays opened between jobs."""

    days: Annotated[int, Meta(ge=0, le=14)] = 1
    hours: Annotated[int, Meta(ge=0, le=48)] = 6
    opened_records: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 500_000


class RetentionSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long what is kept; docs/operations/erasure.md argues every default."""

    enabled: bool = True
    years_after_last_record: Annotated[int, Meta(ge=1, le=30)] = 6
    until_age: Annotated[int, Meta(ge=0, le=25)] = 18
    years_if_missing: Years = 1
    years_without_episode: Annotated[int, Meta(ge=1, le=30)] = 2
    superseded_days: Days = 90
    refused_days: Days = 90
    open_days: Days = 30
    results_cycles: Annotated[int, Meta(ge=1, le=100)] = 2
    jobs_days: Annotated[int, Meta(ge=30, le=3650)] = 400
    times_days: Days = 90


class DisclosureSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How counts are rounded and suppressed before they leave; docs/disclosure.md argues every default.

    The ranges are those of ``linkage.register.disclosure.DisclosurePolicy``, which cannot be named here: this
    module is loaded by processes that must not load the register's.
    """

    base: Annotated[int, Meta(ge=10, le=100)] = 10
    threshold: Annotated[int, Meta(ge=5, le=100)] = 5
    cross_threshold: Annotated[int, Meta(ge=5, le=100)] = 10
    protection: Annotated[int, Meta(ge=4, le=99)] = 4
    dominance_percent: Annotated[int, Meta(ge=50, le=90)] = 80
    contributors: Annotated[int, Meta(ge=2, le=100)] = 3
    dominance_protection: Annotated[int, Meta(ge=10, le=100)] = 20
    revision: Annotated[int, Meta(ge=5, le=100)] = 5

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        if self.cross_threshold < self.threshold:
            raise ValueError("disclosure.cross_threshold is below disclosure.threshold")
        if self.protection >= self.threshold:
            raise ValueError("disclosure.protection is not below disclosure.threshold")
        if self.base % 2 or self.revision > self.base // 2:
            raise ValueError("disclosure.base is odd, or disclosure.revision is more than half of it")


POLICY_TEXT = """
[linkage]
# Who compares: "local" for the linking worker's own machine, "spark" for a cluster; see [spark] below.
engine = "local"
# What a false link, a missed link and one clerical review cost; only their ratios count. They choose which
# pairs are possible links; see docs/decisions/0016.
false_link = 2.0
missed_link = 1.0
review = 0.1
# How many people the records are drawn from, where that is known and the records are few; 0: not known.
population = 0
# "exhaustive" compares every record with every other. "hashed" is for very many records under a profile
# without diffusion, which alone it is allowed for: it compares what hashing brings together, finds the share
# of likely pairs that is promised here, and checks that in every linkage; see docs/decisions/0043. Nothing of
# it is kept.
candidates = "exhaustive"
completeness = 0.99
# Whether the linking worker keeps what it compared, sealed to itself, so that the next linkage compares only
# what is new with everything. With false every linkage compares everything; persons are the same.
keep_comparisons = true

[reconciliation]
# By how many days two starts or ends may differ and still agree, where either is a date without a time.
days = 1
# By how many hours, where both have a time of day. Both hold from the next cycle on, for all agencies alike.
hours = 6
# Records of the payload that the register worker keeps opened in its memory between jobs, about 1 kB each, so
# that a cycle opens what is new; 0: none, and everything is opened again for every job.
opened_records = 500000

[retention]
# The schedule that runs by itself once a day while the register worker runs; docs/operations/erasure.md
# argues every value. With false nothing goes but what is erased by command.
enabled = true
# A child's records from one agency go so many years after the last day that any of them speaks of, ...
years_after_last_record = 6
# ... but not before the child is certainly of this age, by the age bands of its episodes; 0: at any age.
until_age = 18
# Where an episode has no end, so many years later than that.
years_if_missing = 1
# A child without any episode goes so many years after the last period that it was submitted in.
years_without_episode = 2
# Days after which the payload of a snapshot goes that a newer one has replaced.
superseded_days = 90
# Days after which the registration of a refused submission goes; its content went when it was refused.
refused_days = 90
# Days after which a submission that was begun and never committed is given up.
open_days = 30
# Cycles whose results are kept, the latest one among them. Figures stay.
results_cycles = 2
# Days after which jobs that ended are forgotten.
jobs_days = 400
# Days after which submissions, cycles, jobs, verdicts and views keep their day and no time of it.
times_days = 90

[disclosure]
# How counts are rounded and suppressed before they leave (docs/disclosure.md); a release says by which rules
# it was made. Counts are rounded to multiples of this even number.
base = 10
# Counts from 1 to this are suppressed, ...
threshold = 5
# ... and to this where a cell is divided in two or more ways beside time.
cross_threshold = 10
# How far apart the highest and the lowest value must stay that a suppressed cell can have, by all that was
# published; below threshold.
protection = 4
# A count of which one child makes so many per cent is suppressed, and so is one that fewer children make.
dominance_percent = 80
contributors = 3
# How many per cent of itself such a count must stay open to both sides.
dominance_protection = 20
# By how much a count must change before what was published of it does; at most half of base.
revision = 5
"""
