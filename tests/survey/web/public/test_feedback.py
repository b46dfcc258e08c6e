"""What everybody sees of cases: whole quarters, late ones too, no code, no id, nothing before it is published."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask

from survey.storage.database import Database
from survey.storage.models import Wave
from survey.system import dates
from survey.year import case_steps, cases
from tests.survey.year.said import CAO_XANH, HA_TU, WAITING, opened, publish, reply, speak

LATE, MOVED = "Hồ sơ đất phải đi lại nhiều lần.", "Ứng dụng bắt chụp lại giấy đã nộp."


def seen(app: Flask, path: str = "/y-kien") -> str:
    answer = app.test_client().get(path)
    assert answer.status_code == 200
    return unescape(answer.get_data(as_text=True))


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def answered(province: Database) -> list[str]:
    """In Hà Tu one answered, one overdue, one passed on and overdue; in Cao Xanh one answered too late."""
    speak(province)
    ids = [
        opened(province),
        opened(province, -6, words=LATE),
        opened(province, -2, words=MOVED),
        opened(province, -1, unit=CAO_XANH),
    ]
    reply(province, ids[0])
    reply(province, ids[2], "passed", "Phần mềm do Sở quản lý.", office="SKHCN", head="Giám đốc Sở")
    reply(province, ids[3], "cannot", "Chưa đủ người trực buổi tối.")
    return ids


def test_nothing_is_seen_before_the_quarter_is_published(app: Flask, answered: list[str]) -> None:
    for path in ("/y-kien", f"/y-kien/{HA_TU}", "/y-kien/SKHCN"):
        html = seen(app, path)
        assert WAITING not in html
        assert LATE not in html
        assert "Chưa công khai quý nào" in html


def test_it_says_what_was_done_what_is_overdue_and_who_has_it_now(
    app: Flask, province: Database, answered: list[str]
) -> None:
    publish(province)
    html = seen(app, f"/y-kien/{HA_TU}")
    text = plain(html)
    assert "1 trên 3 điều đến hạn đã được trả lời kịp" in text
    assert "Quá hạn trả lời 6 ngày" in text
    assert "Đã mở thêm một quầy." in text
    assert "Nơi phải trả lời: Sở Khoa học và Công nghệ" in text
    assert text.index(LATE) < text.index(WAITING)
    assert "Chưa đủ người trực" not in text  # of Cao Xanh
    assert "trả lời muộn 1 ngày" in plain(seen(app))
    assert MOVED in seen(app, "/y-kien/SKHCN")


def test_offices_stand_in_the_order_of_their_names_with_counts_over_a_base(
    app: Flask, province: Database, answered: list[str]
) -> None:
    publish(province)
    text = plain(seen(app)).partition("Từng cơ quan")[2]
    assert "%" not in text
    assert "Phường Hà Tu được giao 3 · trả lời kịp 1 trên 3 điều đến hạn · quá hạn 2" in text
    assert "Sở Khoa học và Công nghệ được giao 1 · trả lời kịp 0 trên 1 điều đến hạn · quá hạn 1" in text
    assert "Phường Cao Xanh được giao 1 · trả lời kịp 0 trên 1 điều đến hạn · trả lời muộn 1 Phường" in text
    counts = plain(seen(app)).partition("đã được trả lời kịp")[2].partition("điều đã đăng")[0]
    assert "2 điều quá hạn chưa trả lời 1 điều trả lời muộn" in counts
    assert text.index("Cao Xanh") < text.index("Hà Tu") < text.index("Sở Khoa học")


def test_no_page_shows_a_code_of_a_theme_an_id_or_who_wrote_and_published(
    app: Flask, province: Database, answered: list[str]
) -> None:
    publish(province)
    for path in ("/y-kien", f"/y-kien/{HA_TU}", "/y-kien/SKHCN", "/y-kien?lang=en", "/y-kien?het=1"):
        html = seen(app, path)
        for hidden in ("thoi_gian", "Giám đốc", "binh", "cuong", "gop-y", *answered):
            assert not re.search(rf"(?<!\w){hidden}(?!\w)", html), (path, hidden)


def test_what_came_after_publication_counts_without_its_words(
    app: Flask, province: Database, answered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(province)
    opened(province, 5, words="Ghế chờ ít quá.")
    reply(province, answered[1], words="Đã rút bớt giấy tờ.")
    text = plain(seen(app, f"/y-kien/{HA_TU}"))
    assert "1 chưa đến hạn" in text
    assert "sẽ đăng cùng câu trả lời" in text
    assert "Ghế chờ" not in text
    assert "Đã rút bớt" not in text  # a reply is seen once somebody else has published it
    assert "đã trả lời muộn" in text
    later = dates.today() + timedelta(6)
    monkeypatch.setattr(dates, "today", lambda: later)
    assert "2 điều quá hạn chưa trả lời 1 điều trả lời muộn" in plain(seen(app, f"/y-kien/{HA_TU}"))


def test_withdrawn_words_are_gone_with_their_replies_and_count_on(
    app: Flask, province: Database, answered: list[str]
) -> None:
    publish(province)
    with province.writing() as session:
        case_steps.withdraw(session, answered[0])
    text = plain(seen(app, f"/y-kien/{HA_TU}"))
    assert WAITING not in text
    assert "Đã mở thêm một quầy" not in text
    assert "1 trên 3" in text
    assert "rút lại" in text


def test_of_withdrawn_words_nobody_is_told_that_their_office_did_not_answer(
    app: Flask, province: Database, answered: list[str]
) -> None:
    """It answered, in time or late; that its reply is gone with the words is no fault of its own."""
    publish(province)
    with province.writing() as session:
        for case in answered:
            case_steps.withdraw(session, case)
    cases_told = re.findall(r"<article.*?</article>", seen(app, "/y-kien"), re.S)
    told = [plain(one) for one in cases_told]
    assert ["Phường Hà Tu chưa trả lời" in one for one in told] == ["6 ngày" in one for one in told]
    assert sum("Sở Khoa học và Công nghệ chưa trả lời" in one for one in told) == 1  # to whom it was passed on
    assert sum("Phường Hà Tu trả lời" in one for one in told) == 1
    [late] = [one for one in told if "muộn 1 ngày" in one]
    assert "lần đăng tới" not in late


def test_made_up_data_say_so_and_petitions_are_shown_their_way(
    app: Flask, province: Database, answered: list[str]
) -> None:
    publish(province)
    assert "made-up" not in seen(app)
    for law in ("Luật Khiếu nại", "Luật Tố cáo", "Luật Tiếp công dân", "Cổng Dịch vụ công quốc gia"):
        assert law in seen(app)
    with province.writing() as session:
        session.get_one(Wave, "gop-y").simulated = True
    assert "made-up" in seen(app)


def test_a_place_and_an_older_quarter_are_found_and_strangers_told_no(
    app: Flask, province: Database, answered: list[str]
) -> None:
    publish(province)
    assert f"/y-kien/{HA_TU}" in seen(app, "/y-kien?q=ha+tu")
    assert "không có nơi nào" in seen(app, "/y-kien?q=xyz").lower()
    assert WAITING in seen(app, f"/y-kien?quy={cases.quarter_of(dates.today())}")
    assert WAITING in seen(app, "/y-kien?quy=1999Q1")
    assert app.test_client().get("/y-kien/99999").status_code == 404
    assert "từ 5 người trở lên nói về nơi này" in seen(app, "/y-kien/06673")


def test_the_first_page_and_the_page_of_privacy_lead_there(app: Flask) -> None:
    for path in ("/", "/rieng-tu"):
        assert 'href="/y-kien"' in seen(app, path)
