"""What is attacked: encodings under a profile of ours, or CLKs under a legacy schema of clkhash.

Attacks see of either only what an attacker without the key can work out (:class:`ViewKnowledge`) and the
encodings themselves (:class:`Encoded`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.encode.identifiers import Identifiers
from linkage.encode.legacy.encoder import LegacyEncoder
from linkage.encode.legacy.profile import LegacyProfile
from linkage.lab.attacks.knowledge import Encoded, ViewKnowledge, encode_people, knowledge
from linkage.lab.attacks.legacy import encode_legacy, legacy_fields, legacy_knowledge, legacy_rows
from linkage.profile import EncodingProfile
from linkage.weak_profiles import is_baseline
from linkage.wire.encodings import row_bytes

__all__ = ["LegacyTarget", "ProfileTarget", "Target", "target_of"]


@dataclass(frozen=True, slots=True)
class ProfileTarget:
    """Encodings under an encoding profile."""

    profile: EncodingProfile

    @property
    def weak(self) -> bool:
        """Whether known attacks on the profile succeed."""
        return self.profile.weak

    @property
    def views(self) -> tuple[str, ...]:
        """The views' names."""
        return tuple(view.name for view in self.profile.views)

    @property
    def rows(self) -> int:
        """Rows that every record has at least."""
        return self.profile.rows

    @property
    def record_bytes(self) -> int:
        """Bytes of encodings that every record has at least."""
        profile = self.profile
        return self.rows * row_bytes(len(profile.views), profile.view_bytes, len(profile.exact))

    @property
    def general(self) -> bool:
        """Whether the profile is for general data with addresses, and not for children."""
        addressed = any(
            feature.field in ("address", "locality")
            for view in self.profile.views
            for feature in view.features
        )
        return addressed and not is_baseline(self.profile)

    def knowledge(self, people: Sequence[Identifiers]) -> tuple[ViewKnowledge, ...]:
        """Work out what is known of the people's views without any key."""
        return knowledge(self.profile, people)

    def encode(self, people: Sequence[Identifiers], key: bytes) -> Encoded:
        """Encode the people under 32 throw-away bytes of key, by the real encoder."""
        return encode_people(self.profile, people, key)


@dataclass(frozen=True, slots=True)
class LegacyTarget:
    """CLKs under a legacy schema.

    ``columns``: for columns whose names do not say it, which field of :class:`Identifiers` they hold.
    """

    profile: LegacyProfile
    columns: tuple[tuple[str, str], ...] = ()

    @property
    def weak(self) -> bool:
        """Every CLK is."""
        return True

    @property
    def views(self) -> tuple[str, ...]:
        """The one view that a CLK is."""
        return ("clk",)

    @property
    def rows(self) -> int:
        """A CLK has no rows of padding."""
        return 1

    @property
    def record_bytes(self) -> int:
        """Bytes of a CLK."""
        return self.profile.length // 8

    @property
    def general(self) -> bool:
        """Whether the schema has columns of addresses."""
        return any(field in ("address", "locality") for field in self._fields())

    def knowledge(self, people: Sequence[Identifiers]) -> tuple[ViewKnowledge, ...]:
        """Work out what is known of the people's CLKs without the secret."""
        return (legacy_knowledge(self.profile, legacy_rows(self.profile, self._fields(), people)),)

    def encode(self, people: Sequence[Identifiers], key: bytes) -> Encoded:
        """Encode the people under a throw-away secret, by the real legacy encoder."""
        rows = legacy_rows(self.profile, self._fields(), people)
        return encode_legacy(self.profile, LegacyEncoder(self.profile, key), rows)

    def _fields(self) -> tuple[str, ...]:
        return legacy_fields(self.profile, dict(self.columns))


Target = ProfileTarget | LegacyTarget


def target_of(profile: EncodingProfile | LegacyProfile | Target) -> Target:
    """Return what is attacked where a profile is attacked.

    Raises :class:`InputError` for a legacy schema with columns whose names say nothing.
    """
    if isinstance(profile, EncodingProfile):
        return ProfileTarget(profile)
    return LegacyTarget(profile) if isinstance(profile, LegacyProfile) else profile
