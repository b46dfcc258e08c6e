"""Pages: a draft as it is written, a page a question, with what is to be said of it and how it will be met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from forms import KINDS, condition_words, effort, faults, writing
from forms.hints import Hint
from survey.accounts.accounts import Right
from survey.storage import audit
from survey.storage.models import Draft, DraftNote, DraftState
from survey.waves import recordings
from survey.web import markup, previews
from survey.web.current import database
from survey.web.keying.blueprint import holds_what_was_typed
from survey.web.staff.blueprint import pages
from survey.web.staff.workshop import head_fields, item_fields, place_words
from survey.web.staff.workshop.versions import document_file, octets
from survey.workshop import drafts, edits
from survey.workshop import recordings as draft_recordings
from survey.workshop.drafts import Looked
from translations import N_, Conflict, NotFound, Refusal, speaking, texts_in
from translations import gettext as _

CHANGED = N_("Changed a draft of a questionnaire")


@dataclass(frozen=True)
class Open:
    """A draft as its pages show it.

    written  its document, which need not be whole
    looked   what is to be said of it
    others   who else writes at it now; None if nobody does
    undo     whether a change can be taken back, and whether one can be brought again
    """

    row: Draft
    written: dict[str, Any]
    looked: Looked
    others: str | None
    undo: tuple[bool, bool]
    notes: list[DraftNote]

    @property
    def is_writable(self) -> bool:
        return current_user.may(Right.QUESTIONS) and self.row.state is DraftState.WRITING and self.others is None

    @property
    def title(self) -> str:
        title = self.written.get("title")
        return str(title.get("vi") or title.get("en") or "") if isinstance(title, dict) else ""

    @property
    def hints(self) -> list[Hint]:
        """The hints that nobody answered with a reason, of questions that are whole."""
        faulty = {one.code for one in self.looked.faults}
        return [one for one in drafts.open_hints(self.looked, self.notes) if one.code not in faulty]

    @property
    def binding(self) -> list[Hint]:
        """Those of them that must be followed or answered."""
        return [one for one in self.hints if one.is_binding]

    @property
    def to_correct(self) -> int:
        """How many places stand between it and being published."""
        return len(self.looked.faults) + len(self.binding)

    @property
    def left_behind(self) -> list[str]:
        """What was not taken over of the file that it comes from."""
        return [note.words for note in self.notes if note.rule == drafts.FROM_FILE]

    @property
    def kept(self) -> list[tuple[DraftNote, Hint]]:
        """What of the binding stays all the same, with the reason that was given."""
        bound = {(one.code, one.rule): one for one in self.looked.hints if one.is_binding}
        return [(note, bound[note.item, note.rule]) for note in self.notes if (note.item, note.rule) in bound]

    @property
    def outline(self) -> list[dict[str, Any]]:
        """The pages with their items, each with its number and how many faults and hints it has."""
        wrong = [*(one.code for one in self.looked.faults), *(one.code for one in self.binding)]
        hinted = [one.code for one in self.hints]
        outline, number = [], 0
        for page in edits.pages(self.written):
            lines = []
            for item in page.get("items") or []:
                if not isinstance(item, dict) or item.get("beside"):
                    continue
                number += 1
                code = str(item.get("code", ""))
                lines.append(
                    {
                        "code": code,
                        "number": number,
                        "name": _name(item),
                        "faults": wrong.count(code),
                        "hints": hinted.count(code),
                    }
                )
            outline.append({"code": page.get("code"), "title": _first(page.get("title")), "items": lines})
        return outline

    @property
    def untranslated(self) -> int:
        """How many texts lack their English."""
        return edits.untranslated(self.written)


def _first(text: Any) -> str:
    return str(text.get("vi") or text.get("en") or "") if isinstance(text, dict) else ""


def _name(item: dict[str, Any]) -> str:
    return _first(item.get("short")) or _first(item.get("label"))


def opened(session: Session, id: int) -> Open:
    """A draft for its pages."""
    row = drafts.find(session, id)
    written = drafts.present(session, row)
    return Open(
        row,
        written,
        drafts.looked(written),
        drafts.holder(row, current_user.name),
        drafts.steps(session, row),
        list(drafts.notes(session, row)),
    )


@pages.page("/bo-phieu/nhap/<int:id>", Right.PUBLISH, tab="staff.workshop")
def draft(id: int) -> ResponseReturnValue:
    """A draft as a whole: its title and what is said before, its parts and scales, its questions."""
    with database().reading() as session:
        one = opened(session, id)
    return _head_page(one)


def _head_page(one: Open, status: int = 200, trouble: str = "") -> ResponseReturnValue:
    page = render_template(
        "staff/workshop_draft.html", draft=one, item=None, trouble=trouble, **_around(one, None)
    )
    return page, status


@pages.page("/bo-phieu/nhap/<int:id>/cau/<code>", Right.PUBLISH, tab="staff.workshop")
def draft_item(id: int, code: str) -> ResponseReturnValue:
    """A question of a draft, where it stands."""
    with database().reading() as session:
        one = opened(session, id)
    return _item_page(one, code)


def _item_page(one: Open, code: str, status: int = 200, trouble: str = "") -> ResponseReturnValue:
    place = edits.find(one.written, code)
    if place is None:
        raise NotFound("This question is not in the draft any more. Choose another one in its list.")
    page, item = place
    condition = item_fields.rows(item)
    beside = edits.own_text(one.written, code)
    earlier = _earlier(one.written, code)
    html = render_template(
        "staff/workshop_draft.html",
        draft=one,
        item=item,
        page=page,
        trouble=trouble,
        kinds=list(item_fields.kinds(one.written)),
        kind=item_fields.kind_of(item),
        offered=item_fields.offered(one.written, item),
        able=KINDS.get(str(item.get("kind"))),
        condition=condition,
        earlier=earlier,
        other=_other(beside),
        factors=edits.factors(one.written),
        factor=edits.factor_of(one.written, code),
        own_faults=[fault for fault in one.looked.faults if fault.code == code],
        own_hints=[hint for hint in one.hints if hint.code == code],
        own_notes=[note for note in one.notes if note.item == code],
        **_around(one, code),
    )
    return html, status


def _other(beside: dict[str, Any] | None) -> int | None:
    """The choice of which a text beside the item is asked."""
    condition = beside.get("show_if") if beside else None
    values = condition.get("any") if isinstance(condition, dict) else None
    return values[0] if values else None


def _earlier(written: dict[str, Any], code: str) -> dict[str, tuple[str, dict[int, str]]]:
    """The items with choices that stand before one: code -> name, choices."""
    found = {}
    for _page, item in edits.items(written):
        if item.get("code") == code:
            break
        if choices := item_fields.offered(written, item):
            found[str(item.get("code"))] = (_name(item), choices)
    return found


def _around(one: Open, code: str | None) -> dict[str, Any]:
    """What stands around a question: the list, the questions before and after, the drawing."""
    codes = [line["code"] for page in one.outline for line in page["items"]]
    at = codes.index(code) if code in codes else None
    drawn, further = one.looked.questionnaire, one.written.get("languages")
    return {
        "further": further if isinstance(further, dict) else {},
        "outline": one.outline,
        "codes": codes,
        "at": at,
        "ways": previews.WAYS,
        "drawn": phone(one.written, code or next(iter(codes), ""), request.args.get("tieng", "vi")),
        "spoken": request.args.get("tieng", "vi"),
        "questions": effort.questions(drawn) if drawn else len(codes),
        "minutes": effort.minutes(drawn) if drawn else None,
        "octets": octets(drawn) if drawn else None,
        "sentence": condition_words.sentence,
        "time_of": time_of,
        "place_of": place_words.place,
        "reason_of": place_words.reason,
        "document_faults": [fault for fault in one.looked.faults if not fault.code],
    }


def time_of(moment: int) -> str:
    """The time of day of a moment, as people here say it."""
    return datetime.fromtimestamp(moment, ZoneInfo("Asia/Ho_Chi_Minh")).strftime("%H:%M")


def phone(written: dict[str, Any], code: str, spoken: str) -> str:
    """A question as a phone shows it, by itself: of a document that need not be whole."""
    place = edits.find(written, code)
    if place is None:
        return ""
    page, item = place
    alone = [{key: value for key, value in item.items() if key != "show_if"}]
    alone += [text for text in [edits.own_text(written, code)] if text]
    keys = ("code", "version", "title", "purpose", "consent", "joined", "languages", "scales", "missing")
    document = {key: written[key] for key in keys if key in written}
    document["pages"] = [{"code": page.get("code"), "title": page.get("title"), "items": alone}]
    drawn = faults.of(document)[1]
    if drawn is None:
        return ""
    with speaking(spoken), texts_in(spoken):
        return markup.rendered(
            "staff/workshop_phone.html",
            questionnaire=drawn,
            screen=drawn.pages[0].items,
            title=_first(page.get("title")),
            answers={},
            problems={},
            only_if={},
            heard=recordings.offered,
            sound=None,
        )


@pages.record
def _guarded_by_themselves(state: BlueprintSetupState) -> None:
    for view in (save_draft, save_item):
        state.app.extensions["csrf"].exempt(view)


@pages.act(
    "/bo-phieu/nhap/<int:id>/luu", Right.QUESTIONS, CHANGED, changes_figures=False, outside=holds_what_was_typed
)
def save_draft(id: int) -> ResponseReturnValue:
    """Takes what is said of the whole: titles, texts before, parts, scales."""
    return saved(
        id,
        "",
        lambda written: head_fields.change(written, request.form),
        lambda one, _code, trouble: _head_page(one, 409, trouble),
        lambda _code: request.form.get("then") or url_for(".draft", id=id),
    )


@pages.act(
    "/bo-phieu/nhap/<int:id>/cau/<code>/luu",
    Right.QUESTIONS,
    CHANGED,
    changes_figures=False,
    outside=holds_what_was_typed,
)
def save_item(id: int, code: str) -> ResponseReturnValue:
    """Takes a question as it was typed, right or not."""
    return saved(
        id,
        code,
        lambda written: item_fields.change(written, code, request.form),
        lambda one, code, trouble: _item_page(one, code, 409, trouble),
        lambda code: request.form.get("then") or url_for(".draft_item", id=id, code=code),
    )


def saved(
    id: int,
    place: str,
    change: Callable[[dict[str, Any]], str],
    again: Callable[[Open, str, str], ResponseReturnValue],
    onward: Callable[[str], str],
) -> ResponseReturnValue:
    """Saves a change and goes on; shows what was typed once more, with the reason, where it may not be saved."""
    try:
        with database().writing() as session:
            row = drafts.find(session, id)
            written = drafts.present(session, row)
            number = row.step
            code = change(written)
            drafts.save(session, row, current_user.name, place or "dau", written)
            if row.step == number:
                audit.discard()  # it goes on with what is noted already
    except Conflict as conflict:
        with database().reading() as session:
            one = opened(session, id)
            code = change(one.written)
        return again(one, code, str(conflict))
    target = onward(code)
    return redirect(target if target.startswith("/quan-tri/bo-phieu/") else url_for(".draft", id=id), 303)


@pages.act("/bo-phieu/nhap/<int:id>/cau/<code>/xem", Right.QUESTIONS, single_response=True)
def draw_item(id: int, code: str) -> ResponseReturnValue:
    """The question as it would be met with what is being typed; nothing is stored."""
    with database().reading() as session:
        written = drafts.present(session, drafts.find(session, id))
    return phone(written, item_fields.change(written, code, request.form), request.form.get("tieng", "vi"))


@pages.act("/bo-phieu/nhap/<int:id>/doi", Right.QUESTIONS, CHANGED, changes_figures=False)
def rearrange(id: int) -> ResponseReturnValue:
    """Adds, takes out or moves a question; takes a change back or brings it again."""
    code, what = request.form.get("code", ""), request.form.get("what", "")
    with database().writing() as session:
        row = drafts.find(session, id)
        if what in ("undo", "redo"):
            drafts.step_back(session, row, current_user.name, -1 if what == "undo" else 1)
            written = drafts.present(session, row)
        else:
            written = drafts.present(session, row)
            code = _rearranged(written, what, code)
            drafts.save(session, row, current_user.name, "", written)
    if code and edits.find(written, code):
        return redirect(url_for(".draft_item", id=id, code=code), 303)
    return redirect(url_for(".draft_scores" if "scores" in request.form else ".draft", id=id), 303)


def _rearranged(written: dict[str, Any], what: str, code: str) -> str:
    """The code of the question to show after a change."""
    if what == "add":
        return edits.add_item(written, code)
    if what == "page":
        return edits.add_page(written, code)
    if what == "remove":
        edits.remove_item(written, code)
        return ""
    if what in ("up", "down"):
        edits.move(written, code, -1 if what == "up" else 1)
    return code


@pages.act(
    "/bo-phieu/nhap/<int:id>/giu", Right.QUESTIONS, N_("Answered a hint of a questionnaire"), changes_figures=False
)
def answer_hint(id: int) -> ResponseReturnValue:
    """Why a hint is not followed."""
    code = request.form.get("code", "")
    try:
        with database().writing() as session:
            row = drafts.find(session, id)
            drafts.may_write(row, current_user.name)
            drafts.note(
                session, row, code, request.form.get("rule", ""), request.form.get("words", ""), current_user.name
            )
    except Conflict:
        raise
    except Refusal as refusal:
        flash(str(refusal))
    return redirect(url_for(".draft_item", id=id, code=code) if code else url_for(".draft", id=id), 303)


@pages.page("/bo-phieu/nhap/<int:id>/xem/<way>", Right.PUBLISH, tab="staff.workshop")
def draft_drawn(id: int, way: str) -> ResponseReturnValue:
    """A draft drawn as it will be met."""
    with database().reading() as session:
        drawn = drafts.looked(drafts.present(session, drafts.find(session, id))).questionnaire
        if drawn is None:
            raise Conflict("Correct what is marked first: nothing can be drawn of this draft.")

        def sound(code: str, spoken: str) -> str:
            return url_for(".draft_recording", id=id, code=code, spoken=spoken)

        spoken = request.args.get("tieng", "vi")
        return previews.drawn(session, drawn, way, spoken, url_for("trial.sent"), sound)


@pages.page("/bo-phieu/nhap/<int:id>.yaml", Right.PUBLISH, tab="staff.workshop")
def draft_file(id: int) -> ResponseReturnValue:
    """The document of a draft."""
    with database().reading() as session:
        written = drafts.present(session, drafts.find(session, id))
    return document_file(writing.written(written), f"nhap-{id}")


@pages.act(
    "/bo-phieu/nhap/<int:id>/bo", Right.QUESTIONS, N_("Dropped a draft of a questionnaire"), changes_figures=False
)
def drop_draft(id: int) -> ResponseReturnValue:
    """Throws a draft away."""
    with database().writing() as session:
        drafts.drop(session, drafts.find(session, id), current_user.name)
    draft_recordings.forget(id)
    flash(_("The draft was dropped."))
    return redirect(url_for(".workshop"), 303)
