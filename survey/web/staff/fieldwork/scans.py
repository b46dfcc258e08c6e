"""Pages: scans of printed forms come in, and what isn't clear on them is settled from its picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import FileStorage
from wtforms import MultipleFileField

from forms import Item
from survey.accounts.accounts import Right
from survey.fieldwork import keying
from survey.paper import scanning
from survey.storage.models import Batch
from survey.waves import waves
from survey.web.current import database
from survey.web.pages import MB, Tab, having
from survey.web.staff import uploads
from survey.web.staff.blueprint import pages
from survey.web.staff.form import StaffForm
from translations import N_, Conflict, Lazy, Refusal
from translations import gettext as _


class ScansForm(StaffForm):
    """Pictures of pages."""

    files = MultipleFileField(
        Lazy("Scans or photographs (PDF, JPEG, PNG, TIFF)"),
        description=Lazy(
            "One page per picture, in any order, at 200 dpi. At most 20 MB at a time. Only pictures of "
            "the questions that a person must look at are stored."
        ),
        render_kw={"accept": ".pdf,.jpg,.jpeg,.png,.tif,.tiff"},
    )


@dataclass(frozen=True)
class Asked:
    """A doubtful question on the screen: what can be typed, what was typed, what is wrong with it."""

    doubt: scanning.Doubt
    choices: list[tuple[str, str]]
    typed: str
    fault: str


@pages.form(
    "/<wave>/quet",
    Right.KEY,
    tab=Tab(7, N_("Scans"), used=having(Batch)),
    single_response=True,
    max_upload=20 * MB,
    in_memory=True,
)
def scans(wave: str) -> ResponseReturnValue:
    """The forms of which pages are in; takes further pages."""
    form = ScansForm()
    if not form.validate_on_submit():
        return _scans(wave, form, [], 422 if form.errors else 200)
    sent = [file for file in form.files.data or [] if isinstance(file, FileStorage) and file.filename]
    if not sent:
        form.files.errors = [_("Choose a file.")]
        return _scans(wave, form, [], 422)
    return _scans(wave, form, list(scanning.take_in(database(), wave, _each(sent))), 200)


def _each(sent: list[FileStorage]) -> Iterator[tuple[str, bytes]]:
    for file in sent:
        with file.stream as stream:
            data = stream.read()
        yield uploads.name(file), data


def _scans(wave: str, form: ScansForm, taken: list[scanning.Page], status: int) -> ResponseReturnValue:
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        waiting = scanning.waiting(session, wave_row.code)
    return render_template(
        "staff/scans.html",
        wave=wave_row,
        form=form,
        taken=taken,
        faults=[page for page in taken if page.fault],
        stored=sum(page.stored for page in taken),
        settling=_to_settle(waiting),
        incomplete=[one for one in waiting if one.missing],
    ), status


def _to_settle(waiting: list[scanning.Waiting]) -> list[scanning.Waiting]:
    return [one for one in waiting if one.doubtful and not one.missing]


@pages.form("/<wave>/quet/<serial>", Right.KEY, tab="staff.scans", single_response=True)
def scanned(wave: str, serial: str) -> ResponseReturnValue:
    """The doubtful questions of a form, each with its picture."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        scanning.for_another(session, serial, current_user.name)
        doubts = scanning.doubts(session, wave, serial)
        missing = scanning.missing(session, wave, serial)
    typed = {doubt.item.code: request.form.get(f"t-{doubt.item.code}", "") for doubt in doubts}
    faults = _wrong(doubts, typed) if request.method == "POST" else {}
    refused = ""
    if request.method == "POST" and not faults:
        try:
            with database().writing() as session:
                finished = scanning.settle(session, wave, serial, current_user.name, typed)
                next_one = next(iter(_to_settle(scanning.waiting(session, wave))), None)
        except Conflict:
            raise
        except Refusal as refusal:
            refused = str(refusal)
        else:
            flash(
                _("Form %(serial)s is keyed.", serial=serial)
                if finished.stored
                else _("Form %(serial)s is keyed once; it waits for its second keying.", serial=serial)
            )
            if next_one is None:
                return redirect(url_for(".scans", wave=wave), 303)
            return redirect(url_for(".scanned", wave=wave, serial=next_one.sheet.serial), 303)
    asked = [
        Asked(doubt, _choices(doubt.item), typed[doubt.item.code], faults.get(doubt.item.code, ""))
        for doubt in doubts
    ]
    return render_template(
        "staff/scanned.html",
        wave=wave_row,
        serial=serial,
        asked=asked,
        missing=missing,
        faults=faults,
        refused=refused,
        keying=keying,
    ), 422 if faults or refused else 200


@pages.page("/<wave>/quet/<serial>/<item>.jpg", Right.KEY)
def scan_picture(wave: str, serial: str, item: str) -> ResponseReturnValue:
    """The picture of a doubtful question, for those who may settle it."""
    with database().reading() as session:
        scanning.for_another(session, serial, current_user.name)
        picture = scanning.clip(session, waves.find(session, wave).code, serial, item)
    return Response(picture, mimetype="image/jpeg", headers={"Cache-Control": "no-store"})


@pages.act("/<wave>/quet/<serial>/nhap-tay", Right.KEY, tab="staff.scans", single_response=True)
def forget_scan(wave: str, serial: str) -> ResponseReturnValue:
    """Lets go of what was scanned of a form: it is keyed by hand instead."""
    with database().writing() as session:
        scanning.forget(session, wave, serial)
    flash(_("Form %(serial)s now waits to be keyed by hand.", serial=serial))
    return redirect(url_for(".scans", wave=wave), 303)


def _choices(item: Item) -> list[tuple[str, str]]:
    """What can be typed, with what it says."""
    blank, two = keying.blank(item)[:1], keying.two_marks(item)[:1]
    return [
        *((str(code), str(label)) for code, label in item.choices.items()),
        *((key, _("blank or unreadable")) for key in blank),
        *((key, _("two marks")) for key in two),
    ]


def _wrong(doubts: list[scanning.Doubt], typed: dict[str, str]) -> dict[str, str]:
    """What must be corrected before the form can be keyed, by code."""
    wrong = {}
    for item in (doubt.item for doubt in doubts):
        text = typed[item.code].strip()
        if not text and not item.kind.is_text:
            blank = next(iter(keying.blank(item)))
            wrong[item.code] = _("Type the code on the form, or %(blank)s if it is blank.", blank=blank)
            continue
        value = keying.value(item, text)
        problem = None if value is None else item.kind.check(item, value)
        if isinstance(problem, Lazy):
            wrong[item.code] = str(problem)
    return wrong
