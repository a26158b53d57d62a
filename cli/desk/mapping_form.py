"""A mapping as a form: which table is which, and for each meaning the column that has it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cli.agency.proposals import columns_of, proposed_text
from cli.desk.wording import table_name
from cli.sources.headings import HEADINGS
from cli.sources.masking import masked
from cli.sources.proposing import Found, Proposal, Seen, matched, note_orders, why_unused
from linkage.errors import InputError
from linkage.wire.codes import Role

__all__ = ["Choice", "Draft", "Question", "SectionForm", "UnusedColumn", "draft_of"]

NAMES = "names"
_NAMES = frozenset({"forename", "forenames", "full_name", "surname"})
_SECTIONS: Mapping[str, str] = {
    "children": "Children",
    "names": "Names, where they stand apart from the children’s table",
    "episodes": "Missing and away episodes",
    "care_spells": "Care spells (placements)",
    "interviews": "Return interviews",
    "coverage": "Coverage: which areas and months are whole",
}
_NEEDED: Mapping[str, frozenset[str]] = {
    "children": frozenset({"key", "date_of_birth", "sex"}),
    "names": frozenset({"key"}),
    "episodes": frozenset({"child", "start", "end"}),
    "care_spells": frozenset({"child", "start"}),
    "interviews": frozenset({"key"}),
    "coverage": frozenset({"area", "month"}),
}
_MEANINGS: Mapping[str, str] = {
    "key": "Reference of the record",
    "child": "Reference of the child",
    "forename": "First name",
    "forenames": "All first names in one column",
    "middle_name": "Middle names",
    "surname": "Surname",
    "full_name": "First name and surname in one column",
    "date_of_birth": "Date of birth",
    "birth_uncertain": "Whether the date of birth is an estimate",
    "postcode": "Home postcode",
    "nhs_number": "NHS number",
    "upn": "Unique pupil number",
    "known_as": "Known as",
    "alias": "Other names",
    "former_surname": "Former surname",
    "sex": "Sex",
    "ethnicity": "Ethnicity",
    "responsible": "Responsible council",
    "uasc": "Unaccompanied asylum-seeking child",
    "start": "Start",
    "end": "End",
    "legal_status": "Legal status",
    "placement": "Type of placement",
    "provider": "Provider of the placement",
    "area": "Area",
    "host": "Council in whose area it was",
    "placement_postcode": "Postcode of the placement",
    "kind": "Missing, or away with whereabouts known",
    "missing_from": "Where the child went missing from",
    "risk_initial": "Risk at first",
    "risk_highest": "Highest risk",
    "risk_final": "Risk at the end",
    "cse": "Risk of sexual exploitation",
    "cce": "Risk of criminal exploitation",
    "trafficking": "Trafficking",
    "missing_postcode": "Postcode that the child went missing from",
    "offered": "Whether it was offered",
    "offered_on": "Day on which it was offered",
    "outcome": "What came of the offer",
    "completed": "Day on which it was held",
    "interviewer": "Who held it",
    "reasons": "Reasons",
    "harms": "Harms",
    "shared_with_police_on": "Day on which it was shared with the police",
    "month": "Month",
}
_KEY_OF = {
    "children": "Reference of the child",
    "names": "Reference of the child",
    "episodes": "Reference of the episode",
    "interviews": "Reference of the episode",
    "care_spells": "Reference of the care spell",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a list to choose from."""

    value: str
    text: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One meaning, and the columns that may have it."""

    name: str
    label: str
    needed: bool
    answered: bool
    order: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class SectionForm:
    """One section of a mapping: the tables that it may be, and its questions."""

    name: str
    title: str
    tables: tuple[Choice, ...]
    first: tuple[Question, ...]
    more: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class UnusedColumn:
    """A column that nothing was taken from."""

    file: str
    heading: str
    specimen: str


@dataclass(slots=True, repr=False)
class Draft:
    """A mapping while it is being made; ``shipped`` are those of this release that fit, too."""

    tables: tuple[Seen, ...]
    sections: dict[str, Found]
    shipped: tuple[str, ...]

    def choose_tables(self, form: Mapping[str, str]) -> bool:
        """Take the tables that a form names, each read anew by its headings; tells whether any changed."""
        changed = False
        for section in _SECTIONS:
            wanted = self._table(form.get(f"table.{section}", ""))
            found = self.sections.get(section)
            if wanted is (found.seen if found else None):
                continue
            changed = True
            if wanted is None:
                del self.sections[section]
            else:
                self.sections[section] = matched("children" if section == NAMES else section, wanted)
        return changed

    def choose_columns(self, form: Mapping[str, str]) -> None:
        """Take the columns that a form names; raises :class:`InputError` for dates in both orders."""
        for section, found in self.sections.items():
            width = len(found.seen.table.header)
            found.columns.clear()
            for meaning in _meanings(section):
                place = _number(form.get(f"{section}.{meaning}", ""), width)
                if place is not None:
                    found.columns[meaning] = place
        for found in self.sections.values():
            note_orders(found)

    def text(self, role: Role | None) -> str:
        """Return the mapping's text; raises :class:`InputError` if something is lacking."""
        lacking = list(self.lacking())
        if lacking:
            raise InputError(
                f"no column was chosen yet for {'; '.join(lacking)}", hint="choose each from its list"
            )
        return proposed_text(self.proposal(), "desk", role)

    def lacking(self) -> Iterator[str]:
        """Yield in words every column that is needed and not chosen."""
        for section, found in self.sections.items():
            for one in _questions(section, found, names_apart=NAMES in self.sections):
                if one.needed and not one.answered:
                    yield f"{one.label.lower()} ({_SECTIONS[section].partition(',')[0].lower()})"

    def proposal(self) -> Proposal:
        """Return what the sections make together."""
        used = {id(found.seen) for found in self.sections.values()}
        return Proposal(
            {name: found for name, found in self.sections.items() if name != NAMES},
            self.sections.get(NAMES),
            tuple(one for one in self.tables if id(one) not in used),
        )

    def forms(self) -> Iterator[SectionForm]:
        """Yield every section; names apart only where there are two tables to choose from."""
        for section, title in _SECTIONS.items():
            if section != NAMES or len(self.tables) > 1:
                yield self._form(section, title)

    def unused(self) -> Iterator[UnusedColumn]:
        """Yield the columns that nothing is taken from, for a look at what may have been overlooked."""
        proposal = self.proposal()
        for seen in self.tables:
            for one in columns_of(proposal, seen):
                if not one.meanings and one.heading:
                    yield UnusedColumn(table_name(seen.file), one.heading, one.specimen)

    def set_aside(self) -> Iterator[str]:
        """Say of every table that is taken for nothing why it is."""
        for seen in self.proposal().unused:
            yield f"{table_name(seen.file)}: {why_unused(seen)}"

    def _table(self, text: str) -> Seen | None:
        place = _number(text, len(self.tables))
        return None if place is None else self.tables[place]

    def _form(self, section: str, title: str) -> SectionForm:
        found = self.sections.get(section)
        tables = tuple(
            Choice(
                str(place),
                f"{table_name(one.file)} – {len(one.table.rows):,} rows",
                found is not None and one is found.seen,
            )
            for place, one in enumerate(self.tables)
        )
        none = Choice("", "Not in these files", found is None)
        apart = NAMES in self.sections
        questions = tuple(_questions(section, found, names_apart=apart)) if found else ()
        first = tuple(one for one in questions if one.needed or one.answered)
        more = tuple(one for one in questions if not (one.needed or one.answered))
        return SectionForm(section, title, (none, *tables), first, more)


def draft_of(tables: Sequence[Seen], proposal: Proposal, shipped: Sequence[str]) -> Draft:
    """Begin with what was proposed."""
    sections: dict[str, Found] = dict(proposal.sections)
    if proposal.names is not None:
        sections[NAMES] = proposal.names
    if "children" not in sections and (likely := _likely_children(proposal.unused)) is not None:
        sections = {"children": likely, **sections}
    return Draft(tuple(tables), sections, tuple(shipped))


def _likely_children(tables: Sequence[Seen]) -> Found | None:
    """Return the table that has a child's date of birth and a name, whatever its reference is called."""
    found = [matched("children", one) for one in tables]
    likely = [one for one in found if "date_of_birth" in one.columns and _NAMES & one.columns.keys()]
    best = max(likely, key=lambda one: len(one.columns), default=None)
    if best is not None:
        note_orders(best)
    return best


def _questions(section: str, found: Found, *, names_apart: bool) -> Iterator[Question]:
    columns = [_column(found, place) for place in range(len(found.seen.table.header))]
    for meaning in _meanings(section):
        chosen = found.columns.get(meaning)
        named = [Choice(str(place), text, place == chosen) for place, text in enumerate(columns) if text]
        yield Question(
            name=f"{section}.{meaning}",
            label=_KEY_OF.get(section, "Reference") if meaning == "key" else _MEANINGS[meaning],
            needed=meaning in _NEEDED[section]
            or (not names_apart and _names_lacking(section, meaning, found)),
            answered=chosen is not None,
            order={"dmy": "day first", "mdy": "month first"}.get(found.orders.get(meaning, ""), ""),
            choices=(Choice("", "Not in this table", chosen is None), *named),
        )


def _names_lacking(section: str, meaning: str, found: Found) -> bool:
    """Ask for first name and surname where no column has them in any form."""
    first = {"forename", "forenames", "full_name"} & found.columns.keys()
    last = {"surname", "full_name"} & found.columns.keys()
    return section == "children" and (
        (meaning == "forename" and not first) or (meaning == "surname" and not last)
    )


def _meanings(section: str) -> Iterator[str]:
    yield from HEADINGS["children" if section == NAMES else section]


def _column(found: Found, place: int) -> str:
    heading = "".join(one for one in found.seen.table.header[place] if one.isprintable())
    specimen = next((value for value in found.seen.values(place) if value), "")
    return f"{heading} – {masked(specimen)}" if heading and specimen else heading


def _number(text: str, below: int) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 and int(text) < below else None
