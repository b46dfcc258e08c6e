"""How often a wave is told something that isn't so, and how much that is: python benchmarks/verdicts.py [WAVES]

54 communes that are strata and differ in size, villages of people who are alike (beta-binomial, correlation ρ).
First nothing differs, so that each verdict is false: the share of waves with one. Then six communes are lower (by
.19 .14 .12 .09 .06 .06) and four higher (by .05): how many are rightly named a wave. A wave is a measure, so fifty
waves of the same communes are one call. Markdown on standard output; the table stands in docs/verdicts.md.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import ndtr

from analysis.contrast import REST, contrasts, groups
from analysis.design import frame
from analysis.sums import Sums
from analysis.totals import Totals

COMMUNES, ITEMS = 54, 39
TOGETHER = 50  # waves of the same communes
SHIFT = np.zeros(COMMUNES)
SHIFT[[3, 11, 19, 27, 35, 43]] = (-0.19, -0.14, -0.12, -0.09, -0.06, -0.06)
SHIFT[[7, 17, 37, 47]] = 0.05
MOOD = 1.5141  # a mood of which .9 of the answers are satisfied, villages apart by .15, people by .6

Kind = Literal["units", "standouts", "kept", "new", "province", "two"]


@dataclass(frozen=True)
class World:
    """One simulated world."""

    name: str
    villages: int  # a commune
    p: float = 0.9
    rho: float = 0.05
    kind: Kind = "units"
    index: Literal["", "beta", "mood"] = ""
    forms: tuple[int, int] = (27, 27)  # people a village, uniform
    sizes: float = 0.6  # sd of the logarithm of the communes' populations
    unequal_rho: bool = False  # log-normal between communes, sd 1 of the logarithm
    truth: bool = False  # whether the power is measured too


@dataclass(frozen=True)
class Outcome:
    """Share of waves (standouts: communes) with a false verdict; how many of 6 and 4 are rightly named a wave."""

    above: float
    below: float
    either: float
    lower: float | None
    higher: float | None


@dataclass(frozen=True)
class Layout:
    """Villages: (P,) commune, size, correlation and people whom a form stands for."""

    unit: Any
    size: Any
    rho: Any
    weight: Any


def layout(world: World, r: Any) -> Layout:
    """Draws communes and villages."""
    communes = 1 if world.kind == "two" else COMMUNES
    unit = np.repeat(np.arange(communes), world.villages)
    size = r.integers(world.forms[0], world.forms[1] + 1, len(unit))
    people = np.exp(r.normal(0, world.sizes, communes))
    rho = np.full(communes, world.rho)
    if world.unequal_rho:
        rho = np.minimum(world.rho * np.exp(r.normal(0, 1, communes) - 0.5), 0.6)
    return Layout(unit, size, rho[unit], (people / np.bincount(unit, size))[unit])


def chances(r: Any, mean: Any, rho: Any, waves: int) -> Any:
    """(P, waves) what a village's people say yes with."""
    a = 1 / np.maximum(rho, 1e-9)[:, None] - 1
    mean = np.clip(mean, 0.001, 0.999)[:, None] * np.ones((1, waves))
    return r.beta(np.maximum(mean * a, 1e-9), np.maximum((1 - mean) * a, 1e-9))


def sums(world: World, r: Any, place: Layout, chance: Any, shift: Any) -> Sums:
    """The sums of each village in each wave."""
    w, n = place.weight[:, None], np.repeat(place.size[:, None].astype(float), chance.shape[1], 1)
    nothing = np.zeros(chance.shape[1])
    if not world.index:
        yes = r.binomial(place.size[:, None], chance).astype(float)
        return Sums(w * yes, w * n, w * n, n, yes, yes, w * yes, w * yes, w * n, nothing)
    parts = {name: np.zeros_like(n) for name in ("score", "base", "events", "full", "rr", "rx", "xx")}
    for c, size in enumerate(place.size):  # people answer most items, and much alike
        if world.index == "beta":
            own = r.beta(
                np.maximum(chance[c] * 2, 1e-9), np.maximum(2 - 2 * chance[c], 1e-9), (size, len(nothing))
            )
            x = r.binomial(ITEMS, 0.9, own.shape)
        else:
            own = ndtr(
                MOOD + 5 * shift[c] + r.normal(0, 0.15, len(nothing)) + r.normal(0, 0.6, (size, len(nothing)))
            )
            x = r.binomial(ITEMS, 0.98, own.shape)
        y = r.binomial(x, own).astype(float)
        told = {"score": y, "base": x, "events": y > 0, "full": y >= x, "rr": y * y, "rx": y * x, "xx": x * x}
        for name, values in told.items():
            parts[name][c] = values.sum(0)
    weighted = {name: part if name in ("events", "full") else w * part for name, part in parts.items()}
    return Sums(weight=w * n, count=n, shift=nothing, **weighted)


def totals(world: World, r: Any, waves: int, true: bool) -> Totals:
    """One wave of communes; or two, as domains (wave, commune), or as two domains alone."""
    place = layout(world, r)
    villages, shift = len(place.unit), SHIFT[place.unit] * true
    statistic: Any = "index" if world.index else "proportion"
    names = [("q", None, statistic)] * waves
    if world.kind == "units":
        found = sums(world, r, place, chances(r, world.p + shift, place.rho, waves), shift)
        built = frame(place.unit, list(range(COMMUNES)), list(range(villages)), None, "centered")
        return Totals(built, names, list(range(COMMUNES)), np.arange(villages), place.unit, found)
    kept = world.kind != "new"
    old = chances(r, np.full(villages, world.p), place.rho, waves)
    new = old if kept else chances(r, np.full(villages, world.p), place.rho, waves)
    if true:  # on the odds, so that who was satisfied before is likelier to be so again
        aim, x = np.clip(world.p + shift, 0.01, 0.99)[:, None], np.clip(new, 1e-9, 1 - 1e-9)
        odds = x / (1 - x) * aim / (1 - aim) * (1 - world.p) / world.p
        new = odds / (1 + odds)
    both = sums(world, r, place, old, shift).joined(sums(world, r, place, new, shift))
    communes = int(place.unit.max()) + 1
    stratum = place.unit if kept else np.concatenate([place.unit, place.unit + communes])
    built = frame(stratum, list(range(stratum.max() + 1)), list(range(len(stratum))), None, "centered")
    psu = np.concatenate([np.arange(villages), np.arange(villages) + (0 if kept else villages)])
    if world.kind in ("province", "two"):
        return Totals(built, names, ["old", "new"], psu, np.repeat([0, 1], villages), both)
    domain = np.concatenate([place.unit, place.unit + communes])
    return Totals(built, names, [(w, u) for w in (0, 1) for u in range(communes)], psu, domain, both)


def verdicts(world: World, waves: int, true: bool = False, seed: int = 1) -> Any:
    """(waves, tests) −1 below, 0 not told apart, 1 above."""
    r = np.random.default_rng(seed)
    if world.kind == "standouts":
        return np.concatenate([_standouts(world, r) for _ in range(max(2, waves // TOGETHER))])
    parts = [min(TOGETHER, waves - start) for start in range(0, waves, TOGETHER)]
    return np.concatenate([_verdicts(world, r, part, true) for part in parts])


def _verdicts(world: World, r: Any, waves: int, true: bool) -> Any:
    made = totals(world, r, waves, true)
    if world.kind == "units":
        pairs: list[Any] = [(REST, unit) for unit in made.domains]
    elif world.kind in ("province", "two"):
        pairs = [("old", "new")]
    else:
        pairs = [((0, unit), (1, unit)) for unit in range(COMMUNES)]
    found = contrasts(made, pairs, 0.95, "auto")
    return np.array([_told(found[k::waves]) for k in range(waves)])


def _standouts(world: World, r: Any) -> Any:
    """One wave of 39 items that hang together; each commune's items are a family: (communes, items)."""
    place = layout(world, r)
    village = np.repeat(np.arange(len(place.unit)), place.size)
    mood = r.normal(0, 0.15, len(place.unit))[village] + r.normal(0, 0.6, len(village))
    level = MOOD + r.normal(0, 0.2, ITEMS)
    yes = np.zeros((len(place.unit), ITEMS))
    np.add.at(yes, village, r.normal(0, 1, (len(village), ITEMS)) < mood[:, None] + level)
    w, n = place.weight[:, None], np.repeat(place.size[:, None].astype(float), ITEMS, 1)
    found = Sums(w * yes, w * n, w * n, n, yes, yes, w * yes, w * yes, w * n, np.zeros(ITEMS))
    units = list(range(COMMUNES))
    built = frame(place.unit, [*units], list(range(len(n))), None, "centered")
    made = Totals(built, [("q", None, "proportion")] * ITEMS, [*units], np.arange(len(n)), place.unit, found)
    told = contrasts(made, [(REST, unit) for unit in units], 0.95, "auto")
    return np.array([_told(told[u * ITEMS : (u + 1) * ITEMS]) for u in units])


def _told(differences: Any) -> list[int]:
    return [{"above": 1, "below": -1}.get(str(word), 0) for word in groups(differences)]


def outcome(world: World, waves: int) -> Outcome:
    """What is falsely said in a world where nothing differs, and what is found in one where ten communes do."""
    said = verdicts(world, waves)
    false = [float(part.any(1).mean()) for part in (said > 0, said < 0, said != 0)]
    if not world.truth:
        return Outcome(false[0], false[1], false[2], None, None)
    right = verdicts(world, max(40, waves // 2), true=True, seed=2) == np.sign(SHIFT)
    return Outcome(
        false[0], false[1], false[2], *(float(right[:, at].sum(1).mean()) for at in (SHIFT < 0, SHIFT > 0))
    )


def worlds() -> list[World]:
    """All rows of the published table."""
    found = [World("item 0.9", k, truth=True) for k in (2, 4, 9, 18)]
    found += [World("item 0.5", k, 0.5) for k in (2, 4, 9)]
    found += [World("item 0.975, ρ = 0.1", k, 0.975, 0.1) for k in (2, 4, 9)]
    found += [World("item 0.02, ρ = 0.02", k, 0.02, 0.02) for k in (2, 4, 9)]
    found += [World("item 0.9, 9–81 forms", k, forms=(9, 81)) for k in (2, 4, 9)]
    found += [World("item 0.9, ρ log-normal", k, unequal_rho=True) for k in (2, 4, 9)]
    found += [World("index (beta)", k, index="beta", truth=True) for k in (2, 4, 9)]
    found += [World("index (mood)", k, index="mood", truth=True) for k in (2, 4, 9)]
    found += [World("stand-outs of a commune", k, kind="standouts") for k in (2, 4, 9)]
    found += [World("changes, kept villages", k, kind="kept", truth=True) for k in (2, 4, 9)]
    found += [World("changes, new villages", k, kind="new", truth=True) for k in (2, 4, 9)]
    found += [World("province changes, unequal communes (sd 1)", k, kind="province", sizes=1.0) for k in (2, 4)]
    return found + [World("two domains by themselves, kept villages", k, kind="two") for k in (2, 4, 8)]


def main(waves: int) -> None:
    """The table."""
    print(f"{waves} waves a row; stand-outs: {max(2, waves // TOGETHER)} waves × {COMMUNES} communes\n")
    print("| world | villages | false | above | below | found of 6 low | found of 4 high |")
    print("|---|---|---|---|---|---|---|")
    for world in worlds():
        one = outcome(world, waves)
        false = [f"{100 * part:.1f}%" for part in (one.either, one.above, one.below)]
        right = ["–" if part is None else f"{part:.2f}" for part in (one.lower, one.higher)]
        print("| " + " | ".join([world.name, str(world.villages), *false, *right]) + " |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
