"""Ways of answering are compared among people made alike: what their composition made goes, the rest stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from uuid import uuid4

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from analysis.design import code
from survey.responses import submission
from survey.responses.respondents import sample
from survey.results import mode_differences
from survey.results.mode_differences import made_alike
from survey.storage.database import Database
from survey.storage.models import Mode, Village, Wave, WaveKind
from survey.waves import questionnaires, waves

SignIn = Callable[[Flask, str], FlaskClient]
PEOPLE = st.lists(
    st.tuples(st.sampled_from(["paper", "phone", "kiosk"]), st.integers(1, 3), st.floats(0.5, 9)), max_size=40
)


@given(PEOPLE)
def test_both_modes_are_composed_alike_and_hold_what_they_held_together(
    people: list[tuple[str, int, float]],
) -> None:
    mode = code([one for one, _cell, _w in people])
    cells = np.array([cell for _mode, cell, _w in people], np.int64)
    weight = np.array([w for _mode, _cell, w in people], float)
    made = made_alike(weight, mode, cells, ("paper", "phone"))
    sums: dict[tuple[int, str], float] = defaultdict(float)
    before: dict[int, float] = defaultdict(float)
    for (one, cell, w), after in zip(people, made, strict=True):
        sums[cell, one] += after
        before[cell] += w if one != "kiosk" else 0.0
    for cell in {cell for _mode, cell, _w in people}:
        assert sums[cell, "kiosk"] == 0
        assert sums[cell, "paper"] == pytest.approx(sums[cell, "phone"])
        assert sums[cell, "paper"] == pytest.approx(before[cell]) or sums[cell, "paper"] == 0


def wave(province: Database, many: Callable[[Mode, int], int]) -> Wave:
    """A sample wave: in each mode 240 people in six villages, of phone mostly the young and of paper the old.

    many  how many of 20 people of a mode and age group are satisfied
    """
    with province.writing() as session:
        asked = questionnaires.find(session, "ho_gia_dinh@1")
        made = waves.create(session, "hai-cach", asked, WaveKind.SAMPLE, date(2026, 1, 1), date(2026, 12, 1))
        session.add_all(Village(wave=made.code, psu=f"V{k}", unit="06652", stratum="06652") for k in range(6))
        session.flush()
        place = waves.place(session, made.code, "06652", made.opens)
        for mode, groups in ((Mode.PHONE, {1: 9, 5: 3}), (Mode.PAPER, {1: 3, 5: 9})):
            for age, times in groups.items():
                for person in range(20 * times):
                    level = 5 if person % 20 < many(mode, age) else 2
                    answers = {"gioi_tinh": 1 + person % 2, "do_tuoi": age, "th_dien": level}
                    psu = f"V{person // 20 % 6}"
                    submission.submit(session.connection(), place, uuid4(), mode, answers, psu=psu, day=made.opens)
    return made


def compared(province: Database, made: Wave, *measures: str) -> list[mode_differences.Compared]:
    with province.reading() as session:
        return mode_differences.compare(session, sample(session, waves.find(session, made.code)), measures)


def test_a_difference_that_age_alone_makes_is_gone_once_people_are_alike(province: Database) -> None:
    made = wave(province, lambda _mode, age: 18 if age == 1 else 10)
    [pair] = compared(province, made, "th_dien")
    assert {pair.first, pair.other} == {Mode.PHONE, Mode.PAPER}
    assert pair.alike == ("gioi_tinh", "do_tuoi")
    assert pair.covered == 1.0
    [line] = pair.lines
    assert line.first.estimate is not None
    assert line.other.estimate is not None
    assert abs(line.first.estimate - line.other.estimate) == pytest.approx(0.2)  # 16 against 12 of 20
    assert line.difference is not None
    assert line.difference.estimate == pytest.approx(0, abs=1e-9)
    assert line.verdict == "not_apart"


def test_a_difference_between_people_alike_stays(province: Database) -> None:
    made = wave(province, lambda mode, _age: 19 if mode is Mode.PHONE else 8)
    [pair] = compared(province, made, "th_dien")
    [line] = pair.lines
    assert line.difference is not None
    sign = 1 if pair.other is Mode.PHONE else -1
    assert line.difference.estimate == pytest.approx(sign * 11 / 20)
    assert line.verdict == ("above" if sign > 0 else "below")


def test_one_way_of_answering_is_compared_with_none(province: Database, app: Flask, sign_in: SignIn) -> None:
    with province.reading() as session:
        assert compared(province, waves.find(session, "ho-mau"), "index") == []
    page = sign_in(app, "home_affairs").get("/quan-tri/ho-mau/cach-tra-loi")
    assert page.status_code == 200
    assert "Chưa có gì để so sánh" in page.text


def test_the_page_never_calls_it_an_effect(made_up: Flask, sign_in: SignIn) -> None:
    page = sign_in(made_up, "home_affairs").get("/quan-tri/thu-nghiem/cach-tra-loi").text
    assert "không phải tác động của cách trả lời" in page
    assert "Chênh lệch sau cân bằng" in page
