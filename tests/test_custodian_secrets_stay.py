"""No key, contribution or passphrase of a ceremony is in any file, output or open mode."""

import base64
import stat
from pathlib import Path

from keys.messages import read_ceremony
from keys.sealed_shares import recover
from linkage.wire.epochs import read_descriptor
from tests.support.custody_world import CUSTODIANS, PHRASE, Stages, in_the_epoch, stages
from tests.support.secret_search import found

__all__ = ["in_the_epoch", "stages"]


def test_no_secret_is_in_any_file_or_output(stages: Stages) -> None:
    world = stages.stages["wrapped"]
    descriptor = read_descriptor(world.descriptor.read_bytes())
    terms = read_ceremony((world.shared / "ceremony.json").read_bytes())
    shares = [world.folder(name).read_share(descriptor, world.identity(name)) for name in ("asha", "ben")]
    secrets = [recover(shares, descriptor).to_bytes(), PHRASE.encode()]
    secrets += [" ".join(share.words[first : first + 4]).encode() for share in shares for first in (0, 8, 29)]
    for name in CUSTODIANS:
        secrets.append(world.folder(name).read_contribution(terms, PHRASE))
        private = world.identity(name).to_bytes()
        secrets += [private[:32], private[32:96], private[96:]]
    texts = {f"stage {s}: {name}": data for s, w in stages.stages.items() for name, data in w.files().items()}
    texts |= {f"output {n}": (o.out + o.err).encode() for n, o in enumerate(stages.outputs)}
    hits = found([("secret", one) for one in secrets], texts)
    assert [place for _, place in hits if not place.endswith(": passphrase")] == []


def test_the_search_above_would_find_a_secret() -> None:
    secret = bytes(range(32))
    encoded = [base64.b64encode(before + secret) for before in (b"", b"a", b"ab")]
    for text in (secret, secret.hex().encode(), *encoded):
        assert found([("key", secret)], {"log": b"before " + text + b" after"}) == [("key", "log")]


def test_files_with_secrets_are_for_their_owner_only(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("opened", tmp_path)
    assert stat.S_IMODE((world.shared / "one-time-key.json").stat().st_mode) == 0o600
    world = stages.stages["wrapped"]
    private = [world.path / "wrapped-E06.json", *world.shared.glob("share-*.json")]
    for name in CUSTODIANS:
        private += [world.path / name / "identity.json", *(world.path / name).glob("contribution-*.json")]
    private += [world.path / "asha" / "share-2025-26.json"]
    assert len(private) == 11
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    folders = [world.shared, *(world.path / name for name in CUSTODIANS)]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_the_one_time_key_is_gone_after_closing(stages: Stages) -> None:
    assert (stages.stages["contributed"].shared / "one-time-key.json").exists()
    assert not (stages.stages["closed"].shared / "one-time-key.json").exists()


def test_no_temporary_file_is_left_anywhere(stages: Stages) -> None:
    assert [name for name in stages.stages["wrapped"].files() if ".part" in name] == []
