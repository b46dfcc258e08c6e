"""The layout says where the boxes are: on the printed page, ink lies there and nowhere else."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray

from forms import Questionnaire, shipped
from survey.paper.form import form
from survey.paper.layout import Box, layout
from survey.sampling.outcome_words import HEAD
from survey.waves import waves

DOTS = 12  # to the millimetre
QUESTIONNAIRES = {questionnaire.name: questionnaire for questionnaire in shipped()}
Picture = NDArray[np.uint8]


def pages(pdf: bytes) -> list[Picture]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [
            page.render(scale=DOTS * 25.4 / 72, grayscale=True).to_numpy().squeeze().copy() for page in document
        ]


def around(page: Picture, box: Box, wider: float = 0) -> Picture:
    """The picture of a box, with so many millimetres on each side."""
    left, right = box.x - box.width / 2 - wider, box.x + box.width / 2 + wider
    top, bottom = box.y - box.height / 2 - wider, box.y + box.height / 2 + wider
    return page[round(top * DOTS) : round(bottom * DOTS), round(left * DOTS) : round(right * DOTS)]


@pytest.fixture(scope="module", params=sorted(QUESTIONNAIRES))
def questionnaire(request: pytest.FixtureRequest) -> Questionnaire:
    return QUESTIONNAIRES[request.param]


@pytest.mark.variants(2)
def test_each_circle_is_where_the_layout_says_and_is_blank_inside_and_around(questionnaire: Questionnaire) -> None:
    printed = pages(form(questionnaire).pdf())
    marks = [box for box in layout(questionnaire).boxes if box.kind == "mark"]
    for box in marks:
        picture = around(printed[box.page - 1], box)
        side = picture.shape[0]
        y, x = np.mgrid[:side, : picture.shape[1]] - (side - 1) / 2
        distance = np.maximum(abs(x), abs(y)) if box.item == "C2" else np.hypot(x, y)
        ring = (distance < side / 2 + 1) & (distance > side / 2 - 2)
        assert picture[distance < side / 2 - 4].min() > 250, box
        assert picture[ring].mean() < 130, box
        near = around(printed[box.page - 1], box, 0.5)
        assert min(side.min() for side in (near[0], near[-1], near[:, 0], near[:, -1])) > 250, box


def test_every_choice_of_every_item_has_its_circle_in_the_order_of_the_form(questionnaire: Questionnaire) -> None:
    boxes = layout(questionnaire).boxes
    marks = [(box.item, box.code) for box in boxes if box.kind == "mark" and box.item not in HEAD]
    assert marks == [(item.code, code) for item in questionnaire.keyed for code in item.choices]
    texts = [box.item for box in boxes if box.kind == "line"]
    assert sorted(texts) == sorted(item.code for item in questionnaire.items.values() if item.kind.is_text)
    head = [(box.item, box.code) for box in boxes if box.item in HEAD]
    assert head == [("so_nguoi_lon", number) for number in range(1, 10)] + [
        ("ho_thay_the", number) for number in range(1, 5)
    ]


def test_circles_are_far_enough_from_each_other_to_be_told_apart(questionnaire: Questionnaire) -> None:
    marks = [box for box in layout(questionnaire).boxes if box.kind == "mark"]
    assert all(min(box.width, box.height) >= 4 for box in marks)
    for page in {box.page for box in marks}:
        places = np.array([(box.x, box.y) for box in marks if box.page == page])
        distances = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
        assert distances[~np.eye(len(places), dtype=bool)].min() >= 6.99


def test_corner_marks_are_black_and_stand_alone_on_every_page(questionnaire: Questionnaire) -> None:
    here = layout(questionnaire)
    printed = pages(form(questionnaire).pdf())
    assert len(printed) == here.pages
    assert here.pages == (4 if questionnaire.code == "ho_gia_dinh" else 2)
    for page in printed:
        for x, y in here.corners:
            mark = Box("", 0, "mark", 1, x, y, here.corner, here.corner)
            assert around(page, mark, -0.2).max() < 5
            wide = around(page, mark, 1.5)
            assert min(side.min() for side in (wide[0], wide[-1], wide[:, 0], wide[:, -1])) > 250
            assert min(x, 210 - x, y, 297 - y) - here.corner / 2 >= 6


def test_the_place_of_the_code_is_left_free(questionnaire: Questionnaire) -> None:
    x, y, side = layout(questionnaire).qr
    for page in pages(form(questionnaire).pdf()):
        assert around(page, Box("", 0, "mark", 1, x, y, side, side), 2).min() > 250


@pytest.mark.variants(2)
def test_a_sheet_for_a_second_visit_has_its_circles_on_the_same_places(questionnaire: Questionnaire) -> None:
    plain = form(questionnaire, "ỦY BAN NHÂN DÂN TỈNH QUẢNG NINH")
    again = form(questionnaire, "ỦY BAN NHÂN DÂN TỈNH QUẢNG NINH", reinterview=True)
    assert plain.boxes() == again.boxes() == form(questionnaire).boxes()
    with pypdfium2.PdfDocument(again.pdf()) as document:
        text = document[0].get_textpage().get_text_bounded()
    assert "có thể được đến hỏi lại" in " ".join(text.split())


@pytest.mark.parametrize(
    ("spoken", "ends"), [("vi", ("Hộ này", "kiểm tra xong")), ("en", ("This household", "check is done"))]
)
@pytest.mark.parametrize("large", [False, True])
def test_the_words_for_a_second_visit_stand_within_their_frame_in_large_print_too(
    spoken: str, ends: tuple[str, str], large: bool
) -> None:
    made = form(QUESTIONNAIRES["ho_gia_dinh@2"], reinterview=True, large=large, spoken=spoken)
    with pypdfium2.PdfDocument(made.pdf()) as document:
        page = document[0]
        words = page.get_textpage()
        paths = page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_PATH])
        bounds = [path.get_bounds() for path in paths]
        wide = [one for one in bounds if one[2] - one[0] > page.get_width() * 0.7 and one[3] - one[1] > 20]
        for end in ends:
            found = words.search(end).get_next()
            assert found is not None
            boxes = [words.get_charbox(sign) for sign in range(found[0], sum(found))]
            low, high = min(box[1] for box in boxes), max(box[3] for box in boxes)
            assert any(frame[1] < low and high < frame[3] for frame in wide), end
        # The pages of one without that frame are counted for both.
        assert len(document) == form(QUESTIONNAIRES["ho_gia_dinh@2"], large=large, spoken=spoken).pages()


def test_a_part_ends_with_the_count_of_its_questions_and_the_first_page_asks_for_day_place_and_name(
    questionnaire: Questionnaire,
) -> None:
    with pypdfium2.PdfDocument(form(questionnaire).pdf()) as document:
        texts = [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
    assert re.search(r"Ngày( \.){9,} Thôn, tổ dân phố( \.){9,} Điều tra viên( \.){9,}", texts[0])
    counts = [sum(item.no is not None for item in page.items) for page in questionnaire.paper]
    told = [(part, count) for part, count in enumerate([2, *counts]) if count > 1]
    ends = re.findall(r"Phần ([0-9]+): ([0-9]+) câu", " ".join(texts))
    assert sorted((int(part), int(count)) for part, count in ends) == told


def test_the_form_ends_with_whom_to_call_who_can_not_see_it_and_how_long_it_stays_and_no_circle_moves_for_it(
    questionnaire: Questionnaire,
) -> None:
    given = form(questionnaire, contact=("Sở Nội vụ, 0203 3 835 999; " * 5)[: waves.LONGEST_CONTACT].strip())
    assert (given.boxes(), given.pages()) == (form(questionnaire).boxes(), form(questionnaire).pages())
    with pypdfium2.PdfDocument(given.pdf()) as document:
        end = " ".join(document[len(document) - 1].get_textpage().get_text_bounded().split())
    for words in ("Hỏi thêm: Sở Nội vụ", "xã, phường không xem được phiếu của từng người", "giữ lâu dài"):
        assert words in end


def test_items_stand_in_the_order_of_their_numbers_down_the_pages() -> None:
    questionnaire = QUESTIONNAIRES["noi_phuc_vu@1"]
    first = {box.item: (box.page, box.y) for box in reversed(layout(questionnaire).boxes) if box.kind == "mark"}
    places = [first[item.code] for item in questionnaire.keyed if item.no is not None]
    assert all(before < after for before, after in pairwise(places))
