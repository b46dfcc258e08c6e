"""Pages: what a draft says otherwise than the version before; sent by its writer, published by somebody else."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forms import differences
from survey.accounts.accounts import Right
from survey.storage.models import DraftState
from survey.web import previews
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.workshop import drafts as draft_pages
from survey.web.staff.workshop import place_words
from survey.web.staff.workshop.versions import spoken
from survey.workshop import drafts, publishing, recordings
from translations import N_, Refusal
from translations import gettext as _


@pages.form(
    "/bo-phieu/nhap/<int:id>/phat-hanh", Right.PUBLISH, N_("Published a questionnaire"), tab="staff.workshop"
)
def publish_draft(id: int) -> ResponseReturnValue:
    """The differences, with what is said of each; a second person publishes from here."""
    if request.method == "GET":
        return _page(id)
    answers = {
        name.removeprefix("so."): value == "1" for name, value in request.form.items() if name.startswith("so.")
    }
    try:
        with database().writing() as session:
            made = publishing.publish(session, drafts.find(session, id), current_user.name, answers)
    except publishing.Unanswered as unanswered:
        return _page(id, 422, str(unanswered), answers, unanswered.codes)
    except Refusal as refusal:
        return _page(id, refusal.status, str(refusal), answers)
    recordings.forget(id)
    flash(_("%(name)s is published. It can be chosen for a wave now.", name=made.name))
    return redirect(url_for(".version", name=made.name), 303)


def _page(
    id: int,
    status: int = 200,
    trouble: str = "",
    answers: dict[str, bool] | None = None,
    left: list[str] | None = None,
) -> ResponseReturnValue:
    with database().reading() as session:
        one = draft_pages.opened(session, id)
        before = drafts.before(session, one.written)
        writers = drafts.writers(session, one.row)
    now = one.looked.questionnaire
    changes = publishing.changes(before, now) if before is not None and now is not None else []
    page = render_template(
        "staff/workshop_publish.html",
        draft=one,
        before=before,
        now=now,
        changes=changes,
        asked=sum(change.asks for change in changes),
        answers=answers or {},
        left=left or [],
        trouble=trouble,
        writers=writers,
        is_sent=one.row.state is DraftState.SENT,
        shown=spoken(),
        words=differences.words,
        time_of=draft_pages.time_of,
        place_of=place_words.place,
        reason_of=place_words.reason,
        ways=previews.WAYS,
    )
    return page, status


@pages.act(
    "/bo-phieu/nhap/<int:id>/gui",
    Right.QUESTIONS,
    N_("Sent a questionnaire to be published"),
    changes_figures=False,
)
def send_draft(id: int) -> ResponseReturnValue:
    """Hands a draft to a second person."""
    try:
        with database().writing() as session:
            drafts.send(session, drafts.find(session, id), current_user.name)
    except Refusal as refusal:
        return _page(id, 422, str(refusal))
    flash(_("Sent. Somebody who did not write at it can publish it now."))
    return redirect(url_for(".publish_draft", id=id), 303)


@pages.act(
    "/bo-phieu/nhap/<int:id>/tra-lai", Right.PUBLISH, N_("Gave a questionnaire back"), changes_figures=False
)
def give_back_draft(id: int) -> ResponseReturnValue:
    """Opens a sent draft again, with a word why."""
    try:
        with database().writing() as session:
            drafts.give_back(session, drafts.find(session, id), current_user.name, request.form.get("words", ""))
    except Refusal as refusal:
        return _page(id, 422, str(refusal))
    return redirect(url_for(".draft", id=id), 303)
