"""What a bundle holds, checked and counted: all that ``clew agency inspect`` says."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cli.agency.bundles import lines
from linkage.errors import FormatError
from linkage.profile import ExactKind
from linkage.shipped_profiles import shipped_profiles
from linkage.weak_profiles import labelled_name
from linkage.wire.bundle import Bundle
from linkage.wire.canonical import to_builtins
from linkage.wire.encodings import TIER_UNCERTAIN, Encodings, read_encodings
from linkage.wire.moments import Moment
from linkage.wire.records import Child, Payload, Record, read_payload

__all__ = [
    "FieldValues",
    "Inspection",
    "inspect_bundle",
    "profile_name",
    "shown",
    "view_names",
]

_DATED = frozenset({"start", "end", "offered_on", "completed", "shared_with_police_on"})
_RANDOM = frozenset({"handle", "child", "episode"})


@dataclass(frozen=True, slots=True)
class FieldValues:
    """One clear field over all records of a type: how often each value occurs."""

    kind: str
    field: str
    present: int
    absent: int
    values: tuple[tuple[str, int], ...]
    """Most frequent first; empty where listing them says nothing (handles) or too much (dates)."""


@dataclass(frozen=True, slots=True, repr=False)
class Inspection:
    """An open bundle, read whole and consistent with its manifest."""

    payload: Payload
    encodings: Encodings
    exact: tuple[ExactKind, ...]
    """What the rows' exact tokens are of."""
    fields: tuple[FieldValues, ...]

    @property
    def uncertain(self) -> int:
        """Rows whose date of birth is uncertain."""
        return int((self.encodings.tiers == TIER_UNCERTAIN).sum())

    @property
    def with_variants(self) -> int:
        """Children with more than one row."""
        handles, counts = np.unique(self.encodings.handles, axis=0, return_counts=True)
        return int((counts > 1).sum()) if len(handles) else 0

    def views_present(self) -> tuple[int, ...]:
        """Number of rows that carry each view."""
        views = self.encodings.bits.shape[1]
        return tuple(int(((self.encodings.present >> np.uint32(view)) & 1).sum()) for view in range(views))

    def exact_present(self) -> tuple[int, ...]:
        """Number of rows that carry each exact token."""
        return tuple(self.encodings.exact.any(axis=2).sum(axis=0).tolist())

    def specimen(self) -> tuple[Record, ...]:
        """One child with one record of each kind that belongs to them: the child with most kinds."""
        spells = {spell.child: spell for spell in reversed(self.payload.care_spells)}
        interviews = {interview.episode: interview for interview in self.payload.interviews}
        episodes = {episode.child: episode for episode in reversed(self.payload.episodes)}
        episodes |= {one.child: one for one in reversed(self.payload.episodes) if one.handle in interviews}

        def belonging(child: Child) -> tuple[Record, ...]:
            episode = episodes.get(child.handle)
            interview = interviews.get(episode.handle) if episode else None
            found = (child, spells.get(child.handle), episode, interview)
            return tuple(record for record in found if record is not None)

        return max(map(belonging, self.payload.children), key=len, default=())


def inspect_bundle(bundle: Bundle) -> Inspection:
    """Read the parts of an open bundle and hold them against the manifest."""
    payload = read_payload(lines(bundle.pieces("payload")))
    header, encodings = read_encodings(bundle.pieces("encodings"))
    counts = {**payload.counts(), "rows": len(encodings)}
    for name, count in counts.items():
        if getattr(bundle.manifest.counts, name) != count:
            raise FormatError(f"the manifest states another number of {name.replace('_', ' ')}")
    if {payload.agency, header.agency} != {bundle.manifest.agency}:
        raise FormatError("the parts are not of the agency that the manifest names")
    if header.profile_digest != bundle.manifest.profile_digest:
        raise FormatError("the encodings are of another profile than the manifest names")
    known = [one for one in shipped_profiles().values() if one.digest == header.profile_digest]
    if not all(map(header.fits, known)):
        raise FormatError("the encodings do not have the shape of the profile that the manifest names")
    return Inspection(payload, encodings, header.exact, tuple(_fields(payload)))


def profile_name(profile_digest: str) -> str:
    """Return the name of a profile, marked if it is weak; a bundle carries only the digest."""
    names = [labelled_name(one) for one in shipped_profiles().values() if one.digest == profile_digest]
    return names[0] if names else "not one of this release"


def view_names(profile_digest: str, views: int) -> tuple[str, ...]:
    """Return the names of a profile's views, or numbers for a profile that this release does not have."""
    for profile in shipped_profiles().values():
        if profile.digest == profile_digest:
            return tuple(
                f"{view.name} (salted by {', '.join(view.salt) or 'nothing'})" for view in profile.views
            )
    return tuple(f"view {number + 1}" for number in range(views))


def _fields(payload: Payload) -> Iterable[FieldValues]:
    groups: tuple[Sequence[Record], ...] = (
        payload.children,
        payload.care_spells,
        payload.episodes,
        payload.interviews,
        payload.coverage,
    )
    for group in groups:
        if group:
            yield from _of_group(group)


def _of_group(group: Sequence[Record]) -> Iterable[FieldValues]:
    kind = str(type(group[0]).__struct_config__.tag)
    written = [to_builtins(record) for record in group]
    for name in type(group[0]).__struct_fields__:
        values = [record[name] for record in written if name in record]
        yield FieldValues(kind, name, len(values), len(written) - len(values), _counted(name, values))


def _counted(name: str, values: Sequence[Any]) -> tuple[tuple[str, int], ...]:
    if name in _RANDOM:
        return ()
    if name in _DATED:
        # Single dates would fill the screen; how precisely they are known is what a reader needs.
        counted = Counter(f"to the {Moment.parse(value).precision}" for value in values)
    else:
        counted = Counter(shown(value) for value in values)
    return tuple(counted.most_common())


def shown(value: object) -> str:
    """Return a value as a reader expects it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) or "none" if isinstance(value, (list, tuple)) else str(value)
