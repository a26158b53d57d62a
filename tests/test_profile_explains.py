"""What ``clew profile`` says of a profile is what the encoder does with it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cli.main import main
from cli.profile.disagreements import DISAGREEMENTS, survival
from cli.profile.example import EXAMPLE, agreement, filling, read
from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.profile import EncodingProfile, Feature, View
from linkage.shipped_profiles import shipped_profile, shipped_profiles
from linkage.wire.encodings import Encodings

DOCS = Path(__file__).parent.parent
KEYS = [bytes([number]) * 32 for number in range(12)]
NAMES = sorted(shipped_profiles())


def _encoded(profile: EncodingProfile, key: bytes, *people: Identifiers) -> Encodings:
    records = [PersonRecord(bytes([number]) * 16, (one,)) for number, one in enumerate(people)]
    encoded = Encoder(profile, EncodingKeys.from_epoch_key(key, profile)).encode(records)
    return encoded.take(np.argsort(encoded.handles[:, 0]))


def _present(encoded: Encodings, row: int, number: int) -> bool:
    return bool((int(encoded.present[row]) >> number) & 1)


@pytest.mark.parametrize("name", NAMES)
def test_the_fill_told_is_the_fill_of_real_encodings(name: str) -> None:
    profile = shipped_profile(name)
    weights = [np.unpackbits(_encoded(profile, key, EXAMPLE).bits[0], axis=1).mean(axis=1) for key in KEYS]
    for number, seen in enumerate(np.mean(weights, axis=0)):
        told = filling(profile, number).after
        # Twelve keys of some hundred bits each; the draws of one filter are not independent.
        assert abs(told - seen) < 0.03, profile.views[number].name


@pytest.mark.parametrize("name", NAMES)
def test_what_a_view_is_said_to_survive_it_survives_in_real_encodings(name: str) -> None:
    profile = shipped_profile(name)
    others = [one.other for one in DISAGREEMENTS]
    encoded = [_encoded(profile, key, EXAMPLE, *others) for key in KEYS[:4]]
    for place, disagreement in enumerate(DISAGREEMENTS, start=1):
        pairs = [one.take(np.array([0, place])) for one in encoded]
        for number, view in enumerate(profile.views):
            told = agreement(profile, number, read(EXAMPLE), read(disagreement.other))
            there = all(_present(pairs[0], row, number) for row in (0, 1))
            assert there == (told.outcome != "absent"), (view.name, disagreement.words)
            seen = np.mean([_beyond_noise(pair, number) for pair in pairs]) if there else 0.0
            if told.outcome == "agrees":
                assert seen > profile.decision.noise_z - 2.5, (view.name, disagreement.words)
            else:
                assert seen < profile.decision.noise_z, (view.name, disagreement.words)


def _beyond_noise(pair: Encodings, number: int) -> float:
    """Agreement of two rows beyond that of unrelated ones, in standard deviations: counted, not expected."""
    one, other = (np.unpackbits(pair.bits[row, number]) for row in (0, 1))
    agreeing = 1.0 - 2.0 * np.mean(one != other)
    unrelated = (1.0 - 2.0 * one.mean()) * (1.0 - 2.0 * other.mean())
    return float((agreeing - unrelated) * np.sqrt(one.size))


def _survivors(profile: EncodingProfile, words: str) -> set[str]:
    found = next(one for one in survival(profile) if one.disagreement.words == words)
    views = zip(profile.views, found.views, strict=True)
    return {view.name for view, outcome in views if outcome.outcome == "agrees"}


def test_survival_follows_from_the_parts_of_the_salts() -> None:
    names = (
        Feature(field="forename", kind="bigrams", label="n", k=4),
        Feature(field="surname", kind="bigrams", label="n", k=4),
    )
    salts = {
        "date": ("year", "month", "day"),
        "pair": ("year", "month-day"),
        "sound": ("names-phonetic",),
        "place": ("forename-initial", "postcode"),
    }
    views = tuple(
        View(name=name, salt=salt, features=names, tiers=("certain", "uncertain"))
        for name, salt in salts.items()
    )
    profile = EncodingProfile(name="own", length=1024, diffusion=3, views=views)
    assert _survivors(profile, "day and month of birth swapped") == {"pair", "sound", "place"}
    assert _survivors(profile, "another year of birth") == {"sound", "place"}
    assert _survivors(profile, "only the year of birth at one agency") == {"sound", "place"}
    assert _survivors(profile, "forename and surname swapped") == {"date", "pair", "sound"}
    assert _survivors(profile, "forename misspelt, sounding alike") == {"date", "pair", "sound", "place"}
    assert _survivors(profile, "forename misspelt, sounding otherwise") == {"date", "pair", "place"}
    assert _survivors(profile, "the child moved far away") == {"date", "pair", "sound"}
    told = {one.disagreement.words for one in survival(profile)}
    assert "another sex" not in told
    assert "another house of the same street" not in told


@pytest.mark.parametrize("name", NAMES)
def test_show_says_everything_promised(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    profile = shipped_profile(name)
    assert main(["profile", "show", name]) == 0
    out = capsys.readouterr().out
    for title in (
        "What is encoded",
        "What two agencies may disagree in",
        "What never leaves the agency",
        "Why it is made so",
        "What it costs",
        "Audit lights",
    ):
        assert title in out
    assert profile.digest in out
    assert f"{len(profile.views) * profile.view_bytes:,} bytes" in out
    assert all(f"\n  {view.name}\n" in out for view in profile.views)
    assert (f"{name} (weak)" in out) == profile.weak
    assert all(len(line) <= 110 for line in out.splitlines())


def test_the_documents_that_the_reasons_name_say_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "show", "child-1-recall"]) == 0
    reasons = " ".join(
        capsys.readouterr().out.split("Why it is made so")[1].split("What it costs")[0].split()
    )
    sections = [part.split(")")[0] for part in reasons.split("docs/")[1:]]
    assert len(sections) >= 6
    for named in sections:
        document, _, section = named.partition(", section ")
        text = (DOCS / "docs" / document).read_text(encoding="utf-8")
        assert not section or f"\n## {section} " in text, named


def test_list_names_every_shipped_profile_and_marks_the_weak(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "list"]) == 0
    out = capsys.readouterr().out
    for name, profile in shipped_profiles().items():
        line = next(line for line in out.splitlines() if line.split()[1:2] == [name])
        assert profile.digest[:12] in line
        assert (f"{name} (weak)" in line) == profile.weak
    assert main(["profile", "list", "--json"]) == 0
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert listed["clk-plain"]["baseline"]
    assert {name for name, one in listed.items() if one["weak"]} == {"clk-plain", "person-1-open"}


def test_compare_says_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "show", "child-1", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    content |= {"name": "own", "length": content["length"] + 512}
    content["views"][0]["features"][0]["k"] += 1
    content["views"].pop()
    own = tmp_path / "own.json"
    own.write_text(json.dumps(content), encoding="utf-8")
    assert main(["profile", "compare", "child-1", str(own)]) == 0
    out = capsys.readouterr().out
    last = shipped_profile("child-1").views[-1]
    assert f"view {last.name} is left out" in out
    assert f"then {content['length']:,}" in out
    assert "forename, pairs of adjacent letters, label g: 3 bits a token, then 4" in out
    assert main(["profile", "compare", "child-1", "child-1"]) == 0
    assert "they encode alike, bit for bit" in capsys.readouterr().out
    content = json.loads((tmp_path / "own.json").read_text()) | {"name": "other"}
    (tmp_path / "other.json").write_text(json.dumps(content), encoding="utf-8")
    assert main(["profile", "compare", str(own), str(tmp_path / "other.json")]) == 0
    assert "only the name, which changes every bit" in capsys.readouterr().out


def test_an_unknown_name_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "show", "person-9"]) == 1
    shown = capsys.readouterr().err
    assert "no such encoding profile and no such file" in shown
    assert "child-1-recall" in shown


def test_the_group_loads_neither_matching_nor_the_laboratory_nor_the_service_nor_a_network_client() -> None:
    probe = (
        "import sys; from cli.main import main\n"
        "codes = [main(['profile', 'show', 'child-1']), main(['profile', 'list'])]\n"
        "print(codes, ' '.join(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stderr.startswith("[0, 0] ")
    loaded = done.stderr.split()
    never = ("linkage.match", "linkage.lab", "api", "httpx", "numba", "sqlite_utils")
    assert not [module for module in loaded if module.startswith(never)]
