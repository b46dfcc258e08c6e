"""What the wave before tells a plan."""

from __future__ import annotations

import math
from dataclasses import replace

from sqlalchemy.orm import Session

from survey.responses.respondents import sample
from survey.results import result_table
from survey.sampling.plans import Plan
from survey.storage.models import Wave, WaveKind
from survey.waves import questionnaires, waves
from translations import Refusal


def deviations(session: Session, wave: Wave) -> dict[str, float]:
    """For Neyman's allocation: √villages × standard error of the index, by stratum, in the wave before.

    That is how far apart villages are, clustering included, and so what one village more is worth. The wave before
    is the newest sample wave on the same questionnaire, in any version, that opened earlier and has responses.
    """
    code = questionnaires.by_digest(session, wave.questionnaire).code
    for former in waves.list_all(session):  # the newest first
        if former.kind is not WaveKind.SAMPLE or former.opens >= wave.opens:
            continue
        if questionnaires.by_digest(session, former.questionnaire).code != code:
            continue
        people = sample(session, former)
        if not len(people):
            continue
        if people.questionnaire.index is None:
            break
        of = people.stratum
        villages = {label: set(people.psu[of.having(label)]) for label in of.levels}
        records = result_table.table(session, people, items=["index"], by=["stratum"])
        return {
            str(record.domain): record.standard_error * math.sqrt(len(villages[str(record.domain)]))
            for record in records
            if record.standard_error is not None
        }
    raise Refusal(
        "Neyman's allocation needs a sample wave before this one on %(questionnaire)s, with responses and an "
        "index. Choose another allocation.",
        questionnaire=code,
    )


def planned(session: Session, wave: Wave, plan: Plan) -> Plan:
    """The plan, with what its allocation needs of the wave before."""
    if plan.allocation == "neyman" and plan.per is None and plan.deviations is None:
        return replace(plan, deviations=deviations(session, wave))
    return plan
