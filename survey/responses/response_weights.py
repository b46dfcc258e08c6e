"""What each response weighs: by a draw, or by a version of weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from analysis.design import Floats, Labels
from survey.responses.columns import Ids, places, read_ids
from survey.storage.models import DrawnHousehold, Wave, Weight
from survey.system.cache import cached, database_key

MOST_ADULTS = 4  # in a household, as far as its weight goes: one of ten would weigh as much as a small village


def weights_of(session: Session, version: int, ids: Ids) -> Floats:
    """(N,) the weights of a version; NaN for a response that it doesn't know."""
    known, weight = _weights(session, version)
    at = places(ids, known)
    return np.where(at < 0, np.nan, weight[at]) if len(known) else np.full(len(ids), np.nan)


@cached(lambda session, version: (database_key(session), version), lambda pair: sum(part.nbytes for part in pair))
def _weights(session: Session, version: int) -> tuple[Ids, Floats]:
    """A version of weights, by sorted ids; it never changes."""
    chosen = select(cast(Weight.response, String), Weight.weight).where(Weight.version == version)
    pairs = session.execute(chosen.order_by(Weight.response), execution_options={"yield_per": 10_000})
    parts = [(read_ids([row[0] for row in some]), [row[1] for row in some]) for some in pairs.partitions()]
    if not parts:
        return np.zeros(0, "S16"), np.zeros(0)
    return np.concatenate([ids for ids, _weights in parts]), np.concatenate([weights for _ids, weights in parts])


def base_weights(session: Session, wave: Wave, psu: Labels, adults: Floats, most: int = MOST_ADULTS) -> Floats:
    """(N,) adults that each person of the wave's draw stands for: 1 ÷ probability of the household × its adults.

    psu     (N,) the village of each; all its households were drawn with one probability
    adults  (N,) in the household, NaN where nobody noted it: then the mean of those noted, 1 where there is none

    More than `most` adults count as so many (Kish 1949, JASA 44: one adult of each household).
    """
    rows = session.execute(
        select(DrawnHousehold.psu, func.max(DrawnHousehold.weight))
        .where(DrawnHousehold.draw == wave.draw, DrawnHousehold.replacement.is_(False))
        .group_by(DrawnHousehold.psu)
    )
    households: dict[Any, float] = dict(rows.all())
    known = np.minimum(adults, most)
    typical = 1.0 if np.isnan(known).all() else float(np.nanmean(known))
    stands_for = np.array([households[name] for name in psu.levels], np.float64)[psu.codes]
    return stands_for * np.where(np.isnan(known), typical, known)


def filled(weights: Floats, psu: Labels) -> Floats:
    """(N,) the weights, with the village's mean, else the wave's, else 1 where it is NaN."""
    missing = np.isnan(weights)
    if not missing.any():
        return weights
    overall = 1.0 if missing.all() else float(np.nanmean(weights))
    filled = weights.copy()
    order = np.argsort(psu.codes, kind="stable")  # the villages one after the other
    for rows in np.split(order, np.flatnonzero(np.diff(psu.codes[order])) + 1):
        if missing[rows].any():
            here = weights[rows]
            filled[rows] = np.where(np.isnan(here), overall if missing[rows].all() else np.nanmean(here), here)
    return filled
