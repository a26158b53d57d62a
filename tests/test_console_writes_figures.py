"""Figures have a minus sign and no negative nothing; a refusal says which it was; times say where."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from api.console_app.app import create_console
from api.console_app.guarding import FROM_ELSEWHERE, OLD_FORM, OTHER_ROLE
from api.console_app.service import ConsoleService, open_console
from api.console_app.showing import add_words, signed
from tests.support.console import client_of, needs_assets
from tests.support.unit import make_unit
from tests.test_console_operator_pages import words_of

MINUS = "\N{MINUS SIGN}"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ConsoleService]:
    opened = open_console(make_unit(tmp_path / "data").folder.root)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (0.7, 1, "+0.7"),
        (-2.25, 2, f"{MINUS}2.25"),
        (-0.04, 1, "0.0"),
        (0.04, 1, "0.0"),
        (-0.0, 2, "0.00"),
        (-20.0, 0, f"{MINUS}20"),
    ],
)
def test_a_weight_is_written_with_its_sign(value: float, digits: int, written: str) -> None:
    assert signed(value, digits) == written


@given(st.floats(-50, 50), st.integers(0, 3))
def test_a_weight_that_is_read_back_is_the_weight(value: float, digits: int) -> None:
    written = signed(value, digits)
    assert "-" not in written
    assert float(written.replace(MINUS, "-")) == pytest.approx(value, abs=0.51 * 10**-digits)
    assert (written[0] in {"+", MINUS}) == (float(f"{value:.{digits}f}") != 0)


def test_a_share_that_rounds_to_nothing_is_not_negative() -> None:
    app = Flask(__name__)
    add_words(app)
    render = app.jinja_env.from_string("{{ one | percent }}, {{ (one, two) | interval }}").render
    assert render(one=-0.0001, two=0.2).replace("\xa0", " ") == "0.0 %, 0.0 to 20.0 %"
    assert render(one=-0.12, two=-0.1).replace("\xa0", " ") == f"{MINUS}12.0 %, {MINUS}12.0 to {MINUS}10.0 %"


@needs_assets
def test_a_refusal_says_which_it_was(service: ConsoleService) -> None:
    app = create_console(service)
    browser = client_of(service, app, "operator")
    answers = (
        (browser.get("/governance"), OTHER_ROLE),
        (browser.post("/sign-out", data={"csrf_token": "a" * 64}), OLD_FORM),
        (browser.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}), FROM_ELSEWHERE),
    )
    for answer, why in answers:
        assert answer.status_code == 403
        told = words_of(answer.text)
        assert why in told
        assert not [one for _, one in answers if one != why and one in told]


@needs_assets
def test_every_page_says_what_times_are(service: ConsoleService) -> None:
    app = create_console(service)
    for browser, page in (
        (app.test_client(), "/sign-in"),
        (client_of(service, app, "operator"), "/operator"),
    ):
        assert "Times are those of London." in words_of(browser.get(page).text)
