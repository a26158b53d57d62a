"""Encodings of made-up agencies on disk, made once and mapped into memory.

A share of each agency's records are of people whom all agencies have, with the slips of clerks; the others
are of people of its own.  Who is whom follows from numbers, so that nothing needs to be kept about it.
"""

import datetime as dt
import json
import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.people import identifiers
from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.errors import ClewError, InputError
from linkage.match.rows import Source
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile
from linkage.wire.encodings import Encodings

__all__ = ["PROFILE", "Load", "made_sources", "person_of"]

PROFILE: EncodingProfile = shipped_profile("child-1")
_TODAY = dt.date(2026, 3, 31)
_KEY = bytes(range(32))
_BLOCK = 4096
_COLUMNS = ("handles", "variants", "tiers", "present", "bits")
_STEP = 1_000_003
"""A prime: records of one agency come in another order than those of the next."""

_OTHER_FORENAME, _OTHER_POSTCODE, _OTHER_DAY, _NO_SECOND_NAME = 0.06, 0.35, 0.02, 0.3
"""Shares of records of shared people that differ so; about what agencies' records of children do."""


@dataclass(frozen=True, slots=True)
class Load:
    """So many agencies with so many records each, of which a share are of people whom all of them have."""

    agencies: int
    records: int
    shared: float = 0.3
    seed: int = 1

    def __post_init__(self) -> None:
        if self.agencies < 1 or self.records < 1 or not 0 <= self.shared <= 1 or self.records % _STEP == 0:
            raise InputError("a load has agencies and records, and shares between 0 and 1")

    @property
    def in_all(self) -> int:
        """How many of an agency's people all agencies have."""
        return round(self.shared * self.records)


def person_of(load: Load, agency: int, record: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return who an agency's records (n,) are of: the same number in all agencies for the same person."""
    number = (record * _STEP + agency) % load.records
    own = load.in_all + agency * (load.records - load.in_all) + number - load.in_all
    return np.where(number < load.in_all, number, own)


def made_sources(folder: Path, load: Load, say: Callable[[str], None]) -> list[Source]:
    """Return the sources of a load, made if they are not there yet; their arrays stay on disk.

    An agency that was half made is made again.  Raises :class:`InputError` if the folder holds another load.
    """
    place = folder / "encodings"
    place.mkdir(parents=True, exist_ok=True)
    kept = place / "load.json"
    if kept.exists() and json.loads(kept.read_text()) != asdict(load):
        raise InputError("this folder holds another load", hint="name another folder, or remove it")
    kept.write_text(json.dumps(asdict(load)))
    for agency in range(load.agencies):
        if not (place / f"A{agency}").exists():
            _make_apart(place, load, agency)
            say(f"{load.records:,} records of agency {agency + 1} of {load.agencies} encoded")
    return [_source(place / f"A{agency}") for agency in range(load.agencies)]


def _make_apart(place: Path, load: Load, agency: int) -> None:
    """Encode in a process of its own, so that what that takes is none of the linkage's memory.

    Raises :class:`ClewError` if the process fails.
    """
    process = multiprocessing.get_context("spawn").Process(target=_make, args=(place, load, agency))
    process.start()
    process.join()
    if process.exitcode:
        raise ClewError(f"encoding agency {agency + 1} failed", hint="its process has said why")


def _make(place: Path, load: Load, agency: int) -> None:
    part = place / f"A{agency}.part"
    part.mkdir(exist_ok=True)
    _write(part, load, agency)
    part.rename(place / f"A{agency}")


def _source(whole: Path) -> Source:
    columns = [np.load(whole / f"{column}.npy", mmap_mode="r") for column in _COLUMNS]
    return Source(whole.name, Encodings(*columns))


def _write(part: Path, load: Load, agency: int) -> None:
    """Encode an agency's people into files that are mapped; handles rise, so that rows are in order."""
    encoder = Encoder(PROFILE, EncodingKeys.from_epoch_key(_KEY, PROFILE), today=_TODAY)
    shapes = {"handles": (16,), "variants": (), "tiers": (), "present": ()}
    types = {"present": np.uint32}
    out = {
        column: np.lib.format.open_memmap(
            part / f"{column}.npy",
            mode="w+",
            dtype=types.get(column, np.uint8),
            shape=(load.records, *shapes.get(column, (len(PROFILE.views), PROFILE.view_bytes))),
        )
        for column in _COLUMNS
    }
    done = 0
    for batch in encoder.encode_batches(_records(load, agency)):
        for column, array in out.items():
            array[done : done + len(batch)] = getattr(batch, column)
        done += len(batch)
    if done != load.records:
        raise AssertionError("every made-up person has a name, and so a row")


def _records(load: Load, agency: int) -> Iterator[PersonRecord]:
    for start in range(0, load.records, _BLOCK):
        numbers = np.arange(start, min(start + _BLOCK, load.records), dtype=np.int64)
        draws = np.random.default_rng([load.seed, agency + 1, start])
        slips = draws.random((len(numbers), 4)) if agency else np.ones((len(numbers), 4))
        people = zip(numbers.tolist(), person_of(load, agency, numbers).tolist(), slips.tolist(), strict=True)
        for record, person, slip in people:
            handle = agency.to_bytes(2, "big") + record.to_bytes(14, "big")
            yield PersonRecord(handle, (_written(load, person, agency, slip),))


def _written(load: Load, person: int, agency: int, slip: list[float]) -> Identifiers:
    """Return a person as an agency wrote them down."""
    known = _known()
    first, second, third, *where, day = _drawn(load.seed, person)
    other = (first + 7 * agency + 1) % len(known)
    forename = known[other if slip[0] < _OTHER_FORENAME else first].forename
    area, sector, unit = where if slip[1] >= _OTHER_POSTCODE else [part + agency for part in where]
    born = known[third].date_of_birth or "2011-06-15"
    day = day + 1 if slip[2] >= _OTHER_DAY else (day + agency) % 28 + 1
    return Identifiers(
        forename=forename or known[0].forename,
        middle_name=known[second].forename if slip[3] >= _NO_SECOND_NAME else "",
        surname=known[second].surname or known[0].surname,
        date_of_birth=f"{born[:8]}{day:02}",
        sex=known[first].sex,
        postcode=f"AB{area % 99} {sector % 10}{chr(65 + unit % 20)}{chr(65 + unit // 20 % 20)}",
    )


_people: list[Identifiers] = []
_blocks: dict[tuple[int, int], NDArray[np.int32]] = {}


def _known() -> list[Identifiers]:
    """Return the people whose parts all others are put together from."""
    if not _people:
        _people.extend(identifiers(5000))
    return _people


def _drawn(seed: int, person: int) -> list[int]:
    """Return what a person's parts are drawn as, from a block of numbers that is kept while it is used."""
    block, place = divmod(person, _BLOCK)
    if (seed, block) not in _blocks:
        if len(_blocks) > 1024:
            for old in list(islice(_blocks, 512)):
                del _blocks[old]
        people = len(_known())
        draws = np.random.default_rng([seed, 0, block])
        _blocks[seed, block] = draws.integers(
            0, (people, people, people, 99, 10, 400, 28), (_BLOCK, 7), dtype=np.int32
        )
    found: list[int] = _blocks[seed, block][place].tolist()
    return found
