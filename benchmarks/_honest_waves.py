"""Honest waves as people make them: one mood a person, neighbours who are alike, straight-liners, busy days.

What is so of a place (moods, what pleases there, who asks) is so a year earlier, too. Moods are on the scale of
log odds, where the answer to an item has standard deviation 1.8 by itself.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any
from zlib import crc32

import numpy as np
from _forms import DAYS, OPENS, Forms

from forms import Item, Questionnaire, shipped
from survey.operations.demo import BY_AGE, MOUNTAINS, SHARES
from survey.storage.models import Mode, WaveKind
from survey.waves import units

COMMUNES = 54
UNSATISFIED, SATISFIED = (0.07, 0.18, 0.75), (0.64, 0.36)  # shares of the levels among each
OWN = 0.6  # sd of what a person thinks of a factor of the index beside the mood
EASE, THERE, NEAR = 0.5, 0.35, 0.25  # sd of what pleases: everywhere; in one commune; in one village
STYLE = 1.0  # sd of how readily somebody says "very"
BLANK, BLANK_SENSITIVE, BREAKS_OFF = 0.02, 0.06, 0.02
SLIPS, TWICE = 0.002, 0.1  # of fields that are keyed wrongly; of forms that are keyed twice
BRIBERY = ("C5", "C6")


@dataclass(frozen=True)
class World:
    """One kind of honest wave.

    satisfied  share of satisfied answers            icc       correlation of the moods of a village's people
    mood       sd of people's moods                  straight  share who tick one level all along a page
    effect     what an interviewer adds to moods and takes from log odds of bribery; by phone half, reversed
    asker      sd between interviewers               two       share of villages where two people ask
    meeting    share of villages that fill in together one evening, where moods are three times as alike
    uneven     villages have 9 to 45 forms           change    sd of what a year changes in a commune
    keyers     people who key                        total     forms of an open wave; 0: a sample
    """

    name: str
    villages: int = 2
    satisfied: float = 0.9
    icc: float = 0.05
    mood: float = 1.8
    straight: float = 0.12
    effect: float = 0.2
    asker: float = 0.1
    two: float = 0.2
    meeting: float = 0.0
    uneven: bool = False
    change: float = 0.2
    keyers: int = 12
    total: int = 0

    def chance(self, seed: int, part: int) -> np.random.Generator:
        """Each world has its own."""
        return np.random.default_rng([seed, part, crc32(repr(self).encode())])


@dataclass(frozen=True)
class Places:
    """What is so of communes (C), villages (P), items of the index (K) and interviewers (A), whatever the year.

    asker  (P, 2) who asks there; the second is another one where two do
    """

    commune: Any
    village: Any
    ease: Any
    there: Any
    near: Any
    asker: Any
    pleasing: Any
    mode: Any
    meets: Any
    size: Any


@cache
def questionnaire(name: str) -> Questionnaire:
    return next(one for one in shipped() if one.name == name)


def wave(world: World, seed: int) -> Forms:
    """A wave, with the one a year earlier in the same villages."""
    places = _places(world, world.chance(seed, 0))
    then, now = (world.chance(seed, year) for year in (1, 2))
    made = _filled(world, places, now, seed)
    changed = replace(places, commune=places.commune + world.change * then.normal(0, 1, COMMUNES))
    return replace(made, before=_filled(world, changed, then, seed + 1))


@cache
def communes() -> tuple[str, ...]:
    """The codes of the 54 communes."""
    with units.SHIPPED.open(encoding="utf-8", newline="") as file:
        return tuple(sorted(row["code"] for row in csv.DictReader(file) if row["kind"] in units.COMMUNE_KINDS))


def _places(world: World, r: np.random.Generator) -> Places:
    villages = COMMUNES * world.villages
    items = len(scored(questionnaire("ho_gia_dinh@1")))
    sd = world.mood * np.sqrt(world.icc / (1 - world.icc))
    askers = max(12, round(villages / 3.5))
    load = np.sort(r.choice(askers, villages, p=r.dirichlet(np.full(askers, 4.0))))  # each in an area of the map
    second = np.where(r.random(villages) < world.two, (load + 1) % askers, load)
    return Places(
        commune=r.normal(0, sd * 0.5, COMMUNES),
        village=r.normal(0, sd * 0.85, villages),
        ease=r.normal(0, EASE, items),
        there=r.normal(0, THERE, (COMMUNES, items)),
        near=r.normal(0, NEAR, (villages, items)),
        asker=np.stack([load, second], axis=1),
        pleasing=r.normal(0, world.asker, askers),
        mode=np.where(r.random(villages) < 0.3, Mode.INTERVIEWER, Mode.PAPER),
        meets=r.random(villages) < world.meeting,
        size=r.integers(9, 46, villages) if world.uneven else np.full(villages, 27),
    )


def scored(asked: Questionnaire) -> list[Item]:
    """The items of the index, in the order of the form."""
    assert asked.index is not None
    within = set(asked.index.codes()["index"])
    return [item for item in asked.items.values() if item.code in within]


def _filled(world: World, places: Places, r: np.random.Generator, seed: int) -> Forms:
    """One year's forms."""
    psu = np.repeat(np.arange(len(places.size)), places.size)
    place = np.concatenate([np.arange(size) for size in places.size])
    unit = psu // world.villages
    asker = places.asker[psu, place % 2]
    mode = _modes(places.mode[psu], r)
    helped = np.select([mode == Mode.INTERVIEWER, mode == Mode.PHONE], [1.0, -0.5], 0.0) * world.effect
    street = (psu * 100 + place // 4) % 9973  # four neighbours one after the other
    alike = np.where(places.meets, 1.7, 1.0)
    mood = places.commune[unit] + (alike * places.village)[psu] + helped + places.pleasing[asker]
    mood += world.mood * (0.97 * r.normal(0, 1, len(psu)) + 0.25 * r.normal(0, 1, 9973)[street])
    asked = questionnaire("ho_gia_dinh@1")
    shift = places.ease + places.there[unit] + places.near[psu]
    items = _answers(asked, world, mood, shift, helped, unit, r)
    keyer = _keyers(psu, world.keyers, r)
    names = np.array(communes())
    made = Forms(
        asked,
        WaveKind.SAMPLE,
        items,
        {
            "unit": names[unit],
            "psu": np.char.add(np.char.add(names[unit], "-"), (psu % world.villages + 1).astype(str)),
            "mode": mode,
            "day": _days(psu, place, asker, places, r),
        },
        {
            "interviewer": _named("dtv", asker, (mode == Mode.PAPER) | (mode == Mode.INTERVIEWER)),
            "keyer": _named("nhap", keyer, mode == Mode.PAPER),
            "device": _named("device:", asker, mode == Mode.INTERVIEWER),
        },
        np.where(mode == Mode.PAPER, place, -1),
        (np.exp(r.normal(9.2, 0.6, COMMUNES)) / np.bincount(unit))[unit],
        (mode == Mode.PAPER) & (r.random(len(psu)) < TWICE),
        np.where(r.random(shift.shape) < SLIPS, r.choice([-1, 1], shift.shape), 0),
        seed,
    )
    return made.rows(r.permutation(len(psu)))


def _modes(mode: Any, r: np.random.Generator) -> Any:
    """A few in each village answer by phone, or at the commune's screen, whatever is usual there."""
    other = r.random(len(mode))
    return np.where(other < 0.06, Mode.PHONE, np.where(other < 0.09, Mode.KIOSK, mode))


def _named(kind: str, number: Any, where: Any) -> Any:
    return np.where(where, np.char.add(kind, (number + 1).astype(str)), "")


def _keyers(psu: Any, count: int, r: np.random.Generator) -> Any:
    """Batches are villages; one in six is shared by two."""
    first, second = r.integers(0, count, (2, psu.max() + 1))
    second = np.where(r.random(len(first)) < 1 / 6, second, first)
    return np.where(r.random(len(psu)) < 0.5, first[psu], second[psu])


def _days(psu: Any, place: Any, asker: Any, places: Places, r: np.random.Generator) -> Any:
    """Nine to sixteen forms a day, one village after the other; at a meeting all of them; seldom on a Sunday."""
    start = np.zeros(len(places.size), np.int64)
    ready: dict[int, int] = {}
    length = np.ceil(places.size / r.integers(9, 17, len(places.size))).astype(int)
    length[places.meets] = 1
    for village, who in enumerate(places.asker[:, 0].tolist()):
        start[village] = ready.get(who, 0) + r.integers(0, 3)
        ready[who] = start[village] + length[village]
    day = start[psu] + (place * length[psu]) // places.size[psu]
    day += (day % 6 == 5) & (r.random(len(psu)) < 0.6)  # working days: many leave Saturday out
    return _dates(day % (DAYS * 6 // 7) // 6 * 7 + day % (DAYS * 6 // 7) % 6)


def _dates(day: Any) -> Any:
    names = np.array([(OPENS + timedelta(days=k)).isoformat() for k in range(DAYS + 1)])
    return names[np.minimum(day, DAYS)]


@cache
def cuts(shares: tuple[float, ...], spread: float) -> Any:
    """Where the shares of levels are cut: quantiles of a mood of this sd and a logistic error."""
    r = np.random.default_rng(7)
    feeling = r.normal(0, spread, 200_000) + r.logistic(0, 1, 200_000)
    return np.quantile(feeling, np.cumsum(shares)[:-1].clip(0, 1))


def ticked(shares: tuple[float, ...], feeling: Any, spread: float, r: np.random.Generator) -> Any:
    """(N, …) places of levels of people who feel like this; `spread` is the sd of the feelings."""
    return np.searchsorted(cuts(shares, round(float(spread), 1)), feeling + r.logistic(0, 1, feeling.shape))


def levels_of(satisfied: float) -> tuple[float, ...]:
    """The shares of the five levels."""
    return (*((1 - satisfied) * s for s in UNSATISFIED), *(satisfied * s for s in SATISFIED))


def satisfaction(world: World, asked: Questionnaire, mood: Any, shift: Any, r: np.random.Generator) -> Any:
    """(N, K) places of the levels of the items of the index; some people tick one level but for a slip or two."""
    items = scored(asked)
    index = asked.index
    assert index is not None
    factors = [factor.items for area in index.areas for factor in area.factors]
    own = r.normal(0, OWN, (len(mood), len(factors)))
    factor = [next(k for k, codes in enumerate(factors) if item.code in codes) for item in items]
    very = r.normal(0, STYLE, len(mood))[:, None]
    feeling = mood[:, None] + own[:, factor] + shift
    place = ticked(levels_of(world.satisfied), feeling, feeling.std(), r)
    place += (place == 3) & (very > 0.6) & (r.random(place.shape) < 0.5)
    place -= (place == 4) & (very < -0.6) & (r.random(place.shape) < 0.5)
    return straightened(world, place, mood, r)


def straightened(world: World, place: Any, mood: Any, r: np.random.Generator) -> Any:
    """Some people's answers become one level, most often their own usual one."""
    lines = r.random(len(place)) < world.straight
    usual = np.array([np.bincount(row, minlength=5).argmax() for row in place[lines]], int)
    slip = r.random((len(usual), place.shape[1])) < r.choice([0, 0.03, 0.08], len(usual))[:, None]
    place = place.copy()
    place[lines] = np.where(slip, place[lines], usual[:, None])
    return place


def _answers(
    asked: Questionnaire, world: World, mood: Any, shift: Any, helped: Any, unit: Any, r: np.random.Generator
) -> Mapping[str, Any]:
    """Every item, blanks among them."""
    age = r.choice(5, len(mood), p=SHARES["do_tuoi"])
    levels = satisfaction(world, asked, mood, shift, r)
    of_index = {item.code: k for k, item in enumerate(scored(asked))}
    keen = {page.code: r.normal(0, 1.3, len(mood)) + 0.2 * mood for page in asked.pages}
    hurt = 0.5 * r.normal(0, 1, len(mood)) - 0.8 * (mood - mood.mean()) / world.mood - 2 * helped
    left = r.random(len(mood)) < BREAKS_OFF
    items: dict[str, Any] = {}
    estimated = [item for item in asked.items.values() if item.kind.is_estimated]
    for number, item in enumerate(estimated):
        codes = np.array(list(item.choices))
        if item.code in of_index:
            column = codes[levels[:, of_index[item.code]]]
        else:
            feeling = hurt if item.code in BRIBERY else keen[item.page] if item.kind.is_scale else 0 * mood
            column = _others(item, age, unit, feeling, r)
        blank = r.random(len(mood)) < (BLANK_SENSITIVE if item.sensitive else BLANK)
        blank |= left & (number > 0.7 * len(estimated))
        items[item.code] = _blanked(item, column, blank)
    return items


def _blanked(item: Item, column: Any, blank: Any) -> Any:
    if item.kind.several:
        return column & ~blank[:, None]
    return np.where(blank, -1, column).astype(np.int8)


def _others(item: Item, age: Any, unit: Any, feeling: Any, r: np.random.Generator) -> Any:
    """What no index holds: by age where it goes by age."""
    codes = np.array(list(item.choices))
    if item.code == "do_tuoi":
        return codes[age]
    table, row = _shares(item, age, unit)
    if item.kind.several:
        return r.random((len(row), len(codes))) < table[row]
    cut = np.stack([cuts(tuple(one), round(float(feeling.std()), 1)) for one in table.tolist()])[row]
    return codes[((feeling + r.logistic(0, 1, len(feeling)))[:, None] > cut).sum(1)]


def _shares(item: Item, age: Any, unit: Any) -> tuple[Any, Any]:
    """(R, values) shares, and (N,) which of the rows is each person's."""
    count = len(item.choices)
    if item.code == "dan_toc":
        other = np.array([MOUNTAINS.get(code, SHARES["dan_toc"][1] / 2) for code in communes()])
        return np.stack([1 - other, other], axis=1), unit
    if item.code in BY_AGE:
        return np.array(BY_AGE[item.code]), age
    shares: Sequence[float] = SHARES.get(item.code) or SHARES.get(item.code.partition("_")[0]) or ()
    return np.array([shares if len(shares) == count else [1 / count] * count]), np.zeros(len(age), int)
