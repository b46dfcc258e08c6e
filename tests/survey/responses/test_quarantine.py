"""Quarantined responses: accepted or declined with a reason, counted once, and never read by whoever decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select, update

from survey.operations import purge
from survey.responses import devices, quarantine, sealed_responses, submission
from survey.storage.database import Database
from survey.storage.models import Device, Mode, QuarantineDecision, QuarantinedResponse, Response, Verdict, Wave
from survey.system import dates
from survey.waves import waves
from tests.browser.axe import violations
from translations import Refusal

PAGE = "/quan-tri/gop-y/giu-lai"
REMARK = "điều riêng tư của tôi"
ANSWERS = {"hl_chung": 4, "tiep_xuc": 1, "bi_doi_tien": 1}
YESTERDAY = dates.today() - timedelta(1)


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The data folder, where the keys lie; what was read from it is forgotten afterwards."""
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    yield tmp_path
    sealed_responses._private.cache_clear()


@pytest.fixture
def receive(province: Database) -> Callable[..., str]:
    """Lets a bound device send a form: gives the digest of what is held."""
    with province.writing() as session:
        made = devices.link(session, "gop-y", "06652", "Sảnh")
        device, _token = devices.bind(session, made.secret, sealed_responses.current().id)

    def send(answers: Any = ANSWERS, **changed: str) -> str:
        about = {"id": str(uuid4()), "wave": "gop-y", "unit": "06652", "mode": "kiosk", "day": str(YESTERDAY)}
        about |= changed
        key = sealed_responses.current()
        content = {"answers": answers, "marks": ["lang-vi"]}
        sent = about | {"key": key.id, "sealed": sealed_responses.seal(key.public, about, content)}
        with province.writing() as session:
            before = {one.form.digest for one in quarantine.listed(session)}
            outcome, _why = sealed_responses.store_sealed(session, session.get_one(Device, device.id), sent)
            assert outcome == "held"
            (new,) = {one.form.digest for one in quarantine.listed(session)} - before
        return new

    return send


@pytest.fixture
def late(province: Database, receive: Callable[..., str]) -> str:
    """A form that came after the last day of the wave."""
    with province.writing() as session:
        session.execute(update(Wave).where(Wave.code == "gop-y").values(closes=YESTERDAY))
    return receive(ANSWERS | {"gop_y": REMARK})


def decide(province: Database, *forms: str, verdict: Verdict = Verdict.ACCEPTED, day: date | None = None) -> int:
    with province.writing() as session:
        return quarantine.decide(session, "gop-y", forms, verdict, "mất mạng ba tuần", "admin", day)


def kept(province: Database) -> list[Response]:
    with province.reading() as session:
        return list(session.scalars(select(Response).order_by(Response.day)))


def test_a_late_form_that_is_accepted_counts_on_its_own_day(province: Database, late: str) -> None:
    assert decide(province, late) == 1
    (response,) = kept(province)
    assert (response.answers, response.day, response.mode) == (ANSWERS, YESTERDAY, "kiosk")
    assert response.marks == ["lang-vi"]


def test_a_declined_form_stays_and_may_be_accepted_later_but_an_accepted_one_stays_accepted(
    province: Database, late: str
) -> None:
    assert decide(province, late, verdict=Verdict.DECLINED) == 1
    assert decide(province, late, verdict=Verdict.DECLINED) == 0
    assert not kept(province)
    assert decide(province, late) == 1
    with pytest.raises(Refusal, match="đã được tính"):
        decide(province, late, verdict=Verdict.DECLINED)
    assert len(kept(province)) == 1
    with province.reading() as session:
        rows = session.scalars(select(QuarantineDecision).order_by(QuarantineDecision.id)).all()
        assert [(row.verdict, row.reason, row.person, row.day) for row in rows] == [
            (verdict, "mất mạng ba tuần", "admin", dates.today())
            for verdict in (Verdict.DECLINED, Verdict.ACCEPTED)
        ]


def test_a_form_over_two_weeks_old_counts_on_its_own_day(province: Database, receive: Callable[..., str]) -> None:
    old = dates.today() - timedelta(20)
    assert decide(province, receive(day=str(old)), day=YESTERDAY) == 1
    assert [response.day for response in kept(province)] == [old]


@pytest.mark.parametrize("day", ["2020-01-01", "2999-01-01", "2026-02-30"])
def test_a_form_whose_day_can_not_be_needs_one_within_the_wave(
    province: Database, receive: Callable[..., str], day: str
) -> None:
    form = receive(day=day)
    for given in (None, dates.today() + timedelta(1), dates.today() - timedelta(40)):
        with pytest.raises(Refusal, match=form[:8]):
            decide(province, form, day=given)
    assert decide(province, form, day=YESTERDAY) == 1
    assert [response.day for response in kept(province)] == [YESTERDAY]


def test_a_form_of_another_commune_counts_where_it_says(province: Database, receive: Callable[..., str]) -> None:
    assert decide(province, receive(unit="06658")) == 1
    assert [response.unit for response in kept(province)] == ["06658"]


def test_a_form_counts_without_the_answers_that_do_not_fit(
    province: Database, receive: Callable[..., str]
) -> None:
    assert decide(province, receive({"hl_chung": 7, "tiep_xuc": 1})) == 1
    assert [response.answers for response in kept(province)] == [{"tiep_xuc": 1}]


def test_a_form_whose_number_was_sent_before_counts_as_one_of_its_own(
    province: Database, receive: Callable[..., str]
) -> None:
    id = uuid4()
    with province.writing() as session:
        place = waves.place(session, "gop-y", "06652", YESTERDAY)
        submission.submit(session.connection(), place, id, Mode.KIOSK, {"hl_chung": 1}, day=YESTERDAY)
    form = receive(id=str(id))
    assert decide(province, form) == 1
    first, second = sorted(kept(province), key=lambda response: response.id != id)
    assert (first.id, first.answers) == (id, {"hl_chung": 1})
    assert second.answers == ANSWERS
    assert second.id.version == 4
    with province.writing() as session:  # as a second person would who pressed at the same moment
        (one,) = quarantine.listed(session, "gop-y")
        quarantine._count(session, one.form, None)
    assert len(kept(province)) == 2


def test_what_does_not_open_fits_nothing_or_names_no_wave_can_only_be_declined(
    province: Database, receive: Callable[..., str]
) -> None:
    forms = [receive(None), receive({"hl_chung": 7}), receive(wave="khong-co")]
    with province.writing() as session:
        device = session.get_one(Device, 1)
        sent = {"id": str(uuid4()), "wave": "gop-y", "unit": "06652", "mode": "kiosk", "day": str(YESTERDAY)}
        sealed_responses.store_sealed(
            session, device, sent | {"key": sealed_responses.current().id, "sealed": "AAAA"}
        )
        forms += [one.form.digest for one in quarantine.listed(session, "gop-y") if one.form.reason == "seal"]
    for form in forms:
        with pytest.raises(Refusal, match="chỉ có thể từ chối"):
            decide(province, form)
    assert decide(province, *forms, verdict=Verdict.DECLINED) == 4


def test_a_form_whose_key_is_away_is_accepted_once_the_key_is_back(
    province: Database, late: str, folder: Path
) -> None:
    (path,) = folder.glob("sealing/*.key")
    away = path.rename(folder / path.name)
    with pytest.raises(Refusal, match="sealing/"):
        decide(province, late)
    away.rename(path)
    assert decide(province, late) == 1


def test_one_form_that_can_not_be_accepted_leaves_all_as_they_were(province: Database, late: str) -> None:
    with pytest.raises(Refusal):
        decide(province, late, "0" * 64)
    assert not kept(province)
    with province.reading() as session:
        assert not session.scalars(select(QuarantineDecision)).all()


def test_only_what_is_not_accepted_keeps_its_key(province: Database, late: str) -> None:
    sealed_responses.rotate()
    with province.writing() as session:
        devices.revoke(session, 1).revoked = dates.today() - timedelta(61)
        assert sealed_responses.delete_expired(session) == 0
    decide(province, late)
    with province.writing() as session:
        assert sealed_responses.delete_expired(session) == 1


def test_what_is_held_of_a_wave_whose_time_is_over_opens_to_nothing_any_more(
    province: Database, late: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAILONG_TEXT_KEY", str(folder / "texts.key"))
    with province.writing() as session:
        session.get_one(Wave, "gop-y").closes = date(2021, 1, 1)
        session.get_one(Wave, "gop-y").opens = date(2020, 1, 1)
        key = session.get_one(QuarantinedResponse, late).key
    known = sealed_responses.keys
    assert key in known()
    [done] = [one for one in purge.purge(province) if one.wave == "gop-y"]
    assert done.sealed == 0
    assert key not in known()
    with province.reading() as session:
        assert session.get_one(Device, 1).revoked is not None
        assert session.get_one(QuarantinedResponse, late).sealed  # the row stays, and says nothing


# The page


def token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(PAGE).text)
    assert found is not None
    return found[1]


def test_a_supervisor_sees_why_and_decides_and_nobody_reads_an_answer(
    app: Flask, province: Database, late: str, receive: Callable[..., str], sign_in: Callable[..., FlaskClient]
) -> None:
    client = sign_in(app, "home_affairs")
    empty = client.get("/quan-tri/ho-mo/giu-lai").text
    assert "Phiếu nào đến cũng đã được tính" in empty
    shown = client.get(PAGE).text
    assert "1 phiếu giữ lại chờ quyết định" in shown
    assert "Đến sau ngày cuối của đợt" in shown
    assert REMARK not in shown
    with province.reading() as session:
        (one,) = quarantine.listed(session, "gop-y")
    assert str(one.form.id) not in shown
    guard = token(client)
    without = client.post(PAGE, data={"csrf_token": guard, "phieu": late, "verdict": "accepted"})
    assert without.status_code == 422
    assert "Hãy ghi lý do" in without.text
    assert f'value="{late}" id="t1" aria-labelledby="n1" checked' in without.text
    none = client.post(PAGE, data={"csrf_token": guard, "verdict": "accepted", "reason": "mất mạng"})
    assert (none.status_code, not kept(province)) == (422, True)
    data = {"csrf_token": guard, "phieu": late, "verdict": "accepted", "reason": "mất mạng"}
    after = client.post(PAGE, data=data, follow_redirects=True).text
    assert "Đã nhận và tính 1 phiếu" in after
    assert "home_affairs" in after
    assert [response.answers for response in kept(province)] == [ANSWERS]


def test_the_list_is_cut_down_and_ticked_by_reason_and_state(
    app: Flask, late: str, receive: Callable[..., str], sign_in: Callable[..., FlaskClient]
) -> None:
    wrong = receive(unit="06658")
    client = sign_in(app, "home_affairs")
    listed = client.get(f"{PAGE}?ly-do=place&trang-thai=cho&chon=het").text
    assert re.findall(r'name="phieu" value="(\w+)".* checked', listed) == [wrong]
    assert late not in listed
    assert "Không có phiếu giữ lại nào đúng như đã chọn" in client.get(f"{PAGE}?trang-thai=declined").text


def test_the_page_of_progress_says_that_forms_wait_for_a_decision(
    app: Flask, province: Database, late: str, sign_in: Callable[..., FlaskClient]
) -> None:
    client = sign_in(app, "home_affairs")
    assert "1 phiếu đã đến mà chưa được tính" in client.get("/quan-tri/gop-y/tien-do").text
    assert "chưa được tính" not in client.get("/quan-tri/ho-mo/tien-do").text
    decide(province, late)
    assert "chưa được tính" not in client.get("/quan-tri/gop-y/tien-do").text


def test_a_keyer_has_no_access(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    assert sign_in(app, "keyer").get(PAGE).status_code == 403


def test_the_number_of_the_response_stays_with_the_command(province: Database, late: str) -> None:
    with province.reading() as session:
        (one,) = quarantine.listed(session, "gop-y")
    assert one.name == late[:8]
    assert isinstance(one.form.id, UUID)


def test_axe_finds_nothing_where_forms_are_held_and_decided(
    phone: Page,
    app: Flask,
    province: Database,
    late: str,
    receive: Callable[..., str],
    bring_in: Callable[[BrowserContext, Flask, str], None],
) -> None:
    decide(province, receive(unit="06658"), verdict=Verdict.DECLINED)
    bring_in(phone.context, app, "home_affairs")
    phone.goto(f"{PAGE}?chon=het")
    expect(phone.locator("[name=phieu]:checked")).to_have_count(2)
    assert violations(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
