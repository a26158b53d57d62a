"""Linkage quality by group, as the register worker tells it: persons and payload, and no encoding.

What it tells has passed disclosure control; exact counts stay in this process.
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection

from api.held_records import standing_persons
from api.policy_settings import DisclosureSettings
from api.store import answers, known_link_samples
from api.store.group_quality import GroupQuality
from linkage.register.capture import capture_rows
from linkage.register.child_facts import facts_of
from linkage.register.coverage import CoverageCalendar
from linkage.register.group_quality import (
    AnsweredLink,
    KnownLink,
    answers_quality,
    in_care_quality,
    known_quality,
)
from linkage.register.snapshots import AgencyRecords
from linkage.wire.answers import link_holds

__all__ = ["answered_links", "told_of_groups"]


def told_of_groups(
    connection: Connection, standing: Mapping[str, AgencyRecords], rules: DisclosureSettings
) -> GroupQuality:
    """Tell what can be told of groups from a cycle's records as they stand, and from what agencies said.

    ``rules``: by which the unit rounds and suppresses what leaves.
    """
    from api.disclosing import policy_set  # solvers, which other jobs do without
    from linkage.register.group_disclosure import told_captures, told_rows

    policy = policy_set(rules)
    facts, calendar = facts_of(standing), CoverageCalendar(standing)
    person_of = {key: person for key, person in standing_persons(connection).items() if key in facts}
    in_care = in_care_quality(facts, person_of, calendar)
    sampled = [
        KnownLink(one.left, one.right, one.found) for one in known_link_samples.sampled_links(connection)
    ]
    known = known_quality(sampled, facts, person_of)
    answered = answers_quality(list(answered_links(connection)), facts, person_of)
    captures = capture_rows(facts, person_of, calendar, recall=in_care)
    told = told_rows(in_care, policy)
    return GroupQuality(
        base=policy.base,
        threshold=policy.cross_threshold,
        rows=(*told, *told_rows(known, policy), *told_rows(answered, policy)),
        captures=tuple(told_captures(captures, told, policy)),
    )


def answered_links(connection: Connection) -> Iterator[AnsweredLink]:
    """Yield the links behind queries, once each; answers that contradict each other tell nothing."""
    links: dict[tuple[tuple[str, str], tuple[str, str]], set[bool]] = {}
    for one in answers.asked_links(connection):
        left, right = sorted(((one.agency, one.child), (one.contact, one.other)))
        said = links.setdefault((left, right), set())
        holds = None if one.answer is None else link_holds(one.answer)
        if holds is not None:
            said.add(holds)
    for (left, right), said in sorted(links.items()):
        yield AnsweredLink(left, right, next(iter(said)) if len(said) == 1 else None)
