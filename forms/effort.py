"""How long a questionnaire takes, from the words that are read and the taps that are made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from forms.items import Item
from forms.questionnaire import Page, Questionnaire

WORDS_A_SECOND = 3.0  # syllables, which Vietnamese writes as words: slow silent reading, on a screen, by anybody
DECIDING = 2.0  # seconds between having read a question and knowing one's answer
TAP = 1.0  # seconds, to find and press
SENTENCE = 20.0  # seconds for one who writes something; half of them do not


def questions(questionnaire: Questionnaire) -> int:
    """How many short questions are met on the longest way, as the progress counts them (form.js): a line to write
    beside others is none of its own."""
    return sum(_questions(screen) for page in questionnaire.pages for screen in page.screens)


def _questions(screen: Sequence[Item]) -> int:
    own = [item for item in screen if item.beside is None]
    return sum(len(own) == 1 or not item.kind.is_text for item in own)


def minutes(questionnaire: Questionnaire) -> int:
    """Minutes for somebody who answers everything that may be asked, rounded up."""
    seconds, read = 0.0, set[str]()
    for page in questionnaire.pages:
        seconds += _page(page, read)
    return max(1, math.ceil(seconds / 60))


def further(questionnaire: Questionnaire) -> Questionnaire:
    """What is left to ask after the one touch and its reason, to be counted as any other."""
    touched = {questionnaire.one_tap.answer, questionnaire.one_tap.why} if questionnaire.one_tap else set[str]()
    left = [
        replace(page, items=tuple(item for item in page.items if not touched & {item.code, item.beside}))
        for page in questionnaire.pages
    ]
    return replace(questionnaire, pages=tuple(page for page in left if page.items))


def _page(page: Page, read: set[str]) -> float:
    """The seconds of a page; a scale that was read before is known."""
    seconds = _reading(str(page.intro or ""))
    for screen in page.screens:
        seconds += 0 if page.by_touch(screen) else TAP  # onward
        for item in screen:
            seconds += _item(item, read)
    return seconds


def _item(item: Item, read: set[str]) -> float:
    if item.beside:
        return 0.0  # of few people
    words = [item.label, item.hint or ""]
    if item.scale is None or item.scale not in read:
        words += item.choices.values()
        read.add(item.scale or "")
    seconds = sum(_reading(str(text)) for text in words)
    return seconds + (SENTENCE / 2 if item.kind.is_text else DECIDING + TAP)


def _reading(text: str) -> float:
    return len(text.replace("\N{NO-BREAK SPACE}", " ").split()) / WORDS_A_SECOND
