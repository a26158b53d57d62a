"""Settings of a department's own sign-on (OpenID Connect) for the console; a part of ``unit.toml``."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

__all__ = ["SIGN_ON_TEXT", "Algorithm", "SignOnSettings"]

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
"""Signatures that only the holder of a private key can make: no ``none``, nothing with a shared secret."""

_SECRET_FILE = "secrets/sign-on.secret"  # noqa: S105 - a place, no secret
_Text = Annotated[str, Meta(max_length=255)]
_Word = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[!-~]+$")]


class SignOnSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whose sign-on is believed, and what it has to say; see :data:`SIGN_ON_TEXT`."""

    issuer: _Text = ""
    label: Annotated[str, Meta(min_length=1, max_length=60)] = "your department"
    client_id: _Text = ""
    client_secret_file: Annotated[str, Meta(min_length=1, max_length=4096)] = _SECRET_FILE
    scopes: tuple[_Word, ...] = ("openid",)
    algorithms: tuple[Algorithm, ...] = ("RS256", "PS256", "ES256")
    subject: Literal["sub", "oid"] = "sub"
    acr: tuple[_Word, ...] = ()
    amr: tuple[_Word, ...] = ()
    sign_out: bool = False

    def __post_init__(self) -> None:
        """Refuse lists with which no sign-on could work."""
        if "openid" not in self.scopes:
            raise ValueError("console.oidc.scopes does not name openid")
        if not self.algorithms:
            raise ValueError("console.oidc.algorithms is empty")

    @property
    def is_set(self) -> bool:
        """Say whether there is a sign-on at all."""
        return bool(self.issuer)


SIGN_ON_TEXT = """\
[console.oidc]
# A department's own sign-on by OpenID Connect, beside passkeys and passwords. It says who somebody is and no
# more: accounts and roles are made here (`clew register account`). The issuer, as its own documents write it,
# to the letter: "https://sign-on.example.org/unit". All of its addresses must lie at this host. Empty: none.
issuer = ""
# What pages call it: "Sign in with your department".
label = "your department"
# The name that it gave the console, and the file of this folder that holds the secret which goes with it, one
# line that only the console's account may read. The secret itself may not stand here.
client_id = ""
client_secret_file = "secrets/sign-on.secret"
# What is asked for: "openid" is enough. Of names and addresses that it might tell nothing is kept.
scopes = ["openid"]
# Signatures that are taken: RS, PS or ES, with 256, 384 or 512.
algorithms = ["RS256", "PS256", "ES256"]
# What accounts are bound to: "sub", or "oid" where sub is not known before somebody has signed in (Entra ID).
subject = "sub"
# What it must say of how somebody signed in: one of these levels, and all of these methods. Without either it
# decides itself whether a password is enough.
acr = []
amr = []
# Whether the page after signing out offers to sign out there, too.
sign_out = false
"""
