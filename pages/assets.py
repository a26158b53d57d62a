"""Style sheet and script of the GOV.UK Design System, fetched at set-up by ``scripts/fetch-assets``.

They are no part of the repository.  Neither the crown nor the GDS typeface is among them: both belong to
GOV.UK alone, and this is not GOV.UK.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from flask import Blueprint, Response, abort

__all__ = ["FOLDER", "MissingAssetsError", "asset_pages", "read_assets"]

FOLDER = Path(__file__).parent / "fetched"
OWN = Path(__file__).parent / "own"
NAMES: Mapping[str, str] = {
    "govuk-frontend.css": "text/css; charset=utf-8",
    "govuk-frontend.js": "text/javascript; charset=utf-8",
}
OWN_NAMES: Mapping[str, str] = {
    "clew.css": "text/css; charset=utf-8",
    "go-on.js": "text/javascript; charset=utf-8",
    "single-keys.js": "text/javascript; charset=utf-8",
    "start.js": "text/javascript; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "passkey.js": "text/javascript; charset=utf-8",
    "session.js": "text/javascript; charset=utf-8",
}
_YEAR = 31_536_000


class MissingAssetsError(Exception):
    """The fetched assets are not there."""


def read_assets() -> Mapping[str, tuple[bytes, str]]:
    """Return content and media type of every asset; raises :class:`MissingAssetsError`."""
    missing = [name for name in NAMES if not (FOLDER / name).is_file()]
    if missing:
        raise MissingAssetsError(f"{', '.join(missing)}: not there; run `make assets`")
    fetched = {name: ((FOLDER / name).read_bytes(), kind) for name, kind in NAMES.items()}
    return fetched | {name: ((OWN / name).read_bytes(), kind) for name, kind in OWN_NAMES.items()}


def asset_pages(given: Mapping[str, tuple[bytes, str]] | None = None) -> Blueprint:
    """Make the addresses of assets, by a digest of them all, so that a browser may keep it.

    ``given``: what to serve in the place of what was fetched.
    """
    assets = read_assets() if given is None else given
    # One digest for all: a script finds its neighbours by their names.
    whole = hashlib.sha256(b"".join(assets[name][0] for name in sorted(assets))).hexdigest()[:16]
    blueprint = Blueprint("assets", __name__, url_prefix="/assets")

    @blueprint.get("/<digest>/<name>")
    def asset(digest: str, name: str) -> Response:
        if digest != whole or name not in assets:
            abort(404)
        content, kind = assets[name]
        response = Response(content, content_type=kind)
        response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        return response

    @blueprint.app_template_global()
    def asset_address(name: str) -> str:
        return f"/assets/{whole}/{name}"

    return blueprint
