"""The pages of lots: counts and states, two people's steps, and never a form or an answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from survey.responses import lot_list, lot_steps, lots
from survey.responses.lot_joining import join_small
from survey.responses.respondents import sample
from survey.storage.database import Database
from survey.storage.models import AuditEntry, Lot, LotKind, LotStep, Mode, Response, Role, Unit, Wave
from survey.system import dates
from survey.waves import waves

SignIn = Callable[[Flask, str], FlaskClient]
WAVE = "thu-nghiem"
REASON = "Ba hộ kể rằng không ai đến hỏi."


@pytest.fixture
def made_up_database(made_up_copy: Flask, account: Callable[..., None]) -> Database:
    database: Database = made_up_copy.extensions["database"]
    with database.writing() as session:
        account(session, "giam-sat", Role.SUPERVISOR)
    return database


def largest(database: Database) -> tuple[int, int]:
    """The largest lot of the demo's sample, and how many forms it has."""
    counts = select(Response.lot, func.count()).where(Response.wave == WAVE).group_by(Response.lot)
    with database.reading() as session:
        number, count = session.execute(counts.order_by(func.count().desc(), Response.lot)).first() or (0, 0)
    return number or 0, count


def send(client: FlaskClient, number: int, act: str, reason: str = "") -> Any:
    page = client.get(f"/quan-tri/{WAVE}/lo/{number}").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    data = {"act": act, "reason": reason, "csrf_token": token[1] if token else ""}
    return client.post(f"/quan-tri/{WAVE}/lo/{number}", data=data, follow_redirects=True)


def test_two_accounts_set_a_lot_aside_and_take_it_back(
    made_up_copy: Flask, made_up_database: Database, sign_in: SignIn
) -> None:
    number, count = largest(made_up_database)
    one, other = (sign_in(made_up_copy, name) for name in ("home_affairs", "giam-sat"))
    page = one.get(f"/quan-tri/{WAVE}/lo/{number}").text
    assert f"Lô {number}: {count} phiếu" in page
    assert "Khi tính" in page
    assert "nêu lý do" in send(one, number, "aside", " ").text
    assert "Chưa có gì thay đổi" in send(one, number, "aside", REASON).text
    page = one.get(f"/quan-tri/{WAVE}/lo/{number}").text
    assert "Ông/Bà là người đề nghị" in page
    assert 'value="confirm"' not in page
    refused = send(one, number, "confirm")
    assert (refused.status_code, "phải do người khác xác nhận" in refused.text) == (422, True)
    assert "1 đề nghị về lô đang chờ người thứ hai" in other.get(f"/quan-tri/{WAVE}/lo").text
    assert "Lô đã được để riêng" in send(other, number, "confirm").text
    assert f"Đã để riêng 1 lô: {count} phiếu" in one.get(f"/quan-tri/{WAVE}/lo").text
    assert (
        f'<dt>Nằm trong lô để riêng</dt><dd><a href="/quan-tri/{WAVE}/lo?trang-thai=aside">{count}</a></dd>'
        in (one.get(f"/quan-tri/{WAVE}/").text)
    )
    with made_up_database.reading() as session:
        assert sample(session, waves.find(session, WAVE)).aside == count
        noted = session.scalars(select(AuditEntry).where(AuditEntry.subject.contains(f"lot={number}"))).all()
        assert [(entry.who, entry.changes_figures) for entry in noted] == [
            ("home_affairs", True),
            ("giam-sat", True),
        ]
    send(other, number, "back", "Phúc tra: khớp.")
    assert "Đề nghị không còn nữa" in send(one, number, "withdraw", "Chưa đủ.").text
    send(other, number, "back", "Phúc tra 12 hộ: khớp.")
    assert "Lô được tính vào mọi số liệu" in send(one, number, "confirm").text
    history = one.get(f"/quan-tri/{WAVE}/lo/{number}").text.partition("Đã làm gì")[2]
    assert history.count("<li>") == 6
    assert "rút hoặc bác đề nghị (“Chưa đủ.”)" in history


def test_the_list_is_cut_down_and_shows_what_a_sender_brought(
    made_up_copy: Flask, made_up_database: Database, sign_in: SignIn
) -> None:
    reader = sign_in(made_up_copy, "home_affairs")
    with made_up_database.reading() as session:
        every = lot_list.lines(session, WAVE)
        sender = next(one.lot.sender for one in every if one.lot.kind is LotKind.KEYER)
        assert sender is not None
        brought = lot_list.brought(session, WAVE, sender)
    own = [one for one in every if one.lot.sender == sender]
    page = reader.get(f"/quan-tri/{WAVE}/lo?nguoi-gui={sender}").text
    assert f"<strong>{len(own)} lô</strong>" in page
    assert f"{sender} đã gửi, theo nơi và ngày" in page
    table = page.partition("theo nơi và ngày")[2]
    assert table.count('<th scope="row"') == len(brought) > 3
    for query, holds in (
        ("loai=interviewer", lambda one: one.lot.kind == "interviewer"),
        (f"ngay={own[0].lot.day}", lambda one: one.lot.day == own[0].lot.day),
        ("ngay=khong", lambda one: False),
        ("trang-thai=aside", lambda one: False),
        ("xa=06652", lambda one: "06652" in one.units),
    ):
        count = sum(map(holds, every))
        said = f"<strong>{count} lô</strong>" if count else "Không có lô nào hợp với lựa chọn."
        assert said in reader.get(f"/quan-tri/{WAVE}/lo?{query}").text, query
    for wrong in ("9" * 30, "12", "khong", "-1"):
        assert reader.get(f"/quan-tri/{WAVE}/lo/{wrong}").status_code == 404


def test_a_growing_lot_is_told_among_all_of_its_kind_alone(
    app: Flask, province: Database, sign_in: SignIn
) -> None:
    with province.writing() as session:
        asked = waves.find(session, "ho-mau").questionnaire
        for psu, days in (("V1", 0), ("V1", 1)):
            about = {"unit": "06652", "psu": psu, "mode": Mode.INTERVIEWER}
            day = dates.today() - timedelta(days)
            number = lots.number(session, "ho-mau", LotKind.INTERVIEWER, day, sender="an", **about)
            session.add_all(
                Response(
                    id=uuid4(),
                    wave="ho-mau",
                    day=day,
                    lot=number,
                    answers={},
                    marks=[],
                    questionnaire=asked,
                    **about,
                )
                for _form in range(6 + days)
            )
        join_small(session, "ho-mau", dates.today())
        growing = lots.number(session, "ho-mau", LotKind.INTERVIEWER, dates.today(), sender="an", **about)
        brought = [(one.day, one.count) for one in lot_list.brought(session, "ho-mau", "an")]
    assert brought == [(dates.today(), 6), (dates.today() - timedelta(1), 7)]
    reader = sign_in(app, "admin")
    page = reader.get("/quan-tri/ho-mau/lo").text
    assert "Một ngày của người phỏng vấn ở một thôn: 6 phiếu." in page
    assert str(growing) not in page
    page = reader.get(f"/quan-tri/ho-mau/lo/{growing}").text
    assert "còn đang nhận phiếu" in page
    main = page.partition("<main")[2].partition("</main>")[0]
    assert "6" not in re.sub(r"<[^>]*>|\d{2}/\d{2}/\d{4}|năm \d{4}", "", main).replace(str(growing), "")
    with province.reading() as session:
        assert not lot_steps.state(session, "ho-mau")


def test_figures_with_a_lot_and_without_it_tell_of_no_single_person_and_only_who_may_see_results(
    made_up_copy: Flask, made_up_database: Database, sign_in: SignIn
) -> None:
    number, _count = largest(made_up_database)
    with made_up_database.writing() as session:
        own = select(Response.unit).where(Response.lot == number)
        others = select(Response.unit).where(Response.wave == WAVE, Response.unit.not_in(own)).distinct()
        few, enough = session.scalars(others.order_by(Response.unit).limit(2))
        for unit, count in ((few, 4), (enough, 5)):  # as where small lots were joined to it
            some = select(Response.id).where(Response.wave == WAVE, Response.unit == unit).limit(count)
            ids = list(session.scalars(some))
            session.execute(update(Response).where(Response.id.in_(ids)).values(lot=number))
        names = [session.get_one(Unit, unit).name for unit in (few, enough)]
    address = f"/quan-tri/{WAVE}/lo/{number}"
    shown = sign_in(made_up_copy, "home_affairs").get(address).text
    figures = shown.partition('aria-labelledby="figures"')[2].partition("</section>")[0]
    assert [name in figures for name in names] == [False, True]
    assert 'aria-labelledby="figures"' not in sign_in(made_up_copy, "giam-sat").get(address).text


def test_what_cant_be_done_is_told_on_the_page_and_changes_nothing(
    made_up_copy: Flask, made_up_database: Database, sign_in: SignIn
) -> None:
    number, _count = largest(made_up_database)
    one, other = (sign_in(made_up_copy, name) for name in ("home_affairs", "giam-sat"))
    with made_up_database.writing() as session:
        growing = lots.begin(session, WAVE, LotKind.LINK, dates.today())
        small = lots.begin(session, WAVE, LotKind.LINK, dates.today() - timedelta(1))
        session.get_one(Lot, small).closed = dates.today()
        elsewhere = lots.begin(session, "gop-y", LotKind.LINK, dates.today())
        title = session.get_one(Wave, "gop-y").title

    def refused(
        client: FlaskClient, lot: int, act: str, words: str, reason: str = REASON, status: int = 422
    ) -> None:
        with made_up_database.reading() as session:
            before = session.scalar(select(func.count()).select_from(LotStep))
        page = client.get(f"/quan-tri/{WAVE}/lo/{number}").text  # of which the token holds for any
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token
        sent = {"act": act, "reason": reason, "csrf_token": token[1]}
        told = client.post(f"/quan-tri/{WAVE}/lo/{lot}", data=sent)
        assert (told.status_code, words in told.text) == (status, True), (lot, act)
        with made_up_database.reading() as session:
            assert session.scalar(select(func.count()).select_from(LotStep)) == before

    for reason in ("", "  "):
        refused(one, number, "aside", "nêu lý do", reason)
    refused(one, number, "aside", "400", "x" * 401)
    refused(one, growing, "aside", "còn có thể nhận thêm phiếu")
    refused(one, small, "aside", "dưới 5 phiếu")
    refused(one, elsewhere, "aside", f"thuộc đợt {title}", status=404)
    refused(one, number, "back", "không bị để riêng")
    refused(one, number, "confirm", "chưa có đề nghị")
    send(one, number, "aside", REASON)
    refused(other, number, "aside", "đã có đề nghị")
    refused(one, number, "confirm", "phải do người khác xác nhận")
    refused(other, number, "withdraw", "nêu lý do", "")
    send(other, number, "confirm")
    refused(one, number, "aside", "đã được để riêng từ")
    send(other, number, "back", REASON)
    refused(other, number, "confirm", "phải do người khác xác nhận")
