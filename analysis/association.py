"""Association of two questions: the Pearson test corrected for the design (Rao & Scott 1984)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import fdtrc

from analysis.design import Design, DesignError, code
from analysis.measure import Measure
from analysis.totals import psu_totals
from analysis.variance import product, scores, wholes


@dataclass(frozen=True, slots=True)
class Association:
    """F of the second-order Rao–Scott correction, its degrees of freedom, p, and the people who answered both."""

    statistic: float
    df: float
    df_denominator: float
    p: float
    n: int


def association(design: Design, rows: Any, columns: Any) -> Association:
    """Tests that two categorical variables, (N,) labels each, are independent in the population.

    A row that lacks either is left out, its PSU stays. R: svychisq(statistic="F"). DesignError if one of
    the two has a single value, no degree of freedom is left, or all sampling units answer in the same shares.
    """
    one, two = code(rows), code(columns)
    both = (one.codes >= 0) & (two.codes >= 0) & (design.weight > 0)
    kinds = [np.unique(part.codes[both]) for part in (one, two)]
    R, C = len(kinds[0]), len(kinds[1])
    if R < 2 or C < 2:
        raise DesignError("A test of association needs two values of each variable among those who answered both.")
    row, column = (np.searchsorted(kind, part.codes) for kind, part in zip(kinds, (one, two), strict=True))
    cell = np.where(both, row * C + column, -1).astype(np.min_scalar_type(-1 - R * C))
    measures = [Measure.share("cell", None, cell, {place}, blank=-1) for place in range(R * C)]
    totals = psu_totals(design, measures)
    whole = wholes(totals)
    linear = scores(totals, whole)
    dense = np.zeros((len(design.frame.stratum), R * C))
    dense[linear.psu] = linear.total
    answered = np.zeros_like(dense)
    answered[linear.psu] = linear.count > 0
    V = product(design.frame, dense, answered)
    psus = answered[:, 0] > 0
    nu = int(psus.sum()) - len(np.unique(design.frame.stratum[psus]))
    if nu < 1:
        raise DesignError("The answers come from too few sampling units for a test of association.")

    p, n = whole.estimate[0], int(whole.count[0, 0])
    table = p.reshape(R, C)
    expected = np.outer(table.sum(1), table.sum(0))
    pearson = n * ((table - expected) ** 2 / expected).sum()
    # contrasts of the cells that the margins leave free, orthogonal to rows and columns
    main = np.hstack([np.ones((R * C, 1)), np.repeat(np.eye(R)[:, 1:], C, 0), np.tile(np.eye(C)[:, 1:], (R, 1))])
    inner = np.einsum("ri,cj->rcij", np.eye(R)[:, 1:], np.eye(C)[:, 1:]).reshape(R * C, -1)
    contrast = inner - main @ np.linalg.lstsq(main, inner, rcond=None)[0]
    inverse = np.divide(1.0, p, out=np.zeros_like(p), where=p > 0)[:, None]
    simple = contrast.T @ (inverse * contrast) / n
    actual = (contrast * inverse).T @ V @ (contrast * inverse)
    delta = np.linalg.solve(simple, actual)
    trace = float(np.trace(delta))
    if not trace > 1e-12 * len(delta):  # what is left is rounding
        raise DesignError(
            "All sampling units answer in the same shares, so nothing shows how far chance goes. A test of"
            " association needs units that differ."
        )
    df = trace**2 / float(np.trace(delta @ delta))
    statistic = pearson / trace
    return Association(statistic, df, df * nu, float(fdtrc(df, df * nu, statistic)), n)
