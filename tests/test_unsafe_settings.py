"""Settings that would be unsafe are refused, with where, what and how to mend it; every one is documented."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from api import unsafe_settings
from api.config import Settings, parse_settings, read_settings, settings_text
from api.folders import DataFolder
from api.unsafe_settings import address, filesystem_of, folder_findings, is_loopback, settings_findings
from linkage.errors import ClewError, InputError
from tests.support.processes import clew
from tests.support.unit import Unit, make_unit

SETTINGS_DOC = Path(__file__).parents[1] / "docs" / "operations" / "settings.md"


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return make_unit(tmp_path / "data")


def _with(folder: DataFolder, **changes: str) -> Path:
    """Replace settings by name in the unit's file."""
    text = folder.settings.read_text()
    for name, value in changes.items():
        text, count = re.subn(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.MULTILINE)
        assert count >= 1, name
    folder.settings.write_text(text)
    return folder.settings


UNSAFE = [
    ({"listen": '"0.0.0.0:8080"'}, "[service] listen: requests would cross the network in clear"),
    ({"listen": '"8080"'}, "[service] listen: not an address and a port"),
    ({"listen": '"127.0.0.1:99999"'}, "[service] listen: not an address and a port"),
    *(
        ({"hosts": f'["{host}"]'}, "[service] hosts: an entry is no name that an agency could type")
        for host in ("*", "*.example.org", "0.0.0.0", "[::]", "https://x.org", ".example.org", "a..b", "x:0")
    ),
    ({"service": '"0.0.0.0:9464"'}, "[metrics] service: whoever reaches that address"),
    ({"engine": '"spark"'}, "[spark] staging: no folder in which a cluster finds its rows"),
    *(
        ({"engine": '"spark"', "staging": '"/x"', "master": f'"{master}"'}, f"[spark] master: {what}")
        for master, what in (
            ("sc://cluster.example.org:15002", "the key of a linkage would cross the network in clear"),
            ("sc://cluster.example.org/;use_ssl=true;token=abc", "a secret may not stand here"),
            ("sc://me:secret@cluster.example.org/;use_ssl=true", "a secret may not stand here"),
        )
    ),
    ({"linking": '"nowhere"'}, "[metrics] linking: not an address and a port"),
    ({"service": '"127.0.0.1:8080"'}, "[metrics] service: something else has this address"),
    ({"service": '"[::1]:9464"', "linking": '"[::1]:9464"'}, "[metrics] linking: something else"),
    *(
        ({"issuer": f'"{issuer}"'}, "[console.oidc] issuer: not an address that starts with https://")
        for issuer in (
            "http://sign-on.example.org",
            "https://",
            "https://me@sign-on.example.org",
            "https://sign-on.example.org/?tenant=1",
            "https://sign-on.example.org/#x",
            "https://sign-on.example.org:0",
            "https://sign-on.example.org:x",
            "sign-on.example.org",
            "javascript:alert(1)",
        )
    ),
    ({"issuer": '"https://sign-on.example.org"'}, "[console.oidc] client_id: no name of a client"),
    (
        {"algorithms": '["RS256", "none"]'},
        "[console.oidc] algorithms: a list with something else in it stands there",
    ),
    ({"algorithms": '["HS256"]'}, "[console.oidc] algorithms: a list with something else in it stands there"),
    ({"algorithms": "[]"}, "console.oidc.algorithms is empty"),
    ({"scopes": '["profile"]'}, "console.oidc.scopes does not name openid"),
    ({"subject": '"email"'}, "[console.oidc] subject: text stands there; allowed is"),
    ({"threads": "0"}, "threads"),
    ({"threads": "1000"}, "threads"),
    ({"submission_bytes": "1"}, "submission_bytes"),
    ({"submission_bytes": "99999999999999"}, "submission_bytes"),
    ({"part_bytes": "99999999999999"}, "part_bytes"),
    ({"records": "0"}, "records"),
    ({"open_submissions": "100000"}, "open_submissions"),
    ({"free_bytes": "1"}, "free_bytes"),
    ({"form": '"verbose"'}, "form"),
    ({"threads": '"many"'}, "threads"),
    ({"version": "2"}, "settings of version 1"),
    ({"threads": "8\nthreds = 8"}, "threds"),
    ({"threads": "="}, "not valid TOML"),
]


@pytest.mark.parametrize(("changes", "words"), UNSAFE, ids=[f"{c}" for c, _ in UNSAFE])
def test_an_unsafe_value_is_refused_with_place_and_hint(
    unit: Unit, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(ClewError) as refused:
        read_settings(_with(unit.folder, **changes))
    assert words in refused.value.message
    assert refused.value.message.startswith("unit.toml: ")
    if "version" not in changes:
        assert refused.value.hint


WRONG = [
    ("threads = 1000", "[service] threads: 1000 stands there; allowed is a whole number from 1 to 64"),
    ('threads = "many"', "[service] threads: text stands there; allowed is a whole number from 1 to 64"),
    ("threads = true", "[service] threads: true stands there; allowed is a whole number from 1 to 64"),
    ("threads = 1999-01-01", "[service] threads: a date or a time stands there"),
    ("behind_tls_proxy = 1", "[service] behind_tls_proxy: 1 stands there; allowed is true or false"),
    ('hosts = "x"', "[service] hosts: text stands there; allowed is a list, each entry text within"),
    ("hosts = [1]", "[service] hosts: a list with something else in it stands there; allowed is a list"),
    ('listen = "' + "x" * 65 + '"', "[service] listen: text of 65 characters stands there; allowed is text"),
    ("threds = 8", "[service] threds: there is no such setting"),
    ('[log]\nform = "verbose"', '[log] form: text stands there; allowed is "json" or "text"'),
    ("[linkage]\nreview = -1", "[linkage] review: -1 stands there; allowed is a number from 0 to 1000000"),
    ("[linkage]\nfalse_link = 0", "[linkage] false_link: 0 stands there; allowed is a number above 0 and"),
    (
        "[amendments]\nshort_lived_share = 2.5",
        "short_lived_share: 2.5 stands there; allowed is a number from",
    ),
    ("[limits]\nbytes_per_day = 1048576", "limits.bytes_per_day is below limits.submission_bytes"),
    ("[lmits]\nwaiting = 3", "unit.toml: lmits: there is no such setting"),
    ("[[log]]\n", "unit.toml: log: a list stands there; allowed is a section of settings"),
]


@pytest.mark.parametrize(("lines", "words"), WRONG, ids=[one for one, _ in WRONG])
def test_a_wrong_value_is_told_with_what_was_found_and_what_is_allowed(
    tmp_path: Path, lines: str, words: str
) -> None:
    file = tmp_path / "unit.toml"
    file.write_text(f'version = 1\nname = "x"\n[service]\n{lines}\n')
    with pytest.raises(InputError) as refused:
        read_settings(file)
    assert words in refused.value.message
    assert not re.search(r"Expected|Object|\$|`(int|str|bool|array|object)`", str(refused.value))
    assert ("is threads meant?" in refused.value.hint) == ("threds" in lines)
    file.write_text('version = 1\nname = "x"\n[service]\nthreads = "canary"\n')
    with pytest.raises(InputError, match="threads: text stands there") as refused:
        read_settings(file)
    assert "canary" not in str(refused.value)
    file.write_text("version = 1\n")
    with pytest.raises(InputError, match="name: is missing"):
        read_settings(file)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"version = 1\nname = Unit\n", "not valid TOML at line 2, column 8: invalid value"),
        (b'version = 1\nname = "x', "not valid TOML at "),
        (b"version = 1\nname\n", "not valid TOML at line 2, column 5: "),
        (b'version = 1\nname = "\xff"\n', "not valid TOML at line 2, column 9: not UTF-8 text"),
    ],
)
def test_what_is_no_toml_is_told_with_line_and_column(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "unit.toml"
    file.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_settings(file)
    assert f"unit.toml: {words}" in refused.value.message
    assert refused.value.hint


def test_what_is_safe_is_taken(unit: Unit) -> None:
    for changes in (
        {"hosts": '["unit.example.org", "unit:8443", "10.1.2.3", "[fd00::1]:443"]'},
        {"listen": '"[::1]:8080"'},
        {"listen": '"0.0.0.0:8080"', "behind_tls_proxy": "true"},
        {"service": '"0.0.0.0:9464"', "beyond_loopback": "true"},
        {"form": '"json"'},
        {"issuer": '"https://sign-on.example.org:8443/unit"', "client_id": '"clew console"'},
        {"issuer": '"http://127.0.0.1:9000"', "client_id": '"x"', "amr": '["mfa"]'},
    ):
        read_settings(_with(unit.folder, **changes))


def test_an_older_releases_file_keeps_its_meaning(unit: Unit) -> None:
    unit.folder.settings.write_text('version = 1\nname = "x"\n[service]\nhosts = []\n')
    assert read_settings(unit.folder.settings) == Settings(version=1, name="x")
    unit.folder.settings.write_text(settings_text("x"))
    assert read_settings(unit.folder.settings) == Settings(version=1, name="x")


def test_the_check_names_all_there_is_to_mend(unit: Unit) -> None:
    data = unit.folder.root
    sound = clew("register", "config", "check", "--data", data)
    assert (sound.returncode, "fault\t" in sound.stdout) == (0, False), sound.stderr
    _with(unit.folder, listen='"0.0.0.0:8080"', hosts='["*"]')
    unit.folder.linking_key.chmod(0o644)
    unit.folder.intake_payload.chmod(0o755)
    unit.folder.settings.chmod(0o666)
    found = clew("register", "config", "check", "--data", data)
    assert found.returncode == 1
    faults = [line.split("\t") for line in found.stdout.splitlines() if line.startswith("fault\t")]
    assert {one[1] for one in faults} == {
        "[service] listen",
        "[service] hosts",
        "[console] listen",
        "secrets/linking.key",
        "intake/payload",
        "unit.toml",
    }
    assert all(len(one) == 4 and one[3] for one in faults)
    assert clew("register", "serve", "--data", data, "--port", "0").returncode == 1
    assert clew("register", "work", "register", "--data", data, "--once").returncode == 1


def test_a_secret_that_others_may_read_stops_whoever_needs_it(unit: Unit) -> None:
    unit.folder.linking_key.chmod(0o640)
    done = clew("register", "work", "linking", "--data", unit.folder.root, "--once")
    assert (done.returncode, "chmod 600" in done.stderr) == (1, True)


def test_the_check_looks_at_a_sign_on(unit: Unit) -> None:
    secret = unit.folder.root / "secrets" / "sign-on.secret"
    secret.write_text("canary")
    secret.chmod(0o644)
    settings = parse_settings(_with(unit.folder, issuer='"https://sign-on.example.org"', client_id='"c"'))
    found = [*settings_findings(settings), *folder_findings(unit.folder, settings)]
    said = {(one.weight, one.where) for one in found if "oidc" in one.where}
    assert said == {("fault", "[console.oidc] client_secret_file"), ("caution", "[console.oidc] acr")}


def test_a_secret_that_is_not_there_is_told_of(unit: Unit) -> None:
    unit.folder.linking_key.unlink()
    checked = clew("register", "config", "check", "--data", unit.folder.root)
    assert (checked.returncode, "secrets/linking.key\tnot there" in checked.stdout) == (0, True)
    done = clew("register", "work", "linking", "--data", unit.folder.root, "--once")
    assert (done.returncode, "put it back" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("tmpfs", "lies in memory"),
        ("nfs4", "locks and fsync"),
        ("fuse.sshfs", "locks and fsync"),
        ("overlay", "container"),
        ("ext4", None),
    ],
)
def test_the_folders_file_system_is_looked_at(
    unit: Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, words: str | None
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"22 21 0:9 / {unit.folder.root} rw shared:1 - {kind} x rw\n"
        f"23 21 0:9 / {unit.folder.root}-other rw - proc x rw\n"
    )
    assert filesystem_of(unit.folder.root, mounts) == kind
    monkeypatch.setattr(unsafe_settings, "filesystem_of", lambda _: kind)
    said = [str(one) for one in unsafe_settings.filesystem_findings(unit.folder)]
    assert [words in one for one in said] == ([True] if words else [])


def test_limits_that_this_machine_cannot_hold_are_cautions(
    unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsafe_settings, "_memory_bytes", lambda: 1 << 20)
    _with(unit.folder, submission_bytes=str(16 << 30), open_submissions="100", part_bytes=str(2 << 20))
    settings = parse_settings(unit.folder.settings)
    found = [*settings_findings(settings), *folder_findings(unit.folder, settings)]
    cautions = {one.where for one in found if one.weight == "caution"}
    assert {"[limits] submission_bytes", "[limits] part_bytes"} <= cautions


@pytest.mark.parametrize("text", ["", "x", "1.2.3.4", "1.2.3.4:x", "::1:80", "1.2.3.4:070000", "name:80"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert address(text) is None


def test_loopback_is_told_from_the_world() -> None:
    assert all(is_loopback(one) for one in ("127.0.0.1", "127.9.9.9", "::1", "localhost"))
    assert not any(is_loopback(one) for one in ("0.0.0.0", "::", "10.0.0.1", "example.org"))


def _read_settings_of(kind: type[msgspec.Struct], *sections: str) -> Iterator[tuple[str, object]]:
    prefix = f"[{'.'.join(sections)}] " if sections else ""
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from _read_settings_of(field.type, *sections, field.name)
        else:
            yield f"{prefix}{field.encode_name}", field.default


def test_every_setting_is_documented_with_its_default_and_no_other() -> None:
    rows = dict(
        re.findall(r"^\| `([^`|]+)` \| (?:`([^`|]*)`|) *\|", SETTINGS_DOC.read_text(), flags=re.MULTILINE)
    )
    read = dict(_read_settings_of(Settings))
    assert set(rows) == set(read)
    for name, default in read.items():
        if default is not msgspec.NODEFAULT:
            assert rows[name] == _toml(default), name


def test_the_file_that_init_writes_explains_every_setting() -> None:
    lines = settings_text("x").splitlines()
    section, seen = "", set()
    for place, line in enumerate(lines):
        if line.startswith("["):
            section = f"{line} "
        elif line and not line.startswith("#"):
            seen.add(section + line.split(" = ")[0])
            comments = [one for one in lines[max(place - 4, 0) : place] if one.startswith("#")]
            assert comments or place == 1, line
    assert seen == {name for name, _ in _read_settings_of(Settings)}


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def test_a_refusal_never_repeats_what_stands_in_the_file(unit: Unit) -> None:
    with pytest.raises(InputError) as refused:
        read_settings(_with(unit.folder, hosts='["canary-*-host"]'))
    assert "canary" not in str(refused.value)
