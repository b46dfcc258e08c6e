"""The figures with forms that are unusual, and without them: of their commune, and of the province."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy.orm import Session

from analysis.design import Bools, Floats
from forms import Questionnaire
from survey.integrity.alike_forms import AlikeForms
from survey.integrity.arrivals import Flood
from survey.responses.respondents import Respondents, sample_with
from survey.results import result_table
from survey.results.result_table import Record
from survey.storage.models import Wave


@dataclass(frozen=True)
class Effect:
    """What unusual forms make of the wave's first figure, its index or first headline.

    name      what is measured
    unit      the commune's figure with them, and without
    province  the province's figure with them, and without
    """

    name: str
    unit: tuple[Record, Record]
    province: tuple[Record, Record]


def effect(session: Session, wave: Wave, about: Flood | AlikeForms, lots: set[int]) -> Effect | None:
    """The figures with and without, whatever was decided; None where they enter none. Floods are left out whole,
    with the honest forms of their days, since no form shows which it is; of identical forms as many stay as are
    usual.

    lots  those that hold them
    """
    people = sample_with(session, wave, lots, set())
    rows = about.rows(people)
    asked = people.questionnaire
    item = first(asked)
    if not rows.any() or item is None:
        return None
    name = str(asked.index.label("index") if asked.index is not None else asked.headlines[0].name)
    if isinstance(about, Flood):
        less = _without(people, rows)
    else:
        share = np.where(rows, np.clip(about.usual / rows.sum(), 1e-6, 1.0), 1.0)
        less = replace(people, weight=people.weight * share, version=_version(people, share), designs={})
    both = [_figures(session, one, item, about.unit) for one in (people, less)]
    return Effect(name, (both[0][0], both[1][0]), (both[0][1], both[1][1]))


def first(asked: Questionnaire) -> str | None:
    """The first figure of a questionnaire as tables are asked for it: its index, or its first headline."""
    if asked.index is not None:
        return "index"
    return f"{asked.headlines[0].item}={asked.headlines[0].value}" if asked.headlines else None


def _figures(session: Session, people: Respondents, item: str, unit: str) -> tuple[Record, Record]:
    """The commune's record, and the province's."""
    by_unit = result_table.table(session, people, items=[item], by=["unit"], released=True)
    [whole] = result_table.table(session, people, items=[item], released=True)
    return next(one for one in by_unit if one.domain == unit), whole


def _without(people: Respondents, rows: Bools) -> Respondents:
    """The same people but those of these rows."""
    kept = ~rows
    labels = {name: getattr(people, name)[kept] for name in ("unit", "stratum", "psu", "mode", "day")}
    fitted = people.calibration
    return replace(
        people,
        rows=people.rows[kept],
        weight=people.weight[kept] if fitted is None else (people.weight / fitted.factor[fitted.cell])[kept],
        calibration=None,
        version=_version(people, kept.astype(np.float64)),
        designs={},
        **labels,
    )


def _version(people: Respondents, share: Floats) -> str:
    """Of the same people with this share of each left: a flood may hold the same rows as identical forms do, of
    which some stay."""
    return hashlib.sha256(people.version.encode() + share.tobytes()).hexdigest()
