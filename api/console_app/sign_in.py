"""Signing in and out, and showing once more who is there before a sensitive act."""

import logging
from typing import Any

from flask import Flask, Response, abort, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from api.console_app import app_codes, passkeys, passwords
from api.console_app.attempts import admit
from api.console_app.current import current
from api.console_app.guarding import change_token, local_address
from api.console_app.roles import anybody, signed_in
from api.console_app.service import ConsoleService
from api.console_app.typed import object_sent
from api.logs import fault_words
from api.store import accounts, console_sessions
from api.store.accounts import Account
from linkage.errors import VerificationError

__all__ = ["add_pages", "json_answer", "json_sent", "shown_again", "signed_in_by"]

_faults = logging.getLogger("clew.faults")

_REFUSED = "The name, password and code do not belong together, or the code was used before"


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the pages by which one signs in and out."""
    _add_sign_in(app, service)
    _add_confirm(app, service)

    @app.post("/sign-out")
    @signed_in()
    def sign_out() -> AnyResponse:
        with service.database.write() as connection:
            console_sessions.end_session(connection, g.session)
        change_token()
        return redirect("/sign-in?out=1", 303)


def _add_sign_in(app: Flask, service: ConsoleService) -> None:
    @app.get("/sign-in")
    @anybody
    def sign_in() -> str:
        return _sign_in_page(service, request.args)

    @app.post("/sign-in")
    @anybody
    def sign_in_by_password() -> AnyResponse | tuple[str, int]:
        name = request.form.get("name", "").strip().lower()[:64]
        admit(service, name)
        account = _by_password(service, name)
        if account is None:
            return _sign_in_page(service, request.form, fault=_REFUSED), 403
        signed_in_by(service, account, "password")
        return redirect(local_address(request.form.get("next", "/")), 303)

    @app.post("/sign-in/passkey/options")
    @anybody
    def passkey_to_sign_in() -> Response:
        admit(service)
        return Response(passkeys.options_to_show(service, "sign-in"), mimetype="application/json")

    @app.post("/sign-in/passkey")
    @anybody
    def sign_in_by_passkey() -> tuple[dict[str, str], int]:
        account = passkeys.proven_account(service, "sign-in", json_sent())
        if account is None:
            return json_answer(fault="This passkey is not known here. Try another, or your password.")
        signed_in_by(service, account, "passkey")
        return json_answer(address=local_address(request.args.get("next", "/")))


def _sign_in_page(service: ConsoleService, given: Any, fault: str | None = None) -> str:
    return render_template(
        "console/sign_in.html",
        next=local_address(given.get("next", "/")),
        name=given.get("name", ""),
        ended="ended" in given,
        out="out" in given,
        fault=fault,
        passkeys=passkeys.possible(),
        sign_on=service.own.oidc,
    )


def _add_confirm(app: Flask, service: ConsoleService) -> None:
    @app.get("/confirm")
    @signed_in()
    def confirm() -> str:
        return _confirm_page(service, request.args)

    @app.post("/confirm")
    @signed_in()
    def confirm_by_password() -> AnyResponse | tuple[str, int]:
        admit(service, current().name)
        if _by_password(service, current().name) is None:
            return _confirm_page(service, request.form, fault=_REFUSED), 403
        shown_again(service)
        return redirect(local_address(request.form.get("next", "/")), 303)

    @app.post("/confirm/passkey/options")
    @signed_in()
    def passkey_to_confirm() -> Response:
        admit(service)
        options = passkeys.options_to_show(service, "confirm", current().name)
        return Response(options, mimetype="application/json")

    @app.post("/confirm/passkey")
    @signed_in()
    def confirm_by_passkey() -> tuple[dict[str, str], int]:
        account = passkeys.proven_account(service, "confirm", json_sent())
        if account is None or account.name != current().name:
            return json_answer(fault="This passkey is not one of your account’s.")
        shown_again(service)
        return json_answer(address=local_address(request.args.get("next", "/")))


def _confirm_page(service: ConsoleService, given: Any, fault: str | None = None) -> str:
    with service.database.read() as connection:
        account = accounts.account_by_name(connection, current().name)
        keys = accounts.passkeys_of(connection, current().name)
        issuer = accounts.sign_on_of(connection, current().name)
    own = service.own.oidc
    return render_template(
        "console/confirm.html",
        next=local_address(given.get("next", "/")),
        fault=fault,
        passkeys=passkeys.possible() and bool(keys),
        password=account is not None and account.password is not None,
        sign_on=own if own.is_set and issuer == own.issuer else None,
    )


def _by_password(service: ConsoleService, name: str) -> Account | None:
    """Return the account to which what was typed belongs; as much work for one that there is not."""
    with service.database.read() as connection:
        found = accounts.account_by_name(connection, name)
    account = found if found is not None and found.state == "active" and found.totp is not None else None
    secret = _secret_of(service, account)
    right = passwords.matches(account.password if account else None, request.form.get("password", ""))
    step = app_codes.step_of(secret, request.form.get("code", ""), service.clock())
    if account is None or not right or step is None:
        return None
    with service.database.write() as connection:
        return account if accounts.spend_step(connection, name, step) else None


def _secret_of(service: ConsoleService, account: Account | None) -> str | None:
    """Return what makes an account's codes; None, too, where it was sealed under another key."""
    if account is None or account.totp is None:
        return None
    try:
        return service.key.open(account.name, account.totp)
    except VerificationError as error:
        _faults.error("%s", fault_words(error))  # strangers are answered as always
        return None


def signed_in_by(service: ConsoleService, account: Account, way: str, *, shown: bool = True) -> None:
    """Begin a session under a token that nobody has seen before, and enter it in the ledger.

    ``shown``: whether somebody has shown a moment ago who it is; a sign-on may know that from long before.
    Ends the request if the account is not any more what somebody showed to be theirs.
    """
    now = service.now()
    token = change_token()
    with service.database.write() as connection:
        if accounts.account_by_name(connection, account.name) != account or account.state != "active":
            abort(403)
        if not accounts.is_as_entered(connection, account.name):
            _faults.error("an account is not what the ledger says: see `clew register audit check`")
            abort(403)
        if g.session is not None:
            console_sessions.end_session(connection, g.session)
        console_sessions.begin_session(connection, token, account.name, "full", now=now, shown=shown)
        accounts.enter_sign_in(connection, account.name, way=way, now=now)


def shown_again(service: ConsoleService) -> None:
    """Let the present session go on under a new token: its account has shown once more who it is."""
    session, token = current().session, change_token()
    with service.database.write() as connection:
        console_sessions.renew_session(connection, session, token, now=service.now())


def json_sent() -> dict[str, Any]:
    """Return what our own script sent."""
    return object_sent(request)


def json_answer(*, fault: str = "", address: str = "") -> tuple[dict[str, str], int]:
    """Return what our own script goes on with."""
    return ({"fault": fault}, 403) if fault else ({"address": address}, 200)
