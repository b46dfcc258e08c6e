"""Names of a workbook as codes of a document."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from forms.grammar import CODE
from translations.unicode import normalized

LONGEST_CODE = 40


def code_of(name: str, otherwise: str, taken: Collection[str] = ()) -> str:
    """The name as a code (a letter, then letters, digits and _) that is not taken, whatever its capitals."""
    code = name
    if not CODE.fullmatch(name):
        plain = normalized("NFD", name.replace("đ", "d").replace("Đ", "D"))
        plain = re.sub(r"[^A-Za-z0-9]+", "_", "".join(c for c in plain if not unicodedata.combining(c))).strip("_")
        code = (plain if plain[:1].isalpha() else f"{otherwise}_{plain}")[:LONGEST_CODE].strip("_")
    small = {one.casefold() for one in taken}
    number, first = 2, code
    while code.casefold() in small:
        code = f"{first[: LONGEST_CODE - 4]}_{number}"
        number += 1
    return code
