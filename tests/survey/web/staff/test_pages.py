"""Pages of those who run the survey and read its results."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from datetime import date
from html import unescape
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete
from werkzeug.test import TestResponse

from analysis import Estimate
from survey.commands import Program
from survey.operations import demo
from survey.operations.installation import prepare
from survey.reports import report
from survey.responses import submission
from survey.results import charts, figure_marks, standing_words, summary, unit_table, wording
from survey.results.summary import Summary
from survey.storage.database import Database
from survey.storage.models import Account, Assignment, Mode, Role, Village, Wave
from survey.system.version import version
from survey.waves import waves
from survey.web.app import create_app
from survey.web.staff.results.reports import KINDS
from survey.web.staff.results.units import figure_of
from translations import speaking
from translations.formats import number, order

PASSWORD = "mat-khau-dai"
COMMUNE = "06652"  # Hà Tu
PROGRAM = Program("hailong")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, account: Callable[..., None]) -> Iterator[Flask]:
    """The demo's two waves, and an account of each of the roles that read them."""
    folder: Path = tmp_path_factory.mktemp("staff")
    database = Database(f"sqlite:///{folder / 'hailong.db'}")
    prepare(database)
    with database.writing() as session:
        demo.make(session)
        for role in (Role.ADMIN, Role.HOME_AFFAIRS, Role.SUPERVISOR):
            account(session, role.value, role)
        account(session, "commune", Role.COMMUNE, COMMUNE)
    database.engine.dispose()
    app = create_app(DATABASE_URL=database.url, SECRET_KEY="tests")
    yield app
    app.extensions["database"].engine.dispose()


@pytest.fixture(scope="module")
def said(made: Flask) -> Summary:
    with made.extensions["database"].reading() as session:
        return summary.gather(session, demo.SAMPLE)


def token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" [^>]*value="([^"]+)"', page.text)
    assert found
    return found[1]


def signed_in(app: Flask, name: str, language: str = "vi") -> FlaskClient:
    client = app.test_client()
    page = client.get(f"/dang-nhap?lang={language}")
    client.post("/dang-nhap", data={"name": name, "password": PASSWORD, "csrf_token": token(page)})
    return client


@pytest.fixture(scope="module")
def reader(made: Flask) -> FlaskClient:
    """Home Affairs, in Vietnamese."""
    return signed_in(made, "home_affairs")


def test_a_page_of_the_staff_names_the_version_that_runs(reader: FlaskClient) -> None:
    assert f"Hài Lòng {version()}\n</footer>" in reader.get("/quan-tri/").text


def test_what_is_to_be_checked_before_a_release_is_known_after_it(reader: FlaskClient) -> None:
    assert "Việc cần xem trước khi công bố" in reader.get("/quan-tri/thu-nghiem/").text
    released = reader.get("/quan-tri/nam-truoc/").text
    assert "Cần biết khi đọc" in released
    assert "trước khi công bố:" not in released


def plain(page: TestResponse) -> str:
    """What the page says, without its markup."""
    assert page.status_code < 400, page.text
    words = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page.text, flags=re.S)
    return " ".join(unescape(words).split())


# Who sees what


@pytest.mark.parametrize(
    ("name", "sees"),
    [("home_affairs", 200), ("admin", 200), ("supervisor", 403), ("commune", 403)],
)
def test_results_are_for_those_who_may_read_results(made: Flask, name: str, sees: int) -> None:
    client = signed_in(made, name)
    for page in ("", "don-vi", f"don-vi/{COMMUNE}", "cau-hoi", "cach-tinh?item=index", "bao-cao", "bao-cao/csv"):
        assert client.get(f"/quan-tri/thu-nghiem/{page}").status_code == sees, page


def test_a_stranger_is_asked_to_sign_in(made: Flask) -> None:
    answer = made.test_client().get("/quan-tri/thu-nghiem/")
    assert answer.status_code == 302
    assert answer.location.startswith("/dang-nhap")


def test_a_commune_counts_its_own_forms_alone(made: Flask) -> None:
    client = signed_in(made, "commune")
    page = plain(client.get("/quan-tri/thu-nghiem/tien-do"))
    assert "Hà Tu phường" in page
    assert "Cao Xanh" not in page
    assert "Đã có 54 phiếu" in page
    waves = plain(client.get("/quan-tri/"))
    assert "2.916" not in waves
    assert "Tổng quan" not in page


def test_the_menu_offers_only_what_the_account_may_open(made: Flask) -> None:
    for name in ("admin", "home_affairs", "supervisor", "commune"):
        client = signed_in(made, name)
        for start in ("/quan-tri/", "/quan-tri/thu-nghiem/tien-do"):
            page = client.get(start).text
            links = re.findall(r'href="(/(?:quan-tri|nhap-phieu)[^"#?]*)', page)
            assert links
            assert {client.get(link).status_code for link in set(links)} == {200}, (name, links)


# Waves


def test_the_list_says_what_is_made_up_and_where_each_wave_stands(reader: FlaskClient) -> None:
    page = plain(reader.get("/quan-tri/"))
    assert "thu-nghiem dữ liệu mô phỏng" in page
    assert "đang lấy ý kiến" in page
    assert "2.916" in page


def test_without_waves_the_page_says_what_to_do_next(app: Flask, province: Database) -> None:
    with province.writing() as session:
        session.execute(delete(Assignment))
        session.execute(delete(Village))
        session.execute(delete(Wave))
    page = plain(signed_in(app, "home_affairs").get("/quan-tri/"))
    assert "Chưa có đợt nào." in page
    assert "Mở đợt" in page


def test_a_wave_without_forms_says_when_figures_come(app: Flask) -> None:
    client = signed_in(app, "home_affairs")
    for page in ("", "don-vi", "don-vi?xem=o"):
        assert "Đợt này chưa có phiếu." in plain(client.get(f"/quan-tri/ho-mau/{page}"))
    steps = client.get("/quan-tri/ho-mau/").text
    assert all(f'href="/{step}"' in steps for step in ("quan-tri/ho-mau/mau", "quan-tri/ho-mau/in-phieu"))
    assert "/s/ho-mo/" in plain(client.get("/quan-tri/ho-mo/"))
    for page in ("don-vi", f"don-vi/{COMMUNE}", "cau-hoi", "bao-cao", "tien-do", "cach-tinh?item=index"):
        assert client.get(f"/quan-tri/ho-mau/{page}").status_code == 200, page


def test_on_a_phone_the_communes_sort_by_their_heads_and_stand_beneath_their_tiles(reader: FlaskClient) -> None:
    """The sheet takes away all heads there but those that sort (`staff-sort`)."""
    for address in ("don-vi", "don-vi?xem=o"):
        page = reader.get(f"/quan-tri/thu-nghiem/{address}").text
        heads = re.findall(r'<a class="staff-sort" href="[^"]*xep=([\w-]+)', page)
        assert heads == ["ten", "-uoc-luong", "doi", "nguoi"]
    beneath = reader.get("/quan-tri/thu-nghiem/don-vi?xem=o&to=doi").text.split('<div class="beneath">')[1]
    assert re.search(r'aria-sort="ascending"><a class="staff-sort" href="[^"]*xep=-doi', beneath)
    assert ">không đổi<" in beneath
    assert len(re.findall(r'<th scope="row"[^>]*>', beneath)) == 54


def test_an_unknown_wave_unit_or_figure_is_told_so(reader: FlaskClient) -> None:
    for address in (
        "/quan-tri/khong-co/",
        "/quan-tri/khong-co/tien-do",
        "/quan-tri/thu-nghiem/don-vi/99999",
        "/quan-tri/thu-nghiem/bao-cao/docm",
    ):
        answer = reader.get(address)
        assert answer.status_code == 404, address
        assert "Traceback" not in answer.text
    assert reader.get("/quan-tri/thu-nghiem/cach-tinh?item=C55").status_code == 400
    assert reader.get("/quan-tri/thu-nghiem/cach-tinh?item=C5=nhieu").status_code == 400
    assert reader.get("/quan-tri/thu-nghiem/cach-tinh?item=index&unit=99999").status_code == 404


WAVE = {"code": "dot-1", "questionnaire": "ho_gia_dinh@1", "kind": "open", "public": "y", "opens": "2026-10-01",
        "closes": "2026-10-31"}  # fmt: skip


def test_a_wave_is_opened_by_a_form(app: Flask, province: Database) -> None:
    client = signed_in(app, "home_affairs")
    form = {**WAVE, "csrf_token": token(client.get("/quan-tri/dot-moi"))}
    answer = client.post("/quan-tri/dot-moi", data=form)
    assert answer.status_code == 302
    assert answer.location == "/quan-tri/dot-1/tien-do"
    with province.reading() as session:
        wave = session.get_one(Wave, "dot-1")
    assert (wave.kind, wave.public, wave.simulated) == ("open", True, False)
    assert (wave.opens, wave.closes) == (date(2026, 10, 1), date(2026, 10, 31))
    again = client.post("/quan-tri/dot-moi", data=form)
    assert again.status_code == 409
    assert "Đã có đợt dot-1" in plain_of_refused(again)


def test_a_sample_wave_may_keep_the_villages_of_the_one_before(app: Flask, province: Database) -> None:
    client = signed_in(app, "home_affairs")
    form = {**WAVE, "kind": "sample", "kept": "y", "csrf_token": token(client.get("/quan-tri/dot-moi"))}
    del form["public"]
    assert client.post("/quan-tri/dot-moi", data=form).status_code == 302
    with province.reading() as session:
        assert session.get_one(Wave, "dot-1").villages == "kept"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"code": "Đợt 1"}, "chữ thường không dấu"),
        ({"code": "a" * 41}, "chữ thường không dấu"),
        ({"code": "dot-1\n"}, None),  # what a paste leaves at the end is taken off
        ({"code": ""}, "Hãy ghi mã đợt"),
        ({"questionnaire": "khong-co@1"}, "Hãy chọn một mục"),
        ({"kind": "panel"}, "Hãy chọn một mục"),
        ({"kind": "sample"}, "hãy bỏ dấu ở ô này"),
        ({"kept": "y"}, "Đợt mở không có thôn"),
        ({"opens": "30/02/2026"}, "Hãy ghi ngày dạng"),
        ({"opens": ""}, "Hãy ghi ngày đầu"),
        ({"closes": "2026-09-30"}, "không sớm hơn ngày đầu"),
        ({"opens": "01/10/2026"}, None),
    ],
)
def test_a_fault_is_told_at_its_field_and_on_top(app: Flask, wrong: dict[str, str], told: str | None) -> None:
    client = signed_in(app, "home_affairs")
    fields = {**WAVE, **wrong, "csrf_token": token(client.get("/quan-tri/dot-moi"))}
    answer = client.post("/quan-tri/dot-moi", data=fields)
    if told is None:
        assert answer.status_code == 302
        return
    assert answer.status_code == 422
    assert plain_of_refused(answer).count(told) == 2
    name = next(iter(wrong))
    name = "public" if wrong == {"kind": "sample"} else name
    assert f'href="#{name}"' in answer.text
    assert f'id="{name}-error"' in answer.text


def plain_of_refused(page: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


# People


def test_a_new_account_chooses_its_password_by_the_link_that_is_shown_once(app: Flask) -> None:
    client = signed_in(app, "admin")
    fields = {"name": "Lan", "role": "commune", "unit": COMMUNE}
    answer = client.post(
        "/quan-tri/nguoi-dung", data={**fields, "csrf_token": token(client.get("/quan-tri/nguoi-dung"))}
    )
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    shown = re.search(r"(/mat-khau/[a-z0-9-]+)</code>", answer.text)
    assert shown
    assert shown[1] not in client.get("/quan-tri/nguoi-dung").text
    other, new = app.test_client(), "mot cau that dai"
    chosen = {"new": new, "again": new, "csrf_token": token(other.get(shown[1]))}
    entered = other.post(shown[1], data=chosen, follow_redirects=True)
    other.post("/dang-nhap", data={"name": "Lan", "password": new, "csrf_token": token(entered)})
    assert "Hà Tu" in plain(other.get("/quan-tri/ho-mau/tien-do"))


def test_a_commune_account_needs_its_commune_and_a_name_is_taken_once(app: Flask, province: Database) -> None:
    client = signed_in(app, "admin")
    mark = token(client.get("/quan-tri/nguoi-dung"))
    without = client.post("/quan-tri/nguoi-dung", data={"name": "Lan", "role": "commune", "csrf_token": mark})
    assert without.status_code == 422
    taken = client.post("/quan-tri/nguoi-dung", data={"name": "keyer", "role": "keyer", "csrf_token": mark})
    assert taken.status_code == 409
    with province.reading() as session:
        assert session.get(Account, "Lan") is None
    nobody = client.get("/quan-tri/nguoi-dung/Lan")  # a page names no command of the server
    assert (nobody.status_code, "Hãy chọn trong danh sách." in nobody.text, "user list" in nobody.text) == (
        404,
        True,
        False,
    )


def test_a_form_without_its_mark_changes_nothing(app: Flask, province: Database) -> None:
    client = signed_in(app, "admin")
    assert client.post("/quan-tri/nguoi-dung", data={"name": "Lan", "role": "keyer"}).status_code == 400
    assert client.post("/quan-tri/dot-moi", data=WAVE).status_code == 400
    with province.reading() as session:
        assert session.get(Account, "Lan") is None
        assert session.get(Wave, "dot-1") is None


# Figures


def test_the_overview_prints_the_summary(reader: FlaskClient, said: Summary) -> None:
    page = plain(reader.get("/quan-tri/thu-nghiem/"))
    assert said.index is not None
    for line in (said.index, *said.areas, *said.factors, *(headline.line for headline in said.headlines)):
        assert wording.figure(line.estimate) in page
        assert wording.limits(line.estimate) in page
    assert "Dữ liệu mô phỏng" in page
    assert "Dự thảo" in page
    assert "Khoảng tin cậy 95%" in page
    assert "Quy tắc: Tỷ lệ trả lời hài lòng (mức 4 và 5)" in page
    assert wording.rest(said.index.estimate, said.rule, said.questionnaire, wording.sentence) in page
    assert "Để trống: 5," in page


def test_an_open_wave_is_never_given_a_confidence_interval(reader: FlaskClient) -> None:
    for page in ("", "don-vi", f"don-vi/{COMMUNE}", "cau-hoi", "cach-tinh?item=index"):
        words = plain(reader.get(f"/quan-tri/gop-y/{page}")).lower()
        assert "khoảng dao động" in words, page
        assert "tin cậy" not in words, page
    assert "không cho biết gì về những người không trả lời" in plain(reader.get("/quan-tri/gop-y/"))


@pytest.mark.parametrize("wave", ["thu-nghiem", "gop-y"])
def test_each_sign_on_a_page_has_its_meaning_below(reader: FlaskClient, said: Summary, wave: str) -> None:
    seen = set()
    communes = [f"don-vi/{line.unit.code}" for line in said.units[::6]]
    for address in ("", "don-vi", "don-vi?hien=C5", "cau-hoi", *communes):
        page = reader.get(f"/quan-tri/{wave}/{address}").text
        signs = " ".join(re.findall(r'class="staff-sign">([^<]*)<', page))
        for sign in re.findall(r"\*\*|[*†§]", signs):
            seen.add(sign)
            assert f"<p>{sign} " in page, (address, sign)
    assert "§" in seen


def test_no_figure_stands_without_interval_and_base(reader: FlaskClient) -> None:
    for address in ("", "don-vi", "don-vi?hien=C5", f"don-vi/{COMMUNE}", "cau-hoi"):
        page = reader.get(f"/quan-tri/thu-nghiem/{address}").text
        page, counts = re.subn(r'<table [^>]*staff-themes".*?</table>', "", page, flags=re.S)
        assert not counts or "Không theo mẫu" in page  # of remarks, which are counted and no estimates
        rows = [row for row in re.findall(r'<tr role="row".*?</tr>', page, re.S) if 'class="number figure"' in row]
        assert rows, address
        for row in rows:
            cells = [
                " ".join(re.sub(r"<[^>]+>", " ", cell).split())
                for cell in re.findall(r'<td role="cell" class="number.*?>(.*?)</td>', row, re.S)
            ]
            assert re.fullmatch(r"[\d.,]+(–[\d.,]+)|nhiều nhất .+|ít nhất .+|–|quá ít để có khoảng", cells[1]), (
                cells
            )
            assert any(re.search(r"\d+ người|^–", cell) for cell in cells[2:]), cells


def names(page: TestResponse) -> list[str]:
    found = re.findall(r'<th scope="row" role="rowheader"><a href="[^"]+">([^<]+)</a>', page.text)
    return [unescape(name) for name in found]


def test_the_heading_counts_the_three_groups_of_the_test(reader: FlaskClient, said: Summary) -> None:
    standings = [line.index.standing for line in said.units]
    above, below, rest = (standings.count(group) for group in ("above", "below", "not_apart"))
    signs = [standings.count(group) for group in ("signs_above", "signs_below")]
    assert above + below > 0
    page = reader.get("/quan-tri/thu-nghiem/don-vi")
    heading = re.search(r"<h1>(.*?)</h1>", page.text)
    assert heading
    assert heading[1].startswith(f"{below} nơi thấp hơn mức chung, {above} nơi cao hơn. So với năm ")
    assert page.text.count(' plot-concluded">') == above + below + 2  # and the legend's
    assert page.text.count('class="plot-half"') == sum(signs) + 2
    assert [int(one) for one in re.findall(r"</strong> (\d+) nơi", page.text)] == [below, sum(signs) + rest, above]
    for group, count in (("thap", below), ("dau-hieu", sum(signs)), ("chua-ro", rest), ("cao", above)):
        only = reader.get(f"/quan-tri/thu-nghiem/don-vi?nhom={group}")
        assert len(names(only)) == count
    assert len(names(page)) == 54


def test_communes_are_ordered_by_estimate_name_or_need(reader: FlaskClient, said: Summary) -> None:
    by_estimate = names(reader.get("/quan-tri/thu-nghiem/don-vi"))
    known = {line.unit.name: line.index.estimate or 0 for line in said.units}
    assert [known[name] for name in by_estimate] == sorted(known.values())
    highest = names(reader.get("/quan-tri/thu-nghiem/don-vi?xep=-uoc-luong"))
    assert [known[name] for name in highest] == sorted(known.values(), reverse=True)
    by_name = names(reader.get("/quan-tri/thu-nghiem/don-vi?xep=ten"))
    assert by_name == sorted(known, key=order)
    assert by_name[0] == "An Sinh"
    evil = names(reader.get("/quan-tri/thu-nghiem/don-vi?hien=C5"))
    share = {row.unit.name: row.record.estimate or 0.0 for row in figure_of(said, "C5").rows}
    assert share[evil[0]] == max(share.values()) > 0
    assert sorted(evil) == sorted(by_name)


def test_zeros_stand_after_what_was_met_and_before_what_is_not_known(said: Summary) -> None:
    figure = figure_of(said, "C5")
    rows = unit_table.rows(figure, unit_table.read(figure, "-uoc-luong", "", "", None, False))

    def kind(record: Estimate) -> str:
        if "under_3" in record.flags:
            return "under 3"
        return "unknown" if record.estimate is None else "met" if record.estimate else "zero"

    kinds = [kind(row.record) for row in rows]
    assert list(dict.fromkeys(kinds))[:3] == ["met", "under 3", "zero"]
    assert kinds == sorted(kinds, key=["met", "under 3", "zero", "unknown"].index)


@pytest.mark.parametrize("words", ["ha tu", "Hà Tu", "HÀ TU", "tu"])
def test_a_commune_is_found_with_and_without_marks(reader: FlaskClient, words: str) -> None:
    page = reader.get("/quan-tri/thu-nghiem/don-vi", query_string={"tim": words})
    assert "Hà Tu" in names(page)
    assert len(names(page)) < 54


def test_a_name_that_is_nowhere_leads_back_to_all(reader: FlaskClient) -> None:
    page = reader.get("/quan-tri/thu-nghiem/don-vi?tim=khong+co+dau&xep=ten")
    assert "Không có nơi nào tên như vậy. Xem cả 54 nơi" in plain(page)
    assert 'href="?tim=&amp;xep=ten"' in page.text


def test_a_zero_has_its_bound_and_few_cases_no_number(reader: FlaskClient, said: Summary) -> None:
    page = plain(reader.get("/quan-tri/thu-nghiem/don-vi?hien=C5"))
    place = [headline.code for headline in said.headlines].index("C5")
    zero = next(line.headlines[place] for line in said.units if "none" in line.headlines[place].flags)
    assert f"0 trên {zero.n}" in page
    assert wording.limits(zero, 1).startswith("nhiều nhất")
    assert "0,0%" not in page
    assert "dưới 3 trường hợp" in page


def test_what_is_hidden_reaches_no_page(made: Flask) -> None:
    with made.extensions["database"].reading() as session:
        short = summary.gather(session, demo.OPEN)
    client = signed_in(made, "home_affairs")
    hidden = [line for line in short.units if any(map(wording.is_hidden, line.headlines))]
    assert hidden
    page = client.get(f"/quan-tri/gop-y/don-vi/{hidden[0].unit.code}").text
    assert '<span class="staff-boxed">ẩn</span>' in page
    item = f"{short.headlines[0].code}={short.headlines[0].worst}"
    how = plain(client.get(f"/quan-tri/gop-y/cach-tinh?item={item}&unit={hidden[0].unit.code}"))
    assert "Sai số chuẩn" not in how
    assert "Số người trả lời" not in how
    assert "một thôn" not in how  # an open wave has none


def test_a_commune_page_sets_each_question_beside_the_province(reader: FlaskClient, said: Summary) -> None:
    page = plain(reader.get(f"/quan-tri/thu-nghiem/don-vi/{COMMUNE}"))
    line = next(line for line in said.units if line.unit.code == COMMUNE)
    assert "Phường Hà Tu" in page
    assert wording.figure(line.index, 1) in page
    assert "hạng" not in page  # it stands in an annex of the report
    own = {record.item: record for record in said.records if record.domain == COMMUNE}
    told = {one.item: one.group for one in said.standouts.get(COMMUNE, ())}
    for item in said.items:
        marked = f"{wording.figure(own[item.code], 1)} {figure_marks.mark(own[item.code])}".strip()
        assert f"{item.label} {marked} {wording.limits(own[item.code], 1)}" in page
        if item.code in told:
            assert re.search(
                rf"{re.escape(item.label)} {re.escape(marked)} .{{0,60}}{standing_words.side(told[item.code])}",
                page,
            )
        assert wording.figure(item.estimate, 1) in page


def test_a_former_code_leads_to_the_same_commune(reader: FlaskClient) -> None:
    assert "Ba Chẽ" in plain(reader.get("/quan-tri/thu-nghiem/don-vi/06970"))


def test_every_item_of_the_form_has_its_figures(reader: FlaskClient, said: Summary) -> None:
    page = plain(reader.get("/quan-tri/thu-nghiem/cau-hoi"))
    for item in said.questionnaire.items.values():
        if not item.kind.is_text:
            assert str(item.short) in page, item.code
    assert said.index is not None
    assert wording.sentence(said.index.estimate) in page
    of_index = {line.code for line in (*said.areas, *said.factors, *said.items)}
    for record in said.records:
        if record.domain is None and record.item != "index":
            decimals = 1 if record.item in of_index else 2
            assert wording.figure(record, decimals) in page
            assert wording.limits(record, decimals) in page


# How a figure is computed


def drawer(client: FlaskClient, wave: str, item: str, unit: str | None = None) -> tuple[str, list[str]]:
    page = client.get(
        f"/quan-tri/{wave}/cach-tinh", query_string={"item": item, **({"unit": unit} if unit else {})}
    )
    commands = [
        unescape(text)
        for text in re.findall(r'<pre[^>]*aria-label="[^R"][^>]*><code>(.*?)</code></pre>', page.text, re.S)
    ]
    return plain(page), commands


def test_the_drawer_says_rule_weights_design_and_data(reader: FlaskClient, said: Summary) -> None:
    words, _commands = drawer(reader, "thu-nghiem", "index")
    assert said.index is not None
    assert "39 câu hỏi" in words
    assert "Tỷ lệ trả lời hài lòng (mức 4 và 5)" in words
    assert "mức 3 = 0, mức 4 = 1" in words
    assert f"quyền số của nó: bản {said.weight_version}" in words
    assert said.data_version[:12] in words
    assert said.questionnaire.digest[:12] in words
    assert wording.limits(said.index.estimate) in words
    assert f"{number(said.index.estimate.df, 1)} bậc tự do" in words


def test_the_drawer_says_when_the_variance_is_pooled(reader: FlaskClient, said: Summary) -> None:
    line = next(line for line in said.units if line.index.variance == "pooled")
    words, _commands = drawer(reader, "thu-nghiem", "index", line.unit.code)
    assert "Phương sai gộp" in words
    assert "tuyến tính hóa" not in words
    words, _commands = drawer(reader, "thu-nghiem", "index")
    assert "tuyến tính hóa" in words


def test_the_drawer_of_a_sensitive_item_bounds_what_the_silent_hide(reader: FlaskClient, said: Summary) -> None:
    headline = said.headlines[0]
    words, _commands = drawer(reader, "thu-nghiem", f"{headline.code}={headline.worst}")
    assert headline.least is not None
    assert headline.most is not None
    with speaking("vi"):
        assert f"{100 * headline.least:.2f}%".replace(".", ",") in words
        assert f"{100 * headline.most:.2f}%".replace(".", ",") in words


@pytest.mark.parametrize(
    ("item", "unit"), [("index", None), ("C5=3", None), ("index:DV.A", COMMUNE), ("th_y_te", COMMUNE)]
)
def test_the_commands_give_the_figure_of_the_page(
    made: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, item: str, unit: str | None
) -> None:
    words, commands = drawer(signed_in(made, "home_affairs"), "thu-nghiem", item, unit)
    monkeypatch.setenv("HAILONG_DATABASE_URL", made.config["DATABASE_URL"])
    monkeypatch.chdir(tmp_path)
    lines = [line for block in commands for line in block.splitlines()]
    assert len(lines) == 3
    answers = []
    for line in lines:
        program, *arguments = shlex.split(line)
        assert program == "hailong"
        done = CliRunner().invoke(PROGRAM, arguments)
        assert done.exit_code == 0, done.output
        if "--output" in arguments:
            answers.append(json.loads(done.stdout))
    for records in answers:
        [record] = [record for record in records if record["domain"] == unit]
        with speaking("vi"):
            assert f"{100 * record['estimate']:.2f}%".replace(".", ",") in words
            limits = f"{100 * record['low']:.2f}–{100 * record['high']:.2f}"
            assert limits.replace(".", ",") in words


# Reports


@pytest.mark.parametrize("format", KINDS)
def test_a_report_is_downloaded_under_its_name(reader: FlaskClient, said: Summary, format: str) -> None:
    answer = reader.get(f"/quan-tri/thu-nghiem/bao-cao/{format}")
    assert answer.status_code == 200
    assert answer.content_type == KINDS[format].content_type
    assert answer.headers["Content-Disposition"] == f'attachment; filename="du-thao-bao-cao-thu-nghiem.{format}"'
    assert answer.headers["Cache-Control"] == "no-store"
    start = {"docx": b"PK", "xlsx": b"PK", "pdf": b"%PDF", "json": b"["}.get(format)
    assert start is None or answer.data.startswith(start)
    if format in ("csv", "json"):
        assert answer.data == report.write(said, format)
    page = plain(reader.get("/quan-tri/thu-nghiem/bao-cao"))
    assert re.search(rf"du-thao-bao-cao-thu-nghiem\.{format} \([^)]*\d+(,\d)? (KB|MB)\)", page)


def test_a_report_speaks_another_language_than_the_pages(made: Flask) -> None:
    reader = signed_in(made, "home_affairs")
    english = reader.get("/quan-tri/thu-nghiem/bao-cao/xlsx?lang=en")
    assert english.headers["Content-Disposition"].endswith('"du-thao-bao-cao-thu-nghiem-en.xlsx"')
    assert "Báo cáo" in plain(reader.get("/quan-tri/thu-nghiem/bao-cao"))


def test_every_format_of_the_report_is_offered(reader: FlaskClient) -> None:
    assert list(KINDS) == list(report.FORMATS)


def test_a_verdict_beside_an_interval_that_says_more_is_explained(reader: FlaskClient) -> None:
    for address in ("", "cau-hoi", "so-sanh", "don-vi", "don-vi?xep=doi"):
        assert "được kiểm định cùng lúc" in reader.get(f"/quan-tri/thu-nghiem/{address}").text, address


def test_how_many_questions_there_are_is_told_without_a_bare_share(reader: FlaskClient) -> None:
    title = reader.get("/quan-tri/nam-truoc/cau-hoi").text.partition("<h1")[2].partition("</h1>")[0]
    assert ("39 câu hỏi của chỉ số" in title, "%" in title) == (True, False)


# Both languages


def test_the_pages_speak_english(made: Flask) -> None:
    client = signed_in(made, "home_affairs", "en")
    page = plain(client.get("/quan-tri/thu-nghiem/don-vi"))
    assert re.search(
        r"communes below the overall figure, \d+ above\. Since the survey of \d+: \d+ down, \d+ up", page
    )
    assert "95% confidence interval" in page
    assert "Hà Tu ward" in page
    assert "phường" not in page
    assert "Hà Tu Ward" in plain(client.get(f"/quan-tri/thu-nghiem/don-vi/{COMMUNE}"))
    assert "Demonstration data" in page


def test_no_page_of_a_sample_of_two_communes_speaks_of_the_whole_province(
    app: Flask, province: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    with province.writing() as session:
        for psu, unit in (("V1", "06652"), ("V2", "06652"), ("V3", "06658"), ("V4", "06658")) * 5:
            place = waves.place(session, "ho-mau", unit)
            submission.submit(session.connection(), place, uuid4(), Mode.PAPER, {"C5": 1, "th_y_te": 4}, psu=psu)
    client = sign_in(app, "home_affairs")
    pages = ("", "don-vi", "don-vi?hien=C5&xem=o", "don-vi/06652", "cau-hoi", "so-sanh", "bang?muc=C5")
    pages += ("qua-cac-dot", "cach-tinh?item=C5=1", "bao-cao", "loi-gop-y")
    for page in pages:
        said = plain(client.get(f"/quan-tri/ho-mau/{page}"))
        assert "trong mẫu" in said or page not in ("", "don-vi", "don-vi/06652", "cach-tinh?item=C5=1"), page
        assert "toàn tỉnh" not in said.lower(), page


# Drawings


def test_a_scale_holds_every_interval_and_has_round_ends(said: Summary) -> None:
    records = [line.index for line in said.units]
    scale = charts.scale(records, said.index.estimate if said.index else None, "tỉnh")
    assert round(scale.low * 100) % 5 == round(scale.high * 100) % 5 == 0
    for record in records:
        whisker = scale.whisker(record)
        assert whisker.left is not None
        assert whisker.right is not None
        assert whisker.x is not None
        assert charts.MARGIN <= whisker.left <= whisker.x <= whisker.right <= 100 - charts.MARGIN
    assert scale.reference is not None
    assert scale.reference.x is not None
    crowded = [tick for tick in scale.ticks if abs(tick.x - scale.reference.x) <= charts.LABEL]
    assert {tick.label for tick in crowded} <= {""}


@pytest.mark.parametrize("sign", ["\0", "\x0b", "\r\nSet-Cookie: a"])
def test_no_form_takes_signs_that_can_not_be_printed(made: Flask, sign: str) -> None:
    admin = signed_in(made, "admin")
    page = admin.get("/quan-tri/nam/2026/ke-hoach/them").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    sent = {"csrf_token": token[1], "code": "NV-1", "what": f"Việc{sign}", "office": "SNV", "head": "Giám đốc"}
    answer = admin.post("/quan-tri/nam/2026/ke-hoach/them", data=sent)
    assert answer.status_code == 422
    assert "Hãy bỏ các ký tự không in được" in answer.text
