"""From a one-time code to credentials of one's own; later ones, too."""

import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import Flask, Response, abort, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from api.console_accounts import code_hash
from api.console_app import app_codes, passkeys, passwords
from api.console_app.attempts import admit
from api.console_app.current import current, whoever
from api.console_app.guarding import change_token
from api.console_app.roles import anybody, setting_up, signed_in
from api.console_app.service import ConsoleService
from api.console_app.sign_in import json_answer, json_sent, signed_in_by
from api.store import accounts, console_sessions
from api.store.accounts import Account

__all__ = ["add_pages"]


def add_pages(app: Flask, service: ConsoleService) -> None:
    """Add the pages for one-time codes, credentials, and one's own account."""
    _add_first(app, service)
    _add_set_up(app, service)
    _add_passkeys(app, service)
    _add_account(app, service)


def _add_first(app: Flask, service: ConsoleService) -> None:
    @app.get("/first")
    @anybody
    def first() -> str:
        return render_template("console/first.html")

    @app.post("/first")
    @anybody
    def first_code() -> AnyResponse | tuple[str, int]:
        name = request.form.get("name", "").strip().lower()[:64]
        admit(service, name)
        account = _invited(service, name, request.form.get("code", "")[:100])
        if account is None:
            fault = "The name and the code do not belong together, or the code counts no more"
            return render_template("console/first.html", fault=fault, name=name), 403
        token = change_token()
        with service.database.write() as connection:
            if g.session is not None:
                console_sessions.end_session(connection, g.session)
            console_sessions.begin_session(connection, token, name, "setup", now=service.now())
        return redirect("/set-up", 303)


def _invited(service: ConsoleService, name: str, typed: str) -> Account | None:
    with service.database.read() as connection:
        account = accounts.account_by_name(connection, name)
    kept = account.code if account is not None and account.code is not None else "0" * 64
    right = secrets.compare_digest(kept, code_hash(typed))
    if account is None or not right or account.state != "invited":
        return None
    return account if (account.code_expires or "") > service.now() else None


def _add_set_up(app: Flask, service: ConsoleService) -> None:
    @app.get("/set-up")
    @setting_up
    def set_up() -> AnyResponse | str:
        if whoever() is not None:
            return redirect("/account", 303)
        return render_template("console/set_up.html", name=g.session.account, passkeys=passkeys.possible())

    @app.get("/set-up/password")
    @setting_up
    def set_up_password() -> str:
        return _password_page(service)

    @app.post("/set-up/password")
    @setting_up
    def take_password() -> AnyResponse | tuple[str, int]:
        account, form = _own_account(service), request.form
        faults = passwords.faults_of(account.name, form.get("password", ""), form.get("again", ""))
        sealed = g.session.totp
        secret = service.key.open(account.name, sealed) if sealed else None
        step = app_codes.step_of(secret, form.get("code", ""), service.clock())
        if step is None:
            faults["code"] = "This is not the code that the app shows now"
        if faults:
            return _password_page(service, faults), 422
        values = {"password": passwords.hashed(form["password"]), "totp": sealed, "totp_step": step}
        return redirect(_settled(service, account, values, None), 303)


def _password_page(service: ConsoleService, faults: Mapping[str, str] = MappingProxyType({})) -> str:
    name, sealed = g.session.account, g.session.totp
    if sealed is None:
        sealed = service.key.seal(name, app_codes.new_secret())
        with service.database.write() as connection:
            console_sessions.offer_totp(connection, g.session, sealed)
    secret = service.key.open(name, sealed)
    return render_template(
        "console/set_up_password.html",
        name=name,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        app_address=app_codes.setup_address(secret, name, service.settings.name),
        least=passwords.MIN_PASSWORD,
        faults=faults,
    )


def _add_passkeys(app: Flask, service: ConsoleService) -> None:
    @app.post("/set-up/passkey/options")
    @setting_up
    def passkey_to_add() -> Response:
        options = passkeys.options_to_add(service, _own_account(service))
        return Response(options, mimetype="application/json")

    @app.post("/set-up/passkey")
    @setting_up
    def add_passkey() -> tuple[dict[str, str], int]:
        account = _own_account(service)
        made = passkeys.added_passkey(service, account, json_sent())
        if made is None:
            return json_answer(fault="The passkey could not be added. Try again.")
        return json_answer(address=_settled(service, account, {}, made))

    @app.post("/account/passkeys/remove")
    @signed_in(step_up=True)
    def remove_passkey() -> AnyResponse:
        account = _own_account(service)
        with service.database.write() as connection:
            left = len(accounts.passkeys_of(connection, account.name))
            if left < 2 and account.password is None:
                abort(409)  # nothing would be left to sign in with
            gone = request.form.get("id", "")
            if accounts.remove_passkey(connection, account.name, gone, now=service.now()):
                # Whoever holds a passkey that is lost may be signed in with it.
                console_sessions.go_on_alone(connection, g.session, change_token())
        return redirect("/account", 303)


def _settled(
    service: ConsoleService, account: Account, values: dict[str, Any], passkey: dict[str, Any] | None
) -> str:
    """Keep new credentials, in one transaction; who came with a code is signed in by it, once.

    Returns the page to go on with.
    """
    invited, now = g.session.kind == "setup", service.now()
    with service.database.write() as connection:
        present = accounts.account_by_name(connection, account.name)
        if present is None or present.state != ("invited" if invited else "active"):
            abort(409)
        if not console_sessions.is_kept(connection, g.session):
            abort(409)  # the account was reset in the meantime
        if passkey is not None and accounts.passkey_by_id(connection, passkey["id"]) is not None:
            abort(409)
        if invited:
            values = {**values, "state": "active", "code": None, "code_expires": None}
            console_sessions.end_sessions_of(connection, account.name)
        if passkey is not None:
            accounts.add_passkey(connection, **passkey, now=now)
        if values:
            change = "credentials made" if invited else "password replaced"
            accounts.change_account(connection, account.name, values, change=change, now=now)
        if values and not invited:
            console_sessions.go_on_alone(connection, g.session, change_token())
        settled = accounts.account_by_name(connection, account.name)
    if not invited or settled is None:
        return "/account"
    g.session, account = None, settled
    signed_in_by(service, account, "one-time code")
    return "/"


def _own_account(service: ConsoleService) -> Account:
    with service.database.read() as connection:
        account = accounts.account_by_name(connection, g.session.account)
    return account if account is not None else abort(403)


def _add_account(app: Flask, service: ConsoleService) -> None:
    @app.get("/account")
    @signed_in(step_up=True)  # so that the script, which cannot be sent to another page, need not be
    def account() -> str:
        with service.database.read() as connection:
            keys = accounts.passkeys_of(connection, current().name)
            bound = accounts.sign_on_of(connection, current().name) is not None
        mine = _own_account(service)
        return render_template(
            "console/account.html",
            keys=keys,
            password=mine.password is not None,
            passkeys=passkeys.possible(),
            sign_on=service.own.oidc if bound and service.own.oidc.is_set else None,
        )
