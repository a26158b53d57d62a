"""What a person is told when something is refused."""

from collections.abc import Callable

import pytest

from linkage.errors import ClewError, VerificationError


def told(act: Callable[[], object], kind: type[ClewError] = VerificationError) -> tuple[str, str]:
    """Return the message and the hint with which an act is refused."""
    with pytest.raises(kind) as caught:
        act()
    return caught.value.message, caught.value.hint
