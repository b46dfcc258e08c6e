"""Patterns that honest answers seldom have: one level throughout, or nearly the answers of another form."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.design import Bools, Floats, Ints, code


def longest_run(codes: Any) -> tuple[Ints, Ints]:
    """(N,) the longest run of one and the same level along (N, K) items, and (N,) how many were answered. 0 is a
    blank; it neither ends a run nor belongs to one (the long-string index, Johnson 2005)."""
    table = np.asarray(codes)
    last = np.zeros(len(table), table.dtype)
    run, longest, answered = (np.zeros(len(table), np.min_scalar_type(table.shape[1])) for _each in range(3))
    for column in table.T:
        given = column != 0
        run = np.where(given, np.where(column == last, run + 1, 1), run)
        last = np.where(given, column, last)
        longest = np.maximum(longest, run)
        answered += given
    return longest.astype(np.int64), answered.astype(np.int64)


def nearest(codes: Any, group: Any, least: int, most: int = 2000) -> tuple[Floats, Ints]:
    """(N,) the largest share of equal answers with another row of the same group, and (N,) that row.

    codes  (N, K) small whole numbers, 0 is a blank; compared are the items that both rows answered
    group  (N,) labels; a row with a blank label is compared with nobody
    least  two rows are compared where they share so many answered items
    most   of a group only the first so many rows are compared, since the work grows with the square

    NaN and −1 if there is nobody to compare with. Maximum percent match: Kuriakose & Robbins 2016.
    """
    table = np.asarray(codes).T  # an item a line
    labels = code(group)
    order = np.argsort(labels.codes, kind="stable")
    edges = np.flatnonzero(np.diff(labels.codes[order])) + 1
    groups = [rows[:most] for rows in np.split(order, edges) if len(rows) > 1 and labels.codes[rows[0]] >= 0]
    share, other = np.full(table.shape[1], np.nan), np.full(table.shape[1], -1, np.int64)
    if groups:
        table = table.astype(np.min_scalar_type(table.max()))
        occurring = [1 + np.flatnonzero(np.bincount(line)[1:]) for line in table]
        items = np.repeat(np.arange(len(table)), [len(levels) for levels in occurring])
        levels = np.concatenate(occurring).astype(table.dtype)[:, None]
    for rows in groups:
        own = table[:, rows]
        share[rows], best = _nearest(own[items] == levels, own != 0, least)
        other[rows] = np.where(best < 0, -1, rows[best])
    return share, other


def _nearest(one_hot: Bools, given: Bools, least: int) -> tuple[Floats, Ints]:
    """(n,) the largest share, and whose, from (K × levels, n) which level each row has and (K, n) whether any."""
    # Whole numbers, exact. A product with its own transpose is half the work (BLAS syrk).
    equal, shared = (part.T @ part for part in (one_hot.astype(np.float32), given.astype(np.float32)))
    equal[shared < least] = -1
    np.fill_diagonal(equal, -1)
    np.maximum(shared, 1, out=shared)
    own, best = np.arange(len(equal)), (equal / shared).argmax(axis=1)
    alone = equal[own, best] < 0
    share = equal[own, best].astype(np.float64) / shared[own, best]
    return np.where(alone, np.nan, share), np.where(alone, -1, best)


def fence(values: Any) -> float:
    """Tukey's upper fence, the third quartile and 1.5 interquartile ranges; NaN if there are no values."""
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        return float("nan")
    first, third = np.quantile(known, [0.25, 0.75])
    return float(third + 1.5 * (third - first))
