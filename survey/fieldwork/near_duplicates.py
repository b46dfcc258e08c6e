"""Forms of an open link that look like one another: a sign that somebody may have sent several.

They are counted for people to look at, never dropped: satisfied neighbours answer alike too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.design import Floats, Ints, crossed
from analysis.patterns import nearest
from survey.responses.respondents import Respondents

LEAST_SHARED = 8  # items that both forms answer
ALIKE = 0.95  # of these, the share with the same answer
MOST = 2_000  # forms of one place and day that are compared with each other


def count(people: Respondents) -> int:
    """How many forms are nearly the same as another one of the same unit and day."""
    share, _other = nearest_of(people)
    return int((share >= ALIKE).sum())


def codes(people: Respondents) -> NDArray[np.int32]:
    """(N, K) the answers to the items with one answer, 0 for a blank."""
    items = [item for item in people.questionnaire.items.values() if item.kind.is_single_choice]
    answers = [people.answers(item) for item in items]
    return np.stack([np.where(column.given, column.codes.astype(np.int32) + 1, 0) for column in answers]).T


def nearest_of(people: Respondents) -> tuple[Floats, Ints]:
    """(N,) the share of equal answers with the nearest form of the same unit and day, and the row of that form.

    Compared are the items with one answer; what both left blank says nothing. Beyond 2,000 forms of one place
    and day, which no service point takes, only the first so many by id are compared.
    """
    return nearest(codes(people), crossed([people.unit, people.day]), LEAST_SHARED, MOST)
