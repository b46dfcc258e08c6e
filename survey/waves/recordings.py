"""Recorded questions: kept in the data folder when a document is published, under its digest."""

from __future__ import annotations

import shutil
from pathlib import Path

from forms import Item, Questionnaire
from survey.system import settings
from translations import LANGUAGES, NotFound


def keep(questionnaire: Questionnaire, source: Path) -> None:
    """Copies the recordings that lie beside a document; what is kept already stays as it is."""
    for item in questionnaire.items.values():
        for name in item.audio.values():
            copy = folder(questionnaire) / name
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / name, copy)


def find(questionnaire: Questionnaire, code: str, language: str) -> Path:
    """The file in which an item is read aloud in a language."""
    item = questionnaire.items.get(code)
    name = item.audio.get(language) if item else None
    if name is None or not (path := folder(questionnaire) / name).is_file():
        raise NotFound("There is no recording of this question.")
    return path


def offered(questionnaire: Questionnaire, item: Item) -> dict[str, str]:
    """The languages in which an item can be heard: code -> what the language calls itself."""
    names = {**LANGUAGES, **questionnaire.languages}
    return {code: names[code] for code in item.audio}


def folder(questionnaire: Questionnaire) -> Path:
    """Where the recordings of a version lie."""
    return settings.data_folder() / "recordings" / questionnaire.digest
