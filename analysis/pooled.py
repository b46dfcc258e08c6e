"""Small domains: one intraclass correlation for all domains, a design effect of its own for each.

A commune of two villages has one degree of freedom: its own variance is honest and useless. What communes share
is how alike the people of a village are, the intraclass correlation ρ of the item. It is pooled over domains;
each domain's design effect follows from its own villages (Kish 1965, § 5.4, 8.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.design import Bools, Floats
from analysis.totals import Totals, by_domain
from analysis.variance import Scores, Strata, Whole, is_share, per_domain, reduce


def crossed(scores: Scores, by_stratum: Strata) -> tuple[Floats, Floats]:
    """(G, K) variances and degrees of freedom with strata crossed with the domain, without fpc.

    Only PSUs with an answered row count. Strata with one such PSU are joined into one within the domain; if
    that still has one, it adds nothing. Rows that are their own PSUs share none: ρ is 0 whatever their variance,
    which isn't computed where they are summed by stratum.
    """
    m = by_stratum.answered
    T = np.where(scores.count > 0, scores.total, 0.0)  # with calibration other PSUs have a residual too
    total = reduce(T, by_stratum.starts)
    with np.errstate(all="ignore"):
        mean = np.where(m > 0, total / m, 0.0)
    away = np.where(scores.count > 0, (T - mean[by_stratum.run]) ** 2, 0.0)
    away = reduce(away if scores.square is None else np.zeros_like(away), by_stratum.starts)
    part = np.where(m > 1, m / np.maximum(m - 1, 1), 0.0) * away
    variance = per_domain(part, by_stratum, scores.domains)
    df = per_domain(np.maximum(m - 1, 0), by_stratum, scores.domains)
    joined_variance, joined_df = _joined(total, by_stratum, scores.domains)
    return variance + joined_variance, df + joined_df


def _joined(total: Floats, by_stratum: Strata, domains: int) -> tuple[Floats, Floats]:
    """What the strata with one PSU add as one stratum."""
    single = by_stratum.answered == 1
    joined = per_domain(single.astype(np.float64), by_stratum, domains)
    alone = np.where(single, total, 0.0)
    centre = per_domain(alone, by_stratum, domains) / np.maximum(joined, 1)
    away = np.where(single, (total - centre[by_stratum.domain]) ** 2, 0.0)
    spread = per_domain(away, by_stratum, domains)
    return np.where(joined > 1, joined / np.maximum(joined - 1, 1), 0.0) * spread, np.maximum(joined - 1, 0)


@dataclass(frozen=True)
class Intraclass:
    """How alike the people of a PSU are, pooled over domains; arrays are (K,)."""

    rho: Floats  # ≥ 0
    df: Floats  # degrees of freedom of rho


def edges(totals: Totals, whole: Whole) -> Bools:
    """(G, K) shares with no event or all events, by counts; empty domains are none."""
    none_or_all = (whole.events == 0) | (whole.full == whole.count)
    edge: Bools = is_share(totals) & (whole.count > 0) & none_or_all
    return edge


def take(totals: Totals, whole: Whole) -> Floats:
    """(G, K) m_g = Σ_c n_gc²/n_g, the answered rows in the PSU of a person met at random."""
    count = totals.sums.count
    with np.errstate(all="ignore"):
        return by_domain(totals, count if totals.rows_alone else count**2) / whole.count


def finite(totals: Totals) -> Floats:
    """(G, K) φ_g = Σ_c f_h W_c²/Σ_c W_c², the fpc of a domain, W_c the weights of an answered PSU.

    Exact where strata vary alike (Kish 1965, § 8.2). 1 where people were sampled within villages: the fpc of a
    first stage says nothing of the second.
    """
    frame = totals.frame
    if not frame.single_stage:
        return np.ones((len(totals.domains), len(totals.measures)))
    square: Floats = totals.sums.weight**2
    left = frame.remaining[frame.stratum[totals.psu]][:, None]
    whole = by_domain(totals, square)
    with np.errstate(all="ignore"):
        return np.where(whole > 0, by_domain(totals, left * square) / whole, 1.0)


def people(totals: Totals, whole: Whole) -> Floats:
    """(G, K) who answered: rows, or PSUs where each is a person with several rows."""
    return by_domain(totals, totals.psus) if totals.frame.single_stage else whole.count


def most(totals: Totals, whole: Whole) -> Floats:
    """(G, K) the largest effective size that answers may have: n, in a finite population n (−ln φ)/(1 − φ). By it
    the upper limit of no case among n of N is the share K/N at which (1 − n/N)^K = α/2, hypergeometric."""
    n, left = people(totals, whole), finite(totals)
    with np.errstate(all="ignore"):
        return np.where(left < 1, n * -np.log(left) / (1 - left), n)


def intraclass(
    totals: Totals, whole: Whole, scores: Scores, by_stratum: Strata, withheld: Bools | None = None
) -> Intraclass:
    """ρ from the domains that are informative: 0 < p_g < 1 and df_g ≥ 1.

        ρ = max(0, Σ (v_g − s_g) / Σ s_g (m_g − 1)),  df = Σ df_g

    No domain qualifies: ρ = 0, and df is the sum over all.

    withheld  (G, K) secret figures: they are left out, since ρ can be read off the figures shown
    """
    own, own_df = crossed(scores, by_stratum)
    s = whole.simple
    tells = ~edges(totals, whole) & (own_df >= 1) & np.isfinite(s) & (whole.count > 0)
    tells &= True if withheld is None else ~withheld
    excess = np.where(tells, own - s, 0.0).sum(0)
    with np.errstate(all="ignore"):
        weight = np.where(tells, s * (take(totals, whole) - 1), 0.0).sum(0)
        rho = np.where(weight > 0, np.maximum(excess / weight, 0), 0.0)
    df = np.where(tells.any(0), np.where(tells, own_df, 0.0).sum(0), own_df.sum(0))
    return Intraclass(rho, df)


def joined_df(totals: Totals) -> Floats:
    """(K,) degrees of freedom of all PSUs that answered, joined as one stratum."""
    if totals.frame.psus is None:  # a row is in one domain, and rows may have been summed by stratum
        many = totals.psus.sum(0)
    else:
        seen = np.zeros((len(totals.frame.stratum), len(totals.measures)), bool)
        np.logical_or.at(seen, totals.psu, totals.sums.count > 0)
        many = seen.sum(0)
    df: Floats = np.maximum(many - 1.0, 0.0)
    return df


@dataclass(frozen=True)
class Pooled:
    """The pooled variance of each domain; arrays are (G, K)."""

    deff: Floats  # D_g = φ_g (1 + (m_g − 1) ρ); NaN at 0 and 1, and where n < 2
    variance: Floats  # D_g s_g; at 0 and 1 it is 0
    n_eff: Floats  # (n_g − 1)/D_g; n_g/D_g at 0 and 1
    df: Floats


def pooled(totals: Totals, whole: Whole, alike: Intraclass) -> Pooled:
    """Each domain by the pooled intraclass correlation."""
    edge = edges(totals, whole)
    with np.errstate(all="ignore"):
        apart = 1 + (take(totals, whole) - 1) * alike.rho
        deff = finite(totals) * apart
        grown = np.where(finite(totals) < 1, most(totals, whole) / people(totals, whole), 1.0)
        n_eff = np.where(edge, whole.count * grown / apart, (whole.count - 1) / deff)
        variance = np.where(edge, 0.0, deff * whole.simple)
    known = np.where(edge | (whole.count < 2), np.nan, deff)
    return Pooled(known, variance, n_eff, np.broadcast_to(alike.df, deff.shape))
