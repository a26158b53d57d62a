"""What a browser may do with a page of ours, as data: the content security policy and its companions."""

from collections.abc import Mapping

from flask import Flask, Response

__all__ = ["CONTENT_SECURITY_POLICY", "HEADERS", "guard"]

CONTENT_SECURITY_POLICY: Mapping[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'",),
    "connect-src": ("'self'",),
    "form-action": ("'self'",),
    "base-uri": ("'none'",),
    "frame-ancestors": ("'none'",),
    "require-trusted-types-for": ("'script'",),
    "trusted-types": ("'none'",),
}
"""Everything comes from where the page comes from; nothing is inline, nothing is framed."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "; ".join(
        " ".join((name, *sources)) for name, sources in CONTENT_SECURITY_POLICY.items()
    ),
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def guard(app: Flask) -> None:
    """Give every answer of an app the headers, and keep pages out of every cache; assets may be kept."""

    @app.after_request
    def _headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers[name] = value
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response
