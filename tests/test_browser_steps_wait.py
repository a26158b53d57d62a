"""A step of a browser test ends when the page that it leads to has arrived, however slowly it comes."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser

from tests.support.browser import needs_chromium

pytestmark = needs_chromium

HALVES = (b"<!doctype html><title>Slow</title><main><p>The first half</p>", b"<p>and the second</p></main>")


class Slow(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        if self.path == "/":
            self.wfile.write(b"<!doctype html><title>Begin</title><a href='/slow'>Go</a>")
            return
        self.wfile.write(HALVES[0] + b" " * 4096)
        self.wfile.flush()
        time.sleep(0.5)
        self.wfile.write(HALVES[1])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("step", ["press", "click"])
def test_what_is_read_after_a_step_is_the_whole_page(
    browser: Browser, address: str, step: str, *, scripts: bool
) -> None:
    with browser.new_context(java_script_enabled=scripts) as context:
        page = context.new_page()
        page.goto(address)
        link = page.get_by_role("link", name="Go")
        link.press("Enter") if step == "press" else link.click()
        assert "and the second" in page.locator("main").inner_text()
