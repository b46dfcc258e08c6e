"""Where the boxes of a printed form stand: what is printed from, and what a scan is read by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A box or circle that is marked by hand; all in millimetres from the top left corner of its page.

    item  the item's code, or a field of the head (`fieldwork.HEAD`)
    code  the choice that it stands for; for a digit of a number its place, counted from the left
    kind  `mark`: one of several choices · `digit`: a cell for one digit · `text`: a line to write on
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
