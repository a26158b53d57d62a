"""Tables of the shared database (docs/operations/register.md).

Times are UTC text of one width, whose order is the order of time.  Nothing here holds an encoding or a
record of the payload; handles are here because *handle to person* is what crosses the wall.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from api.store.database import BIG_INTEGER

__all__ = [
    "agencies",
    "areas",
    "carried",
    "chunks",
    "custodians",
    "cycles",
    "destructions",
    "epochs",
    "jobs",
    "kept_answers",
    "ledger_covers",
    "ledger_entries",
    "ledger_head",
    "ledger_nodes",
    "ledger_records",
    "ledger_statements",
    "link_run_inputs",
    "link_run_submissions",
    "link_runs",
    "memberships",
    "metadata",
    "nonces",
    "parts",
    "person_event_records",
    "person_events",
    "persons",
    "results",
    "revocations",
    "submissions",
    "successions",
    "trust",
    "usage",
]

metadata = MetaData()

trust = Table(
    "trust",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("threshold", Integer, nullable=False),
)
"""One row once custodians are pinned: how many of them must sign an epoch descriptor."""

successions = Table(
    "successions",
    metadata,
    Column("serial", Integer, primary_key=True),
    Column("content", String(64), nullable=False),
    Column("document", Text, nullable=False),
    Column("adopted_at", String(27), nullable=False),
)
"""By which the custodians pinned changed; ``content``: SHA-256 of what custodians signed."""

custodians = Table(
    "custodians",
    metadata,
    Column("signing_key", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("pinned_at", String(27), nullable=False),
)

epochs = Table(
    "epochs",
    metadata,
    Column("epoch", String(32), primary_key=True),
    Column("content", String(64), nullable=False),
    Column("descriptor", Text, nullable=False),
    Column("opens", String(17), nullable=False),
    Column("adopted_at", String(27), nullable=False),
    Column("current", Boolean, nullable=False),
    Column("re_encode_by", String(10)),
    Column("closed_at", String(27)),
)
"""``content``: SHA-256 of what custodians signed, so that a second descriptor of one name is noticed.
``re_encode_by``: the last day on which agencies may encode again in this epoch before older ones close."""

agencies = Table(
    "agencies",
    metadata,
    Column("code", String(12), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("signing_key", String(64), nullable=False, unique=True),
    Column("fingerprint", String(64), nullable=False),
    Column("sequence", BIG_INTEGER, nullable=False, server_default="0"),
    Column("enrolled_at", String(27), nullable=False),
    Column("removed_at", String(27)),
)
"""``sequence``: the highest sequence committed; it never falls, not even when a card is replaced."""

nonces = Table(
    "nonces",
    metadata,
    Column("signing_key", String(64), primary_key=True),
    Column("nonce", String(128), primary_key=True),
    Column("expires", String(27), nullable=False, index=True),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("agency", String(12), ForeignKey("agencies.code"), nullable=False),
    Column("sequence", BIG_INTEGER, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("linked", Boolean, nullable=False, server_default=false()),
    Column("manifest", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("registration", String(64), nullable=False),
    Column("epoch", String(32), ForeignKey("epochs.epoch"), nullable=False),
    Column("period_start", String(10), nullable=False),
    Column("period_end", String(10), nullable=False),
    Column("registered_at", String(27), nullable=False),
    Column("committed_at", String(27)),
    Column("settled_at", String(27)),
    Column("receipt", Text),
    Column("ended_at", String(27)),
    UniqueConstraint("agency", "sequence"),
    Index("submissions_by_period", "agency", "period_start", "period_end"),
)
"""``registration``: SHA-256 of the registration's canonical form, to tell a retry from another one.
``ended_at``: since when an accepted snapshot is superseded."""

parts = Table(
    "parts",
    metadata,
    Column("submission", String(64), ForeignKey("submissions.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(16), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("size", BIG_INTEGER, nullable=False),
    Column("state", String(16), nullable=False),
)
"""Digest and size of the sealed bytes; ``state``: waiting, valid, refused or dropped."""

chunks = Table(
    "chunks",
    metadata,
    Column("submission", String(64), primary_key=True),
    Column("part", String(16), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("size", BIG_INTEGER, nullable=False),
    Column("present", Boolean, nullable=False, server_default=false()),
    ForeignKeyConstraint(["submission", "part"], ["parts.submission", "parts.name"], ondelete="CASCADE"),
    Index("chunks_by_digest", "submission", "sha256"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(24), nullable=False),
    Column("worker", String(16), nullable=False),
    Column("submission", String(64), ForeignKey("submissions.id")),
    Column("cycle", Integer),
    Column("state", String(16), nullable=False),
    Column("barrier", Boolean, nullable=False, server_default=false()),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", String(27), nullable=False),
    Column("token", String(32)),
    Column("lease_until", String(27)),
    Column("done", BIG_INTEGER, nullable=False, server_default="0"),
    Column("total", BIG_INTEGER, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default=""),
    Column("queued_at", String(27), nullable=False),
    Column("finished_at", String(27)),
    Index("jobs_to_claim", "worker", "state", "id"),
)
"""``state``: waiting, running, done, failed or cancelled; a barrier waits for every job before it."""

link_runs = Table(
    "link_runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", Integer, ForeignKey("jobs.id"), nullable=False, unique=True),
    Column("epoch", String(32), ForeignKey("epochs.epoch")),
    Column("records", BIG_INTEGER, nullable=False),
    Column("pairs", BIG_INTEGER, nullable=False),
    Column("links", BIG_INTEGER, nullable=False),
    Column("persons", Integer, nullable=False),
    Column("finished_at", String(27), nullable=False),
    Column("possible", BIG_INTEGER),
    Column("precision", Float),
    Column("precision_low", Float),
    Column("precision_high", Float),
    Column("method", String(16)),
)
"""``possible``: possible links; ``precision``: what the linkage states of its links, and its interval."""

link_run_submissions = Table(
    "link_run_submissions",
    metadata,
    Column("run", Integer, ForeignKey("link_runs.id"), primary_key=True),
    Column("submission", String(64), ForeignKey("submissions.id"), primary_key=True),
)

link_run_inputs = Table(
    "link_run_inputs",
    metadata,
    Column("run", Integer, ForeignKey("link_runs.id"), primary_key=True),
    Column("engine", String(64), nullable=False),
    Column("profile_sha256", String(64), nullable=False),
    Column("inputs_sha256", String(64), nullable=False),
)
"""What a run compared and by whom: whoever links the same again can say whether it was the same."""

persons = Table(
    "persons",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("created_run", Integer, ForeignKey("link_runs.id"), nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    Column("agency", String(12), ForeignKey("agencies.code"), primary_key=True),
    Column("handle", String(32), primary_key=True),
    Column("person", String(32), ForeignKey("persons.id"), nullable=False, index=True),
    Column("since_run", Integer, ForeignKey("link_runs.id"), nullable=False),
    Column("epoch", String(32), nullable=False, server_default="", index=True),
)
"""``epoch``: the one that the record was last linked in."""

carried = Table(
    "carried",
    metadata,
    Column("agency", String(12), ForeignKey("agencies.code"), primary_key=True),
    Column("handle", String(32), primary_key=True),
    Column("epoch", String(32), nullable=False, index=True),
    Column("person", String(32), ForeignKey("persons.id"), nullable=False),
    Column("encoding", String(64), nullable=False),
)
"""The person that a record had when it came to ``epoch`` from an older one, and which holds there.

``encoding``: SHA-256 of the record's encoding as it came; once the agency sends another, nothing is carried.
"""

person_events = Table(
    "person_events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", Integer, ForeignKey("link_runs.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("person", String(32), ForeignKey("persons.id"), nullable=False, index=True),
    Column("other", String(32), ForeignKey("persons.id")),
)
"""The history of persons: rows are added and never changed."""

person_event_records = Table(
    "person_event_records",
    metadata,
    Column("event", Integer, ForeignKey("person_events.id"), primary_key=True),
    Column("agency", String(12), primary_key=True),
    Column("handle", String(32), primary_key=True),
)

cycles = Table(
    "cycles",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("closed_at", String(27), nullable=False),
    Column("link_job", Integer, ForeignKey("jobs.id"), nullable=False),
    Column("reconcile_job", Integer, ForeignKey("jobs.id"), nullable=False),
    Column("figures", Text),
    Column("reconciled_at", String(27)),
)

results = Table(
    "results",
    metadata,
    Column("cycle", Integer, ForeignKey("cycles.number"), primary_key=True),
    Column("agency", String(12), ForeignKey("agencies.code"), primary_key=True),
    Column("body", Text, nullable=False),
)

revocations = Table(
    "revocations",
    metadata,
    Column("kind", String(8), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("name", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided", String(17), nullable=False),
    Column("document", Text, nullable=False),
    Column("received_at", String(27), nullable=False),
)
"""``kind``: agency, whose ``subject`` is a card's signing key, or epoch, whose is a descriptor's content."""

destructions = Table(
    "destructions",
    metadata,
    Column("epoch", String(32), ForeignKey("epochs.epoch"), primary_key=True),
    Column("asked_at", String(27), nullable=False),
    Column("link_job", Integer, ForeignKey("jobs.id"), nullable=False),
    Column("payload_job", Integer, ForeignKey("jobs.id"), nullable=False),
    Column("encodings_job", Integer, ForeignKey("jobs.id"), nullable=False),
    Column("payload_records", Integer),
    Column("memberships", Integer),
    Column("destroyed_at", String(27)),
    Column("certificate", Text),
)
"""One row once the operator asked for a closed epoch to be destroyed: its three jobs, what they erased."""

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("size", BIG_INTEGER, nullable=False),
    Column("row_key", String(64), nullable=False),
    Column("checkpoint", Text),
)
"""One row, locked by whoever appends: how many entries there are, the key of the digests of covered rows,
and the newest checkpoint that was signed."""

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("entry", BIG_INTEGER, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("day", String(10), nullable=False),
    Column("commitment", String(64), nullable=False),
)
"""The leaves of the ledger's tree: rows are added and never changed or deleted."""

ledger_statements = Table(
    "ledger_statements",
    metadata,
    Column("entry", BIG_INTEGER, ForeignKey("ledger_entries.entry"), primary_key=True, autoincrement=False),
    Column("salt", String(64), nullable=False),
    Column("statement", Text, nullable=False),
)
"""What opens a leaf; erased with the records that it speaks of."""

ledger_records = Table(
    "ledger_records",
    metadata,
    Column("entry", BIG_INTEGER, ForeignKey("ledger_entries.entry"), primary_key=True, autoincrement=False),
    Column("agency", String(12), primary_key=True),
    Column("handle", String(32), primary_key=True),
    Index("ledger_records_by_handle", "agency", "handle"),
)
"""Which records a statement speaks of, so that it can be found when they are erased."""

ledger_nodes = Table(
    "ledger_nodes",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", BIG_INTEGER, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
)
"""Hashes of the tree's complete subtrees; they follow from the leaves and are kept for speed."""

ledger_covers = Table(
    "ledger_covers",
    metadata,
    Column("what", String(64), primary_key=True),
    Column("key", String(400), primary_key=True),
    Column("entry", BIG_INTEGER, ForeignKey("ledger_entries.entry"), nullable=False),
    Column("digest", String(64)),
)
"""The newest digest of every covered row, stretch of rows or file; it follows from the statements."""
usage = Table(
    "usage",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("measure", String(16), primary_key=True),
    Column("span", String(16), nullable=False),
    Column("amount", BigInteger, nullable=False),
)
"""What was used of a limit in its present span, a minute or a day.

``subject``: an agency's code, a revoked card's key, or the hash of whom the console counts."""

kept_answers = Table(
    "kept_answers",
    metadata,
    Column("agency", String(12), ForeignKey("agencies.code"), primary_key=True),
    Column("idempotency_key", String(128), primary_key=True),
    Column("request", String(64), nullable=False),
    Column("status", Integer),
    Column("media_type", String(64)),
    Column("body", Text),
    Column("expires", String(27), nullable=False, index=True),
)
"""What a request with an Idempotency-Key was answered; ``request``: SHA-256 of method, target and body.
No ``status``: the address gives the same answer by itself when it is asked again."""

areas = Table(
    "areas",
    metadata,
    Column("area_code", String(12), primary_key=True),
    Column("area_name", Text, nullable=False),
    Column("region_code", String(12), nullable=False),
    Column("region_name", Text, nullable=False),
    Column("country_code", String(12), nullable=False),
    Column("country_name", Text, nullable=False),
    Column("force_code", String(12), nullable=False),
    Column("force_name", Text, nullable=False),
)
"""The area directory: which region, country and police force every council's area belongs to."""
