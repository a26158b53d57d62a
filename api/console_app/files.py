"""Files that the console hands out."""

from flask import Response

__all__ = ["given_file"]


def given_file(name: str, content: bytes, kind: str) -> Response:
    """Hand out a file to be saved; a view that does says so with ``file=True``."""
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
