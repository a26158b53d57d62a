"""``make mutate``: change the code of ``keys/`` one place at a time, and count what no test notices.

Prints a table by module, writes every survivor as a diff to ``bench-results/mutation-survivors.txt``, and
ends with 1 if fewer than 85 % of the mutants are killed.  A run that was interrupted goes on where it
stopped; mutants that survived before are tried again, those that were killed only where their function has
changed.

Each group of modules is tried against the tests that are about it and no others: a mutant that survives costs
every test of its group.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
WORK: Final = ROOT / "build" / "mutation"
RESULTS: Final = ROOT / "bench-results"
TARGET: Final = 0.85

_COPIED: Final = ("api", "benchmarks", "cli", "docs", "keys", "linkage", "tests", "README.md", "Makefile")
_KILLED, _UNTRIED, _UNTESTED = "killed", "untried", "no test"
_SURVIVED: Final = "survived"
_STATES: Final = {0: _SURVIVED, 5: _UNTESTED, 33: _UNTESTED, None: _UNTRIED}


@dataclass(frozen=True)
class Group:
    """Modules of ``keys/`` and the test files (``test_<name>.py``) that are about them."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


GROUPS: Final = (
    Group(
        "ceremony",
        ("ceremony", "digests", "epoch_key", "messages", "sealed_shares", "wrapping"),
        (
            *("keys_ceremony", "keys_closing", "keys_hierarchy", "keys_quorum_attacks", "keys_shares"),
            *("keys_wrapping", "keys_refusals", "custodian_ceremony", "custodian_shares"),
            *("wire_signed_files_have_one_form", "custodian_dishonest_opener"),
            *("custodian_equivocation", "custodian_last_contributor"),
        ),
    ),
    Group(
        "files",
        ("alone", "ceremony_folder", "files", "identity", "protected", "storing"),
        (
            *("keys_file_refusals", "keys_folders", "keys_refusals", "keys_hostile_files"),
            *("wire_signed_files_have_one_form", "custodian_one_at_a_time", "keys_protected"),
        ),
    ),
    Group(
        "folders",
        ("custodian_folder", "kept_successions"),
        (
            *("keys_file_refusals", "keys_refusals", "revocations_are_signed"),
            *(
                "custodian_last_contributor",
                "custodian_keeps_revocations",
                "custodian_successions",
                "keys_successions_kept",
            ),
        ),
    ),
    Group(
        "sessions",
        ("session", "session_folder"),
        ("keys_session_refusals", "wire_signed_files_have_one_form", "custodian_session_revoked"),
    ),
    Group("log", ("custody_log",), ("keys_refusals", "custody_log_forged", "custody_log_holds")),
    Group(
        "shares",
        ("share_sheet", "share_slips", "shares"),
        ("keys_share_refusals", "keys_shares", "keys_share_sheet", "keys_share_words", "keys_refusals"),
    ),
    Group(
        "asking",
        ("hidden_text", "os_keyring", "passphrase"),
        ("keys_passphrase", "keys_os_keyring_words", "keys_os_keyring"),
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument(
        "--group", action="append", choices=[one.name for one in GROUPS], help="only this one"
    )
    parser.add_argument("--children", default="2", help="processes at once")
    parser.add_argument("--report", action="store_true", help="only say what was found before")
    options = parser.parse_args(arguments)
    groups = [one for one in GROUPS if not options.group or one.name in options.group]
    _check_groups()
    for group in groups if not options.report else ():
        _prepare(group)
        _try(group, options.children)
    return _report(groups)


def _check_groups() -> None:
    named = Counter(module for group in GROUPS for module in group.modules)
    there = {path.stem for path in (ROOT / "keys").glob("*.py")} - {"__init__"}
    if set(named) != there or max(named.values()) > 1:
        sys.exit(f"GROUPS: every module of keys/ in one group; see {sorted(there ^ set(named))}")


def _prepare(group: Group) -> None:
    """Copy what is tested below ``build/``, and let what survived before be tried again."""
    place = WORK / group.name
    place.mkdir(parents=True, exist_ok=True)
    for name in _COPIED:
        source, copy = ROOT / name, place / name
        if source.is_file():
            shutil.copy(source, copy)
        else:
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
            if name not in ("keys", "tests"):
                shutil.rmtree(place / "mutants" / name, ignore_errors=True)
    tests = [f"tests/test_{one}.py" for one in group.tests if (ROOT / f"tests/test_{one}.py").exists()]
    settings = [
        "[tool.mutmut]",
        'source_paths = ["keys"]',
        f"only_mutate = {json.dumps([f'keys/{one}.py' for one in group.modules])}",
        f"also_copy = {json.dumps([one for one in _COPIED if one not in ('keys', 'tests')])}",
        'pytest_add_cli_args = ["-p", "no:cacheprovider", "-x", "-q"]',
        f"pytest_add_cli_args_test_selection = {json.dumps(tests)}",
        "track_dependencies = false",
        "use_git_change_detection = false",
    ]
    (place / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + "\n" + "\n".join(settings))
    for meta in (place / "mutants" / "keys").glob("*.meta"):
        content = json.loads(meta.read_bytes())
        codes = content["exit_code_by_key"]
        content["exit_code_by_key"] = {key: code or None for key, code in codes.items()}
        meta.write_text(json.dumps(content))


def _try(group: Group, children: str) -> None:
    print(f"== {group.name}: {', '.join(group.modules)}", flush=True)
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", children]
    if subprocess.run(command, cwd=WORK / group.name, check=False).returncode:
        sys.exit("mutmut could not run; what it said is above")


def _codes(group: Group) -> dict[str, int | None]:
    """Return the exit code of every mutant of a group, by its name."""
    found: dict[str, int | None] = {}
    for module in group.modules:
        meta = WORK / group.name / "mutants" / "keys" / f"{module}.py.meta"
        if meta.exists():
            found |= json.loads(meta.read_bytes())["exit_code_by_key"]
    return found


def _report(groups: Sequence[Group]) -> int:
    states: dict[str, Counter[str]] = {}
    survivors: list[str] = []
    for group in groups:
        for name, code in sorted(_codes(group).items()):
            state = _STATES.get(code, _KILLED)
            states.setdefault(name.split(".")[1], Counter())[state] += 1
            if state in (_SURVIVED, _UNTESTED):
                survivors += _diff(group, name)
    total = sum(states.values(), Counter())
    columns = (_KILLED, _SURVIVED, _UNTESTED, _UNTRIED)
    print(f"{'module':18}" + "".join(f"{one:>10}" for one in columns) + "     score")
    for module, counted in [*sorted(states.items()), ("all", total)]:
        print(f"{module:18}" + "".join(f"{counted[one]:10}" for one in columns) + f"{_score(counted):9.1%}")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "mutation-survivors.txt").write_text("\n".join(survivors) + "\n")
    content = {name: dict(counted) for name, counted in states.items()} | {"score": _score(total)}
    (RESULTS / "mutation.json").write_text(json.dumps(content, indent=2) + "\n")
    return int(_score(total) < TARGET)


def _score(counted: Counter[str]) -> float:
    return counted[_KILLED] / max(1, sum(counted.values()))


def _diff(group: Group, name: str) -> Iterator[str]:
    """Return a mutant's name and its changed lines."""
    command = [sys.executable, "-m", "mutmut", "show", name]
    shown = subprocess.run(command, cwd=WORK / group.name, capture_output=True, text=True, check=False).stdout
    yield name
    yield from (line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---"))
    yield ""


if __name__ == "__main__":
    sys.exit(main())
