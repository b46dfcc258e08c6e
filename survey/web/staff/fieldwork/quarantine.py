"""Pages: the forms of a wave that arrived sealed and could not be counted, and what people decide of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import DateField, RadioField, StringField
from wtforms.validators import InputRequired, Length, Optional

from survey.accounts.accounts import Right
from survey.responses import quarantine
from survey.responses.quarantine import QuarantineEntry
from survey.storage import audit
from survey.storage.models import QuarantinedResponse, Verdict
from survey.waves import waves
from survey.web.current import database
from survey.web.pages import Tab, having
from survey.web.staff.administration.waves import DAYS
from survey.web.staff.blueprint import pages
from survey.web.staff.form import StaffForm, options
from survey.web.staff.paging import shown_page
from translations import N_, Lazy, Refusal, ngettext
from translations import gettext as _

A_PAGE = 100
WAITING = "cho"  # what the list calls a form without a decision


class DecisionForm(StaffForm):
    """What becomes of the forms that are ticked."""

    verdict = RadioField(
        Lazy("The ticked forms"),
        [InputRequired(Lazy("Choose what becomes of the forms: accepted or declined."))],
        choices=options(
            (Verdict.ACCEPTED, Lazy("are accepted and count")),
            (Verdict.DECLINED, Lazy("are declined and stay encrypted")),
        ),
    )
    reason = StringField(
        Lazy("Why"),
        [
            InputRequired(Lazy("Say why, for whoever reads this next year.")),
            Length(max=quarantine.LONGEST),
        ],
        description=Lazy("For example: the line was down for three weeks. No names of people."),
        render_kw={"maxlength": quarantine.LONGEST},
    )
    day = DateField(
        Lazy("Day they were answered on"),
        [Optional()],
        description=Lazy(
            "Only for responses whose own day is impossible, for example because the device's clock was wrong."
        ),
        format=DAYS,
    )


@dataclass(frozen=True)
class Kind:
    """The forms that are held for one reason: how many, how many of them wait, and what can be done."""

    reason: str
    forms: int
    waiting: int

    @property
    def why(self) -> str:
        """The reason in the language of the moment."""
        return _(quarantine.WHY[self.reason])

    @property
    def then(self) -> str:
        """What an acceptance does."""
        return _(quarantine.THEN[self.reason])


@pages.form(
    "/<wave>/giu-lai",
    Right.FIELDWORK,
    N_("Decided on quarantined responses"),
    endpoint="quarantine",
    tab=Tab(10, N_("Quarantined responses"), used=having(QuarantinedResponse)),
)
def quarantined_responses(wave: str) -> ResponseReturnValue:
    """How many forms are held, why, and a decision on those that are ticked; never an answer. `ly-do`: those of
    one reason; `trang-thai`: of one state; `trang`: the page; `chon=het`: all of it is ticked."""
    form, fault = DecisionForm(), ""
    if form.validate_on_submit():
        try:
            return _decide(wave, form)
        except Refusal as refusal:
            fault = str(refusal)
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        every = quarantine.listed(session, wave)
    reason, state = (request.args.get(name, "") for name in ("ly-do", "trang-thai"))
    chosen = [one for one in every if reason in ("", one.form.reason) and state in ("", _state(one))]
    rows, page, last = shown_page(chosen, A_PAGE)
    ticked = set(request.form.getlist("phieu"))
    if request.args.get("chon") == "het" and request.method == "GET":
        ticked = {one.form.digest for one in rows if one.verdict is not Verdict.ACCEPTED}
    return render_template(
        "staff/quarantine.html",
        wave=wave_row,
        kinds=_kinds(every),
        states=_states(every),
        waiting=sum(one.verdict is None for one in every),
        rows=rows,
        count=len(chosen),
        page=page,
        last=last,
        reason=reason,
        state=state,
        why=quarantine.WHY,
        also=quarantine.ALSO,
        form=form,
        fault=fault,
        ticked=ticked,
    ), 422 if fault or form.errors else 200


def _state(one: QuarantineEntry) -> str:
    return one.verdict or WAITING


def _kinds(every: list[QuarantineEntry]) -> list[Kind]:
    forms = Counter(one.form.reason for one in every)
    waiting = Counter(one.form.reason for one in every if one.verdict is None)
    return [Kind(reason, forms[reason], waiting[reason]) for reason in quarantine.WHY if forms[reason]]


def _states(every: list[QuarantineEntry]) -> list[tuple[str, str, int]]:
    """(state, name, forms) of all states."""
    count = Counter(_state(one) for one in every)
    return [(state or WAITING, _(name), count[state or WAITING]) for state, name in quarantine.STATES.items()]


def _decide(wave: str, form: DecisionForm) -> ResponseReturnValue:
    verdict = Verdict(form.verdict.data)
    with database().writing() as session:
        wave_row = waves.find(session, wave)
        ticked = request.form.getlist("phieu")
        decided = quarantine.decide(
            session, wave_row.code, ticked, verdict, form.reason.data, current_user.name, form.day.data
        )
        audit.annotate(forms=decided, decision=verdict.value)
    if not decided:
        flash(_("This had already been decided: nothing has changed."))
    elif verdict is Verdict.ACCEPTED:
        flash(ngettext("%(num)s form is accepted and counts.", "%(num)s forms are accepted and count.", decided))
    else:
        flash(ngettext("%(num)s form is declined.", "%(num)s forms are declined.", decided))
    return redirect(request.full_path, 303)  # the list as it was cut down


@pages.app_template_filter("decision")
def decision_name(verdict: Verdict | None) -> str:
    """What was decided, in the language of the moment."""
    return _(quarantine.STATES[verdict])
