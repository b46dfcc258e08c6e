"""Patterns of whole waves that are made up: what is found, and what an honest wave is spared."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from analysis.design import Labels
from forms import Questionnaire, shipped
from survey.integrity import patterns
from survey.responses.columns import Columns
from survey.responses.respondents import Respondents
from survey.storage.models import Wave, WaveKind

COMMUNES, VILLAGES, PEOPLE = 30, 2, 27
CUTS = np.log([0.008 / 0.992, 0.03 / 0.97, 0.12 / 0.88, 0.68 / 0.32])  # where logits part the five levels


@cache
def questionnaire() -> Questionnaire:
    return next(one for one in shipped() if one.name == "ho_gia_dinh@1")


def honest(seed: int) -> Respondents:
    """People with one mood each, villages that are alike (ICC 0.07), some who tick one level all along."""
    r = np.random.default_rng(seed)
    psu = np.repeat(np.arange(COMMUNES * VILLAGES), PEOPLE)
    unit, N = psu // VILLAGES, len(psu)
    mood = r.normal(0, 1.3, N) + r.normal(0, 0.35, COMMUNES * VILLAGES)[psu] + r.normal(0, 0.2, COMMUNES)[unit]
    lines = r.random(N) < 0.06
    columns = Columns("w", questionnaire())
    columns.ids, columns.adults = np.array([b"%016d" % row for row in range(N)], "S16"), np.full(N, -1, np.int16)
    columns.about = {"marks": (["[]"], np.zeros(N, np.int32))}
    for item in questionnaire().items.values():
        codes = np.array(list(item.choices) or [0])
        if item.kind.several:
            columns.items[item.code] = r.random((N, len(codes))) < 0.3
        elif item.kind.is_estimated:
            rated = item.kind.is_scale and len(codes) == 5
            feeling = (mood + r.normal(0, 0.4) if rated else 0 * mood) + r.logistic(0, 1, N)
            place = np.searchsorted(CUTS, feeling) if rated else r.integers(0, len(codes), N)
            place = np.where(lines & rated, 3 + (mood > 0.5), place)
            blank = r.random(N) < (0.06 if item.sensitive else 0.02)
            columns.items[item.code] = np.where(blank, -1, codes[place]).astype(np.int8)
    day = r.integers(0, 50, COMMUNES * VILLAGES)[psu] + r.integers(0, 3, N)
    mode = Labels(["interviewer", "paper"], (r.random(N) < 0.7).astype(np.int64))
    wave = Wave(code="w", kind=WaveKind.SAMPLE, single_psu="centered", villages="kept")
    labels = [
        Labels([f"{name}{k:03d}" for k in range(one.max() + 1)], one)
        for name, one in (("C", unit), ("V", psu), ("D", day))
    ]
    return Respondents(
        wave, questionnaire(), columns, np.arange(N), labels[0], labels[0], labels[1], mode, labels[2],
        np.ones(N), 0, 0, str(seed),
    )  # fmt: skip


def changed(people: Respondents, rows: np.ndarray, source: np.ndarray) -> Respondents:
    """The same people, where some rows answered as others did."""
    columns = Columns("w", people.questionnaire)
    columns.ids, columns.adults, columns.about = (
        people.responses.ids,
        people.responses.adults,
        people.responses.about,
    )
    for code, column in people.responses.items.items():
        columns.items[code] = column.copy()
        columns.items[code][rows] = column[source]
    return replace(people, responses=columns, version=people.version + "*")


def found(people: Respondents, **more: object) -> list[patterns.Pattern]:
    return [one for one in patterns.of(people, **more) if one.sign == "passes"]  # type: ignore[arg-type]


def test_an_honest_wave_is_seldom_flagged() -> None:
    flagged = sum(bool(found(honest(seed))) for seed in range(3))
    assert flagged == 0


def test_copies_in_a_village_are_found_and_named() -> None:
    people = honest(1)
    rows = np.flatnonzero(people.psu.codes == 12)[:8]
    first, *_rest = found(changed(people, rows, np.full(8, rows[0])))
    assert (first.check, first.group_kind, first.group) == ("alike", "village", "V012")
    assert first.seen >= 28 > first.expected


def test_each_subject_is_told_once_and_the_same_in_each_run() -> None:
    people = honest(2)
    subjects = [one.subject for one in patterns.of(people)]
    assert len(set(subjects)) == len(subjects)
    assert subjects == [one.subject for one in patterns.of(people)]


@pytest.mark.parametrize("size", [0, 5])
def test_a_wave_with_next_to_nobody_is_not_tested(size: int) -> None:
    people = honest(3)
    few = replace(
        people, rows=people.rows[:size], weight=people.weight[:size],
        **{name: getattr(people, name)[:size] for name in ("unit", "stratum", "psu", "mode", "day")},
    )  # fmt: skip
    assert patterns.of(few) == []
