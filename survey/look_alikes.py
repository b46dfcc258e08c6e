"""Forms of an open link that look like one another: a sign that somebody may have sent several.

They are counted for people to look at, never dropped: satisfied neighbours answer alike too.
"""

from __future__ import annotations

import numpy as np

from survey.sample import Sample

LEAST_SHARED = 8  # items that both forms answer
ALIKE = 0.95  # of these, the share with the same answer
MOST = 2_000  # forms of one place and day that are compared with each other


def count(people: Sample) -> int:
    """How many forms are nearly the same as another one of the same unit and day.

    Compared are the items with one answer; what both left blank says nothing. Beyond 2,000 forms of one place
    and day, which no service point takes, only the first so many by id are compared.
    """
    items = [item for item in people.questionnaire.items.values() if item.kind in ("single", "scale")]
    answers = [people.answers(item) for item in items]
    codes = np.stack([np.where(column.given, column.codes, 0) for column in answers], axis=1).astype(np.int16)
    groups: dict[tuple[str, str], list[int]] = {}
    for row, place in enumerate(zip(people.unit.tolist(), people.day.tolist(), strict=True)):
        groups.setdefault(place, []).append(row)
    found = 0
    for rows in groups.values():
        here = codes[rows[:MOST]]
        shared = (here > 0).astype(np.int32) @ (here > 0).astype(np.int32).T
        same = np.zeros_like(shared)
        for column in here.T:
            same += (column[:, None] == column[None, :]) & (column[:, None] > 0)
        alike = (shared >= LEAST_SHARED) & (same >= ALIKE * shared)
        np.fill_diagonal(alike, False)
        found += int(alike.any(axis=1).sum())
    return found
