"""Marks are read off pages that were filled in and taken in every way; what isn't clear goes to a person.

The long measurement is benchmarks/scanning.py; here is one page of each kind.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from filled_sheets import (
    HANDS,
    KINDS,
    Sheet,
    blacken,
    filled,
    made_up,
    mark,
    photographed,
    printed,
    strike_out,
)

from forms import Questionnaire, shipped
from survey.fieldwork.keying import head, one_form
from survey.paper.layout import Box, layout
from survey.paper.marks import SURE, Reading, read
from survey.paper.pages import find, straight
from survey.paper.scan_images import Grey

FORMS = {questionnaire.name: questionnaire for questionnaire in shipped()}
HOUSEHOLD, SHORT = FORMS["ho_gia_dinh@1"], FORMS["noi_phuc_vu@1"]


@cache
def blank(questionnaire: Questionnaire = HOUSEHOLD) -> list[Grey]:
    return printed(questionnaire, "10000001")


def readings(picture: Grey, number: int, questionnaire: Questionnaire = HOUSEHOLD) -> dict[str, Reading]:
    found = find(picture)
    assert found is not None
    page = straight(picture, found, layout(questionnaire))
    assert page is not None
    read_off = read(page, questionnaire, number)
    assert read_off is not None
    return {reading.item: reading for reading in read_off}


def boxes(item: str) -> list[Box]:
    return [box for box in layout(HOUSEHOLD).boxes if box.item == item]


def scale() -> str:
    """The first of the rows of five circles on page 3."""
    return next(box.item for box in layout(HOUSEHOLD).boxes if box.page == 3)


def penned(*strokes: tuple[str, int, str], number: int = 3, others: str = "") -> dict[str, Reading]:
    """Page 3 with marks (item, code, hand); every other question is marked by `others`."""
    rng = np.random.default_rng(11)
    sheet = Sheet(blank()[number - 1], rng)
    touched = {item for item, _code, _hand in strokes}
    for box in layout(HOUSEHOLD).boxes:
        if box.page == number and box.kind == "mark" and others and box.item not in touched and box.code == 2:
            mark(sheet, box, others)
    for item, code, hand in strokes:
        [box] = [box for box in boxes(item) if box.code == code]
        if hand == "blacken":
            blacken(sheet, box)
        elif hand == "strike_out":
            strike_out(sheet, box)
        else:
            mark(sheet, box, hand)
    return readings(photographed(sheet.written(0.85), "turned", rng), number)


@pytest.mark.variants(1)
@pytest.mark.parametrize(
    ("questionnaire", "kind"),
    [*((HOUSEHOLD, kind) for kind in KINDS), (SHORT, "worst")],
    ids=lambda one: one if isinstance(one, str) else one.code,
)
def test_what_is_called_sure_is_right_however_the_page_was_taken(questionnaire: Questionnaire, kind: str) -> None:
    items = {item.code: item for item in (*head(), *questionnaire.keyed)}
    circles = {box.item for box in layout(questionnaire).boxes if box.kind == "mark"}
    rng = np.random.default_rng([5, KINDS.index(kind)])
    every = sent = 0
    for place, hand in enumerate(HANDS[KINDS.index(kind) % 2 :: 2]):
        typed = made_up(questionnaire, rng)
        number = 1 + (place + KINDS.index(kind)) % layout(questionnaire).pages
        page = filled(blank(questionnaire)[number - 1], layout(questionnaire), number, typed, hand, rng)
        for code, reading in readings(photographed(page, kind, rng), number, questionnaire).items():
            same = one_form(items[code], reading.typed) == one_form(items[code], typed[code])
            assert same or not reading.sure, (hand, typed[code], reading)
            every += code in circles
            sent += code in circles and not reading.sure
    assert sent <= 0.1 * every


def test_a_blank_page_is_blank_for_sure() -> None:
    for number, page in enumerate(blank(), start=1):
        for code, reading in readings(photographed(page, "phone", np.random.default_rng(number)), number).items():
            assert reading.sure
            assert reading.typed.strip("-9") == "", code


def test_every_question_of_the_form_is_read_once_and_the_place_is_told() -> None:
    found = [code for number, page in enumerate(blank(), start=1) for code in readings(page, number)]
    assert sorted(found) == sorted({box.item for box in layout(HOUSEHOLD).boxes})
    reading = readings(blank()[2], 3)[scale()]
    [box, *_rest] = boxes(scale())
    assert reading.top < box.y < reading.bottom


def test_a_blackened_circle_beside_a_cross_was_wrong_as_the_form_says() -> None:
    reading = penned((scale(), 4, "cross"), (scale(), 4, "blacken"), (scale(), 5, "cross"), others="cross")[
        scale()
    ]
    assert (reading.typed, reading.sure) == ("5", True)


def test_a_lone_blackened_circle_among_crosses_goes_to_a_person() -> None:
    reading = penned((scale(), 4, "blacken"), others="cross")[scale()]
    assert (reading.typed, reading.sure) == ("4", False)


def test_who_blackens_all_circles_answers_by_it() -> None:
    reading = penned((scale(), 4, "filled"), others="filled")[scale()]
    assert (reading.typed, reading.sure) == ("4", True)
    both = penned((scale(), 4, "filled"), (scale(), 5, "filled"), others="filled")[scale()]
    assert not both.sure


def test_two_marks_and_a_mark_struck_out_by_a_line_go_to_a_person() -> None:
    assert not penned((scale(), 1, "cross"), (scale(), 3, "tick"), others="cross")[scale()].sure
    struck = penned((scale(), 2, "cross"), (scale(), 2, "strike_out"), (scale(), 5, "cross"), others="cross")
    assert not struck[scale()].sure


def test_a_slip_of_the_pen_goes_to_a_person() -> None:
    sheet = Sheet(blank()[2], np.random.default_rng(2))
    box = boxes(scale())[1]
    sheet.line(np.array([[box.x - 0.3, box.y], [box.x + 0.3, box.y + 0.2]]), 0.4)
    reading = readings(sheet.written(0.8), 3)[scale()]
    assert not reading.sure
    assert reading.confidence < SURE


def test_figures_and_words_written_by_hand_go_to_a_person() -> None:
    kinds = {box.item: box.kind for box in layout(HOUSEHOLD).boxes}
    written = [code for code, kind in kinds.items() if kind != "mark"]
    typed = {code: "7" if kinds[code] == "digit" else "…" for code in written}
    seen = {}
    for number, page in enumerate(blank(), start=1):
        rng = np.random.default_rng(number)
        seen |= readings(
            photographed(filled(page, layout(HOUSEHOLD), number, typed, "cross", rng), "jpeg", rng), number
        )
    assert all((seen[code].typed, seen[code].sure) == ("", False) for code in written)
    assert all(reading.sure for code, reading in seen.items() if code not in written)


def test_a_page_laid_on_the_wrong_print_is_not_read() -> None:
    assert read(np.asarray(cv2.flip(blank()[2], 1), np.uint8), HOUSEHOLD, 3) is None
