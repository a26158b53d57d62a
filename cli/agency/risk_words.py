"""What ``clew agency risk`` says: each figure, what it means for a child, and what can be done."""

from collections.abc import Iterator
from textwrap import wrap

from cli.agency.field_words import EXACT_WORDS
from cli.agency.risk import Judged, Risk, ViewRisk
from cli.agency.risk_payload import FEW, Crowd
from cli.agency.risk_source import Dictionary
from linkage.counted import counted
from linkage.leakage import FEWEST_ROWS
from linkage.measured import METRICS, Metric

__all__ = ["risk_words"]

_WIDTH = 100

_MEANING = {
    "bit-frequency-sd": (
        "Where some bits are set far more often than others, common names show without any key.  It is a "
        "property of the encoding profile: if it is red, tell your custodians before you submit."
    ),
    "popcount-correlation": (
        "Where it is high, the number of bits set tells how long a child's names are, and a child with "
        "unusually long or short names stands out.  It too is a property of the profile."
    ),
    "unique-encodings": (
        "Two children encoded alike are most likely one child whom you recorded twice: look for duplicates "
        "in your case system.  Whoever reads the encodings then knows that the two are one."
    ),
}
_FACTS = {
    "child": ("by sex, ethnic group, council and markers", "what the record of the child alone says"),
    "appeal": (
        "by sex, age band, council and the day of an absence",
        "what a public appeal or a newspaper says; children with an absence only",
    ),
    "everything": ("by all clear fields together", "what the register worker's store holds"),
}


def risk_words(risk: Risk) -> Iterator[str]:
    """Say everything that was measured; the officer's own list is another file."""
    dummies = f" ({risk.dummies:,} of them dummies)" if risk.dummies else ""
    yield f"What this bundle of {risk.agency} gives away, {risk.period.replace('..', ' to ')}"
    yield f"  submission  {risk.submission}"
    yield f"  profile     {risk.profile}, epoch {risk.epoch}"
    yield (
        f"  {counted(risk.children, 'child', 'children')}{dummies} in "
        f"{counted(risk.rows, 'row')} of encodings, {counted(risk.episodes, 'episode')}, "
        f"{risk.sealed_bytes:,} bytes sealed"
    )
    yield from _encodings_words(risk)
    yield from _signs_words(risk)
    yield from _payload_words(risk)
    yield from _key_words(risk)
    yield from _title("What this cannot tell")
    yield from _said(
        "Attackers who know some of your children, or have a list of names, are tried on made-up children by "
        "clew privacy-audit; clew profile show says how this profile stood.  Encodings are personal data: "
        "nothing here makes them anonymous."
    )


def _title(text: str) -> Iterator[str]:
    yield ""
    yield text


def _said(text: str, indent: int = 2) -> list[str]:
    space = " " * indent
    return wrap(text, _WIDTH, initial_indent=space, subsequent_indent=space, break_on_hyphens=False)


def _encodings_words(risk: Risk) -> Iterator[str]:
    yield from _title("The encodings, to somebody who holds them without key or list")
    if not risk.enough:
        yield from _said(
            f"Fewer than {FEWEST_ROWS} children: chance speaks louder than the profile here, so no figure of "
            "bits is given and no light is shown.  A small bundle is not worse encoded than a large one; but "
            "few children are little cover for each other.  Send all children looked after in the period."
        )
    else:
        for one in risk.judged:
            yield from _judged_words(one)
    header = f"  {'view':<10}{'children':>9}{'spread':>8}{'columns':>9}{'entropy':>9}{'tokens':>8}"
    yield header + f"{'alone':>8}{'typical':>9}{'largest':>9}"
    yield from map(_view_line, risk.views)
    yield from _said(
        "spread, columns, tokens: how unevenly bits are set, how far columns go together, and how far bits "
        "set go with the number of tokens, all beyond chance; entropy: bits of surprise in a column, at most "
        "1.  "
        "alone, typical, largest: children who share a salt with nobody of yours, the company of the median "
        "child, and the largest.  Whoever knows one child learns something of those who share its salt."
    )


def _judged_words(one: Judged) -> Iterator[str]:
    metric = next(known for known in METRICS if known.name == one.metric)
    light = one.light or "not told"
    value = "add --source to measure it" if one.value is None else f"{_number(metric, one.value)}"
    yield f"  {light:<9} {metric.words}: {value}; {_bounds(metric)}"
    yield from _said(_MEANING[one.metric], indent=12)


def _number(metric: Metric, value: float) -> str:
    return f"{100.0 * value:.2f} %" if metric.percent else f"{value:.3f}"


def _bounds(metric: Metric) -> str:
    green, red = _number(metric, metric.green), _number(metric, metric.red)
    return f"green from {green}, red below {red}" if metric.more_is_better else f"green to {green}, red {red}"


def _view_line(one: ViewRisk) -> str:
    measured = "".join(
        f"{_three(value):>{width}}"
        for value, width in (
            (one.frequency_sd, 8),
            (one.correlation, 9),
            (one.entropy, 9),
            (one.token_correlation, 8),
        )
    )
    if one.sharing is None:
        return f"  {one.name:<10}{one.children:>9,}{measured}{'–':>8}{'–':>9}{'–':>9}"
    crowd = one.sharing
    return (
        f"  {one.name:<10}{one.children:>9,}{measured}{crowd.alone:>8,}{crowd.typical:>9,.0f}"
        f"{crowd.largest:>9,}"
    )


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _signs_words(risk: Risk) -> Iterator[str]:
    signs = risk.signs
    yield from _title("What shows of a child without reading a bit")
    yield from _sign(
        signs.several_rows,
        "with more than one row: other names or postcodes.  It shows that there are some, unless the profile "
        "fills rows up",
    )
    yield from _sign(
        signs.uncertain,
        "with an uncertain date of birth, which is usual of unaccompanied children and so hints at one.  "
        "Where the day is truly known, say so in your case system",
    )
    for name, count in signs.without_view.items():
        yield from _sign(
            count, f"without the view {name}: a value is missing, as a postcode.  If you have it, record it"
        )
    yield from _sign(
        signs.rare,
        "look from outside as fewer than ten of your children do.  Cover children (clew agency dummies) make "
        "the crowd larger; --list writes down who they are",
    )
    if risk.exact:
        named = " and ".join(EXACT_WORDS[kind] for kind in risk.exact)
        yield from _said(
            f"WARNING: rows carry exact tokens of the {named}.  Whoever gets the key turns every token back "
            "into its number in minutes.  Ask your custodians whether this profile is meant."
        )


def _sign(count: int, text: str) -> list[str]:
    """Say how many children a sign shows of, none of them by more than the number."""
    first = f"  {count:>6,}  "
    return wrap(text, _WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def _payload_words(risk: Risk) -> Iterator[str]:
    yield from _title("The clear payload, to somebody who holds it and knows a little of a child")
    for crowd in risk.crowds:
        yield from _crowd_words(crowd)
    yield from _said(
        "The payload has no name, and lies apart from the encodings, sealed to another key.  But whoever "
        "reads it and knows such facts of a child finds the child's other absences.  Ask whether each clear "
        "field is needed for what you report, and whether times of day are: a day hides more than a minute.  "
        "Dummies do not help here, for they have no absences."
    )


def _crowd_words(crowd: Crowd) -> Iterator[str]:
    how, known = _FACTS[crowd.facts]
    if not crowd.children:
        yield from _said(f"{how}: no child to count ({known})")
        return
    share = f"{crowd.alone:,} of {counted(crowd.children, 'child', 'children')} ({_percent(crowd)})"
    yield f"  {how}: {share} {'is' if crowd.alone == 1 else 'are'} the only one"
    yield from _said(
        f"{crowd.among_few:,} are among fewer than {FEW}; the smallest group has {crowd.smallest:,}, the "
        f"median child's {crowd.typical:,.0f} ({known})",
        indent=6,
    )


def _percent(crowd: Crowd) -> str:
    return f"{crowd.alone / crowd.children:.0%}"


def _key_words(risk: Risk) -> Iterator[str]:
    yield from _title("The key")
    found = risk.dictionary
    if found is None:
        yield from _said(
            "Not tried: with --source the extract is encoded again, and every row of the bundle looked up, "
            "under your key and under another."
        )
        return
    yield from _dictionary_words(found)


def _dictionary_words(found: Dictionary) -> Iterator[str]:
    share = f"{found.found:,} of {counted(found.rows, 'row')}"
    yield from _said(
        f"With your key, a list of your children names {share}.  That is as it must be, and why the key and "
        "the encodings may never meet: whoever has both, and a list of names, has everybody."
    )
    if found.found < found.rows:
        yield from _said(
            "The others are not in the source as it is now, or were changed since: read the one that the "
            "bundle was made of to see all of them named."
        )
    if found.by_another_key:
        yield from _said(
            f"WARNING: {found.by_another_key:,} rows were met under a key of nobody's, which can not be.  Do "
            "not submit; run clew keys doctor and tell your custodians."
        )
    else:
        yield from _said("With another key the same list names nobody.")
