"""Why a release was withdrawn, as everybody reads it: asked about once where it names somebody, and corrected."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from survey.integrity.contents import KINDS
from survey.responses.respondents import sample
from survey.results import public_reasons, release_steps, releases, since
from survey.storage.database import Database
from survey.storage.models import AuditEntry, Role
from survey.waves import waves
from tests.survey.integrity.told_waves import released, steered


def test_a_reason_that_seems_to_name_somebody_is_asked_about_once_and_can_be_corrected(
    app: Flask, province: Database, sign_in: Any, account: Any
) -> None:
    """Everybody reads the newest alone; staff read both, and the digests are over both."""
    steered(province)
    released(province)
    with province.writing() as session:
        account(session, "head", Role.HEAD)
        waves.find(session, "ho-mau").public = True
    head, base = sign_in(app, "head"), "/quan-tri/ho-mau/cong-bo/1"

    def post(step: str, **sent: str) -> Any:
        fields = dict(re.findall(r'name="(csrf_token|dot)"[^>]*value="([^"]+)"', head.get(f"{base}/{step}").text))
        return head.post(f"{base}/{step}", data=fields | sent)

    assert head.get(f"{base}/sua-ly-do").status_code == 409  # there is no reason yet
    named = "Phiếu của ông Nguyễn Văn A bị sót, 0912 345 678"
    asked = post("thu-hoi", **{"ly-do": named})
    assert (
        asked.status_code,
        "giống tên người hay số của ai đó: 0912 345 678; ông Nguyễn Văn A. " in asked.text,
    ) == (400, True)
    assert 'name="duoc-doc"' in asked.text
    with province.reading() as session:
        assert releases.newest(session, "ho-mau") is not None
    assert post("thu-hoi", **{"ly-do": named, "duoc-doc": "1"}).status_code == 303
    with province.reading() as session:
        former = [row.content for row in KINDS["releases"].rows(session, waves.find(session, "ho-mau"))]
    client = app.test_client()
    pages = ("/ket-qua/ho-mau", "/toan-ven/ho-mau", "/ket-qua/ho-mau/so-lieu.csv")
    assert all(named in unescape(client.get(page).text) for page in pages)
    assert post("sua-ly-do", **{"ly-do": named}).status_code == 400
    assert "Lý do đang ghi đúng như vậy" in post("sua-ly-do", **{"ly-do": named, "duoc-doc": "1"}).text
    assert post("sua-ly-do", **{"ly-do": "Sót một phiếu của phường Hà Tu."}).status_code == 303
    for page in pages:
        told = unescape(client.get(page).text)
        assert (named in told, "Sót một phiếu của phường Hà Tu." in told) == (False, True), page
    staff = unescape(head.get(base).text)
    assert named in staff
    assert "Sót một phiếu của phường Hà Tu." in staff
    assert "head đã sửa lý do ngày" in staff
    with province.reading() as session:
        now = [row.content for row in KINDS["releases"].rows(session, waves.find(session, "ho-mau"))]
        acts = [one.what for one in session.scalars(select(AuditEntry).order_by(AuditEntry.number))]
    assert now[: len(former)] == former
    assert now[-1][-1] == "Sót một phiếu của phường Hà Tu."
    with province.writing() as session:
        releases.find(session, "ho-mau", 1).withdrawal = "Không có gì sai."
        wave = waves.find(session, "ho-mau")
        assert [row.content for row in KINDS["releases"].rows(session, wave)] != now  # what everybody reads counts
        session.rollback()
    assert acts[-1] == "Corrected the reason of a withdrawal"


def test_a_corrected_reason_is_read_wherever_the_former_one_was_in_a_cache(made_up_copy: Flask) -> None:
    """Beside the next wave, whose page says why there is no comparison; in what is told of integrity."""
    read = []
    database = made_up_copy.extensions["database"]
    for change in (releases.withdraw, lambda _session, *about: release_steps.reword(*about)):
        reason = f"Lý do thứ {len(read) + 1}"
        with database.writing() as session:
            change(session, releases.find(session, "nam-truoc", 1), reason, "chi")
        with database.reading() as session:
            told = since.gather(session, sample(session, waves.find(session, "thu-nghiem")))
            assert told is not None
            read.append(reason)
            assert [one for one in ("Lý do thứ 1", "Lý do thứ 2") if one in told.untold] == read[-1:]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Sai quyền số của xã Cô Tô, Hoàng Quế và Hà Lầm", []),
        ("Nhập nhầm 2.916 phiếu ngày 03/12/2026", []),
        ("Đào tạo lại theo Quyết định 1234/QĐ-UBND của Sở Nội vụ tỉnh Quảng Ninh; ba xã Đông Triều", []),
        ("gọi 0203.3835.999", ["0203.3835.999"]),
        ("theo lời bà Ba", ["bà Ba"]),
        ("Trần Minh nhập nhầm", ["Trần Minh"]),
        ("Hoàng Văn Thụ báo", ["Hoàng Văn Thụ"]),
        ("Vi Thị Mai gõ sai, báo ở nam@quangninh.vn", ["nam@quangninh.vn", "Vi Thị Mai"]),
        ("Nguyen Van A và NGUYỄN VĂN NAM, 0912 345 678", ["0912 345 678", "Nguyen Van A", "NGUYỄN VĂN NAM"]),
    ],
)
def test_names_and_long_numbers_are_seen_and_places_are_none(text: str, found: list[str]) -> None:
    assert public_reasons.personal(text) == found
