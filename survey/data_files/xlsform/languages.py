"""In which languages a workbook is written: `label::Tiếng Việt (vi)`, `label::English`, `label`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from survey.data_files.xlsform.sheets import Row, Sheet

# What languages are called in forms, where they come without a code.
NAMES = {
    "vietnamese": "vi",
    "tiếng việt": "vi",
    "vietnam": "vi",
    "english": "en",
    "anglais": "en",
    "tiếng anh": "en",
    "french": "fr",
    "français": "fr",
    "francais": "fr",
    "spanish": "es",
    "español": "es",
    "espanol": "es",
    "portuguese": "pt",
    "português": "pt",
    "arabic": "ar",
    "العربية": "ar",
    "swahili": "sw",
    "kiswahili": "sw",
    "hindi": "hi",
    "nepali": "ne",
    "bengali": "bn",
    "bangla": "bn",
    "khmer": "km",
    "lao": "lo",
    "burmese": "my",
    "thai": "th",
    "indonesian": "id",
    "bahasa indonesia": "id",
    "somali": "so",
    "ukrainian": "uk",
    "russian": "ru",
    "tày": "tyz",
    "nùng": "nut",
    "dao": "ium",
    "mông": "hmn",
    "sán chỉ": "san",
}
CODE = re.compile(r"\(\s*([A-Za-z]{2,3})(?:[-_][A-Za-z]+)?\s*\)\s*$")
TRANSLATED = ("label", "hint", "audio")  # the columns that come in languages and are read
VIETNAMESE = re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


@dataclass(frozen=True)
class Languages:
    """What the languages of the heads are: head -> code; and what further ones call themselves.

    unknown  heads whose language has no code that anybody could know
    """

    codes: dict[str, str]
    further: dict[str, str]
    unknown: tuple[str, ...]

    def texts(self, row: Row, name: str) -> dict[str, str]:
        """The texts of a row in one of the translated columns, by language."""
        found: dict[str, str] = {}
        for column, text in row.cells.items():
            if column.name == name and column.language in self.codes:
                found.setdefault(self.codes[column.language], text)
        return found


def code_of(head: str) -> str | None:
    """The code that a head names, by itself or by the name of the language."""
    if found := CODE.search(head):
        return found[1].casefold()
    name = head.strip().casefold()
    return NAMES.get(name) or (name if re.fullmatch("[a-z]{2}", name) else None)


def of(sheets: Iterable[Sheet], default: str) -> Languages:
    """The languages of some sheets. `default`: what the settings call that of a label without language."""
    sheets = list(sheets)
    heads = dict.fromkeys(one.language for sheet in sheets for one in sheet.columns if one.name in TRANSLATED)
    codes: dict[str, str] = {}
    unknown = []
    for head in heads:
        code = code_of(head) if head else code_of(default) if default else _guess(sheets)
        if code is None and not head:
            code = _guess(sheets)
        if code is None:
            unknown.append(head)
        else:
            codes[head] = code
    further = {
        code: CODE.sub("", head).strip() or head
        for head, code in codes.items()
        if code not in ("vi", "en") and len(CODE.sub("", head).strip() or code) <= 60
    }
    return Languages(codes, {code: name or code for code, name in further.items()}, tuple(unknown))


def together(texts: list[dict[str, str]]) -> dict[str, str]:
    """Several notes as one text, by language."""
    spoken = dict.fromkeys(language for text in texts for language in text)
    return {language: "\n\n".join(text[language] for text in texts if language in text) for language in spoken}


def _guess(sheets: list[Sheet]) -> str:
    """Vietnamese where its letters stand, else English."""
    labels = " ".join(row.get("label") for sheet in sheets for row in sheet.rows[:200])
    return "vi" if len(VIETNAMESE.findall(labels)) > len(labels) / 100 else "en"
