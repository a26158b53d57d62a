"""The walls between sides hold when the code is really loaded, not only in the import graph."""

import json
import subprocess
import sys
import textwrap

import pytest

_PROBE = textwrap.dedent(
    """
    import importlib, json, pkgutil, sys
    for name in json.loads(sys.argv[1]):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(getattr(package, "__path__", []), name + "."):
            if not module.name.startswith(tuple(json.loads(sys.argv[2]))):
                importlib.import_module(module.name)
    print(json.dumps(sorted(sys.modules)))
    """
)


def _loaded(*packages: str, leaving_out: tuple[str, ...] = ()) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, json.dumps(packages), json.dumps(leaving_out)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def _within(modules: list[str], *packages: str) -> list[str]:
    return [m for m in modules if any(m == p or m.startswith(p + ".") for p in packages)]


def test_the_service_loads_no_keys_no_encoding_and_no_laboratory() -> None:
    loaded = _loaded("api")
    assert len(_within(loaded, "api")) > 10
    assert _within(loaded, "keys", "cli", "linkage.encode", "linkage.lab") == []


def test_agencies_and_custodians_load_no_matching_and_no_service() -> None:
    loaded = _loaded("cli.agency", "cli.sources", "cli.custodian", "cli.main", "keys")
    assert len(_within(loaded, "cli", "keys")) > 10
    assert _within(loaded, "api", "linkage.match", "linkage.lab", "flask", "sqlalchemy", "numba") == []


@pytest.mark.parametrize(
    ("package", "never"),
    [
        ("linkage.encode", ("linkage.match", "linkage.register", "linkage.lab", "keys", "api", "cli")),
        ("linkage.match", ("linkage.encode", "linkage.register", "linkage.lab", "keys", "api", "cli")),
        ("linkage.register", ("linkage.encode", "linkage.match", "linkage.lab", "keys", "api", "cli")),
        (
            "linkage.wire",
            ("linkage.encode", "linkage.match", "linkage.register", "linkage.lab", "keys", "api", "cli"),
        ),
        ("linkage.lab", ("keys", "api", "cli")),
        (
            "keys",
            ("linkage.encode", "linkage.match", "linkage.register", "linkage.lab", "api", "cli", "flask"),
        ),
    ],
)
def test_each_package_loads_only_what_the_table_allows(package: str, never: tuple[str, ...]) -> None:
    loaded = _loaded(package)
    assert _within(loaded, package)
    assert _within(loaded, *never) == []


def test_naming_one_group_does_not_load_the_other_side() -> None:
    probe = (
        "import sys, json; from cli.main import main\n"
        "code = main(sys.argv[1:])\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    for group, never in (
        ("agency", ("api", "linkage.match", "linkage.lab")),
        ("keys", ("api", "linkage.match", "linkage.lab")),
        ("register", ("keys", "linkage.encode", "linkage.lab", "cli.agency", "cli.custodian")),
    ):
        done = subprocess.run(
            [sys.executable, "-c", probe, group, "--help"], capture_output=True, text=True, check=True
        )
        assert _within(json.loads(done.stderr.splitlines()[-1]), *never) == [], group
