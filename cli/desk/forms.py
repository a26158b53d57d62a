"""What forms hold, read into the types that the work needs, or refused in the form's own words."""

import re
import secrets
from pathlib import Path

from flask import request
from werkzeug.datastructures import FileStorage

from keys.files import private_folder
from keys.passphrase import checked_passphrase
from linkage.errors import ClewError, InputError
from linkage.wire.manifest import Period
from linkage.wire.moments import Moment

__all__ = [
    "areas",
    "as_clew_error",
    "chosen_text",
    "passphrase",
    "period",
    "saved_upload",
    "saved_uploads",
]

_AREA = re.compile(r"[A-Z0-9]{2,12}")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)\s*(\.|$)", re.IGNORECASE)
"""Names under which Windows opens a device, whatever the folder and the ending."""


def chosen_text(name: str) -> str:
    """Return what was typed, or nothing."""
    return request.form.get(name, "").strip()


def passphrase(name: str = "passphrase", *, chosen: bool = False) -> str:
    """Return the passphrase of a form; it is kept nowhere but in what is done with it at once."""
    return checked_passphrase(request.form.get(name, ""), chosen=chosen)


def period() -> Period:
    """Return the first and the last day of a form."""
    first, last = _day("first", "first day"), _day("last", "last day")
    try:
        if last.date < first.date:
            raise InputError("the last day is before the first", hint="write both as day, month and year")
        return Period(start=first, end=last)
    except ValueError:
        raise InputError("the first and the last day are no period", hint="mend them") from None


def _day(name: str, words: str) -> Moment:
    parts = [chosen_text(f"{name}-{part}") for part in ("year", "month", "day")]
    try:
        year, month, day = (int(part) if part.isascii() and part.isdecimal() else 0 for part in parts)
        return Moment.parse(f"{year:04d}-{month:02d}-{day:02d}")
    except ValueError:
        raise InputError(
            f"the {words} is not a date", hint="write day, month and year, as 31 3 2026"
        ) from None


def areas() -> tuple[str, ...]:
    """Return the codes of areas, which stand apart by spaces or commas."""
    codes = tuple(chosen_text("areas").upper().replace(",", " ").split())
    if not all(_AREA.fullmatch(code) for code in codes):
        raise InputError(
            "an area is the code of a council: 2 to 12 letters and digits",
            hint="write them as E06000001 E06000002",
        )
    return codes


def saved_upload(name: str, place: Path, what: str) -> Path:
    """Keep the one file of a form; raises :class:`InputError` if none was chosen."""
    found = saved_uploads(name, place)
    if len(found) != 1:
        raise InputError(f"choose {what}", hint="one file")
    return found[0]


def saved_uploads(name: str, place: Path) -> list[Path]:
    """Keep the files of a form in a new folder of the private place, under their own names."""
    given = [one for one in request.files.getlist(name) if one.filename]
    if not given:
        return []
    folder = private_folder(place / secrets.token_hex(8))
    kept: list[Path] = []
    for one in given:
        path = folder / _file_name(one)
        if path in kept:
            raise InputError("two of the files have the same name", hint="give each a name of its own")
        try:
            one.save(path)
        except OSError:
            raise InputError("a file could not be kept", hint="check the space on the disk") from None
        kept.append(path)
    return kept


def _file_name(upload: FileStorage) -> str:
    """Return a file's name without its folders, and without what no file system takes."""
    name = re.split(r"[/\\]", upload.filename or "")[-1]
    name = "".join(one if one.isprintable() and one not in '<>:"|?*' else "_" for one in name).strip(". ")
    if _DEVICE.match(name):
        name = f"_{name}"
    if not name or len(name) > 120:
        raise InputError("a file has a name that cannot be used", hint="give it a short plain name")
    return name


def as_clew_error(error: OSError) -> ClewError:
    """Return what the system refused, without its path."""
    return InputError(
        (error.strerror or "cannot be read or written").lower(), hint="check the place and the space"
    )
