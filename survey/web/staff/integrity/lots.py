"""Pages: what was brought together in a wave, and what two people set aside of it or take back. Never a form."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import Length

from survey.accounts.accounts import Right
from survey.responses import lot_list, lot_steps
from survey.responses.lot_list import LotLine
from survey.responses.lot_steps import Standing
from survey.responses.respondents import Respondents, sample_with
from survey.results import release_steps, result_table
from survey.results.result_table import Record
from survey.storage.models import Account, Lot, LotKind, LotStep, LotStepKind, Unit, Village, Wave
from survey.waves import waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import keys
from survey.web.staff.form import StaffForm, iso_days
from survey.web.staff.paging import shown_page
from translations import N_, Lazy, Refusal
from translations import gettext as _
from translations.formats import order
from translations.unicode import spelling

A_PAGE = 30
LOT_NUMBER = re.compile(r"[0-9]{1,16}")
MOST_UNITS = 3  # communes of a lot whose figures are shown with it and without it
STANDINGS = {
    Standing.COUNTED: N_("It counts"),
    Standing.PROPOSED_ASIDE: N_("It counts; proposed to be set aside"),
    Standing.ASIDE: N_("Set aside"),
    Standing.PROPOSED_BACK: N_("Set aside; proposed to be taken back"),
    Standing.RECALLED: N_("An import that was taken back"),
}
STEPS = {
    LotStepKind.PROPOSE_ASIDE: N_("proposed to set it aside"),
    LotStepKind.ASIDE: N_("confirmed: it is set aside"),
    LotStepKind.PROPOSE_BACK: N_("proposed to take it back"),
    LotStepKind.BACK: N_("confirmed: it counts again"),
    LotStepKind.WITHDRAW: N_("gave up or refused the proposal"),
    LotStepKind.RECALL: N_("took the import back"),
}
DONE = {
    Standing.COUNTED: N_("The lot counts, in every figure made from now on."),
    Standing.PROPOSED_ASIDE: N_("Proposed. Nothing changes until another person confirms it."),
    Standing.ASIDE: N_("The lot is set aside: no figure made from now on counts it."),
    Standing.PROPOSED_BACK: N_("Proposed. Nothing changes until another person confirms it."),
}


class StepForm(StaffForm):
    """Why a lot is set aside or taken back, or why a proposal is refused."""

    reason = StringField(
        Lazy("Why"),
        [Length(max=lot_steps.LONGEST_REASON)],
        description=Lazy(
            "Everybody can read it, on the page of integrity and in reports. No names of people or places."
        ),
        render_kw={"maxlength": lot_steps.LONGEST_REASON},
    )


@dataclass(frozen=True)
class Choice:
    """What the list of lots is cut down to; empty is everything."""

    unit: str = ""
    kind: str = ""
    day: str = ""
    sender: str = ""
    state: str = ""

    def holds(self, one: LotLine) -> bool:
        """Whether a lot is listed."""
        return (
            (not self.unit or self.unit in one.units)
            and self.kind in ("", one.lot.kind)
            and (not self.day or one.lot.day == _day(self.day))
            and self.sender in ("", one.lot.sender)
            and self.state in ("", one.state.standing)
        )


@dataclass(frozen=True)
class Compared:
    """The index of a place where a lot counts, and where it doesn't."""

    place: str
    inside: Record
    outside: Record


@pages.page("/<wave>/lo", Right.REVIEW, endpoint="lots", tab=Tab(14, N_("Lots")), of_groups=True)
def lots_of_wave(wave: str) -> ResponseReturnValue:
    """The lots of a wave; by `xa`, `loai`, `ngay`, `nguoi-gui`, `trang-thai` some of them. Of one sender also how
    many forms it brought, by village and day."""
    asked = ("xa", "loai", "ngay", "nguoi-gui", "trang-thai")
    choice = Choice(*(request.args.get(name, "") for name in asked))
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        every = lot_list.lines(session, wave)
        rows, page, last = shown_page([one for one in every if choice.holds(one)], A_PAGE)
        return render_template(
            "staff/integrity_lots.html",
            wave=wave_row,
            choice=choice,
            every=every,
            waiting=sum(one.state.is_proposed for one in every),
            aside=[one for one in every if one.state.is_aside],
            rows=rows,
            count=sum(choice.holds(one) for one in every),
            page=page,
            last=last,
            growing=lot_list.growing(session, wave),
            senders=[(name, sender_words(name)) for name in lot_list.senders(session, wave)],
            brought=lot_list.brought(session, wave, choice.sender) if choice.sender else [],
            kinds={kind: _(words) for kind, words in lot_list.KINDS.items()},
            standings={standing: _(words) for standing, words in STANDINGS.items()},
            **_places(session, wave_row),
        )


@pages.form(
    "/<wave>/lo/<number>",
    Right.REVIEW,
    N_("Decided on a lot"),
    endpoint="lot",
    tab="staff.lots",
    of_groups=True,
)
def one_lot(wave: str, number: str) -> ResponseReturnValue:
    """A lot: how many forms, the figures with and without it, what was decided, and the next step."""
    form, fault, lot = StepForm(), "", int(number) if LOT_NUMBER.fullmatch(number) else 0
    if form.validate_on_submit():
        try:
            return _step(wave, lot, form.reason.data or "")
        except Refusal as refusal:
            fault = str(refusal)
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        one = lot_list.line(session, lot_steps.find(session, wave, lot))
        shown = one.lot.closed is not None and current_user.may(Right.RESULTS)
        compared = _compared(session, wave_row, one) if shown else []
        return render_template(
            "staff/integrity_lot.html",
            wave=wave_row,
            one=one,
            own=one.state.is_proposed and spelling(one.state.steps[-1].person) == spelling(current_user.name),
            compared=compared,
            keys=keys(record for pair in compared for record in (pair.inside, pair.outside)),
            steps=[(step, _(STEPS[step.step]), _by(session, step)) for step in one.state.steps],
            least=lot_steps.LEAST,
            kind=_(lot_list.KINDS[one.lot.kind]),
            standing=_(STANDINGS[one.state.standing]),
            form=form,
            fault=fault,
            **_places(session, wave_row),
        ), 422 if fault or form.errors else 200


def _step(wave: str, number: int, reason: str) -> ResponseReturnValue:
    act, person = request.form.get("act", ""), current_user.name
    with database().writing() as session:
        waves.find(session, wave)
        if act == "confirm":
            lot_steps.confirm(session, wave, number, person)
        elif act == "withdraw":
            lot_steps.withdraw(session, wave, number, reason, person)
        else:
            lot_steps.propose(session, wave, number, act == "aside", reason, person)
        standing = lot_steps.state(session, wave)[number].standing
    flash(_("The proposal is given up: nothing has changed.") if act == "withdraw" else _(DONE[standing]))
    return redirect(url_for(".lot", wave=wave, number=number), 303)


def _compared(session: Session, wave: Wave, one: LotLine) -> list[Compared]:
    """The index of the province and of the communes of a lot, with it and without it; of communes of which it has
    fewer than five forms the difference would tell what single people answered."""
    number = {one.lot.number}
    both = [sample_with(session, wave, *lots) for lots in ((number, set[int]()), (set[int](), number))]
    if both[0].questionnaire.index is None or not all(map(len, both)):
        return []
    enough = [unit for unit, count in one.units.items() if count >= lot_steps.LEAST]
    largest = sorted(enough, key=lambda unit: (-one.units[unit], unit))[:MOST_UNITS]
    units = [] if both[0].questionnaire.population.rates_units else largest
    inside, outside = (_index(session, people, units) for people in both)
    names = {unit: _unit_name(session, unit) for unit in units}
    return [
        Compared(names.get(place, "") or _("The whole wave"), inside[place], outside[place])
        for place in ("", *units)
        if place in inside and place in outside
    ]


def _index(session: Session, people: Respondents, units: list[str]) -> dict[str, Record]:
    found = {"": result_table.table(session, people, items=["index"])[0]}
    by_unit = result_table.table(session, people, items=["index"], by=["unit"]) if units else []
    return found | {str(record.domain): record for record in by_unit if record.domain in units}


def _unit_name(session: Session, code: str) -> str:
    unit = session.get(Unit, code)
    return code if unit is None else unit.name


def _places(session: Session, wave: Wave) -> dict[str, object]:
    """The communes, in their order, and the names of the villages, by their codes."""
    codes = {unit for one in lot_list.lines(session, wave.code) for unit in one.units}
    found = session.scalars(select(Unit).where(Unit.code.in_(codes))).all()
    names = {unit.code: unit.name for unit in sorted(found, key=lambda unit: order(unit.name))}
    villages: dict[str, str] = {one.psu: _village(one) for one in waves.villages(session, wave.code)}
    return {"units": names, "villages": villages}


def _village(village: Village) -> str:
    return village.name or village.psu


def _by(session: Session, step: LotStep) -> str:
    """Who did a step, marked where the operator told the name; before that was kept, where no account has it."""
    told = session.get(Account, step.person) is None if step.by_operator is None else step.by_operator
    return release_steps.written(step.person, told)


@pages.app_template_filter("sender")
def sender_words(sender: str | None) -> str:
    """An account, a device or a file, in words."""
    device = (sender or "").removeprefix("device:")
    return sender or "" if device == (sender or "") else _("device %(id)s", id=device)


@pages.app_template_filter("brought_by")
def brought_by(lot: Lot) -> str:
    """What brought a lot together, and who sent it where that is known."""
    words = _(lot_list.KINDS[LotKind(lot.kind)])
    return words if lot.sender is None else f"{words}: {sender_words(lot.sender)}"


def _day(text: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(iso_days(text) or "")
    return None
