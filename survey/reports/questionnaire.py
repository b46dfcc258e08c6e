"""A questionnaire to read and correct in Word: its texts in one language, choices with their codes, conditions."""

from __future__ import annotations

import io
from typing import Any

from docx.shared import Mm

from forms import Item, Page, Questionnaire
from forms.condition_words import sentence
from survey.reports import docx as word
from translations import gettext as _
from translations import speaking


def docx(questionnaire: Questionnaire, language: str) -> bytes:
    """The Word file, in the look of the reports."""
    with speaking(language):
        document = word.shipped()
        document.add_heading(str(questionnaire.title), level=1)
        document.add_paragraph(f"{questionnaire.name} · {questionnaire.digest[:12]}")
        for text in (questionnaire.purpose, questionnaire.consent):
            for paragraph in str(text).split("\n\n"):
                document.add_paragraph(paragraph)
        for page in questionnaire.pages:
            _page(document, questionnaire, page)
        document.core_properties.title = str(questionnaire.title)
        document.core_properties.author = _("Department of Home Affairs")
        file = io.BytesIO()
        document.save(file)
        return file.getvalue()


def _page(document: Any, questionnaire: Questionnaire, page: Page) -> None:
    document.add_heading(str(page.title), level=2)
    if page.intro:
        document.add_paragraph(str(page.intro))
    for item in page.items:
        _item(document, questionnaire, item)


def _item(document: Any, questionnaire: Questionnaire, item: Item) -> None:
    question = document.add_paragraph()
    question.paragraph_format.keep_with_next = bool(item.choices)
    question.add_run(f"{item.no}. " if item.no else "").bold = True
    question.add_run(str(item.label)).bold = True
    question.add_run(f"  [{item.code}]")
    condition = sentence(item.show_if, questionnaire.items) if item.show_if else None
    for note in (condition, item.hint, item.reason):
        if note is not None:
            document.add_paragraph().add_run(str(note)).italic = True
    for code, text in item.choices.items():
        document.add_paragraph(f"{code}  {text}").paragraph_format.left_indent = Mm(10)
    if item.kind.is_number:
        limits = {"minimum": item.minimum, "maximum": item.maximum}
        document.add_paragraph(_("A number from %(minimum)s to %(maximum)s.", **limits))
