"""Tables of the console: accounts, passkeys, sessions, challenges, and who looked at what.

They belong to the shared database.  Nothing here lets anybody sign in: of tokens and one-time codes there are
hashes, of passwords Argon2id, passkeys are public keys, and what makes codes of an app is sealed.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from api.store.database import BIG_INTEGER
from api.store.schema import metadata

__all__ = ["accounts", "challenges", "passkeys", "sessions", "views"]

accounts = Table(
    "console_accounts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("roles", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("handle", String(64), nullable=False, unique=True),
    Column("code", String(64)),
    Column("code_expires", String(27)),
    Column("password", Text),
    Column("totp", LargeBinary),
    Column("totp_step", BIG_INTEGER),
    Column("made_at", String(27), nullable=False),
)
"""``roles``: their names in order, a space between; ``state``: invited, active or disabled.

``handle``: random, what a passkey knows the account by; ``code``: SHA-256 of the one-time code;
``totp_step``: the newest interval of which a code was taken, so that none counts twice."""

passkeys = Table(
    "console_passkeys",
    metadata,
    Column("id", String(512), primary_key=True),
    Column("account", String(64), ForeignKey("console_accounts.name"), nullable=False, index=True),
    Column("label", String(64), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BIG_INTEGER, nullable=False),
    Column("added_at", String(27), nullable=False),
    Column("used_at", String(27)),
)
"""``id``: the credential's, in base64url."""

sessions = Table(
    "console_sessions",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("account", String(64), ForeignKey("console_accounts.name"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("begun_at", String(27), nullable=False),
    Column("seen_at", String(27), nullable=False),
    Column("shown_at", String(27)),
    Column("totp", LargeBinary),
)
"""``token``: SHA-256 of what the browser holds; ``kind``: full, or setup while there are no credentials.

``shown_at``: when the account last showed who it is; ``totp``: sealed, what is offered and not yet taken."""

challenges = Table(
    "console_challenges",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("challenge", LargeBinary, nullable=False),
    Column("expires", String(27), nullable=False, index=True),
)
"""What a passkey has to sign, for the browser that asked; it goes when it is answered."""

views = Table(
    "console_views",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", String(27), nullable=False),
    Column("account", String(64), nullable=False),
    Column("page", String(64), nullable=False),
    Column("address", String(400), nullable=False),
    Index("ix_console_views_at", "at"),
)
"""Every page that somebody was shown and that is to be accounted for."""
