"""The pages of a wave that asks leaders: groups, persons, units; never citizens, villages, ranks of communes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from forms import load
from survey.data_files import figure_dictionary, importing
from survey.reports import report
from survey.results import releases, summary
from survey.sampling import frame
from survey.storage.database import Database
from survey.storage.models import Invitation, Response, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from translations import speaking

EXAMPLES = Path(__file__).parents[4] / "docs/examples"
WAVE = "ld-thu"
PAGES = (
    "",
    "cau-hoi",
    "bang",
    "bang?muc=index&theo=stratum",
    "bang?muc=ld_tc_muc&theo=unit",
    "so-sanh",
    "so-sanh?theo=don-vi",
    "tien-do",
    "mau",
    "thu-moi",
    "nhap-tep",
    "bao-cao",
    "cong-bo",
    "cong-bo/1",
    "cach-tinh?item=index",
    "cach-tinh?item=ld_tc_muc%3D5",
)
# Of citizens alone. "UBND cấp xã" is the name of a group, and the names of its items are the questionnaire's own.
FORBIDDEN = {
    "vi": r"(?i)người dân|hộ gia đình|\bhộ\b|\bthôn\b|tổ dân phố|xã, phường|phường, xã|hài lòng",
    "en": r"(?i)citizen|household|village|commune|wards|satisf",
}
ALLOWED = re.compile(r"Hài Lòng|hailong|UBND cấp xã|chuyên môn cấp xã|UBND xã")


@pytest.fixture
def leaders(province: Database, tmp_path: Path) -> Database:
    """Two waves of leaders, a year between them, with answers of two groups; the later one is released."""
    asked, today = load(EXAMPLES / "lanh_dao.yaml"), dates.today()
    with province.writing() as session:
        questionnaires.publish(session, asked, today)
        for code, since in (("ld-truoc", 365), (WAVE, 9)):
            waves.create(session, code, asked, WaveKind.SAMPLE, today - timedelta(since), today)
            frame.load(session, code, EXAMPLES / "nhom_lanh_dao.csv")
    path = tmp_path / "tra-loi.csv"
    for code in ("ld-truoc", WAVE):
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["stratum", "psu", "unit", *asked.items])
            for i in range(60):
                group, unit = ("db", "cq")[i % 2], ("", "06652", "SNV")[i % 3]
                writer.writerow([group, i, unit, *(1 + (i + j) % (5, 3)[j % 2] for j in range(10))])
        importing.responses(province, code, importing.Wanted(path))
    with province.writing() as session:
        releases.freeze(session, waves.find(session, WAVE), "A")
    return province


@pytest.fixture
def office(leaders: Database, app: Flask, sign_in: Callable[[Flask, str], FlaskClient]) -> FlaskClient:
    return sign_in(app, "home_affairs")


def words_of(page: str) -> str:
    """What a person reads of a page."""
    page = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", " ", page)
    return re.sub(r"\s+", " ", ALLOWED.sub("", re.sub(r"<[^>]+>", " ", page)))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_page_speaks_of_citizens_villages_or_communes(office: FlaskClient, language: str) -> None:
    said = {}
    for page in PAGES:
        address = f"/quan-tri/{WAVE}/{page}{'&' if '?' in page else '?'}lang={language}"
        answer = office.get(address)
        assert answer.status_code == 200, address
        said[page] = [
            words_of(answer.text)[max(0, found.start() - 60) : found.end() + 40]
            for found in re.finditer(FORBIDDEN[language], words_of(answer.text))
        ]
    assert not any(said.values()), "\n".join(f"{page}: {found}" for page, found in said.items() if found)


def test_the_dictionary_of_the_figures_names_groups_and_rated_units(leaders: Database) -> None:
    with leaders.reading() as session:
        told = figure_dictionary.write(session, summary.gather(session, WAVE)).decode("utf-8-sig")
    lines = {(line["column"], line["code"]): line["vi"] for line in csv.DictReader(io.StringIO(told))}
    assert all(lines.values())
    assert lines["domain", "db"] == "Đại biểu HĐND tỉnh"
    assert lines["domain", "06652"] == "Phường Hà Tu"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_report_is_titled_by_the_questionnaire_and_speaks_of_groups(leaders: Database, language: str) -> None:
    with speaking(language), leaders.reading() as session:
        gathered = summary.gather(session, WAVE)
    with pypdfium2.PdfDocument(report.write(gathered, "pdf", language)) as document:
        text = " ".join(page.get_textpage().get_text_bounded() for page in document)
    text = ALLOWED.sub("", re.sub(r"\s+", " ", text))
    assert re.findall(FORBIDDEN[language], text) == []
    assert str(gathered.questionnaire.title) in text or language == "en"
    assert {"vi": "không phải điểm của Bộ Nội vụ", "en": "not points of the Ministry"}[language] in text
    assert report.write(gathered, "xlsx", language)


def test_a_first_wave_has_no_link_to_a_page_that_it_has_not(office: FlaskClient) -> None:
    page = office.get("/quan-tri/ld-truoc/so-sanh")
    assert page.status_code == 200
    for link in set(re.findall(r'href="(/quan-tri/ld-truoc[^"#]*)"', page.text)):
        assert office.get(link, follow_redirects=True).status_code == 200, link


def test_a_mean_of_scores_says_what_each_level_is_worth(office: FlaskClient) -> None:
    page = office.get(f"/quan-tri/{WAVE}/cach-tinh?item=ld_tc_muc&lang=en")
    assert "level 2 = 0.25" in page.text
    assert "the number that each person gave" not in page.text


def test_what_has_villages_or_paper_is_no_page_of_such_a_wave(office: FlaskClient) -> None:
    for page in ("don-vi", "ban-do", "phieu", "quyen-so", "ap-phich", "may", "nhap-lieu", "ty-le", "loi-gop-y"):
        assert office.get(f"/quan-tri/{WAVE}/{page}").status_code == 404
    assert office.get(f"/s/{WAVE}/06652").status_code == 404


def test_a_code_of_a_letter_leads_to_one_form_of_its_group(
    office: FlaskClient, client: FlaskClient, leaders: Database
) -> None:
    page = f"/quan-tri/{WAVE}/thu-moi"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', office.get(page).text)
    assert token is not None
    given = {"csrf_token": token[1], "villages": "nhom/xa", "count": "2", "file": "csv"}
    rows = list(csv.DictReader(io.StringIO(office.post(page, data=given).data.decode("utf-8-sig"))))
    assert [(row["stratum"], row["name"]) for row in rows] == [("xa", "Lãnh đạo UBND cấp xã")] * 2
    code = rows[0]["code"]
    with leaders.reading() as session:
        assert code not in str(session.execute(select(Invitation.digest, Invitation.stratum)).all())
    form = client.post("/m", data={"code": code}).headers["Location"]
    html = client.get(form).text
    assert "thuộc nhóm nào" in html
    assert "không xem được phiếu" not in html  # they are officials themselves
    assert "Có ai giúp" not in html
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))
    sent = client.post(form, data={**fields, "ld_tc_muc": "4"})
    assert sent.status_code == 303
    assert client.post("/m", data={"code": code}).status_code == 410
    with leaders.reading() as session:
        kept = session.scalars(select(Response).where(Response.wave == WAVE, Response.stratum == "xa")).one()
        assert (kept.unit, kept.psu, kept.person, kept.answers) == ("22", None, None, {"ld_tc_muc": 4})


def test_the_letter_is_addressed_to_a_group_without_a_name(office: FlaskClient, app: Flask) -> None:
    app.config["BASE_URL"] = "https://hailong.quangninh.gov.vn"
    page = f"/quan-tri/{WAVE}/thu-moi"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', office.get(page).text)
    assert token is not None
    given = {"csrf_token": token[1], "villages": "nhom/db", "count": "1", "file": "pdf"}
    sent = {**given, "contact": "Sở Nội vụ, 0203 3 835 999"}
    with office.post(page, data=sent) as answer, pypdfium2.PdfDocument(answer.data) as document:
        said = " ".join(document[0].get_textpage().get_text_bounded().split())
    assert "Kính gửi Ông/Bà thuộc nhóm: Đại biểu HĐND tỉnh" in said
    assert "Khảo sát lãnh đạo, quản lý về cải cách hành chính" in said
    assert not re.search(r"hộ gia đình|thôn|sinh nhật", said)
