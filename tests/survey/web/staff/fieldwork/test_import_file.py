"""The screen on which a typed-up file becomes responses."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from survey.data_files import column_mapping, importing
from survey.responses import respondents
from survey.storage.database import Database
from survey.storage.models import Response, Village
from survey.system import dates
from survey.waves import waves
from survey.web.staff import pages, uploads
from survey.web.staff.fieldwork import import_mistakes

PASSWORD = "mat-khau-dai"
PAGE = "/quan-tri/ho-mau/nhap-tep"
TODAY = dates.today().strftime("%d/%m/%Y")
GOOD = f"Xã;Thôn;Ngày;Giới tính;Phiền hà\nHà Tu;V1;{TODAY};Nam;1\nCao Xanh;V3;{TODAY};nữ giới;1\n"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    (tmp_path / "du-lieu").mkdir()
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "du-lieu"))
    return tmp_path / "du-lieu" / "cho-nhap"


@pytest.fixture
def office(app: Flask) -> FlaskClient:
    return signed_in(app, "home_affairs")


def signed_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    client.post("/dang-nhap", data={"name": name, "password": PASSWORD, "csrf_token": token(client, "/dang-nhap")})
    return client


def token(client: FlaskClient, page: str = PAGE) -> str:
    found = re.search(r'name="csrf_token" [^>]*value="([^"]+)"', client.get(page).text)
    assert found
    return found[1]


def plain(page: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def upload(client: FlaskClient, content: bytes, name: str = "go-tay.csv") -> TestResponse:
    sent = {"csrf_token": token(client), "act": "upload", "file": (io.BytesIO(content), name)}
    return client.post(PAGE, data=sent)


def fields(page: TestResponse) -> dict[str, str]:
    """What a browser would send of the form on the page."""
    found = dict(re.findall(r'<input type="(?:hidden|text)"[^>]* name="([^"]+)" value="([^"]*)"', page.text))
    for name, inner in re.findall(r'<select id="[^"]+" name="([^"]+)"[^>]*>(.*?)</select>', page.text, re.S):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        found[name] = chosen[1] if chosen else ""
    return found


def stored(database: Database) -> list[tuple[str, str | None, dict[str, object]]]:
    with database.reading() as session:
        rows = session.scalars(select(Response).where(Response.wave == "ho-mau"))
        return sorted(((row.unit, row.psu, row.answers) for row in rows), key=str)


def test_a_typed_up_file_is_mended_and_stored_as_a_lot(
    office: FlaskClient, province: Database, folder: Path
) -> None:
    assert upload(office, GOOD.encode()).location == PAGE
    (waiting,) = folder.iterdir()
    assert "Hà Tu".encode() not in waiting.read_bytes()
    page = office.get(PAGE)
    form = fields(page)
    assert [form[f"c{place}"] for place in range(5)] == ["unit", "psu", "day", "gioi_tinh", ""]
    word = f"w3-gioi_tinh-{column_mapping.key('nữ giới')}"
    assert (form[word], form["rows"]) == ("", "1")
    assert page.status_code == 422
    assert "1 dòng sai, 1 cột có dữ liệu chưa dùng; 1 dòng đúng" in plain(page)
    assert "3 Giới tính nữ giới Không phải câu trả lời nào của câu hỏi." in plain(page)
    assert "Cột có dữ liệu mà chưa dùng: 1" in plain(page)
    wrong = office.post(PAGE, data=form | {"act": "rows"})
    assert wrong.data.decode("utf-8-sig").splitlines()[1] == f"3,Cao Xanh,V3,{TODAY},nữ giới,1"
    form |= {word: "2", "c4": "C55", "act": "check"}
    page = office.post(PAGE, data=form)
    assert "Không có cột này. Tên gần nhất là C5." in plain(page)
    form["c4"] = "C5"
    assert "Số dòng đã thay đổi" in plain(office.post(PAGE, data=form | {"act": "store"}))
    assert stored(province) == []
    page = office.post(PAGE, data=form)
    assert page.status_code == 200
    assert "2 dòng đúng" in plain(page)
    assert "Đã sửa cả 1 ô." in plain(page)
    done = office.post(PAGE, data=fields(page) | {"act": "store", "name": "Hà Tu, đợt 1"})
    assert "Đã lưu 2 phiếu Hà Tu, đợt 1" in plain(done)
    assert stored(province) == [
        ("06652", "V1", {"gioi_tinh": 1, "C5": 1}),
        ("06658", "V3", {"gioi_tinh": 2, "C5": 1}),
    ]
    assert list(folder.iterdir()) == []
    assert "Đọc tệp" in plain(office.get(PAGE))


def test_equal_mistakes_are_one_with_one_repair_and_right_rows_come_in_alone(
    office: FlaskClient, province: Database
) -> None:
    rows = [f"{at};Hà Tu;V1;{TODAY};{'Nuw' if at < 5 else 'Nam'};0912345678" for at in range(1, 8)]
    rows += ["8;Hà Tu;V1;31/11/2026;Nam;0912345678", f"9;TP Cẩm Phả;V1;{TODAY};Nam;0912345678"]
    upload(office, "\n".join(["DANH SÁCH", "", "STT;Xã;Thôn;Ngày;Giới tính;SĐT", *rows]).encode())
    page = office.get(PAGE)
    said = plain(page)
    assert "6 dòng sai, 1 cột có dữ liệu chưa dùng; 3 dòng đúng" in said
    assert "4–7 Giới tính Nuw 4 ô" in said
    assert "11 Ngày 31/11/2026" in said
    assert "0912345678" not in page.text
    assert "đã che" in said
    assert "Đã bỏ qua cột số thứ tự." in said
    form = fields(page)
    assert form[f"w3-gioi_tinh-{column_mapping.key('Nuw')}"] == "2"  # proposed, not done
    commune = f"w0-unit-{column_mapping.key('TP Cẩm Phả')}"
    assert page.text.count(f'name="{commune}"') == 1
    page = office.post(PAGE, data=form | {"act": "check"})
    assert "2 dòng sai, 1 cột có dữ liệu chưa dùng; 7 dòng đúng" in plain(page)
    done = plain(office.post(PAGE, data=fields(page) | {"act": "store"}))
    assert "Đã lưu 7 phiếu" in done
    assert "2 dòng sai đã để lại" in done
    assert len(stored(province)) == 7


def test_faults_are_counted_to_the_last_under_the_heads_of_the_file(
    office: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(office, ("Xã;Thôn;Ngày;Ghi thêm\n" + "Hà Tu;V1;31/11/2026;100\n" * 700).encode())
    form = fields(office.get(PAGE)) | {"c3": "adults", "act": "check"}
    said = plain(office.post(PAGE, data=form))
    assert said.count("700 ô") == 2
    assert "2–701 Ghi thêm 100" in said
    assert "2–701 adults" not in said
    monkeypatch.setattr(importing, "MOST_FAULTS", 100)
    monkeypatch.setattr(import_mistakes, "MOST_KINDS", 1)
    said = plain(office.post(PAGE, data=form))
    assert "Tệp có 1.400 lỗi. Bảng này chỉ đếm 100 lỗi đầu" in said
    assert "Còn 1 loại lỗi nữa" in said


def test_every_mistake_that_is_listed_tells_its_nearest_name(office: FlaskClient, province: Database) -> None:
    with province.writing() as session:
        session.add(Village(wave="ho-mau", psu="HT-01", unit="06652", stratum="A", households=120))
    upload(office, ("Xã;Thôn;Ngày\n" + "".join(f"Hà Tu;HT-0{at}x;{TODAY}\n" for at in range(40))).encode())
    said = plain(office.get(PAGE))
    assert said.count("Tên gần nhất là HT-01") == 40


def test_a_file_of_another_wave_is_told_before_its_faults(office: FlaskClient, province: Database) -> None:
    with province.writing() as session:
        title = waves.find(session, "ho-mo").title
        session.add_all(Village(wave="ho-mo", psu=f"Z{at}", unit="06652", stratum="A") for at in range(3))
    rows = "".join(f"Hà Tu;Z{at};01/01/2001;1\n" for at in range(3))
    upload(office, f"Xã;Thôn;Ngày;C5\n{rows}".encode())
    assert f"Tệp này có vẻ của đợt {title}" in plain(office.get(PAGE))
    upload(office, f"Xã;Thôn;Ngày;C5\n{rows.replace('Z', 'V')}".encode())
    assert "có vẻ của đợt" not in plain(office.get(PAGE))


def test_a_lot_is_taken_back_whole_or_replaced_by_a_corrected_file(
    office: FlaskClient, province: Database
) -> None:
    one = GOOD.replace("nữ giới", "Nữ")
    upload(office, one.encode())
    office.post(PAGE, data=fields(office.get(PAGE)) | {"act": "store", "name": "lô một"})
    (number,) = re.findall(r"thay=([0-9]+)", office.get(PAGE).text)
    sent = {"csrf_token": token(office), "act": "upload", "thay": number}
    office.post(PAGE, data=sent | {"file": (io.BytesIO(one.replace("Nam", "Nữ").encode()), "sua.csv")})
    form = fields(office.get(PAGE)) | {"act": "store"}
    assert "Hãy nêu lý do" in plain(office.post(PAGE, data=form))
    done = plain(office.post(PAGE, data=form | {"ly-do": "gõ nhầm giới tính"}))
    assert "Đã lưu 2 phiếu" in done
    assert "Lô lô một (2 phiếu) đã được lấy lại." in done
    with province.reading() as session:
        wave = waves.find(session, "ho-mau")
        people, came = respondents.sample(session, wave), respondents.everyone(session, wave)
    assert (len(people), people.aside, len(came)) == (2, 0, 2)  # nobody came twice, nor was set aside
    assert "Đã lấy lại ngày" in plain(office.get(PAGE))
    (second,) = re.findall(r"thay=([0-9]+)", office.get(PAGE).text)
    gone = {"csrf_token": token(office), "lo": second, "ly-do": "tệp tập huấn"}
    assert office.post(f"{PAGE}/lay-lai", data=gone).location == PAGE
    assert office.post(f"{PAGE}/lay-lai", data=gone).status_code == 409
    with province.reading() as session:
        wave = waves.find(session, "ho-mau")
        people, came = respondents.sample(session, wave), respondents.everyone(session, wave)
    assert (len(people), people.aside, len(came)) == (0, 0, 0)


def test_nothing_comes_in_once_the_fieldwork_is_closed(office: FlaskClient, province: Database) -> None:
    upload(office, GOOD.encode())
    form = fields(office.get(PAGE))
    with province.writing() as session:
        waves.find(session, "ho-mau").closed = dates.today()
    assert "Thực địa của đợt" in plain(office.post(PAGE, data=form | {"act": "store"}))
    office.post(PAGE, data={"csrf_token": form.get("csrf_token", ""), "act": "drop"})
    page = office.get(PAGE)
    assert "không nhập thêm gì nữa" in plain(page)
    assert "Đọc tệp" not in plain(page)
    assert stored(province) == []


def test_what_is_stored_twice_is_stored_once(office: FlaskClient, province: Database) -> None:
    for there in (0, 2):
        upload(office, GOOD.replace("nữ giới", "Nữ").encode())
        done = plain(office.post(PAGE, data=fields(office.get(PAGE)) | {"act": "store"}))
        assert f"Đã lưu {2 - there} phiếu" in done
        assert ("đã có sẵn: 2" in done) is bool(there)
        assert "Tệp không có mã phiếu" in done
    assert len(stored(province)) == 2


def test_a_file_waits_for_whoever_sent_it(office: FlaskClient, province: Database) -> None:
    """Somebody else who signs in at the same browser chooses a file of their own."""
    upload(office, GOOD.encode())
    assert "go-tay.csv" in plain(office.get(PAGE))
    key = token(office, "/quan-tri/")
    office.post("/dang-xuat", data={"csrf_token": key})
    office.post("/dang-nhap", data={"name": "admin", "password": PASSWORD, "csrf_token": key})
    page = office.get(PAGE)
    assert (page.status_code, "go-tay.csv" in plain(page)) == (200, False)


def test_what_the_file_leaves_open_is_said_before_it_is_stored(office: FlaskClient) -> None:
    upload(office, b"unit,C5\n06652,1\n")
    assert "không phiếu nào thuộc mẫu" in plain(office.get(PAGE))


def test_storing_is_refused_while_no_row_is_right(office: FlaskClient, province: Database) -> None:
    upload(office, GOOD.replace("Cao Xanh", "Hà Tu").replace("V1", "V3").replace("nữ giới", "Nữ").encode())
    page = office.post(PAGE, data=fields(office.get(PAGE)) | {"act": "store"})
    assert page.status_code == 422
    assert "2–3 Xã Hà Tu" in plain(page)  # V3 is not in Hà Tu
    assert "Chưa lưu được dòng nào" in plain(page)
    assert stored(province) == []


def test_a_file_that_is_dropped_is_destroyed(office: FlaskClient, folder: Path) -> None:
    upload(office, GOOD.encode())
    form = fields(office.get(PAGE)) | {"act": "drop"}
    assert office.post(PAGE, data=form).status_code == 303
    assert list(folder.iterdir()) == []
    upload(office, GOOD.encode())
    next(folder.iterdir()).unlink()  # an hour later
    late = office.get(PAGE)
    assert (late.status_code, "Hãy chọn lại" in plain(late)) == (410, True)
    assert office.get(PAGE).status_code == 200


def test_a_second_file_takes_the_place_of_the_first(office: FlaskClient, folder: Path) -> None:
    for _time in range(2):
        key = token(office)
        sent = {"csrf_token": key, "act": "upload", "file": (io.BytesIO(GOOD.encode()), "go.csv")}
        assert office.post(PAGE, data=sent).status_code == 303
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Tệp trống"),
        (b"a,b\n", "chỉ có dòng tiêu đề"),
        (b"PK\x03\x04 no", "Excel"),
    ],
)
def test_what_is_no_table_is_refused_beside_the_field(office: FlaskClient, content: bytes, told: str) -> None:
    page = upload(office, content)
    assert (page.status_code, told in plain(page)) == (422, True)


def test_files_have_a_bound(office: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    large = b"unit,C10_khac\n" + b"06652,%b\n" % (b"x" * 4000) * 400  # more than pages take otherwise

    def sent(client: FlaskClient, content: bytes, key: str) -> int:
        file = FileStorage(io.BytesIO(content), "x.csv")
        boundary, body = encode_multipart({"csrf_token": key, "act": "upload", "file": file})
        kind = f"multipart/form-data; boundary={boundary}"
        return client.post(PAGE, data=body, content_type=kind).status_code

    key = token(office)
    assert sent(office, large, key) == 303
    page = pages.declared["staff.import_file"]
    monkeypatch.setitem(pages.declared, "staff.import_file", replace(page, max_upload=1000))
    assert sent(office, b"x" * 2000, key) == 413
    assert sent(app.test_client(), large, key) == 413
    keyer = signed_in(app, "keyer")
    assert keyer.get(PAGE).status_code == 403


def test_a_name_is_fit_to_be_told() -> None:
    names = ("../../etc/pass\x00wd", "C:\\x\\Phiếu 1.xlsx", "..")
    told = [uploads.name(FileStorage(filename=name)) for name in names]
    assert told == ["passwd", "Phiếu 1.xlsx", "tep"]


def test_a_text_in_the_place_of_a_file_is_no_file(office: FlaskClient) -> None:
    page = office.post(PAGE, data={"csrf_token": token(office), "act": "upload", "file": "unit"})
    assert (page.status_code, "Hãy chọn một tệp." in plain(page)) == (422, True)
