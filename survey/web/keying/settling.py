"""Pages: forms whose two keyings differ. A third person decides from the paper, and isn't shown who typed what."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from forms import Item
from survey.accounts.accounts import Right
from survey.fieldwork import double_entry, keying, reinterviews, sheet_locks
from survey.fieldwork.double_entry import Pair
from survey.fieldwork.sheet_locks import SETTLED, Printed
from survey.storage.models import Batch, Sheet
from survey.waves import waves
from survey.web.current import database
from survey.web.keying.blueprint import pages
from translations import Conflict
from translations import gettext as _

OTHER = "khac"  # in the place of the number of one of the values: what stands in the box beside


@dataclass
class Choice:
    """A field that is to be settled: the values that were typed, and what was decided.

    values  (what was typed, what is shown), in an order that says nothing of who typed which
    chosen  the place of a value among them, OTHER, or nothing yet
    """

    item: Item
    values: list[tuple[str, str]]
    chosen: str = ""
    other: str = ""
    fault: str = ""

    @property
    def decided(self) -> str:
        """The value that was decided, as it is typed."""
        if self.chosen in ("", OTHER):
            return self.other.strip()
        return self.values[int(self.chosen)][0]


@dataclass
class _Form:
    """A form on the page."""

    printed: Printed
    pair: Pair
    texts: dict[str, str]
    choices: list[Choice] = field(default_factory=list)

    def typed(self) -> dict[str, str]:
        """What holds of the form: what both typed, and what was decided."""
        agreed = {code: text for code, text in self.pair.first.typed.items() if code not in self.pair.differing}
        return {**self.texts, **agreed, **{choice.item.code: choice.decided for choice in self.choices}}


@pages.page("/doi-chieu/", Right.REVIEW)
def to_settle() -> ResponseReturnValue:
    """The forms that wait for a third person; those that this person keyed are counted alone."""
    with database().reading() as session:
        listed = double_entry.to_settle(session)
        typists = double_entry.keyers(session, [sheet.serial for sheet, _batch in listed])
        found = {batch.wave: waves.find(session, batch.wave) for _sheet, batch in listed}
    open_now = [(sheet, batch) for sheet, batch in listed if found[batch.wave].closed is None]
    mine = [(sheet, batch) for sheet, batch in open_now if current_user.name not in typists[sheet.serial]]
    return render_template("keying/to_settle.html", forms=mine, others=len(open_now) - len(mine), waves=found)


@pages.form("/doi-chieu/<serial>", Right.REVIEW, single_response=True)
def settle(serial: str) -> ResponseReturnValue:
    """What differs between the two keyings of a form, side by side, and what stands on the paper."""
    if request.method == "GET":
        with database().reading() as session:
            return _page(_read(session, serial))
    with database().writing() as session:
        sheet_locks.locked(session, serial)
        form = _read(session, serial)
        _decide(form)
        if not any(choice.fault for choice in form.choices):
            double_entry.finish(session, serial, SETTLED, current_user.name, form.typed())
            following = _next(session, form.printed.batch)
        else:
            return _page(form, 422)
    flash(_("Form %(serial)s is settled and stored.", serial=serial), "done")
    if following is None:
        return redirect(url_for(".to_settle"), 303)
    return redirect(url_for(".settle", serial=following.serial), 303)


def _read(session: Session, serial: str) -> _Form:
    printed = sheet_locks.printed(session, serial)
    sheet_locks.takes_paper(printed.place.wave)
    questionnaire = printed.place.questionnaire
    pair = double_entry.pair(session, questionnaire, serial)
    if current_user.name in (pair.first.keyer, pair.second.keyer):
        raise Conflict("You have keyed form %(serial)s yourself: another person takes this turn.", serial=serial)
    reinterviews.refuse_to_key(session, serial, current_user.name)
    items = {item.code: item for part in keying.parts(questionnaire) for item in part.items}
    choices = _differing(serial, items, pair)
    written = double_entry.texts(session, serial)
    choices += [
        Choice(items[code], [(text, text) for text in sorted(texts)])
        for code, texts in written.items()
        if len(texts) > 1
    ]
    alike = {code: texts[0] for code, texts in written.items() if len(texts) == 1}
    return _Form(printed, pair, alike, choices)


def _differing(serial: str, items: Mapping[str, Item], pair: double_entry.Pair) -> list[Choice]:
    """What two people typed otherwise; whose stands first is left to the number of the form."""
    turned = hashlib.sha256(serial.encode()).digest()[0] % 2 == 1
    sides = [pair.second.typed, pair.first.typed] if turned else [pair.first.typed, pair.second.typed]
    typed = {code: [side.get(code, "-") for side in sides] for code in pair.differing}
    return [
        Choice(items[code], [(value, in_words(items[code], value)) for value in values])
        for code, values in typed.items()
    ]


def in_words(item: Item, value: str) -> str:
    """A keyed value in words: the codes with what is printed beside them."""
    if value == keying.NOTHING:
        return _("blank or unreadable")
    if value == keying.TWO:
        return _("two boxes marked")
    if not item.choices:
        return value
    return "; ".join(_choice(item, code) for code in value.split(";"))


def _choice(item: Item, code: str) -> str:
    text = str(item.choices.get(int(code), ""))
    return code if text in ("", code) else f"{code} {text}"


def _decide(form: _Form) -> None:
    """Reads what was decided into the choices, with what is missing or can't be."""
    for choice in form.choices:
        code = choice.item.code
        choice.chosen, choice.other = request.form.get(code, ""), request.form.get(f"{code}-{OTHER}", "")
        if not choice.chosen and choice.other.strip():  # who typed it there meant it
            choice.chosen = OTHER
        if choice.chosen not in (OTHER, *map(str, range(len(choice.values)))):
            choice.chosen, choice.fault = "", _("Choose what the paper says.")
        elif choice.chosen == OTHER and not choice.decided and not choice.item.kind.is_text:
            choice.fault = _("Type the code on the form, or %(blank)s if it is blank.", blank=keying.NOTHING)
    keyed = keying.keyed(form.printed.place.questionnaire, form.typed(), keying.head())
    problems = {problem.code: str(problem) for problem in keyed.problems}
    for choice in form.choices:
        choice.fault = choice.fault or problems.get(choice.item.code, "")


def _page(form: _Form, status: int = 200) -> ResponseReturnValue:
    return render_template(
        "keying/settle.html",
        form=form,
        wave=form.printed.place.wave,
        faults=sum(bool(choice.fault) for choice in form.choices),
        keying=keying,
        OTHER=OTHER,
    ), status


def _next(session: Session, batch: Batch) -> Sheet | None:
    """The next form of the same wave that this person may settle."""
    listed = [sheet for sheet, _batch in double_entry.to_settle(session, [batch.wave])]
    typists = double_entry.keyers(session, [sheet.serial for sheet in listed])
    return next((sheet for sheet in listed if current_user.name not in typists[sheet.serial]), None)
