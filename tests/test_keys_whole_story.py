"""Five custodians, three of whom have the key: ceremony, four agencies, loss, recovery, rotation, revocation.

The real commands of every party and a real server, in the order of docs/operations: what one writes is all
that the next reads.  At the end nothing of any key stands in any file, log, database or temporary folder.
"""

import shutil
import tempfile
from pathlib import Path

import pytest

from linkage.wire.epochs import read_descriptor
from tests.support.agency_desk import write_council
from tests.support.custody_story import CODES, LEFT, LOST, NAMES, PERIOD, Story, good, homes_below
from tests.support.custody_world import PHRASE
from tests.support.processes import clew
from tests.support.secret_search import DrawnSecrets, files_below, found, gathering
from tests.support.serving import serving

OPTIONS = ("--period", PERIOD, "--mapping", "council-csv", "--output")
LEFT_OUT = 2


def test_from_the_first_ceremony_to_a_revocation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, folder in homes_below(tmp_path):
        monkeypatch.setenv(name, folder)
    monkeypatch.setattr(tempfile, "tempdir", None)
    with gathering() as drawn:
        story = Story(tmp_path)
        first = _the_first_epoch(story)
        with serving(story.data) as url:
            _encode_and_send(story, url)
            words = _loss_and_recovery(story, first)
            second = _rotation(story, first, url)
        _the_end_of_the_first(story)
        _revocation(story, second)
        for name in LEFT:
            checked = clew("keys", "log", "check", "--identity", story.world.path / name)
            assert checked.returncode == 0, checked.stderr
    _nothing_is_left(story, drawn, [first, second], words)


def _the_first_epoch(story: Story) -> Path:
    """A ceremony of five, the key to four agencies by three of them, the epoch in force."""
    first, keys = story.ceremony("year-1", NAMES, -2), story.path / "keys-1"
    story.begin()
    assert story.wrap(first, NAMES[:2], CODES, keys).code == 1
    assert not keys.exists()
    good(story.wrap(first, NAMES[:3], CODES, keys))
    for code in CODES:
        good(story.join(code, first, keys))
        fingerprint = ("--fingerprint", story.fingerprint(code))
        story.register("agency", "add", "--data", story.data, story.card(code), *fingerprint)
    pins = [part for name in NAMES for part in ("--custodian", story.world.path / name / "card.json")]
    story.register("epoch", "adopt", "--data", story.data, "--descriptor", first, *pins, "--threshold", "3")
    return first


def _encode_and_send(story: Story, url: str) -> None:
    for code in CODES[:2]:
        source = write_council(story.path / f"extract-{code}", 6)
        bundle = story.path / f"first-{code}.clew"
        good(story.agency(code, "encode", source, *OPTIONS, bundle))
        good(story.agency(code, "submit", bundle, "--url", url))
    story.work()
    story.cycle()


def _loss_and_recovery(story: Story, first: Path) -> list[bytes]:
    """Two custodians lose everything; the three others still have the key, and two of them do not.

    One restores a share from its sheet first; returns the words of every share that is left.
    """
    world = story.world
    for name in LOST:
        shutil.rmtree(world.path / name)
    mine = ("--identity", world.path / "esi", "--epoch", first)
    sheet, words = world.path / "sheet.html", world.path / "words"
    good(world.run("share", "sheet", *mine, "--out", sheet))
    typed = world.folder("esi").read_share(read_descriptor(first.read_bytes()), world.identity("esi"))
    words.touch(mode=0o600)
    words.write_text(typed.text)
    assert " ".join(typed.words[:3]) not in "".join(one.out + one.err for one in world.outputs)
    share = world.path / "esi" / "share-year-1.json"
    share.unlink()
    good(world.run("share", "restore", *mine, "--words-file", words))
    assert share.exists()
    for file in (sheet, words):
        file.unlink()
    folders = [part for name in LEFT for part in ("--identity", world.path / name)]
    good(world.run("share", "drill", "--epoch", first, *folders, *story.phrase, *story.phrase))
    good(story.wrap(first, LEFT, ("E06",), story.path / "once-more"))
    assert story.wrap(first, LEFT[:2], ("E06",), story.path / "too-few").code == 1
    assert not (story.path / "too-few").exists()
    return [_words(story, name, first) for name in LEFT]


def _words(story: Story, name: str, descriptor: Path) -> bytes:
    folder = story.world.folder(name)
    share = folder.read_share(read_descriptor(descriptor.read_bytes()), story.world.identity(name))
    return share.text.encode()


def _rotation(story: Story, first: Path, url: str) -> Path:
    """The three make the next epoch's key; agencies join and encode again, under the handles they had.

    E07 leaves two children out, on purpose.
    """
    before = story.pseudonyms()
    assert len(before) == 12
    second = story.ceremony("year-2", LEFT, -1)
    keys = story.wrap_at_a_distance(second, LEFT, CODES)
    adopted = ("epoch", "adopt", "--data", story.data, "--descriptor")
    story.register(*adopted, second)
    for code in CODES:
        good(story.join(code, second, keys))
    for code, count in (("E06", 6), ("E07", 6 - LEFT_OUT)):
        source = write_council(story.path / f"fresh-{code}", count)
        bundle = story.path / f"again-{code}.clew"
        told = good(story.agency(code, "reencode", source, *OPTIONS, bundle, "--allow-withdrawals")).out
        again = f"{3 * count} of the 18 records that you encoded before are re-encoded in epoch year-2"
        assert again in told, told
        good(story.agency(code, "submit", bundle, "--url", url))
    story.work()
    story.cycle()
    assert story.epochs() == {"year-2": ("in force", 0), "year-1": ("overlapping", 0)}
    assert story.pseudonyms() == before  # pseudonyms changed: 0
    assert "opens before" in story.join("E08", first, story.path / "keys-1").err
    assert "adopted before" in story.refused(*adopted, first)
    return second


def _the_end_of_the_first(story: Story) -> None:
    """What was left out is quarantined, then erased, and the unit certifies it."""
    before = story.pseudonyms()
    story.register("epoch", "close", "--data", story.data, "year-1", "--now")
    story.cycle()
    assert story.epochs()["year-1"] == ("closed", LEFT_OUT)
    left = story.pseudonyms()
    assert len(left) == len(before) - LEFT_OUT
    assert left.items() < before.items()
    certificate = story.path / "destroyed.json"
    destroy = ("epoch", "destroy", "--data", story.data, "year-1", "--certificate", certificate)
    story.register(*destroy)
    story.work()
    story.register(*destroy)
    story.register("certificate", "check", certificate, "--unit", story.data / "unit-card.json")
    assert story.epochs()["year-1"] == ("destroyed", 0)
    assert story.pseudonyms() == left


def _revocation(story: Story, second: Path) -> None:
    """One agency's laptop is stolen: its card is revoked by three, and counts no more anywhere."""
    world = story.world
    what = ("--agency", story.card("E09"), "--fingerprint", story.fingerprint("E09"))
    file = world.path / "revoked.json"
    mine = ("--identity", world.path / "asha")
    good(world.run("revoke", *what, "--reason", "laptop stolen", *mine, "--out", file))
    assert "signed by 1" in story.refused("revoke", "--data", story.data, file)
    for name in LEFT[1:]:
        good(world.sign(file, name, *what))
    story.register("revoke", "--data", story.data, file)
    assert "revoked this card" in story.refused(
        "agency", "add", "--data", story.data, story.card("E09"), *what[2:]
    )
    refused = story.wrap(second, LEFT, ("E08", "E09"), story.path / "after")
    assert (refused.code, "you revoked this card of E09" in refused.err) == (1, True)
    assert not (story.path / "after").exists()
    good(story.wrap(second, LEFT, ("E08",), story.path / "after"))


def _nothing_is_left(story: Story, drawn: DrawnSecrets, epochs: list[Path], words: list[bytes]) -> None:
    assert len(drawn.epoch_keys) == len(epochs)
    one_time = len(epochs) + 1  # of ceremonies, and of a session
    assert len(drawn.identities) == len(NAMES) + len(CODES) + one_time
    assert len(drawn.derived) > 20
    words = words + [_words(story, name, epochs[-1]) for name in LEFT]
    secrets = [*drawn.named(), *(("share", part) for text in words for part in _parts(text))]
    passphrase = story.world.path / "passphrase"
    places = story.places()
    assert found([("passphrase", PHRASE.encode())], places) == [
        ("passphrase", str(passphrase.relative_to(story.path)))
    ]
    assert found(secrets, places) == []
    some = next(iter(drawn.epoch_keys))
    (story.path / "tmpdir" / "left").write_bytes(b"key=" + some.hex().encode())
    assert found(secrets, files_below(story.path)) == [("epoch key", "tmpdir/left")]


def _parts(text: bytes) -> list[bytes]:
    """Return four runs of four words, none of them the first, which every share of a ceremony has."""
    words = text.split()
    return [b" ".join(words[first : first + 4]) for first in (4, 12, 20, 28)]
