"""What clients hold acknowledgements for, kept outside the unit, and whether its stores still have it."""

import hashlib
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Row, text

from api.folders import DataFolder
from api.store.database import open_database
from linkage.wire.submission import read_receipt


@dataclass(frozen=True)
class Acknowledged:
    """One 2xx: of a registration, a chunk or a commit, whose receipt is the text."""

    kind: str
    agency: str
    submission: str
    sequence: int
    digest: str = ""
    part: str = ""
    receipt: str = ""


@dataclass
class Journal:
    """Every acknowledgement in the order in which it came, in a file so that a run can be gone on with."""

    path: Path
    entries: list[Acknowledged] = field(default_factory=list)
    began: dict[str, tuple[str, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                self._take(json.loads(line))
        self._stream = self.path.open("a", buffering=1)

    def _take(self, said: dict[str, Any]) -> None:
        if said["kind"] == "begin":
            self.began[said["submission"]] = (said["agency"], said["sequence"])
        else:
            self.entries.append(Acknowledged(**said))

    def note(self, kind: str, agency: str, submission: str, sequence: int, **more: str) -> None:
        """Note an acknowledgement, or with ``begin`` that a client is about to ask for a submission."""
        said = {"kind": kind, "agency": agency, "submission": submission, "sequence": sequence, **more}
        with self._lock:
            self._take(said)
            self._stream.write(json.dumps(said) + "\n")

    def last_sequence(self, agency: str) -> int:
        return max((number for code, number in self.began.values() if code == agency), default=0)

    def counts(self) -> Counter[str]:
        return Counter(one.kind for one in self.entries)

    def close(self) -> None:
        self._stream.close()


@dataclass
class Stores:
    """The unit's stores as they are, read beside the unit's processes."""

    folder: DataFolder
    signing_key: str

    def __post_init__(self) -> None:
        self.database = open_database(self.folder.location("register"), "register")

    def close(self) -> None:
        self.database.close()

    def rows(self, query: str, **values: object) -> list[Row[Any]]:
        """Return what a query finds at this moment."""
        with self.database.read() as connection:
            return list(connection.execute(text(query), values))

    def change(self, *statements: str) -> None:
        """Change rows by hand, to let time pass that nobody waits for."""
        with self.database.write() as connection:
            for one in statements:
                connection.execute(text(one))

    def check(self, entries: Iterable[Acknowledged]) -> list[str]:
        """Return what of these acknowledgements the unit does not stand by any more; empty is well."""
        by_submission: dict[str, list[Acknowledged]] = defaultdict(list)
        for one in entries:
            by_submission[one.submission].append(one)
        return [
            f"{name[:8]}: {fault}"
            for name, ones in by_submission.items()
            for fault in self._faults(name, ones)
        ]

    def _faults(self, name: str, entries: list[Acknowledged]) -> list[str]:
        rows = self.rows("SELECT * FROM submissions WHERE id = :id", id=name)
        if not rows:
            return ["lost: the submission"]
        row, found = rows[0], list[str]()
        if (row.agency, row.sequence) != (entries[0].agency, entries[0].sequence):
            found.append("torn: another agency or sequence")
        if row.state == "open":
            found += self._chunks(name, [one for one in entries if one.kind == "put"])
        for one in entries:
            if one.kind == "commit":
                found += self._commit(row, one)
        return found

    def _chunks(self, name: str, entries: list[Acknowledged]) -> list[str]:
        query = "SELECT sha256 FROM chunks WHERE submission = :id AND present"
        present = Counter(row.sha256 for row in self.rows(query, id=name))
        found = []
        for one in entries:
            if present[one.digest] != 1:
                found.append(f"lost: the row of a chunk ({present[one.digest]} rows)")
            path = self.folder.intake(one.part) / f"{one.submission}-{one.digest}.chunk"
            found += _file_faults(path, one.digest, "a chunk")
        # A commit that nobody saw answered may have come in between: then the chunks are in the bodies.
        again = self.rows("SELECT 1 FROM submissions WHERE id = :id AND state = 'open'", id=name)
        return found if again else []

    def _commit(self, row: Row[Any], one: Acknowledged) -> list[str]:
        found: list[str] = []
        if row.receipt != one.receipt:
            found.append("lost: the receipt is another")
        if row.state not in {"committed", "accepted", "superseded"}:
            found.append(f"lost: it is {row.state}: {row.reason}")
        receipt = read_receipt(one.receipt.encode(), signing_key=self.signing_key)
        if receipt.submission != one.submission:
            found.append("torn: the receipt names another submission")
        reached = self.rows("SELECT sequence FROM agencies WHERE code = :code", code=one.agency)
        if reached[0].sequence < one.sequence:
            found.append("lost: the agency's sequence")
        query = "SELECT kind, count(*) AS number FROM jobs WHERE submission = :id GROUP BY kind"
        queued = {each.kind: each.number for each in self.rows(query, id=one.submission)}
        if any(number != 1 for number in queued.values()):
            found.append(f"duplicated: jobs {queued}")
        if not {"check-encodings", "check-payload"} <= queued.keys():
            found.append("lost: a check")
        return found + self._bodies(one)

    def _bodies(self, one: Acknowledged) -> list[str]:
        query = "SELECT name, sha256 FROM parts WHERE submission = :id AND state = 'waiting'"
        found: list[str] = []
        for part in self.rows(query, id=one.submission):
            path = self.folder.intake(part.name) / f"{one.submission}-{part.sha256}.sealed"
            faults = _file_faults(path, part.sha256, f"the body of {part.name}")
            # A worker may have taken it in between the two looks; then the part does not wait any more.
            again = self.rows(f"{query} AND name = :name", id=one.submission, name=part.name)
            found += faults if again else []
        return found

    def check_nothing_else(self, journal: Journal) -> list[str]:
        """Return what the unit holds that no client ever asked for, or holds twice."""
        rows = self.rows("SELECT id, agency, sequence FROM submissions")
        runs = self.rows("SELECT count(*) AS number, count(DISTINCT job) AS jobs FROM link_runs")[0]
        broken: list[object] = []
        if self.database.name.endswith(".db"):
            broken += [row[0] for row in self.rows("PRAGMA integrity_check") if row[0] != "ok"]
            broken += self.rows("PRAGMA foreign_key_check")
        found = [f"torn: {one}" for one in broken]
        wanted = [(one.agency, one.sequence) for one in rows]
        known = [journal.began.get(one.id) for one in rows]
        found += [f"nobody sent {one}" for one, asked in zip(wanted, known, strict=True) if asked != one]
        if len(set(wanted)) != len(rows):
            found.append("duplicated: a sequence")
        return found + (["duplicated: a linkage"] if runs.number != runs.jobs else [])


def _file_faults(path: Path, sha256: str, what: str) -> list[str]:
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        return [f"lost: {what}"]
    return [] if hashlib.sha256(body).hexdigest() == sha256 else [f"torn: {what}"]
