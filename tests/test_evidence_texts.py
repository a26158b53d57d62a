"""Texts of the evidence pack are refused where they name what there is not, and no value becomes Markdown."""

import json
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.config import Settings
from api.evidence.dictionary import _OF_SALTS, CLEAR, ENCODED
from api.evidence.handed_in import read_handed_in
from api.evidence.pages import Frame, item_page
from api.evidence.tables_unit import ALERT_WORDS, setting_rows
from api.evidence.texts import Item, Wanted, fill, read_texts
from api.evidence.tree import Blank, Block, Bullets, Code, Grid, Heading, Link, Paragraph, Strong, Text, walk
from api.evidence.values import Counts, Fact, Source, shown, table_of
from api.overview.history import KIND_WORDS
from api.setting_meanings import SETTING_MEANINGS
from linkage.errors import ClewError, FormatError, InputError, VersionError
from linkage.profile import Component, Field
from linkage.register.evidence_check import _check_leaves
from linkage.register.ledger_tree import grown, leaf_hash, root
from linkage.register.probing import AlertKind
from linkage.wire import records
from linkage.wire.checkpoints import Checkpoint
from linkage.wire.ledger import EntryKind, Leaf, leaf_bytes
from tests.support.evidence import audit_figures, evaluation_figures

SOURCE = Source("code", "this test")


def placed(kind: str, name: str) -> Block:
    if name != "known":
        raise FormatError(f"a text names the {kind} {name}, which there is not")
    return Grid("known", "its own caption", ((Text("head"),),), (((Text("cell"),),),), "l")


def filled(text: str, **values: str | int | bool) -> Item:
    facts = {name: Fact(name, name, value, SOURCE) for name, value in values.items()}
    return fill(
        Wanted("99-text.md", 9, "Title", "Summary.", text), facts, {"retention.until_age": "18"}, placed
    )


def page(item: Item) -> str:
    frame = Frame("unit", "today", 1, "00", (item,))
    return item_page(frame, item, ["sbom.cdx.json"]).decode()


@given(st.text(st.characters(exclude_categories=["Cs", "Co", "Cc"]), min_size=1, max_size=40))
def test_a_value_is_never_taken_for_markdown(value: str) -> None:
    item = filled("A {{ fact.one }} and `{{ fact.one }}`.\n\n- {{ fact.one }}\n", one=value)
    found = [one for one in walk(item.blocks) if isinstance(one, Text | Code)]
    assert [one.text for one in found] == ["A " + value + " and ", value, ".", value]
    assert item.facts == ("one",)


@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused_in_our_way(text: str) -> None:
    made: list[Item] = []
    with suppress(FormatError):
        made.append(filled(text))
    assert all("<script" not in page(item).lower() for item in made)


def test_what_texts_are_made_of() -> None:
    item = filled(
        "## A *fine* heading\n\nSee **[this](item:9#a-fine-heading)**, [that](file:sbom.cdx.json).\n\n"
        "Table: Who\n\n| who | what |\n|---|---|\n| one | [[ agency: its name ]] |\n\n"
        "Table: A caption of the text's\n\n{{ table('known') }}\n\n"
        "1. first\n   - within\n2. {{ setting('retention.until_age') }}\n"
    )
    heading, words, own, known, bullets = item.blocks
    assert isinstance(heading, Heading)
    assert (heading.level, heading.anchor) == (2, "a-fine-heading")
    assert isinstance(words, Paragraph)
    assert isinstance(words.children[1], Strong)
    assert words.children[1].children[0] == Link("item:9#a-fine-heading", (Text("this"),))
    assert isinstance(own, Grid)
    assert isinstance(known, Grid)
    assert (own.caption, own.rows[0][1]) == ("Who", (Blank("agency: its name"),))
    assert (known.caption, known.name) == ("A caption of the text's", "known")
    assert isinstance(bullets, Bullets)
    assert bullets.numbered
    assert item.blanks == [("A fine heading", "agency: its name")]
    assert (item.tables, item.settings) == (["known"], ("retention.until_age",))
    assert '<mark class="blank"><strong>To be written:</strong> agency: its name</mark>' in page(item)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ fact.none }}", "none"),
        ("{{ other }}", "other"),
        ("{{ setting('retention.never') }}", "retention.never"),
        ("{{ table('none') }}", "the table none"),
        ("{{ figure('none') }}", "the figure none"),
        ("A {{ table('known') }} within.", "paragraph of its own"),
        ("{% if fact.none %}x{% endif %}", "none"),
        ("{{ fact.one", "unexpected end"),
        ("# One\n", "level 1"),
        ("### Deep\n", "level 3"),
        ("## A\n\n#### B\n", "level 4"),
        ("## A\n\n## A\n", "two headings"),
        ("## [[ somebody: a heading ]]\n", "blank place"),
        ("| a |\n|---|\n| b |\n", "no caption"),
        ("![a](item:1)", "image"),
        ("[a](http://x.test)", "no item"),
        ("[a](javascript:alert)", "no item"),
        ("a  \nb", "hardbreak"),
        ("---", "hr"),
    ],
)
def test_what_there_is_not_is_refused(text: str, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        filled(text)


def test_links_to_what_is_not_in_the_pack_are_refused() -> None:
    for target in ("item:8", "item:x", "file:none.txt"):
        with pytest.raises(FormatError, match="which there is not"):
            page(filled(f"[a]({target})"))


def test_html_in_a_text_is_shown_and_does_nothing() -> None:
    assert "&lt;b&gt;bold&lt;/b&gt;" in page(filled("<b>bold</b>"))


def test_every_text_says_what_it_is() -> None:
    texts = read_texts()
    assert [one.item for one in texts] == list(range(1, 18))
    assert len({one.title for one in texts}) == len(texts)
    assert all(one.file.startswith(f"{one.item:02}-") and one.summary.endswith(".") for one in texts)


def test_the_dictionary_has_every_field_that_there_is() -> None:
    kinds = (records.Child, records.CareSpell, records.Episode, records.ReturnInterview, records.Coverage)
    sent = {(str(one.__struct_config__.tag), name) for one in kinds for name in one.__struct_fields__}
    assert set(CLEAR) == sent
    assert set(ENCODED) == set(get_args(Field))
    assert set(_OF_SALTS) == set(get_args(Component))
    assert all(CLEAR.values())
    assert all(all(one) for one in ENCODED.values())


def test_nothing_is_shown_by_its_name_alone() -> None:
    """Every setting, kind of entry and kind of alert has words; a new one fails here."""
    assert [name for name, _ in setting_rows(Settings(version=1, name="x"))] == list(SETTING_MEANINGS)
    assert KIND_WORDS.keys() == {str(one) for one in EntryKind}
    assert set(ALERT_WORDS) == set(get_args(AlertKind))
    words = [*SETTING_MEANINGS.values(), *KIND_WORDS.values(), *ALERT_WORDS.values()]
    assert all(" " in one and "_" not in one for one in words)


def test_counts_about_children_are_rounded_and_small_ones_not_told() -> None:
    counts = Counts(base=10, threshold=10)
    assert [counts.of(one) for one in (0, 1, 10, 11, 14, 15, 1234, None)] == [
        0,
        "c",
        "c",
        10,
        10,
        20,
        1230,
        None,
    ]
    assert (counts.share(0.5, 10), counts.share(0.5, 11), counts.share(0.0, 0)) == ("c", 0.5, 0.0)
    with pytest.raises(InputError, match="below nothing"):
        counts.of(-1)


def test_values_are_printed_in_one_way() -> None:
    assert [shown(one) for one in (None, "", "x", 1234, 0.123456)] == ["–", "–", "x", "1,234", "0.1235"]
    assert shown(0.9876, "percent") == "98.8\u00a0%"
    with pytest.raises(ValueError, match="does not fit"):
        table_of("a", "b", [("c", "C")], [(1, 2)], SOURCE)


def test_what_is_handed_in_is_read_or_refused_by_name(tmp_path: Path) -> None:
    audit, evaluation = tmp_path / "audit.json", tmp_path / "evaluation.json"
    audit.write_text(json.dumps(audit_figures(broken=True)))
    evaluation.write_text(json.dumps(evaluation_figures()))
    found = read_handed_in((audit,), (evaluation,))
    assert found.audits[0][1].broken
    assert [one.name for one in found.files] == ["audit.json", "evaluation.json"]
    for content, kind in (("{}", InputError), ("[" * 100_000, InputError), ("\x00", InputError)):
        audit.write_text(content)
        with pytest.raises(kind, match=r"audit\.json"):
            read_handed_in((audit,), ())
    with pytest.raises(InputError, match=r"evaluation\.json.*clew privacy-audit"):
        read_handed_in((evaluation,), ())
    audit.write_text(json.dumps(audit_figures(version=2)))
    with pytest.raises(VersionError, match="version 1"):
        read_handed_in((audit,), ())
    with pytest.raises(InputError, match="same name"):
        read_handed_in((), (evaluation, evaluation))
    with pytest.raises(ClewError):
        read_handed_in((tmp_path / "none.json",), ())
    for name in ("my audit.json", ".audit.json", "prüfung.json"):
        (tmp_path / name).write_text(json.dumps(audit_figures()))
        with pytest.raises(InputError, match="name"):
            read_handed_in((tmp_path / name,), ())


@given(st.integers(0, 70), st.integers(0, 69))
def test_leaves_make_the_root_of_the_ledger_or_are_refused(size: int, changed: int) -> None:
    leaves = [Leaf(kind=EntryKind.ALERT, day="2026-11-23", commitment=f"{one:064x}") for one in range(size)]
    hashes = [leaf_hash(leaf_bytes(one)) for one in leaves]
    tree: dict[tuple[int, int], bytes] = {}
    for place, one in enumerate(hashes):
        tree.update({(level, at): found for level, at, found in grown(place, one, lambda *at: tree[at])})
    point = Checkpoint(origin="unit", size=size, root=root(size, lambda *at: tree[at]))
    lines = [f"{place},alert,2026-11-23,{one.commitment}" for place, one in enumerate(leaves)]
    head = "entry,kind,day,commitment"
    whole = "\n".join([head, *lines, ""])
    _check_leaves(whole.encode(), point)
    for ends in ("\r\n", "\u2028", "\x0b"):
        with pytest.raises(ClewError):
            _check_leaves(whole.replace("\n", ends).encode(), point)
    with pytest.raises(ClewError):
        _check_leaves(whole.removesuffix("\n").encode(), point)
    if changed < size:
        for spoilt in (
            lines[:changed] + lines[changed + 1 :],
            [*lines, lines[changed]],
            _swapped(lines, changed),
        ):
            with pytest.raises(ClewError):
                _check_leaves("\n".join([head, *spoilt, ""]).encode(), point)


def _swapped(lines: list[str], place: int) -> list[str]:
    return [*lines[:place], lines[place].replace("-23,", "-24,"), *lines[place + 1 :]]
