"""Posters: what they say, where their codes lead, and that a telephone can read them."""

from __future__ import annotations

import math
from datetime import timedelta
from urllib.parse import urlsplit

import cv2
import numpy as np
import pypdfium2
import pytest
import zxingcpp
from flask.testing import FlaskClient
from numpy.typing import NDArray

from survey.paper import posters
from survey.storage.database import Database
from survey.storage.models import WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from translations import Gone, NotFound, Refusal

BASE = "https://hailong.quangninh.gov.vn"
Picture = NDArray[np.uint8]


def drawn(province: Database, wave: str = "gop-y", size: str = "A4", unit: str | None = "06652") -> bytes:
    with province.reading() as session:
        return posters.draw(session, wave, BASE, size, unit)


def pages(pdf: bytes, dots_per_inch: float) -> list[Picture]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [
            page.render(scale=dots_per_inch / 72, grayscale=True).to_numpy().squeeze().copy() for page in document
        ]


def photographed(page: Picture, dots_per_inch: float, wide: float, turned: tuple[float, float, float]) -> Picture:
    """The page's code as a cheap telephone sees it, held 25 cm away: 8 dots to the millimetre of paper.

    wide    millimetres that the code, with its quiet edge, is wide on the paper
    turned  how the paper lies, in degrees: away from the lens, to the side, and in its own plane
    """
    (found,) = zxingcpp.read_barcodes(page)
    corner, other = found.position.top_left, found.position.bottom_right
    edge = 4 * (other.x - corner.x) // 33  # about four squares
    left, top, right, bottom = corner.x - edge, corner.y - edge, other.x + edge, other.y + edge
    code = page[top:bottom, left:right]
    side = code.shape[0]
    x, y, z = (math.radians(angle) for angle in turned)
    around_x = np.array([[1, 0, 0], [0, math.cos(x), -math.sin(x)], [0, math.sin(x), math.cos(x)]])
    around_y = np.array([[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]])
    around_z = np.array([[math.cos(z), -math.sin(z), 0], [math.sin(z), math.cos(z), 0], [0, 0, 1]])
    paper = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * wide / 2
    space = paper @ (around_x @ around_y @ around_z).T + np.array([0, 0, 250])
    seen = (space[:, :2] / space[:, 2:] * 250 * 8 + np.array([320, 240])).astype(np.float32)
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], dtype=np.float32)
    photo = cv2.warpPerspective(
        code,
        cv2.getPerspectiveTransform(corners, seen),
        (640, 480),
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=255,
    )
    shade = np.linspace(0.55, 0.95, 640)[None, :]  # light from one side
    noise = np.random.default_rng(1).normal(0, 6, photo.shape)
    dull = np.clip(photo * shade + 10 + noise, 0, 255).astype(np.uint8)
    blurred = cv2.GaussianBlur(dull, (0, 0), 1.2)
    done, file = cv2.imencode(".jpg", blurred, [cv2.IMWRITE_JPEG_QUALITY, 50])
    assert done
    return cv2.imdecode(file, cv2.IMREAD_GRAYSCALE).astype(np.uint8)


@pytest.mark.variants(1)
@pytest.mark.parametrize("size", posters.SIZES)
def test_all_communes_have_a_page_whose_code_leads_to_their_form(
    province: Database, client: FlaskClient, size: str
) -> None:
    found = [zxingcpp.read_barcodes(page) for page in pages(drawn(province, size=size, unit=None), 80)]
    addresses = [codes[0].text for codes in found if len(codes) == 1]
    assert len(found) == len(set(addresses)) == 54
    for address in addresses:
        assert address.startswith(f"{BASE}/s/gop-y/")
        assert client.get(urlsplit(address).path).status_code == 200


@pytest.mark.parametrize("turned", [(0, 0, 0), (40, 0, 10), (0, 40, 200), (30, -30, 75)])
def test_a_code_printed_at_3_cm_is_read_from_a_photograph_taken_at_an_angle(
    province: Database, turned: tuple[float, float, float]
) -> None:
    (page,) = pages(drawn(province), 150)
    photo = photographed(page, 150, 30, turned)
    assert [code.text for code in zxingcpp.read_barcodes(photo)] == [f"{BASE}/s/gop-y/06652"]


@pytest.mark.parametrize(("size", "wide", "high"), [("A4", 210, 297), ("A5", 148, 210)])
def test_a_poster_fits_its_paper_and_is_tagged(province: Database, size: str, wide: int, high: int) -> None:
    with pypdfium2.PdfDocument(drawn(province, size=size)) as document:
        assert len(document) == 1
        assert [side / 72 * 25.4 for side in document[0].get_size()] == pytest.approx([wide, high], abs=0.5)
        assert pypdfium2.raw.FPDFCatalog_IsTagged(document)


def text(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(document[0].get_textpage().get_text_bounded().split())


def test_a_poster_says_in_both_languages_where_one_is_and_what_to_do(province: Database) -> None:
    said = text(drawn(province))
    with province.reading() as session:
        title = waves.find(session, "gop-y").title
    for words in (
        title,
        "Phường Hà Tu",
        "Hà Tu Ward",
        "Quét mã để cho biết Ông/Bà được phục vụ thế nào; không hỏi tên.",
        "Scan the code to tell us how you were served; we don't ask for your name.",
        "UBND tỉnh Quảng Ninh hỏi ý kiến",
        "hailong.quangninh.gov.vn/06652",
    ):
        assert words in said
    assert "https" not in said


def test_the_short_address_leads_to_the_form_of_the_public_wave_alone(
    province: Database, client: FlaskClient
) -> None:
    assert client.get("/06652").location == "/s/gop-y/06652"
    assert "/s/ho-mo/06652" in text(drawn(province, "ho-mo"))  # not public: another wave has the short one
    with province.writing() as session:
        waves.find(session, "ho-mo").public = True
    choice = client.get("/06652").text
    assert "Hà Tu" in choice
    assert all(f'href="/s/{wave}/06652"' in choice for wave in ("gop-y", "ho-mo"))
    assert client.get("/123456").status_code == 404
    unknown = client.get("/99999")
    assert unknown.status_code == 404
    assert "99999" in unknown.text


def test_a_poster_names_whom_to_call(province: Database) -> None:
    assert "Hỏi thêm" not in text(drawn(province))
    with province.writing() as session:
        waves.find(session, "gop-y").contact = "Sở Nội vụ, 0203 123 456"
    assert "Hỏi thêm: Sở Nội vụ, 0203 123 456" in text(drawn(province))


def test_a_department_is_not_named_twice(province: Database) -> None:
    assert text(drawn(province, unit="SNV")).count("Sở") == 2  # once in each language


def test_a_long_address_stays_on_the_page(province: Database) -> None:
    day = dates.today()
    code = "khao-sat-sau-khi-lam-thu-tuc-dot-1-2027"
    with province.writing() as session:
        waves.create(session, code, questionnaires.find(session, "noi_phuc_vu@1"), WaveKind.OPEN, day, day)
    with pypdfium2.PdfDocument(drawn(province, code)) as document:
        page = document[0]
        words = page.get_textpage()
        boxes = [words.get_charbox(place) for place in range(words.count_chars())]
        assert max(right for _left, _bottom, right, _top in boxes) < page.get_width() - 40


def test_the_poster_of_a_made_up_wave_is_not_for_hanging_up(province: Database) -> None:
    day = dates.today()
    with province.writing() as session:
        short = questionnaires.find(session, "noi_phuc_vu@1")
        waves.create(session, "thu", short, WaveKind.OPEN, day, day, simulated=True)
    assert "không treo" in text(drawn(province, "thu"))
    assert "không treo" not in text(drawn(province))


def test_a_wave_that_opens_later_has_its_posters_before_and_a_closed_one_has_none(province: Database) -> None:
    later = dates.today() + timedelta(30)
    with province.writing() as session:
        waves.create(session, "sau", questionnaires.find(session, "noi_phuc_vu@1"), WaveKind.OPEN, later, later)
    assert "/s/sau/06652" in text(drawn(province, "sau"))
    with pytest.raises(Gone):
        drawn(province, "da-dong")


@pytest.mark.parametrize(("wave", "unit"), [("khong-co", "06652"), ("gop-y", "99999"), ("gop-y", "22")])
def test_what_is_unknown_is_refused(province: Database, wave: str, unit: str) -> None:
    with pytest.raises(NotFound):
        drawn(province, wave, unit=unit)


def test_no_other_size(province: Database) -> None:
    with pytest.raises(Refusal):
        drawn(province, size="A3")
