"""The cookie in which a browser keeps who is signed in and what a page wants to remember."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import Signer

from survey.web import cookies

# Whatever is signed without a word about it, such as Flask-WTF's tokens of forms: HMAC-SHA-1 otherwise.
Signer.default_digest_method = staticmethod(hashlib.sha256)


class Sessions(SecureCookieSessionInterface):
    """Flask's own; but nothing is done where there is no session, as with nearly everybody who sends a form."""

    digest_method: Any = staticmethod(hashlib.sha256)  # the parameter's name differs between versions of Python

    def get_cookie_name(self, app: Flask) -> str:
        """What the cookie is called where people come from now."""
        return cookies.named(super().get_cookie_name(app))

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether it goes by TLS alone."""
        return cookies.over_tls()

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the cookie, or an empty one."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Sets the cookie anew where it has to be."""
        if session or session.modified:
            super().save_session(app, session, response)
