"""Pages: the languages of a draft, its texts as a table for translators, and its questions read aloud."""

from __future__ import annotations

import re
from contextlib import closing
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from forms import texts
from forms.grammar import OWN
from forms.parsing import LANGUAGE
from survey.accounts.accounts import Right
from survey.data_files import translation_files
from survey.web.current import database
from survey.web.pages import MB
from survey.web.rows import CONTENT
from survey.web.staff import uploads
from survey.web.staff.blueprint import pages
from survey.web.staff.workshop import drafts as draft_pages
from survey.web.staff.workshop import item_fields
from survey.workshop import drafts, edits, recordings
from translations import LANGUAGES, NotFound, Refusal
from translations import gettext as _

# The languages of the province's uplands, by the codes under which the world knows them.
SPOKEN_HERE = {"tyz": "Tày", "ium": "Dao", "mlc": "Sán Chỉ", "yue": "Hoa"}
CHANGED = draft_pages.CHANGED
PAGE = "/bo-phieu/nhap/<int:id>/ngon-ngu"


@pages.page(PAGE, Right.PUBLISH, tab="staff.workshop")
def draft_languages(id: int) -> ResponseReturnValue:
    """Which languages a draft has, how much of each is there, and every question's recordings."""
    return _page(id)


def _page(id: int, status: int = 200, trouble: str = "") -> ResponseReturnValue:
    with database().reading() as session:
        one = draft_pages.opened(session, id)
        silent = recordings.missing(one.row, one.written)
    further = one.written.get("languages")
    called = {code: LANGUAGES[code] for code in OWN} | (further if isinstance(further, dict) else {})
    places = list(texts.of(one.written).values())
    asked = [item for _page, item in edits.items(one.written) if not item.get("beside")]
    page = render_template(
        "staff/workshop_languages.html",
        draft=one,
        called=called,
        own=OWN,
        further={code: name for code, name in SPOKEN_HERE.items() if code not in called},
        texts=len(places),
        translated={code: sum(bool(words.get(code)) for words in places) for code in called},
        heard={code: sum(code in (item.get("audio") or {}) for item in asked) for code in called},
        items=asked,
        silent=silent,
        chosen=request.args.get("cau", ""),
        trouble=trouble,
        most=recordings.LARGEST // MB,
    )
    return page, status


def _changed(id: int, change: Any, onward: str = "") -> ResponseReturnValue:
    """Saves what `change` makes of a draft; shows why where it may not be."""
    try:
        with database().writing() as session:
            row = drafts.find(session, id)
            drafts.may_write(row, current_user.name)
            written = drafts.present(session, row)
            change(session, row, written)
            drafts.save(session, row, current_user.name, "", written)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(id, refusal.status if refusal.status != 400 else 422, str(refusal))
    return redirect(url_for(".draft_languages", id=id, _anchor=onward or None), 303)


@pages.act(f"{PAGE}/them", Right.QUESTIONS, CHANGED, changes_figures=False)
def add_language(id: int) -> ResponseReturnValue:
    """Gives a draft a further language."""
    code = request.form.get("known") or item_fields.clean(request.form.get("code", "")).casefold()
    called = SPOKEN_HERE.get(code) or item_fields.clean(request.form.get("called", ""))[:60]

    def change(_session: Any, _row: Any, written: dict[str, Any]) -> None:
        if not re.fullmatch(LANGUAGE, code) or code in OWN or not called:
            raise Refusal("Say what the language calls itself, and its code of two or three letters, such as tyz.")
        written["languages"] = {**(written.get("languages") or {}), code: called}

    return _changed(id, change)


@pages.act(f"{PAGE}/bo", Right.QUESTIONS, CHANGED, changes_figures=False)
def remove_language(id: int) -> ResponseReturnValue:
    """Takes a further language out of a draft, with its texts and recordings."""
    code = request.form.get("code", "")
    return _changed(id, lambda _session, _row, written: edits.remove_language(written, code))


@pages.page("/bo-phieu/nhap/<int:id>/ban-dich.xlsx", Right.PUBLISH, tab="staff.workshop")
def translations_file(id: int) -> ResponseReturnValue:
    """The texts of a draft as a table: a column a language, what is missing, what changed."""
    with database().reading() as session:
        written = drafts.present(session, drafts.find(session, id))
        before = drafts.before(session, written)
    content = translation_files.xlsx(written, {}, before.document if before else None)
    answer = Response(content, mimetype=CONTENT["xlsx"])
    answer.headers["Content-Disposition"] = f'attachment; filename="ban-dich-{id}.xlsx"'
    return answer


@pages.act(f"{PAGE}/ban-dich", Right.QUESTIONS, CHANGED, changes_figures=False, max_upload=2 * MB)
def take_translations(id: int) -> ResponseReturnValue:
    """Puts the texts of such a table into a draft; a blank leaves what is there."""
    sent = request.files.get("tep")

    def change(_session: Any, _row: Any, written: dict[str, Any]) -> None:
        if sent is None or not sent.filename:
            raise Refusal("Choose a file.")
        read, further = translation_files.read_xlsx(sent.read(), uploads.name(sent))
        made = texts.translated(written, read, further)
        written.update(made)

    return _changed(id, change)


@pages.act(f"{PAGE}/ghi-am", Right.QUESTIONS, CHANGED, changes_figures=False, max_upload=20 * MB)
def send_recordings(id: int) -> ResponseReturnValue:
    """Keeps recordings: of one question by the fields `vi`, `en` …, or of many, each named for its question."""
    code = request.form.get("cau", "")
    files = [(field, *_read(sent)) for field, sent in request.files.items(multi=True) if sent.filename]

    def change(session: Any, row: Any, written: dict[str, Any]) -> None:
        if not files:
            raise Refusal("Choose a file.")
        for field, name, content in files:
            place = (code, field) if code else recordings.named(name, written)
            if place is None:
                raise Refusal(
                    "Name %(file)s by its question and language, such as C5.vi.mp3: nothing was taken over.",
                    file=name,
                )
            recordings.keep(session, row, written, *place, content)
        flash(_("%(count)d recordings are in the draft.", count=len(files)))

    return _changed(id, change, f"cau-{code}" if code else "")


def _read(sent: FileStorage) -> tuple[str, bytes]:
    """The name of a file and its bytes, of which one more than is taken says that it is too long."""
    with closing(sent):
        return uploads.name(sent), sent.stream.read(recordings.LARGEST + 1)


@pages.act(f"{PAGE}/ghi-am/bo", Right.QUESTIONS, CHANGED, changes_figures=False)
def remove_recording(id: int) -> ResponseReturnValue:
    """Takes a recording out of a draft."""
    code, language = request.form.get("cau", ""), request.form.get("tieng", "")
    return _changed(
        id, lambda _session, _row, written: recordings.leave_out(written, code, language), f"cau-{code}"
    )


@pages.page("/bo-phieu/nhap/<int:id>/ghi-am/<code>/<spoken>", Right.PUBLISH, tab="staff.workshop")
def draft_recording(id: int, code: str, spoken: str) -> ResponseReturnValue:
    """A question of a draft read aloud."""
    with database().reading() as session:
        row = drafts.find(session, id)
        path = recordings.find(row, drafts.present(session, row), code, spoken)
    return send_file(path, conditional=True)
