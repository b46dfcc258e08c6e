"""The page of what changed since the wave before, and its line on the overview."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.operations import demo
from survey.operations.installation import prepare
from survey.responses import submission
from survey.responses.respondents import sample
from survey.results import comparison, release_changes, release_steps, releases, since
from survey.storage.database import Database
from survey.storage.models import Mode, Role, Village, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from survey.web.app import create_app
from translations import speaking
from translations.formats import signed


@pytest.fixture(scope="module")
def two_years(tmp_path_factory: pytest.TempPathFactory, account: Callable[..., None]) -> Iterator[Flask]:
    """The demo's wave and the one of a year before, in the same villages."""
    folder: Path = tmp_path_factory.mktemp("changes")
    database = Database(f"sqlite:///{folder / 'hailong.db'}")
    prepare(database)
    with database.writing() as session:
        demo.make(session, responses=540)
        account(session, "admin", Role.ADMIN)
    database.engine.dispose()
    app = create_app(DATABASE_URL=database.url, SECRET_KEY="tests")
    yield app
    app.extensions["database"].engine.dispose()


@pytest.fixture
def reader(two_years: Flask, sign_in: Any) -> FlaskClient:
    return sign_in(two_years, "admin")  # type: ignore[no-any-return]


def test_the_overview_says_what_changed_with_its_interval(reader: FlaskClient) -> None:
    page = reader.get("/quan-tri/thu-nghiem/").text
    assert re.search(r"[+−]\d+,\d\d điểm.% so với [^(]+ \([+−]?\d+,\d\d đến [+−]?\d+,\d\d\)", page)


def test_the_overview_names_the_questions_that_moved_by_the_corrected_test(
    reader: FlaskClient, two_years: Flask
) -> None:
    page = reader.get("/quan-tri/thu-nghiem/").text
    with two_years.extensions["database"].reading() as session:
        now, then = (sample(session, waves.find(session, code)) for code in ("thu-nghiem", "nam-truoc"))
        index = now.questionnaire.index
        assert index is not None
        found = comparison.compare(session, then, now, index.codes()["index"]).changes
    for verdict, word in (("above", "Tăng"), ("signs_above", "Có dấu hiệu tăng"), ("below", "Giảm")):
        names = [str(now.questionnaire.items[one.item].short) for one in found if one.verdict == verdict]
        said = f"{word}, {len(names)} trên 39 câu: "
        assert (f"{said}{names[0]}" in page) if names else (f"{word}, " not in page)
    assert any(one.verdict not in (None, "not_apart") for one in found)


def test_a_word_is_of_the_same_lines_for_whoever_approves_and_in_the_report(
    two_years: Flask,
) -> None:
    with two_years.extensions["database"].reading() as session:
        people = sample(session, waves.find(session, "thu-nghiem"))
        read, printed = release_changes.gather(session, people).headlines, since.gather(session, people)
    assert printed is not None
    assert printed.whole is not None
    assert len(printed.whole.changes) == 1 + 2 + 9 + 39 + 2
    assert [one.since for one in read] == [printed.of(one.new.item, one.new.value) for one in read]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (0.0504, 0.0516, "+0.2 points"),
        (0.0602, 0.0598, "less than 0.1 points"),
        (0.59796, 0.59836, "less than 0.1 points"),
        (0.05949, 0.05951, "+0.1 points"),
        (0.6, 0.6, "no change"),
        (0.0605, 0.0, "−6.0 points"),
    ],
)
def test_a_difference_of_two_releases_never_contradicts_the_figures_beside_it(
    old: float, new: float, told: str
) -> None:
    with speaking("en"):
        then, now = (SimpleNamespace(estimate=share, flags=(), high=None) for share in (old, new))
        assert release_changes.Headline("", now, then).moved == told  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "lines", "tested"),
    [
        (
            "so-sanh",
            1 + 2 + 9 + 39 + 2,
            "Chỉ số chung được kiểm định riêng, các dòng khác được kiểm định cùng nhau",
        ),
        ("so-sanh?theo=don-vi", 54, "đã tính đến việc so sánh 54 dòng cùng lúc"),
    ],
)
def test_every_change_stands_with_both_figures_and_an_interval(
    reader: FlaskClient, address: str, lines: int, tested: str
) -> None:
    page = reader.get(f"/quan-tri/thu-nghiem/{address}")
    assert page.status_code == 200
    assert page.text.count('<tr role="row" class=') == lines
    assert tested in page.text
    assert "cùng các thôn cũ" in page.text


def test_without_a_wave_before_the_page_says_what_to_do(reader: FlaskClient) -> None:
    assert "Chưa có đợt trước" in reader.get("/quan-tri/gop-y/so-sanh").text
    oldest = reader.get("/quan-tri/nam-truoc/so-sanh").text  # leads to where it is the one before
    assert 'href="/quan-tri/thu-nghiem/so-sanh?voi=nam-truoc"' in oldest
    assert reader.get("/quan-tri/thu-nghiem/so-sanh?voi=khong-co").status_code == 404


def test_of_two_waves_without_forms_the_page_says_that_there_are_none(
    province: Database, app: Flask, sign_in: Any
) -> None:
    admin = sign_in(app, "admin")
    page = admin.get("/quan-tri/ho-mo/so-sanh")
    assert page.status_code == 200
    assert "Đợt này chưa có phiếu." in page.text
    for path in ("", "/don-vi", "/cau-hoi", "/so-sanh", "/qua-cac-dot", "/bao-cao"):
        said = admin.get(f"/quan-tri/ho-mo{path}", follow_redirects=True).text
        assert "Chưa có phiếu nào được tính nên chưa có con số nào." in said
        assert "Dự thảo" not in said


def test_where_a_figure_is_hidden_the_overview_says_that_there_is_no_comparison(
    province: Database, app: Flask, sign_in: Any
) -> None:
    with province.writing() as session:
        household = questionnaires.find(session, "ho_gia_dinh@1")
        for code, back, people in (("truoc", 60, 3), ("nay", 30, 12)):
            start = dates.today() - timedelta(back)
            waves.create(session, code, household, WaveKind.SAMPLE, start, start + timedelta(90))
            session.add(Village(wave=code, psu="V1", unit="06652", stratum="06652"))
            session.flush()
            place = waves.place(session, code, "06652")
            for _person in range(people):
                submission.submit(session.connection(), place, uuid4(), Mode.PAPER, {"th_dien": 4}, psu="V1")
        made = releases.freeze(session, waves.find(session, "truoc"), "an")
        release_steps.check(made, "binh")
        release_steps.approve(made, made, "chi")
    page = sign_in(app, "home_affairs").get("/quan-tri/nay/").text
    assert "Không so với “" in page
    assert "verdict-sign" not in page.partition("Không so với")[0]
    assert "chưa câu nào thay đổi" not in page


def test_changes_and_questions_are_sorted_and_narrowed_by_the_address(reader: FlaskClient) -> None:
    page = reader.get("/quan-tri/thu-nghiem/cau-hoi").text
    assert page.count('<details class="staff-item-group">') > 9  # nine factors, and the other questions by page
    lowest = reader.get("/quan-tri/thu-nghiem/cau-hoi?xep=uoc-luong").text
    assert 'aria-sort="ascending"' in lowest
    figures = [float(one.replace(",", ".")) for one in re.findall(r'class="staff-how"[^>]*>(\d+,\d)%</a>', lowest)]
    assert len(figures) == 39
    assert figures == sorted(figures)
    for address in ("cau-hoi", "so-sanh", "so-sanh?theo=don-vi"):
        assert "nhom=" in reader.get(f"/quan-tri/thu-nghiem/{address}").text
    narrowed = reader.get("/quan-tri/thu-nghiem/so-sanh?nhom=chua-ro").text
    assert "Bỏ lọc" in narrowed
    assert 'staff-verdict better"' not in narrowed


def test_beside_a_wave_that_was_withdrawn_no_page_tells_a_change(
    tmp_path: Path, account: Callable[..., None], sign_in: Any
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'hailong.db'}")
    prepare(database)
    with database.writing() as session:
        demo.make(session, responses=540)
        account(session, "admin", Role.ADMIN)
        releases.withdraw(session, releases.find(session, "nam-truoc", 1), "Nhập sai hai xã", "Lan")
    database.engine.dispose()
    app = create_app(DATABASE_URL=database.url, SECRET_KEY="tests")
    reader = sign_in(app, "admin")
    for page in ("", "so-sanh", "cau-hoi", "don-vi", "don-vi/06652"):
        text = reader.get(f"/quan-tri/thu-nghiem/{page}").text
        assert "Chưa nói được thay đổi: đợt trước (" in text, page
        assert "đã thu hồi ngày" in text
        assert "Nhập sai hai xã" in text
        assert "so với năm" not in text.partition("Chưa nói được")[0]
        assert 'class="number staff-change' not in text
    app.extensions["database"].engine.dispose()


def test_the_file_of_communes_has_its_changes_in_points_and_a_head_for_each_column(reader: FlaskClient) -> None:
    """Each change in it stands on its page, too."""
    heads, *rows = csv.reader(io.StringIO(reader.get("/quan-tri/thu-nghiem/don-vi.csv").text.lstrip("\ufeff")))
    assert all(heads)
    assert len(set(heads)) == len(heads)
    at = heads.index("Thay đổi, điểm phần trăm")
    assert [head.rpartition(": ")[2] for head in heads[at + 1 : at + 3]] == ["từ", "đến"]
    changed = [[float(cell) for cell in row[at : at + 3]] for row in rows if row[at]]
    assert changed
    page = reader.get("/quan-tri/thu-nghiem/don-vi").text
    with speaking("vi"):
        for one in changed:
            assert one[1] < one[0] < one[2]
            assert signed(one[0]) in page
