"""What is marked on a page that was laid straight: a reading of each of its questions, and how sure it is.

The printed form is known to the millimetre, so a page is first fitted onto its own print, which a bent sheet or a
lens has moved by parts of a millimetre. What is then darker than the paper around it, where no print is, is ink.
A mark is ink inside a circle, or a ring of it around one. How it was made matters only where two circles of one
question have ink, for the form says that a wrong one is blackened whole.

Nothing is guessed: figures and words written by hand, and marks that are neither clear nor clearly absent, are for
a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forms import Item, Questionnaire
from survey.fieldwork.keying import blank, head, two_marks
from survey.paper.layout import Box, layout
from survey.paper.opencv import cv2
from survey.paper.pages import HEIGHT, SCALE, WIDTH, prints
from survey.paper.scan_images import Grey

Floats = NDArray[np.float64]

# Fitting the page onto its print.
COARSE = 2  # pixels a millimetre
WINDOW, SEARCH = (12, 9), 2.6  # mm: what is looked for, and how far around
STEP = 12  # mm between the middles of the windows, at least
LIKE = 0.5  # correlation of a window with its print, at least
STEPS = 5  # of the fit that leaves out what doesn't agree
CLOSE = 0.12  # mm from the fit that a window may well be

BENT = 0.3  # mm that are left of a page too crumpled to be read

# What is around a circle.
REACH = 5.0  # mm to each side of its middle that are looked at
BLEED = 0.5  # mm around print that are left out: a blurred picture smears it
AROUND = (1.23, 2.1)  # radii between which a ring around a circle lies
SECTORS = 24
INK = 0.15  # darkness of what is no longer paper

# What is a mark: up to where there surely is none, and from where on there surely is one. Chosen on made-up scans
# of other seeds than those measured in docs/measurements.md: blank circles reach 0.014 inside, one tick in thirty
# lies below 0.10, where a slip of the pen lies too.
INSIDE = (0.02, 0.10)  # darkness inside
RINGED = (0.40, 0.75)  # share of the directions
BLACK = (0.80, 0.95)  # share that is covered: a cross reaches 0.79, a blackened circle begins at 0.98
SURE = 0.55  # the confidence that a reading has at these limits
WRITTEN = 0.8  # mm² of ink on a line or in a cell that is not blank
PIECE = 12  # mm of a line that are fitted at a time


@dataclass(frozen=True)
class Ink:
    """What a pen left at one circle.

    inside   mean darkness of its inside: 0 as on the blank print, 1 black
    covered  share of its inside that is clearly ink
    around   share of the directions in which ink lies close around it
    """

    inside: float
    covered: float
    around: float

    @property
    def marked(self) -> bool:
        """Whether there is a mark, rather than none."""
        return self.inside > sum(INSIDE) / 2 or self.around > sum(RINGED) / 2

    @property
    def black(self) -> bool:
        """Whether it is blackened whole."""
        return self.inside > sum(INSIDE) / 2 and self.covered > sum(BLACK) / 2

    @property
    def confidence(self) -> float:
        """How clear `marked` is: 0 it could be either, 1 as clear as any."""
        inside = _clear(self.inside, INSIDE)
        if self.inside > sum(INSIDE) / 2:
            return inside
        ringed = _clear(self.around, RINGED)
        return min(inside, ringed) if self.inside < INSIDE[0] or self.around < sum(RINGED) / 2 else ringed


@dataclass(frozen=True)
class Reading:
    """What was read of one question of a page.

    typed       what a keyer would type; where it isn't `sure`, what is likeliest, empty where nothing is
    confidence  0 it could as well be something else, 1 as clear as any; no probability
    top, bottom millimetres of the page between which the question stands
    """

    item: str
    typed: str
    confidence: float
    top: float
    bottom: float

    @property
    def sure(self) -> bool:
        """Whether nobody needs to look."""
        return self.confidence >= SURE


def read(page: Grey, questionnaire: Questionnaire, number: int) -> list[Reading] | None:
    """What is marked on a page that was laid straight, in the order of the form. None if the page is too crumpled
    to be fitted onto its print."""
    where = fit(page, prints(questionnaire)[number - 1], anchors(questionnaire)[number - 1])
    if where is None or where.left > BENT:
        return None
    lit = even(page)
    inked = inks(lit, questionnaire, number, where)
    black = _blackens(inked)
    boxes: dict[str, list[Box]] = {}
    for box in layout(questionnaire).boxes:
        if box.page == number:
            boxes.setdefault(box.item, []).append(box)
    items = {item.code: item for item in (*head(), *questionnaire.keyed)}
    readings = []
    for code, own in boxes.items():
        if own[0].kind == "mark":
            typed, confidence = _marked(items[code], [(box.code, inked[code, box.code]) for box in own], black)
        else:
            empty = all(_blank(lit, questionnaire, box, where) for box in own)
            typed, confidence = (_nothing(items[code]), 1.0) if empty else ("", 0.0)
        readings.append(
            Reading(
                code,
                typed,
                round(confidence, 2),
                min(box.y - box.height / 2 for box in own),
                max(box.y + box.height / 2 for box in own),
            )
        )
    return readings


def _marked(item: Item, inked: list[tuple[int, Ink]], black: bool) -> tuple[str, float]:
    """What would be typed of a question's circles, and how sure that is; `black`: this person blackens all."""
    confidence = min(ink.confidence for _code, ink in inked)
    marks = [(code, ink) for code, ink in inked if ink.marked]
    if marks and not black:
        plain = [(code, ink) for code, ink in marks if not ink.black]
        if len(plain) < len(marks):  # a blackened circle was wrong, if there is another mark instead
            shape = min(_clear(ink.covered, BLACK) for _code, ink in marks)
            confidence = min(confidence, shape) if plain else 0.0
        marks = plain or marks
    if not item.kind.several and len(marks) > 1:
        return two_marks(item)[0], 0.0
    return ";".join(str(code) for code, _ink in marks) or _nothing(item), confidence


def _blackens(inked: Mapping[tuple[str, int], Ink]) -> bool:
    """Whether the marks of this page are blackened circles rather than crosses, against what the form says."""
    marks = [ink for ink in inked.values() if ink.marked]
    return sum(ink.black for ink in marks) > max(2, 0.6 * len(marks))


def _nothing(item: Item) -> str:
    """What is typed where the paper is blank."""
    return next(iter(blank(item)), "")


def _clear(value: float, limits: tuple[float, float]) -> float:
    """How far a value is from the middle of two limits: `SURE` at each of them, at most 1."""
    half = (limits[1] - limits[0]) / 2
    return min(1.0, SURE * abs(value - sum(limits) / 2) / half)


@lru_cache(maxsize=4)
def anchors(questionnaire: Questionnaire) -> tuple[list[tuple[int, int]], ...]:
    """Places of each blank page, `COARSE` pixels a millimetre, that can be told from what is beside them."""
    places = []
    margin = round((SEARCH + max(WINDOW) / 2) * COARSE)
    for printed in prints(questionnaire):
        inner = np.zeros((HEIGHT * COARSE, WIDTH * COARSE), np.uint8)
        inner[margin:-margin, margin:-margin] = 255
        size = round(max(WINDOW) * COARSE / 2)
        corners = cv2.goodFeaturesToTrack(_coarse(printed), 90, 0.05, STEP * COARSE, mask=inner, blockSize=size)
        places.append([(int(x), int(y)) for x, y in corners.reshape(-1, 2)])
    return tuple(places)


@dataclass(frozen=True)
class Fit:
    """How a page lies on its print: (terms, 2) coefficients of the shift, and what is left of it, in mm."""

    terms: Floats
    left: float

    def at(self, places: Floats) -> Floats:
        """(N, 2) where on the picture these places of the print are, in mm."""
        return places + _powers(places, len(self.terms)) @ self.terms


def fit(page: Grey, printed: Grey, places: list[tuple[int, int]]) -> Fit | None:
    """How the page lies on its print; None if too little of the print is recognised."""
    small, plain = _coarse(page), _coarse(printed)
    wide, high = (side * COARSE // 2 for side in WINDOW)
    far = round(SEARCH * COARSE)
    points, shifts = [], []
    for x, y in places:
        window = plain[y - high : y + high, x - wide : x + wide]
        around = small[y - high - far : y + high + far, x - wide - far : x + wide + far]
        like = cv2.matchTemplate(around, window, cv2.TM_CCOEFF_NORMED)
        _least, best, _where, (column, row) = cv2.minMaxLoc(like)
        if best >= LIKE:
            points.append((x, y))
            shifts.append((column + _peak(like[row], column) - far, row + _peak(like[:, column], row) - far))
    if len(points) < max(12, len(places) // 2):
        return None
    return _fitted(np.array(points) / COARSE, np.array(shifts) / COARSE)


def _fitted(at: NDArray[Any], shift: NDArray[Any]) -> Fit:
    """Robust least squares of the shifts (N, 2) on powers of where they were found (N, 2)."""
    powers = _powers(at, 10 if len(at) > 40 else 6 if len(at) > 20 else 3)
    trust = np.ones(len(at))
    for _step in range(STEPS):
        root = np.sqrt(trust)[:, None]
        terms = np.linalg.lstsq(powers * root, shift * root, rcond=None)[0]
        off = np.hypot(*(shift - powers @ terms).T)
        scale = max(CLOSE, 1.5 * float(np.median(off)))
        trust = np.clip(1 - (off / (3 * scale)) ** 2, 0, 1) ** 2  # Tukey's
    return Fit(np.asarray(terms, float), float(np.median(off)))


def _powers(places: Floats, count: int) -> Floats:
    x, y = places[:, 0] / WIDTH * 2 - 1, places[:, 1] / HEIGHT * 2 - 1
    every = [x**0, x, y, x * y, x**2, y**2, x**3, x**2 * y, x * y**2, y**3]
    return np.stack(every[:count], axis=1)


def _coarse(page: Grey) -> Grey:
    small = cv2.resize(page, (WIDTH * COARSE, HEIGHT * COARSE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 0.6), np.uint8)


def _peak(values: NDArray[Any], at: int) -> float:
    """Where between its neighbours the largest of three values stands, by a parabola."""
    if not 0 < at < len(values) - 1:
        return 0.0
    left, middle, right = (float(value) for value in values[at - 1 : at + 2])
    bend = left - 2 * middle + right
    return 0.5 * (left - right) / bend if bend < 0 else 0.0


def even(page: Grey) -> Grey:
    """The page as if evenly lit: paper is white wherever it lies, in a shadow too."""
    small = cv2.resize(page, (WIDTH * 2, HEIGHT * 2), interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    paper = cv2.resize(cv2.GaussianBlur(paper, (0, 0), 3), page.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(page, paper, scale=250), np.uint8)


def _around(page: Grey, places: Floats) -> NDArray[np.float32]:
    """(N, side, side) the darkness around these places, 0 paper … 1 black."""
    side = 2 * round(REACH * SCALE) + 1
    return _cut(page, places, (side, side))


def _cut(page: Grey, places: Floats, size: tuple[int, int]) -> NDArray[np.float32]:
    """(N, height, width) the darkness of pieces of so many pixels around these places."""
    pieces = [cv2.getRectSubPix(page, size, (float(x) * SCALE - 0.5, float(y) * SCALE - 0.5)) for x, y in places]
    return np.asarray(np.clip(1 - np.array(pieces, np.float32) / 245, 0, 1), np.float32)


@dataclass(frozen=True)
class _Zones:
    """The circles of a page, and which of the pixels around each are free of print.

    inside  (N, P) whether a pixel lies inside    near    (N, P) whether it lies where a ring around it would
    sector  (P, S) in which direction it lies      known   (N, S) whether enough of a direction is free
    """

    boxes: list[Box]
    inside: NDArray[np.float32]
    near: NDArray[np.float32]
    sector: NDArray[np.float32]
    known: NDArray[np.bool_]


@lru_cache(maxsize=16)
def _zones(questionnaire: Questionnaire, number: int) -> _Zones:
    boxes = [box for box in layout(questionnaire).boxes if box.page == number and box.kind == "mark"]
    places = np.array([(box.x, box.y) for box in boxes]).reshape(-1, 2)
    free = np.array([_free(one) for one in _around(prints(questionnaire)[number - 1], places)])
    half = round(REACH * SCALE)
    rows, columns = np.mgrid[-half : half + 1, -half : half + 1] / SCALE
    radius = np.array([box.width / 2 for box in boxes])[:, None, None]
    distance = np.hypot(rows, columns)[None] / radius
    inside = (free & (distance < 0.9)).reshape(len(boxes), -1).astype(np.float32)
    near = free & (distance > AROUND[0]) & (distance < AROUND[1])
    at = ((np.arctan2(rows, columns) / (2 * np.pi) + 0.5) * SECTORS).astype(int) % SECTORS
    sector = np.eye(SECTORS, dtype=np.float32)[at.ravel()]
    flat = near.reshape(len(boxes), -1).astype(np.float32)
    whole = ((distance > AROUND[0]) & (distance < AROUND[1])).reshape(len(boxes), -1).astype(np.float32)
    return _Zones(boxes, inside, flat, sector, flat @ sector > 0.35 * (whole @ sector))


def inks(lit: Grey, questionnaire: Questionnaire, number: int, where: Fit) -> dict[tuple[str, int], Ink]:
    """The ink at each circle of a page that is evenly lit, by item and code."""
    zones = _zones(questionnaire, number)
    if not zones.boxes:
        return {}
    dark = _around(lit, where.at(np.array([(box.x, box.y) for box in zones.boxes])))
    dark = dark.reshape(len(zones.boxes), -1)
    ink = (dark > INK).astype(np.float32)
    size = zones.inside.sum(1)
    inside = (dark * zones.inside).sum(1) / size
    inside -= np.percentile(inside, 25)  # what print and blur leave in blank ones, which are most
    covered = (ink * zones.inside).sum(1) / size
    directions = ((ink * zones.near) @ zones.sector >= 2) & zones.known
    around = directions.sum(1) / np.maximum(1, zones.known.sum(1))
    return {
        (box.item, box.code): Ink(*map(float, found))
        for box, *found in zip(zones.boxes, inside, covered, around, strict=True)
    }


def _free(dark: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which pixels of a blank print are far enough from its ink."""
    wide = 2 * round(BLEED * SCALE) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide))
    return np.asarray(cv2.dilate(dark, disc) < 0.1, bool)


def _blank(lit: Grey, questionnaire: Questionnaire, box: Box, where: Fit) -> bool:
    """Whether nothing is written on a line or in a cell; what is written, a person reads."""
    wide = box.width / max(1, round(box.width / PIECE))
    middles = np.arange(box.x - box.width / 2 + wide / 2, box.x + box.width / 2, wide)
    places = np.array([(x, box.y) for x in middles])
    size = (round((wide - 1) * SCALE), round((box.height - 1) * SCALE))
    blank = prints(questionnaire)[box.page - 1]
    ink = 0
    for plain, seen in zip(_cut(blank, places, size), _cut(lit, where.at(places), size), strict=True):
        ink += int(np.count_nonzero(_free(plain) & (seen > INK)))
    return ink / SCALE**2 < WRITTEN
