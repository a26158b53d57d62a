"""What is downloaded of a release: a file, or all of them in one archive, always the same."""

import io
import mimetypes
import re
import zipfile
from collections.abc import Iterable, Mapping

from flask import Response

__all__ = ["archive", "attached", "in_order"]

_DAY = (1980, 1, 1, 0, 0, 0)


def archive(files: Mapping[str, bytes], name: str) -> bytes:
    """Return all files in a folder of an archive: the same bytes for the same files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression=zipfile.ZIP_DEFLATED) as opened:
        for one in sorted(files):
            entry = zipfile.ZipInfo(f"{name}/{one}", date_time=_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            opened.writestr(entry, files[one])
    return stream.getvalue()


def in_order(names: Iterable[str]) -> list[str]:
    """Sort names of files as people count: t2 before t10."""
    return sorted(
        names,
        key=lambda name: [one.zfill(9) if one.isdigit() else one for one in re.split(r"([0-9]+)", name)],
    )


def attached(content: bytes, name: str) -> Response:
    """Return a file to be saved: pages of a release have styles of their own, which our policy forbids."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
