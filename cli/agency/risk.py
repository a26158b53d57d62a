"""What a bundle gives away, measured before it leaves on the agency's own machine: ``clew agency risk``.

The linkage unit's attackers, whom no agency can prevent, are the laboratory's: here is what the agency can
see of its own children.  Nothing here names anybody but :func:`standing_out`, which is for a local file.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from cli.agency.inspection import Inspection, profile_name
from cli.agency.risk_payload import FEW, Crowd, payload_crowds
from cli.agency.risk_source import Dictionary, Known, Sharing, token_counts
from linkage.leakage import FEWEST_ROWS, column_leak, unique_share, weight_correlation
from linkage.measured import METRICS, Light, MetricName, light
from linkage.profile import EncodingProfile, ExactKind
from linkage.shipped_profiles import shipped_profiles
from linkage.wire.encodings import TIER_UNCERTAIN, Encodings
from linkage.wire.manifest import Manifest

__all__ = [
    "FromSource",
    "Judged",
    "OutwardSigns",
    "Risk",
    "StandingOut",
    "ViewRisk",
    "measure_risk",
    "standing_out",
]

_RARE: Final = 10
"""Fewer children of one outward form than this stand out by it."""

Count = Annotated[int, Meta(ge=0)]


class ViewRisk(Struct, frozen=True, kw_only=True):
    """The figures of one view, over the first row of each child that has it.

    Those of columns are None where too few children have the view; ``token_correlation`` and ``sharing`` are
    known only where the extract was read.
    """

    name: str
    children: Count
    frequency_sd: float | None = None
    correlation: float | None = None
    entropy: float | None = None
    token_correlation: float | None = None
    sharing: Sharing | None = None


class Judged(Struct, frozen=True, kw_only=True):
    """A figure for which there is a light: the worst view's; None where so few rows tell nothing."""

    metric: MetricName
    value: float | None = None
    light: Light | None = None


class OutwardSigns(Struct, frozen=True, kw_only=True):
    """What shows of a child without reading a bit: how many rows, which tier, which views are missing.

    ``without_view``: children by the view that they lack, where their tier would have it.  ``rare``: children
    whose outward form fewer than ten share.
    """

    several_rows: Count
    uncertain: Count
    without_view: dict[str, int]
    rare: Count


class Risk(Struct, frozen=True, kw_only=True, tag_field="format", tag="clew-agency-risk"):
    """All figures of a bundle; there is no handle, reference or key among them."""

    VERSION: ClassVar[int] = 1
    version: int = 1
    agency: str
    period: str
    epoch: str
    submission: str
    profile: str
    profile_digest: str
    children: Count
    dummies: Count
    rows: Count
    episodes: Count
    sealed_bytes: Count
    exact: tuple[ExactKind, ...]
    enough: bool
    judged: tuple[Judged, ...]
    views: tuple[ViewRisk, ...]
    signs: OutwardSigns
    crowds: tuple[Crowd, ...]
    dictionary: Dictionary | None = None


@dataclass(frozen=True, slots=True, repr=False)
class FromSource:
    """What was read again with the extract and the key."""

    profile: EncodingProfile
    known: Known
    dictionary: Dictionary
    sharing: tuple[Sharing, ...]


def measure_risk(
    manifest: Manifest, submission: str, inspection: Inspection, source: FromSource | None = None
) -> Risk:
    """Measure an open bundle, with what the extract it was made of tells beside, if that was read."""
    encodings = inspection.encodings
    first = _first_rows(encodings)
    views = tuple(_view_risks(manifest.profile_digest, encodings, first, source))
    unique = unique_share(encodings.bits[first]) if len(first) >= FEWEST_ROWS else None
    return Risk(
        agency=manifest.agency,
        period=f"{manifest.period.start}..{manifest.period.end}",
        epoch=manifest.epoch,
        submission=submission,
        profile=profile_name(manifest.profile_digest),
        profile_digest=manifest.profile_digest,
        children=manifest.counts.children,
        dummies=manifest.counts.dummies,
        rows=len(encodings),
        episodes=manifest.counts.episodes,
        sealed_bytes=sum(part.sealed_size for part in manifest.parts),
        exact=inspection.exact,
        enough=len(first) >= FEWEST_ROWS,
        judged=(
            _judged("bit-frequency-sd", _worst(one.frequency_sd for one in views)),
            _judged("popcount-correlation", _worst(one.token_correlation for one in views)),
            _judged("unique-encodings", unique),
        ),
        views=views,
        signs=_signs(manifest.profile_digest, encodings),
        crowds=payload_crowds(inspection.payload).summed(),
        dictionary=source.dictionary if source else None,
    )


def _first_rows(encodings: Encodings) -> NDArray[np.intp]:
    """Return each child's row of the lowest variant: rows of one child depend on each other."""
    keys = np.concatenate([encodings.handles, encodings.variants[:, None]], axis=1)
    order = np.lexsort(keys.T[::-1])
    handles = encodings.handles[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (handles[1:] != handles[:-1]).any(axis=1)
    return order[new]


def _profile_of(digest: str) -> EncodingProfile | None:
    return next((one for one in shipped_profiles().values() if one.digest == digest), None)


def _names_of(digest: str, views: int) -> tuple[str, ...]:
    profile = _profile_of(digest)
    return tuple(view.name for view in profile.views) if profile else tuple(map(str, range(1, views + 1)))


def _view_risks(
    digest: str, encodings: Encodings, first: NDArray[np.intp], source: FromSource | None
) -> Iterator[ViewRisk]:
    for number, name in enumerate(_names_of(digest, encodings.bits.shape[1])):
        rows = first[(encodings.present[first] >> np.uint32(number)) & 1 == 1]
        bits = encodings.bits[rows, number]
        share = source.sharing[number] if source else None
        if len(rows) < FEWEST_ROWS:
            yield ViewRisk(name=name, children=len(rows), sharing=share)
            continue
        leak = column_leak(np.unpackbits(bits, axis=1))
        yield ViewRisk(
            name=name,
            children=len(rows),
            frequency_sd=leak.beyond_chance,
            correlation=leak.correlation,
            entropy=leak.entropy,
            token_correlation=_of_tokens(source, encodings, rows, number) if source else None,
            sharing=share,
        )


def _of_tokens(source: FromSource, encodings: Encodings, rows: NDArray[np.intp], view: int) -> float | None:
    handles = [handle.tobytes() for handle in encodings.handles[rows]]
    counts = token_counts(source.profile, source.known, handles, view)
    known = counts >= 0
    if known.sum() < FEWEST_ROWS:
        return None
    return weight_correlation(encodings.bits[rows[known], view], counts[known])


def _worst(values: Iterator[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _judged(name: MetricName, value: float | None) -> Judged:
    metric = next(one for one in METRICS if one.name == name)
    return Judged(metric=name, value=value, light=None if value is None else light(metric, value))


def _signs(digest: str, encodings: Encodings) -> OutwardSigns:
    forms = _forms(encodings)
    outward = Counter(forms.values())
    lacking: Counter[str] = Counter()
    for form, count in outward.items():
        for name in _lacking(form, digest, encodings.bits.shape[1]):
            lacking[name] += count
    return OutwardSigns(
        several_rows=sum(one.rows > 1 for one in forms.values()),
        uncertain=sum(one.uncertain for one in forms.values()),
        without_view=dict(lacking),
        rare=sum(count for count in outward.values() if count < _RARE),
    )


@dataclass(frozen=True, slots=True)
class _Form:
    """How a child looks from outside; ``present``: views of any of its rows."""

    rows: int
    uncertain: bool
    present: int


def _forms(encodings: Encodings) -> dict[str, _Form]:
    forms: dict[str, _Form] = {}
    columns = (encodings.handle_texts(), encodings.tiers.tolist(), encodings.present.tolist())
    for handle, tier, present in zip(*columns, strict=True):
        one = forms.get(handle, _Form(0, uncertain=False, present=0))
        forms[handle] = _Form(one.rows + 1, one.uncertain or tier == TIER_UNCERTAIN, one.present | present)
    return forms


def _due(profile: EncodingProfile | None, view: int, form: _Form) -> bool:
    """Say whether a child of this tier would have a view if nothing of it were missing."""
    return profile is None or ("uncertain" if form.uncertain else "certain") in profile.views[view].tiers


class StandingOut(NamedTuple):
    """A child who stands out: sizes of its groups (0: no such group), and how its rows look from outside."""

    handle: str
    alike_in_own_record: int
    alike_in_an_appeal: int
    alike_in_everything: int
    rows: int
    uncertain: Literal["yes", "no"]
    lacking: str

    @property
    def rarest(self) -> int:
        """Size of the smallest group that somebody could know the child by."""
        return min(size or FEW for size in (self.alike_in_own_record, self.alike_in_an_appeal))


def standing_out(inspection: Inspection, digest: str) -> Sequence[StandingOut]:
    """Return the children who stand out in what is clear or in how their rows look, the rarest first."""
    sizes = payload_crowds(inspection.payload).of_child
    forms = _forms(inspection.encodings)
    shared = Counter(forms.values())
    found = []
    for child in inspection.payload.children:
        form = forms.get(child.handle)
        if child.dummy or form is None:
            continue
        one = StandingOut(
            handle=child.handle,
            alike_in_own_record=sizes["child"].get(child.handle, 0),
            alike_in_an_appeal=sizes["appeal"].get(child.handle, 0),
            alike_in_everything=sizes["everything"].get(child.handle, 0),
            rows=form.rows,
            uncertain="yes" if form.uncertain else "no",
            lacking=" ".join(_lacking(form, digest, inspection.encodings.bits.shape[1])),
        )
        if shared[form] < _RARE or one.rarest < FEW:
            found.append(one)
    return sorted(found, key=lambda one: (one.rarest, one.handle))


def _lacking(form: _Form, digest: str, views: int) -> Iterator[str]:
    for number, name in enumerate(_names_of(digest, views)):
        if not form.present >> number & 1 and _due(_profile_of(digest), number, form):
            yield name
