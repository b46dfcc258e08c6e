"""Where the boxes of a printed form stand: what is printed from, and what a scan is read by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from forms import Questionnaire
from survey.paper.form import CORNER, CORNERS, QR, form


@dataclass(frozen=True)
class Box:
    """A box or circle that is marked by hand; all in millimetres from the top left corner of its page.

    item  the item's code, or a field of the head (`fieldwork.HEAD`)
    code  the choice that it stands for; for a digit of a number its place, counted from the left
    kind  `mark`: one of several choices · `digit`: a cell for one digit · `line`: to write on
    """

    item: str
    code: int
    kind: str
    page: int  # 1, 2 …
    x: float  # of the centre
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """The pages of a form: its boxes, and what a scan is laid straight by.

    corners  the centres of the four corner marks, the same on every page: top left, top right, bottom right,
             bottom left; each a black square with sides of `corner` mm
    qr       the middle of the code that names sheet and page, and its side
    """

    pages: int
    boxes: tuple[Box, ...]
    corners: tuple[tuple[float, float], ...]
    corner: float
    qr: tuple[float, float, float]


@lru_cache(maxsize=16)
def layout(questionnaire: Questionnaire) -> Layout:
    """Where the boxes of a questionnaire's form stand, as Typst set them; the same on all its sheets.

    In the order of the form: the head's, then by item and choice. A mark is a cross; one that was wrong is
    blackened whole, which the form says.
    """
    boxes = tuple(
        Box(**{**box, **{side: round(box[side], 3) for side in ("x", "y", "width", "height")}})
        for box in form(questionnaire).boxes()
    )
    return Layout(
        pages=max(box.page for box in boxes),
        boxes=boxes,
        corners=CORNERS,
        corner=CORNER,
        qr=QR,
    )
