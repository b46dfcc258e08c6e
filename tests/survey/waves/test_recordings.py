"""A question read aloud: the recordings of a document, kept when it is published and played on request."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page, expect

from forms import DocumentError, Questionnaire, load
from survey.responses import devices
from survey.storage.database import Database
from survey.storage.models import Role, WaveKind
from survey.system import dates
from survey.waves import questionnaires, recordings, waves

WRITTEN = """
code: nghe
version: 1
title: {vi: Phiếu nghe, en: Heard}
purpose: {vi: Để thử, en: To try}
consent: {vi: Gửi là đồng ý, en: Sending is consent}
languages: {tyz: Tày}
pages:
  - code: mot
    title: {vi: Một, en: One}
    items:
      - code: vui
        kind: single
        label: {vi: Có vui không?, en: Are you happy?}
        choices: {1: {vi: Có, en: "Yes"}, 2: {vi: Không, en: "No"}}
        audio: {vi: audio/vui.wav, tyz: audio/vui_tyz.wav}
      - code: gi
        kind: text
        label: {vi: Điều gì?, en: What?}
"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """The document with a second of silence for each recording."""
    (tmp_path / "audio").mkdir()
    for name in ("vui", "vui_tyz"):
        with wave.open(str(tmp_path / "audio" / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(1)
            file.setframerate(8000)
            file.writeframes(b"\x80" * 8000)
    path = tmp_path / "nghe.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    return path


@pytest.fixture
def heard(
    document: Path, province: Database, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Questionnaire:
    """The document published, and asked in the open wave `nghe`."""
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path_factory.mktemp("data")))
    questionnaire = load(document)
    with province.writing() as session:
        questionnaires.publish(session, questionnaire, dates.today())
        waves.create(
            session, "nghe", questionnaire, WaveKind.OPEN, dates.today(), dates.today() + timedelta(1), public=True
        )
    recordings.keep(questionnaire, document.parent)
    return questionnaire


def test_a_recording_that_is_not_there_is_told_with_its_line(document: Path) -> None:
    (document.parent / "audio" / "vui_tyz.wav").unlink()
    with pytest.raises(DocumentError) as refused:
        load(document)
    line = WRITTEN[: WRITTEN.index("audio: {vi")].count("\n") + 1
    assert str(refused.value).startswith(f"nghe.yaml:{line}")
    assert "audio/vui_tyz.wav" in str(refused.value)


@pytest.mark.parametrize("name", ["../secret.wav", "/etc/passwd", "audio/vui.exe", "audio//vui.wav"])
def test_only_a_sound_beside_the_document_is_a_recording(document: Path, name: str) -> None:
    document.write_text(WRITTEN.replace("audio/vui.wav", name), encoding="utf-8")
    with pytest.raises(DocumentError):
        load(document)


def test_a_recording_is_in_a_language_of_the_document(document: Path) -> None:
    document.write_text(WRITTEN.replace("languages: {tyz: Tày}\n", ""), encoding="utf-8")
    with pytest.raises(DocumentError):
        load(document)


def test_a_recording_outlives_the_folder_it_came_from(
    heard: Questionnaire, document: Path, client: FlaskClient
) -> None:
    (document.parent / "audio" / "vui.wav").unlink()
    with client.get(f"/nghe/{heard.digest}/vui/vi") as reply:
        assert (reply.status_code, reply.mimetype) == (200, "audio/x-wav")
        assert "max-age=31536000" in reply.headers["Cache-Control"]
    for address in (f"{heard.digest}/vui/en", f"{heard.digest}/gi/vi", f"{heard.digest}/khong/vi", "x/vui/vi"):
        assert client.get(f"/nghe/{address}").status_code == 404


def test_a_question_can_be_heard_in_each_language_that_it_was_recorded_in(
    heard: Questionnaire, phone: Page
) -> None:
    phone.goto("/s/nghe/06652")
    phone.get_by_role("button", name="Bắt đầu").click()
    for name, code in (("Nghe Có vui không?", "vi"), ("Nghe (Tày) Có vui không?", "tyz")):
        with phone.expect_response(f"**/nghe/{heard.digest}/vui/{code}") as reply:
            phone.get_by_role("link", name=name, exact=True).click()
        assert reply.value.status in (200, 206)
    assert "/s/nghe" in phone.url
    phone.get_by_role("button", name="Bỏ qua").click()
    expect(phone.locator("#gi")).to_be_visible()
    expect(phone.locator("[data-listen]:visible")).to_have_count(0)


@contextmanager
def kiosk(province: Database, browser: Browser, base: str) -> Iterator[tuple[Page, devices.Link]]:
    """A bound kiosk that asks the document."""
    with province.writing() as session:
        link = devices.link(session, "nghe", "06652", "Sảnh")
    context = browser.new_context(base_url=base, locale="vi-VN")
    page = context.new_page()
    page.goto(f"/kiosk/bind/{link.secret}")
    expect(page.locator("html[data-ready]")).to_be_attached()
    yield page, link
    context.close()


KEPT = "async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url.slice(-7)).sort()"
PLAYED = """(address) => new Promise((resolve) => {
  const sound = new Audio(address);
  sound.ondurationchange = () => resolve(sound.duration);
  sound.onerror = () => resolve(0);
  sound.load();
})"""
PART = """async (address) => {
  const reply = await fetch(address, { headers: { Range: "bytes=4-7" } });
  return [reply.status, reply.headers.get("Content-Range"), (await reply.arrayBuffer()).byteLength];
}"""


def kept(page: Page, count: int, device: str = "kiosk") -> list[str]:
    """The recordings on the device, once there are so many, or those of after two minutes."""
    for _time in range(1_200):
        if len(found := page.evaluate(KEPT, f"{device}-sounds")) == count:
            break
        page.wait_for_timeout(100)
    return sorted(found)


def test_a_kiosk_plays_its_recordings_without_network(
    heard: Questionnaire, province: Database, browser: Browser, live_server: str
) -> None:
    with kiosk(province, browser, live_server) as (page, link):
        assert kept(page, 2) == ["/vui/vi", "vui/tyz"]
        page.context.set_offline(True)
        page.reload()
        page.get_by_role("button", name="Bắt đầu").click()
        with page.expect_response(f"**/nghe/{heard.digest}/vui/tyz") as reply:
            page.get_by_role("link", name="Nghe (Tày) Có vui không?", exact=True).click()
        assert reply.value.from_service_worker
        assert page.evaluate(PLAYED, f"/nghe/{heard.digest}/vui/vi") == pytest.approx(1, abs=0.01)
        assert page.evaluate(PLAYED, f"/nghe/{heard.digest}/gi/vi") == 0
        assert page.evaluate(PART, f"/nghe/{heard.digest}/vui/vi") == [206, "bytes 4-7/8044", 4]
        page.goto("/kiosk/nghe/06652")
        page.locator("[data-staff]").focus()
        page.keyboard.press("Enter")
        for digit in link.leave_code:
            page.locator(f"[data-digit='{digit}']").click()
        expect(page.locator("[data-sounds] b")).to_have_text("2 / 2")


def test_a_kiosk_keeps_no_recording_that_would_leave_forms_no_room(
    heard: Questionnaire, province: Database, browser: Browser, live_server: str
) -> None:
    with recordings.find(heard, "vui", "tyz").open("ab") as file:
        file.truncate(65_000_000)  # bytes, of which the disk holds few
    with kiosk(province, browser, live_server) as (page, _link):
        assert kept(page, 1) == ["/vui/vi"]  # looked at after the long one


def test_a_tablet_plays_its_recordings_without_network(
    heard: Questionnaire,
    province: Database,
    browser: Browser,
    live_server: str,
    app: Flask,
    account: Callable[..., None],
    bring_in: Callable[[BrowserContext, Flask, str], None],
) -> None:
    with province.writing() as session:
        account(session, "dieu-tra", Role.INTERVIEWER)
    context = browser.new_context(base_url=live_server, locale="vi-VN")
    bring_in(context, app, "dieu-tra")
    page = context.new_page()
    page.goto("/phong-van/nghe/06652")
    expect(page.get_by_text("Trang này dùng được cả khi mất mạng.")).to_be_visible()
    assert kept(page, 2, "interviewer") == ["/vui/vi", "vui/tyz"]
    context.set_offline(True)
    page.reload()
    page.get_by_role("button", name="Bắt đầu").click()
    with page.expect_response(f"**/nghe/{heard.digest}/vui/tyz") as reply:
        page.get_by_role("link", name="Nghe (Tày) Có vui không?", exact=True).click()
    assert reply.value.from_service_worker
    assert page.evaluate(PLAYED, f"/nghe/{heard.digest}/vui/vi") == pytest.approx(1, abs=0.01)
    context.close()
