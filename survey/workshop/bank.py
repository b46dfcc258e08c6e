"""The bank: every question that a published version asks or that comes with the platform, and in which waves."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import Item, Questionnaire, bank_documents
from survey.storage.models import Wave
from survey.waves import questionnaires
from translations import LANGUAGES, N_
from translations import gettext as _
from translations.unicode import fold

# Where the questions come from that nobody in the province wrote.
SOURCES = {
    "ho_gia_dinh": N_("SIPAS of the Ministry of Home Affairs: its codes and contents, own wording"),
    "noi_phuc_vu": N_("short form of the platform, own wording"),
    "mot_cham": N_("kiosk of one touch of the platform, own wording"),
    "chinh_quyen_co_so": N_("under the subjects of PAPI, own wording; no figure of it is PAPI’s"),
}
OWN = N_("written in the province")


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
    def origin(self) -> str:
        """Where the question comes from."""
        return _(SOURCES.get(self.source.code, OWN))

    @property
    def languages(self) -> list[str]:
        """What the languages call themselves in which it is there."""
        further = self.source.languages
        return [*LANGUAGES.values(), *(name for code, name in further.items() if code in self.item.label.more)]


def sources(session: Session) -> list[Questionnaire]:
    """All of which a draft may take questions: the bank's own documents, then every version, in order."""
    return [*bank_documents(), *questionnaires.published(session)]


def questions(session: Session, words: str = "") -> list[Question]:
    """The questions in whose texts all the words stand, with or without accents; all of them without words. What
    several questionnaires ask under one code, in the same words with the same choices, is one."""
    asked: dict[str, list[Wave]] = {}
    for wave in session.scalars(select(Wave).order_by(Wave.opens.desc(), Wave.code)):
        asked.setdefault(wave.questionnaire, []).append(wave)
    found: dict[tuple[str, str, tuple[int, ...]], Question] = {}
    for version in reversed(sources(session)):
        for item in version.items.values():
            if item.beside or not all(word in fold(_said(item)) for word in fold(words).split()):
                continue
            one = found.setdefault((item.code, item.label.vi, tuple(item.choices)), Question(item, version))
            one.versions.append(version.name)
            one.waves.extend(asked.get(version.digest, []))
    for one in found.values():
        one.waves.sort(key=lambda wave: (wave.opens, wave.code), reverse=True)
    return list(found.values())


def _said(item: Item) -> str:
    texts = (item.label, item.short, *item.choices.values())
    return " ".join([item.code, *(f"{text.vi} {text.en}" for text in texts)])
