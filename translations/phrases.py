"""How many of a thing, as a phrase that longer sentences take in: "1 form", "2,160 forms"; 2.160 phiếu."""

from __future__ import annotations

from translations import ngettext
from translations.formats import number


def forms(count: int) -> str:
    """36.525 phiếu."""
    return ngettext("%(forms)s form", "%(forms)s forms", count, forms=number(count))


def people(count: int) -> str:
    """1.432 người."""
    return ngettext("%(n)s person", "%(n)s people", count, n=number(count))


def villages(count: int) -> str:
    """108 thôn."""
    return ngettext("%(villages)s village", "%(villages)s villages", count, villages=number(count))


def communes(count: int) -> str:
    """54 xã, phường, đặc khu."""
    return ngettext("%(units)s commune", "%(units)s communes", count, units=number(count))


def units(count: int) -> str:
    """16 đơn vị."""
    return ngettext("%(units)s unit", "%(units)s units", count, units=number(count))


def households(count: int) -> str:
    """1.200 hộ."""
    return ngettext("%(households)s household", "%(households)s households", count, households=number(count))


def rows(count: int) -> str:
    """2.916 dòng."""
    return ngettext("%(rows)s row", "%(rows)s rows", count, rows=number(count))
