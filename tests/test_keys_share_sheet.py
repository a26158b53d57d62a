"""A share's sheet is one self-contained page of paper: all the words, whose they are, and what to do."""

import base64
import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.epoch_key import EpochKey
from keys.share_sheet import share_sheet
from keys.shares import Share, split

FINGERPRINT = " ".join(["0a1b"] * 10)
SHARES = split(EpochKey(bytes(range(32))), threshold=3, count=5)
VOID = {"meta", "link", "img", "input", "br", "base", "hr", "source", "embed"}


class Page(HTMLParser):
    """Every element with its attributes, in order, and the text within each kind of element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.texts[tag][-1] += data

    def all(self, tag: str) -> Iterator[dict[str, str | None]]:
        return (attributes for name, attributes in self.elements if name == tag)

    @property
    def text(self) -> str:
        return " ".join(self.texts["main"][0].split())


def _sheet(share: Share = SHARES[3], holder: str = "Asha", needed: int = 3, of: int = 5) -> str:
    return share_sheet(
        share, holder=holder, epoch="2025-26", ceremony_fingerprint=FINGERPRINT, needed=needed, of=of
    )


def test_the_words_are_numbered_from_1_to_33_in_their_order() -> None:
    page = Page(_sheet())
    assert tuple(page.texts["li"][:33]) == SHARES[3].words
    assert [one["value"] for one in page.all("li") if "value" in one] == [str(n) for n in range(1, 34)]
    assert [one["class"] for one in page.all("ol")] == ["words"]


def test_it_says_whose_it_is_and_what_for_and_what_to_do() -> None:
    page = Page(_sheet())
    facts = dict(zip(page.texts["dt"], page.texts["dd"], strict=True))
    assert facts == {
        "Holder": "Asha",
        "Epoch": "2025-26",
        "Share": "number 4; any 3 of 5 together give the key, fewer give nothing",
        "Ceremony": FINGERPRINT,
    }
    assert page.texts["h2"] == [
        "The 33 words, read down each column",
        "What it is for",
        "How to keep it",
        "How to check it",
        "When it is lost, or somebody else has read it",
    ]
    for said in (
        "Secret.",
        "envelope, sealed",
        "Never photograph",
        "Type it into nothing but clew",
        "clew keys share check",
        "clew keys share restore",
        "fewer than 3 of the 5 shares are left",
    ):
        assert said in page.text
    assert [text.strip() for text in page.texts["th"]] == ["Name", "Date", "Signature", "Holder", "Witness"]


def test_where_every_share_is_needed_it_says_so() -> None:
    assert "The key needs every share" in Page(_sheet(needed=5)).text


def test_a_screen_reader_finds_its_way() -> None:
    page = Page(_sheet())
    assert next(page.all("html"))["lang"] == "en-GB"
    assert page.texts["title"] == ["Key share of Asha, epoch 2025-26"]
    names = {one["id"] for one in page.all("h2")}
    assert {one["aria-labelledby"] for one in page.all("section")} == names
    assert {one.get("scope") for one in page.all("th")} == {"col", "row"}
    assert [tag for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)] == ["h1"] + ["h2"] * 5


def test_it_runs_and_loads_nothing_and_is_sent_to_no_translator() -> None:
    html = _sheet()
    page = Page(html)
    known = {"html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "dl", "dt", "dd"}
    known |= {"section", "ol", "ul", "li", "code", "table", "thead", "tbody", "tr", "th", "td"}
    assert {tag for tag, _ in page.elements} == known
    attributes = {name for _, found in page.elements for name in found}
    assert not {name for name in attributes if name.startswith("on")} & attributes
    assert not attributes & {"src", "href", "style", "srcset", "action", "background", "data"}
    assert not re.search(r"url\(|@import|https?:|//|data:", html)
    assert next(page.all("html"))["translate"] == "no"
    assert next(page.all("ol"))["spellcheck"] == "false"


def test_its_policy_lets_only_its_own_style_apply() -> None:
    page = Page(_sheet())
    policies = [
        one["content"] for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy"
    ]
    (style,) = page.texts["style"]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    expected = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert policies == [expected]
    assert "size: A4" in style
    assert "monospace" in style


@given(st.text(max_size=100))
@settings(max_examples=100)
def test_a_name_is_shown_and_never_obeyed(holder: str) -> None:
    plain, page = Page(_sheet()), Page(_sheet(holder=holder))
    assert page.elements == plain.elements
    # The parser reads a carriage return and NUL as HTML does; no card holds either in a name.
    assert page.texts["dd"][0] == holder or {*holder} & {"\r", "\0"}


HOSTILE = ["<script>alert(1)</script>", "</title><img src=x onerror=alert(1)>", "a & b &lt; $holder ${epoch}"]


@pytest.mark.parametrize("holder", HOSTILE)
def test_a_hostile_name_stays_text(holder: str) -> None:
    html = _sheet(holder=holder)
    assert Page(html).texts["dd"][0] == holder
    assert "<script" not in html
    assert "<img" not in html


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PDFINFO = shutil.which("pdfinfo")


@pytest.mark.skipif(CHROMIUM is None or PDFINFO is None, reason="needs Chromium and pdfinfo to print with")
@pytest.mark.parametrize("holder", ["Asha", "W" * 120])
def test_a_browser_prints_it_on_one_sheet_of_a4(holder: str, tmp_path: Path) -> None:
    sheet, printed = tmp_path / "sheet.html", tmp_path / "sheet.pdf"
    sheet.write_text(_sheet(holder=holder), encoding="utf-8")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu"]
    command += ["--disable-dev-shm-usage", "--no-pdf-header-footer"]
    command += [f"--user-data-dir={tmp_path / 'browser'}", f"--print-to-pdf={printed}", sheet.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    said = subprocess.run([str(PDFINFO), str(printed)], check=True, capture_output=True, text=True).stdout
    assert re.search(r"^Pages: +1$", said, re.MULTILINE)
    assert "(A4)" in said
