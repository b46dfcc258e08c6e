"""Pages: a sample planned, foretold and drawn. The plan is the address of its page, so that it can be sent on."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Length, Optional, ValidationError

from survey.accounts.accounts import Right
from survey.results import previous_wave
from survey.sampling import draws, plans, sizing
from survey.sampling import expected_precision as outlook
from survey.sampling.expected_precision import Expected, Outlook
from survey.sampling.plans import HOUSEHOLD_NAMES, METHOD_NAMES, RULE_NAMES, Frame, Part, Plan
from survey.sampling.sizing import Sizing
from survey.storage import audit
from survey.storage.models import Wave
from survey.waves import waves
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.form import AS_TYPED, StaffForm, options
from translations import N_, Lazy, NotFound, Refusal
from translations import gettext as _
from translations.formats import number as number_as_written
from translations.formats import order

MOST = 100_000
FORMS_A_VILLAGE = 27  # as the ministry's surveys have it
PER = {
    "unit": Lazy("in each commune, which is then the stratum"),
    "stratum": Lazy("in each stratum"),
    "": Lazy("in all, allocated to the strata"),
}


GROUPED = re.compile(r"[1-9]\d{0,2}(?:[. \u00a0]\d{3})+(?:,\d+)?")  # 120.000, as thousands are written here


class Amount(StringField):
    """A number as it is typed here, with a comma or a point; `number` is None where nothing is typed.

    A point before three digits parts thousands, unless the number would be too large: 120.000 is a cost, 1.500 no
    design effect of one thousand and a half.
    """

    def __init__(self, label: Any = None, *, low: float, high: float, **more: Any) -> None:
        super().__init__(label, [Optional()], render_kw={"inputmode": "decimal", "maxlength": 12}, **more)
        self.low, self.high = low, high

    @property
    def number(self) -> float | None:
        """What was typed."""
        text = (self.data or "").strip()
        if GROUPED.fullmatch(text):
            whole = float(re.sub(r"[. \u00a0]", "", text).replace(",", "."))
            if whole <= self.high:
                return whole
        text = text.replace(",", ".")
        return float(text) if text else None

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Within its limits, where something was typed."""
        if validation_stopped:
            return
        try:
            number = self.number
        except ValueError:
            number = float("nan")
        if number is not None and not self.low <= number <= self.high:
            low, high = (number_as_written(limit, int(limit != int(limit))) for limit in (self.low, self.high))
            raise ValidationError(_("Give a number from %(low)s to %(high)s.", low=low, high=high))


class Count(Amount):
    """A whole number of 1 or more."""

    def __init__(self, label: Any = None, *, high: int, **more: Any) -> None:
        super().__init__(label, low=1, high=high, **more)

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Digits alone, where something was typed."""
        typed = (self.data or "").strip()
        if typed and not GROUPED.fullmatch(typed) and not (typed.isascii() and typed.isdigit()):
            raise ValidationError(_("Give a whole number of 1 or more."))
        super().post_validate(form, validation_stopped)

    @property
    def count(self) -> int | None:
        """What was typed."""
        return None if self.number is None else int(self.number)


class PlanForm(StaffForm):
    """How the sample is to be drawn, what is assumed of the field, and the seed once it is drawn."""

    villages = Count(Lazy("Villages"), high=MOST, name="thon")
    per = SelectField(
        Lazy("These villages are drawn"),
        choices=options(*((value, label) for value, label in PER.items())),
        default="unit",
        name="moi",
    )
    per_village = Count(Lazy("Households in each village"), high=1000, default=str(FORMS_A_VILLAGE), name="phieu")
    allocation = SelectField(
        Lazy("A total is allocated to the strata"),
        choices=options(*((rule, Lazy(name)) for rule, name in RULE_NAMES.items())),
        default="proportional",
        name="phan-bo",
    )
    method = SelectField(
        Lazy("How villages are drawn"),
        choices=options(*((method, Lazy(name)) for method, name in METHOD_NAMES.items())),
        default="pps",
        name="cach-thon",
    )
    households = SelectField(
        Lazy("How households are drawn"),
        choices=options(*((method, Lazy(name)) for method, name in HOUSEHOLD_NAMES.items())),
        default="systematic",
        name="cach-ho",
    )
    collapse = BooleanField(Lazy("Merge a stratum of one village with its neighbour"), name="gop")
    margin = Amount(
        Lazy("Or: margin of error wanted for the province, in points"),
        description=Lazy("Such as 3. It determines the number of villages if none is given above."),
        low=0.1,
        high=50,
        name="sai-so",
    )
    share = Amount(Lazy("Share expected, in per cent"), default="90", low=0.1, high=99.9, name="ty-le")
    deff = Amount(
        Lazy("Design effect expected"),
        description=Lazy(
            "From the previous wave. Without it an intraclass correlation of 0.05 within villages is assumed."
        ),
        low=1,
        high=100,
        name="he-so",
    )
    response = Amount(Lazy("Forms expected back, in per cent"), default="95", low=1, high=100, name="phan-hoi")
    cost = Amount(Lazy("What a form costs"), low=0, high=1e9, name="gia")
    seed = StringField(
        Lazy("Seed"),
        [Length(max=draws.LONGEST_SEED, message=Lazy("Write at most 40 characters."))],
        description=Lazy(
            "If blank, one is chosen at random. It is stored: frame, plan and seed give exactly the same "
            "sample again."
        ),
        render_kw={"maxlength": draws.LONGEST_SEED, **AS_TYPED},
        name="mam",
    )

    @property
    def forms(self) -> int:
        """In each village."""
        return self.per_village.count or FORMS_A_VILLAGE

    @property
    def expected(self) -> Expected:
        """What is assumed of the field."""
        return Expected.of(
            self.deff.number,
            self.forms,
            share=_part(self.share.number),
            response=_part(self.response.number),
            cost=self.cost.number,
        )

    @property
    def query(self) -> dict[str, Any]:
        """The plan as it stands in the address."""
        parameters = {}
        for field in self:
            if field.name in ("mam", "csrf_token") or field.data in (None, "", False):
                continue
            parameters[field.name] = "1" if field.data is True else field.data
        return parameters | {"moi": self.per.data}


def _part(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


@dataclass(frozen=True)
class Stratum:
    """A stratum of the plan with what it gets."""

    label: str
    villages: int  # in the frame
    households: int
    take: int


@dataclass(frozen=True)
class Forecast:
    """A plan that can be drawn, and what it may be expected to tell."""

    plan: Plan
    size: Sizing | None
    outlook: Outlook
    parts: list[Part]
    offers: list[tuple[Plan, Outlook]]

    @property
    def strata(self) -> list[Stratum]:
        """What each stratum gets, joined ones together."""
        parts: dict[str, list[Part]] = {}
        for part in self.parts:
            parts.setdefault(part.stratum, []).append(part)
        return [
            Stratum(
                label,
                sum(len(part.villages) for part in own),
                sum(part.households for part in own),
                sum(part.take for part in own),
            )
            for label, own in parts.items()
        ]


@pages.page("/<wave>/mau/ke-hoach", Right.FIELDWORK, tab="staff.sample")
def plan_sample(wave: str) -> ResponseReturnValue:
    """The plan of the address, and what such a sample would tell; nothing is kept."""
    form = PlanForm(formdata=None, meta={"csrf": False})
    asked = any(field.name in request.args for field in form)
    if asked:
        form = PlanForm(formdata=request.args, meta={"csrf": False})
        form.validate()
    return _page(wave, form, asked)


@pages.act("/<wave>/mau/rut", Right.FIELDWORK, N_("Drew a sample"), tab="staff.sample")
def draw_sample(wave: str) -> ResponseReturnValue:
    """Draws the sample of a plan and keeps it beside those of before."""
    form = PlanForm()
    if not form.validate_on_submit():
        return _page(wave, form, True, 422)
    try:
        with database().writing() as session:
            wave_row = draws.locked(session, wave)
            frame = plans.frame(session, wave_row)
            plan, _size = _plan(session, wave_row, frame, form)
            drawn = draws.drawn(frame, plan, (form.seed.data or "").strip() or draws.new_seed())
            draw = draws.keep(session, wave_row, drawn, current_user.name, asdict(form.expected))
            number = draw.number
            audit.annotate(draw=number, seed=draw.seed)
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            raise
        return _page(wave, form, True, refusal.status, str(refusal))
    flash(_("The sample is drawn and stored as number %(number)s; it is in use from now on.", number=number))
    return redirect(url_for(".drawn", wave=wave, number=number), 303)


def _page(code: str, form: PlanForm, asked: bool, status: int = 200, problem: str = "") -> ResponseReturnValue:
    frame: Frame | None = None
    shown: Forecast | None = None
    with database().reading() as session:
        wave = waves.find(session, code)
        try:
            frame = plans.frame(session, wave)
            if asked and not form.errors:
                shown = _forecast(session, wave, frame, form)
        except Refusal as refusal:
            problem = problem or str(refusal)
        settled = draws.why_settled(session, wave)
        names = {} if frame is None else {one.code: one.name for one in outlook.communes(session, wave, frame)}
    single = frame is not None and any(len(own) == 1 for own in frame.by("unit").values())
    gop = "1" if single or form.collapse.data else None
    return (
        render_template(
            "staff/sample_plan.html",
            wave=wave,
            form=form,
            faulty=[field for field in form if field.errors and field.name != "csrf_token"],
            problem=problem,
            frame=frame,
            shown=shown,
            settled=settled,
            names=names,
            communes=sorted(shown.outlook.communes, key=lambda one: order(names[one.label])) if shown else [],
            gop=gop,
            words=plans.words,
            outlooks=outlook,
            offers=[
                (plan, one, form.query | {"thon": plan.villages, "moi": "unit", "gop": gop, "sai-so": None})
                for plan, one in (shown.offers if shown else ())
            ],
            size_sentences=sizing.size_sentences,
        ),
        status,
    )


def _plan(session: Session, wave: Wave, frame: Frame, form: PlanForm) -> tuple[Plan, Sizing | None]:
    """The plan of the form; where a margin is wanted, with the size that it needs."""
    size = None
    per = form.per.data or None
    villages = form.villages.count
    if (margin := _part(form.margin.number)) is not None:
        size = sizing.sized(waves.villages(session, wave.code), margin, form.forms, form.expected)
        villages = villages or sizing.villages_of(size, frame, per)
    if villages is None:
        raise Refusal("Say how many villages, or how precise the province's figure is to be.")
    plan = Plan(
        villages=villages,
        per_village=form.forms,
        per=per,
        allocation=form.allocation.data if per is None else "equal",
        method=form.method.data,
        households=form.households.data,
        collapse=form.collapse.data,
    )
    return previous_wave.planned(session, wave, plan), size


def _forecast(session: Session, wave: Wave, frame: Frame, form: PlanForm) -> Forecast:
    plan, size = _plan(session, wave, frame, form)
    expected = form.expected
    return Forecast(
        plan=plan,
        size=size,
        outlook=outlook.of_plan(session, wave, frame, plan, expected),
        parts=plans.parts(frame, plan),
        offers=outlook.bought(session, wave, frame, plan, expected),
    )
