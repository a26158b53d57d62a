"""A day is that day on every page, in whatever zone the machine stands; a time is London's."""

import os
import time
from collections.abc import Iterator

import pytest

from api.console_app.times import day_words, time_words


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("zone")
def test_a_day_is_a_day_and_a_time_is_londons() -> None:
    assert day_words("2026-11-23") == "23 November 2026"
    assert day_words("2026-07-01") == "1 July 2026"
    assert time_words("2026-07-01T23:30:00.000000Z") == "2 July 2026, 00:30"
    assert day_words("2026-11-23T23:59:59.000000Z") == "23 November 2026"
    assert time_words("2026-07-01T23:30") == "2 July 2026, 00:30"
