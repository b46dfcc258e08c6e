"""Printed pages filled in by hand, scanned and photographed: pictures made up from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import segno
from numpy.random import Generator
from numpy.typing import NDArray

from forms import Questionnaire
from survey.fieldwork import serial_numbers
from survey.fieldwork.keying import NOTHING, TWO
from survey.paper.form import form
from survey.paper.layout import Box, Layout, layout
from survey.paper.opencv import cv2
from survey.paper.scan_images import Grey, pictures
from survey.sampling.outcome_words import HEAD

Floats = NDArray[np.float32]
Image = NDArray[Any]  # what OpenCV gives back

HANDS = ("cross", "tick", "filled", "pencil", "around", "blacken", "strike_out")
KINDS = ("flat", "turned", "phone", "shadow", "blur", "jpeg", "worst")
WIDTH = 210  # mm of a page
MISTAKES = 1 / 12
SUB = 4  # bits of a pixel's part that OpenCV draws by


def printed(questionnaire: Questionnaire, serial: str) -> list[Grey]:
    """The blank pages of a sheet with this number, at some 200 dpi."""
    x, y, side = layout(questionnaire).qr
    pages = []
    for number, page in enumerate(pictures(form(questionnaire).pdf()), start=1):
        if not isinstance(page, np.ndarray):
            raise page
        dots = page.shape[1] / WIDTH
        left, top, wide = (round(at * dots) for at in (x - side / 2, y - side / 2, side))
        page[top : top + wide, left : left + wide] = cv2.resize(
            code(serial_numbers.code(serial, number)), (wide, wide), interpolation=cv2.INTER_NEAREST
        )
        pages.append(page)
    return pages


def code(text: str) -> Grey:
    """A code, a pixel a module."""
    modules = np.array(segno.make(text, error="m", micro=False).matrix, np.uint8)
    return np.asarray(255 * (1 - modules), np.uint8)


class Sheet:
    """A page under a pen: how much ink lies on each point."""

    def __init__(self, page: Grey, rng: Generator) -> None:
        self.page, self.rng = page, rng
        self.scale = page.shape[1] / WIDTH
        self.ink = np.zeros(page.shape, np.uint8)

    def line(self, points: NDArray[Any], width: float) -> None:
        """A stroke through points, all in millimetres."""
        at = np.round((points * self.scale - 0.5) * 2**SUB).astype(np.int32)
        thick = max(1, round(width * self.scale))
        cv2.polylines(self.ink, [at.reshape(-1, 1, 2)], False, 255, thick, cv2.LINE_AA, SUB)

    def written(self, darkness: float) -> Grey:
        """The page with the ink on it; a pen presses unevenly, and a pencil leaves the paper's grain."""
        height, width = self.page.shape
        coarse = self.rng.normal(1, 0.12, (height // 6 + 1, width // 6 + 1)).astype(np.float32)
        uneven = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
        left = 1 - np.clip(self.ink.astype(np.float32) / 255 * darkness * uneven, 0, 0.97)
        return np.asarray(np.clip(self.page.astype(np.float32) * left, 0, 255), np.uint8)


def made_up(questionnaire: Questionnaire, rng: Generator) -> dict[str, str]:
    """What a keyer would type of a sheet, made up: 6 % blank, 1.5 % two marks, words on a third of the lines."""
    boxes: dict[str, list[Box]] = {}
    for box in layout(questionnaire).boxes:
        boxes.setdefault(box.item, []).append(box)
    typed = {}
    for code, own in boxes.items():
        item, chance = questionnaire.items.get(code), rng.random()
        choices = [box.code for box in own]
        if own[0].kind == "line":
            typed[code] = "…" if chance < 1 / 3 else ""
        elif own[0].kind == "digit":
            typed[code] = str(rng.integers(1, 10 ** len(own))) if chance < 0.6 else NOTHING
        elif item is not None and item.kind.several:
            typed[code] = ";".join(str(one) for one in choices if rng.random() < 0.3) or NOTHING
        else:
            typed[code] = NOTHING if chance < 0.06 else TWO if chance < 0.075 else str(rng.choice(choices))
    return typed


def filled(page_image: Grey, layout: Layout, page: int, typed: dict[str, str], hand: str, rng: Generator) -> Grey:
    """A printed page, filled in by one of `HANDS` with what a keyer would type of it.

    `blacken` and `strike_out` cross; in one question of twelve they first cross another choice, blacken that whole
    as the form says or strike it out by lines, and then cross the one that holds. Blanks (9, -) stay blank; two
    marks (8, *) are two of the choices.
    """
    sheet = Sheet(page_image, rng)
    boxes: dict[str, list[Box]] = {}
    for box in layout.boxes:
        if box.page == page:
            boxes.setdefault(box.item, []).append(box)
    for item, own in boxes.items():
        _answer(sheet, own, typed.get(item, ""), hand)
    return sheet.written(rng.uniform(0.3, 0.42) if hand == "pencil" else rng.uniform(0.72, 0.92))


def _answer(sheet: Sheet, boxes: list[Box], typed: str, hand: str) -> None:
    rng = sheet.rng
    if boxes[0].kind == "line":
        if typed.strip():
            _scribble(sheet, boxes[0])
        return
    if boxes[0].kind == "digit":
        digits = typed.strip().rjust(len(boxes)) if typed.strip().isdigit() else ""
        for box, digit in zip(boxes, digits, strict=False):
            if digit != " ":
                _digit(sheet, box, digit)
        return
    codes = {box.code: box for box in boxes}
    wanted = marked(codes, typed, rng)
    single = boxes[0].item in HEAD or len(wanted) == 1
    usual = "cross" if hand in ("blacken", "strike_out") else hand
    others = [box for code, box in codes.items() if code not in wanted]
    if usual != hand and single and wanted and others and rng.random() < MISTAKES:
        wrong = others[rng.integers(len(others))]
        mark(sheet, wrong, usual)
        if hand == "blacken":
            blacken(sheet, wrong)
        else:
            strike_out(sheet, wrong)
    for code in wanted:
        mark(sheet, codes[code], usual)


def marked(codes: dict[int, Box], typed: str, rng: Generator) -> list[int]:
    """The choices that are marked where a keyer would type this."""
    typed = typed.strip()
    if typed == "*" or (typed == "8" and 8 not in codes):
        return [int(code) for code in rng.choice(sorted(codes), 2, replace=False)]
    parts = typed.replace(",", ";").split(";")
    return [int(part) for part in parts if part.isdigit() and int(part) in codes]


def mark(sheet: Sheet, box: Box, hand: str) -> None:
    """One mark in, through or around a circle; no two are alike, and few sit in the middle."""
    rng, radius = sheet.rng, box.width / 2
    middle = np.array([box.x, box.y]) + rng.normal(0, 0.12 * radius, 2)
    if hand in ("filled", "pencil"):
        turns = np.linspace(0, 2 * np.pi * rng.uniform(2.6, 3.4), 90)
        reach = np.linspace(rng.uniform(0.75, 0.95), 0.1, 90) * radius * rng.uniform(0.85, 1.1)
        wobble = 1 + 0.12 * np.sin(turns * rng.uniform(0.4, 0.9) + rng.uniform(0, 6))
        points = np.stack([np.cos(turns) * reach * wobble, np.sin(turns) * reach], axis=1)
        sheet.line(middle + points, rng.uniform(0.45, 0.7))
    elif hand == "tick":
        size = rng.uniform(0.9, 1.6) * radius
        corner = np.array([[-0.8, -0.1], [-0.2, 0.75], [1.05, -1.15]]) * size
        sheet.line(middle + corner + rng.normal(0, 0.08 * radius, (3, 2)), rng.uniform(0.3, 0.5))
    elif hand == "cross":
        size = rng.uniform(0.7, 1.2) * radius
        for ends in ([[-1, -1], [1, 1]], [[-1, 1], [1, -1]]):
            sheet.line(middle + np.array(ends) * size + rng.normal(0, 0.1 * radius, (2, 2)), rng.uniform(0.3, 0.5))
    elif hand == "around":
        start = rng.uniform(0, 2 * np.pi)
        turns = start + np.linspace(0, 2 * np.pi * rng.uniform(0.95, 1.15), 60)
        wide, high = rng.uniform(1.35, 1.8, 2) * radius
        drift = np.linspace(1, rng.uniform(0.9, 1.12), 60)
        points = np.stack([np.cos(turns) * wide * drift, np.sin(turns) * high * drift], axis=1)
        sheet.line(middle + points, rng.uniform(0.3, 0.5))


def blacken(sheet: Sheet, box: Box) -> None:
    """Takes a mark back as the form says: all of its circle black."""
    rng, radius = sheet.rng, box.width / 2
    rows = np.linspace(-0.85, 0.85, 9)
    half = np.sqrt(1 - rows**2) * radius * rng.uniform(0.85, 1.1)
    points = np.stack([np.where(np.arange(9) % 2, half, -half), rows * radius], axis=1)
    middle = np.array([box.x, box.y]) + rng.normal(0, 0.06 * radius, 2)
    sheet.line(middle + points + rng.normal(0, 0.05 * radius, (9, 2)), rng.uniform(0.5, 0.7))


def strike_out(sheet: Sheet, box: Box) -> None:
    """Takes a mark back: a line or two through it and beyond it, or a scribble over all of it."""
    rng, radius = sheet.rng, box.width / 2
    middle = np.array([box.x, box.y])
    way = rng.choice(["line", "two lines", "scribble"])
    if way == "scribble":
        steps = np.linspace(-1.5, 1.5, 9)
        points = np.stack([steps * radius, np.where(np.arange(9) % 2, 1.25, -1.25) * radius], axis=1)
        sheet.line(middle + points + rng.normal(0, 0.15 * radius, (9, 2)), rng.uniform(0.35, 0.55))
        return
    for shift in (0,) if way == "line" else (-0.35, 0.35):
        slope = rng.uniform(-0.5, 0.5)
        long = rng.uniform(1.9, 2.6)
        points = np.array([[-long, shift - slope], [long, shift + slope]]) * radius
        sheet.line(middle + points, rng.uniform(0.3, 0.5))


def _scribble(sheet: Sheet, box: Box) -> None:
    """Some words on a line, as far as a camera can tell."""
    rng = sheet.rng
    long = box.width * rng.uniform(0.25, 0.9)
    steps = np.linspace(0, 1, max(8, int(long / 1.2)))
    points = np.stack(
        [
            box.x - box.width / 2 + 1 + steps * (long - 2),
            box.y + box.height * 0.15 + rng.uniform(-1, 1, len(steps)) * min(1.3, box.height * 0.3),
        ],
        axis=1,
    )
    sheet.line(points, rng.uniform(0.3, 0.45))


def _digit(sheet: Sheet, box: Box, digit: str) -> None:
    size = box.height * 0.62
    scale = size * sheet.scale / 21  # Hershey's figures are 21 units high
    at = (
        int((box.x - size * 0.32) * sheet.scale + sheet.rng.normal(0, 1)),
        int((box.y + size / 2) * sheet.scale + sheet.rng.normal(0, 1)),
    )
    thick = max(1, round(0.4 * sheet.scale))
    cv2.putText(sheet.ink, digit, at, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thick, cv2.LINE_AA)


def photographed(image: Grey, kind: str, rng: Generator) -> Grey:
    """A page as a scanner or a phone gives it: one of `KINDS`.

    flat    straight on the glass                   turned  up to 3° askew
    phone   from above by hand: perspective, a bent sheet, the lens, uneven light, a dark table
    shadow  turned, and a hand's shadow across it   blur    turned, and out of focus
    jpeg    turned, and packed at quality 55        worst   phone, shadow, blur and JPEG at once
    """
    picture: Image = image.astype(np.float32)
    if kind in ("phone", "worst"):
        picture = _by_hand(picture, rng)
    elif kind != "flat":
        picture = _turned(picture, rng)
    if kind in ("shadow", "worst"):
        picture = _shadowed(picture, rng)
    if kind in ("blur", "worst"):
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(1.1, 1.9) * (0.7 if kind == "worst" else 1))
    noise = rng.standard_normal(picture.shape, np.float32)
    grey = np.asarray(np.clip(picture * np.float32(rng.uniform(0.88, 1.0)) + 2.5 * noise, 0, 255), np.uint8)
    quality = 55 if kind in ("jpeg", "worst") else 85
    return np.asarray(cv2.imdecode(packed(grey, quality), cv2.IMREAD_GRAYSCALE), np.uint8)


def packed(image: Grey, quality: int = 85) -> Grey:
    """The bytes of a JPEG."""
    _done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(data, np.uint8)


def _turned(picture: Floats, rng: Generator) -> Floats:
    """Askew on the glass and a little shifted."""
    height, width = picture.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-3, 3), rng.uniform(0.97, 1.0))
    turn = np.column_stack([turn[:, :2], turn[:, 2] + rng.normal(0, 4, 2)])
    moved = cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_LINEAR, borderValue=250)
    return np.asarray(moved, np.float32)


def _by_hand(picture: Floats, rng: Generator) -> Floats:
    """From above by hand. The sheet bends by up to 0.8 mm and the lens by half a hundredth."""
    height, width = picture.shape
    scale = width / WIDTH
    out_width, out_height = round(width * 1.12), round(height * 1.1)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    margin = np.array([(out_width - width) / 2, (out_height - height) / 2])
    seen = corners * 0.97 + margin + rng.uniform(-0.035, 0.035, (4, 2)) * [width, height]
    angle = np.deg2rad(rng.uniform(-3, 3))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([out_width, out_height]) / 2
    seen = (seen - middle) @ turn.T + middle
    back = cv2.getPerspectiveTransform(seen.astype(np.float32), corners)
    rows, columns = np.ogrid[0:out_height, 0:out_width]
    x, y = (np.float32((along - at) / width) for along, at in ((columns, middle[0]), (rows, middle[1])))
    lens = 1 + np.float32(rng.uniform(-0.02, 0.02)) * (x**2 + y**2)
    points = np.dstack([x * lens * width + np.float32(middle[0]), y * lens * width + np.float32(middle[1])])
    flat: Image = cv2.perspectiveTransform(points, back)
    for axis, bent, length in ((1, 0.8, width), (0, 0.4, height)):
        depth = np.float32(rng.uniform(-bent, bent) * scale)
        flat[..., axis] += depth * np.sin(np.float32(np.pi / length) * flat[..., 1 - axis])
    moved = cv2.remap(
        picture, flat[..., 0], flat[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=70
    )
    falls = [np.float32(rng.uniform(-1, 1)) for _axis in "xy"]
    light = 1 - 0.25 * np.clip(x * falls[0] + y * falls[1] + 0.3, 0, 1)
    return np.asarray(moved * light, np.float32)


def _shadowed(picture: Floats, rng: Generator) -> Floats:
    """A shadow with a soft edge across the page."""
    height, width = picture.shape
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.ogrid[0:height, 0:width]
    x, y = np.float32((columns - width / 2) * np.cos(angle)), np.float32((rows - height / 2) * np.sin(angle))
    edge = np.float32(rng.uniform(8, 60))
    depth = np.float32(rng.uniform(0.35, 0.55))
    outside = (np.float32(rng.uniform(-0.25, 0.25) * width) - x - y) / edge
    dark = depth / (1 + np.exp(np.minimum(outside, 80)))  # more is too much for these numbers
    return np.asarray(picture * (1 - dark), np.float32)
