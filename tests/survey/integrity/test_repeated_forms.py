"""Forms that came before already, or are all alike: told before a release, and of honest waves never."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from survey.integrity import account, open_matters
from survey.results import releases
from survey.storage.models import Mode, ReleaseMatter, Response, Village, WaveKind
from survey.waves import questionnaires, waves
from translations import formats

COMMUNES = ("06652", "06658", "06661", "06673", "06676")


def listed(app: Flask, wave: str) -> dict[str, str]:
    """What is told of a wave as a whole, by subject."""
    with app.extensions["database"].reading() as session:
        found = open_matters.listed(session, waves.find(session, wave), ())
        return {one.subject: one.words for one in found if one.subject in ("copied", "twice", "uniform")}


def wave_after(app: Flask, how: str) -> int:
    """A wave `moi` after the demo's, with answers of that one from five communes; how many forms.

    how  `copied` in the same communes; `moved`, each to the next commune; `scattered`, all but each tenth;
         `uniform`: each scale answered with 5; `twice`: all of it once more; `few`: four of it
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
        taken = list(session.scalars(query))
        taken += taken if how == "twice" else taken[:4] if how == "few" else []
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
    ("how", "subjects"),
    [
        ("copied", ["copied"]),
        ("moved", []),
        ("scattered", []),
        ("uniform", ["uniform"]),
        ("twice", ["copied", "twice"]),
        ("few", ["copied"]),
    ],
)
def test_forms_of_the_wave_before_and_forms_all_alike_wait_for_a_reason(
    made_up_copy: Flask, how: str, subjects: list[str]
) -> None:
    """Equal answers in other communes are chance."""
    count = wave_after(made_up_copy, how)
    assert count > 200
    told = listed(made_up_copy, "moi")
    assert list(told) == subjects
    with made_up_copy.extensions["database"].reading() as session:
        outside = account.gather(session, waves.find(session, "moi"), None)
    alike = {one.family: one.open for one in outside.checks}["alike"]
    assert (alike, outside.waiting.get("repeated", 0)) == (len(subjects), len(subjects))
    for words in [told[one] for one in subjects[-1:] if how != "few"]:
        assert words.startswith(f"{formats.number(count)} trên {formats.number(count)} ")


def test_what_a_release_went_past_is_told_outside_with_its_reason(made_up_copy: Flask) -> None:
    wave_after(made_up_copy, "uniform")
    with made_up_copy.extensions["database"].writing() as session:
        release = releases.freeze(session, waves.find(session, "moi"), "an")
        about = {"release": release.id, "step": "frozen", "told": {}, "person": "an", "day": release.frozen}
        session.add(ReleaseMatter(subject="uniform", reason="Đã hỏi các xã", **about))
        session.flush()
        outside = account.gather(session, waves.find(session, "moi"), release)
    assert [(one.family, one.reason) for one in outside.decided] == [("alike", "Đã hỏi các xã")]
    assert {one.family: (one.found, one.open) for one in outside.checks}["alike"] == (1, 0)
