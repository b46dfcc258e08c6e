"""How often a nominal 95 % interval holds the truth: python benchmarks/coverage.py [REPLICATES]

54 communes that are strata, villages of people who are alike (beta-binomial, correlation ρ). A replicate
is a measure, so a thousand samples are one call. "Worst tenth": the communes whose true design effect is largest.
Widths are medians. Markdown on standard output; the table stands in docs/coverage.md.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.design import frame
from analysis.estimate import Table, tabulate
from analysis.interval import INTERVALS, proportion_limits
from analysis.pooled import crossed, intraclass, pooled
from analysis.sums import Sums
from analysis.totals import Totals
from analysis.variance import strata

COMMUNES = 54
METHODS = ("direct", "pooled", "auto", "moderated", "naive")


@dataclass(frozen=True)
class Setting:
    """One simulated world."""

    name: str
    p: float
    villages: int
    rho: float = 0.05
    unequal_rho: bool = False  # log-normal between communes, sd 1 of the logarithm
    forms: tuple[int, int] = (27, 27)  # people a village, uniform
    unequal_weights: bool = False  # log-normal, Kish's design effect about 1.3
    items: int = 1  # more than 1: the index, pooled over the answers of a person
    province: bool = False  # the whole of communes of unequal size, sd 1 of the logarithm


@dataclass(frozen=True)
class Outcome:
    """Coverage over all communes and over the worst tenth, and the median width."""

    coverage: float
    worst: float
    width: float


def simulate(setting: Setting, replicates: int, seed: int = 1) -> tuple[Totals, Any]:
    """Totals of `replicates` samples, and each commune's true design effect (COMMUNES,)."""
    r = np.random.default_rng(seed)
    psus = COMMUNES * setting.villages
    commune = np.repeat(np.arange(COMMUNES), setting.villages)
    rho = np.full(COMMUNES, setting.rho)
    if setting.unequal_rho:
        rho = np.minimum(setting.rho * np.exp(r.normal(0, 1, COMMUNES) - 0.5), 0.6)
    size = r.integers(setting.forms[0], setting.forms[1] + 1, psus)
    take = np.bincount(commune, size**2) / np.bincount(commune, size)
    parts = [_village(setting, r, rho[commune[c]], size[c], replicates) for c in range(psus)]
    arrays = {name: np.stack([part[name] for part in parts]) for name in parts[0]}
    if setting.province:
        people = np.exp(r.normal(0, 1, COMMUNES))[commune][:, None] / setting.villages
        for name in arrays.keys() - {"count", "events", "full"}:
            arrays[name] = arrays[name] * people
    binary = setting.items == 1
    extra = {name: arrays[name] for name in ("rr", "rx", "xx")} if not binary else {
        "rr": arrays["score"], "rx": arrays["score"], "xx": arrays["base"]
    }  # fmt: skip
    sums = Sums(
        arrays["score"], arrays["base"], arrays["weight"], arrays["count"], arrays["events"], arrays["full"],
        **extra, shift=np.zeros(replicates),
    )  # fmt: skip
    built = frame(commune, list(range(COMMUNES)), list(range(psus)), None, "centered")
    names = [("q", None, "proportion" if binary else "index")] * replicates
    deff = 1 + (take - 1) * rho
    if setting.province:
        whole = np.zeros(psus, np.int64)
        return Totals(built, names, [None], np.arange(psus), whole, sums), deff[:1]  # type: ignore[arg-type]
    return Totals(built, names, list(range(COMMUNES)), np.arange(psus), commune, sums), deff  # type: ignore[arg-type]


def _village(setting: Setting, r: Any, rho: float, size: int, replicates: int) -> dict[str, Any]:
    """Sums of one village in each replicate."""
    p = _beta(r, setting.p, rho, replicates)
    count = np.full(replicates, float(size))
    if setting.items > 1:  # a person answers most items, and much alike
        own = r.beta(np.maximum(p, 1e-9) * 2, np.maximum(1 - p, 1e-9) * 2, (size, replicates))
        base = r.binomial(setting.items, 0.9, (size, replicates)).astype(float)
        score = r.binomial(base.astype(int), own).astype(float)
        return {
            "score": score.sum(0), "base": base.sum(0), "weight": count, "count": count,
            "events": (score > 0).sum(0).astype(float), "full": (score >= base).sum(0).astype(float),
            "rr": (score**2).sum(0), "rx": (score * base).sum(0), "xx": (base**2).sum(0),
        }  # fmt: skip
    if setting.unequal_weights:
        y = r.random((size, replicates)) < p
        weight = np.exp(r.normal(0, 0.5, (size, 1)))
        events, whole = y.sum(0).astype(float), np.full(replicates, weight.sum())
        score = (weight * y).sum(0)
        return {"score": score, "base": whole, "weight": whole, "count": count, "events": events, "full": events}
    events = r.binomial(size, p).astype(float)
    return {"score": events, "base": count, "weight": count, "count": count, "events": events, "full": events}


def _beta(r: Any, p: float, rho: float, replicates: int) -> Any:
    if rho <= 0:
        return np.full(replicates, p)
    a = 1 / rho - 1
    return r.beta(p * a, (1 - p) * a, replicates)


def limits(totals: Totals, method: str, interval: Any) -> tuple[Any, Any]:
    """(COMMUNES, replicates) limits by a variance and an interval."""
    if method in ("direct", "pooled", "auto"):
        table = tabulate(totals, interval, variance=method)  # type: ignore[arg-type]
        return table.low, table.high
    table = tabulate(totals, interval)
    whole, p, n = table.whole, table.whole.estimate, table.whole.count
    if method == "naive":
        return proportion_limits(interval, p, whole.simple, n, n, n - 1, 0.95)
    v, df, n_eff = moderated(totals, table)
    return proportion_limits(interval, p, v, n, n_eff, df, 0.95)


def moderated(totals: Totals, table: Table) -> tuple[Any, Any, Any]:
    """v = (d₀ v_pooled + df v_own)/(d₀ + df), d₀ by moments from how much the own variances differ (Smyth 2004).

    CV² of the true variances around the pooled ones, τ² = mean of ((F − 1)² − 2/df)/(1 + 2/df); d₀ = 4 + 2/τ².
    """
    by_stratum = strata(table.scores)
    own, own_df = crossed(table.scores, by_stratum)
    shared = pooled(totals, table.whole, intraclass(totals, table.whole, table.scores, by_stratum))
    edge = (table.whole.estimate <= 0) | (table.whole.estimate >= 1)
    with np.errstate(all="ignore"):
        spread = ((own / shared.variance - 1) ** 2 - 2 / own_df) / (1 + 2 / own_df)
    told = np.isfinite(spread) & ~edge
    tau = np.maximum(np.where(told, spread, 0).sum(0) / np.maximum(told.sum(0), 1), 2e-3)
    d0 = 4 + 2 / tau
    v = (d0 * shared.variance + own_df * own) / (d0 + own_df)
    df = np.where(edge, shared.df, np.minimum(d0 + own_df, shared.df))
    with np.errstate(all="ignore"):
        p = table.whole.estimate
        n_eff = np.where(edge, shared.n_eff, p * (1 - p) / v)
    return v, df, n_eff


def outcomes(setting: Setting, replicates: int, interval: Any = "korn-graubard") -> dict[str, Outcome]:
    """What each variance covers in a world; the index always takes its own interval."""
    totals, deff = simulate(setting, replicates)
    worst = np.argsort(deff)[-COMMUNES // 10 :]
    found: dict[str, Outcome] = {}
    for method in METHODS:
        if setting.items > 1 and method in ("moderated", "naive"):
            continue
        if setting.province and method in ("pooled", "moderated"):
            continue
        low, high = limits(totals, method, interval)
        held = (low <= setting.p) & (setting.p <= high)
        found[method] = Outcome(float(held.mean()), float(held[worst].mean()), float(np.median(high - low)))
    return found


def worlds() -> list[Setting]:
    """All settings of the published table."""
    villages = (2, 4, 20)
    same = [
        Setting(f"ρ = {rho:g}", p, k, rho)
        for rho in (0, 0.02, 0.05, 0.1)
        for p in (0.5, 0.9, 0.02)
        for k in villages
    ]
    unequal = [Setting("ρ log-normal", p, k, unequal_rho=True) for p in (0.5, 0.9, 0.02) for k in villages]
    forms = [Setting("9–81 forms", p, k, forms=(9, 81)) for p in (0.5, 0.9, 0.02) for k in villages]
    weights = [Setting("unequal weights", p, k, unequal_weights=True) for p in (0.5, 0.9, 0.02) for k in villages]
    index = [Setting("index of 39 items", 0.9, k, items=39) for k in (2, 4, 8)]
    whole = [Setting("province, unequal communes", p, k, province=True) for p in (0.5, 0.9, 0.02) for k in (2, 4)]
    return same + unequal + forms + weights + index + whole


def main(replicates: int) -> None:
    """Two tables: every world by the default interval, then every interval in one world."""
    print(f"{replicates} samples a row; cells: mean coverage / worst tenth of communes (median width)\n")
    print("| world | p | villages | " + " | ".join(METHODS) + " |\n|---|---|---|" + "---|" * len(METHODS))
    for world in worlds():
        print(_row([world.name, f"{world.p:g}", str(world.villages)], outcomes(world, replicates)))
    print("\n| interval | p | villages | " + " | ".join(METHODS) + " |\n|---|---|---|" + "---|" * len(METHODS))
    for interval in INTERVALS:
        for p in (0.5, 0.9, 0.02):
            for k in (2, 4, 20):
                world = Setting("", p, k, unequal_rho=True)
                print(_row([interval, f"{p:g}", str(k)], outcomes(world, replicates, interval)))


def _row(name: list[str], found: dict[str, Outcome]) -> str:
    cells = [
        f"{one.coverage:.3f} / {one.worst:.2f} ({one.width:.2f})" if (one := found.get(method)) else "–"
        for method in METHODS
    ]
    return "| " + " | ".join(name + cells) + " |"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
