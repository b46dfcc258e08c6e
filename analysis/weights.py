"""Weights: from the draw, calibrated to known population totals, trimmed; and their design effect.

Each fit gives a `Calibration`; `design.calibrated(calibration)` then estimates with the final weights, and its
variances know the fit (Deville & Särndal 1992; Särndal, Swensson & Wretman 1992, § 6.5). A fit is a factor g per
cell of rows that are alike in all calibration variables, so it is computed on cells, not on rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from scipy.special import expit

from analysis.design import Calibration, Design, DesignError, Floats, Ints, code, compact

Method = Literal["post", "raking", "linear"]
METHODS: tuple[Method, ...] = ("post", "raking", "linear")
Margins = Mapping[str, Mapping[Hashable, float]]  # variable -> value -> people in the population
AGREES = 1e-12  # relative, of a fitted margin
SAME_TOTAL = 1e-6  # relative, of the grand totals of two margins
MOST_ROUNDS = 2000


def design_effect(weight: Any) -> float:
    """The design effect of unequal weights: n Σw²/(Σw)², 1 where all are equal (Kish 1965, § 11.7)."""
    w = np.asarray(weight, dtype=np.float64)
    return float(len(w) * (w**2).sum() / w.sum() ** 2)


def post_stratify(design: Design, labels: Any, totals: Mapping[Hashable, float]) -> Calibration:
    """Weights such that each cell of `labels` (N,) adds up to its population total: g = N_k / Σ_k d."""
    return calibrate(design, {"cell": labels}, {"cell": totals}, "post")


def rake(design: Design, labels: Mapping[str, Any], margins: Margins) -> Calibration:
    """Weights that agree with several margins at once, by proportional fitting in turn (Deming & Stephan 1940)."""
    return calibrate(design, labels, margins, "raking")


def calibrate(
    design: Design,
    labels: Mapping[str, Any],
    margins: Margins,
    method: Method,
    bounds: tuple[float, float] | None = None,
    start: Any = None,
) -> Calibration:
    """Fits the weights to the margins of categorical variables.

    labels   variable -> (N,) labels, no blank
    margins  variable -> value -> total; the values of the labels, and the same grand total for all variables
    bounds   of the factor g. "linear" is then truncated there, "raking" becomes the logit method; "post" has no
             choice and is refused where a factor lies outside
    start    (N,) factors within the bounds that the weights bear already, as of the adjustment for non-response:
             the bounds are then those of the product of both
    DesignError names a value that sample or margins lack, totals that disagree, a fit that doesn't converge.
    """
    codes = []
    for variable in margins:
        coded = code(labels[variable])
        blank = np.flatnonzero(coded.codes < 0)
        if len(blank):
            raise DesignError(
                "Column %(column)s is blank in row %(row)s. Weights can't be fitted to it.",
                column=variable,
                row=int(blank[0]) + 1,
            )
        codes.append(places(variable, coded.levels, margins[variable])[coded.codes])
    sizes = [len(values) for values in margins.values()]
    steps = np.ones(1)
    if start is not None:
        steps, which = np.unique(np.asarray(start, dtype=np.float64), return_inverse=True)
        codes.append(which.astype(np.int64))
        sizes.append(len(steps))
    cells, cell = np.zeros(1, np.int64), np.zeros(len(design), np.int64)
    if codes:
        cells, cell = compact(np.ravel_multi_index(codes, sizes).astype(np.int64), int(np.prod(sizes)))
        levels = np.stack(np.unravel_index(cells, sizes))  # (variables, L)
    else:
        levels = np.zeros((0, 1), np.int64)
    mass = np.bincount(cell, design.weight, len(cells)).astype(np.float64, copy=False)
    step = steps[levels[-1]] if start is not None else np.ones(len(cells))
    x, factor = fit(levels[: len(margins)], mass, margins, method, bounds, step)
    return Calibration(cell, x, factor)


def places(variable: str, labels: Sequence[Hashable], totals: Mapping[Hashable, float]) -> Ints:
    """The place of each label among the values with a total. DesignError names a label that has none."""
    place = {label: rank for rank, label in enumerate(totals)}
    for label in labels:
        if label not in place:
            raise DesignError(
                "%(column)s has the value %(value)s, for which the margins give no total. Add it.",
                column=variable,
                value=str(label),
            )
    return np.array([place[label] for label in labels], np.int64)


def fit(
    levels: Ints,
    mass: Floats,
    margins: Margins,
    method: Method,
    bounds: tuple[float, float] | None = None,
    step: Floats | float = 1.0,
) -> tuple[Floats, Floats]:
    """The calibration variables (L, J) and the factors (L,) of L cells.

    levels  (V, L) which value of each variable a cell has, in the order of the margins
    mass    (L,) base weights
    step    (L,) factors that they bear already; the bounds are of their product with those that are found
    """
    if method not in METHODS:
        raise ValueError(f"method is one of {', '.join(METHODS)}, not {method!r}")
    if method == "post" and len(margins) != 1:
        raise DesignError(
            "Post-stratification takes one variable; the margins have %(count)s. Choose raking.",
            count=len(margins),
        )
    totals = _checked_totals(levels, mass, margins)
    x = np.hstack([np.eye(len(wanted))[level] for wanted, level in zip(totals, levels, strict=True)])
    if method == "linear":
        return x, _linear(x, mass, np.concatenate(totals), bounds, step)
    if method == "post":
        factor = (totals[0] / np.bincount(levels[0], mass, len(totals[0])))[levels[0]]
        _refuse_outside(factor * step, levels[0], margins, bounds)
        return x, factor
    if bounds is not None:
        return x, _logit(x, mass, np.concatenate(totals), bounds, step)
    return x, _rake(levels, mass, totals, margins)


def _checked_totals(levels: Ints, mass: Floats, margins: Margins) -> list[Floats]:
    totals = [np.array(list(values.values()), dtype=np.float64) for values in margins.values()]
    for (variable, values), wanted, level in zip(margins.items(), totals, levels, strict=True):
        have = np.bincount(level, mass, len(wanted))
        for label, total, weight in zip(values, wanted, have, strict=True):
            if not np.isfinite(total) or total < 0:
                raise DesignError(
                    "The total of %(column)s = %(value)s is no number from 0 up. Correct the margins.",
                    column=variable,
                    value=str(label),
                )
            if weight > 0 and total <= 0:
                raise DesignError(
                    "The sample has %(column)s = %(value)s, but the margins say nobody has it. Correct them.",
                    column=variable,
                    value=str(label),
                )
        _refuse_empty(
            variable, [(label, n) for label, n, w in zip(values, wanted, have, strict=True) if n > 0 >= w]
        )
    whole = totals[0].sum() if totals else 0.0
    for place, variable in enumerate(margins):
        if abs(totals[place].sum() - whole) > SAME_TOTAL * whole:
            raise DesignError(
                "The margins disagree: %(first)s adds up to %(one)s people, %(second)s to %(other)s."
                " Correct them.",
                first=next(iter(margins)),
                one=f"{whole:.10g}",
                second=variable,
                other=f"{totals[place].sum():.10g}",
            )
    return [wanted * (whole / wanted.sum()) if wanted.sum() else wanted for wanted in totals]


def _refuse_empty(variable: str, empty: Sequence[tuple[Hashable, float]]) -> None:
    """Values that the population has and nobody in the sample: all are named."""
    if len(empty) == 1:
        raise DesignError(
            "Nobody in the sample has %(column)s = %(value)s, but the margins say %(total)s people."
            " Merge it with another value.",
            column=variable,
            value=str(empty[0][0]),
            total=f"{empty[0][1]:g}",
        )
    if empty:
        raise DesignError(
            "Nobody in the sample has these values of %(column)s, of which the margins have people: %(values)s."
            " Merge each with another value.",
            column=variable,
            values=", ".join(str(label) for label, _total in empty),
        )


def _refuse_outside(factor: Floats, level: Ints, margins: Margins, bounds: tuple[float, float] | None) -> None:
    """Post-stratification has no choice: its factors (L,) are refused outside the bounds."""
    outside = np.flatnonzero((factor < bounds[0]) | (factor > bounds[1])) if bounds else np.zeros(0, int)
    if len(outside):
        ((variable, values),) = margins.items()
        raise DesignError(
            "The factor of %(column)s = %(value)s would be %(factor)s, outside the bounds. Merge it with another"
            " value, or widen the bounds.",
            column=variable,
            value=str(list(values)[level[outside[0]]]),
            factor=f"{factor[outside[0]]:.3g}",
        )


def _miss(wanted: Floats, level: Ints, mass: Floats) -> float:
    return float(np.abs(np.bincount(level, mass, len(wanted))[wanted > 0] / wanted[wanted > 0] - 1).max())


def _rake(levels: Ints, mass: Floats, totals: list[Floats], margins: Margins) -> Floats:
    factor = np.ones(len(mass))
    worst, where = np.inf, 0
    for _ in range(MOST_ROUNDS):
        for wanted, level in zip(totals, levels, strict=True):
            have = np.bincount(level, mass * factor, len(wanted))
            factor *= np.divide(wanted, have, out=np.ones_like(wanted), where=have > 0)[level]
        misses = [_miss(wanted, level, mass * factor) for wanted, level in zip(totals, levels, strict=True)]
        worst, where = max(misses), int(np.argmax(misses))
        if worst <= AGREES:
            return factor
    raise DesignError(
        "Raking doesn't converge: after %(rounds)s rounds %(column)s still misses its totals by %(miss)s %%. Some"
        " combination of values that the margins need isn't in the sample; merge values.",
        rounds=MOST_ROUNDS,
        column=list(margins)[where],
        miss=f"{100 * worst:.2g}",
    )


def linear(
    design: Design, x: Any, totals: Sequence[float], bounds: tuple[float, float] | None = None
) -> Calibration:
    """Linear calibration to the totals (J,) of any variables x (N, J): g = 1 + x'λ, which may go negative. bounds:
    of g; it is then truncated there (Deville & Särndal 1992, case 7)."""
    values = np.asarray(x, dtype=np.float64).reshape(len(design), -1)
    cells, cell = np.unique(values, axis=0, return_inverse=True)
    cell = cell.reshape(-1).astype(np.int64)
    mass = np.bincount(cell, design.weight, len(cells)).astype(np.float64, copy=False)
    return Calibration(cell, cells, _linear(cells, mass, np.asarray(totals, dtype=np.float64), bounds))


def _linear(
    x: Floats, mass: Floats, totals: Floats, bounds: tuple[float, float] | None, step: Floats | float = 1.0
) -> Floats:
    low, high = (np.asarray(bound / step) for bound in bounds or (-np.inf, np.inf))
    if not ((low <= 1) & (high >= 1)).all():
        raise ValueError("bounds of g hold 1, or the factors that the weights bear already")
    slope = np.zeros(x.shape[1])
    factor = np.ones(len(mass))
    miss = _misses(x, mass, totals, factor)
    for _ in range(1 if bounds is None else 200):
        free = (1 + x @ slope > low) & (1 + x @ slope < high) if bounds else np.ones(len(mass), bool)
        inner = (x * (mass * free)[:, None]).T @ x
        slope = slope + np.linalg.pinv(inner, hermitian=True) @ (totals - x.T @ (mass * factor))
        factor = np.clip(1 + x @ slope, low, high)
        miss = _misses(x, mass, totals, factor)
        if (miss <= 1e-10).all():
            return factor
    raise _out_of_reach(bounds or (-np.inf, np.inf), miss)


def _logit(
    x: Floats, mass: Floats, totals: Floats, bounds: tuple[float, float], step: Floats | float = 1.0
) -> Floats:
    """Raking within bounds L < 1 < U: Newton's method on case 6 of Deville & Särndal 1992.

    g = F(x'λ),  F(u) = L + (U − L) expit(A u + log((1 − L)/(U − 1))),  A = (U − L)/((1 − L)(U − 1))
    Then F(0) = F'(0) = 1. L and U are those of the cell: the bounds ÷ its step.
    """
    low, high = (np.asarray(bound / step) for bound in bounds)
    if not ((low < 1) & (high > 1)).all():
        raise ValueError("bounds of g hold 1 between them, or the factors that the weights bear already")
    steep, at = (high - low) / ((1 - low) * (high - 1)), np.log((1 - low) / (high - 1))

    def factors(slope: Floats) -> Floats:
        factor: Floats = low + (high - low) * expit(steep * (x @ slope) + at)
        return factor

    slope = np.zeros(x.shape[1])
    factor = factors(slope)
    miss = _misses(x, mass, totals, factor)
    for _ in range(200):
        rise = steep * (factor - low) * (high - factor) / (high - low)
        inner = (x * (mass * rise)[:, None]).T @ x
        step = np.linalg.pinv(inner, hermitian=True) @ (totals - x.T @ (mass * factor))
        for _halving in range(40):
            trial = factors(slope + step)
            trial_miss = _misses(x, mass, totals, trial)
            if trial_miss.max() < miss.max():
                break
            step = step / 2
        else:
            break
        slope, factor, miss = slope + step, trial, trial_miss
        if (miss <= 1e-10).all():
            return factor
    if (miss <= 1e-10).all():
        return factor
    raise _out_of_reach(bounds, miss)


def _misses(x: Floats, mass: Floats, totals: Floats, factor: Floats) -> Floats:
    """(J,) how far the calibrated sums are from the totals, relative."""
    misses: Floats = np.abs(x.T @ (mass * factor) - totals) / np.maximum(np.abs(totals), np.abs(x).T @ mass)
    return misses


def _out_of_reach(bounds: tuple[float, float], miss: Floats) -> DesignError:
    return DesignError(
        "No weights with factors between %(low)s and %(high)s agree with these totals; the nearest miss by"
        " %(miss)s %%. Widen the bounds or merge values.",
        low=f"{bounds[0]:g}",
        high=f"{bounds[1]:g}",
        miss=f"{100 * float(miss.max()):.2g}",
    )
