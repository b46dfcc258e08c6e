"""The page on which a stranger reads whether anybody could steer a result: its states, and nothing that names."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pypdfium2 as pdfium
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect
from sqlalchemy import func, select

from survey.integrity import digest_file, digests, kept_account
from survey.responses import lot_steps
from survey.results import releases
from survey.storage.database import Database
from survey.storage.models import DayDigest, IntegrityAccount, Lot, Role
from survey.waves import waves
from survey.web.server import rate_limit
from tests.browser.axe import violations
from tests.survey.integrity.told_waves import (
    REASON,
    SEED,
    TODAY,
    WAVE,
    aside,
    forms,
    planted_in,
    released,
    steered,
    told,
)
from translations.formats import day

PAGE = f"/toan-ven/{WAVE}"


def seen(app: Flask, path: str = PAGE, status: int = 200) -> str:
    answer = app.test_client().get(path)
    assert answer.status_code == status
    return unescape(answer.get_data(as_text=True))


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2].partition("</main")[0]).split())


@pytest.fixture
def public(province: Database) -> None:
    """A released wave of which two lots are set aside."""
    steered(province)
    released(province)
    told(province)


def test_the_three_answers_stand_first(app: Flask, public: None) -> None:
    text = plain(seen(app))
    parts = [
        "Có ai lái được kết quả này không?",
        "Chưa thấy điều gì",
        "Không có gì khác thường",
        "12 phiếu để riêng",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert places[-1] < text.index("Phiếu đi đâu")
    assert re.search(r"\d\d,\d% hay \d\d,\d% Chỉ số hài lòng chung: \d\d,\d% \(khoảng tin cậy 95% từ", text)
    assert "108 người). Nếu vẫn tính những phiếu để riêng: " in text


def test_it_says_who_decided_by_their_role_and_why(app: Flask, public: None) -> None:
    text = plain(seen(app))
    assert f"{REASON}. {day(TODAY)}, đề nghị: Giám sát viên; xác nhận: Sở Nội vụ" in text
    assert "Một ngày của máy tính bảng ở một thôn" in text


def test_the_draw_can_be_repeated_once_the_wave_is_over(
    app: Flask, province: Database, ended: Callable[..., None]
) -> None:
    """Before, its seed would tell insiders who is going to be asked."""
    steered(province)
    told(province)
    text = plain(seen(app))
    assert "24 hộ do máy rút thăm ở dưới 5 thôn" in text
    assert SEED not in text
    assert "kể khi hết đợt" in text
    ended(WAVE)
    told(province)
    assert f"Số mầm {SEED}" in plain(seen(app))


def test_while_it_runs_nobody_learns_whether_they_were_seen(
    app: Flask, province: Database, ended: Callable[..., None]
) -> None:
    steered(province)
    told(province)
    text = plain(seen(app))
    for word in ("phiếu để riêng", REASON, "Khác thường", "việc mở", "phiếu được tính", "%"):
        assert word not in text.partition("Trang này không chứng minh được")[0], word
    assert REASON not in text
    ended(WAVE)
    told(province)
    text = plain(seen(app))
    assert "12 phiếu để riêng" in text
    assert "Chưa có kết quả Khi công bố" in text


def test_what_waits_stands_first(app: Flask, province: Database) -> None:
    steered(province)
    released(province)
    with province.writing() as session:
        lot = session.scalars(select(Lot.number).where(Lot.wave == WAVE, Lot.psu == "V4")).first()
        lot_steps.propose(session, WAVE, lot or 0, True, "xem lại", "ai-do")
    told(province)
    text = plain(seen(app))
    assert text.index("Còn 1 việc mở: chừng nào chưa quyết") < text.index("Còn 1 việc mở đang chờ người quyết")
    assert "Chưa thấy điều gì" not in text


def test_a_withdrawal_stands_before_all_else_where_the_wave_is_public(app: Flask, province: Database) -> None:
    steered(province)
    released(province)
    told(province)
    with province.writing() as session:
        releases.withdraw(session, releases.find(session, WAVE, 1), "Nhập nhầm quyền số.", "chi")
    assert "Nhập nhầm quyền số" not in seen(app)
    with province.writing() as session:
        waves.find(session, WAVE).public = True
    text = plain(seen(app)).partition("Có ai lái được kết quả này không?")[2]
    assert 0 <= text.find("Nhập nhầm quyền số.") < 120


def test_a_correction_is_told_without_a_name(app: Flask, province: Database) -> None:
    steered(province)
    released(province)
    with province.reading() as session:
        number = session.scalars(select(Lot.number).where(Lot.wave == WAVE, Lot.psu == "V4")).first()
    aside(province, number or 0)
    released(province, "Nhập nhầm thôn")
    told(province)
    html = seen(app)
    assert "Bản công bố 2 đính chính một ít phiếu so với bản trước. Lý do: Nhập nhầm thôn" in plain(html)
    assert list(planted_in(html)) == []


@pytest.mark.parametrize(
    ("wave", "words"),
    [
        ("gop-y", ("Không theo mẫu Ai muốn cũng trả lời được", "Chưa có mã nào")),
        ("da-dong", ("Trang này đang được tính", "Chưa có mã nào")),
    ],
)
def test_a_wave_of_which_little_is_known_says_so(
    app: Flask, province: Database, wave: str, words: tuple[str, ...]
) -> None:
    if wave == "gop-y":
        kept_account.make(province)
    text = plain(seen(app, f"/toan-ven/{wave}"))
    for one in words:
        assert one in text


def test_a_wave_that_has_not_begun_says_when(app: Flask, province: Database) -> None:
    with province.writing() as session:
        waves.find(session, "gop-y").opens = TODAY + timedelta(3)
    assert f"Đợt khảo sát bắt đầu ngày {day(TODAY + timedelta(3))}" in plain(seen(app, "/toan-ven/gop-y"))


def test_an_unknown_wave_is_not_found(app: Flask, province: Database) -> None:
    assert "khong-co" in seen(app, "/toan-ven/khong-co", 404)
    seen(app, "/toan-ven/khong-co/ma.txt", 404)
    seen(app, f"{PAGE}/ma.txt", 404)


def test_a_stranger_makes_nobody_count(app: Flask, province: Database, ended: Callable[..., None]) -> None:
    steered(province)
    ended(WAVE)
    assert "Trang này đang được tính" in plain(seen(app))
    with province.reading() as session:
        assert session.scalar(select(func.count(IntegrityAccount.wave))) == 0


def test_what_came_after_the_wave_was_told_takes_back_that_nothing_was_found(
    app: Flask, province: Database, ended: Callable[..., None]
) -> None:
    steered(province)
    ended(WAVE)
    told(province)
    assert "Trang này đang được tính" not in plain(seen(app))
    with province.writing() as session:
        forms(session, "V2", TODAY, 6, 1.0, random.Random(9))
    assert "Trang này đang được tính" in plain(seen(app))
    told(province)
    assert "Trang này đang được tính" not in plain(seen(app))


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_nobody_is_named_and_no_place(app: Flask, public: None, lang: str) -> None:
    """Nor on the page of the file."""
    html = seen(app, f"{PAGE}?lang={lang}")
    assert list(planted_in(html)) == []
    assert list(planted_in(seen(app, f"{PAGE}/ma.txt"))) == []


def test_a_lot_of_fewer_than_5_has_no_number(app: Flask, province: Database) -> None:
    """Such a one can't be set aside; the rule holds whatever is stored."""
    steered(province)
    released(province)
    told(province)
    with province.writing() as session:
        own = session.get_one(IntegrityAccount, WAVE)
        own.content = {**own.content, "aside": [{**one, "forms": 3} for one in own.content["aside"]]}
    assert plain(seen(app)).count("Lô 1 dưới 5 ") == 1


def first_digest(province: Database) -> DayDigest:
    with province.reading() as session:
        return digests.chain(session, WAVE)[0]


def test_a_digest_that_was_kept_is_compared(app: Flask, province: Database) -> None:
    steered(province)
    told(province)
    one = first_digest(province)
    line = next(line for line in seen(app, f"{PAGE}/ma.txt").splitlines() if line.startswith("   1  "))
    kept = " ".join(re.findall("....", one.digest)[:4])
    other = f"{day(one.day)} 0000 0000 0000 0000"
    for pasted, answer in (
        (f"{day(one.day)} {kept}", f"Khớp: đúng là mã của ngày {day(one.day)}."),
        (line, f"Khớp: đúng là mã của ngày {day(one.day)}."),
        (f"{one.day.isoformat()} {one.digest.upper()}", "Khớp"),
        (kept, "Khớp"),
        (other, f"Khác: mã của ngày {day(one.day)} ở đây bắt đầu bằng {kept}"),
        (f"01/01/2001 {kept}", "Chưa có mã của ngày 01/01/2001"),
        ("0000 0000 0000 0000", "Đợt này không có mã nào bắt đầu như vậy"),
        ("7f3a", "Chưa đọc được mã"),
        (f"31/02/2026 {'f' * 70}", "Chưa đọc được mã"),
        (f"31/02/2026 {kept}", "Chưa đọc được mã"),
    ):
        html = app.test_client().get(PAGE, query_string={"ma": pasted}).get_data(as_text=True)
        assert answer in plain(unescape(html)), pasted


def test_who_compares_too_often_waits(app: Flask, province: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "rate_of_codes", rate_limit.Rate(1, lambda: 0.0, most=3))
    client = app.test_client()
    for _time in range(4):
        answer = client.get(PAGE, query_string={"ma": "7f3a"})
    assert answer.status_code == 429
    assert "So quá nhiều lần" in unescape(answer.get_data(as_text=True))
    assert client.get(PAGE).status_code == 200


def test_the_file_tells_no_day_of_fewer_than_5_forms(app: Flask, province: Database) -> None:
    """When a wave is over the last forms have a digest, however few."""
    steered(province)
    told(province)
    with province.writing() as session:
        number = (digests.newest(session, WAVE) or first_digest(province)).number + 1
        content = {"before": "x", "trail": [0, ""], "setting": {}, "parts": {"responses": {"count": 3}}}
        session.add(
            DayDigest(wave=WAVE, number=number, day=TODAY, responses=b"", content=content, digest="ab" * 32)
        )
    assert re.search(rf"^ +{number}  \d\d/\d\d/\d{{4}} +<5 +0  abab", seen(app, f"{PAGE}/ma.txt"), re.MULTILINE)
    assert f"{day(TODAY)} dưới 5 abab abab abab abab" in plain(seen(app))
    with province.reading() as session:
        assert digest_file.LINE.search(digest_file.text(session, WAVE))


def test_all_days_are_there_to_be_printed(app: Flask, province: Database) -> None:
    with province.writing() as session:
        for number in range(1, 27):
            content = {"before": "", "trail": [0, ""], "setting": {}, "parts": {}}
            on = TODAY - timedelta(27 - number)
            session.add(
                DayDigest(
                    wave=WAVE, number=number, day=on, responses=b"", content=content, digest=f"{number:04x}" * 16
                )
            )
    html = seen(app)
    assert html.count("<code>") == 26
    assert '<a href="#tat-ca">Đủ 26 ngày</a>' in html
    assert html.index("001a 001a") < html.index("0001 0001")


@pytest.mark.variants(1)
@pytest.mark.parametrize("width", [360, 1280])
def test_it_is_read_by_everybody_on_any_screen_and_without_scripts(
    browser: Browser, live_server: str, public: None, width: int
) -> None:
    for language in ("vi", "en"):
        context = browser.new_context(
            base_url=live_server, viewport={"width": width, "height": 800}, java_script_enabled=language == "vi"
        )
        page = context.new_page()
        page.goto(f"{PAGE}?lang={language}")
        page.get_by_label("Dán mã" if language == "vi" else "Paste the digest").fill("7f3a")
        page.get_by_role("button", name="So" if language == "vi" else "Compare").click()
        expect(page.get_by_role("status")).to_contain_text(
            "Chưa đọc được" if language == "vi" else "Nothing could be read"
        )
        if language == "vi":
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert violations(page) == []
        context.close()


def test_printed_it_is_whole(browser: Browser, live_server: str, app: Flask, public: None) -> None:
    context = browser.new_context(base_url=live_server, locale="vi-VN")
    page = context.new_page()
    page.goto(PAGE)
    printed = "".join(sheet.get_textpage().get_text_range() for sheet in pdfium.PdfDocument(page.pdf(format="A4")))
    context.close()
    for part in ("12 phiếu để riêng", "Để riêng hoặc rút lại", "Mã của từng ngày", REASON):
        assert part in " ".join(printed.split())
    assert "Dán mã và ngày" not in printed


def test_after_an_approval_the_former_text_stays_until_it_is_made_anew(app: Flask, province: Database) -> None:
    """Just then the press looks; but no verdict from before stands, nor a figure that was withdrawn."""
    steered(province)
    released(province)
    told(province)
    with province.reading() as session:
        number = session.scalars(select(Lot.number).where(Lot.wave == WAVE, Lot.psu == "V4")).first()
    aside(province, number or 0)
    released(province, "Nhập nhầm thôn")
    text = plain(seen(app))
    assert "Trang này đang được tính lại" in text
    assert f"là của ngày {day(TODAY)}" in text
    assert "108 phiếu được tính" in text
    assert "Chưa thấy điều gì" not in text
    told(province)
    text = plain(seen(app))
    assert "tính lại" not in text
    assert "99 phiếu được tính" in text
    with province.writing() as session:
        releases.withdraw(session, releases.find(session, WAVE, 2), "Nhập nhầm quyền số.", "chi")
    text = plain(seen(app))
    assert "Chỉ số hài lòng chung" not in text


def test_forms_set_aside_after_the_release_are_told_to_everybody_and_to_the_head(
    app: Flask, province: Database, sign_in: Callable[..., FlaskClient], account: Callable[..., None]
) -> None:
    steered(province)
    released(province)
    with province.writing() as session:
        account(session, "head", Role.HEAD)
    with province.reading() as session:
        number = session.scalars(select(Lot.number).where(Lot.wave == WAVE, Lot.psu == "V4")).first()
    head, words = sign_in(app, "head"), "9 phiếu của bản này nằm trong lô đã để riêng"
    pages = [f"/quan-tri/{WAVE}/cong-bo", f"/quan-tri/{WAVE}/cong-bo/1"]
    assert [words in head.get(page).text for page in pages] == [False, False]
    aside(province, number or 0)
    told(province)
    assert "Có trong bản công bố 1 mà đã để riêng: 9 phiếu" in plain(seen(app))
    assert [words in head.get(page).text for page in pages] == [True, True]
