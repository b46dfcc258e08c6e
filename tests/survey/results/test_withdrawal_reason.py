"""Why a release was withdrawn, as everybody reads it: asked about once where it names somebody, and corrected."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from survey.integrity.contents import KINDS
from survey.results import public_reasons, releases
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

    named = "Phiếu của ông Nguyễn Văn A bị sót, 0912 345 678"
    asked = post("thu-hoi", **{"ly-do": named})
    assert (asked.status_code, "0912 345 678” giống tên người" in asked.text) == (400, True)
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
    assert post("sua-ly-do", **{"ly-do": "Sót một phiếu của phường Hà Tu."}).status_code == 303
    for page in pages:
        told = unescape(client.get(page).text)
        assert (named in told, "Sót một phiếu của phường Hà Tu." in told) == (False, True), page
    staff = unescape(head.get(base).text)
    assert named in staff
    assert "Sót một phiếu của phường Hà Tu." in staff
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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Sai quyền số của xã Cô Tô, Hoàng Quế và Hà Lầm", ""),
        ("Nhập nhầm 2.916 phiếu ngày 03/12/2026", ""),
        ("gọi 0203.3835.999", "0203.3835.999"),
        ("theo lời bà Ba", "bà Ba"),
        ("Trần Minh nhập nhầm", "Trần Minh"),
        ("Hoàng Văn Thụ báo", "Hoàng Văn Thụ"),
    ],
)
def test_names_and_long_numbers_are_seen_and_places_are_none(text: str, found: str) -> None:
    assert public_reasons.personal(text) == found
