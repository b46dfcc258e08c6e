"""Pages: the weights of a wave, in versions: computed, reported, chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from sqlalchemy.orm import Session
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from forms import Questionnaire
from survey.accounts.accounts import Right
from survey.responses import fitted_weights as calibration
from survey.responses.response_weights import MOST_ADULTS
from survey.sampling import joint_classes, margins, transactions, weight_versions, weighting
from survey.sampling.joint_classes import Joint
from survey.storage.models import Wave, WaveKind, WeightVersion
from survey.waves import questionnaires, waves
from survey.web import integers
from survey.web.current import database
from survey.web.pages import MB, Tab, of_kind
from survey.web.staff.blueprint import MODE_NAMES, pages
from survey.web.staff.form import StaffForm, options
from survey.web.staff.uploads import load_upload, stored_upload
from translations import N_, Lazy, NotFound, Refusal
from translations import gettext as _
from translations.formats import order

PLACE_NAMES = {
    "unit": N_("Commune or ward"),
    "stratum": N_("Stratum"),
    "kind": N_("Kind of commune"),
    "mode": N_("Way of answering"),
    "psu": N_("Village"),
}


@dataclass(frozen=True)
class VersionRow:
    """A version in the list."""

    version: int
    made: Any
    source: str
    kish: float | None
    is_current: bool


@dataclass(frozen=True)
class Margin:
    """A value of a margin: people before and after, and how its weights were changed on average."""

    variable: str
    value: str
    people: int
    total: float
    before: float
    after: float

    @property
    def factor(self) -> float | None:
        return self.after / self.before if self.before else None


class WeightForm(StaffForm):
    """How new weights are to be computed."""

    margins = FileField(
        Lazy("Population totals (CSV or Excel)"),
        description=Lazy(
            "Columns variable, value, total. Variables: codes of questions, unit, stratum, kind, mode; crossed as "
            "gioi_tinh*do_tuoi. Leave it out to adjust for non-response alone."
        ),
    )
    by = SelectField(
        Lazy("Those who answered stand for those who did not, within the same"),
        choices=options(
            ("stratum", Lazy("stratum")),
            ("unit", Lazy("commune")),
            ("psu", Lazy("village")),
            ("none", Lazy("no adjustment")),
        ),
    )
    method = SelectField(
        Lazy("How weights are fitted"),
        choices=options(
            *((method, Lazy(weight_versions.METHODS[method])) for method in ("raking", "linear", "post"))
        ),
    )
    reason = StringField(
        Lazy("Why they are counted together"),
        [Length(max=joint_classes.LONGEST_REASON)],
        description=Lazy("It stands in the name of the version, and in reports."),
        render_kw={"maxlength": joint_classes.LONGEST_REASON},
    )
    low = StringField(Lazy("Smallest product"))
    high = StringField(Lazy("Largest product"))
    most_adults = IntegerField(
        Lazy("Most adults counted in a household"),
        [Optional(), NumberRange(1, 20, Lazy("Give a number from 1 to 20."))],
        default=MOST_ADULTS,
    )

    def validate_low(self, field: StringField) -> None:
        """Both limits or none, with 1 between them."""
        low, high = bound(field.data), bound(self.high.data)
        if (field.data or self.high.data) and not (low and high and 0 < low < 1 < high):
            raise ValidationError(Lazy("Give two numbers with 1 between them, such as 0,3 and 3."))

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The limits of the factor, where they were given."""
        low, high = bound(self.low.data), bound(self.high.data)
        return (low, high) if low and high else None


def bound(text: str | None) -> float | None:
    """A number as people type it, with a comma or a point."""
    try:
        return float((text or "").strip().replace(",", "."))
    except ValueError:
        return None


class CountForm(StaffForm):
    """Counts of transactions."""

    file = FileField(
        Lazy("Counts of transactions (CSV or Excel)"),
        description=Lazy("Columns unit, service, week, count. A later count replaces an earlier one."),
    )


@pages.form(
    "/<wave>/quyen-so",
    Right.FIELDWORK,
    N_("Computed weights"),
    tab=Tab(17, N_("Weights"), used=of_kind(WaveKind.SAMPLE)),
)
def weights(wave: str) -> ResponseReturnValue:
    """The versions with the report of one of them, and the form that computes a new one."""
    form = WeightForm()
    if not form.validate_on_submit():
        return _page(wave, form, CountForm(formdata=None), 422 if form.errors else 200)
    try:
        with database().writing() as session:
            weighting.compute(session, wave, _plan(session, wave, form))
    except joint_classes.EmptyClasses as refusal:
        form.reason.errors = [_("Nobody answered in a class: choose below with which one it is counted together.")]
        return _page(wave, form, CountForm(formdata=None), 422, refusal.classes)
    except joint_classes.WrongJoint as refusal:
        form.reason.errors = [str(refusal)]
        return _page(wave, form, CountForm(formdata=None), 422)
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            raise
        form.margins.errors = [str(refusal)]
        return _page(wave, form, CountForm(formdata=None), 422)
    return redirect(url_for(".weights", wave=wave), 303)


@dataclass(frozen=True)
class Pair:
    """A class and the one that it is counted together with, as the form has them; the name of both."""

    label: str
    into: str
    name: str


def _pairs() -> list[Pair]:
    """What the form says of classes counted together: a row for each."""
    rows = zip(*(request.form.getlist(name) for name in ("lop", "cung", "ten-chung")), strict=False)
    return [Pair(*row) for row in rows if any(row)]


def _joints(reason: str, names: Mapping[str, str]) -> tuple[Joint, ...]:
    """The classes that are counted together: those with one and the same neighbour are one class."""
    groups: dict[str, list[Pair]] = {}
    for pair in _pairs():
        if not (pair.label and pair.into):
            raise joint_classes.WrongJoint("Choose both classes that are counted together, or neither.")
        groups.setdefault(pair.into, []).append(pair)
    if twice := groups.keys() & {pair.label for pair in _pairs()}:
        known = ", ".join(sorted(names.get(label, label) for label in twice))
        raise joint_classes.WrongJoint(
            "%(class)s can be counted together with others only once.", **{"class": known}
        )
    return tuple(_joint(into, pairs, reason, names) for into, pairs in groups.items())


def _joint(into: str, pairs: Sequence[Pair], reason: str, names: Mapping[str, str]) -> Joint:
    labels = [into, *(pair.label for pair in pairs)]
    named = next((pair.name for pair in pairs if pair.name.strip()), "")
    return joint_classes.joint(named, labels, reason, names)


def _classes_of(session: Session, wave: Wave, names: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """What can be counted together, by kind: communes, strata that are none, villages."""
    villages = weighting.asked(session, wave) if wave.draw is not None else []
    groups = {"unit": {one.unit for one in villages}, "stratum": {one.stratum for one in villages}}
    groups["stratum"] -= groups["unit"]
    groups["psu"] = {one.psu for one in villages}
    return {
        _(PLACE_NAMES[kind]): sorted(((one, names.get(one, one)) for one in labels), key=lambda one: order(one[1]))
        for kind, labels in groups.items()
        if labels
    }


def _plan(session: Session, wave: str, form: WeightForm) -> weighting.Plan:
    wave_row = waves.find(session, wave)
    totals = None
    if form.margins.data:
        questionnaire = questionnaires.by_digest(session, wave_row.questionnaire)
        with stored_upload(form.margins.data) as path:
            totals = margins.read(path, questionnaire)
    by = form.by.data if wave_row.draw is not None else "none"
    joints = _joints(form.reason.data or "", weighting.class_names(session, wave))
    most = form.most_adults.data or MOST_ADULTS
    return weighting.Plan(totals, by, form.method.data, form.bounds, most, joints)


@pages.act("/<wave>/quyen-so/dung", Right.FIELDWORK, N_("Chose the weights in use"), tab="staff.weights")
def use_weights(wave: str) -> ResponseReturnValue:
    """Makes another version the one that holds."""
    with database().writing() as session:
        weight_versions.use(
            session, waves.find(session, wave), request.form.get("version", 0, integers.bounded_int)
        )
    return redirect(url_for(".weights", wave=wave), 303)


@pages.act(
    "/<wave>/quyen-so/giao-dich",
    Right.FIELDWORK,
    N_("Imported counts of transactions"),
    tab="staff.weights",
    max_upload=20 * MB,
)
def import_counts(wave: str) -> ResponseReturnValue:
    """Takes counts of transactions; the weights are computed apart from it."""
    form = CountForm()
    if load_upload(form, lambda session, path: transactions.load(session, wave, path)) is None:
        return _page(wave, WeightForm(formdata=None), form, 422)
    return redirect(url_for(".weights", wave=wave), 303)


def _page(
    code: str, form: WeightForm, counts: CountForm, status: int, empty: Iterable[str] = ()
) -> ResponseReturnValue:
    with database().reading() as session:
        wave = waves.find(session, code)
        questionnaire = questionnaires.by_digest(session, wave.questionnaire)
        versions = weight_versions.versions(session, wave.code)
        shown = _shown(versions, wave, request.args.get("phien-ban", None, integers.bounded_int))
        names = weighting.class_names(session, wave.code)
        groups = _classes_of(session, wave, names)
        counted = transactions.counted(session, wave.code)
        used = weight_versions.named(session, wave)
        waiting = weighting.waiting(session, wave.code)
    report = (shown.report if shown else None) or {}
    calibration = report.get("calibration", {})
    method = weight_versions.METHODS[calibration["method"]] if calibration else ""
    pairs = _pairs()
    pairs += [Pair(one, "", "") for one in empty if one not in {pair.label for pair in pairs}]
    return (
        render_template(
            "staff/weights.html",
            wave=wave,
            form=form,
            counts=counts,
            rows=[_row(one, wave) for one in versions],
            used=used,
            shown=shown,
            source=weight_versions.source(shown) if shown else "",
            report=report,
            classes=[{**one, "name": names.get(one["class"], one["class"])} for one in _classes(report)],
            margins=list(_margins(calibration.get("margins", ()), questionnaire, names)),
            factors=[(one, _who(one["who"], questionnaire, names)) for one in report.get("factors", ())],
            method=_(method) if method else "",
            without_answers=[
                (names.get(unit, unit), n) for unit, n in calibration.get("without_answers", {}).items()
            ],
            without_counts=[
                (names.get(unit, unit), n) for unit, n in calibration.get("without_counts", {}).items()
            ],
            counted=sum(sum(services.values()) for services in counted.values()),
            places=len(counted),
            is_open=wave.kind is WaveKind.OPEN,
            groups=groups,
            names=names,
            waiting=waiting,
            pairs=[*pairs, Pair("", "", "")],
            joined=[
                (one, [names.get(label, label) for label in one["classes"]]) for one in report.get("joint", ())
            ],
        ),
        status,
    )


def _shown(versions: Iterable[WeightVersion], wave: Wave, number: int | None) -> WeightVersion | None:
    for version in versions:
        if version.id == wave.weights if number is None else version.version == number:
            return version
    if number is not None:
        raise weight_versions.NoWeights(
            "The wave %(code)s has no weights of version %(number)s. Choose some from the list.",
            code=wave.title,
            number=number,
        )
    return None


def _row(version: WeightVersion, wave: Wave) -> VersionRow:
    kish = ((version.report or {}).get("kish") or {}).get("final")
    return VersionRow(
        version.version, version.made, weight_versions.source(version), kish, version.id == wave.weights
    )


def _classes(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    classes: list[dict[str, Any]] = report.get("nonresponse", {}).get("classes", [])
    return classes


def _margins(
    rows: Iterable[Mapping[str, Any]], questionnaire: Questionnaire, names: Mapping[str, str]
) -> Iterable[Margin]:
    for row in rows:
        variable, value = row["variable"], row["value"]
        unit, colon, services = value.partition(": ")
        yield Margin(
            names.get(unit, unit) if colon else _variable(variable, questionnaire),
            _services(services, questionnaire) if colon else _value(variable, value, questionnaire, names),
            row["people"],
            row["total"],
            row["before"],
            row["after"],
        )


def _services(text: str, questionnaire: Questionnaire) -> str:
    item = questionnaire.items.get(transactions.SERVICE)
    choices = {str(code): str(label) for code, label in item.choices.items()} if item else {}
    parts = text.split(", ")
    if len(parts) > 2:
        return _("%(count)s services counted together", count=len(parts))
    return "; ".join(choices.get(part, part) for part in parts)


def _variable(variable: str, questionnaire: Questionnaire) -> str:
    parts = variable.replace("+", "*").split("*")
    return " × ".join(
        _(PLACE_NAMES[part]) if part in PLACE_NAMES else str(questionnaire.items[part].short) for part in parts
    )


def _value(variable: str, value: str, questionnaire: Questionnaire, names: Mapping[str, str]) -> str:
    if value == calibration.BLANK:
        return _("left blank")
    parts = []
    for part, label in zip(variable.split("*"), value.split("*"), strict=True):
        item = questionnaire.items.get(part)
        if part == "mode":
            parts.append(next((_(name) for mode, name in MODE_NAMES.items() if mode.value == label), label))
        elif item is not None and label.isdigit() and int(label) in item.choices:
            parts.append(str(item.choices[int(label)]))
        else:
            parts.append(names.get(label, label))
    return " × ".join(parts)


def _who(who: Mapping[str, str], questionnaire: Questionnaire, names: Mapping[str, str]) -> str:
    parts = []
    for variable, value in who.items():
        if "+" in variable:
            unit, _colon, services = value.partition(": ")
            parts.append(f"{names.get(unit, unit)}: {_services(services, questionnaire)}")
        else:
            parts.append(f"{_variable(variable, questionnaire)}: {_value(variable, value, questionnaire, names)}")
    return "; ".join(parts)
