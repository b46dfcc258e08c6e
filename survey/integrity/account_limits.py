"""What the account of a wave can't prove, with how often steering was found in trials with made-up waves."""

from __future__ import annotations

from collections.abc import Sequence

from survey.integrity import trials
from survey.integrity.trials import Trial
from survey.storage.models import Wave, WaveKind
from translations import N_
from translations import gettext as _
from translations.formats import number, percent

# What was planted, where, in which share of the forms; by the villages of a commune, none: an open link.
TOLD = {
    2: (
        (
            ("skilled", "keyer", 0.1),
            N_("one person makes up %(share)s of the forms skilfully, no two alike, in all villages: %(found)s"),
        ),
        (
            ("copied", "wave", 0.1),
            N_("one person copies %(share)s of the forms from a few real ones: %(found)s"),
        ),
    ),
    0: (
        (
            ("drawn-weeks", "wave", 0.05),
            N_("somebody sends %(share)s of the forms, no two alike, over six weeks: %(found)s"),
        ),
        (
            ("worst-burst", "wave", 0.05),
            N_("somebody sends one form again and again on a day, %(share)s of all: %(found)s"),
        ),
    ),
}


def sentences(wave: Wave) -> list[str]:
    """What is not shown, plainly."""
    return [
        _("Who answers, or fills in for others, carefully and differently each time is hard to tell from people."),
        *_trials(2 if wave.kind is WaveKind.SAMPLE else 0),
        _("Nobody knows what was said to people before they answered, or who stood beside them."),
        _("Digests don't show that answers were honest, nor guard a day before its digest was kept by outsiders."),
    ]


def _trials(villages: int) -> list[str]:
    tried = [
        _(words, share=percent(of[2], 0), found=_found([trials.find(*of, villages)]))
        for of, words in TOLD[villages]
    ]
    honest = [one for one in trials.honest() if (one.villages == 0) is (villages == 0)]
    return [
        _("How often it was found in trials with made-up waves: %(tried)s.", tried="; ".join(tried)),
        _(
            "How often an honest wave, made up in the same way, had something unusual: %(flagged)s.",
            flagged=_found(honest),
        ),
    ]


def _found(some: Sequence[Trial]) -> str:
    """How many of the waves, with the exact interval of the share."""
    low, high = trials.interval(some)
    return _(
        "%(passes)s of %(waves)s times (95%% interval from %(low)s to %(high)s)",
        passes=number(sum(one.passes for one in some)),
        waves=number(sum(one.waves for one in some)),
        low=percent(low, 0),
        high=percent(high, 0),
    )
