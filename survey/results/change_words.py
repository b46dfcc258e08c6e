"""How a change since another wave is written in a table: a number with its sign, then its interval."""

from __future__ import annotations

from analysis import Difference
from survey.storage.models import Wave
from translations import gettext as _
from translations import language
from translations.formats import number


def signed(share: float | None, decimals: int = 1) -> str:
    """Points of a percentage with their sign: −8,9; +2,6; 0,0; a dash where there is none."""
    if share is None:
        return "–"
    return ("+" if round(100 * share, decimals) > 0 else "") + number(100 * share, decimals)


def amount(difference: Difference | None) -> str:
    """The change itself: −8,9."""
    return "–" if difference is None else signed(difference.estimate)


def span(difference: Difference | None) -> str:
    """Its interval: −13,8 đến −4,0; empty where there is no change to tell, a word where there is no interval."""
    if difference is None:
        return ""
    if difference.low is None or difference.high is None:
        return _("too few for an interval")
    return " ".join([signed(difference.low), _("to"), signed(difference.high)])


def when(old: Wave, new: Wave) -> str:
    """What the wave before is called within a sentence: năm 2025; by its code, where both are of one year."""
    if old.opens.year == new.opens.year:
        return _("wave %(code)s", code=old.code)
    return ("năm " if language() == "vi" else "") + str(old.opens.year)


def briefly(old: Wave, new: Wave) -> str:
    """The same above a column: 2025."""
    return old.code if old.opens.year == new.opens.year else str(old.opens.year)
