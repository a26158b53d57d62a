"""The first day: a workspace of one's own, and the epoch."""

from typing import Any, cast, get_args

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from cli.agency.joining import join_epoch, make_workspace
from cli.agency.progress import Stages
from cli.agency.saying import today
from cli.agency.synced import synced_by
from cli.desk.forms import chosen_text, passphrase, saved_upload, saved_uploads
from cli.desk.showing import begun, go, saved, show
from cli.desk.state import State
from cli.desk.work import Work
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from linkage.wire.codes import Role
from linkage.wire.fingerprints import in_words

__all__ = ["setting_up_pages"]

_KEPT = ("code", "name", "role", "threshold")


def setting_up_pages(state: State, work: Work) -> Blueprint:
    """Make the pages."""
    blueprint = Blueprint("setting_up", __name__)

    @blueprint.get("/workspace")
    def workspace() -> ResponseReturnValue:
        if state.is_made:
            return show(state, "workspace", "Your workspace", **_fingerprints(state))
        synced = synced_by(state.workspace.path)
        return show(state, "make_workspace", "Make your workspace", field="code", synced=synced)

    @blueprint.post("/workspace")
    def make() -> ResponseReturnValue:
        state.values.update({name: chosen_text(name) for name in _KEPT})
        return _make(state, work)

    @blueprint.get("/workspace/card.json")
    def card() -> ResponseReturnValue:
        data = canonical(state.workspace.require().card())
        return saved(data, "card.json", "application/json")

    @blueprint.get("/epoch")
    def epoch() -> ResponseReturnValue:
        if not state.is_made:
            return go("/workspace")
        joined = state.workspace.descriptor() if state.is_joined else None
        unit = card_fingerprint(state.workspace.unit_card()) if joined else ""
        words = in_words(unit) if unit else ""
        return show(
            state, "epoch", "Join the epoch", field="descriptor", epoch=joined, unit=unit, words=words
        )

    @blueprint.post("/epoch")
    def join() -> ResponseReturnValue:
        return _join(state, work)

    return blueprint


def _make(state: State, work: Work) -> ResponseReturnValue:
    role = chosen_text("role")
    if role not in get_args(Role):
        raise InputError("choose what your agency is", hint="a council or a police force")
    threshold = chosen_text("threshold")
    if not (threshold.isascii() and threshold.isdecimal() and len(threshold) < 4):
        raise InputError("how many custodians must have signed: not a number", hint="they tell you, as 2")
    phrase = passphrase(chosen=True)
    if phrase != request.form.get("again", ""):
        raise InputError("the two passphrases differ", hint="write the same one twice")
    cards = saved_uploads("custodians", state.place)
    if not cards:
        raise InputError("choose the custodians’ cards", hint="all of them, which they gave you themselves")
    code, name = chosen_text("code"), chosen_text("name")

    def act(stages: Stages) -> None:
        stages.stage("making your keys")
        make_workspace(
            state.workspace,
            agency=code,
            role=cast("Role", role),
            name=name,
            custodians=cards,
            threshold=int(threshold),
            passphrase=phrase,
        )

    return begun(work, "Making your workspace", act, back="/workspace", then="/workspace")


def _join(state: State, work: Work) -> ResponseReturnValue:
    descriptor = saved_upload("descriptor", state.place, "the epoch descriptor")
    wrapped = saved_upload("wrapped", state.place, "the wrapped key")
    unit = saved_upload("unit", state.place, "the linkage unit’s card")
    phrase = passphrase()

    def act(stages: Stages) -> None:
        stages.stage("checking signatures, key and conformance")
        join_epoch(
            state.workspace,
            descriptor=descriptor,
            wrapped_key=wrapped,
            unit=unit,
            passphrase=phrase,
            today=today(),
        )
        state.notice = "You have joined the epoch."

    return begun(work, "Joining the epoch", act, back="/epoch", then="/epoch")


def _fingerprints(state: State) -> dict[str, Any]:
    card = state.workspace.card()
    own = card_fingerprint(card)
    custodians = [(one.name, card_fingerprint(one)) for one in state.workspace.pins().custodians]
    return {
        "card": card,
        "fingerprint": own,
        "own_words": in_words(own),
        "custodians": [(name, print_, in_words(print_)) for name, print_ in custodians],
        "threshold": state.workspace.pins().threshold,
    }
