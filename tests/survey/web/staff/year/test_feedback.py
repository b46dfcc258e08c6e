"""The pages of cases: only what five people said can be given to an office, and a quarter goes out whole."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from survey.storage.database import Database
from survey.storage.models import CitizenCase, Role, SignIn
from survey.system import dates
from survey.year import cases
from tests.survey.year.said import HA_TU, WAITING, opened, publish, reply, speak

YEAR = dates.today().year
PAGE = f"/quan-tri/nam/{YEAR}/phan-hoi"
Enter = Callable[[Flask, str], FlaskClient]


def text(client: FlaskClient, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.get_data(as_text=True))


def send(client: FlaskClient, path: str, shown: str = f"{PAGE}/giao", **fields: object) -> tuple[int, str]:
    hidden = re.findall(r'type="hidden"[^>]* name="([^"]+)"[^>]* value="([^"]+)"', text(client, shown))
    assert hidden
    answer = client.post(path, data={**dict(hidden), **fields}, content_type="multipart/form-data")
    return answer.status_code, unescape(answer.get_data(as_text=True))


@pytest.fixture
def spoken(province: Database) -> Database:
    return speak(province)


def test_a_theme_of_fewer_than_five_people_is_not_offered_and_not_taken(
    app: Flask, spoken: Database, sign_in: Enter
) -> None:
    client = sign_in(app, "home_affairs")
    html = text(client, f"{PAGE}/giao")
    assert f'value="gop-y|{HA_TU}|thoi_gian"' in html
    assert f"gop-y|{HA_TU}|dat_dai" not in html
    given = {"words": WAITING, "office": "SKHCN", "head": "Giám đốc Sở", "deadline": "2026-12-20"}
    status, html = send(client, f"{PAGE}/giao", theme=f"gop-y|{HA_TU}|dat_dai", **given)
    assert status == 422
    status, html = send(
        client, f"{PAGE}/giao", theme=f"gop-y|{HA_TU}|thoi_gian", **given | {"words": "Gọi 0912345678"}
    )
    assert status == 422
    assert "dãy số dài" in html
    assert send(client, f"{PAGE}/giao", theme=f"gop-y|{HA_TU}|thoi_gian", **given)[0] == 303
    assert WAITING in text(client)
    with spoken.reading() as session:
        [case] = session.scalars(select(CitizenCase)).all()
    assert (case.office, case.opened_by, case.quarter) == (
        "SKHCN",
        "home_affairs",
        cases.quarter_of(dates.today()),
    )


def test_files_of_cases_and_replies_are_taken_whole_or_refused_by_row(
    app: Flask, spoken: Database, sign_in: Enter
) -> None:
    client = sign_in(app, "home_affairs")
    head = "wave,unit,theme,words,office,head,deadline\n"
    good = f"gop-y,{HA_TU},thoi_gian,{WAITING},SKHCN,Giám đốc Sở,2026-12-20\n"
    few = f"gop-y,{HA_TU},dat_dai,Có người chờ sổ đỏ.,SKHCN,Giám đốc Sở,2026-12-20\n"
    for content, wanted in ((head + good + few, 422), (head + good, 303)):
        file = (io.BytesIO(content.encode()), "dieu.csv")
        status, html = send(client, f"{PAGE}/tep", file=file)
        assert status == wanted
        with spoken.reading() as session:
            assert len(cases.lines(session)) == (wanted == 303)
    with spoken.reading() as session:
        [line] = cases.lines(session)
    for words, wanted in (("Gọi 0912 345 678", 422), ("Đã mở thêm một quầy.", 303)):
        file = (io.BytesIO(f"case,outcome,words\n{line.case},done,{words}\n".encode()), "tra-loi.csv")
        assert send(client, f"{PAGE}/tra-loi", file=file)[0] == wanted
    assert "Đã mở thêm một quầy." in text(client)


def test_somebody_else_than_who_answered_publishes_and_gives_the_password_first(
    app: Flask, spoken: Database, sign_in: Enter, account: Callable[..., None]
) -> None:
    with spoken.writing() as session:
        account(session, "binh", Role.HOME_AFFAIRS)
    case, quarter = opened(spoken), cases.quarter_of(dates.today())
    address = f"{PAGE}/dang/{quarter}"
    client = sign_in(app, "home_affairs")
    assert "đăng được quý này khi" in text(client)
    assert send(client, address, address)[0] == 409
    reply(spoken, case)
    own = sign_in(app, "binh")
    status, html = send(own, address, address)
    assert status == 403
    assert "Người khác phải kiểm tra" in html
    with spoken.writing() as session:
        session.execute(update(SignIn).values(authenticated_at=0))
    assert client.get(address).status_code == 303
    assert client.post(address).status_code in (303, 400)
    fresh = sign_in(app, "home_affairs")
    assert send(fresh, address, address)[0] == 303
    assert WAITING in app.test_client().get("/y-kien").get_data(as_text=True)


def test_nothing_goes_out_that_came_in_after_it_was_read(app: Flask, spoken: Database, sign_in: Enter) -> None:
    case, address = opened(spoken), f"{PAGE}/dang/{cases.quarter_of(dates.today())}"
    reply(spoken, case)
    client = sign_in(app, "home_affairs")
    [read] = re.findall(r'name="seen" value="([^"]+)"', text(client, address))
    reply(spoken, case, words="Đã mở quầy thứ hai.")
    for mark in (read, ""):
        status, html = send(client, address, address, seen=mark)
        assert (status, "chưa kịp hiện" in html, "Đã mở quầy thứ hai." in html) == (409, True, True)
    with spoken.reading() as session:
        assert cases.lines(session)[0].shown is None
    with spoken.writing() as session:
        session.execute(update(SignIn).values(authenticated_at=0))
    assert client.post(address, data={"seen": read}).status_code in (303, 400)
    assert send(sign_in(app, "home_affairs"), address, address)[0] == 303  # shown anew once the password is given
    with spoken.reading() as session:
        assert cases.lines(session)[0].shown is not None


def test_words_are_withdrawn_from_the_page_and_from_everybodys(
    app: Flask, spoken: Database, sign_in: Enter
) -> None:
    case = opened(spoken, -1)
    publish(spoken)
    client = sign_in(app, "home_affairs")
    assert WAITING in app.test_client().get("/y-kien").get_data(as_text=True)
    assert send(client, f"{PAGE}/rut", dieu=case)[0] == 303
    assert WAITING not in app.test_client().get("/y-kien").get_data(as_text=True)
    assert WAITING not in text(client)


def test_what_is_overdue_is_the_finding_and_an_empty_year_says_what_comes_first(
    app: Flask, spoken: Database, sign_in: Enter
) -> None:
    client = sign_in(app, "home_affairs")
    assert "chưa giao điều nào" in text(client)
    opened(spoken, -1)
    opened(spoken, 3, words="Có người mong biết giờ đến lượt.")
    assert "1 điều quá hạn chưa trả lời; 1 điều chờ trả lời" in text(client)
    assert "chưa giao điều nào" in text(client, f"/quan-tri/nam/{YEAR - 1}/phan-hoi")
    assert client.get(f"{PAGE}/dang/2031Q1").status_code == 404
    assert client.get(f"{PAGE}/dang/xyz").status_code == 400
