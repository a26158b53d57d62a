"""A share on paper does what the share in the folder did; a foreign, wrong or second one is named as such."""

import html
import itertools
import json
import re
import stat
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli.custodian.commands import keys
from keys.ceremony import open_ceremony
from keys.identity import create_identity
from keys.messages import read_ceremony
from keys.shares import Share
from linkage.errors import ClewError
from linkage.wire.epochs import read_descriptor
from tests.support.custody_world import (
    Outcome,
    Stages,
    World,
    clew_keys,
    hold_with_commands,
    in_the_epoch,
    refused,
    stages,
)

__all__ = ["in_the_epoch", "stages"]


@pytest.fixture
def world(stages: Stages, tmp_path: Path) -> World:
    return stages.at("signed", tmp_path)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Another ceremony, of the same names, for an epoch of the same name."""
    for stage, held in hold_with_commands(tmp_path_factory.mktemp("foreign") / "world"):
        if stage == "signed":
            return held
    raise AssertionError


def _share(world: World, name: str) -> Share:
    descriptor = read_descriptor(world.descriptor.read_bytes())
    return world.folder(name).read_share(descriptor, world.identity(name))


def _words_file(world: World, name: str, text: str | None = None) -> Path:
    path = world.path / f"{name}-words.txt"
    path.touch(mode=0o600)
    path.write_text(_share(world, name).text if text is None else text)
    return path


def _run(world: World, command: str, *arguments: str | Path) -> Outcome:
    return clew_keys("share", command, "--epoch", world.descriptor, *arguments)


def _with_phrase(world: World, command: str, name: str, *arguments: str | Path) -> Outcome:
    phrase = world.path / "passphrase"
    return _run(world, command, "--identity", world.path / name, "--passphrase-file", phrase, *arguments)


def _good(outcome: Outcome) -> Outcome:
    assert outcome.code == 0, outcome.err
    return outcome


def _pairs(text: str) -> set[tuple[str, str]]:
    """Return every two words that stand side by side: one word of the list may be anywhere by chance."""
    return set(itertools.pairwise(re.findall(r"[a-z]+", text.lower())))


def _silent(outcome: Outcome, *shares: Share) -> None:
    """Check that no output holds two words of a share in a row."""
    pairs = _pairs(outcome.out + outcome.err)
    for share in shares:
        assert not pairs & set(itertools.pairwise(share.words))
        assert share.text not in outcome.out + outcome.err


def test_a_sheet_holds_the_share_and_is_for_its_owner_only(world: World) -> None:
    out = world.path / "asha.html"
    outcome = _good(_with_phrase(world, "sheet", "asha", "--out", out))
    assert outcome.out == f"{out}\n"
    assert "print it, and delete it at once" in outcome.err
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    page = out.read_text(encoding="utf-8")
    words = re.findall(r'<li value="\d+">([a-z]+)</li>', page)
    assert tuple(words) == _share(world, "asha").words
    assert "<dd>Asha</dd>" in page
    assert "any 2 of 3 together" in page
    status = clew_keys("ceremony", "status", "--folder", world.shared)
    (fingerprint,) = re.findall(r'<dd class="fingerprint">(.*?)</dd>', page)
    assert html.unescape(fingerprint) in status.out + status.err
    _silent(outcome, _share(world, "asha"))


def test_a_sheet_replaces_no_file(world: World) -> None:
    out = world.path / "asha.html"
    out.write_text("mine")
    refused(_with_phrase(world, "sheet", "asha", "--out", out), "asha.html", "is not replaced")
    assert out.read_text() == "mine"


def test_a_wrong_passphrase_and_a_missing_folder_leave_no_sheet(world: World) -> None:
    out, phrase = world.path / "asha.html", world.path / "wrong"
    phrase.touch(mode=0o600)
    phrase.write_text("another one altogether\n")
    arguments = ("--identity", world.path / "asha", "--passphrase-file", phrase, "--out", out)
    refused(_run(world, "sheet", *arguments), "the passphrase is wrong or the file is damaged")
    nowhere = world.path / "no" / "asha.html"
    refused(_with_phrase(world, "sheet", "asha", "--out", nowhere), "asha.html", "not written")
    assert list(world.path.glob("**/*.html*")) == []


def test_a_custodian_who_has_not_signed_is_told_where_the_share_comes_from(world: World) -> None:
    outcome = _with_phrase(world, "sheet", "carol", "--out", world.path / "carol.html")
    refused(outcome, "no share of this epoch is kept in this folder")


@pytest.mark.parametrize("pins", [("--identity", "carol"), ("--ceremony", "ceremony")])
def test_checking_says_whose_share_it_is(world: World, pins: tuple[str, str]) -> None:
    option, folder = pins
    for name in ("asha", "ben"):
        file = _words_file(world, name)
        outcome = _good(_run(world, "check", option, world.path / folder, "--words-file", file))
        assert outcome.out == f"{name.title()}\n"
        assert re.search(r"share [123] of 3 of epoch 2025-26; any 2 give the key", outcome.err)
        _silent(outcome, _share(world, name))


def test_words_in_capitals_shortened_and_on_many_lines_are_the_same(world: World) -> None:
    text = "\r\n".join(word[:4].upper() for word in _share(world, "asha").words)
    file = _words_file(world, "asha", f"\ufeff\n{text}\n\n")
    assert _good(_run(world, "check", "--identity", world.path / "ben", "--words-file", file)).out == "Asha\n"


def _check(world: World, text: str) -> Outcome:
    file = _words_file(world, "asha", text)
    return _run(world, "check", "--identity", world.path / "ben", "--words-file", file)


def test_a_wrong_word_is_named_by_its_place(world: World) -> None:
    share = _share(world, "asha")
    words = list(share.words)
    for place, other, said in (
        (6, "xyzzy", "asha-words.txt: word 7 is none of the list"),
        (16, "academic" if words[16] != "academic" else "acid", "asha-words.txt: the words are not those"),
    ):
        wrong = [*words[:place], other, *words[place + 1 :]]
        outcome = _check(world, " ".join(wrong))
        refused(outcome, said, f"word {place + 1}")
        assert other not in outcome.err
        _silent(outcome, share)
    refused(_check(world, " ".join(words[1:])), "a share has 33 words, these are 32")
    swapped = [words[1], words[0], *words[2:]]
    refused(_check(world, " ".join(swapped)), "compare words 1 and 2 with the sheet")


def test_the_share_of_another_ceremony_is_named_as_such(world: World, foreign: World) -> None:
    share = _share(foreign, "asha")
    outcome = _check(world, share.text)
    refused(outcome, "the share is not one of those that the epoch descriptor lists")
    _silent(outcome, share)
    drill = ("--identity", world.path / "ben", "--passphrase-file", world.path / "passphrase")
    file = _words_file(world, "asha", share.text)
    refused(_run(world, "drill", *drill, "--words-file", file), "asha-words.txt: the share is not one of")


def test_a_descriptor_of_another_ceremony_is_refused(world: World, foreign: World) -> None:
    file = _words_file(world, "asha")
    arguments = ("--identity", world.path / "ben", "--words-file", file)
    outcome = clew_keys("share", "check", "--epoch", foreign.descriptor, *arguments)
    refused(outcome, "epoch.json: the epoch descriptor is not of a ceremony known here")


def test_a_descriptor_without_its_quorum_is_refused(stages: Stages, tmp_path: Path) -> None:
    unsigned = stages.at("closed", tmp_path)
    file = unsigned.path / "words.txt"
    file.touch(mode=0o600)
    outcome = _run(unsigned, "check", "--identity", unsigned.path / "ben", "--words-file", file)
    refused(outcome, "signed by 0 of the custodians")


def test_without_pins_nothing_is_checked(world: World) -> None:
    for command in ("check", "drill"):
        outcome = _run(world, command, "--words-file", _words_file(world, "asha"))
        assert outcome.code == 2
        assert "give --identity or --ceremony" in outcome.err


@pytest.mark.parametrize("command", ["check", "drill"])
def test_without_a_terminal_words_are_never_echoed(world: World, command: str) -> None:
    outcome = _run(world, command, "--ceremony", world.shared)
    refused(outcome, "there is no terminal to ask for the words on", "--words-file")


def _type(world: World, text: str, *arguments: str | Path) -> tuple[int, str]:
    words = ["share", *arguments, "--epoch", world.descriptor, "--ceremony", world.shared]
    outcome = CliRunner().invoke(keys, [str(word) for word in words], input=text)
    if isinstance(outcome.exception, ClewError):  # which main() would have said on stderr
        return 1, outcome.output + str(outcome.exception)
    return outcome.exit_code, outcome.output


def test_words_are_typed_line_by_line_and_a_slip_is_typed_again(world: World) -> None:
    words = _share(world, "asha").words
    lines = [" ".join(words[:5]), f"{words[5]} xyzzy {words[6]}", " ".join(words[6:20]), " ".join(words[20:])]
    code, said = _type(world, "\n".join(lines) + "\n", "check")
    assert code == 0, said
    assert "word 7 is none of the list: type it again, and all after it" in said
    assert said.endswith("Asha\n")
    assert "xyzzy" not in said
    assert not {*words} & {*re.findall("[a-z]+", said)} - {"again", "all", "any", "list", "type", "words"}


def test_a_drill_asks_for_the_shares_that_are_missing(world: World) -> None:
    texts = [_share(world, name).text for name in ("asha", "ben")]
    code, said = _type(world, "\n".join(texts) + "\n", "drill")
    assert code == 0, said
    assert "together they give the key of epoch 2025-26; nothing was written" in said
    assert not any(text in said for text in texts)


def test_a_drill_proves_any_two_and_writes_nothing(world: World) -> None:
    _good(world.sign(world.descriptor, "carol"))
    files = {name: _words_file(world, name) for name in ("asha", "ben", "carol")}
    before = world.files()
    value = json.loads(world.descriptor.read_bytes())["key_check_value"]
    for one, other in (("asha", "ben"), ("ben", "carol"), ("carol", "asha")):
        outcome = _good(_with_phrase(world, "drill", one, "--words-file", files[other]))
        assert outcome.out == f"{value}\n"
        assert f"the share of {one.title()} is good; 1 given, 2 needed" in outcome.err
        _silent(outcome, _share(world, one), _share(world, other))
    every: list[str | Path] = [part for file in files.values() for part in ("--words-file", file)]
    _good(_run(world, "drill", "--ceremony", world.shared, *every))
    folders: list[str | Path] = [part for name in files for part in ("--identity", world.path / name)]
    phrases: list[str | Path] = ["--passphrase-file", world.path / "passphrase"] * 3
    _good(_run(world, "drill", *folders, *phrases))
    assert world.files() == before


def test_a_drill_with_too_few_shares_says_how_many_are_needed(world: World) -> None:
    words = _share(world, "asha").text
    code, said = _type(world, f"{words}\n\n", "drill")
    assert code == 1
    assert "1 share is given, 2 are needed" in said
    file = _words_file(world, "asha")
    outcome = _with_phrase(world, "drill", "asha", "--words-file", file)
    refused(outcome, "the share of Asha is given twice")
    outcome = _run(world, "drill", "--identity", world.path / "asha", "--passphrase-file", file,
                   "--passphrase-file", file)  # fmt: skip
    assert outcome.code == 2


def test_a_lost_share_is_typed_back_into_its_own_folder(world: World) -> None:
    file, place = _words_file(world, "asha"), world.path / "asha" / "share-2025-26.json"
    words = _share(world, "asha").words
    place.unlink()
    outcome = _good(_with_phrase(world, "restore", "asha", "--words-file", file))
    assert outcome.out == f"{place}\n"
    assert "another identity" not in outcome.err
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert _share(world, "asha").words == words
    _silent(outcome, _share(world, "asha"))
    kept = _pairs(place.read_text(encoding="utf-8"))
    assert not kept & set(itertools.pairwise(words))
    _good(world.wrap("asha", "ben"))


def test_a_share_that_is_kept_is_not_replaced(world: World) -> None:
    before = world.files()
    file = _words_file(world, "asha")
    refused(_with_phrase(world, "restore", "asha", "--words-file", file), "is there already")
    file.unlink()
    assert world.files() == before


def test_nobody_keeps_two_shares(world: World) -> None:
    file = _words_file(world, "asha")
    outcome = _with_phrase(world, "restore", "carol", "--words-file", file)
    refused(outcome, "these are the words of Asha, and the folder is another custodian's")
    assert not (world.path / "carol" / "share-2025-26.json").exists()


def test_a_new_identity_holds_the_share_and_is_told_that_it_cannot_sign(world: World) -> None:
    file, words = _words_file(world, "asha"), _share(world, "asha").words
    _good(world.run("identity", "Asha again", "--out", world.path / "new"))
    refused(_with_phrase(world, "restore", "new", "--words-file", file), "not of a ceremony known here")
    pins = ("--ceremony", world.shared)
    outcome = _good(_with_phrase(world, "restore", "new", *pins, "--words-file", file))
    assert "another identity than the ceremony pinned" in outcome.err
    assert _share(world, "new").words == words
    value = json.loads(world.descriptor.read_bytes())["key_check_value"]
    drill = _with_phrase(world, "drill", "new", "--words-file", _words_file(world, "ben"))
    assert _good(drill).out == f"{value}\n"
    page = world.path / "new.html"
    _good(_with_phrase(world, "sheet", "new", "--out", page))
    assert "<dd>Asha</dd>" in page.read_text(encoding="utf-8")
    outcome = _good(world.wrap("new", "ben"))
    assert "have others sign" in outcome.err


def test_a_share_of_another_ceremony_pins_nothing(world: World, foreign: World) -> None:
    _good(world.run("identity", "Asha again", "--out", world.path / "new"))
    file, before = _words_file(world, "asha"), world.files()
    phrase = ("--identity", world.path / "new", "--passphrase-file", world.path / "passphrase")
    outcome = clew_keys(
        "share", "restore", "--epoch", foreign.descriptor, "--ceremony", foreign.shared, *phrase,
        "--words-file", file,
    )  # fmt: skip
    refused(outcome, "the share is not one of those that the epoch descriptor lists")
    assert world.files() == before


def test_of_two_openings_with_the_same_terms_the_right_one_is_named(world: World) -> None:
    terms = read_ceremony((world.shared / "ceremony.json").read_bytes())
    for _ in range(3):  # pins are read in the order of their ids, which are drawn
        again = open_ceremony(
            create_identity(),
            epoch=terms.epoch,
            profile_name=terms.profile_name,
            profile_digest=terms.profile_digest,
            opens=terms.opens,
            closes=terms.closes,
            unit=terms.unit,
            custodians=terms.custodians,
            threshold=terms.threshold,
        )
        world.folder("ben").pin(again)
    file = _words_file(world, "asha")
    outcome = _good(_run(world, "check", "--identity", world.path / "ben", "--words-file", file))
    assert outcome.out == "Asha\n"
    assert f"ceremony {terms.fingerprint}\n" in outcome.err


def test_a_words_file_that_others_can_read_is_warned_of(world: World) -> None:
    file = _words_file(world, "asha")
    file.chmod(0o644)
    outcome = _good(_run(world, "check", "--identity", world.path / "ben", "--words-file", file))
    assert "warning: words file asha-words.txt: others on this machine can read it" in outcome.err


def test_no_words_are_in_any_file_but_the_sheet(world: World) -> None:
    share = _share(world, "asha")
    _good(_with_phrase(world, "sheet", "asha", "--out", world.path / "asha.html"))
    text = share.text.encode()
    for name, data in world.files().items():
        found = text in data or sum(word.encode() in data for word in set(share.words)) > 10
        assert found == (name == "asha.html"), name


@pytest.mark.parametrize("name", ["sheet", "check", "restore", "drill"])
def test_no_option_takes_words_themselves(name: str) -> None:
    group = keys.commands["share"]
    assert isinstance(group, click.Group)
    command = group.commands[name]
    options = {one.opts[0]: one for one in command.params if isinstance(one, click.Option)}
    assert {*options} <= {"--identity", "--epoch", "--out", "--ceremony", "--words-file", "--passphrase-file"}
    assert all(isinstance(one.type, click.Path) for one in options.values())
    assert all(one.help for one in options.values())
    assert not [one for one in command.params if isinstance(one, click.Argument)]
