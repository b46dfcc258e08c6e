"""The bank of questions: found by words, with their waves, taken into a draft once."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from survey.storage.database import Database
from tests.survey.web.staff.workshop.test_drafts import Writer, begin, written

BANK = "/quan-tri/bo-phieu/ngan-hang"


def test_a_question_is_found_without_accents_and_taken_once_with_its_code(
    app: Flask, sign_in: Callable[[Flask, str], FlaskClient], province: Database
) -> None:
    lan = Writer(sign_in(app, "home_affairs"))
    begin(lan)
    page = lan.client.get(f"{BANK}?nhap=1&tim=cho+den+luot").text
    assert "hl_cho" in page
    assert "noi_phuc_vu@2" in page
    assert "hl_le_phi" not in page
    assert 'name="cau" value="hl_cho"' in page
    none = lan.client.get(f"{BANK}?nhap=1&tim=vuvuzela").text
    assert f'href="{BANK}?nhap=1">xem tất cả' in none
    assert "<table" not in none
    lan.send("nhap/1/lay?tu=noi_phuc_vu@2", cau="hl_cho")
    assert written(province)["pages"][0]["items"][-1]["code"] == "hl_cho"
    assert 'name="cau" value="hl_cho"' not in lan.client.get(f"{BANK}?nhap=1&tim=cho+den+luot").text
    lan.send("nhap/1/lay?tu=noi_phuc_vu@2", cau="hl_cho")
    assert "hl_cho" in lan.client.get("/quan-tri/bo-phieu/nhap/1").text
    assert [item["code"] for item in written(province)["pages"][0]["items"]].count("hl_cho") == 1
