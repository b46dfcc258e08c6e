"""Effective answers, and the one test of differences that stands on them: K measures of G domains at once.

The answers of each domain are reduced to effective ones (Rao & Scott 1992) by an intraclass correlation ρ that all
domains share, from moments (Kleinman 1973); a domain's own spread is mixed in as far as the data show that spreads
differ (moderated variance, Smyth 2004). A difference is judged at the variance it would have if nothing differed
(score test) with the skewness of a binomial (Gart & Nam 1990; Laud 2017), against Student's t. Per measure, c the
villages (PSUs) of domain g with answers:

    h_c = X_c/X_g    n_c answered rows    p_c, p_g ratios    s²_g = n_g v_srs
    a = Σ h²/n    b = Σ h²    c = Σ h/n − Σ h²/(n H)    d = 1 − Σ h²/H    B = Σ h (p_c − p_run)²
    ν = villages − runs
        run: the villages of g in one stratum, H its Σ h, p_run its mean; strata with one village are joined
    ρ = Σ (B − s² c)/Σ s² (d − c) over domains with ν ≥ 1 and s² > 0, within 0 … 1;   df_ρ = Σ ν
    F = B/(s² ((1 − ρ) c + ρ d))    k = (d₀ + ν F)/(d₀ + ν)    df_g = min(d₀ + ν, df_ρ)
    φ = Σ s²/Σ u(p_g),  u(p) = p (1 − p) for shares and the index, 1 for means and ratios
    e_g = φ max(a, k ((1 − ρ) a + ρ b))    1/effective size, never less than the answers allow

The test assumes that neighbours are about equally alike, ρ, in every domain. Rows that are their own PSUs have no
neighbours: ρ = 0 and e_g = v_g/u(p_g), with the domain's own variance and degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc, gammaincc, ndtr, ndtri, stdtr

from analysis.design import Bools, Floats, Ints
from analysis.sums import ROUNDING
from analysis.totals import Totals, add_runs, by_domain, runs
from analysis.variance import Whole, degrees_of_freedom, direct, is_share, scores, strata, wholes

LEAST = 1e-300  # no tail is 0


@dataclass(frozen=True)
class Side:
    """One side of S comparisons, a domain or all others; arrays are (S, K), a side without answers has count 0."""

    p: Floats
    e: Floats
    df: Floats
    count: Floats
    events: Floats
    full: Floats
    villages: Floats


@dataclass(frozen=True)
class ScoreTest:
    """Side b minus side a; arrays are (S, K), NaN where nothing can be tested."""

    difference: Floats
    variance: Floats  # that of the difference if there were none
    df: Floats
    p: Floats


@dataclass(frozen=True)
class Effective:
    """What G domains tell together; arrays are (G, K), those of villages (C, K), those of the pool (K,)."""

    totals: Totals
    whole: Whole
    e: Floats  # 1/effective size
    df: Floats
    k: Floats
    s2: Floats
    weight: Floats  # (C, K) h, 0 without answers
    deviation: Floats  # (C, K) p_c − p_g, 0 without answers
    rho: Floats
    d0: Floats
    phi: Floats
    df_rho: Floats
    villages: Floats  # those that ρ is known from

    def side(self, place: Ints, rest: Bools) -> Side:
        """S sides, each the domain at `place` (S,) or, where `rest` (S,), all other domains; −1: nobody."""
        whole = self.whole
        answered = whole.count > 0
        base, score = (np.where(answered, part, 0.0) for part in (whole.base, whole.score))
        with np.errstate(all="ignore"):
            spread = np.where(answered, base**2 * self.e, 0.0)
            doubt = np.where(spread > 0, spread**2 / self.df, 0.0)  # infinite without degrees of freedom

        def of(values: Floats) -> Floats:
            chosen = (
                np.where(rest[:, None], _others(values)[place], values[place]) if rest.any() else values[place]
            )
            return np.where(place[:, None] >= 0, chosen, 0.0)

        count, events, full = of(whole.count), of(whole.events), of(whole.full)
        base, spread = of(base), of(spread)
        with np.errstate(all="ignore"):
            p, e, df = of(score) / base, spread / base**2, spread**2 / of(doubt)
        share = is_share(self.totals)
        p = np.where(share & (events == 0), 0.0, np.where(share & (full == count), 1.0, p))  # by counts
        p = np.where(count > 0, p, np.nan)
        return Side(p, e, df, count, events, full, self._villages(place, rest))

    def _villages(self, place: Ints, rest: Bools) -> Floats:
        """(S, K) PSUs with answers on each side; one that others share too is on both."""
        totals, psus = self.totals, self.totals.psus
        own = by_domain(totals, psus)
        if totals.frame.psus is None:
            others = _others(own)
        else:
            domains = np.zeros((len(totals.frame.stratum), psus.shape[1]))
            np.add.at(domains, totals.psu, psus)
            others = (domains > 0).sum(0) - by_domain(totals, np.where(domains[totals.psu] == 1, psus, 0.0))
        return np.where(place[:, None] >= 0, np.where(rest[:, None], others[place], own[place]), 0.0)

    def shared(self, one: Ints, other: Ints) -> Floats:
        """(S, K) what domains `one` and `other` (S,) have in common of e, by the villages that are in both.

            w = √(h_a h_b);   ω = Σ Σ w (p_ac − p_a)(p_bc − p_b)/Σ √(s²_a s²_b) Σ w (1 − h_a − h_b + Σ h_a h_b)
            e_ab = ω φ √(k_a k_b) Σ h_a h_b

        ω, within 0 … ρ, is one for all S pairs.
        """
        S, K = len(one), self.weight.shape[1]
        if self.totals.frame.psus is None or not len(self.totals.psu):  # a row is in one domain
            return np.zeros((S, K))
        pair, a, b = self._common_villages(one, other)
        starts, at = runs(pair)

        def total(values: Floats) -> Floats:
            return add_runs(values, starts, at, S)

        product = np.maximum(self.weight[a] * self.weight[b], 0.0)
        root, common = np.sqrt(product), total(product)
        moment = total(root * self.deviation[a] * self.deviation[b])
        weight = total(root * (1 - self.weight[a] - self.weight[b])) + common * total(root)
        size = np.sqrt(self.s2[one] * self.s2[other])
        tells = (size > 0) & (weight > 0) & (total((product > 0).astype(np.float64)) > 1)
        with np.errstate(all="ignore"):
            omega = np.where(tells, moment, 0.0).sum(0) / np.where(tells, size * weight, 0.0).sum(0)
        omega = np.clip(np.nan_to_num(omega), 0.0, self.rho)
        e_ab: Floats = omega * self.phi * np.sqrt(self.k[one] * self.k[other]) * common
        return e_ab

    def _common_villages(self, one: Ints, other: Ints) -> tuple[Ints, Ints, Ints]:
        """The villages that are in both domains of a pair: which pair, and the village's cell in either domain."""
        domain, psu, P = self.totals.domain, self.totals.psu, len(self.totals.frame.stratum)
        first = np.searchsorted(domain, one)
        count = np.searchsorted(domain, one, side="right") - first
        pair = np.repeat(np.arange(len(one)), count)
        a = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
        key, wanted = domain * P + psu, other[pair] * P + psu[a]
        b = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        both = key[b] == wanted
        return pair[both], a[both], b[both]

    def test(self, a: Side, b: Side, shared: Floats) -> ScoreTest:
        """Side b minus side a at the variance that the difference has if there is none.

        p₀ = (p_a/e_a + p_b/e_b)/(1/e_a + 1/e_b)    v = u(p₀)(e_a + e_b − 2 e_ab)    z = (p_b − p_a)/√v
        γ = (1 − 2 p₀)(e_b − e_a)/√v, 0 for means and ratios;   P = tail of Pearson III beyond z
        df by Satterthwaite, at most df_ρ;   p = 2 T_df(−Φ⁻¹(1 − P))
        """
        bounded = is_share(self.totals)
        with np.errstate(all="ignore"):
            e = a.e + b.e - 2 * shared
            p0 = (a.p / a.e + b.p / b.e) / (1 / a.e + 1 / b.e)
            u = np.where(bounded, p0 * (1 - p0), 1.0)
            df = np.minimum((a.e + b.e) ** 2 / (a.e**2 / a.df + b.e**2 / b.df), self.df_rho)
            known = (df > 0) & (u > 0) & (e > ROUNDING * (a.e + b.e))
            variance, df = np.where(known, u * e, np.nan), np.where(known, df, 0.0)
            z = (b.p - a.p) / np.sqrt(variance)
            skewness = np.where(bounded, (1 - 2 * p0) * (b.e - a.e) / np.sqrt(variance), 0.0)
            beyond = np.maximum(-ndtri(np.maximum(tail(z, skewness), LEAST)), 0.0)
            p = np.where(known, 2 * stdtr(np.maximum(df, LEAST), -beyond), np.nan)
        return ScoreTest(b.p - a.p, variance, df, p)


def _others(values: Floats) -> Floats:
    """(G, K) the sum of all rows but one's own; added, never subtracted, so that nothing cancels."""
    nothing = np.zeros((1, values.shape[1]))
    before = np.concatenate([nothing, np.cumsum(values, 0)])[:-1]
    after = np.concatenate([np.cumsum(values[::-1], 0)[::-1], nothing])[1:]
    summed: Floats = before + after
    return summed


def tail(z: Floats, skewness: Floats) -> Floats:
    """P(beyond z, on its side) of a standardised Pearson III, a shifted gamma; ½ at z = 0, whose sides are one."""
    with np.errstate(all="ignore"):
        shape = 4 / skewness**2
        x = np.maximum(shape + np.sign(skewness) * z * np.sqrt(shape), 0.0)
        probability = np.where((z > 0) == (skewness > 0), gammaincc(shape, x), gammainc(shape, x))
    probability = np.where(np.abs(skewness) < 1e-3, ndtr(-np.abs(z)), probability)
    return np.where(z == 0, 0.5, probability)


def effective(totals: Totals) -> Effective:
    """The effective answers of all domains of the totals, which stand together."""
    whole = wholes(totals)
    s2 = np.where(whole.simple > 0, whole.count * whole.simple, 0.0)
    u = np.where(is_share(totals), whole.estimate * (1 - whole.estimate), 1.0)
    with np.errstate(all="ignore"):
        phi = np.where((s2 > 0).any(0), s2.sum(0) / np.where(s2 > 0, u, 0.0).sum(0), 1.0)
    if totals.frame.psus is None:
        return _of_rows(totals, whole, s2, u, phi)
    answered = (totals.sums.count > 0) & (totals.sums.base > 0)  # villages that nobody answered weigh nothing
    with np.errstate(all="ignore"):
        h = np.where(answered, totals.sums.base / whole.base[totals.domain], 0.0)
        p = np.where(answered, totals.sums.score / totals.sums.base, 0.0)
    m = _moments(totals, whole, answered, h, p)
    tells = (m.nu >= 1) & (s2 > 0)
    nu = np.where(tells, m.nu, 0.0)
    df_rho = nu.sum(0)
    with np.errstate(all="ignore"):
        rho = np.where(tells, m.B - s2 * m.c, 0.0).sum(0) / np.where(tells, s2 * (m.d - m.c), 0.0).sum(0)
        rho = np.clip(np.where(np.isfinite(rho), rho, 0.0), 0.0, 1.0)
        F = np.where(tells, m.B / (s2 * ((1 - rho) * m.c + rho * m.d)), 0.0)
        d0 = _prior(F, nu)
        k = np.where(d0 > 0, (d0 + nu * F) / (d0 + nu), 1.0)
    e = phi * np.maximum(m.a, k * ((1 - rho) * m.a + rho * m.b))
    deviation = np.where(answered, p - np.where(whole.count > 0, whole.estimate, 0.0)[totals.domain], 0.0)
    telling = np.zeros((len(totals.frame.stratum), len(totals.measures)))
    np.maximum.at(telling, totals.psu, (answered & tells[totals.domain]).astype(np.float64))
    return Effective(
        totals, whole, e, np.minimum(d0 + nu, df_rho), k, s2, h, deviation, rho, d0, phi, df_rho, telling.sum(0)
    )  # fmt: skip


@dataclass(frozen=True)
class _Moments:
    """The sums over the villages of each domain, named as at the head of this module; all arrays are (G, K)."""

    a: Floats
    b: Floats
    c: Floats
    d: Floats
    B: Floats
    nu: Floats


def _moments(totals: Totals, whole: Whole, answered: Bools, h: Floats, p: Floats) -> _Moments:
    """answered, h, p (C, K) of each village."""
    strata = _Runs(totals, answered)
    with np.errstate(all="ignore"):
        hn, hhn = (np.where(answered, part / totals.sums.count, 0.0) for part in (h, h**2))
        mean = strata.ratio(h * p, h)
    deviation = np.where(answered, p - np.where(answered, mean, 0.0), 0.0)
    return _Moments(
        a=by_domain(totals, hhn),
        b=by_domain(totals, h**2),
        c=by_domain(totals, hn) - strata.sum_of_ratios(hhn, h),
        d=np.where(whole.count > 0, 1 - strata.sum_of_ratios(h**2, h), 0.0),
        B=by_domain(totals, h * deviation**2),
        nu=strata.excess(),
    )


class _Runs:
    """The villages of a domain in one stratum; strata with one village are joined into one run of the domain."""

    def __init__(self, totals: Totals, answered: Bools) -> None:
        strata = len(totals.frame.sampled)
        self.starts, at = runs(totals.domain * strata + totals.frame.stratum[totals.psu])
        self.domain, self.domains = at // strata, len(totals.domains)
        self.of_village = np.repeat(np.arange(len(at)), np.diff(np.append(self.starts, len(totals.psu))))
        self.villages = self._by_run(answered.astype(np.float64))
        self.single = self.villages == 1

    def ratio(self, above: Floats, below: Floats) -> Floats:
        """(C, K) the ratio of two sums in the run of each village."""
        (own, joined), (own_base, joined_base) = self._sums(above), self._sums(below)
        mean: Floats = np.where(self.single, (joined / joined_base)[self.domain], own / own_base)[self.of_village]
        return mean

    def sum_of_ratios(self, above: Floats, below: Floats) -> Floats:
        """(G, K) the ratios of two sums in each run, added up."""
        (own, joined), (own_base, joined_base) = self._sums(above), self._sums(below)
        with np.errstate(all="ignore"):
            alone = self._by_domain(np.where(own_base > 0, own / own_base, 0.0))
            together: Floats = alone + np.where(joined_base > 0, joined / joined_base, 0.0)
        return together

    def excess(self) -> Floats:
        """(G, K) villages less runs."""
        single = self._by_domain(self.single.astype(np.float64))
        return self._by_domain(np.maximum(self.villages - 1, 0)) + np.maximum(single - 1, 0)

    def _sums(self, values: Floats) -> tuple[Floats, Floats]:
        """(Q, K) of each stratum with several villages, and (G, K) of those with one together."""
        own = self._by_run(values)
        return np.where(self.single, 0.0, own), self._by_domain(np.where(self.single, own, 0.0))

    def _by_run(self, values: Floats) -> Floats:
        return add_runs(values, self.starts, np.arange(len(self.starts)), len(self.starts))

    def _by_domain(self, values: Floats) -> Floats:
        first, at = runs(self.domain)
        return add_runs(values, first, at, self.domains)


def _prior(F: Floats, nu: Floats) -> Floats:
    """(K,) d₀ = 4 + 2/τ², τ²: how much the spreads of domains differ (moments), plus half its standard error. F,
    nu (G, K); a domain with nu 0 doesn't tell, and where none does d₀ is 0."""
    with np.errstate(all="ignore"):
        w = nu / (nu + 2)
        weight = w.sum(0)
        terms = np.where(nu > 0, w * ((F - 1) ** 2 - 2 / nu) / (1 + 2 / nu), 0.0)
        doubt = np.where(nu > 0, w**2 * (8 / nu**2 + 48 / nu**3) / (1 + 2 / nu) ** 2, 0.0)
        tau2 = np.maximum(terms.sum(0) / weight, 0.0) + np.sqrt(doubt.sum(0)) / weight / 2
        return np.where(weight > 0, 4 + 2 / np.maximum(tau2, 0.002), 0.0)


def _of_rows(totals: Totals, whole: Whole, s2: Floats, u: Floats, phi: Floats) -> Effective:
    """Rows that are their own PSUs: nothing is pooled, each domain has its own variance and degrees of freedom."""
    linear = scores(totals, whole)
    by_stratum = strata(linear)
    v, df = direct(linear, by_stratum), degrees_of_freedom(linear, by_stratum)
    with np.errstate(all="ignore"):
        rounding = 1e-12 * whole.simple
        e = np.where((v > rounding) & (u > 0), v / u, phi / whole.count)
    K = len(totals.measures)
    nothing, alone = np.zeros((len(totals.psu), K)), np.ones_like(e)
    return Effective(
        totals, whole, e, df, alone, s2, nothing, nothing, np.zeros(K), np.zeros(K), phi, df.sum(0), np.zeros(K)
    )  # fmt: skip
