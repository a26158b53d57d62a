"""Templates: ours, an app's own, and the components of the GOV.UK Design System."""

from flask import Flask
from jinja2 import BaseLoader, ChoiceLoader, PackageLoader, PrefixLoader

__all__ = ["use_templates"]


def use_templates(app: Flask, own: BaseLoader) -> None:
    """Let an app find its own templates, ``pages/base.html``, and the components."""
    app.jinja_loader = ChoiceLoader(
        [
            own,
            PackageLoader("pages"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    app.jinja_options = {**app.jinja_options, "trim_blocks": True, "lstrip_blocks": True}
