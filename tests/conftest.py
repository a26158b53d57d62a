"""Options shared by all tests."""

import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support import databases, postgresql

if TYPE_CHECKING:
    from playwright.sync_api import Browser

settings.register_profile(
    "reduced", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "soak", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


_LONGEST = (
    "test_demo_nothing_identifying_leaves",
    "test_console_publisher_in_a_browser",
    "test_api_persons_come_back",
    "test_console_every_page_in_a_browser",
    "test_keys_whole_story",
    "test_api_survives_kills",
    "test_published_files_survive_an_attacker",
    "test_privacy_audit_gate",
    "test_desk_path",
    "test_register_rotation",
    "test_backups_between_steps",
    "test_api_commands",
    "test_api_revocations",
    "test_register_epochs_end",
    "test_api_store_faults",
    "test_match_declarations_are_tested",
    "test_encode_vectors",
)
"""Begun first, so that no process is still at one of them when the others have nothing left."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run every test at full size")


def pytest_configure(config: pytest.Config) -> None:
    soak = config.getoption("--soak")
    settings.load_profile("soak" if soak else "reduced")
    # Two test processes share the cores: a kernel with its own threads would only contend.
    os.environ.setdefault("NUMBA_NUM_THREADS", "2")
    _heed_signals()


def _heed_signals() -> None:
    """Undo what nohup and a shell's background ignore: commands started from here would inherit that."""
    for name in ("SIGHUP", "SIGINT", "SIGQUIT"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            heeded = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
            signal.signal(number, heeded)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest files come first; the Makefile keeps pytest-xdist from ordering them anew."""
    places = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session")
def soak(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--soak"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every test that uses ``each_database`` its databases."""
    if "each_database" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("postgresql")
        when = "always" if marked is None else marked.args[0]
        both = when == "always" or (when == "soak" and metafunc.config.getoption("--soak"))
        metafunc.parametrize("each_database", databases.KINDS if both else ("sqlite",), indirect=True)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """One Chromium for the tests of a file."""
    from tests.support.browser import chromium

    with chromium() as opened:
        yield opened


@pytest.fixture
def each_database(request: pytest.FixtureRequest) -> Iterator[databases.Kind]:
    """Run a test on SQLite and on PostgreSQL; ``pytest.mark.postgresql`` says when on the latter."""
    if request.param == "postgresql" and (reason := postgresql.why_not()) is not None:
        pytest.skip(reason)
    with databases.using(request.param):
        yield request.param
