"""The demonstration tells what linkage made wrong from what reconciliation would have."""

from cli.demo.scoring import LinkageEffect, linkage_effect

ENTITIES = {("E01", "a"): "1", ("P01", "b"): "1", ("E01", "c"): "2", ("P01", "d"): "3"}
EPISODES = {("E01", "ea"): ("E01", "a"), ("P01", "eb"): ("P01", "b"), ("E01", "ec"): ("E01", "c")}
TRUTH = {("E01", "ea"): "MATCHED", ("P01", "eb"): "MATCHED", ("E01", "ec"): "COUNCIL_ONLY_M"}


def _effect(persons: dict, told: dict) -> LinkageEffect:
    return linkage_effect(persons, ENTITIES, EPISODES, told, TRUTH)


def test_of_children_linked_rightly_a_difference_is_reconciliations() -> None:
    persons = {("E01", "a"): "p", ("P01", "b"): "p", ("E01", "c"): "q", ("P01", "d"): "r"}
    assert _effect(persons, TRUTH) == LinkageEffect(3, 0, 0, 0)
    assert _effect(persons, TRUTH | {("E01", "ec"): "MATCHED"}) == LinkageEffect(3, 1, 0, 0)


def test_a_missed_or_a_false_link_makes_a_child_wrongly_linked() -> None:
    missed = {("E01", "a"): "p", ("P01", "b"): "o", ("E01", "c"): "q", ("P01", "d"): "r"}
    told = TRUTH | {("E01", "ea"): "COUNCIL_ONLY_M", ("P01", "eb"): "POLICE_ONLY_UNLINKED"}
    assert _effect(missed, told) == LinkageEffect(1, 0, 2, 2)
    false = {("E01", "a"): "p", ("P01", "b"): "p", ("E01", "c"): "q", ("P01", "d"): "q"}
    assert _effect(false, TRUTH) == LinkageEffect(2, 0, 1, 0)


def test_an_episode_that_nobody_was_told_of_counts_as_told_otherwise() -> None:
    persons = {("E01", "a"): "p", ("P01", "b"): "p", ("E01", "c"): "q", ("P01", "d"): "r"}
    told = {key: name for key, name in TRUTH.items() if key != ("E01", "ec")}
    assert _effect(persons, told) == LinkageEffect(3, 1, 0, 0)
