"""The weights of a wave computed: from the draw, for those who did not answer, fitted to population totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis import Design, DesignError, nonresponse
from analysis.design import Floats
from analysis.nonresponse import Class, classes, factors
from analysis.weights import Method, calibrate, design_effect
from survey.responses import fitted_weights
from survey.responses.fitted_weights import BLANK, Labels
from survey.responses.respondents import Respondents, sample
from survey.responses.response_weights import MOST_ADULTS, base_weights, filled, weights_of
from survey.sampling import joint_classes, transactions, weight_versions
from survey.sampling import margins as population
from survey.sampling.joint_classes import Joint
from survey.sampling.margins import Margins
from survey.sampling.outcome_words import Outcome
from survey.storage import audit
from survey.storage.models import (
    Batch,
    DrawnHousehold,
    DrawnVillage,
    Sheet,
    SheetState,
    Unit,
    Village,
    Visit,
    Wave,
    WaveKind,
    WeightVersion,
)
from survey.waves import waves
from translations import Refusal
from translations.formats import first_few

BY = ("stratum", "unit", "psu", "none")  # classes of the adjustment for non-response
JOINED = ("unit", "stratum")  # variables of totals in which classes are counted together
LEAST_NAMED = 5  # people whom a report may name as a class


@dataclass(frozen=True)
class Plan:
    """How weights are to be computed.

    margins      population totals; None: no calibration (in an open wave: the counts of transactions)
    by           classes of the adjustment for non-response; None: the strata where a draw holds
    bounds       of the product of all factors, for non-response and of the calibration, once all weights were
                 brought to the totals' sum together
    most_adults  in a household, as far as its weight goes
    joints       classes that are counted as one, in the adjustment and in the totals of units and strata
    """

    margins: Margins | None = None
    by: str | None = None
    method: Method = "raking"
    bounds: tuple[float, float] | None = None
    most_adults: int = MOST_ADULTS
    joints: tuple[Joint, ...] = ()


def compute(session: Session, code: str, plan: Plan = Plan()) -> WeightVersion:
    """Computes, keeps and makes current a new version of a wave's weights, with its report. Refused: a wave
    without responses in its sample; classes or values without an answer (`joint_classes.EmptyClasses`); totals
    that can't be met."""
    wave = waves.find(session, code)
    people = sample(session, wave)
    if not len(people):
        raise Refusal(
            "The wave %(code)s has no responses in its sample yet: there is nothing to weigh.", code=wave.title
        )
    _refuse_joints_too_early(session, code, plan)
    try:
        weight, report = _computed(session, wave, people, plan)
    except nonresponse.EmptyClasses as error:
        raise _empty(map(str, error.labels), plan) from error
    except DesignError as error:
        raise Refusal(error.message, **error.values) from error
    if plan.joints:
        audit.annotate(joint="; ".join(one.name for one in plan.joints))
    return weight_versions.keep(
        session, wave, "computed", report, dict(zip(people.ids, weight.tolist(), strict=True))
    )


def waiting(session: Session, wave: str) -> dict[str, int]:
    """How many forms are back from each commune, stratum and village and wait to be keyed."""
    rows = session.execute(
        select(Village.unit, Village.stratum, Village.psu, func.count())
        .join(Batch, (Batch.wave == Village.wave) & (Batch.psu == Village.psu))
        .join(Sheet, Sheet.batch == Batch.code)
        .where(Village.wave == wave, Sheet.state == SheetState.WAITING)
        .group_by(Village.unit, Village.stratum, Village.psu)
    )
    counts: Counter[str] = Counter()
    for *labels, forms in rows:
        for label in set(labels):
            counts[label] += forms
    return counts


def class_names(session: Session, wave: str) -> dict[str, str]:
    """What people call the classes, by code: communes by their names, villages by theirs and their commune's."""
    names = {unit.code: unit.name for unit in session.scalars(select(Unit))}
    villages = [one for one in waves.villages(session, wave) if one.name]
    return names | {one.psu: f"{one.name}, {names.get(one.unit, one.unit)}" for one in villages}


def _refuse_joints_too_early(session: Session, wave: str, plan: Plan) -> None:
    """A neighbour stands for those who did not answer, not for forms that nobody has keyed yet."""
    counts = waiting(session, wave) if plan.joints else {}
    for one in plan.joints:
        if forms := sum(counts.get(label, 0) for label in one.classes):
            raise joint_classes.WrongJoint(
                "%(forms)s forms of “%(name)s” are back and wait to be keyed. Key them first, or say on the page "
                "of their batch what became of them.",
                forms=forms,
                name=one.name,
            )


def _empty(labels: Iterable[str], plan: Plan) -> Refusal:
    found = tuple(labels)
    for one in plan.joints:
        if one.name in found:
            return joint_classes.WrongJoint(
                "Nobody answered in %(name)s either. Choose a neighbour with answers.", name=one.name
            )
    refusal = joint_classes.EmptyClasses(
        "Nobody answered in %(classes)s: nobody can stand for those asked there. Count each together with another "
        "one, or choose larger classes.",
        classes=first_few(found, 10),
    )
    refusal.classes = found
    return refusal


def _computed(session: Session, wave: Wave, people: Respondents, plan: Plan) -> tuple[Floats, dict[str, Any]]:
    base, report = _base(session, wave, people, plan.most_adults)
    report = {"people": len(people), "base": report, "kish": {"base": design_effect(base)}, "sum": {}}
    report["sum"]["base"] = float(base.sum())
    report["bounds"] = list(plan.bounds) if plan.bounds else None
    report["joint"] = [one.record() for one in plan.joints]
    by = plan.by or ("stratum" if wave.draw is not None else "none")
    names = joint_classes.names_of(plan.joints, _known(session, wave, by, plan))
    columns = {} if by == "none" else {by: joint_classes.joined(getattr(people, by).tolist(), names)}
    step = np.ones(len(people))
    for label in columns.values():
        step, report["nonresponse"] = _adjusted(session, wave, people, by, label, names)
        _refuse_outside(report["nonresponse"]["classes"], plan.bounds)
        report["kish"]["nonresponse"] = design_effect(base * step)
        report["sum"]["nonresponse"] = float((base * step).sum())
    weight, before = base * step, Adjustment(step, columns, names)
    if plan.margins is not None:
        weight, report["calibration"], report["fit"] = _fitted(session, people, weight, plan, before)
    elif wave.kind is WaveKind.OPEN:
        weight, report["calibration"], report["fit"] = transactions.fitted(session, wave, people)
    report["kish"]["final"] = design_effect(weight)
    report["sum"]["final"] = float(weight.sum())
    scale = report.get("calibration", {}).get("scale", 1.0)
    report["factors"] = _extremes(people, weight / base / scale, columns, report.get("fit"))
    return weight, report


def _known(session: Session, wave: Wave, by: str, plan: Plan) -> set[str]:
    """The classes there are: of the adjustment, and of the totals of units and strata."""
    villages = asked(session, wave) if wave.draw is not None and by != "none" else []
    values = [plan.margins[name] for name in JOINED if plan.margins and name in plan.margins]
    return {getattr(village, by) for village in villages}.union(*values)


def _refuse_outside(adjusted: Iterable[Mapping[str, Any]], bounds: tuple[float, float] | None) -> None:
    """The bounds are of the product of all factors, so the one for non-response lies within them too."""
    for one in adjusted if bounds else ():
        low, high = bounds or (0.0, 0.0)
        if not low < one["factor"] < high:
            raise Refusal(
                "The factor for non-response of %(class)s is %(factor)s, outside the limits. Count it together "
                "with another class, or widen the limits.",
                **{"class": one["class"], "factor": f"{one['factor']:.3g}"},
            )


def _base(session: Session, wave: Wave, people: Respondents, most: int) -> tuple[Floats, dict[str, Any]]:
    """The weights before any adjustment, and where they come from: a draw, else a version, else everybody once."""
    if wave.kind is WaveKind.OPEN:
        return np.ones(len(people)), {"source": "once"}
    if wave.draw is not None:
        adults = people.adults[~np.isnan(people.adults)]
        return base_weights(session, wave, people.psu, people.adults, most), {
            "source": "draw",
            "most_adults": most,
            "noted": len(adults),
            "capped": int((adults > most).sum()),
            "typical": float(np.minimum(adults, most).mean()) if len(adults) else 1.0,
        }
    version = weight_versions.given(session, wave)
    if version is None:
        return np.ones(len(people)), {"source": "once"}
    base = filled(weights_of(session, version.id, people.responses.ids[people.rows]), people.psu)
    return base, {"source": "version", "version": version.version}


@dataclass(frozen=True)
class IssuedVillage:
    """A drawn village: households issued, of them no longer there, and replaced; each stands for `weight`."""

    psu: str
    stratum: str
    unit: str
    weight: float
    issued: int
    gone: int
    replaced: int


def asked(session: Session, wave: Wave) -> list[IssuedVillage]:
    """The villages of the draw that holds, with what the forms and the visits say of their households."""
    issued = session.execute(
        select(DrawnHousehold.psu, func.count().label("issued"), func.max(DrawnHousehold.weight).label("weight"))
        .where(DrawnHousehold.draw == wave.draw, DrawnHousehold.replacement.is_(False))
        .group_by(DrawnHousehold.psu)
    )
    of_village = {row.psu: row for row in issued}
    replaced, gone = _sheets(session, wave)
    not_there = dict(
        session.execute(
            select(Visit.psu, func.count())
            .join(
                DrawnHousehold,
                (DrawnHousehold.draw == Visit.draw)
                & (DrawnHousehold.psu == Visit.psu)
                & (DrawnHousehold.household == Visit.household),
            )
            .where(
                Visit.draw == wave.draw,
                Visit.outcome == Outcome.NOT_THERE.value,
                DrawnHousehold.replacement.is_(False),
            )
            .group_by(Visit.psu)
        ).all()
    )
    rows = session.execute(
        select(DrawnVillage.psu, DrawnVillage.stratum, Village.unit)
        .join(Village, (Village.psu == DrawnVillage.psu) & (Village.wave == wave.code))
        .where(DrawnVillage.draw == wave.draw)
        .order_by(DrawnVillage.psu)
    )
    return [
        IssuedVillage(
            row.psu,
            row.stratum,
            row.unit,
            of_village[row.psu].weight,
            of_village[row.psu].issued,
            # A household may be told of by its form and by a visit: the two lists have no key in common.
            max(gone.get(row.psu, 0), not_there.get(row.psu, 0)),
            replaced.get(row.psu, 0),
        )
        for row in rows
        if row.psu in of_village
    ]


def _sheets(session: Session, wave: Wave) -> tuple[dict[str, int], dict[str, int]]:
    """By village: households that a replacement stood in for, and households that are no longer there."""
    replaced: dict[str, int] = {}
    gone: dict[str, int] = {}
    rows = session.execute(
        select(Batch.psu, Sheet.replaced, Sheet.reason)
        .join(Sheet, Sheet.batch == Batch.code)
        .where(Batch.wave == wave.code)
    )
    for psu, why, reason in rows:
        if why is not None:
            replaced[psu] = replaced.get(psu, 0) + 1
        if Outcome.NOT_THERE.value in (why, reason):
            gone[psu] = gone.get(psu, 0) + 1
    return replaced, gone


def _adjusted(
    session: Session, wave: Wave, people: Respondents, by: str, label: Labels, names: Mapping[str, str]
) -> tuple[Floats, dict[str, Any]]:
    """Factors by which those who answered stand for all households that were asked in their class. A household
    that was replaced counts as asked and silent, the one asked instead as one who answered."""
    if wave.draw is None:
        raise Refusal("The wave %(code)s has no draw: nobody knows who did not answer.", code=wave.title)
    villages = asked(session, wave)
    household = {village.psu: village.weight for village in villages}
    issued: dict[Hashable, float] = {}
    counts: dict[str, list[int]] = {}
    for village in villages:
        own = getattr(village, by)
        own = names.get(own, own)
        issued[own] = issued.get(own, 0.0) + village.weight * (village.issued - village.gone)
        tally = village.issued, village.gone, village.replaced
        counts[own] = [sum(pair) for pair in zip(counts.get(own, [0, 0, 0]), tally, strict=True)]
    weight = np.array([household[str(psu)] for psu in people.psu.levels], np.float64)[people.psu.codes]
    adjustment = classes(weight, label, issued)
    return factors(adjustment, label), {"by": by, "classes": [_class(one, counts) for one in adjustment]}


def _class(one: Class, counts: Mapping[str, list[int]]) -> dict[str, Any]:
    issued, gone, replaced = counts[str(one.label)]
    return {
        "class": one.label,
        "issued": issued,
        "gone": gone,
        "answered": one.people,
        "replaced": replaced,
        "factor": one.factor,
    }


@dataclass(frozen=True)
class Adjustment:
    """What the weights bear before they are fitted.

    step     (N,) factors for non-response
    columns  variable -> (N,) the classes of that adjustment
    names    under which name classes are counted together
    """

    step: Floats
    columns: Mapping[str, Labels]
    names: Mapping[str, str]


def _fitted(
    session: Session, people: Respondents, base: Floats, plan: Plan, before: Adjustment
) -> tuple[Floats, dict[str, Any], dict[str, Any]]:
    """The calibrated weights, what the report says of them, and the fit that is kept.

    Those who left a variable blank keep their share of its total, and the others are fitted to the rest of it in
    proportion: the blank ones are taken to be like the others.
    """
    kinds = {unit.code: unit.kind for unit in session.scalars(select(Unit))}
    labels, totals, blank = _margins(people, base, plan, kinds, before.names)
    scale = next((sum(values.values()) for values in totals.values()), 0.0) / float(base.sum())
    fitted = calibrate(Design(base * scale), labels, cast(Any, totals), plan.method, plan.bounds, before.step)
    if (fitted.factor <= 0).any():
        raise Refusal("Some factors would be 0 or less. Give bounds, for example 0.3,3, or choose raking.")
    fitted = replace(fitted, factor=fitted.factor * scale)
    weight = base * fitted.factor[fitted.cell]
    # Within bounds the factor depends on the class of the adjustment too: it is kept beside the variables.
    aside = {name: sorted(set(column)) for name, column in before.columns.items()} if plan.bounds else {}
    parts = [(list(totals[name]), column) for name, column in labels.items()]
    parts += [(values, before.columns[name]) for name, values in aside.items()]
    levels = np.stack(
        [np.array([values.index(label) for label in column.tolist()], np.int64) for values, column in parts]
    )
    values_of = {name: [BLANK if value == "–" else value for value in totals[name]] for name in totals}
    merged = {name: before.names for name in (*values_of, *aside) if name in (*JOINED, "psu")}
    rows: list[dict[str, Any]] = [
        {
            "variable": name,
            "value": BLANK if value == "–" else value,
            "people": int((column == value).sum()),
            "total": total,
            "before": float(base[column == value].sum() * scale),
            "after": float(weight[column == value].sum()),
        }
        for name, column in labels.items()
        for value, total in totals[name].items()
    ]
    report = {
        "method": plan.method,
        "scale": scale,
        "variables": list(totals),
        "blank": blank,
        "margins": rows,
        "miss": max((abs(row["after"] / row["total"] - 1) for row in rows if row["total"] > 0), default=0.0),
    }
    return weight, report, population.as_kept(values_of, merged, kinds, levels, fitted, aside)


def _margins(
    people: Respondents, base: Floats, plan: Plan, kinds: dict[str, str], common: Mapping[str, str]
) -> tuple[dict[str, Labels], Margins, dict[str, int]]:
    """The label of each person by variable, the totals to fit to, and how many left the variable blank."""
    labels: dict[str, Labels] = {}
    totals: Margins = {}
    blank: dict[str, int] = {}
    for variable, values in (plan.margins or {}).items():
        names = fitted_weights.labels(people, variable, list(values), kinds)
        if variable in JOINED:
            names, values = joint_classes.joined(names.tolist(), common), joint_classes.totals(values, common)
            empty = [value for value, total in values.items() if total > 0 and value not in set(names.tolist())]
            if empty:
                raise _empty(empty, plan)
        outside = sum(label is None for label in names.tolist())
        if outside:
            raise Refusal(
                "No class of the margins covers the %(variable)s of %(count)s people. Add one.",
                count=outside,
                variable=variable,
            )
        silent = names == BLANK
        share = float(base[silent].sum() / base.sum())
        blank[variable] = int(silent.sum())
        labels[variable] = np.where(silent, "–", names).astype(
            object
        )  # the blank label is no label to `calibrate`
        whole = sum(values.values())
        totals[variable] = {value: total * (1 - share) for value, total in values.items()}
        if silent.any():
            totals[variable]["–"] = whole * share
    return labels, totals, blank


def _extremes(
    people: Respondents, factor: Floats, classes: Mapping[str, Labels], fit: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """The smallest and the largest factor between base and final weight, and whose it is: a class, no person. A
    factor that all weights have in common, to bring them to the totals' sum, is not counted."""
    columns = dict(classes)
    for variable in (fit or {}).get("variables", ()):
        labels = fitted_weights.labels(people, variable["name"], variable["values"], (fit or {})["kinds"])
        merged = variable["merged"]
        columns[variable["name"]] = np.array([merged.get(label, label) for label in labels.tolist()], dtype=object)
    extremes = []
    for worst in (float(factor.min()), float(factor.max())):
        alike = np.isclose(factor, worst, rtol=1e-9)
        shared = {name: set(column[alike].tolist()) for name, column in columns.items()}
        who = {name: str(min(values)) for name, values in shared.items() if len(values) == 1}
        count = int(alike.sum())
        extremes.append({"factor": worst, "people": count, "who": who if count >= LEAST_NAMED else {}})
    return extremes
