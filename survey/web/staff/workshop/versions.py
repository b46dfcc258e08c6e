"""Pages: the workshop's list, and each version: what it asks, who uses it, what it says otherwise than before."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import Questionnaire, condition_words, differences, effort, writing
from survey.accounts.accounts import Right
from survey.paper import layout
from survey.storage.models import Draft, DraftState, Publication, PublishedQuestionnaire, Wave
from survey.waves import questionnaires
from survey.web import previews
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.respondent import form
from survey.web.staff.blueprint import pages
from survey.workshop import drafts, edits
from survey.workshop.drafts import Looked
from translations import LANGUAGES, N_, NotFound


@dataclass(frozen=True)
class Version:
    """A published version: its row, the waves that ask it, and who published it in the workshop."""

    questionnaire: Questionnaire
    row: PublishedQuestionnaire
    waves: Sequence[Wave]
    by: str | None

    @property
    def questions(self) -> int:
        return effort.questions(self.questionnaire)

    @property
    def minutes(self) -> int:
        return effort.minutes(self.questionnaire)

    @property
    def languages(self) -> list[str]:
        """What the languages of its texts call themselves."""
        return [LANGUAGES["vi"], LANGUAGES["en"], *self.questionnaire.languages.values()]


@dataclass(frozen=True)
class DraftRow:
    """A draft in the list.

    to_correct    places that stand between it and being published
    untranslated  texts without English
    others        who else writes at it now
    is_own        whether the reader wrote at it, and so does not publish it
    """

    row: Draft
    title: str
    version: object
    looked: Looked
    to_correct: int
    hints: int
    untranslated: int
    others: str | None
    is_own: bool

    @property
    def length(self) -> tuple[int, int] | None:
        """Questions and minutes, as far as anything can be drawn."""
        drawn = self.looked.questionnaire
        return (effort.questions(drawn), effort.minutes(drawn)) if drawn else None


@dataclass(frozen=True)
class Size:
    """How much a questionnaire is: bytes on a phone, pages of paper."""

    octets: int
    pages: int


@lru_cache(maxsize=64)
def octets(questionnaire: Questionnaire) -> int:
    """The bytes in which its questions come to a phone."""
    return len(gzip.compress(form.questions(questionnaire, {}).encode(), 9))


@lru_cache(maxsize=64)
def size(questionnaire: Questionnaire) -> Size:
    """The size of a questionnaire; to set its paper form takes half a second."""
    return Size(octets(questionnaire), layout.layout(questionnaire).pages)


@pages.page("/bo-phieu/", Right.PUBLISH, tab=Tab(4, N_("Questionnaires"), "main"))
def workshop() -> ResponseReturnValue:
    """The drafts, then all published versions."""
    with database().reading() as session:
        versions = published(session)
        rows = [_draft(session, row) for row in drafts.list_all(session)]
    waiting = sum(one.row.state is DraftState.SENT for one in rows)
    return render_template("staff/workshop.html", versions=versions, drafts=rows, waiting=waiting)


def _draft(session: Session, row: Draft) -> DraftRow:
    written = drafts.present(session, row)
    looked = drafts.looked(written)
    hints = drafts.open_hints(looked, drafts.notes(session, row))
    binding = sum(one.is_binding for one in hints)
    title = written.get("title")
    return DraftRow(
        row,
        str(title.get("vi") or title.get("en") or "") if isinstance(title, dict) else "",
        written.get("version"),
        looked,
        len(looked.faults) + binding,
        len(hints) - binding,
        edits.untranslated(written),
        drafts.holder(row, current_user.name),
        current_user.name in drafts.writers(session, row),
    )


def published(session: Session) -> list[Version]:
    """Every version with its waves, the newest of a questionnaire first."""
    rows = session.scalars(
        select(PublishedQuestionnaire).order_by(PublishedQuestionnaire.code, PublishedQuestionnaire.version.desc())
    ).all()
    used: dict[str, list[Wave]] = {}
    for wave in session.scalars(select(Wave).order_by(Wave.opens.desc(), Wave.code)):
        used.setdefault(wave.questionnaire, []).append(wave)
    by = dict(session.execute(select(Publication.questionnaire, Publication.account)).all())
    return [
        Version(questionnaires.by_digest(session, row.digest), row, used.get(row.digest, []), by.get(row.digest))
        for row in rows
    ]


@pages.page("/bo-phieu/<name>", Right.PUBLISH, tab="staff.workshop")
def version(name: str) -> ResponseReturnValue:
    """A version as a whole: its questions, its index, and the ways to see it drawn."""
    with database().reading() as session:
        own = _version(session, name)
        before = _before(session, own.questionnaire)
    asked = own.questionnaire
    return render_template(
        "staff/workshop_version.html",
        own=own,
        questionnaire=asked,
        before=before,
        size=size(asked),
        ways=previews.WAYS,
        conditions={
            code: condition_words.sentence(item.show_if, asked.items)
            for code, item in asked.items.items()
            if item.show_if
        },
    )


@pages.page("/bo-phieu/<name>/khac", Right.PUBLISH, tab="staff.workshop")
def version_differences(name: str) -> ResponseReturnValue:
    """What a version says otherwise than the one before, or than another: `voi=CODE@N`."""
    with database().reading() as session:
        now = questionnaires.find(session, name)
        other = request.args.get("voi")
        before = questionnaires.find(session, other) if other else _before(session, now)
    if before is None:
        raise NotFound("This is the first version of the questionnaire: there is none before it.")
    return render_template(
        "staff/workshop_differences.html",
        before=before,
        now=now,
        found=differences.between(before, now),
        shown=spoken(),
        words=differences.words,
    )


@pages.page("/bo-phieu/<name>/xem/<way>", Right.PUBLISH, tab="staff.workshop")
def version_drawn(name: str, way: str) -> ResponseReturnValue:
    """A version drawn as it is met, in the language `tieng`."""
    with database().reading() as session:
        asked = questionnaires.find(session, name)
        return previews.drawn(session, asked, way, request.args.get("tieng", "vi"), url_for("trial.sent"))


@pages.page("/bo-phieu/<name>.yaml", Right.PUBLISH, tab="staff.workshop")
def version_file(name: str) -> ResponseReturnValue:
    """The document of a version."""
    with database().reading() as session:
        asked = questionnaires.find(session, name)
    return document_file(writing.written(asked.document), asked.name)


def document_file(text: str, name: str) -> Response:
    """A document as a file to download."""
    answer = Response(text, mimetype="application/yaml")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.yaml"'
    return answer


def spoken() -> tuple[str, ...]:
    """The languages in which differences are shown: `tieng=vi`, `en`, or both."""
    asked = request.args.get("tieng", "vi")
    return (asked,) if asked in ("vi", "en") else ("vi", "en")


def _version(session: Session, name: str) -> Version:
    questionnaires.find(session, name)  # told what is missing
    return next(one for one in published(session) if one.questionnaire.name == name)


def _before(session: Session, questionnaire: Questionnaire) -> Questionnaire | None:
    """The version before, if there is one."""
    earlier = [
        one
        for one in questionnaires.published(session)
        if one.code == questionnaire.code and one.version < questionnaire.version
    ]
    return earlier[-1] if earlier else None
