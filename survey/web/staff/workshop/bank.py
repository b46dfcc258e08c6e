"""Page: the bank of questions, searched by words, from which a draft takes one with a click."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from analysis.reliability import Reliability
from survey.accounts.accounts import Right
from survey.results import behaviour
from survey.storage.models import DraftState
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.workshop import bank, drafts, edits
from translations.formats import number

MOST = 60  # questions on a page: who looks for one more says another word


@pages.page("/bo-phieu/ngan-hang", Right.PUBLISH, tab="staff.workshop")
def question_bank() -> ResponseReturnValue:
    """The questions in which the words `tim` stand; `nhap` is the draft that takes them."""
    words = request.args.get("tim", "").strip()[:200]
    with database().reading() as session:
        found = bank.questions(session, words)
        shown = found[:MOST]
        waves = {wave.code: wave for one in shown for wave in one.waves}
        behaved = {code: behaviour.of_wave(session, wave) for code, wave in waves.items()}
        rows = [row for row in drafts.list_all(session) if row.state is DraftState.WRITING]
        titles, there = {}, {}
        for row in rows:
            written = drafts.present(session, row)
            title = written.get("title")
            titles[row.id] = str((title.get("vi") if isinstance(title, dict) else "") or written.get("code", ""))
            there[row.id] = {str(item.get("code")) for _page, item in edits.items(written)}
    asked = request.args.get("nhap", "")
    chosen = next((row.id for row in rows if str(row.id) == asked), None)
    return render_template(
        "staff/workshop_bank.html",
        words=words,
        found=shown,
        behaved=behaved,
        reliable=_reliable,
        left=len(found) - MOST,
        count=len(found),
        titles=titles,
        chosen=chosen,
        there=there.get(chosen, set()) if chosen else set(),
    )


def _reliable(found: Reliability) -> str:
    """Alpha of a factor, with its limits where the design tells them."""
    if found.low is None or found.high is None:
        return number(found.alpha, 2)
    return f"{number(found.alpha, 2)} ({number(found.low, 2)}–{number(found.high, 2)})"
