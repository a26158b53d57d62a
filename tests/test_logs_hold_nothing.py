"""No log of any process holds what was sent or who was meant, whatever goes well or wrong, in either form."""

import json
import logging
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import httpx
import pytest

from linkage.errors import InputError
from linkage.wire.records import Child, Payload
from tests.support.processes import ROOT, clew, clew_running, content_of
from tests.support.signing_client import SigningClient
from tests.support.unit import Desk, handle, make_sent, make_unit

CANARY = "canary5f1e"


def _sent_canaries(client: SigningClient, url: str) -> None:
    """Send canaries wherever something can be put: path, query, headers, body, host, chunk."""
    client.call("GET", f"/v1/{CANARY}?{CANARY}=1")
    client.call("POST", "/v1/submissions", f'{{"{CANARY}":1}}'.encode())
    request = client.signed("GET", "/v1/status")
    request.headers["X-Canary"] = request.headers["User-Agent"] = f"{CANARY}/1"
    client.send(request)
    client.send(client.signed("GET", "/v1/status", host=f"{CANARY}.example.org"))
    client.send(client.signed("GET", "/v1/status", nonce=f"{CANARY}-0123456789abcdef"))
    client.send(client.signed("GET", "/v1/status", nonce=f"{CANARY}-0123456789abcdef"))
    with httpx.Client(trust_env=False) as http:
        http.put(f"{url}/v1/submissions/{CANARY}", content=CANARY * 100, headers={"Signature": CANARY})
        http.request(CANARY.upper(), f"{url}/{CANARY}")


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_whole_flow_with_canaries_leaves_none_in_any_log(tmp_path: Path, form: str, soak: bool) -> None:
    if form == "text" and not soak:
        pytest.skip("the same flow in JSON runs; both run with --soak")
    unit, ready = make_unit(tmp_path / "data"), tmp_path / "url.txt"
    settings = unit.folder.settings
    settings.write_text(settings.read_text().replace('form = "text"', f'form = "{form}"'))
    council, police = unit.enrol(Desk("E09", "council")), unit.enrol(Desk("P01", "police"))
    good = make_sent(unit, council, children=(1, 2))
    odd = Payload(agency="P01", children=(Child(handle=handle(CANARY), version=1, sex="F"),))
    bad = make_sent(unit, police, children=(2,), payload=odd, counts={"children": 7})
    data, logs = unit.folder.root, []
    with clew_running("register", "serve", "--data", data, "--port", "0", "--ready-file", ready) as server:
        url = content_of(ready, server)
        with SigningClient(url, council.key) as client:
            client.submit(good)
            _sent_canaries(client, url)
        with SigningClient(url, police.key) as client:
            client.submit(bad)
        assert clew("register", "cycle", "--data", data).returncode == 0
        for which in ("linking", "register", "linking", "register"):
            done = clew("register", "work", which, "--data", data, "--once")
            assert done.returncode == 0, done.stderr
            logs.append(done.stderr)
        server.send_signal(signal.SIGTERM)
        assert server.stderr is not None
        logs.append(server.stderr.read())
        assert server.wait(20) == 0
    handles = [handle("E09", one) for one in (1, 2)] + [handle("P01", 2), handle(CANARY)]
    never = [CANARY, CANARY.upper(), "127.0.0.1:", "Signature", good.id, bad.id, *handles]
    never += [council.card.signing_key, police.card.signing_key, "Agency E09"]
    lines = [line for log in logs for line in log.splitlines()]
    said = [line for line in lines if " serving http" not in line and '"serving http' not in line]
    assert [(one, line) for line in said for one in never if one in line] == []
    assert sum("401" in line for line in lines) >= 4
    assert any("clew.auth" in line for line in lines)
    assert any("job" in line and "done" in line for line in lines)
    if form == "json":
        for line in lines:
            content = json.loads(line)
            assert {"at", "level", "logger", "event"} <= set(content)
        requests = [json.loads(line) for line in lines if '"clew.access"' in line]
        assert {"method", "template", "status", "agency", "ms"} <= set(requests[0])


def test_of_a_fault_the_log_says_kind_and_place_and_of_libraries_only_the_place() -> None:
    program = textwrap.dedent(
        f"""
        import logging, sys, threading, warnings
        from api.logs import start_logging
        start_logging(sys.argv[1])
        logging.getLogger("waitress").warning("from %s", "{CANARY}")
        try:
            raise KeyError("{CANARY}")
        except KeyError:
            logging.getLogger("library").exception("serving {CANARY}")
        warnings.warn("{CANARY}")
        thread = threading.Thread(target=lambda: [][int("{CANARY}"[6])])
        thread.start()
        thread.join()
        raise ValueError("{CANARY}")
        """
    )
    for form in ("text", "json"):
        command = [sys.executable, "-c", program, form]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 1
        assert CANARY not in done.stderr + done.stdout
        for words in ("message of waitress", "message of library", "KeyError", "IndexError", "ValueError"):
            assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) == 5


def test_one_of_our_errors_is_logged_with_its_words() -> None:
    from api.logs import fault_words

    assert fault_words(InputError("--data: not there", hint="make it")) == str(
        InputError("--data: not there", hint="make it")
    )


def test_a_message_of_several_lines_stays_one_line() -> None:
    from api.logs import _Json, _Text

    record = logging.LogRecord("clew.x", logging.INFO, "x.py", 1, "one\ntwo", None, None)
    assert "\n" not in _Text().format(record)
    assert "\n" not in _Json().format(record)
