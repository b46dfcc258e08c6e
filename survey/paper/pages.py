"""A picture of a page laid straight: which page of which sheet it is, and where on it a millimetre falls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import zxingcpp
from numpy.typing import NDArray

from forms import Questionnaire
from survey.fieldwork import serial_numbers
from survey.paper.form import form
from survey.paper.layout import Layout
from survey.paper.opencv import cv2
from survey.paper.scan_images import Grey, pictures

Points = NDArray[np.float64]  # (N, 2): x, y

SCALE = 6  # pixels a millimetre of a page laid straight: 152 dpi
WIDTH, HEIGHT = 210, 297  # mm
NEAR = 70  # mm from where the code says that a corner mark is: a photograph from the side stretches the page
QUICK: dict[str, Any] = {
    "formats": zxingcpp.BarcodeFormat.QRCode,
    "try_rotate": False,  # this is of bars; squares are found on any side
    "try_downscale": False,
    "try_invert": False,
}
LEFT = 4  # marks looked at in each corner
GOOD, FARTHEST = 0.04, 0.1  # sides of the code between where it is and where the corner marks say


@dataclass(frozen=True)
class PageCode:
    """The code that was found in a picture.

    corners  (4, 2) its corners in pixels: top left, top right, bottom right, bottom left as it was printed
    """

    serial: str
    page: int
    corners: Points


def find(picture: Grey) -> PageCode | None:
    """The code of the page in a picture that may lie on any side; None if there is none."""
    for barcode in _codes(picture):
        named = serial_numbers.CODE.fullmatch(barcode.text)
        if named:
            at = barcode.position
            corners = [
                (point.x, point.y) for point in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
            ]
            return PageCode(named[1], int(named[2]), np.array(corners, float))
    return None


def _codes(picture: Grey) -> Iterator[zxingcpp.Barcode]:
    """Codes of a picture, then of larger and smoother copies of it: one of ten pages needs these."""
    yield from zxingcpp.read_barcodes(picture, **QUICK)
    for scale in (1.5, 2, 1, 0.5):
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        copy = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=how)
        if scale == 1:
            copy = cv2.GaussianBlur(copy, (0, 0), 1)
        yield from zxingcpp.read_barcodes(np.asarray(copy, np.uint8), **QUICK)


def straight(picture: Grey, found: PageCode, layout: Layout) -> Grey | None:
    """The page alone, `SCALE` pixels a millimetre; None if its four corner marks can't be seen."""
    marks = _corner_marks(picture, found, layout)
    if marks is None:
        return None
    onto = cv2.getPerspectiveTransform(
        (np.array(layout.corners, np.float32) * SCALE - 0.5).astype(np.float32), marks.astype(np.float32)
    )
    laid = cv2.warpPerspective(
        picture,
        onto,
        (WIDTH * SCALE, HEIGHT * SCALE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(laid, np.uint8)


@lru_cache(maxsize=4)
def prints(questionnaire: Questionnaire) -> tuple[Grey, ...]:
    """The pages of the blank form, `SCALE` pixels a millimetre."""
    pages = []
    for picture in pictures(form(questionnaire).pdf()):
        if not isinstance(picture, np.ndarray):
            raise ValueError("a form that we set ourselves can be read")
        small = cv2.resize(picture, (WIDTH * SCALE, HEIGHT * SCALE), interpolation=cv2.INTER_AREA)
        pages.append(np.asarray(small, np.uint8))
    return tuple(pages)


def _corner_marks(picture: Grey, found: PageCode, layout: Layout) -> Points | None:
    """(4, 2) the centres of the corner marks in pixels."""
    x, y, side = layout.qr
    half = side / 2
    code = np.array([(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)])
    turned = _similarity(code, found.corners)
    scale = float(np.hypot(*turned[:, 0]))
    squares, unlike = _squares(picture, layout.corner * scale)
    choices = []
    for corner in np.array(layout.corners):
        expected = turned[:, :2] @ corner + turned[:, 2]
        away = np.hypot(*(squares - expected).T) if len(squares) else np.zeros(0)
        near = np.argsort(away / (NEAR * scale) + unlike)[:LEFT]
        near = near[away[near] < NEAR * scale]
        if not len(near):
            return None
        choices.append(squares[near])
    best, least = choices, float("inf")
    for four in product(*choices):  # the likeliest first
        misfit = _misfit(np.array(four), layout, code, found.corners) / (side * scale)
        if misfit < least:
            best, least = list(four), misfit
        if least < GOOD:
            break
    if least > FARTHEST:
        return None
    chosen = np.array(best)
    return np.array([_centre(picture, point, layout.corner * scale) for point in chosen])


def _similarity(source: Points, target: Points) -> Points:
    """(2, 3) the turn, scale and shift that lead best from one set of points to the other."""
    rows = np.concatenate(
        [
            np.stack([source[:, 0], -source[:, 1], np.ones(len(source)), np.zeros(len(source))], axis=1),
            np.stack([source[:, 1], source[:, 0], np.zeros(len(source)), np.ones(len(source))], axis=1),
        ]
    )
    a, b, shift_x, shift_y = np.linalg.lstsq(rows, np.concatenate([target[:, 0], target[:, 1]]), rcond=None)[0]
    return np.array([[a, -b, shift_x], [b, a, shift_y]])


def _squares(picture: Grey, side: float) -> tuple[Points, Points]:
    """(N, 2) the centres of dark spots of about the size of a corner mark, filled and as wide as high; and (N,)
    how far each is from its size and from being full."""
    step = max(1, int(side // 10))  # ten pixels a side are enough to find them
    small = cv2.resize(picture, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
    side /= step
    around = 2 * int(2.5 * side) + 1
    dark = cv2.adaptiveThreshold(small, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, around, 25)
    _count, _labels, stats, centres = cv2.connectedComponentsWithStats(dark, connectivity=4)
    width, height, area = (stats[:, column].astype(float) for column in (2, 3, 4))
    fits = (
        (np.minimum(width, height) > 0.55 * side)
        & (np.maximum(width, height) < 2.1 * side)
        & (np.abs(np.log(width / height)) < 0.5)
        & (area > 0.45 * width * height)
        & (area > 0.3 * side**2)
    )
    fits[0] = False  # the ground
    unlike = np.abs(np.log(area / side**2)) + np.abs(np.log(width / height)) + 1 - area / (width * height)
    return np.asarray((centres[fits] + 0.5) * step - 0.5, float), np.asarray(unlike[fits], float)


def _misfit(four: Points, layout: Layout, code: Points, seen: Points) -> float:
    """Pixels by which the code would stand elsewhere than seen, were these the corner marks."""
    onto = cv2.getPerspectiveTransform(np.array(layout.corners, np.float32), four.astype(np.float32))
    moved = cv2.perspectiveTransform(code[None].astype(np.float32), onto)[0]
    if not cv2.isContourConvex(four.astype(np.float32)):
        return float("inf")
    return float(np.hypot(*(moved - seen).T).mean())


def _centre(picture: Grey, about: Points, side: float) -> Points:
    """The centre of a corner mark to a part of a pixel: the mean of what is dark around it."""
    reach = int(side * 0.85)
    left, top = (max(0, round(float(at)) - reach) for at in about)
    window = picture[top : top + 2 * reach + 1, left : left + 2 * reach + 1].astype(np.float32)
    low, high = np.percentile(window, (5, 90))
    dark = np.clip((high - window) / max(1.0, high - low) - 0.3, 0, 0.5).astype(np.float64)
    rows, columns = np.mgrid[top : top + window.shape[0], left : left + window.shape[1]]
    weight = dark.sum() or 1.0
    return np.array([(columns * dark).sum() / weight, (rows * dark).sum() / weight])
