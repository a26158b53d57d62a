"""Nobody but the browser that was given the token gets at the data officer's page, and it keeps no secret."""

import ctypes
import gc
import http.client
import http.server
import logging
import os
import re
import socket
import tempfile
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from cli.agency.commands import agency
from cli.desk import forms, peers, serving
from cli.desk.guards import COOKIE
from cli.desk.wording import words_for_page
from keys.passphrase import checked_passphrase
from linkage.errors import InputError
from pages.policy import HEADERS
from tests.support.agency_desk import (  # noqa: F401 (fixtures)
    PHRASE,
    Desk,
    desk,
    epoch,
    unit,
    write_council,
)
from tests.support.browser import chromium, needs_chromium
from tests.support.desk_page import PERIOD, Forms, Served, client_of, desk_page, form_token, upload


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with desk_page(tmp_path / "workspace") as opened:
        yield opened


def test_the_token_opens_the_page_once(served: Served) -> None:
    with client_of(served) as client, httpx.Client(base_url=served.pages, trust_env=False) as other:
        assert client.get("/").status_code == 200
        assert "token=" not in client.get("/").text
        assert other.get(served.address).status_code == 403
        assert other.get("/begin?token=" + "x" * 43).status_code == 403
        assert client.get(served.address).status_code == 303, "who has the cookie is led to the page"


def test_the_cookie_is_for_this_site_and_no_script(served: Served) -> None:
    with httpx.Client(base_url=served.origin, trust_env=False) as client:
        cookie = client.get(served.address).headers["set-cookie"]
        name, _, rest = cookie.partition("=")
        assert name == COOKIE
        folder = served.pages.removeprefix(served.origin)
        assert len(folder) > 20
        parts = {part.strip() for part in rest.split(";")}
        assert {"HttpOnly", "SameSite=Strict", f"Path={folder}"} <= parts, (
            "another port's page is not sent it"
        )
        assert served.token not in cookie


@pytest.mark.parametrize(
    "path", ["/", "/source", "/report", "/bundles", "/work", "/workspace/card.json", "/no"]
)
def test_without_the_cookie_nothing_is_told(served: Served, path: str) -> None:
    folder = served.pages.rpartition("/")[2]
    for headers in ({}, {"Cookie": f"{COOKIE}=guessed"}):
        for pages in (served.pages, served.origin):
            answer = httpx.get(pages + path, headers=headers, trust_env=False)
            assert answer.status_code == 403
            assert "workspace" not in answer.text
        assert folder not in answer.text, "whoever does not know the folder is not told"


@pytest.mark.parametrize(
    "host", ["attacker.example", "localhost:{port}", "127.0.0.1", "127.0.0.1:{port}.nip.example"]
)
def test_another_host_name_is_refused(served: Served, host: str) -> None:
    with client_of(served) as client:
        named = host.format(port=served.host.partition(":")[2])
        assert client.get("/", headers={"Host": named}).status_code == 421
        asset = re.search(r'"(/assets/[^"]+\.css)"', client.get("/").text)
        assert asset is not None
        assert client.get(asset[1], headers={"Host": named}).status_code == 421


@pytest.mark.parametrize(
    "origin", [None, "null", "http://attacker.example", "http://127.0.0.1:1", "https://{host}"]
)
def test_a_form_of_another_origin_is_refused(served: Served, origin: str | None) -> None:
    with client_of(served) as client:
        headers = {} if origin is None else {"Origin": origin.format(host=served.host)}
        answer = client.post("/stop", data={"form_token": form_token(client)}, headers=headers)
        assert answer.status_code == 400
        assert client.get("/").status_code == 200, "it goes on"


@pytest.mark.parametrize("token", [None, "", "guessed", "ü"])
def test_a_form_without_its_token_is_refused(served: Served, token: str | None) -> None:
    with client_of(served) as client:
        data = {} if token is None else {"form_token": token}
        answer = client.post("/stop", data=data, headers={"Origin": served.origin})
        assert answer.status_code == 400
        assert client.get("/").status_code == 200


def test_the_button_ends_it(served: Served) -> None:
    with client_of(served) as client:
        data = {"form_token": form_token(client)}
        answer = client.post("/stop", data=data, headers={"Origin": served.origin})
        assert "You can close this tab" in answer.text
    served.wait()
    host, port = served.host.split(":")
    with pytest.raises(OSError):
        socket.create_connection((host, int(port)), timeout=1).close()


def test_it_ends_by_itself_when_nobody_uses_it(tmp_path: Path) -> None:
    with desk_page(tmp_path / "workspace", idle_seconds=0.1) as served:
        served.wait()
    assert any("nobody has used the page" in words for words in served.said)


def test_it_listens_on_the_loopback_address_alone() -> None:
    with serving.listen(0) as listening:
        host, port = listening.getsockname()
        assert host == "127.0.0.1"
        with pytest.raises(InputError, match=f"--port {port}: "):
            serving.listen(port)
    command = agency.get_command(None, "desk")  # type: ignore[arg-type]
    assert command is not None
    assert "--host" not in {option for one in command.params for option in one.opts}


def test_every_answer_has_the_guarding_headers(served: Served) -> None:
    with client_of(served) as client:
        answers = [client.get(path) for path in ("/", "/no", "/own/desk.css", "/workspace")]
        answers += [httpx.get(served.origin, trust_env=False), client.post("/stop")]
        for answer in answers:
            for name, value in HEADERS.items():
                expected = "same-origin" if name == "Referrer-Policy" else value
                assert answer.headers[name] == expected, (answer.url, name)
            assert answer.headers["Cache-Control"] == "no-store"


def test_a_strange_request_shows_no_traceback(served: Served) -> None:
    targets = ("/%00", "/bundles/..%2f..%2fetc%2fpasswd", "/own/../guards.py", "/report/99999999999999999999")
    folder = served.pages.removeprefix(served.origin)
    with client_of(served) as client:
        cookie = f"{COOKIE}={client.cookies[COOKIE]}"
        for target in targets:
            connection = http.client.HTTPConnection(served.host, timeout=30)
            connection.request("GET", folder + target, headers={"Cookie": cookie})
            answer = connection.getresponse()
            assert answer.status in (303, 400, 404), target
            assert answer.headers["location"] in (None, f"{folder}/unit"), target
            assert "Traceback" not in answer.read().decode()
            connection.close()


def test_what_was_uploaded_is_erased_at_the_end_and_no_secret_is_said(
    tmp_path: Path,
    desk: Desk,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither identifiers nor the passphrase are logged, printed or in an address."""
    caplog.set_level(logging.DEBUG)
    source = write_council(tmp_path / "source")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))  # where no other desk has its folder
    with desk_page(desk.workspace) as served, client_of(served) as client:
        (place,) = temporary.glob("clew-desk-*")
        assert place.stat().st_mode & 0o077 == 0
        locations = _to_the_bundle(client, served, source)
        kept = [path for path in place.rglob("*") if path.is_file()]
        assert any(path.name == "children.csv" for path in kept)
    assert not place.exists()
    out, err = capfd.readouterr()
    said = "\n".join([*served.said[3:], out, err, caplog.text, *locations])
    for secret in (PHRASE, quote(PHRASE), "Forenamecanary", "Surnamecanary", "CH0000001", "EP0000001"):
        assert secret not in said


def _to_the_bundle(client: httpx.Client, served: Served, source: Path) -> list[str]:
    """Choose, map, check and encode; returns every address that was led to."""
    pages = Forms(client, served.origin)
    assert "fits this file" in pages.send("/source", upload(source), **PERIOD)
    assert "is saved" in pages.send("/mapping", act="shipped", shipped="council-csv")
    assert "Where every row went" in pages.send("/check")
    assert "passphrase is wrong" in pages.send("/encode", passphrase="not the passphrase").casefold()
    assert "What never leaves" in pages.send("/encode", passphrase=PHRASE)
    return pages.led


@pytest.mark.parametrize(
    "said",
    [
        "see clew agency check for what is wrong; --allow-empty if withdrawing is what you mean",
        "is the source whole? --allow-withdrawals if withdrawing them is what you mean",
        "name one with --mapping, as council-csv",
        "correct it, or add it to [values.missing_from] in the mapping",
        "name the list with --shield-list, or say --no-shield-list if there is none any more",
    ],
)
def test_hints_name_no_option_of_the_command_line(said: str) -> None:
    assert "--" not in words_for_page(said)
    assert "clew agency" not in words_for_page(said)
    assert "[values" not in words_for_page(said)


def test_a_connection_of_another_account_is_refused(served: Served) -> None:
    """On Linux the list of processes shows everybody the address that a browser is begun with."""
    if not Path("/proc/net/tcp").is_file() or os.getuid() != 0:
        pytest.skip("only root can become somebody else, and only Linux tells whose a connection is")
    path = served.address.removeprefix(served.origin)
    host, port = served.host.split(":")
    with _socket_of(65534) as asking:
        asking.settimeout(30)
        asking.connect((host, int(port)))
        asking.sendall(f"GET {path} HTTP/1.1\r\nHost: {served.host}\r\n\r\n".encode())
        told = asking.recv(4000).decode()
    assert told.startswith("HTTP/1.1 403 ")
    assert "Set-Cookie" not in told
    with client_of(served) as client:
        assert client.get("/").status_code == 200, "the token was not spent"


def _socket_of(account: int) -> socket.socket:
    """Make a socket as another account, in this thread alone (setfsuid(2)); its owner is who made it."""
    libc = ctypes.CDLL(None)
    libc.setfsuid(account)
    try:
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    finally:
        libc.setfsuid(os.getuid())


def test_where_nobody_tells_whose_a_connection_is_nothing_is_refused_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = {"REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "50000"}
    monkeypatch.setattr(peers, "_TABLE", tmp_path / "nowhere")
    assert peers.is_own_connection(asked, "127.0.0.1:8080")
    monkeypatch.delattr(os, "getuid")  # as on Windows
    assert peers.is_own_connection(asked, "127.0.0.1:8080")


def test_whose_a_connection_is_stands_in_the_kernels_table() -> None:
    kept = "00000000:00000000 00:00000000 00000000"
    table = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        f"   0: 0100007F:1F90 00000000:0000 0A {kept}  1000        0 1 1 0 100 0 0 10 0\n"
        f"   1: 0100007F:C350 0100007F:1F90 01 {kept}  1001        0 2 1 0 20 4 30 10 -1\n"
        f"   2: 0100007F:1F90 0100007F:C350 01 {kept}  1000        0 3 1 0 20 4 30 10 -1\n"
        "broken\n"
    )
    assert peers.account_of(table, "0100007F:C350", "0100007F:1F90") == 1001
    assert peers.account_of(table, "0100007F:C351", "0100007F:1F90") is None


@needs_chromium
def test_a_page_of_another_port_is_not_sent_the_cookie(served: Served) -> None:
    """Cookies know no ports: somebody else of this machine may serve a page on one of their own."""
    received: list[tuple[str, str]] = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            received.append((self.path, self.headers.get("Cookie", "")))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>x</title><img src='/a.png'><img src='/begin'>")

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Elsewhere) as other, chromium() as browser:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        page = browser.new_page()
        page.goto(served.address)
        assert page.title() == "What to do next – Clew desk"
        assert "token" not in page.url
        page.goto(f"http://127.0.0.1:{other.server_port}/")
        page.goto(f"http://127.0.0.1:{other.server_port}/again")
        page.goto(f"{served.pages}/")
        assert page.title() == "What to do next – Clew desk", "it has the cookie still"
        other.shutdown()
        thread.join(10)
    assert {"/", "/again", "/begin"} <= {path for path, _ in received}
    assert [cookie for _, cookie in received if cookie] == []


def test_the_passphrase_is_let_go_of_when_its_act_has_ended(
    tmp_path: Path,
    desk: Desk,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither the task, nor its error, nor the thread keeps it."""
    left: list[weakref.ref[_Phrase]] = []

    def watched(text: str, *, chosen: bool) -> str:
        phrase = _Phrase(checked_passphrase(text, chosen=chosen))
        left.append(weakref.ref(phrase))
        return phrase

    monkeypatch.setattr(forms, "checked_passphrase", watched)
    with desk_page(desk.workspace) as served, client_of(served) as client:
        _to_the_bundle(client, served, write_council(tmp_path / "source", 2))
        gc.collect()
        assert len(left) == 2, "a wrong one and the right one"
        assert [one() for one in left] == [None, None]


class _Phrase(str):  # noqa: SLOT000 (slots would have no place for a weak reference)
    """Text that can be watched."""
