"""The headers of every response, for the safety of whoever reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Response, current_app, request

from survey.web import cookies

# Scripts, styles and pictures come from here and stand in files of their own.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "media-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}


def with_headers(application: WSGIApplication) -> WSGIApplication:
    """The same with `HEADERS` on whatever leaves; through Flask's own headers they would cost ten times that."""

    def guarded(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        def started(status: str, headers: list[tuple[str, str]], fault: Any = None) -> Any:
            return start(status, [*headers, *HEADERS.items()], fault)

        return application(environ, started)

    return guarded


def protect(response: Response) -> Response:
    """TLS from now on, where it is spoken; no page in a browser's cache."""
    if cookies.over_tls():
        subdomains = "; includeSubDomains" if current_app.config["HSTS_SUBDOMAINS"] else ""
        response.headers.setdefault("Strict-Transport-Security", f"max-age=31536000{subdomains}")
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
