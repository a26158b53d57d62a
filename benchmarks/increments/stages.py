"""What a linking worker does for one submission, stage by stage, with the time of each."""

import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from sqlalchemy import insert

import benchmarks.increments.made_up as made_up
from api.clock import stamp, utc_now
from api.link_figures import link_figures
from api.linking_state import grouped
from api.person_history import PersonHistory
from api.review_cases import for_review
from api.store import jobs, persons, schema
from api.store.database import open_database
from api.store.migrating import create_database
from api.store.persons import Event, LinkRun
from linkage.match import keeping, linkage
from linkage.match.kept import Kept
from linkage.match.kept_format import kept_pieces, read_kept
from linkage.match.linkage import Linkage, link
from linkage.match.persons_changed import assign_changed
from linkage.match.quality import estimate_quality
from linkage.profile import EncodingProfile
from linkage.wire.codes import Role
from linkage.wire.seal import SealingKey, open_seal, seal

__all__ = ["FileKeeper", "Stages", "empty_register", "link_in_stages", "memory", "store"]

EPOCH: Final = "made-up"
_PIECE: Final = 1 << 20


@dataclass
class Stages:
    """Seconds of each stage, in the order in which they began; a stage within another counts for both.

    ``worked``: processor seconds, of all threads: what is left of them where others use the machine.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    worked: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a block."""
        self.seconds.setdefault(name, 0.0)
        self.worked.setdefault(name, 0.0)
        began, used = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - began
            self.worked[name] += time.process_time() - used
            said = f"{self.seconds[name]:9.2f} s, {self.worked[name]:9.2f} s of processor"
            print(f"  {name:<34} {said}", file=sys.stderr, flush=True)

    def timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same function, timed."""

        def measured(*arguments: Any, **named: Any) -> Any:
            with self.stage(name):
                return call(*arguments, **named)

        return measured


class FileKeeper:
    """Keeps in a sealed file, as the linking worker does."""

    def __init__(self, path: Path, key: SealingKey, *, write_to: Path) -> None:
        self._path, self._key, self._write_to = path, key, write_to
        self.comparisons = self.new = 0

    def load(self) -> Kept | None:
        """Read and open what was kept."""
        with self._path.open("rb") as stream:
            return read_kept(open_seal(iter(lambda: stream.read(_PIECE), b""), self._key, context=b"kept"))

    def planned(self, new: int, _: int, comparisons: int) -> None:
        """Remember how much there is to do."""
        self.new, self.comparisons = new, comparisons

    def save(self, kept: Kept) -> None:
        """Seal and write it."""
        with self._write_to.open("wb") as stream:
            stream.writelines(seal(kept_pieces(kept), self._key.public_text(), context=b"kept"))
            os.fsync(stream.fileno())


_OF_LINK = (
    (linkage, "gather", "gather"),
    (keeping, "names_of", "  name rows, digest them"),
    (keeping, "_standing", "  load kept, what stands of it"),
    (keeping, "_found", "  compare"),
    (keeping, "joined", "  join"),
    (keeping, "best_of", "  best of lists"),
    (linkage, "weigh", "weigh"),
    (linkage, "_clustered", "cluster"),
    (linkage, "choose_among", "choices"),
)


def link_in_stages(
    stages: Stages, register: made_up.MadeUp, profile: EncodingProfile, keeper: FileKeeper, database: Path
) -> Linkage:
    """Link as the linking worker does, from encodings in memory to persons in the shared database."""
    sources = register.sources()
    with ExitStack() as patched, stages.stage("link, all of it"):
        for module, name, stage in _OF_LINK:
            patched.enter_context(patch.object(module, name, stages.timed(stage, getattr(module, name))))
        save = stages.timed("  save kept", keeper.save)
        patched.enter_context(patch.object(keeper, "save", save))
        found = link(sources, profile, keeper=keeper)
    roles: dict[str, Role] = dict.fromkeys(made_up.codes(), "council")
    with stages.stage("estimate quality"):
        estimate_quality(found)
    with stages.stage("review cases, explanations"):
        for_review(sources, profile, found, known=(), population=None)
    with stages.stage("figures"):
        link_figures(sources, profile, found, known=(), roles=roles)
    store(stages, found, database)
    return found


def store(stages: Stages, found: Linkage, path: Path) -> None:
    """Assign persons and write them."""
    with stages.stage("group clusters"):
        clusters = grouped(found.records, found.clusters.tolist())
    database = open_database(path, "register")
    with stages.stage("read persons"), database.read() as connection:
        previous, _ = persons.persons_and_epochs(connection)
        created, past = persons.created_runs(connection), PersonHistory(connection)
    with stages.stage("assign persons"):
        assigned = assign_changed(
            clusters,
            previous,
            new_person=lambda: os.urandom(16).hex(),
            created=created,
            past=past,
        )
    events = [Event(one.kind, one.person, one.other, one.records) for one in assigned.events]
    with database.write() as connection:
        job = jobs.queue(connection, "link", now=utc_now())
    run = LinkRun(
        job=job,
        epoch=EPOCH,
        submissions=(),
        records=len(found.records),
        pairs=len(found.pairs),
        links=int(found.pairs.link.sum()),
        persons=assigned.persons,
        untouched=frozenset(),
        events=events,
        carried={},
    )
    with stages.stage("store the run"), database.write() as connection:
        persons.store_run(connection, run, now=stamp(utc_now()))
    database.close()


def empty_register(path: Path) -> None:
    """Make a shared database that knows the epoch and the agencies, and nobody else."""
    create_database(path, "register")
    database = open_database(path, "register")
    now = stamp(utc_now())
    with database.write() as connection:
        columns = ("content", "descriptor")
        row = dict.fromkeys(columns, "-") | {"epoch": EPOCH, "opens": now[:17], "adopted_at": now}
        connection.execute(insert(schema.epochs).values(**row, current=True))
        for code in made_up.codes():
            row = dict.fromkeys(("name", "card", "signing_key", "fingerprint"), code)
            row |= {"code": code, "role": "council", "enrolled_at": now}
            connection.execute(insert(schema.agencies).values(**row))
    database.close()


def memory() -> float:
    """Return the largest resident memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
