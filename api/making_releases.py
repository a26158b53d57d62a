"""Making a release, and making it again: counts, disclosure control after all earlier releases, files.

This opens payload, and what is kept of releases: it is for the register worker's account alone.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version as release_of_code

from sqlalchemy import Connection

from api.clock import stamp
from api.counting_tables import count_register
from api.disclosing import disclosed_with, policy_set
from api.folders import DataFolder
from api.publisher_seal import SHOWN_PARTS, PublisherSeal, ShownPart, make_releases_key
from api.publishing.files import publication
from api.release_contents import (
    Part,
    ReleasedTables,
    ReleaseFiles,
    ReleaseInputs,
    ReleaseSeal,
    counted_again,
    digest_of,
    files_of,
    inputs_of,
    manifest_of,
    outputs_of,
    packed,
    release_of,
    unpacked,
)
from api.releasing import Proposal, enter, known_release, published_before, read_name, read_proposal
from api.secret_files import read_worker_key
from api.store import ledger, releases
from api.store.database import Database
from api.store.releases import KeptRelease
from linkage.errors import InputError, VerificationError
from linkage.register.disclosure import DisclosureFigures, DisclosurePolicy, Release
from linkage.register.statistics.nested import nested_periods
from linkage.register.statistics.periods import Period
from linkage.register.statistics.published import Beside
from linkage.wire.canonical import canonical

__all__ = [
    "CountedRelease",
    "count_release",
    "files_of_release",
    "keep_requested",
    "propose_release",
    "reproduce_release",
    "show_releases",
]


@dataclass(frozen=True, slots=True)
class _Earlier:
    """A release that was published before, with what was counted for it."""

    number: int
    digest: str
    period: Period
    release: Release


@dataclass(frozen=True, slots=True)
class _Made:
    """What counts become under rules and after earlier releases."""

    outputs: ReleasedTables
    files: Mapping[str, bytes]
    figures: DisclosureFigures


@dataclass(frozen=True, slots=True)
class CountedRelease:
    """What is to be kept of a release: parts for the register worker, and those that publishers look at.

    The latter hold only what disclosure control lets pass.  Each kind has a seal of its own.
    """

    proposal: Proposal
    parts: Mapping[Part, bytes]
    shown: Mapping[ShownPart, bytes]
    seal: ReleaseSeal
    publishers: PublisherSeal


def propose_release(
    folder: DataFolder,
    database: Database,
    period: Period,
    *,
    area: str | None,
    numbers: Sequence[str],
    by: str,
    now: dt.datetime,
) -> KeptRelease:
    """Count tables of the newest cycle, and keep what may leave of them for somebody else to approve.

    Raises :class:`linkage.errors.ClewError` as counting and disclosure control do.
    """
    show_releases(folder, database, now=now)
    made = count_release(folder, database, period, area=area, numbers=numbers, by=by)
    with database.write() as connection:
        number = releases.add_release(
            connection,
            digest=digest_of(made.proposal),
            proposal=canonical(made.proposal).decode(),
            proposed_by=made.proposal.proposed_by,
            now=stamp(now),
        )
        _keep(connection, made, number, now)
        return known_release(connection, number)


def count_release(
    folder: DataFolder,
    database: Database,
    period: Period,
    *,
    area: str | None,
    numbers: Sequence[str],
    by: str,
) -> CountedRelease:
    """Count tables of the newest cycle and make of them what may leave; nothing is kept.

    Raises :class:`linkage.errors.ClewError` as counting and disclosure control do.
    """
    name, seal, publishers = read_name(by), _seal(folder), _publisher_seal(folder)
    counted = count_register(folder, database, period, area=area, numbers=numbers)
    # As it is kept, so that it can be made again from what is kept and from nothing else.
    kept = packed(inputs_of(counted))
    inputs, policy = unpacked(kept, ReleaseInputs), policy_set(counted.rules)
    with database.read() as connection:
        earlier = [_earlier(connection, seal, one) for one in published_before(connection)]
        root = ledger.root_of(connection, inputs.ledger_entries).hex()
    made = _made(inputs, policy, earlier)
    proposal = Proposal(
        proposed_by=name,
        first=period.first,
        last=period.last,
        area=area,
        tables=tuple(numbers),
        cycle=inputs.cycle,
        ledger_entries=inputs.ledger_entries,
        ledger_root=root,
        policy=policy,
        policy_digest=policy.digest,
        code=release_of_code("clew"),
        inputs=digest_of(inputs),
        released=digest_of(made.outputs),
        files=manifest_of(made.files),
        earlier=tuple((one.number, one.digest) for one in earlier),
        figures=made.figures,
    )
    tables, files = packed(made.outputs), packed(files_of(made.files.items()))
    parts: dict[Part, bytes] = {"inputs": kept, "released": tables, "files": files}
    shown: dict[ShownPart, bytes] = {"shown-tables": tables, "shown-files": files}
    return CountedRelease(proposal, parts, shown, seal, publishers)


def keep_requested(connection: Connection, made: CountedRelease, number: int, *, now: dt.datetime) -> None:
    """Let what was counted take the place of the request for it."""
    releases.set_release(
        connection,
        number,
        state="proposed",
        digest=digest_of(made.proposal),
        proposal=canonical(made.proposal).decode(),
    )
    _keep(connection, made, number, now)


def _keep(connection: Connection, made: CountedRelease, number: int, now: dt.datetime) -> None:
    sealed: dict[str, bytes] = {
        part: made.seal.sealed(number, part, content) for part, content in made.parts.items()
    }
    parts = sealed | {
        part: made.publishers.sealed(number, part, content) for part, content in made.shown.items()
    }
    releases.add_contents(connection, number, parts)
    enter(connection, "proposed", number, digest_of(made.proposal), now, parts=list(parts))


def show_releases(folder: DataFolder, database: Database, *, now: dt.datetime) -> int:
    """Seal anew for publishers what they cannot open of releases that stand; returns of how many.

    Those are releases that an older Clew made, and all of them where the key was lost.  Raises
    :class:`linkage.errors.ClewError`.
    """
    seal, publishers = _seal(folder), _publisher_seal(folder)
    with database.read() as connection:
        standing = [one for one in releases.all_releases(connection) if one.counted]
        dark = [one.number for one in standing if not _opens(connection, publishers, one.number)]
    for number in dark:
        with database.write() as connection:
            _show(connection, seal, publishers, number, now)
    return len(dark)


def _opens(connection: Connection, publishers: PublisherSeal, number: int) -> bool:
    kept = {part: releases.read_part(connection, number, part) for part in SHOWN_PARTS}
    try:
        return all(one is not None and publishers.opened(number, part, one) for part, one in kept.items())
    except VerificationError:
        return False


def _show(
    connection: Connection, seal: ReleaseSeal, publishers: PublisherSeal, number: int, now: dt.datetime
) -> None:
    found = known_release(connection, number)
    if not found.counted:  # it was rejected in the meantime
        return
    sealed = _sealed(connection, found)
    shown: dict[ShownPart, bytes] = {
        "shown-tables": packed(seal.opened(number, "released", sealed["released"], ReleasedTables)),
        "shown-files": packed(seal.opened(number, "files", sealed["files"], ReleaseFiles)),
    }
    releases.drop_contents(connection, number, SHOWN_PARTS)
    parts: dict[str, bytes] = {
        part: publishers.sealed(number, part, content) for part, content in shown.items()
    }
    releases.add_contents(connection, number, parts)
    enter(connection, "shown", number, found.digest, now, parts=list(parts))


def files_of_release(folder: DataFolder, database: Database, number: int) -> Mapping[str, bytes]:
    """Return a release's files, each as its proposal says.

    Raises :class:`linkage.errors.ClewError` for a release that was rejected, and for any file that is not
    what was proposed.
    """
    seal = _seal(folder)
    with database.read() as connection:
        found = known_release(connection, number)
        sealed = _sealed(connection, found)
    files = seal.opened(number, "files", sealed["files"], ReleaseFiles).files
    if manifest_of(files) != read_proposal(found).files:
        raise VerificationError(
            f"release {number}: its files are not those that were proposed",
            hint="see `clew register audit check --data DIR`",
        )
    return files


def reproduce_release(folder: DataFolder, database: Database, number: int) -> list[str]:
    """Make a release again from what is kept of it and of those before it; returns what is not the same.

    Nothing is taken from the register as it is now.  Raises :class:`linkage.errors.ClewError`.
    """
    seal = _seal(folder)
    with database.read() as connection:
        found = known_release(connection, number)
        proposal = read_proposal(found)
        sealed = _sealed(connection, found)
        inputs = seal.opened(number, "inputs", sealed["inputs"], ReleaseInputs)
        earlier = [_earlier(connection, seal, known_release(connection, one)) for one, _ in proposal.earlier]
    made = _made(inputs, proposal.policy, earlier)
    files = manifest_of(made.files)
    compared = {
        "counts": digest_of(inputs) == proposal.inputs,
        "earlier releases": tuple((one.number, one.digest) for one in earlier) == proposal.earlier,
        "released tables": digest_of(made.outputs) == proposal.released,
        "figures": made.figures == proposal.figures,
        **{name: files.get(name) == proposal.files.get(name) for name in sorted({*files, *proposal.files})},
    }
    return [name for name, same in compared.items() if not same]


def _made(inputs: ReleaseInputs, policy: DisclosurePolicy, earlier: Sequence[_Earlier]) -> _Made:
    counted = counted_again(inputs)
    nestings = nested_periods([*(one.period for one in earlier), counted.period])
    found = disclosed_with(counted, policy, [one.release for one in earlier], nestings)
    beside = Beside(
        counted.period,
        counted.directory,
        counted.coverage,
        counted.quality,
        counted.cycle,
        rounding=policy.base,
    )
    return _Made(outputs_of(found.tables), dict(publication(found.tables, beside)), found.figures)


def _earlier(connection: Connection, seal: ReleaseSeal, release: KeptRelease) -> _Earlier:
    proposal, sealed = read_proposal(release), _sealed(connection, release)
    inputs = seal.opened(release.number, "inputs", sealed["inputs"], ReleaseInputs)
    outputs = seal.opened(release.number, "released", sealed["released"], ReleasedTables)
    if (digest_of(inputs), digest_of(outputs)) != (proposal.inputs, proposal.released):
        raise VerificationError(f"release {release.number}: what was kept of it is not what was proposed")
    return _Earlier(
        release.number,
        release.digest,
        Period(inputs.first, inputs.last),
        release_of(proposal.policy, inputs, outputs),
    )


def _sealed(connection: Connection, release: KeptRelease) -> dict[str, bytes]:
    found = releases.read_contents(connection, release.number)
    if release.state == "rejected":
        raise InputError(f"release {release.number} was rejected, and nothing is kept of it")
    if release.state in {"requested", "refused"}:
        raise InputError(f"release {release.number} is {release.state}: it was not counted")
    if not found.keys() >= {"inputs", "released", "files"}:
        raise VerificationError(
            f"release {release.number}: something that was kept of it is gone",
            hint="restore the unit from a backup",
        )
    return found


def _publisher_seal(folder: DataFolder) -> PublisherSeal:
    make_releases_key(folder.releases_key)
    return PublisherSeal.read(folder.releases_key)


def _seal(folder: DataFolder) -> ReleaseSeal:
    return ReleaseSeal(read_worker_key(folder.register_key, "register-worker"))
