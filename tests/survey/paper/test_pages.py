"""A page is found by its code, whichever side is up, and laid straight by its corner marks."""

from __future__ import annotations

from functools import cache

import cv2
import filled_sheets
import numpy as np
import pytest
from filled_sheets import photographed, printed

from forms import Questionnaire, shipped
from survey.paper.layout import layout
from survey.paper.pages import SCALE, PageCode, find, prints, straight
from survey.paper.scan_images import Grey

QUESTIONNAIRES = {questionnaire.name: questionnaire for questionnaire in shipped()}
HOUSEHOLD = QUESTIONNAIRES["ho_gia_dinh@1"]


@cache
def sheet(code: str = "ho_gia_dinh@1") -> list[Grey]:
    return printed(QUESTIONNAIRES[code], "2026-00123")


def off(laid: Grey, blank: Grey) -> float:
    """How far a page that was laid straight is from its print, where their likeness is best: mm."""
    middle = (slice(300, 1500), slice(200, 1060))
    (column, row), _sure = cv2.phaseCorrelate(laid[middle].astype(np.float32), blank[middle].astype(np.float32))
    return float(np.hypot(column, row)) / SCALE


def laid(picture: Grey, questionnaire: Questionnaire = HOUSEHOLD) -> tuple[PageCode, Grey]:
    found = find(picture)
    assert found is not None
    page = straight(picture, found, layout(questionnaire))
    assert page is not None
    return found, page


@pytest.mark.parametrize("turned", [None, cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE])
def test_a_page_may_lie_on_any_side(turned: int | None) -> None:
    picture = sheet()[1]
    if turned is not None:
        picture = np.asarray(cv2.rotate(picture, turned), np.uint8)
    found, page = laid(picture)
    assert (found.serial, found.page) == ("2026-00123", 2)
    assert page.shape == (297 * SCALE, 210 * SCALE)
    assert off(page, prints(HOUSEHOLD)[1]) < 0.05


@pytest.mark.variants(3)
@pytest.mark.parametrize("kind", filled_sheets.KINDS)
@pytest.mark.parametrize("code", ["ho_gia_dinh@1", "noi_phuc_vu@2"])
def test_every_page_is_found_however_it_was_taken(code: str, kind: str) -> None:
    questionnaire = QUESTIONNAIRES[code]
    rng = np.random.default_rng(20261125)
    for number, page in enumerate(sheet(code), start=1):
        found, flat = laid(photographed(page, kind, rng), questionnaire)
        assert (found.serial, found.page) == ("2026-00123", number)
        # A bent sheet, and the lens, move single places by more; what reads the marks fits them.
        assert off(flat, prints(questionnaire)[number - 1]) < 1.2


def test_a_picture_without_a_code_is_no_page() -> None:
    rng = np.random.default_rng(3)
    assert find(rng.integers(0, 255, (1200, 900)).astype(np.uint8)) is None
    assert find(prints(HOUSEHOLD)[0]) is None


@pytest.mark.variants(2)
@pytest.mark.parametrize("text", ["HL1:1", "https://example.org/s/1", "HL1::1", "HL2:1:1", "HL1:1234567890123:1"])
def test_another_code_is_no_page(text: str) -> None:
    picture = printed(HOUSEHOLD, "1")[0]
    assert find(picture) is not None
    x, y, side = (round(at * picture.shape[1] / 210) for at in layout(HOUSEHOLD).qr)
    picture[y - side // 2 : y + side // 2, x - side // 2 : x + side // 2] = cv2.resize(
        filled_sheets.code(text), (side // 2 * 2,) * 2, interpolation=cv2.INTER_NEAREST
    )
    assert find(picture) is None


@pytest.mark.parametrize("corner", range(4))
def test_a_page_with_a_corner_torn_off_is_not_laid_straight(corner: int) -> None:
    picture = sheet()[0].copy()
    x, y = (round(at * picture.shape[1] / 210) for at in layout(HOUSEHOLD).corners[corner])
    picture[max(0, y - 60) : y + 60, max(0, x - 60) : x + 60] = 90
    found = find(picture)
    assert found is not None
    assert straight(picture, found, layout(HOUSEHOLD)) is None
