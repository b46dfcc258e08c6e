"""Addresses that are printed: what people scan with a phone, or type."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

import segno

from survey.system import settings
from translations import Refusal

# A quarter of a code may be dirty, torn or in the shade; H would make its squares a fifth smaller.
ERROR_LEVEL = "q"


def outside(given: str | None = None) -> str:
    """Where people outside find this platform, without a slash at its end: as given, else `HAILONG_BASE_URL`."""
    address = (given or settings.base_url() or "").strip().rstrip("/")
    if not address:
        raise Refusal(
            "What is printed needs the address that people outside see. Set HAILONG_BASE_URL, or give --base-url "
            "https://…"
        )
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
        known = known and parts.port != 0 and address.isascii() and address.isprintable() and " " not in address
    except ValueError:  # a port that is no number, brackets that don't close
        known = False
    if not known:
        raise Refusal(
            "%(address)s is not the address of a website. Write it like https://hailong.example.vn",
            address=address,
        )
    return address


def form(base: str, wave: str, unit: str) -> str:
    """The form of a wave at a commune."""
    return f"{base}/s/{wave}/{unit}"


def short(base: str, unit: str) -> str:
    """The form of the public wave at a commune whose code has five digits, as it is typed from a poster."""
    return f"{base}/{unit}"


def invitation(base: str, code: str) -> str:
    """The form to which one invitation leads."""
    return f"{base}/m/{code}"


def typing_a_code(base: str) -> str:
    """Where somebody types the code of an invitation, as it is typed."""
    return typed(f"{base}/m")


def password_link(base: str, code: str) -> str:
    """Where somebody of the staff chooses a password."""
    return f"{base}/mat-khau/{code}"


def kiosk_link(base: str, secret: str) -> str:
    """What binds the device that opens it first."""
    return f"{base}/kiosk/bind/{secret}"


def typed(address: str) -> str:
    """The address as a person types it: browsers add https:// by themselves, but not http://."""
    return address.removeprefix("https://")


def picture(address: str) -> str:
    """The address as a QR code in SVG, with the quiet edge that readers need around it."""
    image = io.BytesIO()
    _code(address).save(image, kind="svg", xmldecl=False)
    return image.getvalue().decode()


def image(address: str) -> str:
    """The same picture as the address of an image, for a page."""
    return str(_code(address).svg_data_uri(scale=5, border=4, light="white"))


def _code(address: str) -> segno.QRCode:
    return segno.make(address, error=ERROR_LEVEL, micro=False)
