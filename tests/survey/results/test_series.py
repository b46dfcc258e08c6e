"""A figure over the waves, with a break where it was measured otherwise; what others published stands apart."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient

from forms import crosswalk, parse
from survey.responses import crosswalks, submission
from survey.responses.respondents import sample
from survey.results import release_steps, releases, result_table, series
from survey.storage.database import Database
from survey.storage.models import Mode, Unit, Village, Wave, WaveKind
from survey.waves import questionnaires, waves
from survey.year import published
from translations import speaking

PUBLISHED = Path(__file__).resolve().parents[3] / "docs" / "examples" / "nam" / "published_2024.csv"
SignIn = Callable[[Flask, str], FlaskClient]


def wave(province: Database, code: str, opens: date, questionnaire: str = "ho_gia_dinh@1", **codes: str) -> Wave:
    """A released sample wave of two villages in which 12 people answered C5, and one item of the index."""
    with province.writing() as session:
        asked = questionnaires.find(session, questionnaire)
        made = waves.create(session, code, asked, WaveKind.SAMPLE, opens, opens.replace(month=12))
        for psu in ("V1", "V2"):
            session.add(Village(wave=code, psu=psu, unit="06652", stratum="06652"))
        session.flush()
        place = waves.place(session, code, "06652", opens)
        for person in range(12):
            answers = {codes.get("C5", "C5"): 1 + person % 3, codes.get("th_dien", "th_dien"): 4 + person % 2}
            submission.submit(
                session.connection(), place, uuid4(), Mode.PAPER, answers, psu=f"V{1 + person % 2}", day=opens
            )
    released(province, code)
    return made


def released(province: Database, code: str) -> None:
    with province.writing() as session:
        release = releases.freeze(session, waves.find(session, code), "an")
        release_steps.check(release, "binh")
        release_steps.approve(release, release, "chi")


def changed(province: Database) -> None:
    """A second version of the household form, whose index leaves an item out and whose C5 has other words."""
    with province.writing() as session:
        document = dict(questionnaires.find(session, "ho_gia_dinh@1").document)
        text = str(document)
        assert "th_dien" in text
        index = document["index"]
        areas = [
            {
                **area,
                "factors": [
                    {**one, "items": [code for code in one["items"] if code != "th_dien"]}
                    for one in area["factors"]
                ],
            }
            for area in index["areas"]
        ]
        document |= {"version": 7, "index": {**index, "areas": areas}}
        questionnaires.publish(session, parse(document), date(2026, 1, 1))


def test_waves_of_one_survey_stand_in_their_order_each_with_its_own_records(province: Database) -> None:
    newest = wave(province, "nam-2025", date(2025, 1, 1))
    wave(province, "nam-2024", date(2024, 1, 1))
    with province.reading() as session:
        points = series.of(session, newest, "C5=3")
        assert [point.wave.code for point in points] == ["nam-2024", "nam-2025"]
        for point in points:
            people = sample(session, point.wave)
            assert [point.record] == result_table.table(session, people, items=["C5=3"], released=True)
            assert point.breaks == ()


def test_a_wave_whose_figures_nobody_is_shown_is_left_out_and_named(
    province: Database, app: Flask, sign_in: SignIn
) -> None:
    old, newest = wave(province, "nam-2024", date(2024, 1, 1)), wave(province, "nam-2025", date(2025, 1, 1))
    with province.writing() as session:
        shown = releases.newest(session, "nam-2024")
        assert shown is not None
        releases.withdraw(session, shown, "Sai quyền số", "chi")
        assert [point.wave.code for point in series.of(session, newest, "index")] == ["nam-2025"]
        assert [(one.code, gone) for one, gone in series.left_out(session, newest, "index")] == [
            ("nam-2024", shown)
        ]
        text = json.dumps(questionnaires.find(session, "ho_gia_dinh@1").document | {"version": 7})
        renamed = parse(json.loads(text.replace('"C5"', '"C5a"')))
        questionnaires.publish(session, renamed, date(2025, 1, 1))
        newest.questionnaire = renamed.digest
        assert [one.code for one, _gone in series.left_out(session, newest, "C6=3")] == ["nam-2024"]
        assert series.left_out(session, newest, "C5a=3") == []  # that wave did not ask it
    page = sign_in(app, "home_affairs").get("/quan-tri/nam-2025/qua-cac-dot").text
    assert re.search(rf"Không đưa vào: {re.escape(old.title)} đã thu hồi ngày [^:]+: Sai quyền số\.<", page)


def test_another_index_and_weights_in_one_wave_alone_are_a_break(province: Database) -> None:
    changed(province)
    wave(province, "nam-2024", date(2024, 1, 1))
    newest = wave(province, "nam-2025", date(2025, 1, 1), "ho_gia_dinh@7")
    with province.reading() as session, speaking("en"):
        said = [str(one) for one in series.of(session, newest, "index")[1].breaks]
        assert said == ["The index is made of other questions."]
        assert series.of(session, newest, "C5=3")[1].breaks == ()


def test_a_renamed_question_and_a_merger_make_one_series(province: Database, app: Flask, sign_in: SignIn) -> None:
    """The old wave stands under the new code with the figure that it has under its own, a commune's with the old
    records of what it took in."""
    old = wave(province, "nam-2024", date(2024, 1, 1))
    with province.writing() as session:
        text = json.dumps(questionnaires.find(session, "ho_gia_dinh@1").document | {"version": 7})
        for was, code in {"C5": "C5a", "th_dien": "dien"}.items():
            text = text.replace(f'"{was}"', f'"{code}"')
        questionnaires.publish(session, parse(json.loads(text)), date(2025, 1, 1))
    newest = wave(province, "nam-2025", date(2025, 1, 1), "ho_gia_dinh@7", C5="C5a", th_dien="dien")
    with province.writing() as session:
        assert [point.wave.code for point in series.of(session, newest, "C5a=3")] == ["nam-2025"]
        written = {
            "from": "ho_gia_dinh@1",
            "to": "ho_gia_dinh@7",
            "items": [{"item": "C5a", "was": "C5"}, {"item": "dien", "was": "th_dien"}],
        }
        found = crosswalk.parse(written, lambda name: questionnaires.find(session, name))
        crosswalks.publish(session, found, date(2025, 2, 1))
        session.get_one(Unit, "06658").replaces = "06652:0.5"
    with province.reading() as session:
        then, now = series.of(session, newest, "dien")
        assert (then.was, now.was, now.breaks) == ("th_dien", None, ())
        people = sample(session, old)
        [record] = result_table.table(session, people, items=["th_dien"], released=True)
        assert then.record == replace(record, item="dien")
        assert series.of(session, newest, "index")[1].breaks == ()
        [of_the_part] = series.of(session, newest, "dien", unit="06658")[:1]
        assert (of_the_part.record.n, of_the_part.record.estimate, of_the_part.grown) == (6, 1.0, True)
        assert series.of(session, newest, "dien", unit="06652")[0].grown is False
    reader = sign_in(app, "home_affairs")
    page = reader.get("/quan-tri/nam-2025/qua-cac-dot?muc=dien&don-vi=06658").text
    assert "phường Cao Xanh" in page
    assert page.count("đổi mã từ th_dien") == page.count("gồm cả các xã đã nhập vào") == 1
    assert reader.get("/quan-tri/nam-2025/qua-cac-dot?don-vi=99999").status_code == 404
    changes = reader.get("/quan-tri/nam-2025/so-sanh").text
    assert "đổi mã từ C5" in changes


def test_published_figures_stand_beside_what_they_are_about_alone(province: Database) -> None:
    with province.writing() as session:
        published.load(session, PUBLISHED)
        index = published.beside(session, "index")
        assert {(one.year, one.place, one.value) for one in index} >= {(2024, "Quảng Ninh", 90.12)}
        assert [one.year for one in index] == sorted((one.year for one in index), reverse=True)
        assert published.beside(session, "C6=3")[0].value == 2.18
        assert published.beside(session, "index:CS") == []
        assert all(one.source for one in index)


def test_the_page_shows_both_and_says_that_published_ones_have_no_interval(
    province: Database, app: Flask, sign_in: SignIn
) -> None:
    wave(province, "nam-2025", date(2025, 1, 1))
    with province.writing() as session:
        published.load(session, PUBLISHED)
    reader = sign_in(app, "home_affairs")
    page = reader.get("/quan-tri/nam-2025/qua-cac-dot?muc=C5=3")
    assert re.search(r'1,94% <span class="quiet">\(không có khoảng tin cậy\)', page.text)
    page = reader.get("/quan-tri/nam-2025/qua-cac-dot")
    assert re.search(r'90,12% <span class="quiet">\(không có khoảng tin cậy\)', page.text)
    assert "Số liệu nơi khác" not in reader.get("/quan-tri/nam-2025/qua-cac-dot?muc=index:CS").text


def test_the_page_refuses_what_is_no_figure(made_up: Flask, sign_in: SignIn) -> None:
    reader = sign_in(made_up, "home_affairs")
    assert reader.get("/quan-tri/thu-nghiem/qua-cac-dot?muc=C55").status_code == 404
    assert reader.get("/quan-tri/gop-y/qua-cac-dot").status_code == 200
