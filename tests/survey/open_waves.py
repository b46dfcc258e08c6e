"""An open wave of the last nine days with some answers, released; and what a page of it says."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from html import unescape
from pathlib import Path

from forms import Questionnaire
from survey.data_files import importing
from survey.results import release_steps, releases
from survey.storage.database import Database
from survey.storage.models import WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves


def make(
    database: Database,
    folder: Path,
    wave: str,
    asked: Questionnaire,
    rows: Iterable[Sequence[object]],
    title: str = "",
) -> None:
    """Publishes the questionnaire and brings in the rows of a file, whose first one has the names of columns."""
    today = dates.today()
    with database.writing() as session:
        questionnaires.publish(session, asked, today)
        waves.create(session, wave, asked, WaveKind.OPEN, today - timedelta(9), today, public=True, title=title)
    path = folder / "phieu.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    importing.responses(database, wave, importing.Wanted(path))


def release(database: Database, wave: str) -> None:
    """Freezes, checks and approves what came."""
    with database.writing() as session:
        made = releases.freeze(session, waves.find(session, wave), "an")
        release_steps.check(made, "binh")
        release_steps.approve(made, made, "chi")


def words_of(page: str) -> str:
    """What somebody reads on a page, without the bars around it."""
    page = re.sub(r"(?s)<(script|style|svg|nav|footer)\b.*?</\1>", " ", page)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
