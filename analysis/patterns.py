"""Patterns that honest answers seldom have: one level throughout, or nearly the answers of another form."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.design import Floats, Ints, code

Codes = NDArray[np.int32]


def longest_run(codes: Any) -> tuple[Ints, Ints]:
    """(N,) the longest run of one and the same level along (N, K) items, and (N,) how many were answered. 0 is a
    blank; it neither ends a run nor belongs to one (the long-string index, Johnson 2005)."""
    table = np.asarray(codes)
    last = np.zeros(len(table), table.dtype)
    run, longest, answered = (np.zeros(len(table), np.int64) for _each in range(3))
    for column in table.T:
        given = column != 0
        run = np.where(given, np.where(column == last, run + 1, 1), run)
        last = np.where(given, column, last)
        longest = np.maximum(longest, run)
        answered += given
    return longest, answered


def nearest(codes: Any, group: Any, least: int, most: int = 2000) -> tuple[Floats, Ints]:
    """(N,) the largest share of equal answers with another row of the same group, and (N,) that row.

    codes  (N, K) small whole numbers, 0 is a blank; compared are the items that both rows answered
    group  (N,) labels; a row with a blank label is compared with nobody
    least  two rows are compared where they share so many answered items
    most   of a group only the first so many rows are compared, since the work grows with the square

    NaN and −1 if there is nobody to compare with. Maximum percent match: Kuriakose & Robbins 2016.
    """
    table: Codes = np.ascontiguousarray(codes, dtype=np.int32)
    share, other = np.full(len(table), np.nan), np.full(len(table), -1, np.int64)
    levels = 1 + np.flatnonzero(np.bincount(table.ravel())[1:])
    labels = code(group)
    order = np.argsort(labels.codes, kind="stable")
    edges = np.flatnonzero(np.diff(labels.codes[order])) + 1
    for rows in np.split(order, edges):
        if len(rows) > 1 and labels.codes[rows[0]] >= 0:
            rows = rows[:most]
            share[rows], other[rows] = _nearest(table[rows], rows, levels, least)
    return share, other


def _nearest(table: Codes, rows: Ints, levels: Ints, least: int) -> tuple[Floats, Ints]:
    one_hot = (table[:, :, None] == levels).reshape(len(table), -1)
    one_hot = one_hot[:, one_hot.any(axis=0)].astype(np.float32)
    given = (table != 0).astype(np.float32)
    equal, shared = one_hot @ one_hot.T, given @ given.T  # whole numbers, exact
    match = np.full_like(equal, -1)
    np.divide(equal, shared, out=match, where=shared >= least)
    np.fill_diagonal(match, -1)
    best, own = match.argmax(axis=1), np.arange(len(rows))
    alone = match[own, best] < 0
    share = equal[own, best].astype(np.float64) / np.where(alone, np.nan, shared[own, best])
    return share, np.where(alone, -1, rows[best])


def fence(values: Any) -> float:
    """Tukey's upper fence, the third quartile and 1.5 interquartile ranges; NaN if there are no values."""
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        return float("nan")
    first, third = np.quantile(known, [0.25, 0.75])
    return float(third + 1.5 * (third - first))
