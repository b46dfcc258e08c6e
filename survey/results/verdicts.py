"""What may be concluded from differences: the one way behind every page, report, file and address.

Each difference gets a word of `contrast.groups`, from "below" to "above", of the tests that stand together: the
communes of one figure, the questions of one commune, the lines of one comparison. Nobody concludes from an
interval. Of these tests only those count whose figures may be seen, so no word leans on a hidden one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis import Difference, Estimate, groups
from analysis.contrast import Group
from survey.storage.models import Wave, WaveKind

SIGNS_OF: dict[Group, Group] = {"above": "signs_above", "below": "signs_below"}
DECIMALS = 1  # of a difference in points, as pages print it


def concluded(wave: Wave, differences: Sequence[Difference | None]) -> list[Group | None]:
    """The word of each difference that stands together with the others.

    None: what must not be seen (a None among the differences), what can't be tested, and all of an open wave,
    whose people are no sample of anybody. No word of more or fewer is said that the difference's own interval
    contradicts, or of one that reads as nothing.
    """
    groups_: list[Group | None] = [None] * len(differences)
    if wave.kind is WaveKind.OPEN:
        return groups_
    tested = [(place, one) for place, one in enumerate(differences) if one is not None]
    for (place, one), group in zip(tested, groups([one for _place, one in tested]), strict=True):
        groups_[place] = "not_apart" if group is not None and _says_nothing(one) else group
    return groups_


def reconcile(group: Group | None, figure: Estimate, line: float | None) -> Group | None:
    """The word of a figure that is drawn beside a line: signs alone where its own interval holds the line.

    A commune is tested against the rest and drawn beside the overall figure, of which it is itself a part: of few
    communes a large one, so that the rest can be told apart from it and the overall figure can't.
    """
    if line is None or figure.low is None or figure.high is None or not figure.low <= line <= figure.high:
        return group
    return group and SIGNS_OF.get(group, group)


def untested(difference: Difference) -> Difference:
    """The difference of two figures of an open wave: how far they lie apart, and nothing that a test would say."""
    return replace(difference, standard_error=None, low=None, high=None, p=None)


def _says_nothing(one: Difference) -> bool:
    """Whether "no difference" lies within its interval, where it has one; or it, or that interval's width, is 0.0
    points as printed.

    The same answers twice, with weights of other last digits, leave a difference as small as its error.
    """
    holds = (
        one.low is not None and one.high is not None and (one.low <= 0 <= one.high or _zero(one.high - one.low))
    )
    return holds or (one.estimate is not None and _zero(one.estimate))


def _zero(difference: float) -> bool:
    return round(100 * difference, DECIMALS) == 0
