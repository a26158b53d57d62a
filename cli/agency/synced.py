"""Folders that something copies elsewhere: neither a key nor an extract belongs there."""

import os
from collections.abc import Mapping
from pathlib import Path

__all__ = ["synced_by"]

_NAMES = {
    "onedrive": "OneDrive",
    "dropbox": "Dropbox",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "my drive": "Google Drive",
    "icloud drive": "iCloud Drive",
    "iclouddrive": "iCloud Drive",
    "com~apple~clouddocs": "iCloud Drive",
    "box sync": "Box",
    "nextcloud": "Nextcloud",
}
_VARIABLES = ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")


def synced_by(path: Path, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the name of the service that copies a folder elsewhere, or nothing if none is known to."""
    absolute = path.absolute()
    for variable in _VARIABLES:
        root = environment.get(variable)
        if root and absolute.is_relative_to(Path(root).absolute()):
            return "OneDrive"
    for part in absolute.parts:
        folded = part.casefold()
        for name, service in _NAMES.items():
            # OneDrive's folder carries the organisation's name: "OneDrive - Eastmere Council".
            if folded == name or folded.startswith((f"{name} ", f"{name}-")):
                return service
    return None
