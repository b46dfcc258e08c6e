"""How many questions and minutes a questionnaire tells of, reckoned from its own words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import survey
from forms import effort, parse, shipped

FORMS = {questionnaire.name: questionnaire for questionnaire in shipped()}


@pytest.mark.parametrize(
    ("name", "questions", "minutes"),
    [("ho_gia_dinh@1", 84, 12), ("ho_gia_dinh@2", 84, 12), ("noi_phuc_vu@1", 12, 3), ("noi_phuc_vu@2", 14, 3)],
)
def test_questions_are_those_that_are_met_and_minutes_come_of_words_and_taps(
    name: str, questions: int, minutes: int
) -> None:
    assert (effort.questions(FORMS[name]), effort.minutes(FORMS[name])) == (questions, minutes)


def test_the_readme_says_as_many() -> None:
    """Of the two forms that a newcomer opens in the demonstration."""
    short, household = (effort.questions(FORMS[name]) for name in ("noi_phuc_vu@1", "ho_gia_dinh@1"))
    for name, words in (
        ("README.md", ("{} câu ngắn", "({} câu)")),
        ("README.en.md", ("{} short", "({} questions)")),
    ):
        readme = (Path(survey.__file__).parents[1] / name).read_text("utf-8")
        for line, count in zip(words, (short, household), strict=True):
            assert line.format(count) in readme


def test_what_is_left_after_one_touch_is_counted_by_itself() -> None:
    left = effort.further(FORMS["mot_cham@1"])
    assert (effort.questions(left), effort.minutes(left)) == (13, 3)
    assert effort.further(FORMS["noi_phuc_vu@2"]) == FORMS["noi_phuc_vu@2"]


def test_a_longer_question_takes_longer(document: dict[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False)
    longer = json.loads(text)
    longer["pages"][0]["items"][0]["hint"] = {"vi": "một hai " * 60, "en": "one two " * 60}
    assert effort.minutes(parse(longer)) > effort.minutes(parse(document))


def test_a_form_that_is_marked_as_quick_is_far_below_what_is_told() -> None:
    """Kiosk and phone mark what took under five seconds: nobody who read is among them."""
    script = (Path(survey.__file__).parent / "web" / "static" / "kiosk" / "answers.js").read_text("utf-8")
    assert "const QUICK = 5; // seconds in all" in script
    assert all(effort.minutes(form) * 60 > 20 * 5 for form in FORMS.values())
