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
OF_EVERYTHING = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
HEADERS = {
    "Content-Security-Policy": POLICY,
    **OF_EVERYTHING,
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}
# A script, a sheet or the emblem is no page: it asks for nothing. A slow phone fetches a dozen of them.
HEADERS_OF_STATIC_FILES = {"Content-Security-Policy": "default-src 'none'", **OF_EVERYTHING}


def with_headers(application: WSGIApplication) -> WSGIApplication:
    """The same with its headers on whatever leaves; through Flask's own they would cost ten times that."""

    def guarded(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        static = environ["PATH_INFO"].startswith("/static/")

        def started(status: str, headers: list[tuple[str, str]], fault: Any = None) -> Any:
            ours = HEADERS_OF_STATIC_FILES if static and status.startswith("200") else HEADERS
            return start(status, [*headers, *ours.items()], fault)

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
