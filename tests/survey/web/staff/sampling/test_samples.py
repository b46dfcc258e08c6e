"""The pages of a sample: frame, plan, draw, and the lists of households."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey.sampling import draws, frame, plans
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import Batch, Village, WaveKind
from survey.system import dates
from survey.waves import questionnaires, units, waves

PAGE = "/quan-tri/ho-nam/mau"
PLAN = "thon=2&moi=unit&phieu=9"
HEADER = "psu,unit,stratum,households,name"


def plain(page: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def table(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.fixture
def office(app: Flask, province: Database, sign_in: Callable[[Flask, str], FlaskClient]) -> FlaskClient:
    """Home Affairs, and a sample wave `ho-nam` without a frame."""
    with province.writing() as session:
        household = questionnaires.find(session, "ho_gia_dinh@1")
        first = waves.find(session, "ho-mau")
        waves.create(session, "ho-nam", household, WaveKind.SAMPLE, first.opens, first.closes)
    return sign_in(app, "home_affairs")


def sent(client: FlaskClient, address: str, page: str = PAGE, **fields: object) -> TestResponse:
    token = re.search(r'name="csrf_token" [^>]*value="([^"]+)"', client.get(page).text)
    assert token
    return client.post(address, data={"csrf_token": token[1], **fields})


def file(*rows: str, name: str = "khung.csv") -> tuple[io.BytesIO, str]:
    return io.BytesIO("\n".join((HEADER, *rows)).encode()), name


def villages(count: int = 10) -> tuple[io.BytesIO, str]:
    """Villages of 60, 70 … households in each of two communes, in two strata."""
    return file(
        *(
            f"{unit}-{k},{unit},{'AB'[k % 2]},{60 + 10 * k},Thôn {k}"
            for unit in ("06652", "06658")
            for k in range(count)
        )
    )


def test_before_there_is_a_frame_the_pages_say_what_to_do(office: FlaskClient) -> None:
    assert "Trước hết hãy nạp danh sách thôn" in plain(office.get(PAGE))
    assert "Đến khung mẫu" in plain(office.get(f"{PAGE}/ke-hoach"))
    assert office.get(f"{PAGE}/khung.csv").data.decode("utf-8-sig").strip() == ",".join(frame.COLUMNS)
    page = plain(office.get("/quan-tri/gop-y/mau"))
    assert "Đợt này mở cho mọi người nên không có mẫu." in page
    assert "Nạp danh sách thôn" not in page


def test_a_frame_is_imported_with_its_faults_by_row_and_can_be_taken_out_again(office: FlaskClient) -> None:
    wrong = sent(office, f"{PAGE}/khung", file=file("T1,06652,A,x,Thôn 1", "T2,99999,A,50,Thôn 2"))
    assert wrong.status_code == 422
    assert "Dòng 2, cột households" in plain(wrong)
    assert "Dòng 3, cột unit" in plain(wrong)
    assert sent(office, f"{PAGE}/khung").status_code == 422
    done = sent(office, f"{PAGE}/khung", file=villages())
    assert (done.status_code, done.location) == (303, PAGE)
    page = plain(office.get(PAGE))
    assert "Đã thêm 20 thôn." in page
    assert "Xã, phường 2 trên 54" in page
    assert "Số hộ 2.100" in page
    assert [row["psu"] for row in table(office.get(f"{PAGE}/khung.csv"))][:2] == ["06652-0", "06652-1"]
    assert sent(office, f"{PAGE}/xoa-khung").status_code == 303
    assert "Đã bỏ 20 thôn." in plain(office.get(PAGE))


def test_a_frame_without_households_can_not_be_planned_from(office: FlaskClient, province: Database) -> None:
    with province.writing() as session:
        session.add(Village(wave="ho-nam", psu="T1", unit="06652", stratum="A"))
    page = office.get(PAGE)
    assert "Chưa biết số hộ của 1 thôn" in plain(page)
    assert "/ke-hoach" not in page.text
    assert "Nơi chỉ có một thôn nên không tự làm một tầng được: Hà Tu." in plain(page)


@pytest.fixture
def framed(office: FlaskClient) -> FlaskClient:
    sent(office, f"{PAGE}/khung", file=villages())
    return office


def test_a_plan_is_its_address(framed: FlaskClient) -> None:
    assert "Bắt đầu từ một kế hoạch thường dùng" in plain(framed.get(f"{PAGE}/ke-hoach"))
    page = framed.get(f"{PAGE}/ke-hoach?{PLAN}&gia=10000&ty-le=90&phan-hoi=100")
    told = plain(page)
    assert "mỗi xã 2 thôn, mỗi thôn 9 hộ" in told
    # 2 × 9 of a commune: √(1.4·.09/18) = .0837, t of 2 degrees 4.3027: ± 36.0. Both: .0837/√2, ± 25.5.
    assert "Thôn, tổ dân phố 4 " in told
    assert "Phiếu 36 " in told
    assert "Chung các xã trong khung, điểm % ±25,5" in told
    assert "Chi phí, đồng 360.000" in told
    assert "Xã, phường, đặc khu không có thôn nào: An Sinh" in told
    assert "±36,0 có con số, đánh dấu là quá ít phiếu" in told
    assert "2 (kế hoạch này) 36 ±36,0" in told
    # The offers lead to plans of their own, with what is expected of the field.
    offered = unescape(re.findall(r'href="([^"]+thon=3[^"]+)"', page.text)[0])
    assert "gia=10000" in offered
    assert "mỗi xã 3 thôn, mỗi thôn 9 hộ" in plain(framed.get(offered))
    # Nothing was kept.
    assert "Chưa chọn mẫu." in plain(framed.get(PAGE))


def test_a_margin_gives_the_number_of_villages_beside_slovin(framed: FlaskClient) -> None:
    page = plain(framed.get(f"{PAGE}/ke-hoach?moi=&phieu=27&sai-so=5&ty-le=90&he-so=1&phan-hoi=100"))
    # 1.96²·.09/.05² = 138.3; ÷ (1 + 137.3/2100) = 129.8: 130 answers, 5 villages of 27. Slovin: 2100/6.25 = 336.
    # With t at 6 degrees of freedom 8 villages are ± 5.0, while 7 at 5 are ± 5.6.
    assert "tất cả 8 thôn, mỗi thôn 27 hộ" in page
    assert "±5,0" in page
    assert "cần 130 phiếu trả lời, phát 130 phiếu, ở 5 thôn" in page
    assert "(phân phối t với 6 bậc tự do): cần 8 thôn" in page
    assert "Công thức Slovin cho 336" in page


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("thon=x&moi=unit&phieu=9", "Hãy ghi một số nguyên từ 1 trở lên."),
        ("thon=2&moi=unit&phieu=9&ty-le=0", "Hãy ghi một số từ 0,1 đến 99,9."),
        ("thon=2&moi=unit&phieu=9&ty-le=nan", "Hãy ghi một số từ 0,1 đến 99,9."),
        ("moi=unit&phieu=9", "Hãy ghi số thôn, hoặc sai số mong muốn"),
        ("thon=1&moi=unit&phieu=9", "Tầng chỉ có một thôn thì không biết sai số"),
        ("thon=6&moi=&phieu=9&phan-bo=neyman", "Cách chia Neyman cần một đợt mẫu trước"),
        ("thon=2&moi=unit&phieu=1&he-so=2", "không có hệ số thiết kế"),
        ("thon=99&moi=&phieu=9", "Không chia được 99 thôn"),
    ],
)
def test_a_plan_that_can_not_be_says_what_to_change(framed: FlaskClient, query: str, told: str) -> None:
    page = framed.get(f"{PAGE}/ke-hoach?{query}")
    assert page.status_code == 200
    assert told in plain(page)
    assert "Chọn và lưu mẫu" not in plain(page)


def draw(client: FlaskClient, seed: str, **more: str) -> TestResponse:
    fields = {"thon": "2", "moi": "unit", "phieu": "9", "mam": seed, **more}
    return sent(client, f"{PAGE}/rut", page=f"{PAGE}/ke-hoach?{PLAN}", **fields)


def test_a_sample_is_drawn_shown_and_drawn_again(framed: FlaskClient, province: Database) -> None:
    done = draw(framed, "2026")
    assert (done.status_code, done.location) == (303, f"{PAGE}/1")
    page = plain(framed.get(f"{PAGE}/1"))
    assert "mỗi xã 2 thôn, mỗi thôn 9 hộ" in page
    assert "home_affairs" in page
    with province.reading() as session:
        entry = audit.newest(session)
        assert entry is not None
        assert (entry.what, entry.subject) == (
            "Drew a sample",
            "wave=ho-nam draw=1 seed=2026 set=wave:ho-nam:draw",
        )
    assert "Số mầm 2026" in page
    assert "Chọn lại từ danh sách thôn, kế hoạch và số mầm thì đúng đến từng dòng." in page
    assert "95% số phiếu thu về" in page  # what was assumed then
    with province.reading() as session:
        wave = waves.find(session, "ho-nam")
        plan = plans.Plan(2, 9, "unit", allocation="equal")
        expected = list(draws.table(draws.drawn(plans.frame(session, wave), plan, "2026")))
    rows = table(framed.get(f"{PAGE}/1.csv"))
    assert [tuple(row.values()) for row in rows] == [tuple(map(str, row)) for row in expected]
    # A village more, and it can't be drawn again.
    sent(framed, f"{PAGE}/khung", file=file("T1,06652,A,50,Thôn 1"))
    assert "không chọn lại từ danh sách ấy được" in plain(framed.get(f"{PAGE}/1"))
    assert sent(framed, f"{PAGE}/xoa-khung").status_code == 409


def test_a_second_draw_stands_beside_the_first_until_forms_are_printed(
    framed: FlaskClient, province: Database
) -> None:
    draw(framed, "1")
    first = framed.get(f"{PAGE}/1.csv").data
    assert draw(framed, "").location == f"{PAGE}/2"
    assert "Đang dùng lần chọn mẫu số 2" in plain(framed.get(PAGE))
    with province.reading() as session:
        made_up = draws.find(session, waves.find(session, "ho-nam")).seed
    assert re.fullmatch("[0-9]{12}", made_up)
    assert made_up in plain(framed.get(PAGE))
    assert sent(framed, f"{PAGE}/dung", lan="1").status_code == 303
    assert "Đang dùng lần chọn mẫu số 1" in plain(framed.get(PAGE))
    assert framed.get(f"{PAGE}/1.csv").data == first
    assert sent(framed, f"{PAGE}/dung", lan="9").status_code == 404
    with province.writing() as session:
        psu = next(iter(draws.held(session, waves.find(session, "ho-nam"))))
        session.add(Batch(code="B1", wave="ho-nam", psu=psu, printed=dates.today()))
    token_page = "/quan-tri/ho-mau/mau"
    assert sent(framed, f"{PAGE}/dung", page=token_page, lan="2").status_code == 409
    refused = sent(framed, f"{PAGE}/rut", page=token_page, thon="2", moi="unit", phieu="9")
    assert refused.status_code == 409
    assert "Đã in phiếu cho mẫu của đợt này" in plain(refused)
    assert "Chọn và lưu mẫu" not in plain(framed.get(f"{PAGE}/ke-hoach?{PLAN}"))
    assert "Dùng lần chọn này" not in plain(framed.get(PAGE))


def test_the_list_of_a_village_has_its_households_and_their_replacements_in_order(
    framed: FlaskClient, province: Database
) -> None:
    draw(framed, "2026")
    with province.reading() as session:
        wave = waves.find(session, "ho-nam")
        one = draws.read(session, draws.find(session, wave)).taken[0]
    page = framed.get(f"{PAGE}/1/danh-sach", query_string={"thon": one.village.psu})
    told = plain(page)
    assert "Hộ chính thức (9)" in told
    assert "Hộ thay thế, theo thứ tự này (3)" in told
    assert "người có ngày sinh nhật sắp tới" in told
    assert "1 Từ chối; 2 Không gặp ai" in told
    numbers = [int(number) for number in re.findall(r'<th scope="row"[^>]*>(\d+)</th>', page.text)]
    assert numbers == [*one.households, *one.spare]
    rows = table(framed.get(f"{PAGE}/1/danh-sach.csv", query_string={"thon": one.village.psu}))
    assert [(row["role"], int(row["place"]), int(row["household"])) for row in rows] == [
        *(("main", place, household) for place, household in enumerate(one.households, 1)),
        *(("replacement", place, household) for place, household in enumerate(one.spare, 1)),
    ]
    assert {row["commune"] for row in rows} == {"Hà Tu"}
    assert len(table(framed.get(f"{PAGE}/1/danh-sach.csv?don-vi=06658"))) == 2 * 12
    assert len(table(framed.get(f"{PAGE}/1/danh-sach.csv"))) == 4 * 12
    assert framed.get(f"{PAGE}/1/danh-sach?thon=none").status_code == 404


def test_a_name_that_a_spreadsheet_would_compute_stays_a_text(office: FlaskClient) -> None:
    sent(office, f"{PAGE}/khung", file=file("T1,06652,A,50,=1+1"))
    (row,) = table(office.get(f"{PAGE}/khung.csv"))
    assert row["name"] == "'=1+1"


def test_a_whole_province_is_planned_and_drawn_at_once(
    office: FlaskClient, province: Database, tmp_path: Path
) -> None:
    """1,452 villages in 54 communes."""
    with province.writing() as session:
        communes = units.communes(session)
        for k in range(1452):
            unit = communes[k % 54].code
            session.add(
                Village(
                    wave="ho-nam", psu=f"Q{k:04}", unit=unit, stratum=f"S{k % 54 % 4}", households=80 + k % 300
                )
            )
    page = plain(office.get(f"{PAGE}/ke-hoach?thon=2&moi=unit&phieu=27"))
    assert "Thôn, tổ dân phố 108 " in page
    assert "Nơi có phiếu 54 trên 54" in page
    assert sent(
        office, f"{PAGE}/rut", page=f"{PAGE}/ke-hoach?thon=2&moi=unit&phieu=27", thon="2", moi="unit", phieu="27"
    ).location == (f"{PAGE}/1")
    rows = table(office.get(f"{PAGE}/1.csv"))
    assert len({row["psu"] for row in rows}) == 108
    assert sum(row["replacement"] == "0" for row in rows) == 2916
