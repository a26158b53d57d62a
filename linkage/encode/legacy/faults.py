"""A value that a schema does not take."""

__all__ = ["ValueFault"]


class ValueFault(Exception):  # noqa: N818 - found while encoding, never seen by a user
    """Why a value cannot be encoded; it never holds the value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
