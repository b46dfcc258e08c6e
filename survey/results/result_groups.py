"""What people can be grouped by: commune, stratum, way of answering, an item with one answer; and crossings."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from sqlalchemy.orm import Session

from analysis.design import Labels, crossed
from forms import Item
from survey.responses.respondents import Respondents
from survey.results import answer_counts
from survey.results.answer_counts import Domains
from survey.results.scores import item_of
from translations import Refusal

COLUMNS = ("unit", "stratum", "mode")
BLANK = ""  # the label of those who left the grouping item blank, where they are a group


def domains(session: Session, people: Respondents, by: Sequence[str], blanks: bool = False) -> Domains:
    """The labels of one column, or of several crossed as tuples; all communes are listed, with those nobody
    answered for.

    blanks  those who left an item blank are a group of their own: no table shows it, and what is known of all
            less what is shown of the others is known of it
    """
    parts = [_column(session, people, column, blanks) for column in by]
    if len(parts) == 1:
        return parts[0]
    labels = crossed([part.labels for part in parts])
    return Domains(labels, list(itertools.product(*(part.wanted for part in parts))))


def _column(session: Session, people: Respondents, column: str, blanks: bool) -> Domains:
    if column in COLUMNS:
        return answer_counts.domains(session, people, column)
    if column == "psu":
        raise Refusal("A village is too small for a figure of its own. Choose unit, stratum, mode or an item.")
    if column not in people.questionnaire.items:
        raise Refusal(
            "There is no item %(code)s to group by. Choose unit, stratum, mode or the code of an item.",
            code=column,
        )
    item = item_of(people.questionnaire, column)
    if not item.kind.is_single_choice:
        raise Refusal("People can't be grouped by %(item)s: choose an item with one answer.", item=column)
    labels = by_choice(people, item)
    if blanks and (labels.codes < 0).any():
        codes = np.where(labels.codes < 0, len(labels.levels), labels.codes)
        labels = Labels([*labels.levels, BLANK], codes)
    return Domains(labels, list(labels.levels))


def by_choice(people: Respondents, item: Item) -> Labels:
    """(N,) the code that each chose, written; blank where there is none."""
    column = people.answers(item)
    place = np.full(max(item.choices) + 2, -1, np.int64)  # the last one is that of −1
    place[list(item.choices)] = np.arange(len(item.choices))
    return Labels([str(code) for code in item.choices], np.where(column.given, place[column.codes], -1))


def is_blank(label: object) -> bool:
    """Whether it is of people who left an item blank that they are grouped by."""
    return BLANK in label if isinstance(label, tuple) else label == BLANK
