"""The words of a commune against the rest, of any two sides, of two waves, and what each of them promises."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from analysis import Difference
from analysis.contrast import Group
from analysis.estimate import ENOUGH_DF
from survey.results.result_table import Record
from translations import N_, phrases
from translations import gettext as _
from translations.formats import number

STANDINGS: dict[Group, str] = {
    "above": N_("above the rest"),
    "signs_above": N_("signs of being above the rest"),
    "not_apart": N_("no clear difference from the rest"),
    "signs_below": N_("signs of being below the rest"),
    "below": N_("below the rest"),
}
SIDES: dict[Group, str] = {
    "above": N_("higher"),
    "signs_above": N_("signs of being higher"),
    "not_apart": N_("no clear difference"),
    "signs_below": N_("signs of being lower"),
    "below": N_("lower"),
}
CHANGES: dict[Group, str] = {
    "above": N_("up"),
    "signs_above": N_("signs of a rise"),
    "not_apart": N_("not enough to conclude"),
    "signs_below": N_("signs of a fall"),
    "below": N_("down"),
}
# What stands behind a figure in a table; `key` says what each means.
MANY_LINES = 20  # of so many intervals at 95% one misses by chance
SIGNS: dict[Group, str] = {"above": "▲", "signs_above": "△", "not_apart": "○", "signs_below": "▽", "below": "▼"}


def standing(group: Group) -> str:
    """A commune against the rest, within a sentence."""
    return _(STANDINGS[group])


def side(group: Group) -> str:
    """One side against the other: "cao hơn", "có dấu hiệu cao hơn"."""
    return _(SIDES[group])


def movement(group: Group) -> str:
    """A figure since the wave before: "tăng", "có dấu hiệu tăng"."""
    return _(CHANGES[group])


def tone(group: Group | None, bad: bool = False) -> str:
    """Whether a word speaks well or ill of somebody. `bad`: what is above, or rises, should be rare."""
    if group in (None, "not_apart"):
        return "unclear"
    return "better" if (group in ("above", "signs_above")) != bad else "worse"


def no_sample() -> str:
    """Why nothing is concluded of an open wave, in one sentence."""
    return _(
        "Whoever came has answered, and nobody was drawn: these figures are no sample, so no test and no verdict "
        "stands beside them. The range of variation knows nothing of those who did not answer."
    )


def of_signs(count: int) -> str:
    """What the middle grade is worth, and an interval: `count` lines stand together."""
    signs = _(
        "Signs: of those marked this way, on average at most one in five is due to chance alone; their "
        "intervals may reach the line."
    )
    if count < MANY_LINES:
        return signs
    intervals = _(
        "Of %(count)s intervals a few miss the line by chance alone, so an interval is not a verdict.",
        count=number(count),
    )
    return f"{signs} {intervals}"


def of_tests() -> str:
    """Why a verdict may stand beside an interval that seems to say more, wherever several of them stand."""
    return _(
        "The lines of a comparison are tested together: where nothing is concluded, an interval may still leave "
        "out 0."
    )


def of_standings(records: Iterable[Record]) -> list[str]:
    """What the standings of all communes in one figure promise, what signs are worth, what the test leans on."""
    tested = [one.rest for one in records if one.standing is not None and one.rest is not None]
    if not tested:
        return []
    return [
        _(
            "Above and below hold for all %(count)s communes together: if no commune differed, a survey "
            "like this would name one in fewer than 5 of 100 cases. “No clear difference” does not mean "
            "equal.",
            count=number(len(tested)),
        ),
        of_signs(len(tested)),
        *_leaning(tested),
    ]


def _leaning(tested: Sequence[Difference]) -> list[str]:
    """What the test takes to be so, and with few villages how little it can see."""
    pooled = [one for one in tested if one.rho is not None]
    if not pooled:
        return []
    text = _(
        "The test takes it that neighbours are about equally alike in every commune (intraclass correlation "
        "%(rho)s, from %(villages)s).",
        rho=number(pooled[0].rho, 3),
        villages=phrases.villages(pooled[0].pool or 0),
    )
    least = [one.least for one in pooled if one.least is not None]
    if least and (villages := median(one.villages[1] for one in pooled)) < ENOUGH_DF:
        text += " " + _(
            "With about %(villages)s in a commune most differences under about %(points)s points go unseen.",
            villages=phrases.villages(round(villages)),
            points=number(100 * median(least), 0),
        )
    return [text]


def no_standout(count: int) -> str:
    """That none of so many questions of a commune, as could be tested, differs from the rest; that none could."""
    if not count:
        return _(
            "Its questions can't be compared with the rest: too few villages or answers, or their figures are "
            "hidden."
        )
    return _(
        "Of the %(count)s questions compared none differs from the rest by the test corrected for all of them.",
        count=number(count),
    )


def of_standouts(count: int) -> list[str]:
    """What higher and lower promise of so many questions of one commune; nothing where none could be tested."""
    if not count:
        return []
    return [
        _(
            "Higher and lower hold for all %(count)s questions together: of communes that are like the rest, "
            "fewer than 5 in 100 would have one named. What only looks high or low may be chance.",
            count=number(count),
        ),
        of_signs(count),
    ]


def of_lines(count: int) -> list[str]:
    """What the words of a comparison promise, line by line."""
    return [
        _(
            "The words hold for all %(count)s lines together: if nothing differed, such a table would name "
            "one in fewer than 5 of 100 cases. What can't be determined is not therefore equal.",
            count=number(count),
        ),
        of_signs(count),
    ]
