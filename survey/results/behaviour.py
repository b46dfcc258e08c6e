"""How the questions of a released wave behaved: how many answered or did not know, how well a factor holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from analysis import Estimate
from analysis.reliability import Reliability, alpha
from forms import Item
from survey.responses.respondents import Respondents, sample
from survey.results import releases, result_table, scores
from survey.storage.models import Release, Wave
from survey.system.cache import FIGURE_BYTES, cached, database_key

UNKNOWN = 98  # “không biết”, in every document of the province
FEWEST = 30  # people who answered a whole factor, below whom no alpha is told


@dataclass(frozen=True)
class Behaviour:
    """What is told of one question, of all who were asked it.

    answered  the share who chose any answer; `n` is how many were asked
    unknown   the share of “không biết”; None where that is no choice
    factor    the code of its factor, and how well that holds together; None without one, or where few answered
    """

    answered: Estimate
    unknown: Estimate | None
    factor: tuple[str, Reliability] | None


@cached(
    lambda session, wave, release: (database_key(session), wave.code, release.id),
    lambda found: FIGURE_BYTES * (3 * len(found) + 1),
)
def of_release(session: Session, wave: Wave, release: Release) -> Mapping[str, Behaviour]:
    """The questions of a release by their codes, without those of numbers and words.

    Shares are records of the released table, so what that hides is hidden here; alpha of a factor is told where
    the table shows its figure.
    """
    people = sample(session, wave, release)
    items = [item for item in people.questionnaire.items.values() if item.kind.is_estimated and item.choices]
    asked = {item.code: ",".join(map(str, item.valid)) for item in items}
    wanted = [f"{code}={values}" for code, values in asked.items()]
    wanted += [f"{item.code}={UNKNOWN}" for item in items if UNKNOWN in item.missing]
    table = result_table.table(session, people, items=wanted, released=True, asked=True)
    figures = {(one.item, one.value): one for one in table}
    factors = _factors(session, people)
    return {
        code: Behaviour(figures[code, values], figures.get((code, str(UNKNOWN))), factors.get(code))
        for code, values in asked.items()
    }


def of_wave(session: Session, wave: Wave) -> Mapping[str, Behaviour] | None:
    """The questions of the release that is shown of a wave; None where none is."""
    release = releases.newest(session, wave.code)
    return of_release(session, wave, release) if release is not None else None


def _factors(session: Session, people: Respondents) -> dict[str, tuple[str, Reliability]]:
    """The factor of each item of the index, with its alpha."""
    index = people.questionnaire.index
    factors = [factor for area in index.areas for factor in area.factors if len(factor.items) > 1] if index else []
    if not factors or not len(people):
        return {}
    names = tuple(f"index:{factor.code}" for factor in factors)
    shown = result_table.table(session, people, items=names, released=True)
    found = {}
    for factor, figure in zip(factors, shown, strict=True):
        if figure.estimate is None:
            continue
        levels = np.column_stack([_levels(people, people.questionnaire.items[code]) for code in factor.items])
        told = alpha(result_table.design(people), levels)
        if told is not None and told.n >= FEWEST:
            found.update(dict.fromkeys(factor.items, (factor.code, told)))
    return found


def _levels(people: Respondents, item: Item) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(N,) the level of each, NaN for no answer."""
    level = scores.levels_of(people, item).astype(np.float64)
    return np.where(level < 0, np.nan, level)
