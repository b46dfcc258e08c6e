"""Pages: the households that are asked again, their second answers, how far these agree with the first ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session
from wtforms import BooleanField, IntegerField, RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional

from forms import Item, Page, Questionnaire
from survey.accounts.accounts import Right
from survey.fieldwork import agreements, reinterviews
from survey.fieldwork.reinterviews import Chosen
from survey.integrity import pattern_list, pattern_words, reinterview_sample
from survey.storage.models import SheetState, Unit, Wave, WaveKind
from survey.waves import questionnaires, units, waves
from survey.web.current import database
from survey.web.pages import Tab, of_kind
from survey.web.staff.blueprint import pages
from survey.web.staff.fieldwork.accounting import STATES
from survey.web.staff.form import StaffForm, options
from survey.web.staff.paging import shown_page
from translations import N_, Lazy, Refusal
from translations import gettext as _
from translations.formats import order

MOST_HOUSEHOLDS = 20_000  # in the list of a village
A_PAGE = 100
PREFIX = "c-"  # before the code of an item: no item can hide a part of the form


@dataclass(frozen=True)
class FormRow:
    """A chosen form in the list."""

    form: Chosen
    unit: Unit
    state: str

    @property
    def has_first(self) -> bool:
        """Whether its first answers are stored."""
        return self.form.state is SheetState.ENTERED


class ComputeForm(StaffForm):
    """What is destroyed can't be had again: whoever computes says so."""

    sure = BooleanField(
        Lazy("Yes, compute the agreement and destroy the links"),
        [InputRequired(Lazy("Tick to confirm that the links may be destroyed."))],
    )


class AgainForm(StaffForm):
    """The head of a second interview; the items of the questionnaire are added by `again_form`."""

    outcome = RadioField(
        Lazy("What came of the visit"),
        [Optional()],
        choices=options(
            ("", Lazy("the same person answered")),
            *((code, Lazy(words)) for code, words in reinterviews.OUTCOMES.items()),
        ),
        default="",
    )
    household = IntegerField(
        Lazy("Number of the household in the list of the village"),
        [Optional(), NumberRange(1, MOST_HOUSEHOLDS, Lazy("Give the number of the household, in digits."))],
        description=Lazy("Leave it blank if you do not know it."),
        render_kw={"inputmode": "numeric"},
    )


def again_form(questionnaire: Questionnaire) -> type[AgainForm]:
    """The form with one field for each item that is asked again."""
    fields = {PREFIX + item.code: _field(item) for _page, item in reinterviews.again(questionnaire)}
    return type("AgainForm", (AgainForm,), fields)


def _field(item: Item) -> RadioField:
    offered = options(*((str(code), f"{code} {label}") for code, label in item.choices.items()))
    return RadioField(
        str(item.label), [Optional()], choices=[*offered, SelectChoice("", _("left blank"))], default=""
    )


@pages.page(
    "/<wave>/phuc-tra",
    Right.REVIEW,
    endpoint="reinterviews",
    tab=Tab(15, N_("Re-interviews"), used=of_kind(WaveKind.SAMPLE)),
)
def list_of(wave: str) -> ResponseReturnValue:
    """The forms that are chosen, or the agreement once it is computed; `don-vi`: those of one commune."""
    return _listed(wave, ComputeForm(formdata=None))


@pages.act(
    "/<wave>/phuc-tra", Right.REVIEW, N_("Computed the agreement of re-interviews"), tab="staff.reinterviews"
)
def compute_agreement(wave: str) -> ResponseReturnValue:
    """Computes the agreement and destroys what leads to households."""
    form = ComputeForm()
    if not form.validate_on_submit():
        return _listed(wave, form), 422
    try:
        with database().writing() as session:
            agreements.compute(session, waves.find(session, wave).code)
    except Refusal as refusal:
        form.sure.errors = [str(refusal)]
        return _listed(wave, form), refusal.status
    flash(_("The agreement is computed, and the links to the households are destroyed."))
    return redirect(url_for(".reinterviews", wave=wave), 303)


def _listed(wave: str, form: ComputeForm) -> str:
    unit, subject = request.args.get("don-vi", ""), request.args.get("mau", "")
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        questionnaire = questionnaires.by_digest(session, wave_row.questionnaire)
        drawn = _drawn(session, wave_row, subject)
        agreement = agreements.newest(session, wave_row.code)
        rows = _rows(session, wave_row)
        title = _title(session, wave_row, subject) if drawn is not None else ""
        samples = [
            (_title(session, wave_row, code), reinterview_sample.told(one))
            for code, one in reinterview_sample.of_wave(session, wave_row).items()
        ]
    if agreement is not None:
        return render_template(
            "staff/agreement.html",
            wave=wave_row,
            made=agreement.made,
            figures=agreement.figures,
            items={item.code: item for _page, item in reinterviews.again(questionnaire)},
            samples=samples,
        )
    shown = [row for row in rows if unit in ("", row.unit.code) and (drawn is None or row.form.sheet in drawn)]
    page_rows, page, last = shown_page(shown, A_PAGE)
    return render_template(
        "staff/reinterviews.html",
        wave=wave_row,
        offered=reinterviews.again(questionnaire),
        rows=page_rows,
        page=page,
        last=last,
        total=len(rows),
        asked=sum(row.form.answered for row in rows),
        both=sum(row.form.answered and row.has_first for row in rows),
        tallies=reinterviews.tallies(row.form for row in shown),
        outcomes=reinterviews.OUTCOMES,
        idle=sum(row.form.is_idle for row in rows),
        links=sum(row.form.household is not None for row in rows),
        communes=sorted(
            {row.unit.code: row.unit for row in rows}.values(), key=lambda commune: order(commune.name)
        ),
        unit=unit,
        subject=subject if drawn is not None else "",
        sample=title,
        form=form,
    )


def _drawn(session: Session, wave: Wave, subject: str) -> set[str] | None:
    """The forms that are drawn for a pattern; None where none is named, or nothing drawn for it."""
    sheets = reinterview_sample.progress(session, wave, subject).sheets if subject else []
    return set(sheets) or None


def _title(session: Session, wave: Wave, subject: str) -> str:
    """What a pattern is about, without its figures: they may be still to be counted."""
    pattern = pattern_list.named(subject)
    return "" if pattern is None else pattern_words.title(pattern, pattern_words.names(session, wave))


def _rows(session: Session, wave: Wave) -> list[FormRow]:
    """The chosen forms, by commune and village in Vietnamese order."""
    forms = reinterviews.chosen(session, wave.code)
    communes = {code: units.find(session, code) for code in {form.unit for form in forms}}
    names = {name: order(name) for name in {form.village for form in forms}}
    places = {code: order(unit.name) for code, unit in communes.items()}
    forms.sort(key=lambda form: (places[form.unit], names[form.village], form.sheet))
    return [FormRow(form, communes[form.unit], _(STATES[form.state])) for form in forms]


@pages.page("/<wave>/phuc-tra/in", Right.REVIEW, tab="staff.reinterviews")
def reinterview_list(wave: str) -> ResponseReturnValue:
    """A list to print and take along: the households, and room for the codes of their answers."""
    unit, subject = request.args.get("don-vi", ""), request.args.get("mau", "")
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        questionnaire = questionnaires.by_digest(session, wave_row.questionnaire)
        drawn = _drawn(session, wave_row, subject)
        reinterviews.refuse_when_over(session, wave_row)
        rows = _rows(session, wave_row)
    return render_template(
        "staff/reinterview_list.html",
        wave=wave_row,
        offered=_by_page(reinterviews.again(questionnaire)),
        rows=[
            row
            for row in rows
            if unit in ("", row.unit.code)
            and not row.form.is_idle
            and (row.form.person is None or row.form.outcome == "nobody")
            and (drawn is None or row.form.sheet in drawn)
        ],
    )


def _by_page(offered: list[tuple[Page, Item]]) -> list[tuple[Page, list[tuple[int, Item]]]]:
    """The items with their numbers 1, 2 …, those of a page together."""
    numbered: list[tuple[Page, list[tuple[int, Item]]]] = []
    for number, (page, item) in enumerate(offered, start=1):
        if not numbered or numbered[-1][0] is not page:
            numbered.append((page, []))
        numbered[-1][1].append((number, item))
    return numbered


@pages.form("/<wave>/phuc-tra/<serial>", Right.REVIEW, tab="staff.reinterviews", single_response=True)
def reinterview(wave: str, serial: str) -> ResponseReturnValue:
    """The second answers of a form; the first ones are nowhere on the page."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        reinterviews.refuse_when_over(session, wave_row)
        chosen = reinterviews.one(session, wave_row.code, serial)
        reinterviews.refuse_to_know(session, serial, current_user.name)
        unit = units.find(session, chosen.unit)
        questionnaire = questionnaires.by_digest(session, wave_row.questionnaire)
        before = reinterviews.entered(session, serial, current_user.name)
    offered = reinterviews.again(questionnaire)
    answers_before = {PREFIX + code: str(value) for code, value in before.items()}
    own = chosen.outcome if chosen.person == current_user.name else None
    known = {"household": chosen.household, "outcome": own or ""}
    form = again_form(questionnaire)(data=known | answers_before)
    status = 200
    if form.validate_on_submit():
        try:
            with database().writing() as session:
                answers = _answers(form, offered)
                reinterviews.enter(
                    session,
                    wave,
                    serial,
                    form.household.data,
                    answers,
                    current_user.name,
                    form.outcome.data or None,
                )
        except Refusal as refusal:
            form.household.errors, status = [str(refusal)], refusal.status
        else:
            flash(
                _("What came of the visit for form %(form)s is saved.", form=serial)
                if form.outcome.data
                else _("The second answers of form %(form)s are saved.", form=serial)
            )
            return redirect(url_for(".reinterviews", wave=wave), 303)
    elif form.errors:
        status = 422
    return render_template(
        "staff/reinterview.html",
        wave=wave_row,
        chosen=chosen,
        unit=unit,
        form=form,
        fields=[(page, [(n, form[PREFIX + item.code]) for n, item in items]) for page, items in _by_page(offered)],
    ), status


def _answers(form: AgainForm, offered: list[tuple[Page, Item]]) -> dict[str, Any]:
    """By item code, without the blanks."""
    given = {item.code: form[PREFIX + item.code].data for _page, item in offered}
    return {code: int(value) for code, value in given.items() if value}
