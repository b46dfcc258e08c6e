"""The bank: every question that a published version asks, where it stands and in which waves it was asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import Item, Questionnaire
from survey.storage.models import Wave
from survey.waves import questionnaires
from translations import LANGUAGES
from translations.unicode import fold


@dataclass(frozen=True)
class Question:
    """One wording of a question.

    source    the newest version that asks it so, from which a draft takes it
    versions  all that do, the newest first
    waves     those in which it was asked, the latest first
    """

    item: Item
    source: Questionnaire
    versions: list[str] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)

    @property
    def languages(self) -> list[str]:
        """What the languages call themselves in which it is there."""
        further = self.source.languages
        return [*LANGUAGES.values(), *(name for code, name in further.items() if code in self.item.label.more)]


def questions(session: Session, words: str = "") -> list[Question]:
    """The questions in whose texts all the words stand, with or without accents; all of them without words."""
    asked: dict[str, list[Wave]] = {}
    for wave in session.scalars(select(Wave).order_by(Wave.opens.desc(), Wave.code)):
        asked.setdefault(wave.questionnaire, []).append(wave)
    found: dict[tuple[str, str, str], Question] = {}
    for version in reversed(questionnaires.published(session)):
        for item in version.items.values():
            if item.beside or not all(word in fold(_said(item)) for word in fold(words).split()):
                continue
            one = found.setdefault((version.code, item.code, item.label.vi), Question(item, version))
            one.versions.append(version.name)
            one.waves.extend(asked.get(version.digest, []))
    return list(found.values())


def _said(item: Item) -> str:
    texts = (item.label, item.short, *item.choices.values())
    return " ".join([item.code, *(f"{text.vi} {text.en}" for text in texts)])
