"""Pages: the forms in which a check found something, and what people decide of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter
from uuid import UUID

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from forms import Questionnaire, Text
from forms import quality as rules
from survey.accounts.accounts import Right
from survey.fieldwork import checks, reviews
from survey.fieldwork.checks import CheckedResponse, Finding, Inspection
from survey.fieldwork.reviews import UNDECIDED, Decision
from survey.storage.models import ReviewState, Unit, Village, Wave
from survey.system.cache import LARGE, StaleCache
from survey.waves import questionnaires, units, waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import shown_value
from survey.web.staff.form import StaffForm
from survey.web.staff.paging import shown_page
from translations import N_, NotFound, Refusal, ngettext
from translations import gettext as _
from translations.formats import number, order, percent

A_PAGE = 50


@dataclass(frozen=True)
class FormRow:
    """A form of the list: where it came from, what was found in it, and what was decided."""

    form: CheckedResponse
    name: str
    unit: str
    village: str
    found: tuple[str, ...]
    decision: Decision


@dataclass(frozen=True)
class Filter:
    """What the list is cut down to; empty is everything.

    paper  a serial, the code of a batch or a form's number: then those in which nothing was found are listed too
    """

    check: str = ""
    unit: str = ""
    village: str = ""
    state: str = ""
    paper: str = ""

    def holds(self, form: CheckedResponse, decision: Decision) -> bool:
        """Whether a form is listed."""
        return (
            self.check in ("", *(finding.check for finding in form.findings))
            and self.unit in ("", form.unit)
            and self.village in ("", form.psu)
            and self.state in ("", decision.state.value)
        )


@dataclass(frozen=True)
class ReviewList:
    """All that the page needs of a wave, read at once."""

    wave: Wave
    looked: Inspection
    decisions: dict[UUID, Decision]
    villages: dict[str, Village]
    communes: dict[str, Unit]
    says: Mapping[str, Text]

    def decision(self, form: CheckedResponse) -> Decision:
        """The one that holds."""
        return self.decisions.get(form.id, UNDECIDED)

    @cached_property
    def known(self) -> list[CheckedResponse]:
        """Those in which something was found, and those decided on."""
        found = self.looked.found()
        others = self.decisions.keys() - {form.id for form in found}
        return found + self.looked.of(others)

    def chosen(self, wanted: Filter) -> list[CheckedResponse]:
        """Those that are listed, in the order of the list."""
        forms = self.looked.named(wanted.paper) if wanted.paper else self.known
        return sorted((form for form in forms if wanted.holds(form, self.decision(form))), key=self.place)

    def place(self, form: CheckedResponse) -> tuple[bool, int, int, str]:
        """Where a form stands in the list: undecided ones first, then by commune, village and number."""
        return (
            self.decision(form).state is not ReviewState.NEW,
            self.order_of_communes[form.unit],
            self.order_of_villages.get(form.psu or "", -1),
            form.paper.serial or short(form.id),
        )

    @cached_property
    def order_of_communes(self) -> dict[str, int]:
        """The place of each commune in Vietnamese order."""
        communes = sorted(self.communes.values(), key=lambda unit: order(unit.name))
        return {unit.code: place for place, unit in enumerate(communes)}

    @cached_property
    def order_of_villages(self) -> dict[str, int]:
        """The place of each village in Vietnamese order."""
        villages = sorted(self.villages.values(), key=lambda village: order(village.name or village.psu))
        return {village.psu: place for place, village in enumerate(villages)}

    def row(self, form: CheckedResponse) -> FormRow:
        """A form with its texts in the language of the moment."""
        unit = self.communes[form.unit]
        village = self.villages.get(form.psu or "")
        return FormRow(
            form,
            form.paper.serial or short(form.id),
            unit.name,
            (village.name or village.psu) if village else "",
            tuple(self.words(finding) for finding in form.findings),
            self.decision(form),
        )

    def words(self, finding: Finding) -> str:
        """What was found, with its figures and without a single answer."""
        if finding.check == "straight":
            return _(
                "%(part)s of %(whole)s answers in a row at the same level",
                part=number(finding.part),
                whole=number(finding.whole),
            )
        if finding.check == "alike" and finding.other is not None:
            (other,) = self.looked.of([finding.other])
            return _(
                "%(share)s of the answers equal to form %(form)s",
                share=percent(finding.share, 1),
                form=other.paper.serial or short(other.id),
            )
        if finding.check == "blank":
            return _(
                "%(part)s of %(whole)s questions left blank",
                part=number(finding.part),
                whole=number(finding.whole),
            )
        if finding.check == "contradiction" and finding.rule in self.says:
            return str(self.says[finding.rule])
        return _(checks.CHECKS[finding.check])


class DecisionForm(StaffForm):
    """Guards the decision against forgery; its fields are the ticks of the list."""


def short(id: UUID) -> str:
    """What a form without a sheet is called in the list."""
    return id.hex[:8]


_looked: StaleCache[Inspection] = StaleCache(len, attrgetter("nbytes"))


def read(session: Session, code: str) -> ReviewList:
    """All forms of a wave, with what was found in them and decided."""
    wave = waves.find(session, code)
    looked = shown_value(_looked.get((database().url, code), lambda: checks.inspect(session, wave)))
    questionnaire: Questionnaire = questionnaires.by_digest(session, wave.questionnaire)
    return ReviewList(
        wave,
        looked,
        reviews.newest(session, code),
        {village.psu: village for village in waves.villages(session, code)},
        {unit: units.find(session, unit) for unit in map(str, looked.unit.levels)},
        {rule.code: rule.says for rule in rules.of(questionnaire).contradictions},
    )


def waiting(session: Session, wave: Wave) -> int | None:
    """How many forms in which something was found nobody has decided on yet.

    Of a large wave it is told by what the page of the review saw last, and is None until somebody opens that: to
    look through so many forms takes seconds.
    """
    looked = (
        checks.inspect(session, wave)
        if waves.collected(session, wave.code) < LARGE
        else _looked.last((database().url, wave.code))
    )
    return None if looked is None else _undecided(looked, reviews.newest(session, wave.code))


def _undecided(looked: Inspection, decisions: Mapping[UUID, Decision]) -> int:
    return sum(form.id not in decisions for form in looked.found())


@pages.form("/<wave>/ra-soat", Right.REVIEW, N_("Decided on responses under review"), tab=Tab(11, N_("Review")))
def review(wave: str) -> ResponseReturnValue:
    """The forms in which something was found, and a decision on those that are ticked.

    `kiem`: one check; `don-vi`, `thon`, `trang-thai`: a commune, a village, a state; `phieu`: a serial or a batch,
    found or not; `trang`: the page; `chon=het`: all of it is ticked.
    """
    guard, fault = DecisionForm(), ""
    if guard.validate_on_submit():
        try:
            return _decide(wave)
        except Refusal as refusal:
            fault = str(refusal)
    with database().reading() as session:
        listed = read(session, wave)
    wanted = _filter(listed)
    chosen = listed.chosen(wanted)
    forms, page, last = shown_page(chosen, A_PAGE)
    rows = [listed.row(form) for form in forms]
    ticked = set(request.form.getlist("phieu"))
    if request.args.get("chon") == "het" and not fault:
        ticked = {str(row.form.id) for row in rows}
    answer = render_template(
        "staff/review.html",
        wave=listed.wave,
        wanted=wanted,
        rows=rows,
        count=len(chosen),
        page=page,
        last=last,
        looked=listed.looked,
        counts=_counts(listed),
        states=_states(listed),
        waiting=_undecided(listed.looked, listed.decisions),
        communes=[listed.communes[code] for code in listed.order_of_communes],
        villages=[
            listed.villages[psu] for psu in listed.order_of_villages if listed.villages[psu].unit == wanted.unit
        ],
        checks=checks,
        form=guard,
        fault=fault,
        ticked=ticked,
        typed=request.form.get("vi-sao", ""),
        picked=request.form.get("quyet-dinh", ""),
        decisions=[
            (state.value, _(reviews.STATES[state])) for state in ReviewState if state is not ReviewState.NEW
        ],
    )
    return answer, 422 if fault or guard.errors else 200


def _filter(listed: ReviewList) -> Filter:
    """What the address asks for."""
    wanted = Filter(
        *(request.args.get(name, "").strip()[:60] for name in ("kiem", "don-vi", "thon", "trang-thai", "phieu"))
    )
    villages = {village.psu for village in listed.villages.values() if village.unit == wanted.unit}
    return wanted if wanted.village in villages else replace(wanted, village="")  # that of another commune


def _counts(listed: ReviewList) -> list[tuple[str, str, int]]:
    """(check, name, forms) of each check that found something."""
    forms = Counter(
        check for form in listed.looked.found() for check in {finding.check for finding in form.findings}
    )
    return [(check, _(name), forms[check]) for check, name in checks.CHECKS.items() if forms[check]]


def _states(listed: ReviewList) -> list[tuple[str, str, int]]:
    """(state, name, forms) of all states, among the forms that the list knows."""
    count = Counter(listed.decision(form).state for form in listed.known)
    return [(state.value, _(name), count[state]) for state, name in reviews.STATES.items()]


def _decide(wave: str) -> ResponseReturnValue:
    chosen = request.form.get("quyet-dinh", "")
    if chosen not in [state.value for state in ReviewState if state is not ReviewState.NEW]:
        raise Refusal("Choose what becomes of the forms: approved, on hold or rejected.")
    try:
        ticked = [UUID(id) for id in request.form.getlist("phieu")]
    except ValueError:
        raise NotFound("One of these forms does not belong to this wave. Open the list again.") from None
    with database().writing() as session:
        wave_row = waves.find(session, wave)
        decided = reviews.decide(
            session, wave_row.code, ticked, ReviewState(chosen), request.form.get("vi-sao", ""), current_user.name
        )
    flash(
        ngettext("The decision on %(num)s form is kept.", "The decision on %(num)s forms is kept.", decided)
        if decided
        else _("This had already been decided: nothing has changed.")
    )
    return redirect(request.full_path, 303)  # the list as it was cut down


@pages.app_template_filter("review_state")
def review_state(state: ReviewState) -> str:
    """The name of a state in the language of the moment."""
    return _(reviews.STATES[state])
