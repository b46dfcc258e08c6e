"""Makes the four faces of Tinos, the metric twin of Times New Roman, out of the subsets that npm brings.

Run by `make setup`, once: `python merge.py FOLDER`. The fonts are not kept in the repository.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from fontTools.merge import Merger, Options
from fontTools.ttLib import TTFont

FILES = Path(__file__).parent / "node_modules/@fontsource/tinos"
SUBSETS = ("latin", "latin-ext", "vietnamese")
FACES = {"Regular": "400-normal", "Bold": "700-normal", "Italic": "400-italic", "BoldItalic": "700-italic"}
# Hints are one program per font and can't be joined; screens and printers of today do without.
HINTS = ["fpgm", "prep", "cvt ", "gasp"]


def face(style: str) -> TTFont:
    """One face with the letters of all subsets."""
    parts = []
    for subset in SUBSETS:
        font = TTFont(FILES / "files" / f"tinos-{subset}-{style}.woff2")
        font.flavor = None
        part = io.BytesIO()
        font.save(part)
        part.seek(0)
        parts.append(part)
    return Merger(Options(drop_tables=HINTS)).merge(parts)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "LICENSE").write_bytes((FILES / "LICENSE").read_bytes())
    for name, style in FACES.items():
        face(style).save(folder / f"Tinos-{name}.ttf")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
