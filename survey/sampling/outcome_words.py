"""The words of the field: what can become of a household or of a form. One list for all."""

from __future__ import annotations

from enum import StrEnum

from translations import N_


class Outcome(StrEnum):
    """What became of a drawn household. The number printed on the sheet is its place in `ON_THE_SHEET`."""

    COMPLETE = "complete"
    REFUSED = "refused"
    AWAY = "away"
    UNABLE = "unable"
    NOT_THERE = "not_there"
    UNKNOWN = "unknown"


OUTCOMES: dict[Outcome, str] = {
    Outcome.COMPLETE: N_("Answered"),
    Outcome.REFUSED: N_("Refused"),
    Outcome.AWAY: N_("Nobody met, after three visits"),
    Outcome.UNABLE: N_("Ill, or no common language"),
    Outcome.NOT_THERE: N_("No such household any more"),
    Outcome.UNKNOWN: N_("Not visited"),
}
# Why a household of the draw gave no answers, in the order and with the numbers 1, 2 … that the sheet prints.
ON_THE_SHEET = (Outcome.REFUSED, Outcome.AWAY, Outcome.UNABLE, Outcome.NOT_THERE)

# Why a form that came back holds no response, besides the outcomes above.
VOID = {
    "blank": N_("Came back blank"),
    "unreadable": N_("Torn, wet or unreadable"),
    "spoiled": N_("Badly printed, not used"),
    "twice": N_("The same person answered twice"),
}

# What stands at the head of a sheet, before the questions: keyed and scanned like an item.
ADULTS, REPLACED = "so_nguoi_lon", "ho_thay_the"
HEAD = (ADULTS, REPLACED)
MOST_ADULTS = 9  # the last circle: so many or more
