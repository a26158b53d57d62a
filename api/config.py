"""The unit's settings: one TOML file, every setting documented in it, unknown or unsafe values refused."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import URL

from api.logs import LogForm
from api.policy_settings import (
    POLICY_TEXT,
    DisclosureSettings,
    LinkageSettings,
    ReconciliationSettings,
    RetentionSettings,
)
from api.privacy_settings import PRIVACY_TEXT, BatchSettings, BudgetSettings, CoverSettings
from api.setting_words import not_toml, wrong_value
from api.sign_on_settings import SIGN_ON_TEXT, SignOnSettings
from api.spark.settings import SPARK_TEXT, SparkSettings
from api.store.database import SCHEMAS, Pool, StoreName
from api.store.database_url import database_url, pooled_url
from api.unsafe_settings import settings_findings
from linkage.errors import InputError, VersionError
from linkage.wire.limits import MAX_PART_BYTES, MAX_RECORDS

__all__ = [
    "AmendmentSettings",
    "ConsoleSettings",
    "DatabaseSettings",
    "DiskSettings",
    "Limits",
    "LogSettings",
    "MetricsSettings",
    "ReidentificationSettings",
    "ServiceSettings",
    "Settings",
    "parse_settings",
    "read_settings",
    "settings_text",
]

_MAX_SETTINGS_BYTES = 64 * 1024
_MIB = 1024**2
_GIB = 1024**3

HostText = Annotated[str, Meta(min_length=1, max_length=255)]
AddressText = Annotated[str, Meta(max_length=64)]


class ServiceSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the agency app is reached; see the text of :func:`settings_text`."""

    listen: AddressText = "127.0.0.1:8080"
    hosts: tuple[HostText, ...] = ()
    behind_tls_proxy: bool = False
    threads: Annotated[int, Meta(ge=1, le=64)] = 8
    outside_checkpoints: tuple[Annotated[str, Meta(min_length=1, max_length=4096)], ...] = ()


class ConsoleSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the console is reached, and how long one stays signed in."""

    listen: AddressText = "127.0.0.1:8090"
    host: Annotated[str, Meta(max_length=255)] = ""
    behind_tls_proxy: bool = False
    threads: Annotated[int, Meta(ge=1, le=64)] = 4
    idle_minutes: Annotated[int, Meta(ge=1, le=60)] = 15
    hours: Annotated[int, Meta(ge=1, le=12)] = 8
    confirm_minutes: Annotated[int, Meta(ge=1, le=30)] = 5
    attempts_per_account: Annotated[int, Meta(ge=3, le=100)] = 10
    attempts_per_address: Annotated[int, Meta(ge=3, le=10_000)] = 60
    oidc: SignOnSettings = SignOnSettings()


class DatabaseSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where each store's database is; nothing means SQLite, in the unit's own folder."""

    register: str = ""
    encodings: str = ""
    payload: str = ""
    connections: Annotated[int, Meta(ge=1, le=200)] = 10
    more_connections: Annotated[int, Meta(ge=0, le=200)] = 10
    wait_seconds: Annotated[int, Meta(ge=1, le=30)] = 4
    recycle_minutes: Annotated[int, Meta(ge=1, le=1440)] = 30
    pooler: AddressText = ""

    def pool(self) -> Pool:
        """Return what connections each process has to each of the databases."""
        return Pool(
            connections=self.connections,
            more=self.more_connections,
            wait_seconds=self.wait_seconds,
            recycle_minutes=self.recycle_minutes,
            pooler=self.pooler,
        )

    def url(self, store: StoreName) -> URL | None:
        """Return the URL of a store, or None for SQLite; raises :class:`InputError` for an unsafe one."""
        text = str(getattr(self, store))
        return database_url(text, what=f"[database] {store}") if text else None

    def check(self) -> None:
        """Refuse URLs that are unsafe, two stores in one database, and a pooler that none of them can use."""
        found = [url for store in SCHEMAS if (url := self.url(store)) is not None]
        if self.pooler:
            for url in found:
                pooled_url(url, self.pooler)
        if len(set(found)) < len(found):
            raise InputError(
                "[database]: two stores in one database",
                hint="give each a database of its own, so that no worker has a right on the other's",
            )


class Limits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much one agency may ask of the unit."""

    submission_bytes: Annotated[int, Meta(ge=1024 * 1024, le=16 * _GIB)] = 2 * _GIB
    part_bytes: Annotated[int, Meta(ge=1024 * 1024, le=MAX_PART_BYTES)] = 2 * _GIB
    records: Annotated[int, Meta(ge=1, le=MAX_RECORDS)] = 1_000_000
    open_submissions: Annotated[int, Meta(ge=1, le=100)] = 4
    requests_per_minute: Annotated[int, Meta(ge=10, le=1_000_000)] = 3000
    bytes_per_day: Annotated[int, Meta(ge=1024 * 1024, le=1024 * _GIB)] = 16 * _GIB
    records_per_day: Annotated[int, Meta(ge=1, le=100 * MAX_RECORDS)] = 4_000_000
    queries_per_day: Annotated[int, Meta(ge=1, le=1_000_000)] = 1000
    in_flight: Annotated[int, Meta(ge=1, le=64)] = 4
    waiting: Annotated[int, Meta(ge=1, le=1000)] = 64

    def __post_init__(self) -> None:
        """Refuse limits of a day that no single submission of the allowed size would pass."""
        if self.bytes_per_day < self.submission_bytes:
            raise ValueError("limits.bytes_per_day is below limits.submission_bytes")
        if self.records_per_day < self.records:
            raise ValueError("limits.records_per_day is below limits.records")


class LogSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the service and the workers log."""

    form: LogForm = "text"


class MetricsSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where each process answers Prometheus; nowhere by default."""

    service: AddressText = ""
    linking: AddressText = ""
    register: AddressText = ""
    beyond_loopback: bool = False


class DiskSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much room the unit wants to see."""

    free_bytes: Annotated[int, Meta(ge=16 * _MIB, le=1024 * _GIB)] = 1 * _GIB


class AmendmentSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much an agency may amend before it is held back or an alert is raised."""

    days: Annotated[int, Meta(ge=30, le=3650)] = 365
    per_record: Annotated[int, Meta(ge=1, le=100)] = 4
    per_child: Annotated[int, Meta(ge=1, le=1000)] = 12
    walking: Annotated[int, Meta(ge=2, le=100)] = 3
    returns: Annotated[int, Meta(ge=1, le=100)] = 2
    short_lived: Annotated[int, Meta(ge=1, le=100_000)] = 5
    short_lived_share: Annotated[float, Meta(ge=0, le=1)] = 0.01
    short_lived_cycles: Annotated[int, Meta(ge=1, le=12)] = 2
    backdated: Annotated[int, Meta(ge=1, le=100_000)] = 20
    backdated_share: Annotated[float, Meta(ge=0, le=1)] = 0.2
    urgent: Annotated[int, Meta(ge=0, le=100_000)] = 20
    urgent_share: Annotated[float, Meta(ge=0, le=1)] = 0.01


class ReidentificationSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long a request to open a pseudonym may wait, and how many there may be."""

    valid_days: Annotated[int, Meta(ge=1, le=365)] = 30
    requests_in_30_days: Annotated[int, Meta(ge=0, le=1000)] = 10


class Settings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that an operator may set."""

    VERSION: ClassVar[int] = 1
    version: int
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    service: ServiceSettings = ServiceSettings()
    console: ConsoleSettings = ConsoleSettings()
    database: DatabaseSettings = DatabaseSettings()
    limits: Limits = Limits()
    log: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()
    disk: DiskSettings = DiskSettings()
    linkage: LinkageSettings = LinkageSettings()
    spark: SparkSettings = SparkSettings()
    reconciliation: ReconciliationSettings = ReconciliationSettings()
    retention: RetentionSettings = RetentionSettings()
    disclosure: DisclosureSettings = DisclosureSettings()
    amendments: AmendmentSettings = AmendmentSettings()
    reidentification: ReidentificationSettings = ReidentificationSettings()
    batches: BatchSettings = BatchSettings()
    budgets: BudgetSettings = BudgetSettings()
    cover: CoverSettings = CoverSettings()


def settings_text(name: str, databases: Mapping[StoreName, str] | None = None) -> str:
    """Return the settings file of a new unit, each setting with its default and what it does."""
    urls = {store: json.dumps((databases or {}).get(store, "")) for store in SCHEMAS}
    return f"""\
# Settings of this linkage unit. Changes take effect when the service is started again.
version = {Settings.VERSION}

# The unit's name, as on its card.
name = {json.dumps(name)}

[service]
# The address and port that `clew register serve` listens on.
listen = "127.0.0.1:8080"
# The names by which agencies reach this unit, as they stand in their URLs: "unit.example.org", with the
# port if it is not the usual one. A signed request for any other name is refused, so that what was signed
# for one unit cannot be played to another. With no names only this machine itself is served.
hosts = []
# Set this to true where a proxy in front of the service ends TLS. Without it the service listens on this
# machine's own addresses (127.0.0.1, ::1) only, because requests would cross the network in clear.
behind_tls_proxy = false
# Requests that are worked on at the same time.
threads = 8
# Checkpoints of the ledger that are kept elsewhere: files, or folders of *.txt. Where the ledger does not go
# on from each of them, as after an old backup was restored, the service does not start and signs nothing.
outside_checkpoints = []

[console]
# The address and port that `clew register console` listens on.
listen = "127.0.0.1:8090"
# The name by which people reach the console, as in its URL: "console.example.org", with the port if it is
# not the usual one. It is a name of its own, so that no cookie is shared with anything else. Passkeys belong
# to this name: with another one they do not work. Empty: only this machine itself is served, as localhost.
host = ""
# Set this to true where a proxy in front of the console ends TLS; it must set X-Forwarded-For to the address
# of whoever asks. Without it the console listens on this machine's own addresses only.
behind_tls_proxy = false
# Requests that are worked on at the same time.
threads = 4
# A session ends after so many minutes without a request, and so many hours after it began.
idle_minutes = 15
hours = 8
# Sensitive acts ask who is there once more if that was shown more minutes ago than this.
confirm_minutes = 5
# Attempts to sign in within a quarter of an hour: to one account by password or code, and from one address.
attempts_per_account = 10
attempts_per_address = 60

{SIGN_ON_TEXT}
[database]
# Where the three stores are: "" for SQLite, a file of this folder, or the URL of a PostgreSQL database
# (15 or newer), each its own: "postgresql+psycopg:///clew_register?host=/run/postgresql". Without a user in
# the URL each process logs in by the name of its own account (peer). A password may not stand here: name a
# passfile or a service, as in "postgresql+psycopg://clew@db.example.org/clew_register?passfile=/etc/clew/pgpass".
# The certificate of a server on another machine is checked (sslmode=verify-full; sslrootcert names the
# authority's). docs/operations/database.md says how the databases and the accounts' rights are made.
# Shared by the service and both workers:
register = {urls["register"]}
# The linking worker's alone:
encodings = {urls["encodings"]}
# The register worker's alone:
payload = {urls["payload"]}
# Connections that each process keeps to each PostgreSQL database, and how many more it makes while those are
# busy. All processes together must fit the server's max_connections: docs/operations/database.md adds it up.
connections = 10
more_connections = 10
# Who waits for a connection longer than so many seconds is answered 503 and tries again.
wait_seconds = 4
# A connection is made anew after so many minutes.
recycle_minutes = 30
# The address of a pgbouncer in transaction mode that ordinary transactions go through, HOST:PORT or
# /FOLDER:PORT; the URLs above stay the server's own, for what no pooler can carry. Empty: no pooler.
pooler = ""

[limits]
# The largest submission, both sealed parts together, in bytes.
submission_bytes = {2 * _GIB}
# The largest part of a submission once it is opened and unpacked, in bytes. A worker holds a part in memory.
part_bytes = {2 * _GIB}
# The most records of all kinds in one submission, encoding rows among them.
records = 1000000
# Submissions that one agency may have begun and not yet committed.
open_submissions = 4
# What one agency may ask, counted in the database for all processes of the service together; beyond it the
# answer is 429 with the time to wait. Minutes are the clock's; days are the clock's in UTC.
requests_per_minute = 3000
# Bodies, in bytes: repeated ones count again.
bytes_per_day = {16 * _GIB}
# Records of all kinds in the submissions registered.
records_per_day = 4000000
# Requests that tell something about children: results pulled, and queries read or answered.
queries_per_day = 1000
# Requests of one agency that a process works on at the same time.
in_flight = 4
# Requests of everybody that wait for a thread; one more is answered 503 before its body is read.
waiting = 64

[log]
# How the service and the workers log: "text", or "json" for a line of JSON each.
form = "text"

[metrics]
# The address and port on which each process answers Prometheus, such as "127.0.0.1:9464"; empty for none.
service = ""
linking = ""
register = ""
# Set this to true to let one of them be an address that other machines reach; whoever reaches it can read it.
beyond_loopback = false

[disk]
# Free bytes below which the unit says that it is not healthy.
free_bytes = {_GIB}
{POLICY_TEXT}{SPARK_TEXT}
[amendments]
# What an agency may change about a record from cycle to cycle before that looks like probing: moving a date
# until the class flips, or inventing children. Corrections that agencies make every month stay far below.
# How many days an amendment counts. Withdrawing a record resets nothing.
days = 365
# In how many cycles one record may be amended. Beyond it nothing new of that child is told until you admit.
per_record = 4
# How many amendments all records of one child may have, each counted once a cycle.
per_child = 12
# Alert: one date that went the same way in so many cycles.
walking = 3
# Alert: a record that was withdrawn and came back so often.
returns = 2
# Alert: children with records that were there for a moment only: at least so many, and this share of all.
short_lived = 5
short_lived_share = 0.01
# How many cycles are "a moment".
short_lived_cycles = 2
# Alert: children that come with nothing but old absences: at least so many in one cycle, and this share.
backdated = 20
backdated_share = 0.2
# How many open/closed conflicts an agency is told of between two cycles, or this share of its episodes if
# that is more. The others wait for the cycle, and an alert is raised.
urgent = 20
urgent_share = 0.01

[reidentification]
# For how many days a request to open a pseudonym may be approved and answered.
valid_days = 30
# How many requests may be filed within 30 days; with 0 none.
requests_in_30_days = 10
{PRIVACY_TEXT}"""


def read_settings(path: Path) -> Settings:
    """Read the settings; raises :class:`InputError` saying which is wrong or unsafe and how to mend it."""
    settings = parse_settings(path)
    for found in settings_findings(settings):
        if found.weight == "fault":
            raise InputError(f"{path.name}: {found.where}: {found.what}", hint=found.hint)
    return settings


def parse_settings(path: Path) -> Settings:
    """Read the settings, whether they are safe or not."""
    try:
        data = path.read_bytes()[:_MAX_SETTINGS_BYTES]
        value = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(f"{path.name}: {reason}", hint="check who may read it") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise not_toml(path.name, data, error) from None
    if value.get("version") != Settings.VERSION:
        raise VersionError(f"{path.name}: this release reads settings of version {Settings.VERSION}")
    try:
        settings = msgspec.convert(value, Settings)
    except msgspec.ValidationError as error:
        raise wrong_value(path.name, value, Settings, error) from None
    settings.database.check()
    return settings
