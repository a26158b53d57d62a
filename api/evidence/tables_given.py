"""Tables and words about privacy audits that were handed in: the result first, then attack by attack."""

from collections.abc import Iterator

from api.evidence.gathering import Seen
from api.evidence.handed_in import handed_in_files, told_evaluations
from api.evidence.values import DataTable, Fact, Heads, Source, Value, table_of
from linkage.audited.report import AuditReport
from linkage.audited.setting import attacked, reduced_words
from linkage.audited.words import (
    NOT_TOLD,
    SIDES,
    control_rows,
    counted,
    interval_words,
    light_words,
    limits_words,
    number,
    reach_words,
    taken_up_words,
    titled,
)
from linkage.measured import LIGHTS

__all__ = ["given_fact", "given_tables"]

_NONE = "No audit was handed in."
_RESULTS: tuple[Heads, ...] = (
    ("file", "File", "code"),
    ("profile", "Profile"),
    ("in_force", "Of the profile in force"),
    ("people", "People attacked", "count"),
    ("graph", "By graph matching", "count"),
    ("dense", "Of one day", "count"),
    ("seeds", "Seeds", "count"),
    ("red", "Red", "count"),
    ("amber", "Amber", "count"),
    ("green", "Green", "count"),
    ("untold", "Cannot be told", "count"),
    ("controls", "Control experiments"),
    ("result", "What it says"),
)
_GIVEN: tuple[Heads, ...] = (
    ("profile", "Profile"),
    ("attack", "Attack"),
    ("what", "What it reached"),
    ("side", "What the attacker sees"),
    ("value", "Value"),
    ("interval", "Interval, 95 %"),
    ("seeds", "Seeds", "count"),
    ("light", "Light"),
    ("limits", "Limits"),
    ("settled", "Is the light settled"),
    ("method", "Method"),
)


def given_fact(seen: Seen) -> Fact:
    """Return what audits that were handed in say of the profile in force, in sentences."""
    said = [_result_words(one, current=_current(seen, one)) for _, one in seen.handed_in.audits]
    source = Source("handed in", "--audit")
    return Fact("audit_given_words", "what audits that were handed in come to", " ".join(said), source)


def _result_words(one: AuditReport, *, current: bool) -> str:
    of = f"The audit of {one.profile}" + ("" if current else ", which is not the profile in force,")
    if one.broken:
        return f"{of} is broken: a control experiment failed, and it says nothing."
    found = counted(one)
    lights = ", ".join(f"{light} {found[light]}" for light in reversed(LIGHTS))
    untold = f", {found[NOT_TOLD]} cannot be told" if found[NOT_TOLD] else ""
    reduced = " It is reduced: smaller than its limits were made for." if _reduced(one) else ""
    left_out = f" It left {len(one.left_out)} things out." if one.left_out else ""
    return f"{of} comes to {lights}{untold}.{reduced}{left_out}"


def _current(seen: Seen, one: AuditReport) -> bool:
    return seen.profile is not None and seen.profile.digest == one.digest


def _reduced(one: AuditReport) -> str:
    return reduced_words(one.sizes, one.own_people)


def given_tables(seen: Seen) -> Iterator[DataTable]:
    """Yield the tables."""
    given = seen.handed_in.audits
    names = ", ".join(file.name for file, _ in given)
    yield table_of(
        "audit-results",
        "What each audit that was handed in comes to",
        _RESULTS,
        [(file.name, *_result(one, current=_current(seen, one))) for file, one in given],
        Source("handed in", f"--audit: {names}" if given else "--audit"),
        note="Red is known to fall. A broken audit says nothing, and has no lights.",
        empty=_NONE,
    )
    yield table_of(
        "audit-left-out",
        "What these audits say of themselves: how large they were, and what they left out",
        [("file", "File", "code"), ("said", "What it says")],
        [(file.name, f"{said[0].upper()}{said[1:]}.") for file, one in given for said in _remarks(one)],
        Source("handed in", "--audit"),
        empty="No audit was handed in, or all were whole.",
    )
    yield table_of(
        "audit-given",
        "Attack by attack",
        _GIVEN,
        [row for _, audit in given for row in _findings(audit)],
        Source("handed in", "--audit"),
        note="With clear fields there is no light: no encoding can mend what stands in clear.",
        empty=_NONE,
    )
    yield table_of(
        "audit-controls",
        "Control experiments: attacks that must succeed, or must not, or the audit says nothing",
        [
            ("profile", "Audit of profile"),
            ("attack", "Attack"),
            ("what", "Experiment"),
            ("value", "Value"),
            ("must", "Must reach"),
            ("outcome", "Outcome"),
        ],
        [
            (audit.profile, titled(one.attack), words, _held(came), _held(wanted), outcome.lower())
            for _, audit in given
            for one, (words, wanted, came, outcome) in zip(audit.controls, control_rows(audit), strict=True)
        ],
        Source("handed in", "--audit"),
        empty=_NONE,
    )
    yield table_of(
        "audit-attacks",
        "The attacks, in words",
        [
            ("attack", "Attack"),
            ("does", "What it does"),
            ("knows", "What the attacker knows"),
            ("papers", "Whose attack it is"),
        ],
        [
            (one.title, one.does, one.knows, "; ".join(one.papers))
            for one in {one.attack: one for _, audit in given for one in audit.attacks}.values()
        ],
        Source("handed in", "--audit"),
        empty=_NONE,
    )
    yield table_of(
        "handed-in",
        "Figures that were measured elsewhere and handed in",
        [
            ("file", "File", "code"),
            ("kind", "What it is"),
            ("profile", "Profile"),
            ("setting", "Of whom"),
            ("seeds", "Seeds"),
            ("in_force", "Of the profile in force"),
            ("sound", "Sound"),
            ("sha256", "SHA-256", "code"),
        ],
        list(_files(seen)),
        Source("handed in", "--audit and --evaluation"),
        note="Sound: its control experiments came out. Whether it was run at all, running it again tells.",
        empty="None was handed in.",
    )


def _result(one: AuditReport, *, current: bool) -> tuple[Value, ...]:
    found, sizes = counted(one), one.sizes
    lights = [None if one.broken else found[light] for light in ("red", "amber", "green", NOT_TOLD)]
    held = sum(control.reached for control in one.controls)
    size = "reduced: smaller than its limits were made for" if _reduced(one) else "of full size"
    return (
        one.profile,
        "yes" if current else "no",
        attacked(sizes, one.own_people),
        sizes.graph,
        sizes.dense,
        len(one.seeds),
        *lights,
        f"{held} of {len(one.controls)} as they must",
        "nothing: it is broken" if one.broken else size,
    )


def _remarks(one: AuditReport) -> Iterator[str]:
    yield from filter(None, (_reduced(one), taken_up_words(one)))
    yield from (f"not run: {said}" for said in one.left_out)


def _findings(audit: AuditReport) -> Iterator[tuple[Value, ...]]:
    for one in audit.findings:
        if one.strongest:
            lit = audit.broken or one.light
            reach = "" if audit.broken else reach_words(one)
            yield (
                audit.profile,
                titled(one.attack),
                one.words,
                SIDES[one.side],
                _held(number(one.value, percent=one.percent)),
                _held(interval_words(one)),
                one.seeds,
                light_words(audit, one) if lit else None,
                _held(limits_words(one)) if one.light else None,
                (f"no: {reach}" if reach else "yes") if lit and not audit.broken else None,
                one.method,
            )


def _held(text: str) -> str:
    """Keep numbers and their signs on one line."""
    return text.replace(" %", "\u00a0%")


def _files(seen: Seen) -> Iterator[tuple[Value, ...]]:
    digests = {file.name: digest for file, _, digest in handed_in_files(seen.handed_in, seen.counts)}
    for file, one in seen.handed_in.audits:
        sound = "no: a control experiment failed" if one.broken else "yes"
        said = (one.profile, one.setting, ", ".join(f"{seed}" for seed in one.seeds))
        current = "yes" if _current(seen, one) else "no"
        yield file.name, "privacy audit", *said, current, sound, digests[file.name]
    for file, two in told_evaluations(seen.handed_in, seen.counts):
        current = "yes" if seen.profile is not None and two.profile_digest == seen.profile.digest else "no"
        whose = f"labelled records, {two.name}"
        yield file.name, "evaluation", two.profile, whose, None, current, None, digests[file.name]
