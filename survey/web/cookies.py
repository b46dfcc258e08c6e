"""Cookies: how each is named, kept, read and dropped.

Where people come by TLS a name begins with `__Host-`: a browser takes such a cookie from this very host alone and
sends it nowhere else, so no neighbour under the same domain can plant one (RFC 6265bis, 4.1.3.2).
"""

from __future__ import annotations

from typing import Literal

from flask import Response, current_app, request

PREFIX = "__Host-"


def over_tls() -> bool:
    """Whether people come by TLS, which a proxy in front may have taken off."""
    return request.is_secure or bool(current_app.config["SESSION_COOKIE_SECURE"])


def named(name: str) -> str:
    """What the cookie is called here."""
    return PREFIX + name if over_tls() else name


def read(name: str) -> str | None:
    """What the browser sent under this name."""
    return request.cookies.get(named(name))


def keep(
    answer: Response, name: str, value: str, seconds: int, *, samesite: Literal["Lax", "Strict"] = "Lax"
) -> None:
    """Has the browser keep a cookie that no script reads."""
    answer.set_cookie(
        named(name), value, max_age=seconds, path="/", httponly=True, samesite=samesite, secure=over_tls()
    )


def drop(answer: Response, name: str) -> None:
    """Has the browser forget a cookie."""
    answer.delete_cookie(named(name), path="/", httponly=True, secure=over_tls())
