"""Encoding, seeing exactly what will leave, and submitting it."""

from pathlib import Path
from typing import Any

from flask import Blueprint, request, send_file
from flask.typing import ResponseReturnValue

from cli.agency.client import Unit, checked_url
from cli.agency.cover import cover_remarks
from cli.agency.encoding import open_copy
from cli.agency.field_words import EXACT_WORDS, FIELD_WORDS, NEVER_SENT
from cli.agency.inspection import Inspection, profile_name, view_names
from cli.agency.looking import Looked, look_into
from cli.agency.making import (
    BundleRequest,
    make_bundle,
    open_desk_for,
    period_remarks,
    require_bundle_request,
)
from cli.agency.progress import Stages
from cli.agency.shielding import shield_remarks
from cli.agency.submitting import submit_bundle
from cli.agency.telling import record_lines
from cli.desk.forms import chosen_text, passphrase
from cli.desk.showing import begun, go, saved, show
from cli.desk.state import Checked, State
from cli.desk.work import Work
from linkage.wire.canonical import to_builtins

__all__ = ["bundle_pages", "encoding_pages", "submitting_pages"]

_SHOWN_VALUES = 12
_COUNTED = {"rows": "rows of encodings", "coverage": "months of coverage"}


def encoding_pages(state: State, work: Work) -> Blueprint:
    """Make the pages on which a file is encoded."""
    blueprint = Blueprint("encoding", __name__)

    @blueprint.get("/encode")
    def encode() -> ResponseReturnValue:
        if state.chosen is None:
            return go("/source")
        output = state.bundle_for(state.chosen.period)
        # Both ticks are mended by the same boxes, which are otherwise closed.
        much = state.problem is not None and "--allow-" in (state.problem.hint or "")
        field = "allow" if much else "passphrase"
        return show(state, "encode", "Encode your file", field=field, output=output, much=much)

    @blueprint.post("/encode")
    def begin() -> ResponseReturnValue:
        return _encode(state, work)

    return blueprint


def bundle_pages(state: State, work: Work) -> Blueprint:  # noqa: ARG001 (every maker of pages is called alike)
    """Make the pages that show what will leave."""
    blueprint = Blueprint("bundles", __name__)

    @blueprint.get("/bundles")
    def bundles() -> ResponseReturnValue:
        found = state.bundles()
        if len(found) == 1:
            return go(f"/bundles/{found[0].name}")
        return show(state, "bundles", "Your bundles", bundles=found)

    @blueprint.get("/bundles/<name>")
    def bundle(name: str) -> ResponseReturnValue:
        looked = _looked(state, state.bundle(name))
        return show(state, "bundle", "Exactly what will leave", name=name, **_shown(state, looked))

    @blueprint.get("/bundles/<name>/in-words.txt")
    def words(name: str) -> ResponseReturnValue:
        found = look_into(open_copy(state.bundle(name)), state.workspace.card(), as_bytes=True)
        text = "\n".join(found.words) + "\n"
        return saved(text, "what-will-leave.txt", "text/plain; charset=utf-8")

    @blueprint.get("/bundles/<name>/sealed.clew")
    def sealed(name: str) -> ResponseReturnValue:
        path = state.bundle(name)
        return send_file(path.resolve(), as_attachment=True, download_name=path.name, max_age=0)

    return blueprint


def submitting_pages(state: State, work: Work) -> Blueprint:
    """Make the pages on which a bundle is submitted."""
    blueprint = Blueprint("submitting", __name__)

    @blueprint.get("/bundles/<name>/submit")
    def form(name: str) -> ResponseReturnValue:
        state.bundle(name)
        return show(state, "submit", "Submit your bundle", field="url", name=name)

    @blueprint.post("/bundles/<name>/submit")
    def submit(name: str) -> ResponseReturnValue:
        return _submit(state, work, state.bundle(name))

    @blueprint.get("/submitted")
    def submitted() -> ResponseReturnValue:
        if state.receipt is None:
            return go("/")
        return show(state, "submitted", "Submitted", receipt=state.receipt)

    return blueprint


def _encode(state: State, work: Work) -> ResponseReturnValue:
    chosen = state.require_chosen()
    bundle = BundleRequest(
        source=chosen.path,
        mapping=None,
        workspace=state.workspace,
        period=chosen.period,
        areas=chosen.areas,
        output=state.bundle_for(chosen.period),
        overwrite=True,  # the newer bundle of a period is the one that stands
        fixes=None,
        shielding=chosen.shielding,
        last_year=None,
        allow_empty="allow-empty" in request.form,
        allow_withdrawals="allow-withdrawals" in request.form,
        allow_weak_profile=False,
    )
    require_bundle_request(bundle)
    phrase = passphrase()

    def act(stages: Stages) -> None:
        stages.stage("opening your keys")
        desk = open_desk_for(bundle, phrase)
        extract, encoded = make_bundle(bundle, desk, stages, remark=lambda _: None)
        covered = cover_remarks(extract, bundle.workspace, dummies=encoded.manifest.counts.dummies)
        remarks = (*period_remarks(extract, chosen.period), *shield_remarks(extract), *covered)
        state.checked, state.encoded = Checked.of(extract, remarks), encoded
        stages.stage("looking at what was written")
        state.looked = look_into(open_copy(bundle.output), desk.card)

    return begun(work, "Encoding your file", act, back="/encode", then=f"/bundles/{bundle.output.name}")


def _submit(state: State, work: Work, path: Path) -> ResponseReturnValue:
    state.url = chosen_text("url")
    checked_url(state.url)
    url, phrase = state.url, passphrase()

    def act(stages: Stages) -> None:
        stages.stage("opening your keys")
        identity = state.workspace.identity(phrase)
        with Unit(url, identity) as unit:
            state.receipt = submit_bundle(path, state.workspace, unit, stages)
        state.forget_source()

    return begun(work, "Submitting your bundle", act, back=f"/bundles/{path.name}/submit", then="/submitted")


def _looked(state: State, path: Path) -> Looked:
    """Look into a bundle, unless it is the one that was looked into last."""
    sealed = look_into(path, state.workspace.card())
    if state.looked is None or state.looked.submission != sealed.submission:
        state.looked = look_into(open_copy(path), state.workspace.card())
    return state.looked


def _shown(state: State, looked: Looked) -> dict[str, Any]:
    inspection = looked.inspection
    shown: dict[str, Any] = {
        "looked": looked,
        "manifest": looked.manifest,
        "counts": [
            (_COUNTED.get(name, name.replace("_", " ")), count)
            for name, count in to_builtins(looked.manifest.counts).items()
        ],
        "profile": profile_name(looked.manifest.profile_digest),
        "never": NEVER_SENT,
        "was_submitted": looked.submission in state.submitted(),
        "encoded": state.encoded if _is_of(state, looked) else None,
    }
    return shown | (_parts(looked, inspection) if inspection else {})


def _is_of(state: State, looked: Looked) -> bool:
    return state.encoded is not None and state.encoded.submission == looked.submission


def _parts(looked: Looked, inspection: Inspection) -> dict[str, Any]:
    views = inspection.encodings.bits.shape[1]
    named = view_names(looked.manifest.profile_digest, views)
    exact = zip(inspection.exact, inspection.exact_present(), strict=True)
    return {
        "row_count": len(inspection.encodings),
        "views": list(zip(named, inspection.views_present(), strict=True)),
        "exact": [(EXACT_WORDS[kind], count) for kind, count in exact],
        "fields": _fields(inspection),
        "specimen": [record_lines(record) for record in inspection.specimen()],
    }


def _fields(inspection: Inspection) -> dict[str, list[tuple[str, str, str]]]:
    """Return, for every kind of record, its fields with their meaning and what is sent of each."""
    kinds: dict[str, list[tuple[str, str, str]]] = {}
    for one in inspection.fields:
        counted = [f"{value} ({count:,})" for value, count in one.values[:_SHOWN_VALUES]]
        rest = len(one.values) - _SHOWN_VALUES
        counted += [f"and {rest:,} more"] if rest > 0 else []
        if not one.values:
            counted = [f"in {one.present:,} records" if one.present else "in none of these records"]
        elif one.absent:
            counted.append(f"not sent ({one.absent:,})")
        kinds.setdefault(one.kind, []).append(
            (one.field, FIELD_WORDS[one.kind][one.field], "; ".join(counted))
        )
    return kinds
