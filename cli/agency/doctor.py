"""Whether an agency's key, epoch and installation agree, found out before a single record is encoded.

One check after the other, each on its own: what one of them needs and lacks is "not checked", and the others
go on.  No check opens the crosswalk, reads an extract or writes anything.
"""

import contextlib
import datetime as dt
import platform
import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, requires, version
from typing import ClassVar, Final, Literal, TypeVar

from msgspec import Struct

from cli.agency.joining import profile_of, require_conformance
from cli.agency.pins import Pins
from cli.agency.revoking import kept_revocations, require_card_counts, require_epoch_counts
from cli.agency.trusted import require_trusted
from cli.agency.workspace import Workspace
from cli.roles import kind_of_agency
from keys.epoch_key import EpochKey
from keys.files import read_limited
from keys.identity import Identity
from keys.wrapping import unwrap_key
from linkage.encode.tables import tables_digest
from linkage.errors import ClewError, EpochError, InputError, VerificationError
from linkage.profile import EncodingProfile
from linkage.weak_profiles import labelled_name, require_epoch_profile
from linkage.wire.cards import AgencyCard, UnitCard, card_fingerprint
from linkage.wire.epochs import EpochDescriptor, WrappedKey, read_wrapped_key
from linkage.wire.limits import MAX_MANIFEST_BYTES
from linkage.wire.submission import read_receipt

__all__ = ["LIBRARIES", "Examination", "Finding", "examine"]

LIBRARIES: Final = ("anyascii", "cryptography", "nicknames", "numpy")
"""Whose releases can change a bit of an encoding, or open and close seals."""

_SLACK: Final = dt.timedelta(minutes=5)
_NORMALISER: Final = 1

Value = TypeVar("Value")
State = Literal["ok", "fails", "not checked"]


class Finding(Struct, frozen=True, kw_only=True):
    """What one check found; ``mend`` says what to do where it fails."""

    check: str
    state: State
    found: str
    mend: str = ""


class Examination(Struct, frozen=True, kw_only=True):
    """All findings, as ``clew keys doctor --json`` prints them."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-doctor"] = "clew-doctor"
    version: int = 1
    well: bool
    checks: tuple[Finding, ...]


class _NotCheckedError(Exception):
    """Another check failed that this one needs."""


def examine(
    workspace: Workspace,
    passphrase: Callable[[], str],
    *,
    now: dt.datetime,
    today: dt.date,
    allow_weak_profile: bool = False,
) -> Examination:
    """Check everything that encoding needs, in the order in which encoding needs it.

    ``passphrase`` is called once, by the check that opens the identity; what it raises is that check's.
    """
    doctor = _Doctor(workspace)
    doctor.identity(passphrase)
    doctor.trusted()
    doctor.epoch(today)
    doctor.revocations()
    doctor.key()
    doctor.profile(allow_weak=allow_weak_profile)
    doctor.installation()
    doctor.clock(now)
    found = tuple(doctor.findings)
    return Examination(well=all(one.state == "ok" for one in found), checks=found)


class _Doctor:
    """Collects findings, and what later checks need from earlier ones."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.findings: list[Finding] = []
        self._identity: Identity | None = None
        self._descriptor: EpochDescriptor | None = None
        self._unit: UnitCard | None = None
        self._wrapped: WrappedKey | None = None
        self._epoch_key: EpochKey | None = None
        self._profile: EncodingProfile | None = None

    def _check(self, name: str, look: Callable[[], tuple[Value, str]]) -> Value | None:
        try:
            value, found = look()
        except _NotCheckedError:
            self._note(name, "not checked", "another check failed that this one needs")
        except ClewError as error:
            self._note(name, "fails", error.message, error.hint)
        except OSError as error:
            reason = (error.strerror or "cannot be read").lower()
            self._note(name, "fails", reason, "check who may read the workspace")
        else:
            self._note(name, "ok", found)
            return value
        return None

    def _note(self, name: str, state: State, found: str, mend: str = "") -> None:
        self.findings.append(Finding(check=name, state=state, found=found, mend=mend))

    def identity(self, passphrase: Callable[[], str]) -> None:
        """Check the agency's card and private keys, and that they belong together."""
        card = self._check("card", self._look_at_card)
        self._identity = self._check("identity", lambda: self._look_at_identity(passphrase, card))

    def _look_at_card(self) -> tuple[AgencyCard, str]:
        card = self._workspace.require().card()
        whose = f"of {card.agency}, {kind_of_agency(card.role)}"
        return card, f"{whose}, signed by its own key; fingerprint {card_fingerprint(card)}"

    def _look_at_identity(
        self, passphrase: Callable[[], str], card: AgencyCard | None
    ) -> tuple[Identity, str]:
        if not self._workspace.identity_file.is_file():
            raise InputError("there is no identity.json here", hint="restore the workspace from its backup")
        identity = self._workspace.unchecked_identity(passphrase())
        if card is not None and card.signing_key != identity.public_key:
            raise VerificationError(
                "the identity is not the one of the card",
                hint="restore identity.json and card.json from the same backup",
            )
        return identity, "opens with the passphrase"

    def trusted(self) -> None:
        """Check that nobody changed, without the passphrase, whom the workspace trusts."""
        self._check("record of trust", self._look_at_trusted)

    def _look_at_trusted(self) -> tuple[bool, str]:
        require_trusted(self._workspace.path, _needed(self._identity))
        return True, "pinned custodians, epoch, key and unit are those that were recorded with the passphrase"

    def epoch(self, today: dt.date) -> None:
        """Check the pinned custodians, the epoch descriptor, its dates and the linkage unit's card."""
        self._check("pinned custodians", self._look_at_pins)
        self._descriptor = self._check("epoch descriptor", self._look_at_descriptor)
        self._check("dates", lambda: self._look_at_dates(today))
        self._unit = self._check("linkage unit", self._look_at_unit)

    def _look_at_pins(self) -> tuple[Pins, str]:
        trust = self._workspace.trust()
        came = f", since succession {trust.serial}" if trust.adopted else ""
        cards = trust.current.custodians
        names = "; ".join(f"{_printable(card.name)} {card_fingerprint(card)}" for card in cards)
        return trust.current, f"{trust.current.threshold} of {len(cards)} must sign{came}: {names}"

    def _look_at_descriptor(self) -> tuple[EpochDescriptor, str]:
        descriptor = self._workspace.descriptor()
        return descriptor, f"epoch {descriptor.epoch}, signed by enough of the pinned custodians"

    def _look_at_dates(self, today: dt.date) -> tuple[bool, str]:
        descriptor = _needed(self._descriptor)
        if not descriptor.opens.date <= today <= descriptor.closes.date:
            raise EpochError(
                f"epoch {descriptor.epoch} is open from {descriptor.opens} to {descriptor.closes}, "
                f"today is {today}",
                hint="join the epoch that is open now, or check this machine's clock",
            )
        left = (descriptor.closes.date - today).days
        return True, f"open until {descriptor.closes}, {left:,} more days"

    def _look_at_unit(self) -> tuple[UnitCard, str]:
        descriptor, unit = _needed(self._descriptor), self._workspace.unit_card()
        keys = (descriptor.unit_encodings_key, descriptor.unit_payload_key)
        if (unit.encodings_key, unit.payload_key) != keys:
            raise VerificationError(
                "the pinned card is not of the unit that the epoch descriptor seals to",
                hint="ask the linkage unit for its present card and join the epoch again",
            )
        return unit, "its card has the keys that the epoch descriptor seals to"

    def revocations(self) -> None:
        """Check that custodians revoked neither the card nor the epoch, as far as this workspace was told."""
        self._check("revocations", self._look_at_revocations)

    def _look_at_revocations(self) -> tuple[bool, str]:
        if not self._workspace.card_file.is_file():
            raise _NotCheckedError
        kept = kept_revocations(self._workspace)
        require_card_counts(self._workspace)
        if self._descriptor is not None:
            require_epoch_counts(self._workspace, self._descriptor)
        return True, f"{len(kept)} kept, none of them of this card or of the epoch that was joined"

    def key(self) -> None:
        """Check the wrapped key, that it opens, and that it is the epoch's."""
        self._wrapped = self._check("wrapped key", self._look_at_wrapped_key)
        self._epoch_key = self._check("epoch key", self._look_at_epoch_key)
        self._check("key check value", self._look_at_check_value)

    def _look_at_wrapped_key(self) -> tuple[WrappedKey, str]:
        path = self._workspace.wrapped_key_file
        wrapped = self._workspace.read_signed(
            path, read_wrapped_key, what="wrapped key", epoch=self._descriptor
        )
        return wrapped, "signed by enough of the pinned custodians"

    def _look_at_epoch_key(self) -> tuple[EpochKey, str]:
        epoch_key = unwrap_key(_needed(self._wrapped), _needed(self._identity), _needed(self._descriptor))
        return epoch_key, "opens in memory with your identity"

    def _look_at_check_value(self) -> tuple[bool, str]:
        stated = _needed(self._descriptor).key_check_value
        if _needed(self._wrapped).key_check_value != stated:
            raise EpochError(
                "the wrapped key is of another key than the epoch's",
                hint="ask the custodians for a wrapped key of this epoch, and join again",
            )
        if not _needed(self._epoch_key).matches(stated):
            raise EpochError("the epoch key does not have it", hint="tell the custodians; do not encode")
        return True, f"{stated}, as the epoch descriptor states"

    def profile(self, *, allow_weak: bool) -> None:
        """Check that the profile is known and fit, and that this machine encodes as the custodians' did."""
        self._profile = self._check("profile", lambda: self._look_at_profile(allow_weak=allow_weak))
        self._check("conformance", self._look_at_conformance)

    def _look_at_profile(self, *, allow_weak: bool) -> tuple[EncodingProfile, str]:
        profile = profile_of(_needed(self._descriptor))
        require_epoch_profile(profile, allow_weak=allow_weak)
        return profile, f"{labelled_name(profile)}, as this release has it"

    def _look_at_conformance(self) -> tuple[bool, str]:
        profile, epoch_key = profile_of(_needed(self._descriptor)), _needed(self._epoch_key)
        require_conformance(profile, epoch_key.to_bytes(), _needed(self._descriptor))
        return True, "this machine encodes made-up people as the custodians' did"

    def installation(self) -> None:
        """Check the normaliser and the libraries, and say which releases these are."""
        self._check("normaliser", self._look_at_normaliser)
        self._check("clew", lambda: (True, version("clew")))
        self._check("Python", lambda: (True, f"{platform.python_version()} on {platform.system()}"))
        for name in LIBRARIES:
            self._check(name, partial(_look_at_library, name))

    def _look_at_normaliser(self) -> tuple[bool, str]:
        if self._profile is not None and self._profile.normaliser != _NORMALISER:
            raise EpochError(
                f"the epoch needs normaliser {self._profile.normaliser}, this release has {_NORMALISER}",
                hint="install the release of clew that the custodians used",
            )
        return True, f"version {_NORMALISER}, tables {tables_digest()}"

    def clock(self, now: dt.datetime) -> None:
        """Check that nothing here was written, and nothing received, later than now."""
        self._check("clock", lambda: self._look_at_clock(now))

    def _look_at_clock(self, now: dt.datetime) -> tuple[bool, str]:
        for name, moment in self._traces():
            if moment > now + _SLACK:
                raise InputError(
                    f"this machine's clock is behind: {name} is of {moment:%Y-%m-%d %H:%M} UTC, "
                    f"the clock says {now:%Y-%m-%d %H:%M} UTC",
                    hint="set the clock by the network's time",
                )
        return True, f"{now:%Y-%m-%d %H:%M} UTC, later than everything that lies here"

    def _traces(self) -> Iterator[tuple[str, dt.datetime]]:
        """Yield when the workspace's files were written, and when the unit received what was sent to it."""
        for path in sorted(self._workspace.path.iterdir()):
            yield path.name, dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
        if self._unit is None:
            return
        for path in sorted((self._workspace.path / "receipts").glob("*.json")):
            data = read_limited(path, limit=MAX_MANIFEST_BYTES, what="receipt")
            with contextlib.suppress(ClewError):  # what the unit did not sign says nothing about the time
                receipt = read_receipt(data, signing_key=self._unit.signing_key)
                yield f"receipt {receipt.sequence}", receipt.received.at


def _needed(value: Value | None) -> Value:
    if value is None:
        raise _NotCheckedError
    return value


def _printable(name: str) -> str:
    return "".join(character for character in name if character.isprintable())


def _look_at_library(name: str) -> tuple[bool, str]:
    try:
        found = version(name)
    except PackageNotFoundError:
        raise InputError(f"{name} is not installed", hint="install clew again: pip install clew") from None
    locked = _locked(name)
    if locked is not None and found != locked:
        raise InputError(
            f"release {found}, but encodings are made with {locked}",
            hint=f"install the release that clew asks for: pip install {name}=={locked}",
        )
    return True, found if locked is None else f"{found}, the release that encodings need"


def _locked(name: str) -> str | None:
    """Return the one release that this release of clew asks for, or None if it takes several."""
    for requirement in requires("clew") or ():
        match = re.match(rf"{re.escape(name)}==([^;\s]+)", requirement)
        if match:
            return match[1]
    return None
