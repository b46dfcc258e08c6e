"""The set-up step that makes the typeface."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from survey.pdf import typeface

TINOS = Path(typeface.__file__).parents[2] / "npm" / "tinos"
LETTERS = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"


@pytest.mark.parametrize("face", ["Regular", "Bold", "Italic", "BoldItalic"])
def test_each_face_has_every_letter_of_vietnamese(face: str) -> None:
    font = TTFont(typeface.TINOS / f"Tinos-{face}.ttf")
    known = font.getBestCmap()
    assert not [
        letter for letter in LETTERS + LETTERS.upper() + "0123456789%–−…“”†*·[]" if ord(letter) not in known
    ]
    assert font["name"].getDebugName(1) == "Tinos"


def test_letters_are_as_wide_as_those_of_times_new_roman() -> None:
    """The measures that Word and the PDF share; from Times New Roman's own table, in 2048ths of the size."""
    widths = TTFont(typeface.TINOS / "Tinos-Regular.ttf")["hmtx"]
    times = {"A": 1479, "a": 909, "m": 1593, "W": 1933, "one": 1024, "space": 512}
    assert {letter: widths[letter][0] for letter in times} == times


def test_the_lock_holds_digests_and_names_no_host() -> None:
    lock = json.loads((TINOS / "package-lock.json").read_text())
    packages = [package for name, package in lock["packages"].items() if name]
    assert packages
    for package in packages:
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package
