"""The languages of a draft and its recordings, as somebody brings them who can't program."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.storage.database import Database
from survey.waves import questionnaires
from survey.waves import recordings as published
from survey.web import trial
from survey.workshop import drafts, recordings
from tests.survey.web.staff.workshop.test_drafts import QUESTION, Writer, begin, written

SignIn = Callable[[Flask, str], FlaskClient]
PAGE = "/quan-tri/bo-phieu/nhap/1/ngon-ngu"
SILENCE = b"RIFF" + struct.pack("<I", 44) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    return tmp_path / "recordings"


@pytest.fixture
def lan(folder: Path, app: Flask, sign_in: SignIn) -> Writer:
    writer = Writer(sign_in(app, "home_affairs"))
    begin(writer)
    writer.send("nhap/1/cau/cau_1/luu", **QUESTION)
    return writer


def sent(lan: Writer, content: bytes = SILENCE, name: str = "cau_1.vi.wav", **fields: Any) -> Any:
    return lan.send("nhap/1/ngon-ngu/ghi-am", tep=(BytesIO(content), name), **fields)


def heard(
    client: FlaskClient, address: str = "/quan-tri/bo-phieu/nhap/1/ghi-am/cau_1/vi"
) -> tuple[int, bytes, str]:
    with client.get(address) as answer:
        return answer.status_code, answer.data, answer.mimetype


def audio(database: Database) -> dict[str, str]:
    found: dict[str, str] = written(database)["pages"][0]["items"][0].get("audio", {})
    return found


def test_a_recording_is_sent_heard_replaced_and_brought_back(lan: Writer, province: Database) -> None:
    assert sent(lan).status_code == 303
    first = audio(province)["vi"]
    assert heard(lan.client) == (200, SILENCE, "audio/x-wav")
    assert 'src="/quan-tri/bo-phieu/nhap/1/ghi-am/cau_1/vi"' in lan.client.get(PAGE).text
    lan.send("nhap/1/ngon-ngu/ghi-am", cau="cau_1", vi=(BytesIO(SILENCE + b"again"), "x.wav"))
    assert audio(province)["vi"] != first
    lan.send("nhap/1/doi", what="undo")
    assert heard(lan.client)[1] == SILENCE
    lan.send("nhap/1/ngon-ngu/ghi-am/bo", cau="cau_1", tieng="vi")
    assert heard(lan.client)[0] == 404


@pytest.mark.parametrize("content", [b"<html>", b"MZ\x90\x00", b"", b"RIFF\0\0\0\0AVI LIST", b"%PDF-1.7"])
def test_only_what_sounds_is_taken(lan: Writer, province: Database, content: bytes) -> None:
    answer = sent(lan, content)
    assert answer.status_code == 422
    assert "MP3" in answer.text
    assert audio(province) == {}


@pytest.mark.parametrize(
    ("content", "end"), [(b"OggS\0\2", "ogg"), (b"ID3\4", "mp3"), (b"\0\0\0\x20ftypM4A ", "m4a")]
)
def test_a_file_is_kept_as_what_its_bytes_are(lan: Writer, province: Database, content: bytes, end: str) -> None:
    sent(lan, content, "cau_1.vi.exe")
    assert audio(province)["vi"].endswith(f".{end}")


def test_a_recording_that_is_too_long_or_names_nothing_is_refused(
    lan: Writer, province: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "LARGEST", 100)
    assert "ngắn hơn" in sent(lan, SILENCE + bytes(100)).text
    assert "khong_co.vi.wav" in sent(lan, name="khong_co.vi.wav").text
    assert sent(lan, name="cau_1.tyz.wav").status_code == 422
    assert audio(province) == {}


def test_replaced_recordings_make_room_and_the_rest_is_bounded(
    lan: Writer, province: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "LARGEST_ALL", 100)
    monkeypatch.setattr(drafts, "MOST_STEPS", 1)
    for number in range(4):
        sent(lan, SILENCE + bytes([number]))
    assert heard(lan.client)[0] == 200
    assert len(list((folder / "nhap" / "1").iterdir())) <= 2
    assert "nhiều nhất" in sent(lan, SILENCE + bytes(80)).text


def test_a_further_language_is_a_column_and_a_recording(lan: Writer, province: Database) -> None:
    lan.send("nhap/1/ngon-ngu/them", known="tyz")
    book = openpyxl.load_workbook(BytesIO(lan.client.get("/quan-tri/bo-phieu/nhap/1/ban-dich.xlsx").data))
    rows = list(book["survey"].iter_rows())
    column = next(cell.column for cell in rows[0] if cell.value == "label::Tày (tyz)")
    [row] = [row[0].row for row in rows if row[0].value == "pages/phan_1/items/cau_1/label"]
    book["survey"].cell(row, column).value = "Vằn nặm"
    file = BytesIO()
    book.save(file)
    lan.send("nhap/1/ngon-ngu/ban-dich", tep=(BytesIO(file.getvalue()), "tay.xlsx"))
    assert written(province)["pages"][0]["items"][0]["label"]["tyz"] == "Vằn nặm"
    assert sent(lan, name="cau_1.tyz.wav").status_code == 303
    lan.send("nhap/1/ngon-ngu/bo", code="tyz")
    assert "tyz" not in str(written(province))


@pytest.mark.parametrize(
    "fields", [{"code": "vi", "called": "Việt"}, {"code": "tay1", "called": "Tày"}, {"code": "tyx"}]
)
def test_a_language_needs_a_code_and_a_name(lan: Writer, province: Database, fields: dict[str, str]) -> None:
    assert lan.send("nhap/1/ngon-ngu/them", **fields).status_code == 422
    assert "languages" not in written(province)


def test_what_is_published_is_heard_and_what_was_sent_is_gone(
    lan: Writer, province: Database, folder: Path, app: Flask, sign_in: SignIn
) -> None:
    lan.send("nhap/1/luu", **{"title.vi": "Thủy lợi", "title.en": "Irrigation"})
    sent(lan)
    for what in ("gui", "phat-hanh"):
        who = lan if what == "gui" else Writer(sign_in(app, "admin"))
        assert who.send(f"nhap/1/{what}").status_code == 303
    with province.reading() as session:
        made = questionnaires.find(session, "thuy_loi@1")
    assert published.find(made, "cau_1", "vi").read_bytes() == SILENCE
    assert not (folder / "nhap" / "1").exists()
    lan.send("thuy_loi@1/ban-moi")
    assert heard(lan.client, "/quan-tri/bo-phieu/nhap/2/ghi-am/cau_1/vi")[1] == SILENCE


def test_a_draft_whose_recordings_are_not_there_is_not_sent(lan: Writer, province: Database) -> None:
    lan.send("nhap/1/luu", **{"title.vi": "Thủy lợi", "title.en": "Irrigation"})
    with province.writing() as session:
        row = drafts.find(session, 1)
        document = drafts.present(session, row)
        document["pages"][0]["items"][0]["audio"] = {"vi": "somewhere.mp3"}
        drafts.save(session, row, row.editor or "", "", document)
    answer = lan.send("nhap/1/gui")
    assert answer.status_code == 422
    assert "cau_1 (vi)" in answer.text


def test_a_trial_can_be_heard_on_a_phone(lan: Writer, client: FlaskClient) -> None:
    sent(lan)
    lan.client.get("/quan-tri/bo-phieu/nhap/1/thu")
    with lan.client.application.app_context():
        address = f"/thu/{trial.mark(1)}"
    assert f'href="{address}/nghe/cau_1/vi"' in client.get(address).text
    assert heard(client, f"{address}/nghe/cau_1/vi")[1] == SILENCE
    assert client.get(f"{address}/nghe/cau_1/en").status_code == 404
