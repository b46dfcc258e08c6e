"""The bound device that a request comes from, known by its cookie."""

from __future__ import annotations

from flask import Response, g, request
from sqlalchemy import select

from survey.responses.devices import _digest
from survey.storage.models import Device, Mode
from survey.web import cookies
from survey.web.current import database

COOKIE = "may-dat"  # holds a kiosk's token; no script can read it, no other site can send it
TABLET = "may-phong-van"  # holds a tablet's token likewise
A_YEAR = 365 * 24 * 3600  # seconds; browsers keep a cookie no longer than 400 days, and each start renews it


def here() -> Device | None:
    """The kiosk from which the present request comes, or None."""
    return _here(Mode.KIOSK, COOKIE)


def tablet() -> Device | None:
    """The interviewer's tablet from which the present request comes, or None."""
    return _here(Mode.INTERVIEWER, TABLET)


def _here(mode: Mode, cookie: str) -> Device | None:
    device = _known(mode, cookie)
    return None if device is None or device.revoked else device


def before(mode: Mode) -> Device | None:
    """The revoked device that the present request comes from, or None."""
    device = _known(mode, COOKIE if mode is Mode.KIOSK else TABLET)
    return device if device is not None and device.revoked else None


def _known(mode: Mode, cookie: str) -> Device | None:
    known: dict[Mode, Device | None] = g.setdefault("devices", {})
    if mode not in known:
        token = _token(cookie)
        known[mode] = _by_token(token, mode) if token else None
    return known[mode]


def remember(answer: Response, cookie: str, token: str | None = None) -> None:
    """Has the device keep its token, or the one that it has for another year."""
    if token := token or _token(cookie):
        cookies.keep(answer, cookie, token, A_YEAR, samesite="Strict")


def _token(cookie: str) -> str | None:
    """The token that the device sent; under the name without a prefix where it was bound before there was one."""
    return cookies.read(cookie) or request.cookies.get(cookie)


def _by_token(token: str, mode: Mode) -> Device | None:
    with database().reading() as session:
        return session.scalars(select(Device).where(Device.token == _digest(token), Device.mode == mode)).first()
