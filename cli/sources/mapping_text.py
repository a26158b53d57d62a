"""A proposal as the text of a mapping: TOML, in the order in which the guide explains it."""

import json
from collections.abc import Iterator

from cli.sources.dates import DateOrder
from cli.sources.proposing import Found, Proposal
from linkage.wire.codes import Role

__all__ = ["mapping_text"]

_IDENTIFIERS = (
    *("forename", "forenames", "middle_name", "surname", "full_name", "date_of_birth", "birth_uncertain"),
    *("postcode", "nhs_number", "upn"),
)
_VARIANTS = {"known_as": "full_name", "alias": "full_name", "former_surname": "surname"}
_FLAGS = ("cse", "cce", "trafficking")
_FIELDS = {
    "care_spells": ("start", "end", "legal_status", "placement", "provider", "area", "host"),
    "episodes": (
        *("kind", "start", "end", "missing_from", "responsible", "host"),
        *("risk_initial", "risk_highest", "risk_final"),
    ),
    "interviews": (
        *("offered", "offered_on", "outcome", "completed", "interviewer", "reasons", "harms"),
        "shared_with_police_on",
    ),
}
_FROM_RISK = 'values = { NAR = "away", "no apparent risk" = "away", absent = "away" }, otherwise = "missing"'


def mapping_text(proposal: Proposal, *, name: str, role: Role | None) -> str:
    """Return a mapping; the proposal must lack nothing that one needs."""
    return "\n".join(_Writer(proposal).lines(name, role)) + "\n"


class _Writer:
    def __init__(self, proposal: Proposal) -> None:
        self._proposal = proposal
        self._order: DateOrder = proposal.order

    def lines(self, name: str, role: Role | None) -> Iterator[str]:
        yield "# Proposed from the headings and values of a source; look through it before you use it."
        yield 'format = "clew-mapping"'
        yield "version = 1"
        yield f"name = {_text(name)}"
        if role is not None:
            yield f"role = {_text(role)}"
        yield f"date_order = {_text(self._order)}"
        yield from self._children()
        for section in ("care_spells", "episodes", "interviews"):
            found = self._proposal.sections.get(section)
            if found is not None:
                yield from self._rows_of_children(section, found)
        yield from self._coverage()

    def _children(self) -> Iterator[str]:
        children, names = self._proposal.sections["children"], self._proposal.names
        episodes = self._proposal.sections.get("episodes")
        others = [self._proposal.sections.get(name) for name in ("episodes", "care_spells")]
        yield ""
        yield "[children]"
        yield f"file = {_text(children.seen.file)}"
        yield f"key = {_text(children.heading('key'))}"
        if any(other is not None and other.seen is children.seen for other in others):
            yield 'repeat = "variants"'
        if names is not None:
            yield from ("", "[[children.join]]", 'name = "names"', f"file = {_text(names.seen.file)}")
            yield f"on = {_text(names.heading('key'))}"
        yield from ("", "[children.identifiers]")
        for meaning in _IDENTIFIERS:
            yield from self._child_entry(meaning, meaning)
        for meaning, entry in _VARIANTS.items():
            lines = list(self._child_entry(meaning, entry))
            if lines:
                yield from ("", "[[children.variants]]", *lines)
        if episodes is not None and "missing_postcode" in episodes.columns and episodes.seen is children.seen:
            yield from ("", "[[children.postcodes]]", _entry("postcode", episodes, "missing_postcode"))
        yield from ("", "[children.fields]")
        for meaning in ("sex", "ethnicity", "responsible"):
            yield from self._child_entry(meaning, meaning)
        flag = list(self._child_entry("uasc", "uasc"))
        if flag:
            yield from ("", "[children.flags]", *flag)

    def _child_entry(self, meaning: str, entry: str) -> Iterator[str]:
        """Yield a child's entry, out of the joined table of names where the child's own has it not."""
        children, names = self._proposal.sections["children"], self._proposal.names
        if meaning in children.columns:
            yield self._dated(entry, children, meaning)
        elif names is not None and meaning in names.columns:
            yield self._dated(entry, names, meaning, prefix="names:")

    def _rows_of_children(self, section: str, found: Found) -> Iterator[str]:
        yield from ("", f"[{section}]", f"file = {_text(found.seen.file)}")
        if section == "interviews":
            yield f"episode = {_text(found.heading('key'))}"
        else:
            child, start = found.heading("child"), found.heading("start")
            key = (
                _text(found.heading("key")) if "key" in found.columns else f"[{_text(child)}, {_text(start)}]"
            )
            yield from (f"key = {key}", f"child = {_text(child)}")
        if "placement_postcode" in found.columns:
            yield from ("", f"[[{section}.postcodes]]", _entry("postcode", found, "placement_postcode"))
            if "placement" in found.columns:
                yield _entry("place", found, "placement")
        yield from ("", f"[{section}.fields]")
        if section == "episodes" and "kind" not in found.columns:
            yield self._kind(found)
        for meaning in _FIELDS[section]:
            if meaning in found.columns:
                yield self._dated(meaning, found, meaning)
        flags = [_entry(flag, found, flag) for flag in _FLAGS if flag in found.columns]
        if flags:
            yield from ("", f"[{section}.flags]", *flags)

    def _kind(self, found: Found) -> str:
        """Without a type, no apparent risk is what the return calls away; without a risk all is missing."""
        if "risk_highest" in found.columns:
            return f"kind = {{ column = {_text(found.heading('risk_highest'))}, {_FROM_RISK} }}"
        return 'kind = { constant = "missing" }  # no column says the type'

    def _coverage(self) -> Iterator[str]:
        found = self._proposal.sections.get("coverage")
        if found is not None:
            yield from ("", "[coverage]", f"file = {_text(found.seen.file)}")
            yield from (_entry("area", found, "area"), _entry("month", found, "month"))

    def _dated(self, entry: str, found: Found, meaning: str, *, prefix: str = "") -> str:
        order = found.orders.get(meaning, self._order)
        heading = prefix + found.heading(meaning)
        if order == self._order:
            return f"{entry} = {_text(heading)}"
        return f"{entry} = {{ column = {_text(heading)}, date_order = {_text(order)} }}"


def _entry(entry: str, found: Found, meaning: str) -> str:
    return f"{entry} = {_text(found.heading(meaning))}"


def _text(text: str) -> str:
    """Return a TOML string: JSON's escapes are TOML's too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
