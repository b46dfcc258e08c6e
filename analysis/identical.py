"""Whether a place has more identical forms than chance gives, beside how often the same form came elsewhere.

Many honest people press the same button throughout, and short forms are often wholly alike: 85% alike proves
nothing by itself (Simmons, Mercer, Schwarzer & Kennedy 2016, Statistical Journal of the IAOS). So a form is
compared with itself: in other places it came C times among M forms, so among the n of a place (C + 1/2) n / M
are it, negative binomial, since C is chance and honest places differ. How much they differ in it the places show;
of a rare form it is taken for what it is in most others. A place with a level of its own has more of some forms:
how far honest places go there is part of that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrivals import FAR_OUT, LEAST, LEVEL, ROUGHER, upper_tail
from analysis.contrast import holm
from analysis.design import Bools, Floats, Ints

FEWEST_PLACES = 4  # with forms: of fewer nothing shows how places differ
LEAST_SPREAD = 0.05
MEASURED = 100  # of a form, from which on the places show how they differ in it
HIGH = 0.9  # a rare form may be one in which they differ much: it is taken for the quantile of the others


@dataclass(frozen=True)
class Identical:
    """More of one form at a place than elsewhere: which form, where, how often, how often it would be, and p as in
    `arrivals.Flood`."""

    form: int
    place: int
    count: int
    mean: float
    p: float
    p_adjusted: float


def identical(form: Ints, place: Ints) -> list[Identical]:
    """Which forms came to a place more often than elsewhere by more than places differ.

    form, place  (N,) numbers from 0 of what was answered throughout, and of where
    """
    size = np.bincount(place)
    if np.count_nonzero(size) < FEWEST_PLACES:
        return []
    often = np.flatnonzero(np.bincount(form) >= LEAST)
    counts = np.zeros((len(often), len(size)))
    at = np.searchsorted(often, form)
    known = (
        (at < len(often)) & (often[np.minimum(at, len(often) - 1)] == form) if len(often) else np.zeros(0, bool)
    )
    if not len(often):
        return []
    np.add.at(counts, (at[known], place[known]), 1)
    elsewhere = counts.sum(1, keepdims=True) - counts + 0.5
    mean = elsewhere * size / np.maximum(size.sum() - size, 1)
    p = _p(counts, mean, elsewhere)
    adjusted = np.array(holm(p.ravel().tolist()), np.float64).reshape(p.shape)
    return [
        Identical(int(often[v]), u, int(counts[v, u]), float(mean[v, u]), float(p[v, u]), float(adjusted[v, u]))
        for v, u in np.argwhere((adjusted <= LEVEL) & (counts - mean >= LEAST)).tolist()
    ]


def _p(counts: Floats, mean: Floats, elsewhere: Floats) -> Floats:
    """(V, U) the chance of so many of a form at a place; what is far out says nothing of how places differ."""
    residual = (counts - mean) / np.sqrt(np.maximum(mean, 1e-9))
    kept: Bools = residual < residual.max(1, keepdims=True)
    p = np.ones_like(counts)
    for _round in range(5):
        spread = _spread(counts, mean, elsewhere, kept)
        p = upper_tail(counts, mean, ROUGHER * spread + 1 / elsewhere)
        if np.array_equal(kept, p >= FAR_OUT):
            break
        kept = p >= FAR_OUT
    return p


def _spread(counts: Floats, mean: Floats, elsewhere: Floats, kept: Bools) -> Floats:
    """(V, 1) the relative variance of a form's share among places, beyond chance."""
    beyond = np.where(kept, (counts - mean) ** 2 - mean - mean**2 / elsewhere, 0.0)
    square = np.where(kept, mean**2, 0.0)
    own = beyond.sum(1, keepdims=True) / np.maximum(square.sum(1, keepdims=True), 1e-9)
    measured = own[mean.sum(1) >= MEASURED]
    all_forms = np.quantile(measured, HIGH) if len(measured) else beyond.sum() / max(square.sum(), 1e-9)
    result: Floats = np.maximum(np.maximum(own, all_forms), LEAST_SPREAD)
    return result
