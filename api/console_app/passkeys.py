"""Passkeys (WebAuthn): what a browser is asked to sign, and whether it did.

Passkeys are found by the browser itself: no list of them is given to anybody who only types a name.  The
device must see a finger, a face or a PIN (user verification), so one passkey is two factors.
"""

import datetime as dt
from typing import Any

from flask import g, request
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from api.clock import stamp
from api.console_app.service import ConsoleService
from api.store import accounts, console_sessions
from api.store.accounts import Account, Passkey
from api.unsafe_settings import address

__all__ = ["added_passkey", "options_to_add", "options_to_show", "possible", "proven_account"]

_MINUTES = 5
_MAX_LABEL = 60
_MAX_PASSKEYS = 10
_MAX_ID = 400  # what the ledger has room for

_FAULTS = (WebAuthnException, ValueError, LookupError, TypeError, AttributeError)
"""What the library raises for answers that no browser gives."""


def possible() -> bool:
    """Say whether passkeys can belong to the name that this page was asked for by: a number is no name."""
    return address(f"{_name()}:1") is None or _name() == "localhost"


def _name() -> str:
    host = request.host.lower()
    return host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host


def _origin(service: ConsoleService) -> str:
    return f"{'https' if service.own.behind_tls_proxy else 'http'}://{request.host.lower()}"


def options_to_add(service: ConsoleService, account: Account) -> str:
    """Return, as JSON, what a browser needs to make a passkey for an account."""
    with service.database.read() as connection:
        known = accounts.passkeys_of(connection, account.name)
    options = generate_registration_options(
        rp_id=_name(),
        rp_name="Clew console",
        user_id=bytes.fromhex(account.handle),
        user_name=account.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(known),
    )
    _keep(service, "add", options.challenge)
    return options_to_json(options)


def options_to_show(service: ConsoleService, purpose: str, account: str | None = None) -> str:
    """Return, as JSON, what a browser needs to show a passkey: any, or one of an account's."""
    known: list[Passkey] = []
    if account is not None:
        with service.database.read() as connection:
            known = accounts.passkeys_of(connection, account)
    options = generate_authentication_options(
        rp_id=_name(),
        allow_credentials=_descriptors(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    _keep(service, purpose, options.challenge)
    return options_to_json(options)


def _descriptors(known: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id)) for one in known]


def _keep(service: ConsoleService, purpose: str, challenge: bytes) -> None:
    now = service.clock()
    expires = stamp(now + dt.timedelta(minutes=_MINUTES))
    with service.database.write() as connection:
        console_sessions.keep_challenge(
            connection, g.token, purpose=purpose, challenge=challenge, now=stamp(now), expires=expires
        )


def _taken(service: ConsoleService, purpose: str) -> bytes | None:
    with service.database.read() as connection:
        if not console_sessions.has_challenge(connection, g.token):
            return None  # who was asked nothing has no cause to write
    with service.database.write() as connection:
        found = console_sessions.take_challenge(connection, g.token, now=service.now())
    return found.challenge if found is not None and found.purpose == purpose else None


def added_passkey(service: ConsoleService, account: Account, answer: dict[str, Any]) -> dict[str, Any] | None:
    """Return the passkey that a browser made, as a row to be added, or None where it does not hold."""
    challenge = _taken(service, "add")
    with service.database.read() as connection:
        many = len(accounts.passkeys_of(connection, account.name)) >= _MAX_PASSKEYS
    if challenge is None or many:
        return None
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=_name(),
            expected_origin=_origin(service),
            require_user_verification=True,
        )
    except _FAULTS:
        return None
    label, key_id = answer.get("label"), bytes_to_base64url(made.credential_id)
    if len(key_id) > _MAX_ID:
        return None
    return {
        "id": key_id,
        "account": account.name,
        "label": label.strip()[:_MAX_LABEL] if isinstance(label, str) and label.strip() else "Passkey",
        "public_key": made.credential_public_key,
        "sign_count": made.sign_count,
    }


def proven_account(service: ConsoleService, purpose: str, answer: dict[str, Any]) -> Account | None:
    """Return the account whose passkey signed what this browser was asked to sign, or None."""
    challenge, given = _taken(service, purpose), answer.get("id")
    if challenge is None or not isinstance(given, str):
        return None
    with service.database.read() as connection:
        passkey = accounts.passkey_by_id(connection, given[:_MAX_ID])
        account = accounts.account_by_name(connection, passkey.account) if passkey else None
    if passkey is None or account is None or account.state != "active":
        return None
    try:
        shown = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=_name(),
            expected_origin=_origin(service),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _FAULTS:
        return None
    with service.database.write() as connection:
        used = accounts.use_passkey(connection, passkey, sign_count=shown.new_sign_count, now=service.now())
    return account if used else None
