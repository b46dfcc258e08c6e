"""Honest waves of an open link: the week, market days, counters that close, queues of people alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from _forms import DAYS, OPENS, Forms
from _honest_waves import COMMUNES, World, _dates, communes, cuts, questionnaire, satisfaction

from forms import Item, Questionnaire
from survey.operations.demo import SHARES
from survey.storage.models import Mode, WaveKind

COUNTER = (1.25, 1.05, 1.0, 0.95, 0.9, 0.12, 0.0)  # by day of the week, from Monday on
PHONE = (1.1, 1.0, 1.0, 1.0, 1.0, 0.9, 0.8)
MARKET, HOLIDAYS = 1.7, 0.04
DON_T_KNOW = {"hl_ket_qua": 0.1, "hl_phan_anh": 0.45}
NO_ANSWER = 0.04


def wave(world: World, seed: int) -> Forms:
    """A wave of so many forms, more or less, with queues on each weekday."""
    r = world.chance(seed, 0)
    unit, day, kiosk = _arrivals(world, r)
    queue = (unit * 1000 + day) * 10 + r.integers(0, 4, len(unit))  # of one morning: people of one case, alike
    _queues, queue = np.unique(queue, return_inverse=True)
    people = world.mood * np.sqrt(world.icc / (1 - world.icc)) * r.normal(0, 1, COMMUNES)
    mood = people[unit] + 0.4 * r.normal(0, 1, queue.max() + 1)[queue] + world.mood * r.normal(0, 1, len(unit))
    asked = questionnaire("noi_phuc_vu@1")
    case = r.choice(10, queue.max() + 1, p=SHARES["dich_vu"])[queue]
    case = np.where(r.random(len(unit)) < 0.5, case, r.choice(10, len(unit), p=SHARES["dich_vu"]))
    made = Forms(
        asked,
        WaveKind.OPEN,
        _answers(asked, world, mood, case, r),
        {
            "unit": np.array(communes())[unit],
            "psu": np.full(len(unit), ""),
            "mode": np.where(kiosk, Mode.KIOSK, Mode.PHONE),
            "day": _dates(day),
        },
        {
            "interviewer": np.full(len(unit), ""),
            "keyer": np.full(len(unit), ""),
            "device": np.where(kiosk, np.char.add("device:", unit.astype(str)), ""),
        },
        np.full(len(unit), -1),
        np.ones(len(unit)),
        np.zeros(len(unit), bool),
        np.zeros((len(unit), 5), int),
        seed,
    )
    return made.rows(r.permutation(len(unit)))


def _arrivals(world: World, r: np.random.Generator) -> tuple[Any, Any, Any]:
    """Commune and day of each form, and whether it was sent at a counter's screen."""
    days = np.arange(DAYS)
    weekday = (OPENS.weekday() + days) % 7
    size = r.dirichlet(np.full(COMMUNES, 2.0)) * world.total
    fading = np.exp(-days / 60)
    has_kiosk = r.random(COMMUNES) < 0.6
    unit, day, kiosk = [], [], []
    for commune in range(COMMUNES):
        market = np.where((days + r.integers(5)) % 5 == 0, MARKET, 1.0)
        closed = r.random(DAYS) < HOLIDAYS
        share = 0.6 if has_kiosk[commune] else 0.0
        for at_counter, part, rhythm in ((True, share, COUNTER), (False, 1 - share, PHONE)):
            usual = np.array(rhythm)[weekday] * market * fading * np.where(closed & at_counter, 0, 1)
            expected = size[commune] * part * usual / usual.sum()
            count = r.poisson(expected * r.gamma(4, 1 / 4, DAYS))
            unit.append(np.full(count.sum(), commune))
            day.append(np.repeat(days, count))
            kiosk.append(np.full(count.sum(), at_counter))
    return np.concatenate(unit), np.concatenate(day), np.concatenate(kiosk)


def _answers(asked: Questionnaire, world: World, mood: Any, case: Any, r: np.random.Generator) -> dict[str, Any]:
    """Every item that is no text."""
    index = satisfaction(world, asked, mood, r.normal(0, 0.3, 5), r)
    items: dict[str, Any] = {}
    of_index = {"hl_tiep_can": 0, "hl_thu_tuc": 1, "hl_cong_chuc": 2, "hl_ket_qua": 3, "hl_phan_anh": 4}
    for item in asked.items.values():
        if not item.kind.is_estimated:
            continue
        codes = np.array(list(item.choices))
        if item.code in of_index:
            column = codes[index[:, of_index[item.code]]]
        elif item.code == "hl_chung":
            whole = np.rint(index.mean(1) + r.normal(0, 0.3, len(mood))).astype(int).clip(0, 4)
            column = codes[whole]
        elif item.code == "dich_vu":
            column = codes[case]
        else:
            column = codes[_experience(item, world, mood, r)]
        unknown = r.random(len(mood)) < DON_T_KNOW.get(item.code, 0.0)
        column = np.where(unknown, 98, column)
        column = np.where(r.random(len(mood)) < NO_ANSWER, -1, column)
        if item.show_if is not None:
            column = np.where(items["tiep_xuc"] == 1, column, -1)
        items[item.code] = column.astype(np.int8)
    return items


def _experience(item: Item, world: World, mood: Any, r: np.random.Generator) -> Any:
    """Whoever was badly treated feels so."""
    bad = 0.3 if item.sensitive else 0.0
    cut = cuts(SHARES[item.code], round(bad * world.mood, 1))
    return np.searchsorted(cut, bad * mood + r.logistic(0, 1, len(mood)))
