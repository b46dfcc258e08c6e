"""Forms that came before already, or are all alike: told before a release, and of honest waves never."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from survey.integrity import open_matters
from survey.storage.models import Mode, Response, Village, WaveKind
from survey.waves import questionnaires, waves

COMMUNES = ("06652", "06658", "06661", "06673", "06676")


def listed(app: Flask, wave: str) -> dict[str, str]:
    """What is told of a wave as a whole, by subject."""
    with app.extensions["database"].reading() as session:
        found = open_matters.listed(session, waves.find(session, wave), ())
        return {one.subject: one.words for one in found if one.subject in ("copied", "uniform")}


def wave_after(app: Flask, how: str) -> int:
    """A wave `moi` after the demo's, with answers of that one from five communes; how many forms.

    how  `copied` in the same communes; `moved`, each to the next commune; `scattered`, all but each tenth;
         `uniform`: each scale answered with 5
    """
    with app.extensions["database"].writing() as session:
        former = waves.find(session, "thu-nghiem")
        asked = questionnaires.by_digest(session, former.questionnaire)
        assert asked.index is not None
        days = former.opens + timedelta(1), former.closes
        waves.create(session, "moi", asked, WaveKind.SAMPLE, *days, title="Đợt sau", simulated=True)
        for commune in COMMUNES:
            session.add(Village(wave="moi", psu=f"{commune}-x", unit=commune, stratum=commune, name="Thôn X"))
        session.flush()
        query = select(Response).where(Response.wave == "thu-nghiem", Response.unit.in_(COMMUNES))
        taken = session.scalars(query).all()
        for number, one in enumerate(taken):
            unit, answers = one.unit, dict(one.answers)
            if how == "moved" or (how == "scattered" and number % 10):
                unit = COMMUNES[(COMMUNES.index(unit) + 1) % len(COMMUNES)]
            if how == "uniform":
                answers |= dict.fromkeys(asked.index.codes()["index"], 5)
            about: dict[str, Any] = {"unit": unit, "psu": f"{unit}-x", "mode": Mode.PAPER, "day": one.day}
            own = {"wave": "moi", "questionnaire": asked.digest, "answers": answers, "marks": []}
            session.add(Response(id=uuid4(), **own, **about))
        return len(taken)


def test_the_demonstration_raises_none(made_up: Flask) -> None:
    assert [listed(made_up, wave) for wave in ("thu-nghiem", "nam-truoc")] == [{}, {}]


@pytest.mark.parametrize(
    ("how", "subjects"), [("copied", ["copied"]), ("moved", []), ("scattered", []), ("uniform", ["uniform"])]
)
def test_forms_of_the_wave_before_and_forms_all_alike_wait_for_a_reason(
    made_up_copy: Flask, how: str, subjects: list[str]
) -> None:
    """Equal answers in other communes are chance."""
    count = wave_after(made_up_copy, how)
    assert count > 200
    told = listed(made_up_copy, "moi")
    assert list(told) == subjects
    for words in told.values():
        assert words.startswith(f"{count} trên {count} ")
