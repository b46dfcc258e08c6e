"""Pages: beginning a draft, from nothing, a version or a file; and taking questions of a version into it."""

from __future__ import annotations

from pathlib import Path

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.file import FileField
from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import Regexp

from forms.grammar import CODE
from survey.accounts.accounts import Right
from survey.data_files import questionnaire_files
from survey.storage.models import Draft
from survey.waves import questionnaires
from survey.web.current import database
from survey.web.pages import MB
from survey.web.staff.blueprint import pages
from survey.web.staff.form import AS_TYPED, NEEDED, StaffForm
from survey.web.staff.uploads import load_upload
from survey.workshop import bank, drafts, edits, recordings
from translations import N_, Lazy
from translations import gettext as _

BEGAN = N_("Began a draft of a questionnaire")


class BlankForm(StaffForm):
    """What a questionnaire from nothing needs."""

    title = StringField(Lazy("Title"), NEEDED, description=Lazy("As people read it above the questions."))
    english = StringField(
        Lazy("Title in English"),
        description=Lazy("You may write it later. Nothing is published before its English is complete."),
    )
    code = StringField(
        Lazy("Code"),
        [
            *NEEDED,
            Regexp(
                rf"(?:{CODE.pattern})\Z",
                message=Lazy("Start with a letter; then letters without accents, digits and _: y_kien_thuy_loi"),
            ),
        ],
        description=Lazy("Letters without accents, digits and _. It never changes."),
        render_kw={"maxlength": 40, **AS_TYPED},
    )


class FileForm(StaffForm):
    """A document from elsewhere."""

    file = FileField(
        Lazy("XLSForm (.xlsx) or document (.yaml)"),
        description=Lazy("It need not be whole: what is missing is told beside each question."),
        render_kw={"accept": ".xlsx,.yaml,.yml"},
    )


@pages.form("/bo-phieu/moi", Right.QUESTIONS, BEGAN, changes_figures=False, tab="staff.workshop")
def begin_draft() -> ResponseReturnValue:
    """The ways to begin; this form begins from nothing."""
    form = BlankForm()
    if not form.validate_on_submit():
        return _page(form, FileForm(formdata=None), 422 if form.errors else 200)
    written = edits.blank(form.code.data, form.title.data.strip(), (form.english.data or "").strip())
    with database().writing() as session:
        draft = drafts.begin(session, current_user.name, written)
    return redirect(url_for(".draft_item", id=draft.id, code="cau_1"), 303)


def _page(form: BlankForm, file: FileForm, status: int) -> ResponseReturnValue:
    with database().reading() as session:
        versions = questionnaires.published(session)
    return render_template("staff/workshop_begin.html", form=form, file=file, versions=versions[::-1]), status


@pages.act("/bo-phieu/<name>/ban-moi", Right.QUESTIONS, BEGAN, changes_figures=False)
def renew_version(name: str) -> ResponseReturnValue:
    """Begins the next version of a published one: its questions keep their codes."""
    with database().writing() as session:
        base = questionnaires.find(session, name)
        draft = drafts.begin(session, current_user.name, drafts.renewed(session, base), base)
    return redirect(url_for(".draft", id=draft.id), 303)


@pages.act("/bo-phieu/moi/tep", Right.QUESTIONS, BEGAN, changes_figures=False, max_upload=2 * MB)
def draft_from_file() -> ResponseReturnValue:
    """Begins a draft of a file."""
    form = FileForm()
    done = load_upload(form, _load)
    if done is None:
        return _page(BlankForm(formdata=None), form, 422)
    return redirect(url_for(".draft", id=done.id), 303)


def _load(session: Session, path: Path) -> Draft:
    """The draft of a file; what of a workbook was not understood stands in the draft, row by row."""
    read = questionnaire_files.read(path)
    remarks = [str(one) for one in (read.workbook.remarks if read.workbook else ())]
    if edits.fill_in(read.document):
        remarks.append(str(edits.USUAL))
    return drafts.begin(session, current_user.name, read.document, remarks=remarks)


@pages.form(
    "/bo-phieu/nhap/<int:id>/lay",
    Right.QUESTIONS,
    N_("Took questions into a draft"),
    changes_figures=False,
    tab="staff.workshop",
)
def take_items(id: int) -> ResponseReturnValue:
    """Questions of a published version, which keep their codes; those that are ticked come into the draft."""
    with database().reading() as session:
        row = drafts.find(session, id)
        written = drafts.present(session, row)
        versions = bank.sources(session)
        source = next((one for one in versions if one.name == request.values.get("tu")), versions[-1])
    if request.method == "GET":
        there = {str(item.get("code")) for _page, item in edits.items(written)}
        return render_template(
            "staff/workshop_take.html", draft=row, versions=versions, source=source, there=there
        )
    with database().writing() as session:
        row = drafts.find(session, id)
        written = drafts.present(session, row)
        asked = request.form.getlist("cau")
        left = edits.take(written, source.document, asked)
        recordings.bring(row, written, source, [code for code in asked if code not in left])
        drafts.save(session, row, current_user.name, "", written)
    if left:
        flash(_("Already in the draft, and not taken: %(codes)s", codes=", ".join(left)))
    return redirect(url_for(".draft", id=id), 303)
