"""A valid profile that would leak, drown or cost is warned of, and no shipped one without need."""

from pathlib import Path

import msgspec
import pytest

from cli.main import main
from cli.profile.cautions import cautions, salt_bits
from linkage.profile import Component, Decision, EncodingProfile, Feature, Field, View
from linkage.profile_file import read_profile
from linkage.shipped_profiles import shipped_profile, shipped_profiles

NAMES = (
    Feature(field="forename", kind="bigrams", label="g", k=5),
    Feature(field="surname", kind="bigrams", label="s", k=5),
    Feature(field="forename", kind="bigrams", label="n", k=5),
    Feature(field="surname", kind="bigrams", label="n", k=5),
)
FALLBACK = View(
    name="f-p",
    salt=("forename-initial", "postcode"),
    features=NAMES,
    tiers=("certain", "uncertain"),
    positions=150,
)
SOUND = View(name="y-e", salt=("year", "month-day"), features=NAMES, positions=150)


def _profile(*views: View, length: int = 1536, diffusion: int = 6, **more: object) -> EncodingProfile:
    decision = Decision(noise_z=5.0, thresholds={views[0].name: 0.8})
    content = {"name": "own", "views": views, "decision": decision}
    return EncodingProfile(length=length, diffusion=diffusion, **(content | more))


def _kinds(profile: EncodingProfile) -> list[tuple[str, str]]:
    return [(one.kind, one.place) for one in cautions(profile)]


def _with_token(salt: tuple[Component, ...], field: Field) -> EncodingProfile:
    token = Feature(field=field, kind="whole", label="z", k=4)
    return _profile(View(name="v", salt=salt, features=(*NAMES, token), positions=150), FALLBACK)


def test_a_sound_profile_is_not_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = _profile(SOUND, FALLBACK)
    assert cautions(profile) == []
    file = tmp_path / "own.json"
    file.write_bytes(msgspec.json.encode(profile))
    assert main(["profile", "check", str(file)]) == 0
    assert "nothing to warn of" in capsys.readouterr().out


def test_the_profile_that_the_guide_shows_is_sound() -> None:
    guide = (Path(__file__).parent.parent / "docs" / "profiles.md").read_text(encoding="utf-8")
    shown = guide.split("```json\n")[1].split("```")[0]
    assert cautions(read_profile(shown.encode())) == []


@pytest.mark.parametrize(
    ("salt", "field", "kind"),
    [
        (("year", "month-day"), "sex", "few-values-by-birth-date"),
        (("month-day", "initials"), "year", "few-values-by-birth-date"),
        (("year", "month-day"), "year", "constant-token"),
        (("year", "month-day"), "day", "constant-token"),
        (("year", "day", "initials"), "month", "few-values-by-birth-date"),
        (("surname-initial", "postcode"), "postcode", "constant-token"),
    ],
)
def test_tokens_that_fingerprint_a_salt_class_are_warned_of(
    salt: tuple[Component, ...], field: Field, kind: str
) -> None:
    assert _kinds(_with_token(salt, field)) == [(kind, "v")]


@pytest.mark.parametrize("field", ["year", "month", "day", "sex"])
def test_parts_of_the_date_and_sex_may_stand_in_a_fallback_view(field: Field) -> None:
    assert _kinds(_with_token(("surname-initial", "postcode"), field)) == []


def test_tokens_that_can_be_counted_are_warned_of() -> None:
    counted = View(name="v", salt=("year", "month-day"), features=NAMES)
    assert _kinds(_profile(counted, FALLBACK)) == [("counted-tokens", "v")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"length": 1600}, ("length", "")),
        ({"diffusion": 1}, ("undiffused", "y-e")),
        ({"diffusion": 2, "length": 2560}, ("fill-low", "y-e")),
        ({"diffusion": 16, "length": 1024}, ("fill-high", "y-e")),
        ({"decision": Decision()}, ("decision", "")),
    ],
)
def test_fill_length_and_decision_are_warned_of(
    changes: dict[str, object], expected: tuple[str, str]
) -> None:
    assert expected in _kinds(_profile(SOUND, FALLBACK, **changes))


@pytest.mark.parametrize(
    ("salt", "warned"),
    [
        (("year",), True),
        (("day",), True),
        (("forename-initial",), True),
        (("initials", "forename-initial", "surname-initial"), True),
        (("month-day", "day", "month"), False),
        (("year", "month"), False),
        (("names-phonetic",), False),
    ],
)
def test_a_salt_that_many_people_share_is_warned_of(salt: tuple[Component, ...], warned: bool) -> None:
    view = View(name="v", salt=salt, features=NAMES)
    assert (("low-entropy-salt", "v") in _kinds(_profile(view, FALLBACK))) == warned


def test_parts_that_another_part_contains_add_no_surprise() -> None:
    whole = View(name="v", salt=("names-phonetic",), features=NAMES)
    padded = View(name="v", salt=("names-phonetic", "initials", "forename-phonetic"), features=NAMES)
    assert salt_bits(whole) == salt_bits(padded) > 0


def test_uncertain_dates_of_birth_need_a_view_that_does_not_rest_on_the_date() -> None:
    assert ("uncertain-tier", "") in _kinds(_profile(SOUND))
    resting = View(name="v", salt=("year", "month-day"), features=NAMES, tiers=("certain", "uncertain"))
    assert ("uncertain-tier", "v") in _kinds(_profile(resting, FALLBACK))


def test_the_baseline_is_warned_of_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert _kinds(shipped_profile("clk-plain"))[0] == ("baseline", "")
    assert main(["profile", "show", "clk-plain"]) == 0
    assert "never be an epoch's" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("name", sorted(shipped_profiles()))
def test_no_shipped_profile_leaks_by_what_is_known_unless_it_is_weak(name: str) -> None:
    profile = shipped_profile(name)
    kinds = {kind for kind, _ in _kinds(profile)}
    known = {"length"} | ({"baseline", "unsalted", "undiffused"} if profile.weak else set())
    # Those for general data are red in that, and their lights say so.
    assert kinds <= known | (set() if name.startswith("child-") else {"counted-tokens"})
