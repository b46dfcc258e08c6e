"""Every figure of every kind of open matter says of what it is so many, and out of how many."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest

from survey.fieldwork import accounting
from survey.integrity import matter_words, open_matters, pattern_columns, pattern_words
from survey.integrity.alike_forms import AlikeForms
from survey.integrity.arrivals import Flood
from survey.integrity.matters import Matter, MatterKind
from survey.integrity.pattern_checks import CHECKS
from survey.integrity.patterns import Pattern
from survey.responses.lot_steps import LotState
from survey.storage.models import Mode
from tests.survey.integrity.test_patterns import questionnaire
from translations import speaking

DAY = date(2026, 11, 3)
UNITS = {
    "vi": r"tờ phiếu|phiếu|cặp|lần|điểm|câu|người|thôn|ngày|con số|trong \d+ (tờ phiếu|phiếu)|trong 100 người",
    "en": r"(sheets|forms|pairs|times|points|people|answers|numbers|villages|days|questions)\b|"
    r"that came back|that were ever held|of \d+ (sheets|forms|people)|in 100 people|name a case|"
    r"were keyed as satisfied",
}
BARE = {"vi": r"hệ số tương quan \S+, thường là \S+", "en": r"correlation of \S+, where \S+"}
KNOWN = {
    "vi": r"\(0 là không liên quan, 1 là giống hẳn|mức 1 đến \d|Lô 7,|từ 03/11/2026|03/11/2026",
    "en": r"\(0 is unrelated, 1 is alike|levels 1 to \d|Lot 7,|03/11/2026|\w+ \d+, 2026|\d+ \w+ 2026",
}


def told() -> Iterator[str]:
    """Every sentence there is, in the language of the moment."""
    names = {"scale": pattern_words.scale(questionnaire()), "item:A2": "Tuổi"}
    for check in CHECKS:
        code = f"{check}:A2" if check in ("digits", "cases") else check
        yield pattern_words.title(Pattern(code, "commune", "x", 400, 0.5, 0.25, 0, 0, "passes"), names)
    for matter in (
        Matter("x", MatterKind.FLOOD, Flood("x", Mode.PHONE, DAY, DAY, 192, 6, 0, 0, True)),
        Matter("x", MatterKind.ALIKE, AlikeForms("x", Mode.PHONE, 1, 192, 240, 6, 0, 0)),
        Matter("held", MatterKind.HELD, 3, whole=12),
        Matter("lot:7", MatterKind.LOT, LotState(), (7,), whole=40),
    ):
        yield matter_words.title(matter, names)
    paper = accounting.Line(None, None, 100, 60, 20, 10, 10, 4)
    yield from (
        open_matters.missing_sheets(paper),
        open_matters.sheets_to_key(12, paper),
        open_matters.sheets_to_settle(8, paper),
    )


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_figure_of_an_open_matter_has_its_unit(language: str) -> None:
    with speaking(language):
        for sentence in told():
            rest = re.sub(f"{BARE[language]}|{KNOWN[language]}", "", sentence)
            for figure in re.finditer(r"[+−]?\d[\d.,]*(?<![.,])", rest):
                after = rest[figure.end() :].lstrip()
                assert re.match(UNITS[language], after), (sentence, figure[0])


def test_a_level_says_of_how_many_questions_it_is_the_mean_and_a_change_that_it_is_points() -> None:
    names = {"scale": pattern_words.scale(questionnaire())}
    one = Pattern("jump", "commune", "x", 192, 0.05, -0.76, 0, 0, "passes")
    questions, levels = pattern_columns.main_scale(questionnaire())
    assert questions > levels == 5
    assert pattern_words.title(one, names) == (
        "X: mức hài lòng bình quân thay đổi −0,76 điểm so với đợt trước, thường là +0,05 điểm "
        f"(bình quân {questions} câu, mức 1 đến 5; 192 phiếu của cả hai đợt)"
    )
