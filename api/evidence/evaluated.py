"""What the pack takes of an evaluation: figures by group, rounded, and sentences that this release writes.

An evaluation is of labelled records, which may be real.  So counts are rounded and suppressed as groups of
the register are (:mod:`linkage.register.group_disclosure`), shares, intervals and differences are made of
rounded counts, for exact ones are fractions that tell exact counts, and
nothing is taken that somebody named: names of files and of data, of groups that this release does not know,
and sentences that it does not write.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta, Raw, Struct

from api.evidence.evaluated_groups import PRECISION, RECALL, ToldRows, told_pairs
from api.evidence.values import Counts
from linkage.audited.reading import shipped_name
from linkage.counted import counted
from linkage.errors import InputError, VersionError
from linkage.wire.codes import AgeBand, EthnicityGroup

__all__ = [
    "OTHER_PROFILE",
    "Evaluated",
    "ToldDifference",
    "ToldEvaluation",
    "ToldGroup",
    "left_out_words",
    "read_evaluation",
    "rows_of",
    "told",
]

OTHER_PROFILE: Final = "a profile that is not shipped"
_HINT = "hand in the file that the command wrote, whole"
_SETTLED = 1e-6

_Count = Annotated[int, Meta(ge=0)]
_Share = Annotated[float, Meta(ge=0, le=1)]
_Interval = tuple[_Share, _Share]


class _Pairs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Pairs of labelled records: those that are true, that were found, and that are both."""

    true: _Count
    found: _Count
    correct: _Count
    precision: _Share
    recall: _Share
    f1: _Share


class _Group(_Pairs, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same of one group of records, with intervals."""

    kind: str
    name: str
    precision_interval: _Interval
    recall_interval: _Interval


class _Differences(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which groups were linked differently, in sentences, with what certainty."""

    sentences: tuple[str, ...]
    level: Raw = Raw()
    claimed: Raw = Raw()
    kinds: Raw = Raw()
    groups: Raw = Raw()


class Evaluated(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``clew evaluate --json`` writes; what the pack does not print is not looked into."""

    format: Literal["clew-evaluation"]
    version: int
    profile_digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    pairs: _Pairs
    groups: tuple[_Group, ...] = ()
    group_differences: _Differences | None = None
    name: Raw = Raw()
    mode: Raw = Raw()
    sources: Raw = Raw()
    duplicate_free: Raw = Raw()
    profile: Raw = Raw()
    profile_weak: Raw = Raw()
    records: Raw = Raw()
    not_encodable: Raw = Raw()
    unlabelled: Raw = Raw()
    candidate_pairs: Raw = Raw()
    method: Raw = Raw()
    declarations: Raw = Raw()
    bcubed: Raw = Raw()
    clusters: Raw = Raw()
    largest_clusters: Raw = Raw()
    oracle: Raw = Raw()
    calibration: Raw = Raw()
    estimated: Raw = Raw()
    choices: Raw = Raw()
    seconds: Raw = Raw()

    @property
    def profile_name(self) -> str:
        """The shipped profile's name: what the file calls it may be anything."""
        return shipped_name(self.profile_digest) or OTHER_PROFILE


_Told = int | float | str | None


class ToldGroup(Struct, frozen=True, kw_only=True):
    """One group as the pack prints it: a count or a share, or ``c`` where it is of few."""

    kind: str
    name: str
    pairs: _Told
    precision: _Told
    precision_low: _Told
    precision_high: _Told
    recall: _Told
    recall_low: _Told
    recall_high: _Told


class ToldDifference(Struct, frozen=True, kw_only=True):
    """How far one group is from all others in one measure; ``claimed``: the file says it is no chance."""

    measure: str
    kind: str
    name: str
    difference: float | None
    low: float | None
    high: float | None
    claimed: bool


class ToldEvaluation(Struct, frozen=True, kw_only=True):
    """An evaluation as the pack prints it; ``left_out``: sentences that this release does not write."""

    format: Literal["clew-evaluation-told"] = "clew-evaluation-told"
    version: int = 1
    name: str
    profile: str
    profile_digest: str
    groups: tuple[ToldGroup, ...]
    differences: tuple[ToldDifference, ...]
    sentences: tuple[str, ...]
    left_out: int


class _Headed(Struct):
    """What says which version a file is of."""

    format: Literal["clew-evaluation"]
    version: int


def read_evaluation(data: bytes, *, where: str) -> Evaluated:
    """Read an evaluation; ``where``: what errors call it.

    Raises :class:`InputError` for what is none, or contradicts itself, and :class:`VersionError`.
    """
    try:
        if msgspec.json.decode(data, type=_Headed).version != 1:
            raise VersionError(f"{where}: this release reads version 1 of it")
        found = msgspec.json.decode(data, type=Evaluated)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InputError(f"{where}: not what `clew evaluate --json` writes", hint=_HINT) from None
    if not all(map(_sound, (found.pairs, *found.groups))):
        raise InputError(f"{where}: this evaluation contradicts itself", hint=_HINT)
    return found


def _sound(pairs: _Pairs) -> bool:
    """Say whether shares are those of their counts, and intervals hold them."""
    shares = [(pairs.precision, pairs.found), (pairs.recall, pairs.true)]
    if pairs.correct > min(pairs.found, pairs.true):
        return False
    if any(abs(share * whole - pairs.correct) > _SETTLED * whole for share, whole in shares if whole):
        return False
    if not isinstance(pairs, _Group):
        return True
    spans = (pairs.precision_interval, pairs.recall_interval)
    return all(
        low - _SETTLED <= share <= high + _SETTLED
        for (share, whole), (low, high) in zip(shares, spans, strict=True)
        if whole
    )


def told(found: Evaluated, number: int, counts: Counts) -> ToldEvaluation:
    """Return what may be printed of the evaluation with this number among those that were handed in."""
    names = _group_names(found)
    parts = {("all", "all"): found.pairs, **{(one.kind, one.name): one for one in found.groups}}
    rows = told_pairs({key: (one.true, one.found, one.correct) for key, one in parts.items()}, counts)
    claims, plain, left_out = _claims(found, names)
    return ToldEvaluation(
        name=f"evaluation {number}",
        profile=found.profile_name,
        profile_digest=found.profile_digest,
        groups=tuple(_group(names.get(key, key), key, rows) for key in parts),
        differences=tuple(_differences(rows, names, claims)),
        sentences=(*_said(rows, names, claims), *plain),
        left_out=left_out,
    )


_Key = tuple[str, str]
_Names = Mapping[_Key, _Key]
_Claim = tuple[str, str, str]


def _group(words: _Key, key: _Key, rows: ToldRows) -> ToldGroup:
    recall, precision = rows[RECALL][key], rows[PRECISION][key]

    def shown(value: int | float | None) -> _Told:
        return "c" if value is None else value

    return ToldGroup(
        kind=words[0],
        name=words[1],
        pairs=shown(recall.children),
        precision=shown(precision.share),
        precision_low=shown(precision.low),
        precision_high=shown(precision.high),
        recall=shown(recall.share),
        recall_low=shown(recall.low),
        recall_high=shown(recall.high),
    )


def _differences(rows: ToldRows, names: _Names, claims: list[_Claim]) -> Iterator[ToldDifference]:
    for measure, groups in rows.items():
        for key, row in groups.items():
            if row.difference is not None:
                kind, name = names.get(key, key)
                yield ToldDifference(
                    measure=measure,
                    kind=kind,
                    name=name,
                    difference=row.difference,
                    low=row.difference_low,
                    high=row.difference_high,
                    claimed=(measure, *key) in claims,
                )


_SAID = {RECALL: "true pairs with {} “{}” {:.0f} are found", PRECISION: "links with {} “{}” {:.0f} are right"}


def _said(rows: ToldRows, names: _Names, claims: list[_Claim]) -> Iterator[str]:
    """Say anew, of rounded counts, what differs; of groups with few pairs only that there are such."""
    few = 0
    for measure, *group in claims:
        key = group[0], group[1]
        row = rows[measure].get(key)
        if row is None or row.difference is None or row.share is None or row.others is None:
            few += 1
            continue
        said = _SAID[measure].format(*names.get(key, key), 100 * row.share)
        yield f"Of 100 {said}, of others {100 * row.others:.0f}; the difference is more than chance."
    if few:
        yield f"Differences that are more than chance, of pairs too few for figures here: {few}."


def _claims(found: Evaluated, names: _Names) -> tuple[list[_Claim], list[str], int]:
    """Return which groups sentences call different, those that name none, and how many are strange."""
    claims: list[_Claim] = []
    plain: list[str] = []
    strange = 0
    for one in found.group_differences.sentences if found.group_differences else ():
        claim = _claim(one)
        if claim is not None and (_known(*claim[1:]) or claim[1:] in names):
            claims.append(claim)
        elif claim is None and any(form.fullmatch(one) for form in _WITHOUT_NAMES):
            plain.append(one)
        else:
            strange += 1
    return claims, plain, strange


_FIELDS = ("forename", "surname", "date of birth", "sex", "address", "locality", "postcode", "phone")
_NOT_SAID = ("not recorded", "not known", "unknown", "other")
_KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "sex": frozenset((*_NOT_SAID, "female", "male", "F", "M", "U")),
    "year of birth": frozenset(_NOT_SAID),
    "missing": frozenset(("nothing", *_FIELDS)),
    "ethnicity": frozenset((*_NOT_SAID, *get_args(EthnicityGroup))),
    "uasc": frozenset((*_NOT_SAID, "yes", "no", "true", "false", "1", "0")),
    "age band": frozenset((*_NOT_SAID, *get_args(AgeBand))),
    "name origin": frozenset(_NOT_SAID),
    "council": frozenset(_NOT_SAID),
    "noise": frozenset((*_NOT_SAID, "none", "low", "medium", "high")),
    "source": frozenset(),
    "sources": frozenset(),
}
"""Kinds of groups, with the names in them that this release knows."""

_SHAPES: Final[Mapping[str, re.Pattern[str]]] = {
    "year of birth": re.compile(r"[0-9]{4} to [0-9]{4}"),
    "council": re.compile(r"[A-Z][0-9]{2,8}"),
    "ethnicity": re.compile(
        "WBRI|WIRI|WOTH|WIRT|WROM|MWBC|MWBA|MWAS|MOTH|AIND|APKN|ABAN|AOTH|BCRB|BAFR|BOTH|CHNE|OOTH|REFU|NOBT"
    ),
    "name origin": re.compile(
        "somali|central-african|eritrean|nigerian|ghanaian|pakistani|bangladeshi|indian|arabic|turkish|kurdish|afghan|"
        "vietnamese|chinese|british|irish|caribbean|polish|romanian|albanian|portuguese|ukrainian|baltic"
    ),
    "source": re.compile(r"[A-Z][0-9]{2,8}"),
    "sources": re.compile(r"[A-Z][0-9]{2,8} × [A-Z][0-9]{2,8}"),
}
_OTHER_KIND = "other groups"


def _group_names(found: Evaluated) -> dict[tuple[str, str], tuple[str, str]]:
    """Return for every group the words that the pack has for it: its own, or a number of its kind."""
    names: dict[tuple[str, str], tuple[str, str]] = {}
    strange = dict.fromkeys([*_KNOWN, _OTHER_KIND], 0)
    for one in found.groups:
        kind = one.kind if one.kind in _KNOWN else _OTHER_KIND
        if _known(one.kind, one.name):
            names[one.kind, one.name] = one.kind, one.name
        elif (one.kind, one.name) not in names:
            strange[kind] += 1
            names[one.kind, one.name] = kind, f"group {strange[kind]}"
    return names


def _known(kind: str, name: str) -> bool:
    shape = _SHAPES.get(kind)
    return name in _KNOWN.get(kind, ()) or (shape is not None and shape.fullmatch(name) is not None)


_NUMBER = r"[0-9]{1,4}\.[0-9]"
_CLAIM = (
    rf" {_NUMBER} are (?:found|right), of others {_NUMBER}; the difference of {_NUMBER} "
    rf"\({_NUMBER} to {_NUMBER}\) is more than chance\."
)
_NONE_DIFFERS = (
    r"Where no group differs in truth, anything at all is said to differ in at most [0-9.e-]{1,12} of 100 "
    r"such reports\."
)
_WITHOUT_NAMES: Final = tuple(
    re.compile(one)
    for one in (
        r"No group differs from all others by more than chance \([0-9]{1,9} comparisons\)\.",
        r"[0-9]{1,9} comparisons were not made: fewer than [0-9]{1,4} persons in the group, or outside it\.",
        _NONE_DIFFERS,
    )
)
_OF = "Of 100 (true pairs of records|links) of persons "
_WITH_NAME: Final = re.compile(_OF + "of ([a-z ]{1,40}) “([^”]{0,200})”" + _CLAIM)
_LACKING: Final = re.compile(
    _OF + f"with (?:records that lack (nothing)|a record that lacks ({'|'.join(_FIELDS)}))" + _CLAIM
)


def _claim(text: str) -> _Claim | None:
    """Return which measure of which group a sentence calls different; None for any other sentence."""
    if found := _WITH_NAME.fullmatch(text):
        group = found[2], found[3]
    elif found := _LACKING.fullmatch(text):
        group = "missing", found[2] or found[3]
    else:
        return None
    return RECALL if found[1].startswith("true") else PRECISION, *group


def rows_of(one: ToldEvaluation) -> Iterator[tuple[_Told, ...]]:
    """Yield what the pack's table of groups prints."""
    for group in one.groups:
        yield (one.name, *(getattr(group, name) for name in ToldGroup.__struct_fields__))


def left_out_words(one: ToldEvaluation) -> Iterator[str]:
    """Say that sentences were left out, if any were."""
    if one.left_out:
        yield f"{counted(one.left_out, 'sentence')} of the file, not of this release, left out."
