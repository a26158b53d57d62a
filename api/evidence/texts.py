"""The texts of the pack: Markdown with the names of facts, tables and figures, filled in and parsed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, TemplateError, Undefined

from api.evidence.parsing import MARK, Placed, parse_text
from api.evidence.tree import Block, Drawing, Grid, blanks_of, walk
from api.evidence.values import Fact
from linkage.errors import FormatError

__all__ = ["Item", "Wanted", "fill", "read_texts"]

_FRONT = re.compile(r"---\nitem: ([0-9]+)\ntitle: (.+)\nsummary: (.+)\n---\n")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text as it was written: its file, what its first lines say, and the rest."""

    file: str
    item: int
    title: str
    summary: str
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """A text that is filled in; ``facts`` and ``settings``: which it prints, in order."""

    stem: str
    number: int
    title: str
    summary: str
    blocks: tuple[Block, ...]
    facts: tuple[str, ...]
    settings: tuple[str, ...]

    @property
    def blanks(self) -> list[tuple[str, str]]:
        """Return the places where a human must write, each with its heading."""
        return blanks_of(self.blocks)

    @property
    def tables(self) -> list[str]:
        """Return the names of the evidence's tables that it shows."""
        return [one.name for one in walk(self.blocks) if isinstance(one, Grid) and one.name]

    @property
    def figures(self) -> list[str]:
        """Return the names of the pictures that it shows."""
        return [one.name for one in walk(self.blocks) if isinstance(one, Drawing)]


def read_texts() -> list[Wanted]:
    """Return every text that comes with the release, by its number."""
    folder = files("api.evidence") / "texts"
    found = [_read(one.name, one.read_text("utf-8")) for one in folder.iterdir() if one.name.endswith(".md")]
    return sorted(found, key=lambda one: one.item)


def _read(file: str, content: str) -> Wanted:
    front = _FRONT.match(content)
    if front is None:
        raise FormatError(f"{file}: does not begin with item, title and summary")
    if MARK.search(content) or "\ue002" in content:
        raise FormatError(f"{file}: holds characters that stand for figures")
    return Wanted(file, int(front[1]), front[2], front[3], content[front.end() :])


def fill(wanted: Wanted, facts: Mapping[str, Fact], settings: Mapping[str, str], placed: Placed) -> Item:
    """Fill in and parse a text; raises :class:`FormatError` for a name that there is not."""
    values: list[str] = []
    used: list[str] = []
    asked: list[str] = []
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - what comes out is Markdown, in which a value is but a mark
        finalize=lambda value: _mark(value, values),
        keep_trailing_newline=True,
    )
    environment.globals = {
        "fact": _Named(facts, used),
        "setting": _setting(settings, asked),
        "table": lambda name: _Place(f"\ue002table:{name}\ue003"),
        "figure": lambda name: _Place(f"\ue002figure:{name}\ue003"),
    }
    try:
        text = environment.from_string(wanted.text).render()
    except TemplateError as error:
        raise FormatError(f"{wanted.file}: {error.message}") from None
    blocks = parse_text(wanted.file, text, values=values, placed=placed)
    names = tuple(dict.fromkeys(used))
    stem = wanted.file.removesuffix(".md")
    return Item(stem, wanted.item, wanted.title, wanted.summary, blocks, names, tuple(dict.fromkeys(asked)))


class _Place(str):
    """What stands for a table or a figure."""

    __slots__ = ()


class _Named:
    """Facts by name, as a text asks for them."""

    def __init__(self, facts: Mapping[str, Fact], used: list[str]) -> None:
        self._facts, self._used = facts, used

    def __getitem__(self, name: str) -> object:
        found = self._facts[name]
        self._used.append(name)
        return found.value if isinstance(found.value, bool) else found.shown


def _setting(settings: Mapping[str, str], asked: list[str]) -> Callable[[str], str]:
    def setting(name: str) -> str:
        if name not in settings:
            raise FormatError(f"a text names the setting {name}, which there is not")
        asked.append(name)
        return settings[name]

    return setting


def _mark(value: object, values: list[str]) -> object:
    if isinstance(value, _Place | Undefined):
        return value
    values.append(str(value))
    return f"\ue000{len(values) - 1}\ue001"
