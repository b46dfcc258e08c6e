"""A page of staff says everything about itself at its view."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask, render_template_string, request
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from survey.accounts.accounts import Right
from survey.storage.database import Database
from survey.storage.models import AuditEntry
from survey.waves import waves
from survey.web.current import database
from survey.web.pages import Pages, Tab

TEMPLATE = """{% extends "staff/layout.html" %}
{% block main %}<h1>Talks</h1>
<form method="post"><input type="hidden" name="csrf_token" value="{{ csrf_token() }}"></form>{% endblock %}"""


def test_a_new_page_needs_its_own_module_and_no_list_elsewhere(
    app: Flask, province: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    """Its tab, right, limit and entry in the trail all come from the one place where it is written."""
    pages = Pages("talks", __name__, "/quan-tri")

    @pages.page(
        "/<wave>/noi-chuyen",
        Right.FIELDWORK,
        methods=["GET", "POST"],
        tab=Tab(99, "Talks"),
        act="Noted a talk",
        max_upload=200_000,
    )
    def talks(wave: str) -> ResponseReturnValue:
        if request.method == "POST":
            with database().writing():
                return f"{len(request.form['words'])} characters"
        with database().reading() as session:
            return render_template_string(TEMPLATE, wave=waves.find(session, wave))

    app.register_blueprint(pages)
    address = "/quan-tri/ho-mau/noi-chuyen"
    assert app.test_client().get(address).status_code == 302
    assert sign_in(app, "keyer").get(address).status_code == 403
    admin = sign_in(app, "admin")
    page = admin.get(address).text
    assert f'<a href="{address}" aria-current="page">Talks</a>' in page
    assert f'<a href="{address}">Talks</a>' in admin.get("/quan-tri/ho-mau/mau").text
    key = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert key is not None
    sent = {"csrf_token": key[1], "words": "x" * 150_000}
    assert admin.post(address, data=sent).text == "150000 characters"
    assert admin.post(address, data=sent | {"words": "x" * 250_000}).status_code == 413
    with province.reading() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert (last.who, last.what, last.subject) == ("admin", "Noted a talk", "wave=ho-mau")
    assert last.changes_figures


def test_a_page_that_is_sent_to_says_what_it_does_before_the_server_starts() -> None:
    with pytest.raises(ValueError, match="/moi takes POST"):
        Pages("talks", __name__).page("/moi", Right.FIELDWORK, methods=["POST"])


def test_staff_are_refused_within_their_own_frame(
    app: Flask, province: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    admin = sign_in(app, "admin")
    for address, status in (("/quan-tri/ho-mau/phieu/khong-co", 404), ("/quan-tri/khong-co/mau", 404)):
        answer = admin.get(address)
        assert (answer.status_code, 'class="staff"' in answer.text) == (status, True), address
    named = admin.get("/quan-tri/ho-mau/phieu/khong-co").text
    assert '<a href="/quan-tri/ho-mau/mau">' in named  # the tabs of the wave are still there
    assert 'class="staff"' not in admin.get("/khong-co").text
    assert 'class="staff"' not in app.test_client().get("/quan-tri/khong-co/mau", follow_redirects=True).text


def test_a_wave_has_five_tabs_and_what_it_does_not_use_of_the_fieldwork_is_folded_away(
    app: Flask, province: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    page = sign_in(app, "admin").get("/quan-tri/ho-mau/tien-do").text
    bar = page.partition('class="staff-pages">')[2].partition("</ul>")[0]
    assert re.findall(r">([^<>]+)</a>", bar) == [
        "Tổng quan",
        "Xã, phường",
        "Nội dung",
        "So sánh",
        "Báo cáo và công bố",
    ]
    fieldwork = page.partition('class="staff-tabs"')[2].partition("</nav>")[0]
    shown, _summary, folded = fieldwork.partition("staff-apart")
    assert ">Mẫu</a>" in shown  # a sample has one
    assert ">Áp phích</a>" not in shown  # of an open wave
    assert ">Áp phích</a>" in folded
    assert 'aria-current="page">Tiến độ</a>' in shown


@pytest.mark.parametrize(
    ("path", "tab", "view"),
    [
        ("bao-cao", "Báo cáo và công bố", "Báo cáo"),
        ("cong-bo", "Báo cáo và công bố", "Công bố"),
        ("du-lieu-mo", "Báo cáo và công bố", "Dữ liệu mở"),
        ("bang", "So sánh", "Theo nhóm người"),
        ("qua-cac-dot", "So sánh", "Qua các năm"),
    ],
)
def test_each_bar_marks_one_link_the_tab_and_the_view_within_it(
    app: Flask, province: Database, sign_in: Callable[[Flask, str], FlaskClient], path: str, tab: str, view: str
) -> None:
    page = sign_in(app, "admin").get(f"/quan-tri/ho-mau/{path}").text
    rows = [part.partition("</ul>")[0] for part in page.split('class="staff-pages">')[1:]]
    assert [re.findall(r'aria-current="\w+">([^<]+)</a>', row) for row in rows] == [[tab], [view]]
    assert re.findall(r'<details class="staff-menu staff-folded">\s*<summary>([^<]+)', page) == [tab, view]
