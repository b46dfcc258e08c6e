"""The typeface of official documents: Times New Roman, or what is drawn to its measures.

Word finds Times New Roman on the reader's machine. A PDF carries its font, so it must be here: Tinos, which
`make setup` makes, else the system's Liberation Serif. A PDF set in anything else is no official document.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import typst

from translations import Refusal

TINOS = Path(__file__).parent / "fonts"
LIBERATION = Path("/usr/share/fonts/truetype/liberation")
FAMILIES = {"Tinos": TINOS, "Liberation Serif": LIBERATION}
FACES = {("normal", 400), ("normal", 700), ("italic", 400), ("italic", 700)}


@cache
def _found(folders: tuple[tuple[str, Path], ...]) -> tuple[str, Path]:
    for family, folder in folders:
        if not folder.is_dir():
            continue
        fonts = typst.Fonts(False, False, [str(folder)]).fonts()
        if {(font.style, font.weight) for font in fonts if font.family == family} >= FACES:
            return family, folder
    raise Refusal("The typeface of official documents is not there. Run: make setup")


def typeface() -> tuple[str, Path]:
    """The family and the folder of its files, all four faces; refused where no such family is there."""
    return _found(tuple(FAMILIES.items()))
