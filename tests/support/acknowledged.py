"""What clients hold acknowledgements for, kept outside the unit, and whether its stores still have it."""

import hashlib
import json
import sqlite3
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.folders import DataFolder
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
    """The unit's stores read as files, by nobody of the unit."""

    folder: DataFolder
    signing_key: str

    def check(self, entries: Iterable[Acknowledged]) -> list[str]:
        """Return what of these acknowledgements the unit does not stand by any more; empty is well."""
        by_submission: dict[str, list[Acknowledged]] = defaultdict(list)
        for one in entries:
            by_submission[one.submission].append(one)
        with closing(sqlite3.connect(self.folder.register_database, timeout=20)) as database:
            database.row_factory = sqlite3.Row
            return [
                f"{name[:8]}: {fault}"
                for name, ones in by_submission.items()
                for fault in self._faults(database, name, ones)
            ]

    def _faults(self, database: sqlite3.Connection, name: str, entries: list[Acknowledged]) -> list[str]:
        row = database.execute("SELECT * FROM submissions WHERE id = ?", (name,)).fetchone()
        if row is None:
            return ["lost: the submission"]
        found: list[str] = []
        if (row["agency"], row["sequence"]) != (entries[0].agency, entries[0].sequence):
            found.append("torn: another agency or sequence")
        for one in entries:
            if one.kind == "put" and row["state"] == "open":
                found += self._chunk(database, one)
            elif one.kind == "commit":
                found += self._commit(database, row, one)
        return found

    def _chunk(self, database: sqlite3.Connection, one: Acknowledged) -> list[str]:
        query = "SELECT present FROM chunks WHERE submission = ? AND sha256 = ?"
        rows = database.execute(query, (one.submission, one.digest)).fetchall()
        if [row[0] for row in rows] != [1]:
            return [f"lost: the row of a chunk ({len(rows)} rows)"]
        path = self.folder.intake(one.part) / f"{one.submission}-{one.digest}.chunk"
        return _file_faults(path, one.digest, "a chunk")

    def _commit(self, database: sqlite3.Connection, row: sqlite3.Row, one: Acknowledged) -> list[str]:
        found: list[str] = []
        if row["receipt"] != one.receipt:
            found.append("lost: the receipt is another")
        if row["state"] not in {"committed", "accepted", "superseded"}:
            found.append(f"lost: it is {row['state']}: {row['reason']}")
        receipt = read_receipt(one.receipt.encode(), signing_key=self.signing_key)
        if receipt.submission != one.submission:
            found.append("torn: the receipt names another submission")
        reached = database.execute("SELECT sequence FROM agencies WHERE code = ?", (one.agency,)).fetchone()
        if reached[0] < one.sequence:
            found.append("lost: the agency's sequence")
        query = "SELECT kind, count(*) FROM jobs WHERE submission = ? GROUP BY kind"
        queued = dict(tuple(each) for each in database.execute(query, (one.submission,)))
        if any(number != 1 for number in queued.values()):
            found.append(f"duplicated: jobs {queued}")
        if not {"check-encodings", "check-payload"} <= queued.keys():
            found.append("lost: a check")
        return found + self._bodies(database, one)

    def _bodies(self, database: sqlite3.Connection, one: Acknowledged) -> list[str]:
        query = "SELECT name, sha256, state FROM parts WHERE submission = ? AND state = 'waiting'"
        found: list[str] = []
        for name, sha256, _ in database.execute(query, (one.submission,)).fetchall():
            path = self.folder.intake(name) / f"{one.submission}-{sha256}.sealed"
            faults = _file_faults(path, sha256, f"the body of {name}")
            # A worker may have taken it in between the two looks; then the part does not wait any more.
            again = database.execute(query + " AND name = ?", (one.submission, name)).fetchall()
            found += faults if again else []
        return found

    def check_nothing_else(self, journal: Journal) -> list[str]:
        """Return what the unit holds that no client ever asked for, or holds twice."""
        with closing(sqlite3.connect(self.folder.register_database, timeout=20)) as database:
            rows = database.execute("SELECT id, agency, sequence FROM submissions").fetchall()
            broken = [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
            broken += [str(row) for row in database.execute("PRAGMA foreign_key_check")]
            runs = database.execute("SELECT count(*), count(DISTINCT job) FROM link_runs").fetchone()
        found = [f"torn: {one}" for one in broken]
        found += [f"{one[0][:8]}: nobody sent it" for one in rows if journal.began.get(one[0]) != one[1:]]
        if len({one[1:] for one in rows}) != len(rows):
            found.append("duplicated: a sequence")
        return found + (["duplicated: a linkage"] if runs[0] != runs[1] else [])


def _file_faults(path: Path, sha256: str, what: str) -> list[str]:
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        return [f"lost: {what}"]
    return [] if hashlib.sha256(body).hexdigest() == sha256 else [f"torn: {what}"]
