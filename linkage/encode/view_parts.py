"""What of a person enters a view: its salt and its tokens, before anything is hashed.

Encoding itself never needs them together; whoever asks what encodings give away does.
"""

from linkage.encode.normalise import Normalised
from linkage.encode.tokens import COMPONENTS, tokens
from linkage.profile import View

__all__ = ["view_salt", "view_tokens"]


def view_salt(view: View, person: Normalised) -> tuple[str, ...] | None:
    """Return the components of a person's salt, or None where the person has no such view.

    People with equal components share a salt, and only their views can be compared.
    """
    if person.tier not in view.tiers or not view_tokens(view, person):
        return None
    rules = [COMPONENTS[part] for part in view.salt]
    found = tuple(rule.value(*(str(getattr(person, field)) for field in rule.fields)) for rule in rules)
    return found if all(found) else None


def view_tokens(view: View, person: Normalised) -> frozenset[tuple[str, str]]:
    """Return the distinct tokens of a person in a view, each with its label."""
    return frozenset(
        (feature.label, token)
        for feature in view.features
        for token in tokens(feature, person.told(feature.field))
    )
