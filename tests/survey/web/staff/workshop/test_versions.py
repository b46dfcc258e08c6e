"""The workshop's list and its versions: seen, drawn, compared, downloaded."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forms import Questionnaire, effort, load, shipped


@pytest.fixture
def staff(app: Flask, sign_in: Callable[[Flask, str], FlaskClient]) -> FlaskClient:
    return sign_in(app, "home_affairs")


def test_the_list_has_every_version_with_the_waves_that_use_it(staff: FlaskClient) -> None:
    page = staff.get("/quan-tri/bo-phieu/").text
    for one in shipped():
        assert f"/quan-tri/bo-phieu/{one.name}" in page
    assert "Bộ phiếu" in page


def test_a_version_says_what_it_asks_how_long_it_is_and_what_its_index_counts(staff: FlaskClient) -> None:
    page = staff.get("/quan-tri/bo-phieu/noi_phuc_vu@2").text
    assert "Có làm việc với công chức" in page  # in a condition, read back
    assert "Chỉ số tính những gì" in page
    assert "Số trang giấy" in page


@pytest.mark.parametrize("way", ["dien-thoai", "kiosk", "may-tinh-bang", "nhap-lieu"])
def test_a_version_is_drawn_by_the_pages_on_which_it_is_answered(staff: FlaskClient, way: str) -> None:
    answer = staff.get(f"/quan-tri/bo-phieu/mot_cham@1/xem/{way}?tieng=en")
    assert answer.status_code == 200
    assert 'lang="en"' in answer.text
    assert 'href="/nhap-phieu/xem-thu' not in answer.text  # no such wave
    assert 'lang="vi"' in staff.get("/quan-tri/bo-phieu/").text.split(">")[1]  # the account's own language stays


@pytest.mark.parametrize("one", shipped(), ids=lambda one: one.name)
def test_how_long_it_takes_is_the_same_wherever_it_is_said(staff: FlaskClient, one: Questionnaire) -> None:
    def said(address: str, words: str) -> list[tuple[str, ...]]:
        return re.findall(words, staff.get(f"/quan-tri/bo-phieu/{address}").text)

    length = (str(effort.questions(one)), str(effort.minutes(one)))
    left = effort.further(one)
    in_workshop = r"(?s)>Câu hỏi</dt><dd>(\d+)</dd>.*Số phút[^<]*</dt><dd>(\d+)</dd>"
    assert said(one.name, in_workshop) == [length]
    assert length in said("", r"(\d+) câu, chừng (\d+) phút")
    assert said(f"{one.name}/xem/dien-thoai", r"(\d+) câu ngắn, chừng (\d+) phút") == [length]
    assert said(f"{one.name}/xem/may-tinh-bang", r"(\d+) câu ngắn, khoảng (\d+) phút") == [length]
    after = (str(effort.questions(left)), str(effort.minutes(left)))  # one touch and its reason
    assert said(f"{one.name}/xem/kiosk", r"(\d+) câu ngắn, chừng (\d+) phút") == [after]


def test_the_paper_form_is_a_pdf(staff: FlaskClient) -> None:
    assert staff.get("/quan-tri/bo-phieu/mot_cham@1/xem/giay").data.startswith(b"%PDF")


def test_nothing_that_is_sent_from_a_drawing_is_stored(staff: FlaskClient) -> None:
    page = staff.get("/quan-tri/bo-phieu/mot_cham@1/xem/dien-thoai").text
    assert 'action="/thu/xem"' in page
    assert "không được lưu" in staff.post("/thu/xem", data={"hl": "5"}).text


def test_the_document_comes_as_a_file_with_the_same_digest(staff: FlaskClient, tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(staff.get("/quan-tri/bo-phieu/ho_gia_dinh@2.yaml").data)
    assert load(path) in shipped()


def test_differences_stand_side_by_side(staff: FlaskClient) -> None:
    page = staff.get("/quan-tri/bo-phieu/noi_phuc_vu@2/khac").text
    assert "<del>" in page
    assert "<ins>" in page
    assert staff.get("/quan-tri/bo-phieu/noi_phuc_vu@1/khac").status_code == 404
